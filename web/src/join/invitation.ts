/**
 * The invitation: a secret in the link's fragment. It is taken out of the address bar at once (nobody reads it over a
 * shoulder, no history keeps it) and lives in the tab's session storage, so that a reload finds it again.
 */

const STORED_SECRET = "accord.invitation";
const STORED_ENTRY = "accord.has_entered";

/** The secret of this visit; `null` when the page was opened without one. */
export function takeInvitation(location: Location, history: History, storage: Storage): string | null {
  const secret = location.hash.slice(1);
  if (secret === "") return storage.getItem(STORED_SECRET);
  if (secret !== storage.getItem(STORED_SECRET)) storage.removeItem(STORED_ENTRY);
  storage.setItem(STORED_SECRET, secret);
  history.replaceState(null, "", location.pathname);
  return secret;
}

/** Whether this tab was inside before: then coming back must not switch anything on. */
export function hasEntered(storage: Storage): boolean {
  return storage.getItem(STORED_ENTRY) === "yes";
}

export function rememberEntry(storage: Storage, entered: boolean): void {
  if (entered) storage.setItem(STORED_ENTRY, "yes");
  else storage.removeItem(STORED_ENTRY);
}
