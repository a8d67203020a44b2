/** Ending without an agreement: a ground from the list, and the record that goes to the court. */

import { useSignal } from "@preact/signals";
import { Action } from "../parts/action";
import { useSession } from "../parts/session";
import type { Ending, FailureReport } from "../protocol";
import { words } from "../text/language";

const ENDINGS: readonly Ending[] = [
  "settled_and_withdrawn",
  "party_not_reached",
  "party_unwilling",
  "differences_too_great",
  "time_expired",
  "signature_refused",
  "other",
];

const FIELDS = ["situation", "reason", "costly_conduct", "alert"] as const;
const REQUIRED: readonly (keyof FailureReport)[] = ["situation", "reason"];

export function EndSteering() {
  const session = useSession();
  const t = words.value;
  const isOpen = useSignal(false);
  const ending = useSignal<Ending>("differences_too_great");
  const report = useSignal<FailureReport>({ situation: "", reason: "", costly_conduct: "", alert: "" });
  const labels: Record<keyof FailureReport, string> = {
    situation: t.desk.situation,
    reason: t.desk.reason,
    costly_conduct: t.desk.costly,
    alert: t.desk.alert,
  };
  const isComplete = REQUIRED.every((field) => report.value[field].trim() !== "");
  return (
    <section data-testid="end-steering">
      <button
        type="button"
        class="button quiet"
        data-testid="end"
        aria-expanded={isOpen.value}
        onClick={() => {
          isOpen.value = !isOpen.value;
        }}
      >
        {t.desk.end}
      </button>
      {isOpen.value && (
        <div class="confirm-question">
          <p>{t.desk.endHint}</p>
          <label class="field">
            <span>{t.desk.ground}</span>
            <select
              data-testid="end-ground"
              value={ending.value}
              onChange={(event) => {
                const chosen = ENDINGS.find((each) => each === event.currentTarget.value);
                if (chosen) ending.value = chosen;
              }}
            >
              {ENDINGS.map((each) => (
                <option key={each} value={each}>
                  {t.endings[each]}
                </option>
              ))}
            </select>
          </label>
          {FIELDS.map((field) => (
            <label class="field" key={field}>
              <span>
                {labels[field]}
                {REQUIRED.includes(field) && <em class="required">{t.desk.required}</em>}
              </span>
              <textarea
                rows={3}
                maxLength={2000}
                required={REQUIRED.includes(field)}
                data-testid={`end-${field}`}
                value={report.value[field]}
                onInput={(event) => {
                  report.value = { ...report.value, [field]: event.currentTarget.value };
                }}
              />
            </label>
          ))}
          <Action
            testid="end-confirm"
            kind="danger"
            disabled={!isComplete}
            run={() => session.act({ type: "end", ending: ending.value, report: report.value })}
          >
            {t.desk.endConfirm}
          </Action>
        </div>
      )}
    </section>
  );
}
