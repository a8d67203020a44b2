/**
 * What of one's own may be sent: exactly what the view says, and less at once when the person says so.
 *
 * Switching on is a request: nothing is sent before the view shows it. Switching off is a fact: sending stops here and
 * now, whatever the line does, and the view follows.
 */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Source, You } from "../protocol";

export type Switches = Record<Source, boolean>;

export const ALL_OFF: Switches = { microphone: false, camera: false, screen: false };

export class Publishing {
  /** What may be sent now. */
  readonly now: ReadonlySignal<Switches>;
  readonly #held = signal<Switches>(ALL_OFF);

  constructor(you: ReadonlySignal<You | null>) {
    this.now = computed(() => {
      const held = this.#held.value;
      const said = you.value;
      return {
        microphone: (said?.microphone_on ?? false) && !held.microphone,
        camera: (said?.camera_on ?? false) && !held.camera,
        screen: (said?.screen_on ?? false) && !held.screen,
      };
    });
  }

  /** Stops sending at once, until `settled`: that is, until the server has answered. */
  holdBack(source: Source): void {
    this.#held.value = { ...this.#held.peek(), [source]: true };
  }

  holdsBack(source: Source): boolean {
    return this.#held.peek()[source];
  }

  settled(source: Source): void {
    this.#held.value = { ...this.#held.peek(), [source]: false };
  }
}
