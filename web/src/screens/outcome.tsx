/** How it ended, in calm words. */

import { Icon } from "../parts/icons";
import type { InsideView } from "../protocol";
import { words } from "../text/language";

export function Outcome({ view, openPapers }: { view: InsideView; openPapers: () => void }) {
  const t = words.value;
  const { outcome, agreement } = view;
  if (!outcome) return null;
  const isAgreed = outcome.kind === "agreed";
  return (
    <section class="outcome" data-testid="outcome" data-kind={outcome.kind}>
      <h2>
        {isAgreed && <Icon name="check" />}
        {isAgreed ? (outcome.in_part ? t.concluded.agreedInPart : t.concluded.agreed) : t.concluded.notAgreed}
      </h2>
      {!isAgreed && (
        <p>
          {t.concluded.ground}
          {t.endings[outcome.ending]}
        </p>
      )}
      <p>{isAgreed ? t.concluded.agreedText : t.concluded.notAgreedText}</p>
      <div class="row">
        {isAgreed && agreement?.frozen && (
          <button type="button" class="button primary" data-testid="open-result" onClick={openPapers}>
            <Icon name="papers" />
            {t.papers.agreement}
          </button>
        )}
      </div>
      <p class="faint">{t.concluded.stay}</p>
    </section>
  );
}
