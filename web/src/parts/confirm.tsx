/** A second thought, in place: the question opens below its button and takes nothing else away. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { words } from "../text/language";
import { Action } from "./action";

export interface ConfirmProps {
  testid: string;
  /** What opens the question. */
  open: string;
  question: string;
  confirm: string;
  /** Asks for words too; their label. */
  reason?: string;
  isReasonRequired?: boolean;
  run: (reason: string) => unknown;
  children?: ComponentChildren;
}

export function Confirm(props: ConfirmProps) {
  const { testid, open, question, confirm, reason, isReasonRequired = false, run, children } = props;
  const [isOpen, setOpen] = useState(false);
  const [written, setWritten] = useState("");
  const t = words.value;
  return (
    <div class="confirm">
      <button
        type="button"
        class="button quiet"
        data-testid={testid}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {open}
      </button>
      {isOpen && (
        <div class="confirm-question">
          <p>{question}</p>
          {children}
          {reason !== undefined && (
            <label class="field">
              <span>{reason}</span>
              <textarea
                rows={2}
                maxLength={2000}
                data-testid={`${testid}-reason`}
                value={written}
                onInput={(event) => setWritten(event.currentTarget.value)}
              />
            </label>
          )}
          <div class="row">
            <Action
              testid={`${testid}-confirm`}
              kind="danger"
              disabled={isReasonRequired && written.trim() === ""}
              run={async () => {
                await run(written.trim());
                setOpen(false);
              }}
            >
              {confirm}
            </Action>
            <button type="button" class="button quiet" onClick={() => setOpen(false)}>
              {t.cancel}
            </button>
          </div>
        </div>
      )}
    </div>
  );
}
