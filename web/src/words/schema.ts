/**
 * The editor's schema, the same table as the server's (`src/agreement/schema.rs`): what the server would refuse cannot be
 * typed, and what it can send is not lost here.
 */

import { Node } from "@tiptap/core";
import { Blockquote } from "@tiptap/extension-blockquote";
import { Bold } from "@tiptap/extension-bold";
import { Document } from "@tiptap/extension-document";
import { HardBreak } from "@tiptap/extension-hard-break";
import { Heading } from "@tiptap/extension-heading";
import { HorizontalRule } from "@tiptap/extension-horizontal-rule";
import { Italic } from "@tiptap/extension-italic";
import { BulletList, ListItem, ListKeymap, OrderedList } from "@tiptap/extension-list";
import { Paragraph } from "@tiptap/extension-paragraph";
import { Text } from "@tiptap/extension-text";
import { Underline } from "@tiptap/extension-underline";

export const SECTIONS = [
  "parties",
  "facts",
  "issues",
  "result",
  "performance",
  "deadline",
  "licence",
  "withdrawal",
  "costs",
  "closing",
  "attendance",
  "notices",
  "proceedings",
  "outcome",
] as const;

const LIST_START_MAX = 9_999;
const INNER = "(paragraph | bulletList | orderedList)+";

/** A named part of an agreement or of minutes. Only the server makes one. */
const Section = Node.create({
  name: "section",
  content: "block+",
  isolating: true,
  defining: true,
  addAttributes() {
    return {
      name: {
        default: SECTIONS[0],
        parseHTML: (element: HTMLElement) => element.getAttribute("data-section"),
        renderHTML: ({ name }: Record<string, unknown>) => ({ "data-section": name }),
      },
    };
  },
  parseHTML() {
    return SECTIONS.map((name) => ({ tag: `section[data-section="${name}"]` }));
  },
  renderHTML({ HTMLAttributes }) {
    return ["section", HTMLAttributes, 0];
  },
});

const NumberedList = OrderedList.extend({
  addAttributes() {
    return {
      start: {
        default: 1,
        parseHTML: (element: HTMLElement) => startOf(element.getAttribute("start")),
      },
    };
  },
});

/** A list's first number as the server takes it. */
export function startOf(written: string | null): number {
  const start = Number.parseInt(written ?? "1", 10);
  return start >= 1 && start <= LIST_START_MAX ? start : 1;
}

export const SCHEMA = [
  Document.extend({ content: "(block | section)+" }),
  Section,
  Paragraph,
  Text,
  Heading.configure({ levels: [1, 2, 3] }),
  BulletList,
  NumberedList,
  ListItem.extend({ content: INNER }),
  ListKeymap,
  Blockquote.extend({ content: INNER }),
  HorizontalRule,
  HardBreak,
  Bold,
  Italic,
  Underline,
];
