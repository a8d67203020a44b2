import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { inside, PEOPLE, waiting, you } from "../test/screens/people";
import { FakeSocket, KEY } from "../test/support/socket";
import { PAUSE_MAX_MS } from "./connection/limits";
import type { View } from "./protocol";
import { Session } from "./session";

class FakePeer {
  onconnectionstatechange = null;
  #mids = 0;
  addTransceiver() {
    const mid = String(this.#mids++);
    return { mid, receiver: { track: {} }, sender: { track: null, replaceTrack: async () => undefined } };
  }
  createOffer = async () => ({ type: "offer", sdp: "offer" });
  setLocalDescription = async () => undefined;
  setRemoteDescription = async () => undefined;
  close() {}
}

function storage(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as unknown as Storage;
}

const OFF = { microphone_on: false, camera_on: false };
const insideMuted = inside(PEOPLE.li, { you: you(PEOPLE.li, OFF) });
const track = () => ({ readyState: "live", enabled: true, stop: () => undefined }) as unknown as MediaStreamTrack;

function visit(kept: Storage): Session {
  const session = new Session("secret", KEY, FakeSocket.open, kept);
  session.media.camera.track.value = track();
  session.media.microphone.track.value = track();
  session.enter();
  FakeSocket.last().welcome();
  return session;
}

async function see(view: View): Promise<void> {
  FakeSocket.last().say({ type: "view", version: 1, view });
  await vi.advanceTimersByTimeAsync(0);
}

function asked(): string[] {
  return FakeSocket.last()
    .of("command")
    .map(({ command }) => ("on" in command ? `${command.type} ${command.on}` : command.type));
}

/** Answers everything that was asked so far. */
async function settle(): Promise<void> {
  for (const { id } of FakeSocket.last().of("command")) FakeSocket.last().say({ type: "done", id });
  await vi.advanceTimersByTimeAsync(0);
}

beforeEach(() => {
  FakeSocket.opened.length = 0;
  vi.useFakeTimers();
  vi.stubGlobal("RTCPeerConnection", FakePeer);
  vi.stubGlobal("fetch", async () => new Response("[]"));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("on admission the choice of the self-test is asked for, once", async () => {
  visit(storage());
  await see(waiting(PEOPLE.li));
  expect(asked()).toEqual([]);
  await see(insideMuted);
  expect(asked()).toEqual(["set_microphone true", "set_camera true"]);
  await settle();
  await see(insideMuted);
  expect(asked()).toHaveLength(2);
});

test("after a reconnect nothing is switched on: muted stays muted", async () => {
  visit(storage());
  await see(waiting(PEOPLE.li));
  await see(insideMuted);
  await settle();
  FakeSocket.last().break();
  await vi.advanceTimersByTimeAsync(PAUSE_MAX_MS);
  FakeSocket.last().welcome();
  await see(insideMuted);
  expect(asked()).toEqual([]);
});

test("after a reload nothing is switched on, and a choice of off is honoured", async () => {
  const kept = storage();
  visit(kept);
  await see(waiting(PEOPLE.li));
  await see(insideMuted);
  const again = visit(kept);
  await see(insideMuted);
  expect(asked()).toEqual([]);
  again.choice.value = { microphone: false, camera: true };
  const third = visit(kept);
  third.choice.value = { microphone: false, camera: true };
  await see(inside(PEOPLE.li));
  expect(asked()).toEqual(["set_microphone false"]);
});

test("switching off stops sending here and now; switching on waits for the view", async () => {
  const session = visit(storage());
  await see(inside(PEOPLE.li));
  await settle();
  void session.turn("microphone", false);
  expect(session.media.publishing.now.value.microphone).toBe(false);
  await settle();
  await see(insideMuted);
  void session.turn("microphone", true);
  await vi.advanceTimersByTimeAsync(0);
  expect(asked()).toContain("set_microphone true");
  expect(session.media.publishing.now.value.microphone).toBe(false);
  await see(inside(PEOPLE.li));
  expect(session.media.publishing.now.value.microphone).toBe(true);
});

test("whoever leaves the room keeps nothing of it on the screen", async () => {
  const session = visit(storage());
  await see(inside(PEOPLE.li));
  FakeSocket.last().say({
    type: "chat",
    messages: [{ at_ms: 1, from: PEOPLE.wang, to: "everyone", private: false, text: "您好" }],
  });
  expect(session.chat.value).toHaveLength(1);
  await see({ where: "outside", reason: "removed" });
  expect(session.chat.value).toEqual([]);
  expect(session.media.slots.value).toEqual([]);
  expect(session.media.camera.track.value).toBeNull();
});
