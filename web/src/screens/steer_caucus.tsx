/** Private talks: whom to ask, which ones there are, and back. */

import { useSignal } from "@preact/signals";
import { Action } from "../parts/action";
import { Name, RoleTag } from "../parts/name";
import { useSession } from "../parts/session";
import type { InsideView } from "../protocol";
import { candidatesForCaucus, otherCaucuses, ownCaucus, person } from "../room/selectors";
import { isolate } from "../text/isolate";
import { words } from "../text/language";

export function CaucusSteering({ view }: { view: InsideView }) {
  const session = useSession();
  const t = words.value;
  const own = ownCaucus(view);
  const isPresiding = view.you.may.includes("admit");
  return (
    <section data-testid="caucus">
      <h2>{t.desk.caucus}</h2>
      {own ? (
        <>
          <p>{t.desk.caucusOwn}</p>
          <div class="row">
            {(own.mediator === view.you.id || isPresiding) && (
              <Action
                testid="end-caucus"
                kind="primary"
                run={() => session.act({ type: "end_caucus", caucus: own.caucus })}
              >
                {t.desk.caucusEnd}
              </Action>
            )}
          </div>
        </>
      ) : (
        <Ask view={view} />
      )}
      {isPresiding &&
        otherCaucuses(view).map(({ caucus, members }) => (
          <Action key={caucus} testid={`end-caucus-${caucus}`} run={() => session.act({ type: "end_caucus", caucus })}>
            {t.desk.caucusEndOf(t.list(members.map((id) => isolate(person(view, id)?.name ?? "…"))))}
          </Action>
        ))}
    </section>
  );
}

function Ask({ view }: { view: InsideView }) {
  const session = useSession();
  const t = words.value;
  const chosen = useSignal<readonly string[]>([]);
  const wasAsked = useSignal(false);
  const candidates = candidatesForCaucus(view);
  const members = candidates.map(({ id }) => id).filter((id) => chosen.value.includes(id));
  const toggle = (id: string) => {
    chosen.value = chosen.value.includes(id) ? chosen.value.filter((each) => each !== id) : [...chosen.value, id];
    wasAsked.value = false;
  };
  const ask = async () => {
    const isDone = await session.act({ type: "ask_into_caucus", caucus: crypto.randomUUID(), members });
    wasAsked.value = isDone;
    if (isDone) chosen.value = [];
  };
  if (candidates.length === 0) return <p class="faint">{t.desk.caucusNobody}</p>;
  return (
    <>
      <p class="faint">{t.desk.caucusHint}</p>
      <div class="choices">
        {candidates.map(({ id, name, role }) => (
          <label class="wish" key={id}>
            <input
              type="checkbox"
              data-testid={`caucus-member-${id}`}
              checked={chosen.value.includes(id)}
              onChange={() => toggle(id)}
            />
            <span>
              <Name name={name} /> <RoleTag role={role} />
            </span>
          </label>
        ))}
      </div>
      <Action testid="ask-caucus" disabled={members.length === 0} run={ask}>
        {t.desk.caucusAsk}
      </Action>
      {wasAsked.value && <p role="status">{t.desk.caucusAsked}</p>}
    </>
  );
}
