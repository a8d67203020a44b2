/** A button that asks for something: it cannot be pressed again until the answer is there. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

export interface ActionProps {
  testid: string;
  run: () => unknown;
  kind?: "primary" | "quiet" | "danger";
  disabled?: boolean;
  label?: string;
  children: ComponentChildren;
}

export function Action({ testid, run, kind = "quiet", disabled = false, label, children }: ActionProps) {
  const [isAsking, setAsking] = useState(false);
  const press = async () => {
    setAsking(true);
    try {
      await run();
    } finally {
      setAsking(false);
    }
  };
  return (
    <button
      type="button"
      class={`button ${kind}`}
      data-testid={testid}
      disabled={disabled || isAsking}
      aria-busy={isAsking}
      {...(label === undefined ? {} : { "aria-label": label })}
      onClick={press}
    >
      {children}
    </button>
  );
}
