/** Before the door: what this is, and whether camera, microphone and network work. Nothing is sent yet. */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { openSocket } from "../connection/address";
import { canReachServer } from "../connection/reach";
import { hasEntered } from "../join/invitation";
import type { Capture } from "../media/devices";
import { watchLevel } from "../media/level";
import { DevicePicker } from "../parts/device_picker";
import { Icon } from "../parts/icons";
import { Page } from "../parts/page";
import { useSession } from "../parts/session";
import { Picture } from "../parts/track";
import { words } from "../text/language";

type Reach = "checking" | "good" | "bad";

export function Join({ enter }: { enter: () => void }) {
  const { media, choice } = useSession();
  const reach = useSignal<Reach>("checking");
  const isChecking = useSignal(false);
  const wasChecked = useSignal(false);
  const t = words.value;
  const isReturning = hasEntered(sessionStorage);

  const checkReach = async () => {
    reach.value = "checking";
    reach.value = (await canReachServer(openSocket)) ? "good" : "bad";
  };
  const check = async () => {
    isChecking.value = true;
    if (reach.value === "bad") void checkReach();
    await media.camera.open();
    await media.microphone.open();
    isChecking.value = false;
    wasChecked.value = true;
  };
  useEffect(() => void checkReach(), []);

  return (
    <Page testid="join" title={t.join.title}>
      <p class="lead">{t.join.lead}</p>
      <p class="assurance">
        <Icon name="lock" />
        <span>{t.join.private}</span>
      </p>

      <section class="self-test" aria-label={`${t.join.camera} ${t.join.microphone}`}>
        <Preview />
        <div class="self-test-side">
          {!wasChecked.value && <p class="faint">{t.join.checkHint}</p>}
          <button
            type="button"
            class={`button ${wasChecked.value ? "quiet" : "primary"}`}
            data-testid="check-devices"
            disabled={isChecking.value}
            aria-busy={isChecking.value}
            onClick={check}
          >
            {wasChecked.value ? t.join.checkAgain : t.join.check}
          </button>
          <DeviceTrouble capture={media.camera} />
          <DeviceTrouble capture={media.microphone} />
          <Level />
          <DevicePicker capture={media.camera} />
          <DevicePicker capture={media.microphone} />
          {wasChecked.value && (
            <>
              <Wish choice={choice} kind="camera" label={t.join.withCamera} capture={media.camera} />
              <Wish choice={choice} kind="microphone" label={t.join.withMicrophone} capture={media.microphone} />
            </>
          )}
        </div>
      </section>

      <p class="reach" data-testid="reach" data-state={reach.value} role="status">
        {t.join.connection}：
        {reach.value === "checking"
          ? t.join.connectionChecking
          : reach.value === "good"
            ? t.join.connectionGood
            : t.join.connectionBad}
      </p>

      {isReturning && <p class="faint">{t.join.welcomeBack}</p>}
      <div class="join-enter">
        <button
          type="button"
          class={`button large ${wasChecked.value || isReturning ? "primary" : "quiet"}`}
          data-testid="enter"
          disabled={isChecking.value}
          onClick={enter}
        >
          {isReturning ? t.join.enterAgain : t.join.enter}
        </button>
        <p class="faint">{t.join.enterWithout}</p>
      </div>
    </Page>
  );
}

function Preview() {
  const { media } = useSession();
  const t = words.value;
  const track = media.camera.track.value;
  return (
    <figure class="preview">
      {track ? (
        <Picture track={track} testid="preview" label={t.join.preview} isMirrored />
      ) : (
        <div class="preview-empty">
          <Icon name="cameraOff" />
          <span>{t.join.cameraOff}</span>
        </div>
      )}
      {track && <figcaption>{t.join.preview}</figcaption>}
    </figure>
  );
}

function DeviceTrouble({ capture }: { capture: Capture }) {
  const problem = capture.problem.value;
  if (!problem) return null;
  return (
    <p class="trouble" role="alert" data-testid={`${capture.kind}-problem`} data-problem={problem}>
      {words.value.devices[problem][capture.kind]}
    </p>
  );
}

/** The bar moves with the voice; once it has moved well, the words say so and stay. */
function Level() {
  const { media } = useSession();
  const t = words.value;
  const bar = useRef<HTMLDivElement>(null);
  const wasHeard = useSignal(false);
  const track = media.microphone.track.value;
  useEffect(() => {
    if (!track) return;
    return watchLevel(track, (level) => {
      if (level > 0.35) wasHeard.value = true;
      if (bar.current) bar.current.style.transform = `scaleX(${level.toFixed(3)})`;
    });
  }, [track]);
  if (!track) return null;
  return (
    <div class="level" data-testid="level" data-heard={wasHeard.value}>
      <div class="level-track" role="img" aria-label={t.join.level}>
        <div class="level-bar" ref={bar} />
      </div>
      <p role="status">
        {wasHeard.value ? (
          <span class="good">
            <Icon name="check" />
            {t.join.hears}
          </span>
        ) : (
          t.join.speak
        )}
      </p>
    </div>
  );
}

interface WishProps {
  choice: Signal<{ microphone: boolean; camera: boolean }>;
  kind: "microphone" | "camera";
  label: string;
  capture: Capture;
}

function Wish({ choice, kind, label, capture }: WishProps) {
  const has = capture.problem.value === null;
  return (
    <label class="wish">
      <input
        type="checkbox"
        data-testid={`with-${kind}`}
        checked={choice.value[kind] && has}
        disabled={!has}
        onChange={(event) => {
          const wanted = event.currentTarget.checked;
          choice.value = { ...choice.value, [kind]: wanted };
          if (kind === "camera") void (wanted ? capture.open() : capture.close());
        }}
      />
      <span>{label}</span>
    </label>
  );
}
