/** The frozen agreement as this device received it: its bytes, and whether they are the ones the view speaks of. */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { Connection } from "../connection/connection";
import { type Bytes, digestOf } from "../device/bytes";

export type PaperState =
  | { kind: "loading" }
  /** The bytes hash to the digest of the view: what is shown is what is signed. */
  | { kind: "verified"; bytes: Bytes }
  /** They do not: nobody may sign this. */
  | { kind: "altered" }
  | { kind: "unavailable" };

const DIGEST_BYTES = 32;

export class Paper {
  readonly #state = signal<PaperState>({ kind: "loading" });
  #question = "";

  constructor(
    readonly documentDigest: string,
    private readonly connection: Pick<Connection, "readPaper">,
  ) {
    this.ask();
  }

  get state(): ReadonlySignal<PaperState> {
    return this.#state;
  }

  /** Asks (again): an earlier question may have been lost with its connection. */
  ask(): void {
    if (this.#state.peek().kind === "verified") return;
    this.#state.value = { kind: "loading" };
    this.#question = this.connection.readPaper(this.documentDigest);
  }

  /** A paper frame's payload. The digest in front only says which paper it is; the bytes are hashed here. */
  async hear(payload: Bytes): Promise<void> {
    const bytes = payload.slice(DIGEST_BYTES);
    const matches = (await digestOf(bytes)) === this.documentDigest;
    if (this.#state.peek().kind !== "verified")
      this.#state.value = matches ? { kind: "verified", bytes } : { kind: "altered" };
  }

  hearRefusal(id: string): boolean {
    if (id !== this.#question) return false;
    this.#state.value = { kind: "unavailable" };
    return true;
  }
}
