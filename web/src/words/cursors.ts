/** Where the others are writing: a thin line with a name. The name is the view's, looked up by the id that was sent. */

import { Extension } from "@tiptap/core";
import { yCursorPlugin } from "@tiptap/y-tiptap";
import type { Awareness } from "y-protocols/awareness";

/** Colours that stand out from the text and from one another; `style/papers.css` has them by number. */
const COLOURS = 6;

export function cursors(awareness: Awareness, nameOf: (participant: string) => string | null): Extension {
  const colourOf = (clientId: number) => `cursor-${clientId % COLOURS}`;
  return Extension.create({
    name: "cursors",
    addProseMirrorPlugins() {
      return [
        yCursorPlugin(awareness, {
          awarenessStateFilter: (own: number, other: number) => own !== other,
          cursorBuilder: (user: unknown, clientId: number) => {
            const caret = document.createElement("span");
            caret.className = `cursor ${colourOf(clientId)}`;
            const label = document.createElement("bdi");
            label.textContent = nameOf(participantOf(user)) ?? "";
            caret.append("\u2060", label, "\u2060");
            return caret;
          },
          selectionBuilder: (_user: unknown, clientId: number) => ({ class: `cursor-selection ${colourOf(clientId)}` }),
        }),
      ];
    },
  });
}

function participantOf(user: unknown): string {
  if (typeof user !== "object" || user === null || !("participant" in user)) return "";
  return typeof user.participant === "string" ? user.participant : "";
}
