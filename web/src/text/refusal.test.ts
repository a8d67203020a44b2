import { expect, test } from "vitest";
import { en } from "./en";
import { explain } from "./refusal";
import { zh } from "./zh";

const refusal = (detail: string) => ({ code: "freeze_refused", detail });

test("what stands in the way of freezing is said in the reader's language, one thing a line", () => {
  const detail = [
    '{"problem":"emptySection","section":"deadline"}',
    '{"problem":"missingGlyph","character":"😀","codePoint":"U+1F600","section":null,"block":0}',
  ].join("\n");
  const chinese = explain(zh, refusal(detail), "").details;
  expect(chinese).toHaveLength(2);
  expect(chinese[1]).toContain("U+1F600");
  expect(chinese.join("")).not.toContain("{");
  expect(explain(en, refusal(detail), "").details[1]).toContain("cannot be printed");
});

test("a line that is no problem of ours is shown as it is", () => {
  expect(explain(en, refusal("the draft is too long"), "").details).toEqual(["the draft is too long"]);
});
