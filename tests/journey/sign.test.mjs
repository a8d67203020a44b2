/** Steps 4 and 5: the words, the signatures, the hand-back. A series of four cases, and the other ending. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Accord } from "./support/accord.mjs";
import { Meeting } from "./support/meeting.mjs";
import { openBrowser, Person } from "./support/people.mjs";

const run = promisify(execFile);

let accord;
let browser;
let meeting;
let results;

before(async () => {
  accord = await Accord.start();
  browser = await openBrowser();
  meeting = await Meeting.open(accord, browser, "demo-karaoke");
});

after(async () => {
  await browser?.close();
  await accord?.stop();
  await accord?.remove();
});

const editor = (person) => person.page.locator(".ProseMirror").first();
/** The words alone: not the carets of others, which stand among them. */
const text = (person) =>
  editor(person).evaluate((root) => {
    const copy = root.cloneNode(true);
    for (const caret of copy.querySelectorAll(".cursor")) caret.remove();
    return [...copy.children].map((block) => block.textContent).join("\n");
  });
const isSaved = (person) => person.page.locator('[data-testid="draft-state"][data-state="saved"]').count();

async function type(person, words, at = "end") {
  await editor(person).click();
  await person.page.keyboard.press(at === "end" ? "Control+End" : "Control+Home");
  await person.page.keyboard.insertText(words);
}

test("the agreement starts from a template filled from the case", async () => {
  const { mediator, a, b } = meeting;
  await mediator.opens("steer");
  await mediator.get("template").selectOption("payment");
  await mediator.does("open-papers");
  for (const one of [mediator, a, b]) {
    await one.waits(() => one.view().agreement, "the papers");
    await one.opens("papers");
    await one.does("paper-tab-agreement");
    await one.waits(async () => (await text(one)).includes("海州欢唱娱乐城"), "the case's facts in the draft");
  }
});

test("two people type Chinese at once in real editors and converge", async () => {
  const { a, b } = meeting;
  for (const one of [a, b]) await one.does("paper-tab-minutes");
  await a.waits(async () => (await editor(a).count()) > 0, "the minutes");
  for (let round = 0; round < 5; round++) {
    await Promise.all([type(a, `甲方第${round}次发言。`), type(b, `乙方第${round}次发言。`)]);
  }
  for (const one of [a, b]) await one.waits(() => isSaved(one), "everything saved");
  await a.waits(async () => {
    const [one, other] = await Promise.all([text(a), text(b)]);
    return one === other && one.includes("甲方第4次发言") && one.includes("乙方第4次发言");
  }, "the same words in both editors");
  });

test("SIGKILL in the middle loses nothing that was shown as saved", async () => {
  const { a, b } = meeting;
  await type(a, "断电之前已保存的内容。");
  await a.waits(() => isSaved(a), "saved");
  for (const one of [meeting.mediator, a, b]) one.heard.length = 0;
  await accord.kill();
  await accord.run();
  await b.waits(async () => (await text(b)).includes("断电之前已保存的内容。"), "the saved words after the crash");
  await type(b, "恢复之后的内容。");
  await a.waits(async () => (await text(a)).includes("恢复之后的内容。"), "writing on after the crash");
});

test("freezing names what is missing, and a glyph that no font has", async () => {
  const { mediator } = meeting;
  await mediator.opens("steer");
  await freeze(mediator);
  await mediator.sees("problem");
  const refused = mediator.heard.map((said) => JSON.parse(said)).findLast((said) => said.type === "refused");
  assert.equal(refused.refusal.code, "freeze_refused");
  assert.ok(refused.refusal.detail.includes('"problem":"blank"'), refused.refusal.detail);
  await mediator.does("problem-dismiss");

  await mediator.opens("papers");
  await mediator.does("paper-tab-agreement");
  await fillBlanks(mediator);
  await type(mediator, "😀");
  await mediator.waits(() => isSaved(mediator), "saved");
  await mediator.opens("steer");
  await freeze(mediator);
  await mediator.waits(
    () => mediator.heard.some((said) => said.includes("freeze_refused") && said.includes("U+1F600")),
    "the glyph by name",
  );
  await mediator.does("problem-dismiss");
  await mediator.opens("papers");
  await editor(mediator).click();
  await mediator.page.keyboard.press("Control+End");
  await mediator.page.keyboard.press("Backspace");
  await mediator.waits(() => isSaved(mediator), "saved");
});

test("frozen, it is a PDF with case numbers, page x of y and the content digest on each page", async () => {
  const { mediator, a, b } = meeting;
  await mediator.opens("steer");
  await freeze(mediator);
  for (const one of [mediator, a, b]) await one.waits(() => one.view().phase === "signing", "the frozen agreement");
  for (const one of [a, b, mediator]) {
    await one.opens("papers");
    await one.sees("paper-verified");
  }
});

test("A, B and the mediator sign on their own devices, an officer authorises the seal, and it is effective", async () => {
  const { mediator, a, b } = meeting;
  for (const one of [a, b, mediator]) {
    await one.get("sign-read").scrollIntoViewIfNeeded();
    await one.get("sign-read").check();
    await one.does("sign");
    await one.waits(
      () => one.view().agreement.signers.find((signer) => signer.id === one.id())?.signed_at_ms,
      "the signature on record",
    );
  }
  assert.equal(mediator.view().agreement.effective_at_ms, null);
  const officer = await Person.arrive(browser, meeting.links("seal_officer")[0]);
  await officer.enter();
  await officer.sees("seal-desk");
  await officer.sees("paper-verified");
  assert.ok(!officer.heard.join("\n").includes("甲方第0次发言"));
  await officer.get("authorise-seal-read").check();
  await officer.does("authorise-seal");
  for (const one of [mediator, a, b]) {
    await one.waits(() => one.view().phase === "concluded", "the conclusion");
    assert.deepEqual(one.view().outcome, { kind: "agreed", in_part: false });
  }
});

test("four cases give four results at the case service, once in effect", async () => {
  await meeting.mediator.waits(async () => (await accord.results()).length === 4, "four results");
  results = await accord.results();
});

test("accord verify checks each bundle offline, and a flipped byte makes it name the bad part", async () => {
  for (const result of results) {
    const { stdout } = await run(accord.binary, ["verify", result]);
    assert.ok(stdout.includes("agreement/signed.pdf"), stdout);
  }
  const bytes = await readFile(results[0]);
  const at = bytes.indexOf("%PDF-") + 500;
  bytes[at] ^= 1;
  const bent = join(accord.data, "bent.zip");
  await writeFile(bent, bytes);
  await assert.rejects(run(accord.binary, ["verify", bent]), (error) => {
    assert.equal(error.code, 1);
    assert.match(error.stdout, /agreement\/frozen\.pdf/);
    return true;
  });
});

test("the signed paper shows the case numbers, page x of y, the digest and the signers", async () => {
  const folder = join(accord.data, "unpacked");
  await run("python3", ["-m", "zipfile", "-e", results[0], folder]);
  const { stdout } = await run("pdftotext", ["-layout", join(folder, "agreement/signed.pdf"), "-"]);
  const pages = stdout.split("\f").filter((page) => page.trim());
  const digest = meeting.mediator.view().agreement.frozen.content_digest;
  for (const [index, page] of pages.entries()) {
    assert.ok(page.includes("301号"), `case numbers on page ${index + 1}`);
    assert.ok(page.replace(/\s/g, "").includes(digest.slice(0, 16)), `the digest on page ${index + 1}`);
  }
  const last = pages.at(-1);
  for (const signer of ["音像权利集体管理协会", "海州欢唱娱乐城", "陈静", "何印"]) {
    assert.ok(last.includes(signer), `${signer} on the signature page`);
  }
});

test("the other ending: without an agreement the record of rule 25 goes back", async () => {
  const other = await Meeting.open(accord, browser, "demo-commercial");
  const { mediator, a } = other;
  await mediator.opens("steer");
  await mediator.does("end");
  await mediator.get("end-ground").selectOption("differences_too_great");
  const report = { situation: "双方到场，进行了两轮协商。", reason: "对货款数额分歧较大。", costly_conduct: "", alert: "" };
  for (const [field, words] of Object.entries(report)) await mediator.get(`end-${field}`).fill(words);
  await mediator.does("end-confirm");
  await a.waits(() => a.view().outcome?.kind === "not_agreed", "the ending");
  assert.ok(!a.heard.join("\n").includes("分歧较大"), "the report is not the parties'");
  await mediator.waits(async () => (await accord.results()).length === 5, "the record at the case service");
  const record = (await accord.results()).find((result) => !results.includes(result));
  const { stdout } = await run(accord.binary, ["verify", record]);
  assert.ok(stdout.includes("record.json"), stdout);
  assert.ok((await readFile(record)).includes("对货款数额分歧较大"));
});

async function freeze(person) {
  await person.does("freeze");
  await person.get("freeze-in-full").check();
  await person.does("freeze-confirm");
}

/** Fills in what the template leaves to the people in the room: every 【…】. */
async function fillBlanks(person) {
  for (let blank = 0; blank < 60; blank++) {
    const found = await person.page.evaluate(() => {
      const root = document.querySelector(".ProseMirror");
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const match = /【[^】]*】|_{2,}/.exec(node.data);
        if (!match) continue;
        const range = document.createRange();
        range.setStart(node, match.index);
        range.setEnd(node, match.index + match[0].length);
        root.focus();
        const selection = getSelection();
        selection.removeAllRanges();
        selection.addRange(range);
        return match[0];
      }
      return null;
    });
    if (!found) return;
    await person.page.waitForTimeout(50);
    await person.page.keyboard.insertText("二〇二六年十二月三十一日前");
    await person.page.waitForTimeout(50);
  }
  assert.fail("the blanks do not end");
}
