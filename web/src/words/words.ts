/** The drafts of the room on the wire: hands frames to the draft they belong to, and numbers what is sent. */

import type { Connection } from "../connection/connection";
import { Draft, type Line } from "./draft";
import { type DocumentKind, type Frame, toBytes } from "./frame";

/** The refusal of an update carries its number here. */
const UPDATE_REFUSAL_ID = /^00000000-0000-0000-0000-0000([0-9a-f]{8})$/;

export class Words implements Line {
  readonly #drafts = new Map<DocumentKind, Draft>();
  #number = 0;

  constructor(private readonly connection: Pick<Connection, "sendFrame" | "state">) {}

  /** The draft, opened at its first use. */
  open(kind: DocumentKind): Draft {
    const known = this.#drafts.get(kind);
    if (known) return known;
    const draft = new Draft(kind, this);
    this.#drafts.set(kind, draft);
    if (this.connection.state.peek().kind === "open") draft.online();
    return draft;
  }

  /** The drafts are no longer written: frozen, or not one's business any more. */
  close(): void {
    for (const draft of this.#drafts.values()) draft.close();
    this.#drafts.clear();
  }

  online(): void {
    for (const draft of this.#drafts.values()) draft.online();
  }

  offline(): void {
    for (const draft of this.#drafts.values()) draft.offline();
  }

  hear(frame: Frame): void {
    if (frame.document !== "none") this.#drafts.get(frame.document)?.hear(frame);
  }

  /** Whether a refusal was about an update; the draft then starts over. */
  hearRefusal(id: string): boolean {
    const number = UPDATE_REFUSAL_ID.exec(id)?.[1];
    if (number === undefined) return false;
    const drafts = [...this.#drafts.values()];
    return drafts.some((draft) => draft.refuse(Number.parseInt(number, 16)));
  }

  send(frame: Frame): void {
    this.connection.sendFrame(toBytes(frame));
  }

  nextNumber(): number {
    this.#number += 1;
    return this.#number;
  }
}
