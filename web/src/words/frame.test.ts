import { expect, test } from "vitest";
import { type Frame, parseFrame, toBytes } from "./frame";

const FRAME: Frame = { kind: "update", document: "minutes", number: 0x01020304, payload: Uint8Array.of(7, 8) };

test("a frame's bytes are those of the table: kind, document, number big endian, payload", () => {
  expect([...toBytes(FRAME)]).toEqual([3, 2, 1, 2, 3, 4, 7, 8]);
});

test("a frame survives the wire, also out of the middle of a buffer", () => {
  const bytes = toBytes(FRAME);
  expect(parseFrame(bytes)).toEqual(FRAME);
  const around = new Uint8Array(bytes.length + 4);
  around.set(bytes, 2);
  expect(parseFrame(around.subarray(2, 2 + bytes.length))).toEqual(FRAME);
});

test("what is none of the table's is refused", () => {
  for (let length = 0; length < 6; length++) expect(parseFrame(toBytes(FRAME).slice(0, length))).toBeNull();
  expect(parseFrame(Uint8Array.of(9, 1, 0, 0, 0, 0))).toBeNull();
  expect(parseFrame(Uint8Array.of(3, 3, 0, 0, 0, 0))).toBeNull();
  expect(parseFrame(Uint8Array.of(3, 0, 0, 0, 0, 0))).toBeNull();
  expect(parseFrame(Uint8Array.of(6, 1, 0, 0, 0, 0))).toBeNull();
});
