/** A track on the page: pictures in tiles; sounds in elements of their own, one per receive slot, that nobody sees. */

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useSession } from "./session";

/** The browser wants a press before it lets the others be heard. */
export const soundsBlocked = signal(false);

export interface PictureProps {
  track: MediaStreamTrack;
  testid: string;
  label: string;
  isMirrored?: boolean;
  isWhole?: boolean;
}

export function Picture({ track, testid, label, isMirrored = false, isWhole = false }: PictureProps) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (!element.current) return;
    element.current.srcObject = new MediaStream([track]);
    element.current.muted = true;
    void element.current.play().catch(() => undefined);
  }, [track]);
  const manner = `${isMirrored ? " mirrored" : ""}${isWhole ? " whole" : ""}`;
  return (
    <video
      ref={element}
      class={`picture${manner}`}
      data-testid={testid}
      aria-label={label}
      autoplay
      playsInline
      muted
    />
  );
}

export function Sounds() {
  const { media } = useSession();
  return (
    <div hidden>
      {media.slots.value
        .filter(({ track }) => track.kind === "audio")
        .map(({ mid, track }) => (
          <Sound key={`${mid} ${track.id}`} mid={mid} track={track} />
        ))}
    </div>
  );
}

function Sound({ mid, track }: { mid: string; track: MediaStreamTrack }) {
  const element = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const audio = element.current;
    if (!audio) return;
    audio.srcObject = new MediaStream([track]);
    void audio.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") soundsBlocked.value = true;
    });
  }, [track]);
  // biome-ignore lint/a11y/useMediaCaption: people speaking live have no captions
  return <audio ref={element} data-testid={`sound-${mid}`} autoplay />;
}

/** After a press: everything that was held back plays. */
export async function playSounds(): Promise<void> {
  const elements = [...document.querySelectorAll("audio")];
  await Promise.all(elements.map((audio) => audio.play().catch(() => undefined)));
  soundsBlocked.value = false;
}
