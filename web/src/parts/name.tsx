/**
 * Who somebody is. The name is the case service's text and isolated, so that no direction mark spills over; the role is
 * the server's word, set apart, so that no name can pose as one.
 */

import type { Authority, Role } from "../protocol";
import { isolate } from "../text/isolate";
import { words } from "../text/language";

export function Name({ name, isYou = false }: { name: string; isYou?: boolean }) {
  return (
    <span class="name">
      <bdi>{name}</bdi>
      {isYou && <span class="name-you">{words.value.youTag}</span>}
    </span>
  );
}

export function RoleTag({ role }: { role: Role }) {
  return (
    <span class="role" data-role={role}>
      {words.value.roles[role]}
    </span>
  );
}

export function SpeaksFor({ name, authority }: { name: string; authority: Authority | null }) {
  return <span class="faint">{words.value.speaksFor(isolate(name), authority === "special")}</span>;
}
