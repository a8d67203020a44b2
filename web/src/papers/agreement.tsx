/** The frozen agreement: its pages, its digests, who has signed, and one's own signature or the seal. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { sealAuthorisation, signature } from "../device/statement";
import { Action } from "../parts/action";
import { Icon } from "../parts/icons";
import { Name, RoleTag } from "../parts/name";
import { useSession } from "../parts/session";
import type { AgreementView, Frozen } from "../protocol";
import { moment, words } from "../text/language";
import { type Drawn, PaperPages } from "./paper_pages";

export interface FrozenAgreementProps {
  agreement: AgreementView;
  frozen: Frozen;
  /** What one can put under it, if anything. */
  asks: "signature" | "seal" | null;
}

export function FrozenAgreement({ agreement, frozen, asks }: FrozenAgreementProps) {
  const session = useSession();
  const t = words.value;
  const drawn = useSignal<Drawn>({ pages: 0, isComplete: false });
  const paper = session.openPaper(frozen.document_digest);
  return (
    <div class="agreement" data-testid="frozen-agreement">
      <p class="strong">{frozen.in_part ? t.papers.inPart : t.papers.inFull}</p>
      {agreement.effective_at_ms !== null && (
        <p class="good" data-testid="effective">
          <Icon name="check" />
          {t.papers.effective(moment(agreement.effective_at_ms))}
        </p>
      )}
      <PaperPages paper={paper} drawn={drawn} />
      <Digests frozen={frozen} />
      <Signers agreement={agreement} />
      {asks === "signature" && (
        <Undertaking
          testid="sign"
          drawn={drawn.value}
          promise={t.papers.readAll}
          hint={t.papers.signHint}
          run={() => session.state(signature(frozen))}
        >
          {t.papers.sign}
        </Undertaking>
      )}
      {asks === "seal" && (
        <Undertaking
          testid="authorise-seal"
          drawn={drawn.value}
          promise={t.seal.confirm}
          hint={t.papers.signHint}
          run={() => session.state(sealAuthorisation(frozen))}
        >
          {t.seal.authorise}
        </Undertaking>
      )}
    </div>
  );
}

function Digests({ frozen }: { frozen: Frozen }) {
  const t = words.value;
  return (
    <dl class="facts digests">
      <dt>{t.papers.contentDigest}</dt>
      <dd title={frozen.content_digest}>
        <code data-testid="content-digest">{short(frozen.content_digest)}</code>
      </dd>
      <dt>{t.papers.documentDigest}</dt>
      <dd title={frozen.document_digest}>
        <code data-testid="document-digest">{short(frozen.document_digest)}</code>
      </dd>
    </dl>
  );
}

function Signers({ agreement }: { agreement: AgreementView }) {
  const t = words.value;
  return (
    <section>
      <h3>{t.papers.signers}</h3>
      <ul class="signers">
        {agreement.signers.map(({ id, name, role, signed_at_ms }) => (
          <li key={id} data-testid={`signer-${id}`} data-signed={signed_at_ms !== null}>
            <span class="person-who">
              <Name name={name} />
              <RoleTag role={role} />
            </span>
            {signed_at_ms === null ? (
              <span class="faint">{t.papers.notSigned}</span>
            ) : (
              <span class="good">
                <Icon name="check" />
                {t.papers.signedAt(moment(signed_at_ms))}
              </span>
            )}
          </li>
        ))}
        <li data-testid="seal" data-signed={agreement.sealed}>
          <span class="strong">{t.papers.seal}</span>
          {agreement.sealed ? (
            <span class="good">
              <Icon name="check" />
              {t.papers.sealed}
            </span>
          ) : (
            <span class="faint">{t.papers.notSealed}</span>
          )}
        </li>
      </ul>
    </section>
  );
}

interface UndertakingProps {
  testid: string;
  drawn: Drawn;
  promise: (pages: number) => string;
  hint: string;
  run: () => unknown;
  children: ComponentChildren;
}

/** Nothing can be signed before every page has been on the screen and the person has said so. */
function Undertaking({ testid, drawn, promise, hint, run, children }: UndertakingProps) {
  const hasRead = useSignal(false);
  if (!drawn.isComplete) return null;
  return (
    <section class="undertaking">
      <label class="wish">
        <input
          type="checkbox"
          data-testid={`${testid}-read`}
          checked={hasRead.value}
          onChange={(event) => {
            hasRead.value = event.currentTarget.checked;
          }}
        />
        <span>{promise(drawn.pages)}</span>
      </label>
      <p class="faint">{hint}</p>
      <Action testid={testid} kind="primary" disabled={!hasRead.value} run={run}>
        {children}
      </Action>
    </section>
  );
}

/** The first and last figures: enough to compare with the printed page by eye. */
function short(digest: string): string {
  return `${digest.slice(0, 8)}…${digest.slice(-8)}`;
}
