/** The course of the papers: begun from a template, frozen for signing, or sent back. */

import { useSignal } from "@preact/signals";
import { Action } from "../parts/action";
import { Confirm } from "../parts/confirm";
import { useSession } from "../parts/session";
import type { InsideView } from "../protocol";
import { words } from "../text/language";

const TEMPLATES = ["payment", "licence", "withdrawal"] as const;

export function PapersSteering({ view }: { view: InsideView }) {
  const session = useSession();
  const t = words.value;
  const { agreement } = view;
  return (
    <section data-testid="papers-steering">
      <h2>{t.desk.papers}</h2>
      {!agreement && <Open />}
      {agreement && !agreement.frozen && <Freeze isPrivate={view.caucuses.length > 0} />}
      {agreement?.frozen && view.phase === "signing" && (
        <Confirm
          testid="reopen"
          open={t.desk.reopen}
          question={t.desk.reopenHint}
          confirm={t.desk.reopen}
          reason={t.desk.reopenReason}
          isReasonRequired
          run={(reason) => session.act({ type: "reopen_agreement", reason })}
        />
      )}
    </section>
  );
}

function Open() {
  const session = useSession();
  const t = words.value;
  const template = useSignal<string>("payment");
  return (
    <>
      <label class="field">
        <span>{t.desk.template}</span>
        <select
          data-testid="template"
          value={template.value}
          onChange={(event) => {
            template.value = event.currentTarget.value;
          }}
        >
          {TEMPLATES.map((name) => (
            <option key={name} value={name}>
              {t.desk.templates[name] ?? name}
            </option>
          ))}
        </select>
      </label>
      <Action testid="open-papers" run={() => session.act({ type: "open_papers", template: template.value })}>
        {t.desk.openPapers}
      </Action>
    </>
  );
}

function Freeze({ isPrivate }: { isPrivate: boolean }) {
  const session = useSession();
  const t = words.value;
  const inPart = useSignal(false);
  if (isPrivate) return <p class="faint">{t.desk.freezeWhilePrivate}</p>;
  return (
    <Confirm
      testid="freeze"
      open={t.desk.freeze}
      question={t.desk.freezeHint}
      confirm={t.desk.freeze}
      run={() => session.act({ type: "freeze_agreement", in_part: inPart.value })}
    >
      <div class="choices">
        {[false, true].map((part) => (
          <label class="wish" key={String(part)}>
            <input
              type="radio"
              name="in-part"
              data-testid={part ? "freeze-in-part" : "freeze-in-full"}
              checked={inPart.value === part}
              onChange={() => {
                inPart.value = part;
              }}
            />
            <span>{part ? t.desk.inPart : t.desk.inFull}</span>
          </label>
        ))}
      </div>
    </Confirm>
  );
}
