/** Everybody inside, and what one may do about it. */

import { observerConsent } from "../device/statement";
import { Action } from "../parts/action";
import { Confirm } from "../parts/confirm";
import { Icon } from "../parts/icons";
import { Name, RoleTag, SpeaksFor } from "../parts/name";
import { useSession } from "../parts/session";
import type { InsideView, ObserverView, PersonView } from "../protocol";
import { notices } from "../room/notices";
import { otherCaucuses, peopleHere, person as personOf } from "../room/selectors";
import { isolate } from "../text/isolate";
import { words } from "../text/language";

export function People({ view }: { view: InsideView }) {
  const t = words.value;
  const elsewhere = otherCaucuses(view);
  const here = peopleHere(view);
  const inJoint = view.people.filter((each) => !here.includes(each) && each.place.kind === "joint");
  return (
    <>
      <h2>{t.people.here}</h2>
      <ul class="people">
        {here.map((each) => (
          <Row key={each.id} view={view} person={each} />
        ))}
      </ul>
      {elsewhere.map(({ caucus, members }) => (
        <section key={caucus}>
          <h2>{t.people.elsewhere}</h2>
          <ul class="people">
            {view.people
              .filter(({ id }) => members.includes(id))
              .map((each) => (
                <Row key={each.id} view={view} person={each} />
              ))}
          </ul>
        </section>
      ))}
      {inJoint.length > 0 && (
        <section>
          <h2>{t.status.joint}</h2>
          <ul class="people">
            {inJoint.map((each) => (
              <Row key={each.id} view={view} person={each} />
            ))}
          </ul>
        </section>
      )}
      {view.observers.length > 0 && (
        <section>
          <h2>{t.people.observers}</h2>
          <ul class="people">
            {view.observers.map((observer) => (
              <Observer key={observer.id} view={view} observer={observer} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Row({ view, person }: { view: InsideView; person: PersonView }) {
  const session = useSession();
  const t = words.value;
  const { id, name, role, connected, speaks_for, authority } = person;
  const isYou = id === view.you.id;
  const party = speaks_for ? personOf(view, speaks_for) : undefined;
  const may = (what: "mute" | "admit") => !isYou && view.you.may.includes(what) && view.phase !== "concluded";
  return (
    <li class="person" data-testid={`person-${id}`}>
      <div class="person-who">
        <Name name={name} isYou={isYou} />
        <RoleTag role={role} />
        {person.microphone_on !== null && role !== "observer" && (
          <Icon name={person.microphone_on ? "microphone" : "microphoneOff"} />
        )}
        {person.hand_raised && (
          <span class="hand-mark">
            <Icon name="hand" />
            {t.tile.handRaised}
          </span>
        )}
      </div>
      {party && <SpeaksFor name={party.name} authority={authority} />}
      {!connected && <span class="faint">{t.tile.disconnected}</span>}
      <div class="row">
        {may("mute") && person.microphone_on === true && (
          <Action testid={`mute-${id}`} run={() => session.act({ type: "mute", participant: id })}>
            {t.people.mute}
          </Action>
        )}
        {may("admit") && (
          <Confirm
            testid={`remove-${id}`}
            open={t.people.remove}
            question={t.people.removeAsk(isolate(name))}
            confirm={t.people.confirmRemove}
            reason={t.people.reason}
            run={(reason) => session.act({ type: "remove", participant: id, reason })}
          />
        )}
      </div>
    </li>
  );
}

/** A party may change its mind about an observer at any time. */
function Observer({ view, observer }: { view: InsideView; observer: ObserverView }) {
  const session = useSession();
  const t = words.value;
  const notice = notices.value.get("observer_consent");
  const { id, name, your_answer, agreed } = observer;
  const mayAnswer = view.you.may.includes("answer_for_party") && your_answer !== null && notice !== undefined;
  const change = (agrees: boolean) => notice && session.state(observerConsent(id, notice, agrees));
  return (
    <li class="person" data-testid={`observer-${id}`}>
      <div class="person-who">
        <Name name={name} />
        <RoleTag role="observer" />
      </div>
      <span class="faint">
        {agreed ? t.people.observerAgreed : t.people.observerPending}
        {your_answer !== null && ` · ${your_answer ? t.people.yourYes : t.people.yourNo}`}
      </span>
      {mayAnswer && (
        <div class="row">
          <Action testid={`observer-change-${id}`} run={() => change(!your_answer)}>
            {your_answer ? t.people.changeToNo : t.people.changeToYes}
          </Action>
        </div>
      )}
    </li>
  );
}
