/** The notices: their words as the server publishes them, and the digest of what is shown, computed here. */

import { signal } from "@preact/signals";
import { digestOf, utf8 } from "../device/bytes";
import type { NoticeId } from "../protocol";

export interface Notice {
  notice: NoticeId;
  version: string;
  chinese: string;
  english: string;
  /** SHA-256 over exactly these words: what a confirmation is about. */
  digest: string;
}

export const notices = signal<ReadonlyMap<NoticeId, Notice>>(new Map());

/** Fetches the words; a notice whose published digest is not that of its words is left out, so nobody confirms it. */
export async function fetchNotices(): Promise<void> {
  const response = await fetch("/api/v1/notices");
  if (!response.ok) throw new Error(`notices: ${response.status}`);
  const published = (await response.json()) as Notice[];
  const sound = await Promise.all(
    published.map(async (each) => ((await digestOfWords(each)) === each.digest ? each : null)),
  );
  notices.value = new Map(sound.filter((each) => each !== null).map((each) => [each.notice, each]));
}

export function digestOfWords(notice: Pick<Notice, "version" | "chinese" | "english">): Promise<string> {
  return digestOf(utf8(`${notice.version}\n${notice.chinese}\n${notice.english}`));
}

/** The first line is the title, the others are paragraphs. */
export function titleAndBody(words: string): { title: string; paragraphs: string[] } {
  const [title = "", ...paragraphs] = words.split("\n").filter((line) => line.trim() !== "");
  return { title, paragraphs };
}
