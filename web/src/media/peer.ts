/**
 * One RTCPeerConnection: a sending m-line per source and a fixed pool of receive slots, offered once. When it breaks it is
 * thrown away and another is made; nothing is ever renegotiated.
 */

import type { IceServer, PublicationOffer, Source } from "../protocol";
import { AUDIO_SLOTS, VIDEO_SLOTS } from "./limits";

export const SOURCES: readonly Source[] = ["microphone", "camera", "screen"];

export type PeerState = "connecting" | "connected" | "faltering" | "failed";

export class Peer {
  /** What arrives on each receive slot, by mid; known once offered. */
  readonly slots = new Map<string, MediaStreamTrack>();
  readonly #connection: RTCPeerConnection;
  readonly #senders = new Map<Source, RTCRtpTransceiver>();
  readonly #receivers: RTCRtpTransceiver[] = [];

  /** `sends`: whether the person may publish. `tell` hears every change of state until `close`. */
  constructor(iceServers: IceServer[], sends: boolean, tell: (state: PeerState) => void) {
    this.#connection = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: iceServers.map(asRtc) });
    if (sends) {
      for (const source of SOURCES) {
        const kind = source === "microphone" ? "audio" : "video";
        this.#senders.set(source, this.#connection.addTransceiver(kind, { direction: "sendonly" }));
      }
    }
    for (let slot = 0; slot < AUDIO_SLOTS; slot++) this.#receive("audio");
    for (let slot = 0; slot < VIDEO_SLOTS; slot++) this.#receive("video");
    this.#connection.onconnectionstatechange = () => tell(stateOf(this.#connection.connectionState));
  }

  /** Offers and takes the answer that `ask` brings. */
  async negotiate(ask: (sdp: string, publications: PublicationOffer[]) => Promise<string>): Promise<void> {
    const offer = await this.#connection.createOffer();
    await this.#connection.setLocalDescription(offer);
    for (const { mid, receiver } of this.#receivers) if (mid) this.slots.set(mid, receiver.track);
    const publications: PublicationOffer[] = [];
    for (const [source, { mid }] of this.#senders) if (mid) publications.push({ mid, source });
    const answer = await ask(offer.sdp ?? "", publications);
    await this.#connection.setRemoteDescription({ type: "answer", sdp: answer });
  }

  /** Sends this track, or nothing at all. */
  async send(source: Source, track: MediaStreamTrack | null): Promise<void> {
    const sender = this.#senders.get(source)?.sender;
    if (sender && sender.track !== track) await sender.replaceTrack(track);
  }

  close(): void {
    this.#connection.onconnectionstatechange = null;
    this.#connection.close();
  }

  #receive(kind: "audio" | "video"): void {
    this.#receivers.push(this.#connection.addTransceiver(kind, { direction: "recvonly" }));
  }
}

function stateOf(state: RTCPeerConnectionState): PeerState {
  switch (state) {
    case "connected":
      return "connected";
    case "disconnected":
      return "faltering";
    case "failed":
    case "closed":
      return "failed";
    default:
      return "connecting";
  }
}

function asRtc(server: IceServer): RTCIceServer {
  return {
    urls: server.urls,
    ...(server.username === null ? {} : { username: server.username }),
    ...(server.credential === null ? {} : { credential: server.credential }),
  };
}
