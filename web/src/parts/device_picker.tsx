/** Which camera or microphone: shown only when there is a choice. */

import type { Capture } from "../media/devices";
import { words } from "../text/language";
import { useSession } from "./session";

export function DevicePicker({ capture }: { capture: Capture }) {
  const { media } = useSession();
  const t = words.value;
  const name = t.join[capture.kind];
  const choices = capture.choices.value;
  if (choices.length < 2) return null;
  return (
    <label class="field">
      <span>{name}</span>
      <select
        data-testid={`${capture.kind}-select`}
        value={capture.chosen.value ?? ""}
        onChange={(event) => void media.choose(capture, event.currentTarget.value)}
      >
        {choices.map(({ id, label }, index) => (
          <option key={id} value={id}>
            {label || t.join.deviceNumber(name, index + 1)}
          </option>
        ))}
      </select>
    </label>
  );
}
