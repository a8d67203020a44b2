/** Starts the page: takes the invitation out of the address bar, finds this device's key, and draws the first screen. */

import { render } from "preact";
import { App } from "./app";
import { openSocket } from "./connection/address";
import { deviceKey } from "./device/key";
import { takeInvitation } from "./join/invitation";
import { NoInvitation } from "./screens/outside";
import { Session } from "./session";
import "./style/base.css";
import "./style/controls.css";
import "./style/pages.css";
import "./style/room.css";
import "./style/stage.css";
import "./style/panels.css";
import "./style/papers.css";
import { keepDocument, words } from "./text/language";

async function start(place: HTMLElement): Promise<void> {
  const invitation = takeInvitation(location, history, sessionStorage);
  // A second link opened in the same tab is another visit.
  window.addEventListener("hashchange", () => location.reload());
  if (!invitation) {
    keepDocument(() => words.value.product);
    render(<NoInvitation />, place);
    return;
  }
  const session = new Session(invitation, await deviceKey(invitation), openSocket, sessionStorage);
  keepDocument(() => {
    const waiting = session.inside.value?.waiting.length ?? 0;
    return waiting > 0 ? `(${waiting}) ${words.value.product}` : words.value.product;
  });
  render(<App session={session} />, place);
}

const place = document.getElementById("app");
if (place) void start(place);
