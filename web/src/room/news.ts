/** What has changed between two views, as far as a person should be told in words: who came, who went, what began. */

import type { InsideView, ParticipantId, Role } from "../protocol";

export type News =
  | { kind: "came" | "went" | "dropped" | "returned"; name: string; role: Role }
  | { kind: "muted_by_mediator" }
  | { kind: "recording_began" | "recording_ended" }
  | { kind: "private_began" | "private_ended" }
  | { kind: "frozen" | "reopened" };

/** `isOwnDoing`: whether the person has just switched their own microphone off. */
export function changes(before: InsideView, after: InsideView, isOwnDoing: boolean): News[] {
  const news: News[] = [];
  const known = new Map(before.people.map((person) => [person.id, person]));
  const here = new Set<ParticipantId>(after.people.map((person) => person.id));
  for (const { id, name, role, connected } of after.people) {
    const earlier = known.get(id);
    if (id === after.you.id) continue;
    if (!earlier) news.push({ kind: "came", name, role });
    else if (earlier.connected && !connected) news.push({ kind: "dropped", name, role });
    else if (!earlier.connected && connected) news.push({ kind: "returned", name, role });
  }
  for (const { id, name, role } of before.people) if (!here.has(id)) news.push({ kind: "went", name, role });
  const wentMute = before.you.microphone_on && !after.you.microphone_on;
  if (wentMute && !isOwnDoing) news.push({ kind: "muted_by_mediator" });
  if (!before.recording.running && after.recording.running) news.push({ kind: "recording_began" });
  if (before.recording.running && !after.recording.running) news.push({ kind: "recording_ended" });
  if (before.place.kind === "joint" && after.place.kind === "caucus") news.push({ kind: "private_began" });
  if (before.place.kind === "caucus" && after.place.kind === "joint") news.push({ kind: "private_ended" });
  if (!before.agreement?.frozen && after.agreement?.frozen) news.push({ kind: "frozen" });
  if (before.agreement?.frozen && after.agreement && !after.agreement.frozen) news.push({ kind: "reopened" });
  return news;
}
