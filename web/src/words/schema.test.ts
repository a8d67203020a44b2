import { getSchema } from "@tiptap/core";
import { expect, test } from "vitest";
import { SCHEMA, SECTIONS, startOf } from "./schema";

const schema = getSchema(SCHEMA);

test("the editor knows the nodes and marks of the server's table, and no others", () => {
  expect(Object.keys(schema.nodes).sort()).toEqual(
    [
      "blockquote",
      "bulletList",
      "doc",
      "hardBreak",
      "heading",
      "horizontalRule",
      "listItem",
      "orderedList",
      "paragraph",
      "section",
      "text",
    ].sort(),
  );
  expect(Object.keys(schema.marks).sort()).toEqual(["bold", "italic", "underline"]);
});

test("nodes carry the attributes of the table, and no others", () => {
  const attributes = Object.entries(schema.nodes).flatMap(([name, { spec }]) =>
    Object.keys(spec.attrs ?? {}).map((attribute) => `${name}.${attribute}`),
  );
  expect(attributes.sort()).toEqual(["heading.level", "orderedList.start", "section.name"]);
});

test("sections stand in the document only, and a list item holds no heading", () => {
  const paragraph = schema.node("paragraph");
  const section = schema.node("section", { name: SECTIONS[1] }, [paragraph]);
  schema.node("doc", null, [section, paragraph]).check();
  expect(() => schema.node("section", null, [section]).check()).toThrow();
  expect(() => schema.node("listItem", null, [schema.node("heading", { level: 1 })]).check()).toThrow();
  expect(() => schema.node("listItem", null, [paragraph]).check()).not.toThrow();
});

test("a pasted list starts within what the server takes", () => {
  expect(["7", null, "0", "-3", "10000", "x"].map(startOf)).toEqual([7, 1, 1, 1, 1, 1]);
});
