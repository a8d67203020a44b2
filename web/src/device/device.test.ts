import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { base64url, hex, utf8 } from "./bytes";
import { deviceKey } from "./key";
import { type Statement, signed } from "./statement";

const SPEAKER = { tenant: "t", room: "r", participant: "p" };
const SAID: Statement = {
  type: "notice_confirmation",
  subject: { kind: "notice", notice: "rights", version: "1", text_digest: "ab".repeat(32) },
  answer: "yes",
};

async function verifies(publicKey: string, text: string, signature: string): Promise<boolean> {
  const key = await crypto.subtle.importKey("raw", decoded(publicKey), { name: "ECDSA", namedCurve: "P-256" }, false, [
    "verify",
  ]);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, decoded(signature), utf8(text));
}

function decoded(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, "base64url"));
}

test("an invitation keeps its key across visits, and another invitation has another", async () => {
  const first = await deviceKey("one");
  const again = await deviceKey("one");
  const other = await deviceKey("two");
  expect(again.publicKey).toBe(first.publicKey);
  expect(other.publicKey).not.toBe(first.publicKey);
  expect(decoded(first.publicKey)).toHaveLength(65);
});

test("the signature is over exactly the bytes that are sent", async () => {
  const key = await deviceKey("three");
  const { statement, signature } = await signed(key, SPEAKER, SAID, 1_790_000_000_000);
  expect(decoded(signature)).toHaveLength(64);
  expect(await verifies(key.publicKey, statement, signature)).toBe(true);
  expect(await verifies(key.publicKey, `${statement} `, signature)).toBe(false);
});

test("a statement says what PROTOCOL.md lists and nothing else, with a fresh nonce each time", async () => {
  const key = await deviceKey("four");
  const [one, two] = await Promise.all([signed(key, SPEAKER, SAID, 7), signed(key, SPEAKER, SAID, 7)]);
  const read = JSON.parse(one.statement) as Record<string, unknown>;
  expect(Object.keys(read)).toEqual(["type", "tenant", "room", "participant", "subject", "answer", "at_ms", "nonce"]);
  expect(read).toMatchObject({ ...SPEAKER, ...SAID, at_ms: 7 });
  expect(decoded(String(read.nonce))).toHaveLength(16);
  expect(one.statement).not.toBe(two.statement);
});

test("bytes are written as base64url without padding and as lower-case hex", () => {
  expect(base64url(Uint8Array.of(251, 255, 254, 1))).toBe("-__-AQ");
  expect(hex(Uint8Array.of(0, 171, 16))).toBe("00ab10");
});
