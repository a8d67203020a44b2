/**
 * The person's own camera, microphone and screen: which ones there are, which are chosen, what they give, and why not.
 * Knows nothing of the room.
 */

import { type Signal, signal } from "@preact/signals";

export type DeviceKind = "camera" | "microphone";
/** Why a device gives nothing. */
export type DeviceProblem = "denied" | "missing" | "busy" | "unsupported";

export interface Device {
  id: string;
  label: string;
}

const CAMERA: MediaTrackConstraints = {
  width: { ideal: 640 },
  height: { ideal: 360 },
  frameRate: { ideal: 24, max: 30 },
};
const MICROPHONE: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** One kind of device. */
export class Capture {
  readonly track: Signal<MediaStreamTrack | null> = signal(null);
  readonly problem: Signal<DeviceProblem | null> = signal(null);
  readonly choices: Signal<Device[]> = signal([]);
  readonly chosen: Signal<string | null> = signal(null);
  /** Told when the device goes away by itself: unplugged, or taken by the system. */
  ended: () => void = () => undefined;
  #opening: Promise<MediaStreamTrack | null> | null = null;

  constructor(readonly kind: DeviceKind) {}

  /** The live track; opens the device if it is closed. `null`, with `problem` set, when it cannot be had. */
  open(): Promise<MediaStreamTrack | null> {
    const live = this.track.peek();
    if (live?.readyState === "live") return Promise.resolve(live);
    this.#opening ??= this.#acquire().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  /** Takes another device of the same kind, at once. */
  async choose(id: string): Promise<void> {
    this.chosen.value = id;
    this.close();
    await this.open();
  }

  /** Lets go of the device: the camera's light goes out. */
  close(): void {
    this.track.peek()?.stop();
    this.track.value = null;
  }

  async #acquire(): Promise<MediaStreamTrack | null> {
    const chosen = this.chosen.peek();
    const wanted = { ...(this.kind === "camera" ? CAMERA : MICROPHONE), ...(chosen ? { deviceId: chosen } : {}) };
    try {
      if (!navigator.mediaDevices) throw new DOMException("no devices", "NotSupportedError");
      const stream = await navigator.mediaDevices.getUserMedia(
        this.kind === "camera" ? { video: wanted } : { audio: wanted },
      );
      const track = stream.getTracks()[0] ?? null;
      track?.addEventListener("ended", () => {
        if (this.track.peek() !== track) return;
        this.track.value = null;
        this.ended();
      });
      this.problem.value = null;
      this.track.value = track;
      this.chosen.value = track?.getSettings().deviceId ?? chosen;
      await this.list();
      return track;
    } catch (error) {
      this.problem.value = problemOf(error);
      this.track.value = null;
      return null;
    }
  }

  /** Reads which devices there are; labels are empty until one of the kind was allowed. */
  async list(): Promise<void> {
    const kind: MediaDeviceKind = this.kind === "camera" ? "videoinput" : "audioinput";
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    this.choices.value = devices
      .filter((device) => device.kind === kind && device.deviceId !== "")
      .map((device) => ({ id: device.deviceId, label: device.label }));
  }
}

/** The screen is asked for anew each time; the browser shows its own picker. `null` when the person thought better. */
export async function captureScreen(): Promise<MediaStreamTrack | null> {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: false });
    const track = stream.getVideoTracks()[0] ?? null;
    if (track) track.contentHint = "detail";
    return track;
  } catch {
    return null;
  }
}

/** Phones share no screen. */
export function canCaptureScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}

export function problemOf(error: unknown): DeviceProblem {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  if (name === "NotSupportedError") return "unsupported";
  return "busy";
}
