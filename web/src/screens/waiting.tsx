/** At the door: arrived, seen by the mediator, heard and seen by nobody. */

import { Action } from "../parts/action";
import { Icon } from "../parts/icons";
import { Name, RoleTag } from "../parts/name";
import { Page } from "../parts/page";
import { ProblemBox } from "../parts/problem";
import { useSession } from "../parts/session";
import { Picture } from "../parts/track";
import type { You } from "../protocol";
import { words } from "../text/language";
import { LostBanner } from "./banners";

export function Waiting({ you, organisation }: { you: You; organisation: string }) {
  const session = useSession();
  const t = words.value;
  const track = session.media.camera.track.value;
  return (
    <Page testid="waiting" title={t.waiting.title}>
      <LostBanner />
      <p class="lead" role="status">
        {t.waiting.text(organisation)}
      </p>
      <p class="you-as">
        {t.waiting.as} <Name name={you.name} /> <RoleTag role={you.role} />
      </p>
      <div class="breathing" aria-hidden="true">
        <span />
        <span />
        <span />
      </div>
      {track && (
        <figure class="preview small">
          <Picture track={track} testid="preview" label={t.join.preview} isMirrored />
          <figcaption>{t.join.preview}</figcaption>
        </figure>
      )}
      <p class="assurance">
        <Icon name="lock" />
        <span>{t.waiting.private}</span>
      </p>
      <ProblemBox />
      <Action testid="stop-waiting" run={() => session.act({ type: "leave" })}>
        {t.waiting.leave}
      </Action>
    </Page>
  );
}
