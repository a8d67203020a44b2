import { signal } from "@preact/signals";
import { expect, test } from "vitest";
import type { You } from "../protocol";
import { ALL_OFF, Publishing } from "./publishing";

function person(change: Partial<You>): You {
  return {
    id: "p",
    name: "李",
    role: "party",
    may: ["speak"],
    microphone_on: false,
    camera_on: false,
    screen_on: false,
    hand_raised: false,
    ...change,
  };
}

test("nothing is sent before the view says so, and exactly what it says afterwards", () => {
  const you = signal<You | null>(null);
  const publishing = new Publishing(you);
  expect(publishing.now.value).toEqual(ALL_OFF);
  you.value = person({ microphone_on: true });
  expect(publishing.now.value).toEqual({ microphone: true, camera: false, screen: false });
  you.value = person({});
  expect(publishing.now.value).toEqual(ALL_OFF);
});

test("switching off takes effect at once, while the view still says on", () => {
  const you = signal<You | null>(person({ microphone_on: true, camera_on: true }));
  const publishing = new Publishing(you);
  publishing.holdBack("microphone");
  expect(publishing.now.value).toEqual({ microphone: false, camera: true, screen: false });
});

test("once the server has answered, the view is the only truth again", () => {
  const you = signal<You | null>(person({ microphone_on: true }));
  const publishing = new Publishing(you);
  publishing.holdBack("microphone");
  publishing.settled("microphone");
  expect(publishing.now.value.microphone).toBe(true);
});
