/** Step 1: they meet. A copyright dispute, from the door to the confirmed notices. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Accord } from "./support/accord.mjs";
import { openBrowser, Person } from "./support/people.mjs";

let accord;
let browser;
const people = {};

before(async () => {
  accord = await Accord.start();
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await accord?.stop();
  await accord?.remove();
});

async function link(role, name) {
  const room = Object.entries(await accord.rooms()).find(([reference]) => reference.startsWith("demo-copyright"))[1];
  return room.links.find((candidate) => candidate.role === role && (!name || candidate.name === name));
}

test("a party waits at the door before the mediator has come, and learns nothing of the room", async () => {
  people.a = await Person.arrive(browser, await link("party", "林雨桐"));
  await people.a.enter();
  await people.a.sees("waiting");
  const said = people.a.heard.join("\n");
  for (const secret of ["陈静", "海州晨光", "118号", "侵害作品", "王法官"]) {
    assert.ok(!said.includes(secret), `the waiting party was told ${secret}`);
  }
  assert.equal(people.a.view().where, "waiting");
  assert.equal(people.a.frames.length, 0);
});

test("the invitation's secret does not stay in the address bar", async () => {
  assert.ok(!people.a.page.url().includes("#"));
});

test("the mediator enters at once and sees who waits, with identity and role; nobody was admitted by it", async () => {
  people.mediator = await Person.arrive(browser, await link("presiding_mediator"));
  await people.mediator.enter();
  await people.mediator.sees("room");
  await people.mediator.waits(() => people.mediator.view().waiting?.length === 1, "the party at the door");
  const [waiting] = people.mediator.view().waiting;
  assert.equal(waiting.name, "林雨桐");
  assert.equal(waiting.role, "party");
  assert.equal(waiting.identity.document_masked, "110101********0021");
  assert.equal(people.a.view().where, "waiting");
});

test("the mediator admits one by one and declines a stranger, who learns only that", async () => {
  people.b = await Person.arrive(browser, await link("party", "海州晨光文化传播有限公司"));
  await people.b.enter();
  people.stranger = await Person.arrive(browser, await link("representative"));
  await people.stranger.enter();
  await people.mediator.opens("steer");
  for (const one of [people.a, people.b]) {
    await people.mediator.waits(() => people.mediator.id(one.name), `${one.name} at the door`);
    await people.mediator.does(`admit-${people.mediator.id(one.name)}`);
    await one.sees("room");
  }
  await people.mediator.waits(() => people.mediator.id(people.stranger.name), "the stranger at the door");
  const stranger = people.mediator.id(people.stranger.name);
  await people.mediator.does(`decline-${stranger}`);
  await confirmIfAsked(people.mediator, `decline-${stranger}`);
  await people.stranger.waits(() => people.stranger.view().where === "outside", "being turned away");
  assert.equal(people.stranger.view().reason, "declined");
  assert.ok(!people.stranger.heard.join("\n").includes("林雨桐"));
  await people.stranger.context.close();
});

test("picture and sound flow between all three", async () => {
  for (const one of [people.a, people.b, people.mediator]) {
    await one.waits(() => one.view().you.camera_on && one.view().you.microphone_on, "own camera and microphone on");
  }
  await Promise.all([people.a, people.b, people.mediator].map((one) => one.seesAndHears(2)));
});

test("an observer is admitted only with every party's consent, is named to everyone, receives, and sends nothing", async () => {
  people.observer = await Person.arrive(browser, await link("observer"));
  await people.observer.enter();
  await people.mediator.waits(() => people.mediator.view().waiting?.length === 1, "the observer at the door");
  const observer = people.mediator.view().waiting[0].id;
  assert.equal(people.mediator.view().waiting[0].admissible, false);
  for (const party of [people.a, people.b]) {
    await party.does("observer-yes");
    await party.waits(() => party.view().observers[0]?.your_answer === true, "the answer on record");
  }
  await people.mediator.waits(() => people.mediator.view().waiting[0]?.admissible, "both consents");
  await people.mediator.does(`admit-${observer}`);
  await people.observer.sees("room");
  for (const one of [people.a, people.b, people.mediator]) {
    await one.waits(() => one.id("王法官"), "the observer's name");
  }
  await people.observer.seesAndHears(3);
  assert.deepEqual(people.observer.view().you.may, ["answer_recording"]);
  assert.equal(await people.observer.get("toggle-microphone").count(), 0);
  const sent = await people.observer.page.evaluate(async () => {
    let packets = 0;
    for (const peer of window.__peers) {
      for (const report of (await peer.getStats()).values()) {
        if (report.type === "outbound-rtp") packets += report.packetsSent ?? 0;
      }
    }
    return packets;
  });
  assert.equal(sent, 0);
});

test("the notices are delivered, and each party confirms each of them with the device key", async () => {
  await people.mediator.opens("steer");
  await people.mediator.does("deliver-notices");
  for (const party of [people.a, people.b]) {
    for (const notice of ["rights", "procedure", "effect", "sham_mediation"]) {
      await party.does(`confirm-${notice}`);
      await party.waits(
        () => party.view().notices.find((each) => each.notice === notice)?.confirmed,
        `the confirmation of ${notice} on record`,
      );
    }
  }
  await people.mediator.waits(
    () => people.mediator.view().notices.every((notice) => notice.confirmed_by.length === 2),
    "everybody's confirmations",
  );
});

test("no page has complained", () => {
  for (const one of Object.values(people)) assert.deepEqual(one.errors, [], one.name);
});

test("the server ends calmly on SIGTERM and its log holds no secret and no name", async () => {
  await browser.close();
  const links = Object.values(await accord.rooms()).flatMap((room) => room.links);
  assert.equal(await accord.stop(), 0);
  const log = accord.diagnostics;
  assert.match(log, /serving/, "the control: there is a log");
  assert.match(log, /stopped/);
  for (const { name, link } of links) {
    assert.ok(!log.includes(name), "a name is in the log");
    assert.ok(!log.includes(link.split("#")[1]), "a secret is in the log");
  }
});

/** Some buttons ask again before they act. */
async function confirmIfAsked(person, id) {
  const confirm = person.get(`${id}-confirm`);
  if (await confirm.count()) await confirm.first().click();
}
