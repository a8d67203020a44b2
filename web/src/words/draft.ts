/**
 * One shared draft: a Yjs document kept in step with the server. It says "saved" only of what the server has called
 * durable, keeps what is written while the line is down, and starts over when the server refuses an update.
 */

import { type ReadonlySignal, signal } from "@preact/signals";
import * as awareness from "y-protocols/awareness";
import * as Y from "yjs";
import type { Bytes } from "../device/bytes";
import type { DocumentKind, Frame } from "./frame";

export type DraftState =
  /** Nothing to show yet. */
  | "opening"
  | "saving"
  /** Everything written here is durable. */
  | "saved"
  /** The line is down; what is written stays here until it is back. */
  | "offline";

/** The name of the XML fragment that holds the text. */
export const FIELD = "default";

const FROM_SERVER = Symbol("from the server");

export interface Line {
  send(frame: Frame): void;
  /** The next number for an update: one count for all drafts, so that a refusal names one update of one draft. */
  nextNumber(): number;
}

/** The document that an editor is bound to; a new one after a refusal. */
export interface Copy {
  readonly doc: Y.Doc;
  readonly cursors: awareness.Awareness;
}

export class Draft {
  readonly #state = signal<DraftState>("opening");
  readonly #copy = signal<Copy>(freshCopy());
  readonly #refused = signal(0);
  /** Numbers of updates that are not durable yet. */
  readonly #unsaved = new Set<number>();
  /** Whether the server has told what it lacks; before that, updates wait. */
  #isInStep = false;
  #hasContent = false;
  #isOnline = false;
  /** Something was written while updates had to wait. */
  #hasWaiting = false;

  constructor(
    readonly kind: DocumentKind,
    private readonly line: Line,
  ) {
    this.#watch(this.#copy.peek());
  }

  get state(): ReadonlySignal<DraftState> {
    return this.#state;
  }

  get copy(): ReadonlySignal<Copy> {
    return this.#copy;
  }

  /** How many times the server refused an update and this copy was given up. */
  get refused(): ReadonlySignal<number> {
    return this.#refused;
  }

  /** On a fresh connection: under a fresh client id, ask for what is missing. */
  online(): void {
    this.#isOnline = true;
    this.#isInStep = false;
    this.#unsaved.clear();
    const { doc, cursors } = this.#copy.peek();
    const cursor = cursors.getLocalState();
    cursors.setLocalState(null);
    doc.clientID = freshClientId();
    cursors.clientID = doc.clientID;
    cursors.setLocalState(cursor);
    this.#send("syncRequest", 0, Y.encodeStateVector(doc));
    this.#settle();
  }

  offline(): void {
    this.#isOnline = false;
    this.#isInStep = false;
    const { cursors } = this.#copy.peek();
    const others = [...cursors.getStates().keys()].filter((id) => id !== cursors.clientID);
    awareness.removeAwarenessStates(cursors, others, FROM_SERVER);
    this.#settle();
  }

  hear(frame: Frame): void {
    const { doc, cursors } = this.#copy.peek();
    switch (frame.kind) {
      case "syncState":
        Y.applyUpdate(doc, frame.payload, FROM_SERVER);
        this.#hasContent = true;
        break;
      case "syncRequest":
        this.#isInStep = true;
        this.#hasWaiting = false;
        this.#give(Y.encodeStateAsUpdate(doc, frame.payload));
        break;
      case "update":
        Y.applyUpdate(doc, frame.payload, FROM_SERVER);
        break;
      case "saved":
        this.#unsaved.delete(frame.number);
        break;
      case "cursor":
        awareness.applyAwarenessUpdate(cursors, frame.payload, FROM_SERVER);
        break;
      case "paper":
        break;
    }
    this.#settle();
  }

  /** Whether the refused update was this draft's; then this copy is dropped and the document opened anew. */
  refuse(number: number): boolean {
    if (!this.#unsaved.has(number)) return false;
    this.#unwatch(this.#copy.peek());
    this.#copy.value = freshCopy();
    this.#watch(this.#copy.peek());
    this.#hasContent = false;
    this.#refused.value += 1;
    if (this.#isOnline) this.online();
    return true;
  }

  close(): void {
    this.#unwatch(this.#copy.peek());
  }

  #watch({ doc, cursors }: Copy): void {
    doc.on("update", this.#wrote);
    cursors.on("update", this.#moved);
  }

  #unwatch({ doc, cursors }: Copy): void {
    doc.off("update", this.#wrote);
    cursors.off("update", this.#moved);
    cursors.destroy();
    doc.destroy();
  }

  readonly #wrote = (update: Uint8Array, origin: unknown) => {
    if (origin === FROM_SERVER) return;
    if (this.#isInStep) this.#give(update);
    else this.#hasWaiting = true;
    this.#settle();
  };

  readonly #moved = (_change: unknown, origin: unknown) => {
    if (origin === FROM_SERVER || !this.#isInStep) return;
    const { cursors } = this.#copy.peek();
    if (!cursors.getStates().has(cursors.clientID)) return;
    this.#send("cursor", 0, awareness.encodeAwarenessUpdate(cursors, [cursors.clientID]));
  };

  #give(update: Uint8Array): void {
    const number = this.line.nextNumber();
    this.#unsaved.add(number);
    this.#send("update", number, update);
  }

  #send(kind: Frame["kind"], number: number, payload: Uint8Array): void {
    this.line.send({ kind, document: this.kind, number, payload: payload as Bytes });
  }

  #settle(): void {
    if (!this.#isOnline) this.#state.value = this.#hasContent ? "offline" : "opening";
    else if (!this.#hasContent) this.#state.value = "opening";
    else this.#state.value = this.#isInStep && !this.#hasWaiting && this.#unsaved.size === 0 ? "saved" : "saving";
  }
}

function freshCopy(): Copy {
  const doc = new Y.Doc();
  return { doc, cursors: new awareness.Awareness(doc) };
}

/** Yjs counts with 53 bits; 32 random ones are what it takes itself. */
function freshClientId(): number {
  const [id] = crypto.getRandomValues(new Uint32Array(1));
  return id ?? 0;
}
