/**
 * The websocket to the server: says hello with the device key, comes back by itself after a loss, and sees to it that
 * every command and statement is answered exactly once, however often the connection breaks in between.
 *
 * In: commands, statements, offers, frames. Out: what the server says, to one listener; and `state` for the screens.
 */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { DeviceKey } from "../device/key";
import { type Speaker, type Statement, signed } from "../device/statement";
import type {
  Closed,
  FromClient,
  FromServer,
  IceServer,
  PersonCommand,
  PublicationOffer,
  SessionRefusal,
  SignedWords,
} from "../protocol";
import { PAUSE_CHANCE, PAUSE_FIRST_MS, PAUSE_MAX_MS, SILENCE_MAX_MS, WELCOME_DEADLINE_MS } from "./limits";

export const SUBPROTOCOL = "accord.v1";

export type ConnectionState =
  /** Not welcomed yet; `attempts` so far. */
  | { kind: "connecting"; attempts: number }
  | { kind: "open" }
  /** Was open, is coming back. */
  | { kind: "lost"; attempts: number }
  /** Over; the client does not come back by itself. */
  | { kind: "closed"; reason: Closed };

/** The server said no: nothing has changed. */
export class Refused extends Error {
  constructor(
    readonly refusal: SessionRefusal,
    message: string,
  ) {
    super(message);
  }
}

/** The connection broke before the answer came, and what was asked has no meaning on the next one. */
export class ConnectionLost extends Error {}

type Said<Type extends FromServer["type"]> = Extract<FromServer, { type: Type }>;

/** Everything that the rest of the client is told. */
export interface Listener {
  welcome(speaker: Speaker, iceServers: IceServer[]): void;
  view(message: Said<"view">): void;
  chat(message: Said<"chat">): void;
  slots(message: Said<"slots">): void;
  speaker(message: Said<"speaker">): void;
  certificate(message: Said<"certificate">): void;
  /** A refusal of something that was neither command, statement nor offer: a document update or a paper. */
  refused(message: Said<"refused">): void;
  frame(bytes: Uint8Array<ArrayBuffer>): void;
  /** The person's own copy of what they signed. */
  signed(words: SignedWords): void;
}

interface Pending {
  message: FromClient;
  /** Whether it is sent again on the next connection. */
  lasts: boolean;
  resolve(answer: string): void;
  reject(reason: Error): void;
}

export class Connection {
  readonly #state = signal<ConnectionState>({ kind: "connecting", attempts: 0 });
  readonly #pending = new Map<string, Pending>();
  #socket: WebSocket | null = null;
  #speaker: Speaker | null = null;
  #closed: Closed | null = null;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly invitation: string,
    private readonly key: DeviceKey,
    private readonly openSocket: () => WebSocket,
    private readonly listener: Listener,
  ) {}

  get state(): ReadonlySignal<ConnectionState> {
    return this.#state;
  }

  /** Connects, or comes back at once instead of after the pause. */
  start(): void {
    if (this.#socket) return;
    clearTimeout(this.#pause);
    this.#closed = null;
    if (this.#state.peek().kind === "closed") this.#state.value = { kind: "connecting", attempts: 0 };
    const socket = this.openSocket();
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#deadline = setTimeout(() => this.#drop(socket), WELCOME_DEADLINE_MS);
    socket.onmessage = (event) => this.#hear(socket, event.data);
    socket.onclose = () => this.#lose(socket);
  }

  /** Gives up what is pending and does not come back. */
  stop(): void {
    this.#closed = "out";
    if (this.#socket) this.#drop(this.#socket);
    else this.#settleClosed("out");
  }

  /** Resolves once the command is durable; rejects with `Refused`. Survives any number of reconnects. */
  async command(command: PersonCommand): Promise<void> {
    const id = crypto.randomUUID();
    await this.#ask({ type: "command", id, command }, id, true);
  }

  /** Signs and gives a statement. It is signed once: a repetition carries the same bytes. */
  async statement(statement: Statement): Promise<void> {
    if (!this.#speaker) throw new ConnectionLost("not welcomed yet");
    const words = await signed(this.key, this.#speaker, statement, Date.now());
    const id = crypto.randomUUID();
    await this.#ask({ type: "statement", id, signed: words }, id, true);
    this.listener.signed(words);
  }

  /** Offers media; resolves with the answer. An offer dies with its connection. */
  offer(sdp: string, publications: PublicationOffer[]): Promise<string> {
    const id = crypto.randomUUID();
    return this.#ask({ type: "offer", id, sdp, publications }, id, false);
  }

  acknowledgeSlots(version: number): void {
    this.#send({ type: "slots_acknowledged", version });
  }

  /** Asks for a paper; it comes as a frame, or a refusal comes. Returns the id of the question. */
  readPaper(documentDigest: string): string {
    const id = crypto.randomUUID();
    this.#send({ type: "read_paper", id, document_digest: documentDigest });
    return id;
  }

  sendFrame(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#state.peek().kind === "open") this.#socket?.send(bytes);
  }

  /** Breaks the connection off and comes back: for when the page sees that the line is dead before the socket does. */
  reconnect(): void {
    if (this.#socket) this.#drop(this.#socket);
  }

  #ask(message: FromClient, id: string, lasts: boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#state.peek().kind === "closed" || (!lasts && this.#state.peek().kind !== "open")) {
        reject(new ConnectionLost("not connected"));
        return;
      }
      this.#pending.set(id, { message, lasts, resolve, reject });
      this.#send(message);
    });
  }

  #send(message: FromClient): void {
    if (this.#state.peek().kind !== "open" || !this.#socket) return;
    this.#socket.send(JSON.stringify(message));
    this.#listenForSilence(this.#socket);
  }

  #hear(socket: WebSocket, data: unknown): void {
    if (socket !== this.#socket) return;
    clearTimeout(this.#silence);
    this.#silence = undefined;
    if (this.#pending.size > 0) this.#listenForSilence(socket);
    if (data instanceof ArrayBuffer) this.listener.frame(new Uint8Array(data));
    else if (typeof data === "string") this.#receive(socket, JSON.parse(data) as FromServer);
  }

  #receive(socket: WebSocket, message: FromServer): void {
    switch (message.type) {
      case "challenge":
        void this.#sayHello(socket, message.nonce);
        return;
      case "welcome":
        this.#open(socket, message);
        return;
      case "done":
        this.#take(message.id)?.resolve("");
        return;
      case "answer":
        this.#take(message.id)?.resolve(message.sdp);
        return;
      case "refused": {
        const asked = this.#take(message.id);
        if (asked) asked.reject(new Refused(message.refusal, message.message));
        else this.listener.refused(message);
        return;
      }
      case "closed":
        this.#closed = message.reason;
        return;
      case "view":
        this.listener.view(message);
        return;
      case "chat":
        this.listener.chat(message);
        return;
      case "slots":
        this.listener.slots(message);
        return;
      case "speaker":
        this.listener.speaker(message);
        return;
      case "certificate":
        this.listener.certificate(message);
        return;
    }
  }

  async #sayHello(socket: WebSocket, nonce: string): Promise<void> {
    const proof = await this.key.sign(`${SUBPROTOCOL} hello ${nonce}`);
    if (socket !== this.#socket || socket.readyState !== 1) return;
    const hello: FromClient = {
      type: "hello",
      invitation: this.invitation,
      device_key: this.key.publicKey,
      proof,
    };
    socket.send(JSON.stringify(hello));
  }

  #open(socket: WebSocket, welcome: Said<"welcome">): void {
    clearTimeout(this.#deadline);
    this.#speaker = { tenant: welcome.tenant, room: welcome.room, participant: welcome.participant };
    this.#state.value = { kind: "open" };
    for (const pending of this.#pending.values()) socket.send(JSON.stringify(pending.message));
    if (this.#pending.size > 0) this.#listenForSilence(socket);
    this.listener.welcome(this.#speaker, welcome.ice_servers);
  }

  #take(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #listenForSilence(socket: WebSocket): void {
    this.#silence ??= setTimeout(() => this.#drop(socket), SILENCE_MAX_MS);
  }

  #drop(socket: WebSocket): void {
    socket.close();
    // A dead line may take minutes to report its close.
    this.#lose(socket);
  }

  #lose(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    clearTimeout(this.#deadline);
    clearTimeout(this.#silence);
    this.#silence = undefined;
    this.#forgetOffers();
    if (this.#closed && !comesBackAfter(this.#closed)) {
      this.#settleClosed(this.#closed);
      return;
    }
    this.#closed = null;
    const before = this.#state.peek();
    const attempts = before.kind === "connecting" || before.kind === "lost" ? before.attempts + 1 : 1;
    this.#state.value = { kind: before.kind === "connecting" ? "connecting" : "lost", attempts };
    this.#pause = setTimeout(() => this.start(), pauseMs(attempts, Math.random()));
  }

  #forgetOffers(): void {
    for (const [id, pending] of this.#pending) {
      if (pending.lasts) continue;
      this.#pending.delete(id);
      pending.reject(new ConnectionLost("the connection broke"));
    }
  }

  #settleClosed(reason: Closed): void {
    clearTimeout(this.#pause);
    this.#state.value = { kind: "closed", reason };
    for (const pending of this.#pending.values()) pending.reject(new ConnectionLost(reason));
    this.#pending.clear();
  }
}

/** Whether a client comes back by itself after this close. */
function comesBackAfter(reason: Closed): boolean {
  return reason === "too_slow" || reason === "unavailable";
}

/** The pause before attempt `attempts`; `chance` is from 0 to 1. */
export function pauseMs(attempts: number, chance: number): number {
  const grown = Math.min(PAUSE_FIRST_MS * 2 ** (attempts - 1), PAUSE_MAX_MS);
  return Math.round(grown * (1 - PAUSE_CHANCE * chance));
}
