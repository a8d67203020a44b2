/** What did not work, and what to do about it: one calm box, until it is read. */

import type { Problem } from "../session";
import { words } from "../text/language";
import { type Explanation, explain } from "../text/refusal";
import { useSession } from "./session";

export function ProblemBox() {
  const session = useSession();
  const problem = session.problem.value;
  const t = words.value;
  return (
    <div class="problem-place" role="alert">
      {problem && (
        <div
          class="problem"
          data-testid="problem"
          data-code={problem.kind === "refused" ? problem.refusal.code : problem.kind}
        >
          <Told explanation={explanationOf(problem, session)} />
          <button
            type="button"
            class="button quiet"
            data-testid="problem-dismiss"
            onClick={() => {
              session.problem.value = null;
            }}
          >
            {t.dismiss}
          </button>
        </div>
      )}
    </div>
  );
}

function Told({ explanation: { text, details } }: { explanation: Explanation }) {
  return (
    <div>
      <p>{text}</p>
      {details.length > 0 && (
        <ul>
          {details.map((detail) => (
            <li key={detail}>{detail}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function explanationOf(problem: Problem, session: ReturnType<typeof useSession>): Explanation {
  const t = words.value;
  switch (problem.kind) {
    case "refused":
      return explain(t, problem.refusal, problem.message);
    case "draft":
      return { text: t.papers.dropped, details: [] };
    case "device": {
      const { source } = problem;
      const why = source === "screen" ? null : session.media[source].problem.value;
      const remedy = why && source !== "screen" ? ` ${t.devices[why][source]}` : "";
      return { text: t.controls.deviceFailed[source] + remedy, details: [] };
    }
  }
}
