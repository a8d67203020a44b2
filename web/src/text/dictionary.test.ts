import { expect, test } from "vitest";
import { en } from "./en";
import { explain } from "./refusal";
import { zh } from "./zh";

function keys(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return [`${path}:${typeof value}`];
  return Object.entries(value).flatMap(([key, inner]) => keys(inner, `${path}.${key}`));
}

function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(texts);
}

test("both languages have the same words, also under keys that the compiler does not see", () => {
  expect(keys(en).sort()).toEqual(keys(zh).sort());
});

test("no word is empty, and none is left in the other language", () => {
  expect([...texts(zh), ...texts(en)].filter((text) => text.trim() === "")).toEqual([]);
  const named = ["中文", "切换到中文", "中文文本"];
  expect(texts(en).filter((text) => /[\u4e00-\u9fff]/.test(text) && !named.includes(text))).toEqual([]);
});

test("a refusal is told by its code; an unknown code in the server's words", () => {
  expect(explain(en, { code: "not_allowed" }, "no").text).toBe(en.refusals.not_allowed);
  expect(explain(zh, { code: "from_the_future", detail: "" }, "Do it tomorrow.").text).toBe("Do it tomorrow.");
});
