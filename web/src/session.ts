/**
 * One visit, from the link to the end: owns the connection, the media, the drafts and what the room's view says, and ties
 * them together. The screens read its signals and call its methods; they keep no truth of their own.
 */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { Connection, ConnectionLost, type Listener, Refused } from "./connection/connection";
import { digestOf, utf8 } from "./device/bytes";
import { load, save } from "./device/keep";
import type { DeviceKey } from "./device/key";
import type { Speaker, Statement } from "./device/statement";
import { hasEntered, rememberEntry } from "./join/invitation";
import { Media } from "./media/media";
import { Paper } from "./papers/paper";
import type { ChatLine, FromServer, InsideView, PersonCommand, SessionRefusal, Source, View, You } from "./protocol";
import { changes, type News } from "./room/news";
import { fetchNotices, notices } from "./room/notices";
import { parseFrame } from "./words/frame";
import { Words } from "./words/words";

/** What the person chose in the self-test. */
export interface Choice {
  microphone: boolean;
  camera: boolean;
}

/** Something that did not work, in terms of the dictionary. */
export type Problem =
  | { kind: "refused"; refusal: SessionRefusal; message: string }
  | { kind: "device"; source: Source }
  | { kind: "draft" };

export class Session {
  /** Whether the self-test is behind. */
  readonly entered = signal(false);
  readonly view = signal<View | null>(null);
  readonly chat = signal<readonly ChatLine[]>([]);
  readonly problem = signal<Problem | null>(null);
  /** What has just happened in the room, for a short while. */
  readonly news = signal<readonly News[]>([]);
  readonly paper = signal<Paper | null>(null);
  readonly you: ReadonlySignal<You | null>;
  readonly inside: ReadonlySignal<InsideView | null>;
  readonly connection: Connection;
  readonly media: Media;
  readonly words: Words;
  readonly choice = signal<Choice>({ microphone: true, camera: true });
  readonly #storage: Storage;
  readonly #place: Promise<string>;
  #isFirstView = true;
  #isChatWhole = true;
  #owesChoice: boolean;

  constructor(invitation: string, key: DeviceKey, openSocket: () => WebSocket, storage: Storage) {
    this.#storage = storage;
    this.#place = digestOf(utf8(invitation));
    this.#owesChoice = !hasEntered(storage);
    this.you = computed(() => (this.view.value && "you" in this.view.value ? this.view.value.you : null));
    this.inside = computed(() => (this.view.value?.where === "inside" ? this.view.value : null));
    this.connection = new Connection(invitation, key, openSocket, this.#listener());
    this.words = new Words(this.connection);
    this.media = new Media(this.connection, this.you, (source) => this.#cannotSend(source));
    this.connection.state.subscribe((state) => {
      if (state.kind === "lost") this.words.offline();
      if (state.kind === "closed") {
        this.#leaveRoom();
        if (this.view.peek()?.where !== "outside") this.view.value = null;
      }
    });
  }

  /** Goes to the door, or back to one's place. */
  enter(): void {
    this.entered.value = true;
    this.connection.start();
  }

  /** Back to the self-test, for somebody who has left and wants to come again. */
  startOver(): void {
    this.view.value = null;
    this.entered.value = false;
    this.media.keepDevices(true);
  }

  /** Asks the room; a refusal is shown. Whether it was carried out. */
  async act(command: PersonCommand): Promise<boolean> {
    return this.#attempt(() => this.connection.command(command));
  }

  /** Signs and gives a statement; a refusal is shown. Whether it was taken. */
  async state(statement: Statement): Promise<boolean> {
    return this.#attempt(() => this.connection.statement(statement));
  }

  /** One's own switch. Off takes effect here at once; on only when the view says so. */
  async turn(source: Source, on: boolean): Promise<void> {
    if (on && !(await this.#isReady(source))) return;
    if (!on) this.media.publishing.holdBack(source);
    await this.act(switchOf(source, on));
    if (!on) this.media.publishing.settled(source);
  }

  /** The frozen agreement's bytes, asked for once. */
  openPaper(documentDigest: string): Paper {
    const known = this.paper.peek();
    if (known?.documentDigest === documentDigest) return known;
    const paper = new Paper(documentDigest, this.connection);
    this.paper.value = paper;
    return paper;
  }

  async #attempt(ask: () => Promise<void>): Promise<boolean> {
    try {
      await ask();
      return true;
    } catch (error) {
      if (error instanceof Refused) {
        this.problem.value = { kind: "refused", refusal: error.refusal, message: error.message };
      } else if (!(error instanceof ConnectionLost)) throw error;
      return false;
    }
  }

  async #isReady(source: Source): Promise<boolean> {
    if (source === "screen") return this.media.pickScreen(() => void this.turn("screen", false));
    const track = await this.media[source].open();
    if (!track) this.problem.value = { kind: "device", source };
    return track !== null;
  }

  #cannotSend(source: Source): void {
    if (source !== "screen") this.problem.value = { kind: "device", source };
    void this.turn(source, false);
  }

  #listener(): Listener {
    return {
      welcome: (_speaker: Speaker, iceServers) => {
        this.#isFirstView = true;
        this.#isChatWhole = false;
        // Without their words nobody can consent, nor take a consent back: so again on every return until they are here.
        if (notices.peek().size === 0) void fetchNotices().catch(() => undefined);
        this.media.useIceServers(iceServers);
        this.words.online();
        this.paper.peek()?.ask();
      },
      view: ({ view }) => this.#see(view),
      chat: ({ messages }) => {
        this.chat.value = this.#isChatWhole ? [...this.chat.peek(), ...messages] : messages;
        this.#isChatWhole = true;
      },
      slots: ({ version, slots }) => this.media.takeMap(version, slots),
      speaker: ({ participant }) => {
        this.media.speaker.value = participant;
      },
      certificate: ({ certificate }) => void this.#keepCopy("certificate", certificate),
      signed: (words) => void this.#keepCopy("statement", words),
      refused: (message) => this.#hearRefusal(message),
      frame: (bytes) => {
        const frame = parseFrame(bytes);
        if (frame?.kind === "paper") void this.paper.peek()?.hear(frame.payload);
        else if (frame) this.words.hear(frame);
      },
    };
  }

  #hearRefusal({ id, refusal, message }: Extract<FromServer, { type: "refused" }>): void {
    if (this.words.hearRefusal(id)) this.problem.value = { kind: "draft" };
    else if (!this.paper.peek()?.hearRefusal(id)) this.problem.value = { kind: "refused", refusal, message };
  }

  #see(view: View): void {
    const before = this.view.peek();
    const isFresh = this.#isFirstView;
    this.#isFirstView = false;
    this.view.value = view;
    if (view.where !== "inside") {
      if (before?.where === "inside") this.#leaveRoom();
      rememberEntry(this.#storage, false);
      if (view.where === "waiting") this.#owesChoice = true;
      this.media.keepDevices(view.where === "waiting");
      if (view.where !== "waiting") this.media.release();
      return;
    }
    if (before?.where !== "inside" || isFresh) this.media.begin();
    if (before?.where === "inside" && !isFresh) {
      const isOwnDoing = this.media.publishing.holdsBack("microphone");
      this.#report(changes(before, view, isOwnDoing));
    }
    if (before?.where !== "inside") void this.#applyChoice(view.you);
    if (view.agreement === null || view.agreement.frozen !== null || view.phase !== "in_session") this.words.close();
  }

  /**
   * Once, on admission, the choice of the self-test is asked for. Somebody who was inside before and comes back keeps the
   * switches of the view, except that a choice of "off" is honoured.
   */
  async #applyChoice(you: You): Promise<void> {
    const { microphone, camera } = this.choice.peek();
    const owes = this.#owesChoice;
    this.#owesChoice = false;
    rememberEntry(this.#storage, true);
    if (you.may.includes("speak")) {
      const asked: Promise<boolean>[] = [];
      const ask = (source: "microphone" | "camera", wanted: boolean, isOn: boolean) => {
        const has = this.media[source].track.peek() !== null;
        if (owes && wanted && has && !isOn) asked.push(this.act(switchOf(source, true)));
        if (!wanted && isOn) asked.push(this.act(switchOf(source, false)));
      };
      ask("microphone", microphone, you.microphone_on);
      ask("camera", camera, you.camera_on);
      await Promise.all(asked);
    }
    this.media.keepDevices(false);
  }

  #report(news: News[]): void {
    if (news.length === 0) return;
    this.news.value = [...this.news.peek(), ...news];
    setTimeout(() => {
      this.news.value = this.news.peek().filter((each) => !news.includes(each));
    }, NEWS_SHOWN_MS);
  }

  #leaveRoom(): void {
    this.media.end();
    this.media.keepDevices(false);
    this.media.release();
    this.words.close();
    this.paper.value = null;
    this.chat.value = [];
    this.news.value = [];
  }

  async #keepCopy(what: string, value: unknown): Promise<void> {
    const place = await this.#place;
    const kept = (await load<unknown[]>("signed", place)) ?? [];
    await save("signed", place, [...kept, { what, value }]);
  }
}

const NEWS_SHOWN_MS = 8_000;

function switchOf(source: Source, on: boolean): PersonCommand {
  switch (source) {
    case "microphone":
      return { type: "set_microphone", on };
    case "camera":
      return { type: "set_camera", on };
    case "screen":
      return { type: "set_screen", on };
  }
}
