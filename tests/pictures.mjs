/**
 * Takes the README's pictures of the real thing: `ACCORD_BINARY=… node tests/pictures.mjs`. Needs Chromium and a font with
 * Chinese (Debian: fonts-noto-cjk).
 */

import { mkdir } from "node:fs/promises";
import { Accord } from "./journey/support/accord.mjs";
import { Meeting } from "./journey/support/meeting.mjs";
import { openBrowser, Person } from "./journey/support/people.mjs";

const folder = new URL("../web/pictures/", import.meta.url).pathname;
await mkdir(folder, { recursive: true });
const accord = await Accord.start();
const browser = await openBrowser();
try {
  const phone = { viewport: { width: 390, height: 844 } };
  const rooms = Object.entries(await accord.rooms());
  const early = rooms.find(([name]) => name.startsWith("demo-commercial"))[1].links.find(({ role }) => role === "party");
  const waiting = await Person.arrive(browser, early, phone);
  await waiting.get("check-devices").click();
  await waiting.sees("level");
  await waiting.page.waitForTimeout(1_500);
  await take(waiting, "self-test");
  await waiting.enter();
  await waiting.sees("waiting");
  await take(waiting, "waiting");

  const meeting = await Meeting.open(accord, browser, "demo-karaoke");
  const { mediator, a, b } = meeting;
  await a.seesAndHears(2);
  await take(mediator, "mediator");
  await mediator.does("deliver-notices");
  await a.waits(() => a.view().notices.length > 0, "the notices");
  await take(a, "party");
  await mediator.get("template").selectOption("licence");
  await mediator.does("open-papers");
  await b.waits(() => b.view().agreement, "the papers");
  await b.opens("papers");
  await b.does("paper-tab-agreement");
  await b.page.waitForTimeout(1_500);
  await take(b, "drafting");
} finally {
  await browser.close();
  await accord.stop();
  await accord.remove();
}

async function take(person, name) {
  await person.page.screenshot({ path: `${folder}${name}.png` });
}
