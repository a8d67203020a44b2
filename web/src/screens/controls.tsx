/** One's own switches, and in words what they mean right now: who hears me. */

import { useSignal } from "@preact/signals";
import { canCaptureScreen } from "../media/devices";
import { Action } from "../parts/action";
import { DevicePicker } from "../parts/device_picker";
import { Icon, type IconName } from "../parts/icons";
import { useSession } from "../parts/session";
import type { InsideView, Source } from "../protocol";
import { audience } from "../room/selectors";
import { isolate } from "../text/isolate";
import { words } from "../text/language";

export function AudienceLine({ view }: { view: InsideView }) {
  const { media } = useSession();
  const t = words.value;
  const isOn = media.publishing.now.value.microphone;
  const names = audience(view).map(({ name }) => isolate(name));
  const text = !view.you.may.includes("speak")
    ? t.status.observerOnly
    : !isOn
      ? t.status.notHearing
      : names.length === 0
        ? t.status.nobodyHears
        : t.status.hearing(t.list(names));
  return (
    <p class="audience" role="status" data-testid="audience" data-on={isOn}>
      {text}
    </p>
  );
}

export function Controls({ view }: { view: InsideView }) {
  const session = useSession();
  const t = words.value;
  const open = useSignal<"leave" | "devices" | null>(null);
  const { you } = view;
  const toggle = (which: "leave" | "devices") => {
    open.value = open.value === which ? null : which;
  };
  const maySpeak = you.may.includes("speak") && view.phase !== "concluded";
  return (
    <div class="controls-place">
      {open.value === "leave" && (
        <div class="popover" role="group" aria-label={t.controls.leaveAsk}>
          <p>
            <strong>{t.controls.leaveAsk}</strong>
          </p>
          <p>{t.controls.leaveText}</p>
          <div class="row">
            <Action testid="leave-confirm" kind="danger" run={() => session.act({ type: "leave" })}>
              {t.controls.leaveYes}
            </Action>
            <button type="button" class="button quiet" data-testid="leave-cancel" onClick={() => toggle("leave")}>
              {t.controls.leaveNo}
            </button>
          </div>
        </div>
      )}
      {open.value === "devices" && (
        <div class="popover" role="group" aria-label={t.controls.settings}>
          <DevicePicker capture={session.media.camera} />
          <DevicePicker capture={session.media.microphone} />
          <button type="button" class="button quiet" onClick={() => toggle("devices")}>
            {t.controls.settingsClose}
          </button>
        </div>
      )}
      <div class="controls">
        {maySpeak && (
          <>
            <Switch source="microphone" on="microphone" off="microphoneOff" />
            <Switch source="camera" on="camera" off="cameraOff" />
            {canCaptureScreen() && <ScreenSwitch />}
          </>
        )}
        {you.may.includes("raise_hand") && view.phase !== "concluded" && <HandSwitch raised={you.hand_raised} />}
        {maySpeak && <SettingsSwitch isOpen={open.value === "devices"} press={() => toggle("devices")} />}
        <button
          type="button"
          class="control leave"
          data-testid="leave"
          aria-expanded={open.value === "leave"}
          onClick={() => toggle("leave")}
        >
          <Icon name="leave" />
          <span>{t.controls.leave}</span>
        </button>
      </div>
    </div>
  );
}

interface SwitchProps {
  source: "microphone" | "camera";
  on: IconName;
  off: IconName;
}

function Switch({ source, on, off }: SwitchProps) {
  const t = words.value;
  const name = t.controls[source];
  return (
    <Toggle
      source={source}
      icon={(isOn) => (isOn ? on : off)}
      words={() => t.controls.short[source]}
      state={(isOn) => t.controls[isOn ? "on" : "off"]}
      label={(isOn) => (isOn ? t.controls.turnOff(name) : t.controls.turnOn(name))}
    />
  );
}

function ScreenSwitch() {
  const t = words.value;
  return (
    <Toggle
      source="screen"
      icon={() => "screen"}
      words={(isOn) => (isOn ? t.controls.stopScreen : t.controls.screen)}
      label={(isOn) => (isOn ? t.controls.stopScreen : t.controls.shareScreen)}
    />
  );
}

interface ToggleProps {
  source: Source;
  icon: (isOn: boolean) => IconName;
  words: (isOn: boolean) => string;
  /** A second line that says whether it is on. */
  state?: (isOn: boolean) => string;
  label: (isOn: boolean) => string;
}

function Toggle({ source, icon, words: shown, state, label }: ToggleProps) {
  const session = useSession();
  const isAsking = useSignal(false);
  const isOn = session.media.publishing.now.value[source];
  const press = async () => {
    isAsking.value = true;
    await session.turn(source, !isOn);
    isAsking.value = false;
  };
  return (
    <button
      type="button"
      class="control"
      data-testid={`toggle-${source}`}
      aria-pressed={isOn}
      aria-label={label(isOn)}
      aria-busy={isAsking.value}
      // Switching off must always work, also while "on" is still being asked for.
      disabled={isAsking.value && !isOn}
      onClick={press}
    >
      <Icon name={icon(isOn)} />
      <span>{shown(isOn)}</span>
      {state && <span>{state(isOn)}</span>}
    </button>
  );
}

function HandSwitch({ raised }: { raised: boolean }) {
  const session = useSession();
  const t = words.value;
  return (
    <button
      type="button"
      class="control"
      data-testid="toggle-hand"
      aria-pressed={raised}
      aria-label={raised ? t.controls.lowerHand : t.controls.raiseHand}
      onClick={() => void session.act({ type: "raise_hand", raised: !raised })}
    >
      <Icon name="hand" />
      <span>{t.controls.hand}</span>
    </button>
  );
}

function SettingsSwitch({ isOpen, press }: { isOpen: boolean; press: () => void }) {
  const { media } = useSession();
  const hasChoice = media.camera.choices.value.length > 1 || media.microphone.choices.value.length > 1;
  if (!hasChoice) return null;
  return (
    <button type="button" class="control" data-testid="devices" aria-expanded={isOpen} onClick={press}>
      <Icon name="settings" />
      <span>{words.value.controls.settings}</span>
    </button>
  );
}
