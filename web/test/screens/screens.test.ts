/**
 * Every screen, in both languages, on a phone and on a desktop: it draws without an error or a breach of the content
 * security policy, axe finds nothing, nothing is wider than the window; and a picture is kept to be looked at.
 */

import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as Y from "yjs";
import type { Publication } from "../../src/protocol";
import { AT_THE_DOOR, agreement, CAUCUS, inside, ORGANISATION, PEOPLE, person, REQUEST, waiting, you } from "./people";
import { answering, slotsOf } from "./pictures";
import { FakeServer, type Seat } from "./server";

const ARTIFACTS = resolve(import.meta.dirname, "artifacts");
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } } as const;
const LOCALES = { zh: "zh-CN", en: "en-GB" } as const;

let browser: Browser;
let server: FakeServer;
let origin: string;
let answer: (sdp: string) => Promise<string>;
let paper: Uint8Array;
let paperDigest: string;

beforeAll(async () => {
  mkdirSync(ARTIFACTS, { recursive: true });
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-features=WebRtcHideLocalIpsWithMdns",
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      "--autoplay-policy=no-user-gesture-required",
    ],
  });
  server = new FakeServer();
  origin = await server.start();
  const other = await (await browser.newContext()).newPage();
  await other.goto(`${origin}/api/v1/notices`);
  answer = await answering(other);
  paper = await printed();
  paperDigest = createHash("sha256").update(paper).digest("hex");
  fill(server);
});

afterAll(async () => {
  await browser?.close();
  server?.stop();
});

for (const [language, locale] of Object.entries(LOCALES)) {
  for (const [device, viewport] of Object.entries(SIZES)) {
    describe(`${device} ${language}`, () => {
      let context: BrowserContext;
      let page: Page;
      let seat: Seat;
      const troubles: string[] = [];
      const isPhone = device === "phone";

      beforeAll(async () => {
        context = await browser.newContext({
          locale,
          viewport,
          permissions: ["camera", "microphone"],
          hasTouch: isPhone,
          deviceScaleFactor: isPhone ? 2 : 1,
        });
        page = await context.newPage();
        page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
        page.on("pageerror", (error) => troubles.push(String(error)));
        seat = server.seat(`secret-${device}-${language}`);
        seat.answer = async (sdp) => ({ sdp: await answer(sdp), slots: slotsOf(sdp, PUBLICATIONS) });
        seat.paper = paper;
      });
      afterAll(() => context.close());

      const keep = async (name: string) => {
        await page.waitForTimeout(250);
        await page.screenshot({ path: `${ARTIFACTS}/${name}-${device}-${language}.png` });
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(width, `${name} is wider than the window`).toBeLessThanOrEqual(viewport.width);
        if (isPhone) {
          await page.setViewportSize({ width: 360, height: 740 });
          const narrow = await page.evaluate(() => document.documentElement.scrollWidth);
          expect(narrow, `${name} is wider than a small phone`).toBeLessThanOrEqual(360);
          await page.setViewportSize(viewport);
        }
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(
          violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes.map(({ html }) => html).join(" | ")}`),
        ).toEqual([]);
        expect(troubles, name).toEqual([]);
      };
      const open = async (panel: string) => {
        if (!(await page.getByTestId(`panel-${panel}`).isVisible())) await page.getByTestId(`tab-${panel}`).click();
        await page.getByTestId(`panel-${panel}`).waitFor();
      };
      const closePanel = async () => {
        if (isPhone && (await page.getByTestId("close-panel").isVisible()))
          await page.getByTestId("close-panel").click();
      };

      test("before the door", async () => {
        await page.goto(`${origin}/join`);
        await page.getByTestId("no-invitation").waitFor();
        await keep("00-no-invitation");
        await page.goto(`${origin}/join#secret-${device}-${language}`);
        // A link in the same tab is another visit: the page starts anew by itself.
        await page.getByTestId("join").waitFor();
        expect(page.url()).toBe(`${origin}/join`);
        await keep("01-join");
        await page.getByTestId("check-devices").click();
        await page.getByTestId("preview").waitFor();
        await page.locator('[data-testid="level"][data-heard="true"]').waitFor();
        await page.locator('[data-testid="reach"][data-state="good"]').waitFor();
        await keep("02-self-test");
      });

      test("without devices: what is wrong, how to mend it, and the way on", async () => {
        const bare = await context.newPage();
        await bare.addInitScript(() => {
          navigator.mediaDevices.getUserMedia = (wanted) =>
            Promise.reject(new DOMException("", wanted?.video ? "NotAllowedError" : "NotFoundError"));
        });
        await bare.goto(`${origin}/join#bare`);
        await bare.getByTestId("check-devices").click();
        await bare.locator('[data-testid="camera-problem"][data-problem="denied"]').waitFor();
        await bare.locator('[data-testid="microphone-problem"][data-problem="missing"]').waitFor();
        await bare.screenshot({ path: `${ARTIFACTS}/02-denied-${device}-${language}.png` });
        expect(await bare.getByTestId("enter").isEnabled()).toBe(true);
        await bare.close();
      });

      test("at the door", async () => {
        seat.view = waiting(PEOPLE.li);
        await page.getByTestId("enter").click();
        await page.getByTestId("waiting").waitFor();
        await keep("03-waiting");
      });

      test("inside, with the others seen and heard", async () => {
        seat.said.length = 0;
        seat.show(inside(PEOPLE.li, { you: you(PEOPLE.li, { microphone_on: false, camera_on: false }) }));
        await page.getByTestId("room").waitFor();
        await expect.poll(() => seat.said.filter(({ type }) => type === "command").length).toBe(2);
        seat.show(inside(PEOPLE.li));
        await page.getByTestId(`video-${PEOPLE.wang}`).waitFor();
        await expect.poll(() => framesOf(page, PEOPLE.wang), { timeout: 20_000 }).toBeGreaterThan(2);
        seat.send({ type: "speaker", participant: PEOPLE.wang });
        await keep("04-room");
        await page.getByTestId("leave").click();
        await keep("04-leave");
        await page.getByTestId("leave-cancel").click();
      });

      test("the notices, one at a time, each signed", async () => {
        const ids = ["rights", "procedure", "effect", "sham_mediation"] as const;
        seat.show(
          inside(PEOPLE.li, { notices: ids.map((notice) => ({ notice, confirmed: false, confirmed_by: [] })) }),
        );
        await closePanel();
        await page.getByTestId("confirm-rights").waitFor();
        await keep("05-notice");
        await page.getByTestId("confirm-rights").click();
        await expect.poll(() => seat.statements().length).toBe(1);
        expect(seat.statements()[0]).toMatchObject({
          type: "notice_confirmation",
          answer: "yes",
          participant: PEOPLE.li,
        });
      });

      test("asked about an observer, about recording, and into a private talk", async () => {
        const observers = [{ id: PEOPLE.zhao, name: "赵明", your_answer: null, agreed: false }];
        seat.show(inside(PEOPLE.li, { observers }));
        await page.getByTestId("observer-yes").waitFor();
        await keep("06-observer");
        const request = { request: REQUEST, your_answer: null, outstanding: 3 };
        seat.show(inside(PEOPLE.li, { recording: { policy: "unanimous_consent", running: false, request, spans: 0 } }));
        await page.getByTestId("recording-yes").waitFor();
        await keep("07-recording-asked");
        const given = { request: REQUEST, your_answer: true, outstanding: 0 };
        seat.show(
          inside(PEOPLE.li, { recording: { policy: "unanimous_consent", running: true, request: given, spans: 1 } }),
        );
        await page.getByTestId("withdraw-recording").waitFor();
        await keep("08-recording");
        seat.show(inside(PEOPLE.li, { caucus_invitation: { caucus: CAUCUS, mediator: PEOPLE.wang } }));
        await page.getByTestId("caucus-accept").waitFor();
        await keep("09-caucus-asked");
      });

      test("in a private talk, and left behind by one", async () => {
        const place = { kind: "caucus", caucus: CAUCUS } as const;
        const away = { microphone_on: null, camera_on: null, screen_on: null, hand_raised: null };
        seat.show(
          inside(PEOPLE.li, {
            place,
            people: [
              person(PEOPLE.wang, { place }),
              person(PEOPLE.li, { place }),
              person(PEOPLE.zhang, away),
              person(PEOPLE.chen, away),
            ],
            caucuses: [{ caucus: CAUCUS, mediator: PEOPLE.wang, members: [PEOPLE.wang, PEOPLE.li] }],
          }),
        );
        await page.getByTestId("banner-private").waitFor();
        await keep("10-private");
        seat.show(
          inside(PEOPLE.li, {
            people: [
              person(PEOPLE.wang, { place, ...away }),
              person(PEOPLE.li),
              person(PEOPLE.zhang, { place, ...away }),
              person(PEOPLE.chen, { hand_raised: true, camera_on: false }),
              person(PEOPLE.zhao),
            ],
            caucuses: [{ caucus: CAUCUS, mediator: PEOPLE.wang, members: [PEOPLE.wang, PEOPLE.zhang] }],
          }),
        );
        await page.getByTestId("banner-away").waitFor();
        await keep("11-away");
      });

      test("chat and people", async () => {
        seat.show(inside(PEOPLE.li));
        const at_ms = Date.UTC(2026, 10, 23, 1, 30);
        seat.send({
          type: "chat",
          messages: [
            { at_ms, from: PEOPLE.wang, to: "everyone", private: false, text: "大家好，我是今天的调解员王敏。" },
            { at_ms: at_ms + 1, from: PEOPLE.li, to: "everyone", private: false, text: "您好，我能听清楚。" },
            {
              at_ms: at_ms + 2,
              from: PEOPLE.zhang,
              to: "everyone",
              private: false,
              text: "<img src=x onerror=alert(1)>",
            },
            { at_ms: at_ms + 3, from: PEOPLE.li, to: "mediator", private: true, text: "我最低可以接受三万元。" },
          ],
        });
        await open("chat");
        await expect.poll(() => page.getByTestId("chat-line").count()).toBe(4);
        await keep("12-chat");
        await open("people");
        await keep("13-people");
        await closePanel();
      });

      test("drafting, with what is typed saved", async () => {
        const drafting = agreement(paperDigest, { frozen: null, you_sign: false });
        seat.show(inside(PEOPLE.li, { agreement: drafting }));
        await open("papers");
        await page.getByTestId("editor-agreement").waitFor();
        await page.locator('[data-testid="draft-state"][data-state="saved"]').waitFor();
        await page.getByTestId("editor-agreement").locator("p").last().click();
        await page.keyboard.type(`（${device} ${language}）`);
        await page.locator('[data-testid="draft-state"][data-state="saved"]').waitFor();
        const held = server.drafts.get("agreement")?.getXmlFragment("default").toJSON();
        expect(held).toContain(`（${device} ${language}）`);
        await keep("14-draft");
        await closePanel();
      });

      test("a lost line is said, and mended", async () => {
        seat.drop();
        await page.getByTestId("banner-lost").waitFor();
        await keep("15-lost");
        await page.getByTestId("banner-lost").waitFor({ state: "detached" });
        await expect.poll(() => framesOf(page, PEOPLE.wang), { timeout: 20_000 }).toBeGreaterThan(2);
      });

      test("the frozen agreement is read and signed", async () => {
        const frozen = inside(PEOPLE.li, { phase: "signing", agreement: agreement(paperDigest) });
        seat.show(frozen);
        await closePanel();
        if (isPhone) await keep("16-sign-asked");
        await open("papers");
        await page.getByTestId("paper-verified").waitFor();
        await page.getByTestId("sign-read").waitFor();
        await keep("17-agreement");
        await page.getByTestId("sign-read").scrollIntoViewIfNeeded();
        await page.getByTestId("sign-read").check();
        await keep("18-signing");
        seat.said.length = 0;
        await page.getByTestId("sign").click();
        await expect.poll(() => seat.statements().length).toBe(1);
        expect(seat.statements()[0]).toMatchObject({ type: "signature", subject: { document_digest: paperDigest } });
        await closePanel();
      });

      test("other bytes than the recorded ones cannot be signed", async () => {
        seat.show(inside(PEOPLE.li, { phase: "signing", agreement: agreement("0".repeat(64)) }));
        await open("papers");
        await page.getByTestId("paper-altered").waitFor();
        expect(await page.getByTestId("sign").count()).toBe(0);
        await keep("19-altered");
        await closePanel();
      });

      test("a refusal is explained", async () => {
        seat.show(inside(PEOPLE.li));
        seat.send({
          type: "refused",
          id: crypto.randomUUID(),
          refusal: { code: "freeze_refused", detail: "deadline\nperformance" },
          message: "",
        });
        await page.getByTestId("problem").waitFor();
        await keep("20-refused");
        await page.getByTestId("problem-dismiss").click();
      });

      test("the end, either way", async () => {
        seat.show(
          inside(PEOPLE.li, {
            phase: "concluded",
            agreement: agreement(paperDigest, {
              you_sign: false,
              sealed: true,
              effective_at_ms: Date.UTC(2026, 10, 23, 3, 0),
            }),
            outcome: { kind: "agreed", in_part: false },
          }),
        );
        await page.getByTestId("outcome").waitFor();
        await keep("21-agreed");
        seat.show(
          inside(PEOPLE.li, {
            phase: "concluded",
            outcome: { kind: "not_agreed", ending: "differences_too_great" },
          }),
        );
        await page.locator('[data-testid="outcome"][data-kind="not_agreed"]').waitFor();
        await keep("22-not-agreed");
      });

      test("the mediator's panel", async () => {
        const notices = (["rights", "procedure"] as const).map((notice) => ({
          notice,
          confirmed: false,
          confirmed_by: notice === "rights" ? [PEOPLE.li] : [],
        }));
        const people = [person(PEOPLE.wang), person(PEOPLE.li), person(PEOPLE.zhang, { hand_raised: true })];
        seat.show(inside(PEOPLE.wang, { people, waiting: AT_THE_DOOR, notices }));
        await open("steer");
        await page.getByTestId(`admit-${PEOPLE.chen}`).waitFor();
        await keep("23-steer");
        await page.getByTestId(`decline-${PEOPLE.chen}`).click();
        await keep("24-decline");
        seat.show(
          inside(PEOPLE.wang, { people, agreement: agreement(paperDigest, { frozen: null, you_sign: false }) }),
        );
        await page.getByTestId("freeze").click();
        await page.getByTestId("freeze").scrollIntoViewIfNeeded();
        await keep("25-freeze");
        await page.getByTestId("end").click();
        await page.getByTestId("end-confirm").scrollIntoViewIfNeeded();
        await keep("26-end");
        await open("people");
        await keep("27-mediator-people");
        await closePanel();
      });

      test("the seal officer's desk", async () => {
        const desk = {
          where: "desk",
          you: you(PEOPLE.sun),
          organisation: ORGANISATION,
          case_numbers: ["（2026）苏05民初1234号"],
        } as const;
        seat.show({ ...desk, case_numbers: [...desk.case_numbers], agreement: null });
        await page.getByTestId("seal-desk").waitFor();
        await keep("28-desk-empty");
        seat.show({
          ...desk,
          case_numbers: [...desk.case_numbers],
          agreement: agreement(paperDigest, { you_sign: false }),
        });
        await page.getByTestId("authorise-seal-read").waitFor();
        await keep("29-desk");
      });

      test("outside", async () => {
        for (const reason of ["declined", "removed", "left"] as const) {
          seat.show({ where: "outside", reason });
          await page.getByTestId(`outside-${reason}`).waitFor();
          await keep(`30-outside-${reason}`);
        }
        await page.getByTestId("come-back").click();
        await page.getByTestId("join").waitFor();
        for (const reason of ["invitation_dead", "live_elsewhere", "replaced", "protocol", "out"] as const) {
          await context.clearCookies();
          const closing = server.seat(`closing-${reason}-${device}-${language}`);
          closing.closes = reason;
          await page.goto(`${origin}/icon.svg`);
          await page.goto(`${origin}/join#closing-${reason}-${device}-${language}`);
          await page.getByTestId("enter").click();
          await page.getByTestId(`closed-${reason}`).waitFor();
          await keep(`31-closed-${reason}`);
        }
      });
    });
  }
}

const PUBLICATIONS: Publication[] = [
  { participant: PEOPLE.wang, source: "microphone" },
  { participant: PEOPLE.zhang, source: "microphone" },
  { participant: PEOPLE.wang, source: "camera" },
  { participant: PEOPLE.zhang, source: "camera" },
];

function framesOf(page: Page, participant: string): Promise<number> {
  return page
    .getByTestId(`video-${participant}`)
    .evaluate((video: HTMLVideoElement) => video.getVideoPlaybackQuality().totalVideoFrames)
    .catch(() => 0);
}

/** Two pages with Chinese words, as a stand-in for the typesetter's. */
async function printed(): Promise<Uint8Array> {
  const page = await browser.newPage();
  const paragraph = "<p>甲方同意于协议生效之日起三十日内，一次性向乙方支付人民币叁万元整，双方就本案再无其他争议。</p>";
  await page.setContent(
    `<h1 style="text-align:center">调解协议书</h1>${paragraph.repeat(6)}<div style="break-before:page"></div>${paragraph.repeat(3)}`,
  );
  const pdf = await page.pdf({ format: "A4", margin: { top: "2cm", left: "2cm", right: "2cm", bottom: "2cm" } });
  await page.close();
  return Uint8Array.from(pdf);
}

/** A drafted agreement with named sections. */
function fill({ drafts }: FakeServer): void {
  for (const doc of drafts.values()) {
    const root = doc.getXmlFragment("default");
    const add = (parent: Y.XmlFragment, kind: string, text: string) => {
      const element = new Y.XmlElement(kind);
      parent.push([element]);
      if (text !== "") element.push([new Y.XmlText(text)]);
      return element;
    };
    add(root, "heading", "调解协议书").setAttribute("level", 1 as unknown as string);
    const sections: [string, string][] = [
      ["parties", "甲方：李文静。乙方：苏州晴川文化传播有限公司。"],
      ["facts", "乙方未经许可，在其网站使用甲方享有著作权的摄影作品十二幅。"],
      ["result", "乙方删除涉案作品，并向甲方支付人民币叁万元整。"],
    ];
    for (const [name, text] of sections) {
      const section = add(root, "section", "");
      section.setAttribute("name", name);
      add(section, "paragraph", text);
    }
  }
}
