/** A quiet page with one column: for everything before and after the session. */

import type { ComponentChildren } from "preact";
import { words } from "../text/language";
import { LanguageSwitch } from "./language_switch";

export function Page({ testid, title, children }: { testid: string; title: string; children: ComponentChildren }) {
  return (
    <div class="page" data-testid={testid}>
      <header class="page-top">
        <span class="brand">{words.value.product}</span>
        <LanguageSwitch />
      </header>
      <main class="page-body">
        <h1>{title}</h1>
        {children}
      </main>
    </div>
  );
}
