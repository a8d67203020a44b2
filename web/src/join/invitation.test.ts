import { expect, test } from "vitest";
import { hasEntered, rememberEntry, takeInvitation } from "./invitation";

function browser(hash: string) {
  const kept = new Map<string, string>();
  const shown: string[] = [];
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as unknown as Storage;
  const history = {
    replaceState: (_: unknown, __: string, address: string) => shown.push(address),
  } as unknown as History;
  const location = { hash, pathname: "/join" } as Location;
  return { storage, history, location, shown };
}

test("the secret leaves the address bar at once and is found again after a reload", () => {
  const { storage, history, location, shown } = browser("#SECRET");
  expect(takeInvitation(location, history, storage)).toBe("SECRET");
  expect(shown).toEqual(["/join"]);
  expect(takeInvitation({ hash: "", pathname: "/join" } as Location, history, storage)).toBe("SECRET");
});

test("without a link there is no invitation", () => {
  const { storage, history, location } = browser("");
  expect(takeInvitation(location, history, storage)).toBeNull();
});

test("another invitation in the same tab is another visit", () => {
  const { storage, history, location } = browser("#ONE");
  takeInvitation(location, history, storage);
  rememberEntry(storage, true);
  expect(hasEntered(storage)).toBe(true);
  takeInvitation({ hash: "#TWO", pathname: "/join" } as Location, history, storage);
  expect(hasEntered(storage)).toBe(false);
});
