/** One draft in an editor, with what it says about being saved. */

import { useSignal } from "@preact/signals";
import { Editor } from "@tiptap/core";
import { Collaboration } from "@tiptap/extension-collaboration";
import { useEffect, useRef } from "preact/hooks";
import { useSession } from "../parts/session";
import type { InsideView } from "../protocol";
import { person } from "../room/selectors";
import { words } from "../text/language";
import { cursors } from "../words/cursors";
import { type Copy, type Draft, FIELD } from "../words/draft";
import { SCHEMA } from "../words/schema";
import { Toolbar } from "./toolbar";

export function DraftEditor({ draft, view }: { draft: Draft; view: InsideView }) {
  const t = words.value;
  const state = draft.state.value;
  return (
    <div class="draft">
      <p class="draft-state" role="status" data-testid="draft-state" data-state={state}>
        {t.papers[state]}
      </p>
      {state === "opening" ? (
        <p class="faint">{t.papers.opening}</p>
      ) : (
        <Writing key={draft.refused.value} copy={draft.copy.value} kind={draft.kind} view={view} />
      )}
    </div>
  );
}

interface WritingProps {
  copy: Copy;
  kind: Draft["kind"];
  view: InsideView;
}

function Writing({ copy, kind, view }: WritingProps) {
  const session = useSession();
  const place = useRef<HTMLDivElement>(null);
  const editor = useSignal<Editor | null>(null);
  const label = words.value.papers[kind];
  const ownId = view.you.id;
  useEffect(() => {
    if (!place.current) return;
    const nameOf = (id: string) => {
      const inside = session.inside.peek();
      return inside ? (person(inside, id)?.name ?? null) : null;
    };
    copy.cursors.setLocalStateField("user", { participant: ownId });
    const made = new Editor({
      element: place.current,
      injectCSS: false,
      extensions: [
        ...SCHEMA,
        Collaboration.configure({ document: copy.doc, field: FIELD }),
        cursors(copy.cursors, nameOf),
      ],
      editorProps: { attributes: { "data-testid": `editor-${kind}`, role: "textbox", "aria-multiline": "true" } },
    });
    editor.value = made;
    return () => {
      editor.value = null;
      made.destroy();
    };
  }, [copy, kind, ownId]);
  useEffect(() => {
    editor.value?.view.dom.setAttribute("aria-label", label);
  }, [editor.value, label]);
  return (
    <>
      {editor.value && <Toolbar editor={editor.value} />}
      <div class="sheet" ref={place} />
    </>
  );
}
