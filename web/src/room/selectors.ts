/** Questions that the screens ask of a view. Pure: a view in, an answer out. */

import type { CaucusView, InsideView, NoticeId, ObserverView, ParticipantId, PersonView, Place } from "../protocol";

export function samePlace(a: Place, b: Place): boolean {
  return a.kind === "caucus" ? b.kind === "caucus" && a.caucus === b.caucus : b.kind === "joint";
}

/** Everybody in one's own place, oneself first. */
export function peopleHere(view: InsideView): PersonView[] {
  const here = view.people.filter((person) => samePlace(person.place, view.place));
  const isYou = (person: PersonView) => person.id === view.you.id;
  return [...here.filter(isYou), ...here.filter((person) => !isYou(person))];
}

/** Who hears and sees one now, if one's switches are on. */
export function audience(view: InsideView): PersonView[] {
  return peopleHere(view).filter((person) => person.id !== view.you.id && person.connected);
}

/** The private session one is in. */
export function ownCaucus(view: InsideView): CaucusView | null {
  const { place } = view;
  return place.kind === "caucus" ? (view.caucuses.find(({ caucus }) => caucus === place.caucus) ?? null) : null;
}

/** Private sessions that others are in. */
export function otherCaucuses(view: InsideView): CaucusView[] {
  const own = ownCaucus(view);
  return view.caucuses.filter((each) => each !== own);
}

export function person(view: InsideView, id: ParticipantId): PersonView | undefined {
  return view.people.find((each) => each.id === id);
}

/** Who may be asked into a private session now. */
export function candidatesForCaucus(view: InsideView): PersonView[] {
  const holders = new Set(view.caucuses.map(({ mediator }) => mediator));
  return view.people.filter(
    ({ id, role, place }) => id !== view.you.id && role !== "observer" && place.kind === "joint" && !holders.has(id),
  );
}

/** What a person may do while nothing is asked of them; a key of the dictionary. */
export type NextStep =
  | "door"
  | "deliver"
  | "drafting"
  | "signing_others"
  | "signing_seal"
  | "private"
  | "observe"
  | "listen"
  | "lead";

export function nextStep(view: InsideView): NextStep | null {
  const { you, agreement, phase } = view;
  if (phase === "concluded") return null;
  if (you.may.includes("admit") && view.waiting.length > 0) return "door";
  if (!you.may.includes("speak")) return "observe";
  if (view.place.kind === "caucus") return "private";
  if (phase === "signing") {
    const isSigned = agreement?.signers.every(({ signed_at_ms }) => signed_at_ms !== null) ?? false;
    return isSigned ? "signing_seal" : "signing_others";
  }
  if (you.may.includes("deliver_notices") && view.notices.length === 0) return "deliver";
  if (agreement) return "drafting";
  return you.may.includes("hold_caucus") ? "lead" : "listen";
}

/** The one thing that a person is asked next. */
export type Prompt =
  | { kind: "caucus"; caucus: string; mediator: ParticipantId }
  | { kind: "recording"; request: string }
  | { kind: "notice"; notice: NoticeId; position: number; of: number }
  | { kind: "observer"; observer: ObserverView }
  | { kind: "sign" };

/** What waits for the person's answer, most pressing first. The screens show the first only. */
export function prompts(view: InsideView): Prompt[] {
  const asked: Prompt[] = [];
  const may = (permission: (typeof view.you.may)[number]) => view.you.may.includes(permission);
  if (view.phase === "concluded") return asked;
  if (view.caucus_invitation) asked.push({ kind: "caucus", ...view.caucus_invitation });
  if (view.recording.request && view.recording.request.your_answer === null && may("answer_recording")) {
    asked.push({ kind: "recording", request: view.recording.request.request });
  }
  if (may("confirm_notices")) {
    const position = view.notices.findIndex(({ confirmed }) => !confirmed);
    const next = view.notices[position];
    if (next) asked.push({ kind: "notice", notice: next.notice, position: position + 1, of: view.notices.length });
  }
  if (may("answer_for_party")) {
    const observer = view.observers.find(({ your_answer }) => your_answer === null);
    if (observer) asked.push({ kind: "observer", observer });
  }
  if (view.agreement?.frozen && view.agreement.you_sign) asked.push({ kind: "sign" });
  return asked;
}
