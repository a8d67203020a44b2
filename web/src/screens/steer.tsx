/** The mediators' panel: the door, notices, private talks, recording, papers, the end. Only what one may do is shown. */

import { Action } from "../parts/action";
import { Confirm } from "../parts/confirm";
import { Name, RoleTag } from "../parts/name";
import { useSession } from "../parts/session";
import type { InsideView, WaitingPersonView } from "../protocol";
import { notices, titleAndBody } from "../room/notices";
import { person } from "../room/selectors";
import { isolate } from "../text/isolate";
import { clock, language, words } from "../text/language";
import { CaucusSteering } from "./steer_caucus";
import { EndSteering } from "./steer_end";
import { PapersSteering } from "./steer_papers";

export function Steer({ view }: { view: InsideView }) {
  const may = (permission: (typeof view.you.may)[number]) => view.you.may.includes(permission);
  if (view.phase === "concluded") return null;
  return (
    <div class="steer">
      {may("admit") && <Door view={view} />}
      {may("deliver_notices") && <Notices view={view} />}
      {may("hold_caucus") && <CaucusSteering view={view} />}
      {may("hold_recording") && <Recording view={view} />}
      {may("hold_papers") && <PapersSteering view={view} />}
      {may("conclude") && <EndSteering />}
    </div>
  );
}

function Door({ view }: { view: InsideView }) {
  const t = words.value;
  return (
    <section data-testid="door">
      <h2>{t.desk.door}</h2>
      {view.waiting.length === 0 && <p class="faint">{t.desk.nobodyWaits}</p>}
      <ul class="people">
        {view.waiting.map((waiting) => (
          <AtTheDoor key={waiting.id} waiting={waiting} />
        ))}
      </ul>
    </section>
  );
}

function AtTheDoor({ waiting }: { waiting: WaitingPersonView }) {
  const session = useSession();
  const t = words.value;
  const { id, name, role, identity, waiting_since_ms, admissible } = waiting;
  return (
    <li class="person at-the-door" data-testid={`waiting-${id}`}>
      <div class="person-who">
        <Name name={name} />
        <RoleTag role={role} />
      </div>
      <dl class="facts">
        <dt>{t.desk.identity}</dt>
        <dd>
          <bdi>{identity.method}</bdi>
          {identity.document_masked && <bdi class="number">{identity.document_masked}</bdi>}
        </dd>
      </dl>
      <span class="faint">{t.desk.waitingSince(clock(waiting_since_ms))}</span>
      {!admissible && <p class="hint">{t.desk.needsConsent}</p>}
      <div class="row">
        <Action
          testid={`admit-${id}`}
          kind="primary"
          disabled={!admissible}
          run={() => session.act({ type: "admit", participant: id })}
        >
          {t.desk.admit}
        </Action>
        <Confirm
          testid={`decline-${id}`}
          open={t.desk.decline}
          question={t.desk.declineAsk(isolate(name))}
          confirm={t.desk.confirmDecline}
          reason={t.people.reason}
          run={(reason) => session.act({ type: "decline", participant: id, reason })}
        />
      </div>
    </li>
  );
}

function Notices({ view }: { view: InsideView }) {
  const session = useSession();
  const t = words.value;
  return (
    <section data-testid="notices">
      <h2>{t.desk.notices}</h2>
      {view.notices.length === 0 ? (
        <>
          <p class="faint">{t.desk.deliverHint}</p>
          <Action testid="deliver-notices" run={() => session.act({ type: "deliver_notices" })}>
            {t.desk.deliver}
          </Action>
        </>
      ) : (
        <ul class="plain-list">
          {view.notices.map(({ notice, confirmed_by }) => (
            <li key={notice} data-testid={`confirmed-${notice}`} data-count={confirmed_by.length}>
              <strong>{titleOf(notice)}</strong>
              <span class="faint">
                {confirmed_by.length === 0
                  ? t.desk.nobodyConfirmed
                  : t.desk.confirmedBy(t.list(confirmed_by.map((id) => isolate(person(view, id)?.name ?? "…"))))}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function titleOf(notice: InsideView["notices"][number]["notice"]): string {
  const text = notices.value.get(notice);
  return text ? titleAndBody(language.value === "zh" ? text.chinese : text.english).title : notice;
}

function Recording({ view }: { view: InsideView }) {
  const session = useSession();
  const t = words.value;
  const { policy, running, request, spans } = view.recording;
  return (
    <section data-testid="recording">
      <h2>{t.desk.recording}</h2>
      {policy === "never" && <p class="faint">{t.desk.recordingNever}</p>}
      {policy !== "never" && !request && (
        <>
          <p class="faint">{t.desk.recordingAskHint}</p>
          <Action
            testid="ask-recording"
            run={() => session.act({ type: "ask_recording", request: crypto.randomUUID() })}
          >
            {t.desk.recordingAsk}
          </Action>
        </>
      )}
      {request && (
        <>
          <p>{running ? t.status.recording : t.consent.outstanding(request.outstanding)}</p>
          <Action testid="stop-recording" run={() => session.act({ type: "stop_recording" })}>
            {running ? t.desk.recordingStop : t.desk.recordingClose}
          </Action>
        </>
      )}
      {spans > 0 && (
        <p class="faint" data-testid="recording-spans" data-count={spans}>
          {t.desk.spans(spans)}
        </p>
      )}
    </section>
  );
}
