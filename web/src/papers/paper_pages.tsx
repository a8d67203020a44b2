/** The frozen agreement on the screen: every page, drawn from the very bytes that were hashed. */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Bytes } from "../device/bytes";
import { words } from "../text/language";
import type { Paper } from "./paper";
import type { Page } from "./pdf";

/** How far the pages are: how many are drawn, and whether these are all. */
export interface Drawn {
  pages: number;
  isComplete: boolean;
}

export function PaperPages({ paper, drawn }: { paper: Paper; drawn: Signal<Drawn> }) {
  const t = words.value;
  const state = paper.state.value;
  switch (state.kind) {
    case "loading":
      return (
        <p class="faint" role="status">
          {t.papers.reading}
        </p>
      );
    case "altered":
      return (
        <p class="trouble" role="alert" data-testid="paper-altered">
          {t.papers.altered}
        </p>
      );
    case "unavailable":
      return (
        <p class="trouble" role="alert" data-testid="paper-unavailable">
          {t.papers.unavailable}{" "}
          <button type="button" class="button quiet" onClick={() => paper.ask()}>
            {t.papers.retry}
          </button>
        </p>
      );
    case "verified":
      return (
        <>
          <p class="good" role="status" data-testid="paper-verified">
            {t.papers.verified}
          </p>
          <Pages bytes={state.bytes} drawn={drawn} />
        </>
      );
  }
}

function Pages({ bytes, drawn }: { bytes: Bytes; drawn: Signal<Drawn> }) {
  const t = words.value;
  const place = useRef<HTMLDivElement>(null);
  const pages = useSignal<Page[]>([]);
  const isUnreadable = useSignal(false);
  useEffect(() => {
    let isGone = false;
    const draw = async () => {
      const width = place.current?.clientWidth ?? 360;
      const { drawPages } = await import("./pdf");
      const count = await drawPages(bytes, width, (page) => {
        if (!isGone) pages.value = [...pages.peek(), page];
      });
      if (!isGone) drawn.value = { pages: count, isComplete: true };
    };
    pages.value = [];
    drawn.value = { pages: 0, isComplete: false };
    draw().catch(() => {
      isUnreadable.value = true;
    });
    return () => {
      isGone = true;
    };
  }, [bytes]);
  const count = pages.value.length;
  return (
    <div class="paper" ref={place}>
      {isUnreadable.value && (
        <p class="trouble" role="alert">
          {t.papers.unreadable}
        </p>
      )}
      {!isUnreadable.value && !drawn.value.isComplete && <p class="faint">{t.papers.reading}</p>}
      {pages.value.map((page, index) => (
        <figure class="paper-page" key={page.canvas} data-testid={`page-${index + 1}`}>
          <Canvas page={page} />
          <figcaption>{t.papers.page(index + 1, count)}</figcaption>
        </figure>
      ))}
      <Download bytes={bytes} />
    </div>
  );
}

function Canvas({ page: { canvas, words: read } }: { page: Page }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    place.current?.replaceChildren(canvas);
  }, [canvas]);
  return (
    <>
      <div ref={place} aria-hidden="true" />
      <div class="hidden-words">{read}</div>
    </>
  );
}

export function Download({ bytes }: { bytes: Bytes }) {
  const address = useSignal("");
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes], { type: "application/pdf" }));
    address.value = made;
    return () => URL.revokeObjectURL(made);
  }, [bytes]);
  return (
    <a class="button quiet" href={address.value} download="agreement.pdf" data-testid="download-paper">
      {words.value.papers.download}
    </a>
  );
}
