/** Step 3: recorded only by consent. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Accord } from "./support/accord.mjs";
import { Meeting } from "./support/meeting.mjs";
import { openBrowser, Person } from "./support/people.mjs";

const run = promisify(execFile);
const SPAN_MS = 6_000;
/** How far a file may be from its span: the first keyframe and the last unsealed half second. */
const TOLERANCE_MS = 2_500;

let accord;
let browser;
let meeting;
const spans = [];

before(async () => {
  accord = await Accord.start();
  browser = await openBrowser();
  meeting = await Meeting.open(accord, browser, "demo-copyright");
});

after(async () => {
  await browser?.close();
  await accord?.stop();
  await accord?.remove();
});

const isRunning = (person) => person.view().recording.running;

async function ask() {
  const { mediator, a, b } = meeting;
  await mediator.opens("steer");
  await mediator.does("ask-recording");
  for (const one of [mediator, a, b]) await one.waits(() => one.view().recording.request, "the question");
}

async function agree(...people) {
  for (const one of people) {
    await one.does("recording-yes");
    await one.waits(() => one.view().recording.request?.your_answer === true, "the answer on record");
  }
}

/** Lets a span run for a while and remembers how long. */
async function record(until) {
  const { mediator } = meeting;
  await mediator.waits(() => isRunning(mediator), "the recording");
  const began = Date.now();
  await new Promise((resolve) => setTimeout(resolve, SPAN_MS));
  await until();
  await mediator.waits(() => !isRunning(mediator), "the recording's end");
  spans.push(Date.now() - began);
}

test("it runs only when every person present has said yes with their device key, and stops at once when A revokes", async () => {
  const { mediator, a, b } = meeting;
  await ask();
  await agree(mediator, a);
  assert.equal(isRunning(mediator), false, "two of three are not all");
  await agree(b);
  await record(() => a.does("withdraw-recording"));
  for (const one of [mediator, a, b]) await one.waits(() => !one.view().recording.request, "the question closed");
});

test("when all say yes again there is a second span, and a newcomer pauses it until they have answered", async () => {
  const { mediator, a, b } = meeting;
  await ask();
  await agree(mediator, a, b);
  await record(async () => {
    const [link] = meeting.links("representative");
    meeting.newcomer = await Person.arrive(browser, link);
    await meeting.newcomer.enter();
    await meeting.admit(meeting.newcomer);
  });
  await agree(meeting.newcomer);
  await mediator.waits(() => isRunning(mediator), "the recording going on");
});

test("a crash ends the grant, and recording goes on only when everybody is back", async () => {
  const { mediator, a, b, newcomer } = meeting;
  const everybody = [mediator, a, b, newcomer];
  const generationOfSpans = mediator.view().recording.spans;
  await new Promise((resolve) => setTimeout(resolve, SPAN_MS));
  await accord.kill();
  await newcomer.context.setOffline(true);
  for (const one of everybody) one.heard.length = 0;
  await accord.run();
  for (const one of [mediator, a, b]) await one.waits(() => one.view()?.where === "inside", "being inside again");
  await mediator.waits(() => mediator.view().people.filter((person) => person.connected).length === 3, "three back");
  assert.equal(isRunning(mediator), false, "one of those it rests on is not back");
  await newcomer.context.setOffline(false);
  await mediator.waits(() => isRunning(mediator), "the recording under a new grant");
  assert.ok(mediator.view().recording.spans > generationOfSpans, "a new span");
  await record(() => a.does("withdraw-recording"));
});

test("a private session pauses it", async () => {
  const { mediator, a, b, newcomer } = meeting;
  await ask();
  await agree(mediator, a, b, newcomer);
  await mediator.waits(() => isRunning(mediator), "the recording");
  await mediator.get(`caucus-member-${a.id()}`).first().click();
  await mediator.does("ask-caucus");
  await a.does("caucus-accept");
  await mediator.waits(() => !isRunning(mediator), "the pause");
  assert.equal(mediator.view().place.kind, "caucus");
  // Long enough that a file which went on would show it: the last test holds every file against its span.
  await new Promise((resolve) => setTimeout(resolve, 2 * SPAN_MS));
});

test("ffprobe reads every span after decryption, durations match, and every consenting person is a track", async () => {
  const folder = join(accord.data, "decrypted");
  assert.equal(await accord.stop(), 0);
  await run(accord.binary, ["decrypt", "--data", accord.data, folder]);
  const files = (await readdir(folder)).map((name) => join(folder, name));
  const probed = await Promise.all(files.map(probe));
  assert.equal(files.length, 5, "two spans ended by hand, one by a crash, one after it, one before the private session");
  for (const expected of spans) {
    const nearest = Math.min(...probed.map(({ duration_ms }) => Math.abs(duration_ms - expected)));
    assert.ok(nearest <= TOLERANCE_MS, `no file of about ${expected} ms among ${probed.map((p) => p.duration_ms)}`);
  }
  const longest = Math.max(...probed.map(({ duration_ms }) => duration_ms));
  assert.ok(longest <= Math.max(...spans) + 2 * SPAN_MS, `a file of ${longest} ms: a recording went on too long`);
  for (const { streams } of probed) {
    assert.ok(streams.filter((kind) => kind === "audio").length >= 3, `voices: ${streams}`);
  }
  for (const file of files) await run("ffmpeg", ["-v", "error", "-i", file, "-f", "null", "-"]);
});

async function probe(file) {
  const { stdout } = await run("ffprobe", ["-v", "error", "-show_format", "-show_streams", "-of", "json", file]);
  const { format, streams } = JSON.parse(stdout);
  return { duration_ms: Number(format.duration) * 1000, streams: streams.map((stream) => stream.codec_type) };
}
