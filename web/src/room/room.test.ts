import { expect, test } from "vitest";
import { CAUCUS, inside, PEOPLE, person, REQUEST, you } from "../../test/screens/people";
import type { InsideView } from "../protocol";
import { changes } from "./news";
import { digestOfWords, titleAndBody } from "./notices";
import { audience, candidatesForCaucus, otherCaucuses, ownCaucus, peopleHere, prompts } from "./selectors";

function seen(change: Partial<InsideView> = {}, id: string = PEOPLE.li): InsideView {
  const view = inside(id, change);
  if (view.where !== "inside") throw new Error("not inside");
  return view;
}

const place = { kind: "caucus", caucus: CAUCUS } as const;
const apart = seen({
  people: [person(PEOPLE.wang, { place }), person(PEOPLE.li), person(PEOPLE.zhang, { place }), person(PEOPLE.zhao)],
  caucuses: [{ caucus: CAUCUS, mediator: PEOPLE.wang, members: [PEOPLE.wang, PEOPLE.zhang] }],
});

test("who hears one is who is in the same place and connected, never oneself", () => {
  expect(audience(apart).map(({ id }) => id)).toEqual([PEOPLE.zhao]);
  const dropped = seen({
    people: [person(PEOPLE.wang, { connected: false }), person(PEOPLE.li), person(PEOPLE.zhang)],
  });
  expect(audience(dropped).map(({ id }) => id)).toEqual([PEOPLE.zhang]);
  expect(peopleHere(apart)[0]?.id).toBe(PEOPLE.li);
});

test("a private talk is one's own only from inside", () => {
  expect(ownCaucus(apart)).toBeNull();
  expect(otherCaucuses(apart)).toHaveLength(1);
  const own = { ...apart, place };
  expect(ownCaucus(own)?.caucus).toBe(CAUCUS);
  expect(otherCaucuses(own)).toEqual([]);
});

test("nobody who is private, observes or is oneself can be asked into a private talk", () => {
  const view = seen({ ...apart, you: you(PEOPLE.chen) }, PEOPLE.chen);
  expect(candidatesForCaucus(view).map(({ id }) => id)).toEqual([PEOPLE.li]);
});

test("questions come one at a time, the most pressing first", () => {
  const request = { request: REQUEST, your_answer: null, outstanding: 2 };
  const view = seen({
    caucus_invitation: { caucus: CAUCUS, mediator: PEOPLE.wang },
    recording: { policy: "unanimous_consent", running: false, request, spans: 0 },
    notices: [
      { notice: "rights", confirmed: true, confirmed_by: [] },
      { notice: "procedure", confirmed: false, confirmed_by: [] },
    ],
    observers: [{ id: PEOPLE.zhao, name: "赵明", your_answer: null, agreed: false }],
  });
  expect(prompts(view).map(({ kind }) => kind)).toEqual(["caucus", "recording", "notice", "observer"]);
  expect(prompts(view)[2]).toMatchObject({ notice: "procedure", position: 2, of: 2 });
});

test("somebody who may not answer is not asked, and nobody after the end", () => {
  const asked: Partial<InsideView> = { notices: [{ notice: "rights", confirmed: false, confirmed_by: [] }] };
  expect(prompts(seen({ ...asked, you: you(PEOPLE.wang) }, PEOPLE.wang))).toEqual([]);
  expect(prompts(seen({ ...asked, phase: "concluded" }))).toEqual([]);
});

test("what changes is told in words: who came and went, muting by another, private talks, recording", () => {
  const before = seen();
  const after = seen({
    you: you(PEOPLE.li, { microphone_on: false }),
    people: [person(PEOPLE.wang), person(PEOPLE.li), person(PEOPLE.zhao)],
    recording: { policy: "unanimous_consent", running: true, request: null, spans: 1 },
  });
  const kinds = changes(before, after, false).map(({ kind }) => kind);
  expect(kinds).toEqual(["came", "went", "muted_by_mediator", "recording_began"]);
  expect(changes(before, after, true).map(({ kind }) => kind)).not.toContain("muted_by_mediator");
  expect(changes(before, before, false)).toEqual([]);
});

test("the digest of a notice is over version, Chinese and English, a line each", async () => {
  const digest = await digestOfWords({ version: "1", chinese: "二", english: "two" });
  expect(digest).toBe("9e041ba9e158143cc419750651535ca13c056f7bbc27b5c94d80cd8414e5c1a9");
});

test("the first line of a notice is its title", () => {
  expect(titleAndBody("标题\n一\n\n二\n")).toEqual({ title: "标题", paragraphs: ["一", "二"] });
});
