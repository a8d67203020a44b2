/** The papers panel: two drafts under two tabs while they are written; the frozen agreement afterwards. */

import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { FrozenAgreement } from "../papers/agreement";
import { useSession } from "../parts/session";
import type { InsideView } from "../protocol";
import { words } from "../text/language";
import type { DocumentKind } from "../words/frame";

/** The editor is fetched when the papers are first opened: nobody waits for it at the door. */
const editing = signal<typeof import("../papers/editor") | null>(null);

const KINDS: readonly DocumentKind[] = ["agreement", "minutes"];

export function Papers({ view }: { view: InsideView }) {
  const t = words.value;
  const { agreement } = view;
  return (
    <div class="papers">
      <h2>{t.papers.title}</h2>
      {!agreement && <p class="faint">{t.papers.none}</p>}
      {agreement?.frozen && (
        <>
          <FrozenAgreement
            key={agreement.frozen.document_digest}
            agreement={agreement}
            frozen={agreement.frozen}
            asks={agreement.you_sign ? "signature" : null}
          />
          {!agreement.you_sign && view.phase === "signing" && <OwnSignature view={view} />}
        </>
      )}
      {agreement && !agreement.frozen && view.phase === "in_session" && <Drafts view={view} />}
    </div>
  );
}

function OwnSignature({ view }: { view: InsideView }) {
  const t = words.value;
  const hasSigned = view.agreement?.signers.some(({ id, signed_at_ms }) => id === view.you.id && signed_at_ms !== null);
  return <p class={hasSigned ? "good" : "faint"}>{hasSigned ? t.papers.youSigned : t.papers.notYourTurn}</p>;
}

function Drafts({ view }: { view: InsideView }) {
  const { words: drafts } = useSession();
  const t = words.value;
  const shown = useSignal<DocumentKind>("agreement");
  const { DraftEditor } = editing.value ?? {};
  useEffect(() => {
    void import("../papers/editor").then((loaded) => {
      editing.value = loaded;
    });
  }, []);
  return (
    <>
      <div class="paper-tabs" role="tablist" aria-label={t.papers.title}>
        {KINDS.map((kind) => (
          <button
            key={kind}
            type="button"
            role="tab"
            id={`paper-tab-${kind}`}
            aria-controls="paper-panel"
            class="paper-tab"
            data-testid={`paper-tab-${kind}`}
            aria-selected={shown.value === kind}
            onClick={() => {
              shown.value = kind;
            }}
          >
            {t.papers[kind]}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="paper-panel" aria-labelledby={`paper-tab-${shown.value}`}>
        {DraftEditor ? (
          <DraftEditor key={shown.value} draft={drafts.open(shown.value)} view={view} />
        ) : (
          <p class="faint">{t.papers.opening}</p>
        )}
      </div>
    </>
  );
}
