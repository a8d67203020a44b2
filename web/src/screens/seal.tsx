/** The seal officer's desk: the signed agreement, nothing of the talk. */

import { FrozenAgreement } from "../papers/agreement";
import { LanguageSwitch } from "../parts/language_switch";
import { Name, RoleTag } from "../parts/name";
import { ProblemBox } from "../parts/problem";
import type { DeskView } from "../protocol";
import { words } from "../text/language";
import { LostBanner } from "./banners";

export function SealDesk({ view }: { view: DeskView }) {
  const t = words.value;
  const { agreement } = view;
  return (
    <div class="page wide" data-testid="seal-desk">
      <header class="page-top">
        <span class="brand">{view.organisation}</span>
        <LanguageSwitch />
      </header>
      <main class="page-body">
        <LostBanner />
        <h1>{t.seal.title}</h1>
        <p class="you-as">
          <Name name={view.you.name} /> <RoleTag role={view.you.role} />
        </p>
        {view.case_numbers.length > 0 && (
          <p class="faint">
            {t.status.case} <bdi>{view.case_numbers.join("，")}</bdi>
          </p>
        )}
        <p class="lead" role="status">
          {!agreement?.frozen ? t.seal.waiting : agreement.sealed ? t.seal.done : t.seal.text}
        </p>
        <ProblemBox />
        {agreement?.frozen && <h2>{t.papers.agreement}</h2>}
        {agreement?.frozen && (
          <FrozenAgreement
            key={agreement.frozen.document_digest}
            agreement={agreement}
            frozen={agreement.frozen}
            asks={agreement.sealed ? null : "seal"}
          />
        )}
      </main>
    </div>
  );
}
