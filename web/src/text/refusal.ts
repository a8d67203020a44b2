/** A refusal in the person's language: by code; the server's own words for a code that this client does not know. */

import type { Refusal, SessionRefusal } from "../protocol";
import type { Dictionary } from "./zh";

export type KnownCode =
  | Refusal["code"]
  | "bad_statement"
  | "bad_offer"
  | "bad_update"
  | "freeze_refused"
  | "no_such_paper"
  | "unavailable";

export interface Explanation {
  text: string;
  /** What exactly, one item a line. */
  details: string[];
}

/** Codes whose detail helps the person. */
const TELLING: readonly string[] = ["freeze_refused", "limit_reached"];

export function explain(words: Dictionary, refusal: SessionRefusal, message: string): Explanation {
  const { code } = refusal;
  if (!isKnown(words, code)) return { text: message, details: [] };
  const detail = "detail" in refusal ? refusal.detail : "limit" in refusal ? refusal.limit : "";
  const lines = TELLING.includes(code) ? detail.split("\n").filter((line) => line.trim() !== "") : [];
  return { text: words.refusals[code], details: lines.map((line) => words.papers.sections[line.trim()] ?? line) };
}

function isKnown(words: Dictionary, code: string): code is KnownCode {
  return Object.hasOwn(words.refusals, code);
}
