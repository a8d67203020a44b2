/** The few shapes that text may take. */

import { useSignal } from "@preact/signals";
import type { Editor } from "@tiptap/core";
import { useEffect } from "preact/hooks";
import { words } from "../text/language";

interface Tool {
  name: keyof ReturnType<typeof labels>;
  sign: string;
  isOn: (editor: Editor) => boolean;
  run: (editor: Editor) => void;
}

const TOOLS: readonly Tool[] = [
  { name: "bold", sign: "B", isOn: (e) => e.isActive("bold"), run: (e) => e.chain().focus().toggleBold().run() },
  { name: "italic", sign: "I", isOn: (e) => e.isActive("italic"), run: (e) => e.chain().focus().toggleItalic().run() },
  {
    name: "underline",
    sign: "U",
    isOn: (e) => e.isActive("underline"),
    run: (e) => e.chain().focus().toggleUnderline().run(),
  },
  {
    name: "heading",
    sign: "H",
    isOn: (e) => e.isActive("heading"),
    run: (e) => e.chain().focus().toggleHeading({ level: 2 }).run(),
  },
  {
    name: "bullets",
    sign: "•",
    isOn: (e) => e.isActive("bulletList"),
    run: (e) => e.chain().focus().toggleBulletList().run(),
  },
  {
    name: "numbers",
    sign: "1.",
    isOn: (e) => e.isActive("orderedList"),
    run: (e) => e.chain().focus().toggleOrderedList().run(),
  },
  { name: "undo", sign: "↶", isOn: () => false, run: (e) => e.chain().focus().undo().run() },
  { name: "redo", sign: "↷", isOn: () => false, run: (e) => e.chain().focus().redo().run() },
];

export function Toolbar({ editor }: { editor: Editor }) {
  const turn = useSignal(0);
  useEffect(() => {
    const told = () => {
      turn.value += 1;
    };
    editor.on("transaction", told);
    return () => {
      editor.off("transaction", told);
    };
  }, [editor]);
  const names = labels();
  return (
    <div class="toolbar" role="toolbar" aria-label={words.value.papers.toolbar} data-turn={turn.value}>
      {TOOLS.map(({ name, sign, isOn, run }) => (
        <button
          key={name}
          type="button"
          class={`tool tool-${name}`}
          data-testid={`tool-${name}`}
          title={names[name]}
          aria-label={names[name]}
          aria-pressed={isOn(editor)}
          // The editor keeps its selection.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => run(editor)}
        >
          {sign}
        </button>
      ))}
    </div>
  );
}

function labels() {
  const { bold, italic, underline, heading, bullets, numbers, undo, redo } = words.value.papers;
  return { bold, italic, underline, heading, bullets, numbers, undo, redo };
}
