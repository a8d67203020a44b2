/** Not in the room: why, and what to do about it. */

import { Page } from "../parts/page";
import { useSession } from "../parts/session";
import type { Closed, OutsideReason } from "../protocol";
import { words } from "../text/language";

export function Outside({ reason }: { reason: OutsideReason }) {
  const session = useSession();
  const t = words.value;
  return (
    <Page testid={`outside-${reason}`} title={t.outside[reason].title}>
      <p class="lead">{t.outside[reason].text}</p>
      {reason === "left" ? (
        <Again testid="come-back" label={t.outside.comeBack} run={() => session.startOver()} />
      ) : (
        <p class="faint">{t.outside.canClose}</p>
      )}
    </Page>
  );
}

export function ClosedScreen({ reason }: { reason: Closed }) {
  const session = useSession();
  const t = words.value;
  const { title, text } = t.closed[reason];
  return (
    <Page testid={`closed-${reason}`} title={title}>
      <p class="lead">{text}</p>
      {(reason === "replaced" || reason === "live_elsewhere") && (
        <Again testid="resume" label={t.outside.resume} run={() => session.connection.start()} />
      )}
      {reason === "protocol" && <Again testid="reload" label={t.outside.reload} run={() => window.location.reload()} />}
      {reason === "out" && <Again testid="come-back" label={t.outside.comeBack} run={() => session.startOver()} />}
      {reason === "invitation_dead" && <p class="faint">{t.outside.canClose}</p>}
    </Page>
  );
}

export function NoInvitation() {
  const t = words.value;
  return (
    <Page testid="no-invitation" title={t.outside.noInvitation.title}>
      <p class="lead">{t.outside.noInvitation.text}</p>
    </Page>
  );
}

export function Connecting({ attempts }: { attempts: number }) {
  const t = words.value;
  return (
    <Page testid="connecting" title={t.connecting.title}>
      <p class="lead" role="status">
        {attempts > 1 ? t.connecting.hard : t.connecting.text}
      </p>
    </Page>
  );
}

function Again({ testid, label, run }: { testid: string; label: string; run: () => void }) {
  return (
    <button type="button" class="button primary large" data-testid={testid} onClick={run}>
      {label}
    </button>
  );
}
