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

/** Steps of enlargement; their sizes are in `style/papers.css`. */
const ZOOM_MAX = 2;

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
  const zoom = useSignal(0);
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
      <div class="row">
        <Zoom zoom={zoom} by={-1} label={t.papers.smaller} sign="−" />
        <Zoom zoom={zoom} by={1} label={t.papers.larger} sign="+" />
        <Download bytes={bytes} />
      </div>
      {isUnreadable.value && (
        <p class="trouble" role="alert">
          {t.papers.unreadable}
        </p>
      )}
      {!isUnreadable.value && !drawn.value.isComplete && <p class="faint">{t.papers.reading}</p>}
      {pages.value.map((page, index) => (
        <figure class="paper-page" key={page.canvas} data-zoom={zoom.value} data-testid={`page-${index + 1}`}>
          <Canvas page={page} />
          <figcaption>{t.papers.page(index + 1, count)}</figcaption>
        </figure>
      ))}
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
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: an enlarged page scrolls, and must do so by keyboard too */}
      <div class="paper-window" ref={place} tabIndex={0} role="img" aria-label={words.value.papers.agreement} />
      <div class="hidden-words">{read}</div>
    </>
  );
}

/** A page of A4 on a phone needs a closer look. */
function Zoom({ zoom, by, label, sign }: { zoom: Signal<number>; by: 1 | -1; label: string; sign: string }) {
  const next = zoom.value + by;
  return (
    <button
      type="button"
      class="button quiet"
      data-testid={by > 0 ? "zoom-in" : "zoom-out"}
      aria-label={label}
      disabled={next < 0 || next > ZOOM_MAX}
      onClick={() => {
        zoom.value = next;
      }}
    >
      {sign}
    </button>
  );
}

function Download({ bytes }: { bytes: Bytes }) {
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
