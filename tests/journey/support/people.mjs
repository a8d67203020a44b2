/** People at their browsers: real Chromium with its fake camera and microphone, one browser context each. */

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  "--autoplay-policy=no-user-gesture-required",
  "--disable-renderer-backgrounding",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
];
/** How long something that must happen may take on a slow, busy machine. It bounds a wait; nothing asserts it. */
export const PATIENCE_MS = 45_000;

export async function openBrowser() {
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: ARGUMENTS });
}

export class Person {
  static async arrive(browser, { name, role, link }, options = {}) {
    const context = await browser.newContext({
      permissions: ["camera", "microphone"],
      locale: options.locale ?? "zh-CN",
      viewport: options.viewport ?? { width: 1280, height: 800 },
    });
    await context.addInitScript(watchPeerConnections);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const person = new Person(name, role, link, context, page);
    page.on("websocket", (socket) => person.#listen(socket));
    page.on("pageerror", (error) => person.errors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") person.errors.push(message.text());
    });
    await page.goto(link);
    return person;
  }

  constructor(name, role, link, context, page) {
    Object.assign(this, { name, role, link, context, page, errors: [], heard: [], frames: [] });
  }

  /** Everything that the server says to this browser, text and binary. */
  #listen(socket) {
    socket.on("framereceived", ({ payload }) => {
      if (typeof payload === "string") this.heard.push(payload);
      else this.frames.push(payload);
    });
  }

  get(id) {
    return this.page.getByTestId(id);
  }

  async sees(id) {
    await this.get(id).first().waitFor({ state: "visible" });
  }

  async does(id) {
    await this.get(id).first().click();
  }

  /** Through the self-test to the door. */
  async enter() {
    await this.does("check-devices");
    await this.page.locator('[data-testid="reach"][data-state="good"]').waitFor();
    await this.sees("preview");
    await this.does("enter");
  }

  /** The last view this browser was sent. */
  view() {
    const views = this.heard.map((text) => JSON.parse(text)).filter((message) => message.type === "view");
    return views.at(-1)?.view;
  }

  /** This person's id in the room, and others' ids by name. */
  id(name = this.name) {
    const view = this.view();
    if (name === this.name) return view.you.id;
    const known = [...(view.people ?? []), ...(view.waiting ?? []), ...(view.observers ?? [])];
    return known.find((person) => person.name === name)?.id;
  }

  async waits(until, what) {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const value = await until();
      if (value) return value;
      if (Date.now() > deadline) {
        assert.fail(`${this.name} waited in vain: ${what}\n${JSON.stringify(this.view())}\n${this.errors.join("\n")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** Opens the mediator's or anybody's panel. */
  async opens(panel) {
    const current = await this.get("room").getAttribute("data-panel");
    if (current !== panel) await this.does(`tab-${panel}`);
    await this.sees(`panel-${panel}`);
  }

  /** What this browser receives now: frames decoded per video m-line, energy per audio m-line, packets in all. */
  async receives() {
    return this.page.evaluate(async () => {
      const received = { video: {}, audio: {}, packets: 0 };
      for (const peer of window.__peers) {
        if (peer.connectionState === "closed") continue;
        for (const report of (await peer.getStats()).values()) {
          if (report.type !== "inbound-rtp") continue;
          received.packets += report.packetsReceived ?? 0;
          if (report.kind === "video") received.video[report.mid] = report.framesDecoded ?? 0;
          if (report.kind === "audio") received.audio[report.mid] = report.totalAudioEnergy ?? 0;
        }
      }
      return received;
    });
  }

  /** Picture and sound of so many others arrive and go on arriving. */
  async seesAndHears(others) {
    const before = await this.receives();
    await this.waits(async () => {
      const now = await this.receives();
      const rising = (kind) => Object.keys(now[kind]).filter((mid) => now[kind][mid] > (before[kind][mid] ?? 0)).length;
      return rising("video") >= others && rising("audio") >= others;
    }, `picture and sound of ${others} others`);
  }

  /** Not one packet of media in a stretch of time. */
  async receivesNothingFor(ms) {
    const before = (await this.receives()).packets;
    await new Promise((resolve) => setTimeout(resolve, ms));
    assert.equal((await this.receives()).packets, before, `${this.name} received media`);
  }
}

function watchPeerConnections() {
  window.__peers = [];
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...configuration) {
      super(...configuration);
      window.__peers.push(this);
    }
  };
}
