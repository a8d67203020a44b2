/** Step 2: private, and back after a crash. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Accord } from "./support/accord.mjs";
import { Meeting } from "./support/meeting.mjs";
import { openBrowser } from "./support/people.mjs";

const QUIET_MS = 4_000;

let accord;
let browser;
let meeting;

before(async () => {
  accord = await Accord.start();
  browser = await openBrowser();
  meeting = await Meeting.open(accord, browser, "demo-copyright", { observer: true });
});

after(async () => {
  await browser?.close();
  await accord?.stop();
  await accord?.remove();
});

test("mediator and A go private: B and the observer get no media packet, level or text of it", async () => {
  const { mediator, a, b, observer } = meeting;
  await Promise.all([b.seesAndHears(2), observer.seesAndHears(3)]);
  await mediator.opens("steer");
  await mediator.get(`caucus-member-${a.id()}`).first().click();
  await mediator.does("ask-caucus");
  await a.does("caucus-accept");
  for (const one of [mediator, a]) await one.waits(() => one.view().place.kind === "caucus", "the private place");
  await b.waits(() => b.view().caucuses.length === 1, "knowing that there is a private session");
  assert.deepEqual(new Set(b.view().caucuses[0].members), new Set([mediator.id(), a.id()]));

  const heardBefore = new Map([b, observer].map((one) => [one, one.heard.length]));
  await Promise.all([mediator, a].map((one) => one.seesAndHears(1)));
  await a.opens("chat");
  await a.get("chat-text").fill("只对调解员说的话");
  await a.does("chat-send");
  await mediator.waits(() => mediator.heard.some((text) => text.includes("只对调解员说的话")), "A's words");
  await a.does("toggle-camera");
  await a.waits(() => !a.view().you.camera_on, "A's camera off");

  // B and the observer still receive each other's side of the joint session: only what comes from the two is gone.
  const before = await b.receives();
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  assert.equal((await b.receives()).packets, before.packets, "B received media of the private session");
  for (const [one, length] of heardBefore) {
    const since = one.heard.slice(length).join("\n");
    assert.ok(!since.includes("只对调解员说的话"), `${one.name} was told the words`);
    for (const hidden of [a.id(), mediator.id()]) {
      const hint = `"type":"speaker","participant":"${hidden}"`;
      assert.ok(!since.includes(hint), `${one.name} was given a hint of who speaks in private`);
    }
    const person = one.view().people.find((other) => other.id === a.id());
    assert.equal(person.camera_on, null, `${one.name} was told a switch`);
  }
});

test("after SIGKILL everybody comes back by themselves: the private session stays private, the muted stay muted", async () => {
  const { mediator, a, b, observer } = meeting;
  await b.does("toggle-microphone");
  await b.waits(() => !b.view().you.microphone_on, "B's microphone off");
  const everybody = [mediator, a, b, observer];
  for (const one of everybody) one.heard.length = 0;
  await accord.kill();
  await b.sees("banner-lost");
  await accord.run();
  for (const one of everybody) await one.waits(() => one.view()?.where === "inside", "being inside again");
  for (const one of [mediator, a]) assert.equal(one.view().place.kind, "caucus");
  for (const one of [b, observer]) assert.equal(one.view().place.kind, "joint");
  assert.equal(b.view().you.microphone_on, false);
  assert.equal(a.view().you.camera_on, false);
  await b.waits(() => b.view().people.every((person) => person.connected), "everybody connected again");
  // A hears and sees the mediator; the mediator hears A, whose camera is off.
  await a.seesAndHears(1);
  const quiet = await b.receives();
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  assert.equal((await b.receives()).packets, quiet.packets, "B received media of the private session");
});

test("they return, and picture and sound flow in the joint session again", async () => {
  const { mediator, a, b } = meeting;
  await mediator.opens("steer");
  await mediator.does("end-caucus");
  for (const one of [mediator, a]) await one.waits(() => one.view().place.kind === "joint", "the joint session");
  // Whoever is brought back comes back switched off and speaks when they choose to.
  assert.equal(a.view().you.microphone_on, false);
  for (const source of ["camera", "microphone"]) {
    for (const one of [a, b, mediator]) {
      if (!one.view().you[`${source}_on`]) await one.does(`toggle-${source}`);
      await one.waits(() => one.view().you[`${source}_on`], `${source} on`);
    }
  }
  await Promise.all([a, b, mediator].map((one) => one.seesAndHears(2)));
});
