/** Which screen: the self-test first, then what the view says. */

import { SessionProvider } from "./parts/session";
import { Join } from "./screens/join";
import { ClosedScreen, Connecting, Outside } from "./screens/outside";
import { Room } from "./screens/room";
import { SealDesk } from "./screens/seal";
import { Waiting } from "./screens/waiting";
import type { Session } from "./session";

export function App({ session }: { session: Session }) {
  return (
    <SessionProvider value={session}>
      <Screen session={session} />
    </SessionProvider>
  );
}

function Screen({ session }: { session: Session }) {
  if (!session.entered.value) return <Join enter={() => session.enter()} />;
  const view = session.view.value;
  const state = session.connection.state.value;
  if (view?.where === "outside") return <Outside reason={view.reason} />;
  if (state.kind === "closed") return <ClosedScreen reason={state.reason} />;
  if (!view) return <Connecting attempts={state.kind === "open" ? 0 : state.attempts} />;
  switch (view.where) {
    case "waiting":
      return <Waiting you={view.you} organisation={view.organisation} />;
    case "desk":
      return <SealDesk view={view} />;
    case "inside":
      return <Room view={view} />;
  }
}
