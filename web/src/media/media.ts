/**
 * Sound and picture of the session: keeps one peer connection alive while the person is inside, sends what `Publishing`
 * allows, and says which track shows whom.
 */

import { effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Connection } from "../connection/connection";
import type { IceServer, ParticipantId, Publication, SlotView, Source, You } from "../protocol";
import { Capture, captureScreen } from "./devices";
import { CONNECT_DEADLINE_MS, FALTER_MAX_MS, RETRY_FIRST_MS, RETRY_MAX_MS } from "./limits";
import { Peer, type PeerState, SOURCES } from "./peer";
import { Publishing, type Switches } from "./publishing";

/** A receive slot and what it carries. */
export interface Slot {
  mid: string;
  track: MediaStreamTrack;
  publication: Publication | null;
}

export class Media {
  readonly camera = new Capture("camera");
  readonly microphone = new Capture("microphone");
  readonly screen = signal<MediaStreamTrack | null>(null);
  readonly publishing: Publishing;
  /** `null` while there is no reason for a media connection. */
  readonly state = signal<PeerState | null>(null);
  readonly slots = signal<Slot[]>([]);
  readonly speaker = signal<ParticipantId | null>(null);
  #peer: Peer | null = null;
  #iceServers: IceServer[] = [];
  #keepsDevices = true;
  #isAnswered = false;
  #map: { version: number; slots: SlotView[] } | null = null;
  #failures = 0;
  #watch: ReturnType<typeof setTimeout> | undefined;

  /** `cannotSend` is told when the view says "on" and the device gives nothing. */
  constructor(
    private readonly connection: Connection,
    private readonly you: ReadonlySignal<You | null>,
    private readonly cannotSend: (source: Source) => void,
  ) {
    this.publishing = new Publishing(you);
    for (const capture of [this.camera, this.microphone]) {
      capture.ended = () => {
        if (this.publishing.now.peek()[capture.kind]) this.cannotSend(capture.kind);
      };
    }
    effect(() => void this.#obey(this.publishing.now.value));
  }

  /** A fresh peer connection: on coming inside, and on every new websocket while inside. */
  begin(): void {
    this.#renew();
  }

  /** No media any more. */
  end(): void {
    this.#end();
  }

  /** While at the door the devices stay open for the self-test, although nothing may be sent. */
  keepDevices(keeps: boolean): void {
    this.#keepsDevices = keeps;
    void this.#obey(this.publishing.now.peek());
  }

  useIceServers(servers: IceServer[]): void {
    this.#iceServers = servers;
  }

  /** The slot map: taken over, then acknowledged; only then does the server send on it. */
  takeMap(version: number, slots: SlotView[]): void {
    this.#map = { version, slots };
    if (this.#isAnswered) this.#takeOver();
  }

  /** The track that shows or lets hear somebody. */
  trackOf(participant: ParticipantId, source: Source): MediaStreamTrack | null {
    const carries = ({ publication }: Slot) =>
      publication?.participant === participant && publication.source === source;
    return this.slots.value.find(carries)?.track ?? null;
  }

  /** Asks which screen to share. The track is sent once the view says so. */
  async pickScreen(ended: () => void): Promise<boolean> {
    const track = await captureScreen();
    this.screen.peek()?.stop();
    this.screen.value = track;
    track?.addEventListener("ended", () => {
      if (this.screen.peek() === track) ended();
    });
    return track !== null;
  }

  /** Another camera or microphone, also while it is being sent. */
  async choose(capture: Capture, id: string): Promise<void> {
    await capture.choose(id);
    await this.#obey(this.publishing.now.peek());
  }

  /** Gives every device back. */
  release(): void {
    this.camera.close();
    this.microphone.close();
    this.screen.peek()?.stop();
    this.screen.value = null;
  }

  #renew(): void {
    this.#end();
    const sends = this.you.peek()?.may.includes("speak") ?? false;
    const peer = new Peer(this.#iceServers, sends, (state) => this.#hear(peer, state));
    this.#peer = peer;
    this.state.value = "connecting";
    this.#failAfter(peer, CONNECT_DEADLINE_MS);
    void this.#negotiate(peer);
  }

  async #negotiate(peer: Peer): Promise<void> {
    try {
      await peer.negotiate((sdp, publications) => this.connection.offer(sdp, publications));
    } catch {
      this.#fail(peer);
      return;
    }
    if (peer !== this.#peer) return;
    this.#isAnswered = true;
    this.#takeOver();
    await this.#obey(this.publishing.now.peek());
  }

  #takeOver(): void {
    const map = this.#map;
    const peer = this.#peer;
    if (!map || !peer) return;
    this.#map = null;
    const carried = new Map(map.slots.map((slot) => [slot.mid, slot.publication]));
    this.slots.value = Array.from(peer.slots, ([mid, track]) => ({
      mid,
      track,
      publication: carried.get(mid) ?? null,
    }));
    this.connection.acknowledgeSlots(map.version);
  }

  #hear(peer: Peer, state: PeerState): void {
    if (peer !== this.#peer) return;
    this.state.value = state;
    clearTimeout(this.#watch);
    if (state === "connected") this.#failures = 0;
    else if (state === "failed") this.#fail(peer);
    else this.#failAfter(peer, state === "faltering" ? FALTER_MAX_MS : CONNECT_DEADLINE_MS);
  }

  #failAfter(peer: Peer, ms: number): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#fail(peer), ms);
  }

  /** A fresh connection after a pause; while the websocket is down, its return makes one instead. */
  #fail(peer: Peer): void {
    if (peer !== this.#peer) return;
    this.#failures += 1;
    this.state.value = "failed";
    clearTimeout(this.#watch);
    const pause = Math.min(RETRY_FIRST_MS * 2 ** (this.#failures - 1), RETRY_MAX_MS);
    this.#watch = setTimeout(() => {
      if (peer === this.#peer && this.connection.state.peek().kind === "open") this.#renew();
    }, pause);
  }

  #end(): void {
    clearTimeout(this.#watch);
    this.#peer?.close();
    this.#peer = null;
    this.#isAnswered = false;
    this.#map = null;
    this.slots.value = [];
    this.speaker.value = null;
    this.state.value = null;
  }

  /** Brings devices and senders to what may be sent now. */
  async #obey(switches: Switches): Promise<void> {
    await Promise.all(SOURCES.map((source) => this.#obeyOne(source, switches[source])));
  }

  async #obeyOne(source: Source, on: boolean): Promise<void> {
    if (!on) {
      this.#silence(source);
      await this.#peer?.send(source, null);
      return;
    }
    const track = source === "screen" ? this.screen.peek() : await this[source].open();
    // The answer of a device can come late: what counts is what may be sent by then.
    if (!this.publishing.now.peek()[source]) {
      this.#silence(source);
      return;
    }
    if (!track) {
      this.cannotSend(source);
      return;
    }
    track.enabled = true;
    await this.#peer?.send(source, track);
  }

  /** A camera or screen that is off is let go, so that its light goes out; a microphone stays open but mute. */
  #silence(source: Source): void {
    if (this.#keepsDevices) return;
    if (source === "microphone") {
      const track = this.microphone.track.peek();
      if (track) track.enabled = false;
    } else if (source === "camera") {
      this.camera.close();
    } else {
      this.screen.peek()?.stop();
      this.screen.value = null;
    }
  }
}
