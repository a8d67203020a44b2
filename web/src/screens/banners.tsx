/** What must not be missed: a broken line, a private talk, who is away, what has just happened. */

import { Action } from "../parts/action";
import { Icon } from "../parts/icons";
import { useSession } from "../parts/session";
import { playSounds, soundsBlocked } from "../parts/track";
import type { InsideView } from "../protocol";
import type { News } from "../room/news";
import { audience, otherCaucuses, ownCaucus, person } from "../room/selectors";
import { isolate } from "../text/isolate";
import { words } from "../text/language";

export function LostBanner() {
  const session = useSession();
  const { kind } = session.connection.state.value;
  if (kind !== "lost") return null;
  return (
    <div class="banner lost" role="alert" data-testid="banner-lost">
      <span>{words.value.status.lost}</span>
    </div>
  );
}

export function Banners({ view }: { view: InsideView }) {
  const session = useSession();
  const { media } = session;
  const t = words.value;
  const names = (ids: string[]) =>
    t.list(
      ids
        .map((id) => person(view, id))
        .filter((each) => each !== undefined)
        .map(({ name }) => isolate(name)),
    );
  const own = ownCaucus(view);
  const others = audience(view).map(({ name }) => isolate(name));
  const state = media.state.value;
  return (
    <div class="banners">
      <LostBanner />
      {own && (
        <div class="banner private" role="status" data-testid="banner-private">
          <Icon name="lock" />
          <strong>{t.status.private}</strong>
          <span>{others.length > 0 ? t.status.privateWith(t.list(others)) : t.status.alone}</span>
          {own.mediator !== view.you.id && (
            <Action testid="leave-caucus" run={() => session.act({ type: "leave_caucus" })}>
              {t.desk.caucusLeave}
            </Action>
          )}
        </div>
      )}
      {otherCaucuses(view).map(({ caucus, members }) => (
        <div class="banner away" role="status" key={caucus} data-testid="banner-away">
          <Icon name="door" />
          <span>{t.status.away(names(members))}</span>
        </div>
      ))}
      {(state === "connecting" || state === "faltering") && (
        <div class="banner slight" role="status" data-testid="banner-media">
          {t.status.mediaConnecting}
        </div>
      )}
      {state === "failed" && (
        <div class="banner slight" role="status" data-testid="banner-media">
          {t.status.mediaFailed}
        </div>
      )}
      {soundsBlocked.value && (
        <button type="button" class="banner press" data-testid="unmute-sounds" onClick={() => void playSounds()}>
          <Icon name="sound" />
          {t.status.unmuteSounds}
        </button>
      )}
    </div>
  );
}

/** What has just happened, read out to those who cannot see it. */
export function NewsList() {
  const { news } = useSession();
  return (
    <div class="news" role="status" aria-live="polite" data-testid="news">
      {news.value.slice(-NEWS_SHOWN_MAX).map((each) => (
        <p key={keyOf(each)}>{told(each)}</p>
      ))}
    </div>
  );
}

/** More at once would hide the people. */
const NEWS_SHOWN_MAX = 3;

function told(news: News): string {
  const t = words.value;
  switch (news.kind) {
    case "came":
    case "went":
    case "dropped":
    case "returned":
      return t.news[news.kind](isolate(news.name), t.roles[news.role]);
    default:
      return t.news[news.kind];
  }
}

function keyOf(news: News): string {
  return "name" in news ? `${news.kind} ${news.name}` : news.kind;
}
