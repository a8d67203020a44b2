import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeSocket, KEY } from "../../test/support/socket";
import { Connection, ConnectionLost, type Listener, pauseMs, Refused } from "./connection";
import { PAUSE_MAX_MS, SILENCE_MAX_MS, WELCOME_DEADLINE_MS } from "./limits";

const nothing = () => undefined;
const deaf: Listener = {
  welcome: nothing,
  view: nothing,
  chat: nothing,
  slots: nothing,
  speaker: nothing,
  certificate: nothing,
  refused: nothing,
  frame: nothing,
  signed: nothing,
};

function connect(): Connection {
  const connection = new Connection("secret", KEY, FakeSocket.open, deaf);
  connection.start();
  return connection;
}

function idOf(message: object | undefined): string {
  if (!message || !("id" in message)) throw new Error("nothing with an id was sent");
  return String(message.id);
}

beforeEach(() => {
  FakeSocket.opened.length = 0;
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());

describe("the hello", () => {
  test("proves the device key over the server's nonce and carries the invitation", async () => {
    connect();
    FakeSocket.last().say({ type: "challenge", nonce: "abc" });
    await vi.advanceTimersByTimeAsync(0);
    expect(FakeSocket.last().sent).toEqual([
      { type: "hello", invitation: "secret", device_key: "key", proof: "signed accord.v1 hello abc" },
    ]);
  });

  test("that is not answered in time is given up and tried again", async () => {
    const connection = connect();
    await vi.advanceTimersByTimeAsync(WELCOME_DEADLINE_MS);
    expect(connection.state.value).toEqual({ kind: "connecting", attempts: 1 });
    await vi.advanceTimersByTimeAsync(PAUSE_MAX_MS);
    expect(FakeSocket.opened).toHaveLength(2);
  });
});

describe("commands", () => {
  test("without an answer are sent again once, with the same id, after a reconnect; answered ones are not", async () => {
    const connection = connect();
    FakeSocket.last().welcome();
    const answered = connection.command({ type: "deliver_notices" });
    const open = connection.command({ type: "raise_hand", raised: true });
    const [first, second] = FakeSocket.last().of("command");
    FakeSocket.last().say({ type: "done", id: idOf(first) });
    await answered;
    FakeSocket.last().break();
    await vi.advanceTimersByTimeAsync(PAUSE_MAX_MS);
    FakeSocket.last().welcome();
    expect(FakeSocket.opened).toHaveLength(2);
    expect(FakeSocket.last().of("command")).toEqual([second]);
    FakeSocket.last().say({ type: "done", id: idOf(second) });
    await open;
  });

  test("given while the line is down go out when it is back", async () => {
    const connection = connect();
    void connection.command({ type: "raise_hand", raised: true });
    expect(FakeSocket.last().sent).toEqual([]);
    FakeSocket.last().welcome();
    expect(FakeSocket.last().of("command")).toHaveLength(1);
  });

  test("that are refused reject with the refusal's code", async () => {
    const connection = connect();
    FakeSocket.last().welcome();
    const asked = connection.command({ type: "deliver_notices" });
    const id = idOf(FakeSocket.last().of("command")[0]);
    FakeSocket.last().say({ type: "refused", id, refusal: { code: "not_allowed" }, message: "no" });
    await expect(asked).rejects.toMatchObject({ refusal: { code: "not_allowed" } });
    await expect(asked).rejects.toBeInstanceOf(Refused);
  });
});

test("a statement that is sent again carries the same signed bytes", async () => {
  const connection = connect();
  FakeSocket.last().welcome();
  void connection.statement({
    type: "consent_withdrawal",
    subject: { kind: "request", purpose: "recording", request: "q", text_digest: "ab".repeat(32) },
    answer: "yes",
  });
  await vi.advanceTimersByTimeAsync(0);
  const [before] = FakeSocket.last().of("statement");
  FakeSocket.last().break();
  await vi.advanceTimersByTimeAsync(PAUSE_MAX_MS);
  FakeSocket.last().welcome();
  expect(before).toBeDefined();
  expect(FakeSocket.last().of("statement")).toEqual([before]);
});

test("an offer dies with its connection and is not sent again", async () => {
  const connection = connect();
  FakeSocket.last().welcome();
  const answer = connection.offer("sdp", []);
  const lost = expect(answer).rejects.toBeInstanceOf(ConnectionLost);
  FakeSocket.last().break();
  await lost;
  await vi.advanceTimersByTimeAsync(PAUSE_MAX_MS);
  FakeSocket.last().welcome();
  expect(FakeSocket.last().of("offer")).toEqual([]);
});

describe("a close by the server", () => {
  test.each(["out", "invitation_dead", "live_elsewhere", "replaced", "protocol"] as const)(
    "for the reason %s is final: the client does not come back by itself",
    async (reason) => {
      const connection = connect();
      FakeSocket.last().say({ type: "closed", reason, message: "" });
      FakeSocket.last().break();
      await vi.advanceTimersByTimeAsync(10 * PAUSE_MAX_MS);
      expect(FakeSocket.opened).toHaveLength(1);
      expect(connection.state.value).toEqual({ kind: "closed", reason });
    },
  );

  test.each(["unavailable", "too_slow"] as const)("for the reason %s brings the client back", async (reason) => {
    connect();
    FakeSocket.last().welcome();
    FakeSocket.last().say({ type: "closed", reason, message: "" });
    FakeSocket.last().break();
    await vi.advanceTimersByTimeAsync(PAUSE_MAX_MS);
    expect(FakeSocket.opened).toHaveLength(2);
  });
});

test("silence while an answer is awaited counts as a lost line", async () => {
  const connection = connect();
  FakeSocket.last().welcome();
  await vi.advanceTimersByTimeAsync(4 * SILENCE_MAX_MS);
  expect(connection.state.value.kind).toBe("open");
  void connection.command({ type: "deliver_notices" });
  await vi.advanceTimersByTimeAsync(SILENCE_MAX_MS);
  expect(connection.state.value.kind).toBe("lost");
});

test("pauses grow from half a second to eight, less a part left to chance", () => {
  expect([1, 2, 3, 4, 5, 6, 20].map((attempts) => pauseMs(attempts, 0))).toEqual([
    500, 1000, 2000, 4000, 8000, 8000, 8000,
  ]);
  expect(pauseMs(1, 1)).toBeLessThan(pauseMs(1, 0));
});
