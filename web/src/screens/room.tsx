/** Inside: the people on the stage, one's own switches below, everything else in panels beside it. */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { recordingWithdrawal } from "../device/statement";
import { Action } from "../parts/action";
import { Icon, type IconName } from "../parts/icons";
import { LanguageSwitch } from "../parts/language_switch";
import { ProblemBox } from "../parts/problem";
import { useSession } from "../parts/session";
import { Sounds } from "../parts/track";
import type { InsideView } from "../protocol";
import { notices } from "../room/notices";
import { prompts } from "../room/selectors";
import { words } from "../text/language";
import { Banners, NewsList } from "./banners";
import { Chat } from "./chat";
import { AudienceLine, Controls } from "./controls";
import { Outcome } from "./outcome";
import { Papers } from "./papers";
import { People } from "./people";
import { NextStepLine, PromptCard, promptTitle } from "./prompts";
import { Stage } from "./stage";
import { Steer } from "./steer";

type PanelName = "people" | "chat" | "papers" | "steer";

const ICONS: Record<PanelName, IconName> = { people: "people", chat: "chat", papers: "papers", steer: "steer" };
/** From this width on there is room for a panel beside the stage. */
const WIDE = "(min-width: 900px)";

export function Room({ view }: { view: InsideView }) {
  const panel = useSignal<PanelName | null>(firstPanel(view));
  useStayingAwake();
  const isPrivate = view.place.kind === "caucus";
  const [first] = prompts(view);
  return (
    <div
      class="room"
      data-testid="room"
      data-panel={panel.value ?? "none"}
      data-private={isPrivate}
      data-asked={first !== undefined}
    >
      <TopBar view={view} />
      <div class="room-banners">
        <Banners view={view} />
        <Consent view={view} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <main class="room-main" tabIndex={0}>
        <Outcome view={view} openPapers={() => (panel.value = "papers")} />
        <Stage view={view} />
        <NewsList />
      </main>
      <div class="room-prompt">
        <ProblemBox />
        <PromptPeek view={view} panel={panel} />
        <div class="prompt-place">
          {!(first?.kind === "sign" && panel.value === "papers") && (
            <PromptCard view={view} openPapers={() => (panel.value = "papers")} />
          )}
          <NextStepLine view={view} />
        </div>
      </div>
      <section class="room-own" aria-label={words.value.controls.group}>
        {view.phase !== "concluded" && <AudienceLine view={view} />}
        <Controls view={view} />
      </section>
      <Tabs view={view} panel={panel} />
      {panel.value && <Panel view={view} name={panel.value} close={() => (panel.value = null)} />}
      <Sounds />
    </div>
  );
}

function firstPanel(view: InsideView): PanelName | null {
  if (!window.matchMedia(WIDE).matches) return null;
  return view.you.may.includes("hold_caucus") ? "steer" : "people";
}

function TopBar({ view }: { view: InsideView }) {
  const t = words.value;
  const { running, request } = view.recording;
  const isOnHold = request !== null && !running;
  return (
    <header class="room-top">
      <div class="room-title">
        <h1>
          <bdi>{view.organisation}</bdi>
        </h1>
        <p>
          {view.case_numbers.length > 0 ? (
            <>
              {t.status.case} <bdi>{view.case_numbers.join("，")}</bdi>
            </>
          ) : (
            t.status.noCase
          )}
        </p>
      </div>
      <div class="chips">
        {view.phase !== "concluded" && (
          <span
            class="chip"
            data-kind={running ? "recording" : "plain"}
            data-testid="recording-state"
            data-running={running}
          >
            {running ? t.status.recording : isOnHold ? t.status.recordingPaused : t.status.notRecording}
          </span>
        )}
        {view.phase === "signing" && <span class="chip">{t.status.signing}</span>}
        {view.phase === "concluded" && <span class="chip">{t.status.concluded}</span>}
        <LanguageSwitch />
      </div>
    </header>
  );
}

/** Whoever agreed to recording can take it back at any moment, without looking for where. */
function Consent({ view }: { view: InsideView }) {
  const session = useSession();
  const t = words.value;
  const { request } = view.recording;
  const notice = notices.value.get("recording_consent");
  if (request?.your_answer !== true) return null;
  return (
    <div class="banner consent" role="status" data-testid="consent-given">
      <span>
        {t.consent.youAgreed} · {t.consent.outstanding(request.outstanding)}
      </span>
      <Action
        testid="withdraw-recording"
        label={`${t.consent.withdraw}. ${t.consent.withdrawHint}`}
        disabled={!notice}
        run={() => notice && session.state(recordingWithdrawal(request.request, notice))}
      >
        {t.consent.withdraw}
      </Action>
    </div>
  );
}

/** On a phone an open panel covers the question; one line remains that leads back to it. */
function PromptPeek({ view, panel }: { view: InsideView; panel: Signal<PanelName | null> }) {
  const title = promptTitle(view);
  if (!title || !panel.value) return null;
  const [first] = prompts(view);
  if (first?.kind === "sign" && panel.value === "papers") return null;
  return (
    <button type="button" class="prompt-peek" data-testid="prompt-peek" onClick={() => (panel.value = null)}>
      {title}
    </button>
  );
}

function Tabs({ view, panel }: { view: InsideView; panel: Signal<PanelName | null> }) {
  const session = useSession();
  const seen = useSignal(session.chat.peek().length);
  const t = words.value;
  const lines = session.chat.value.length;
  const isChatOpen = panel.value === "chat";
  useEffect(() => {
    if (isChatOpen) seen.value = lines;
  }, [isChatOpen, lines]);
  const isMediator = view.you.may.includes("hold_caucus");
  const names: PanelName[] = [
    ...(isMediator && view.phase !== "concluded" ? (["steer"] as const) : []),
    "people",
    "chat",
    ...(view.you.may.includes("draft") ? (["papers"] as const) : []),
  ];
  const label = (name: PanelName) => (name === "steer" ? t.panels.desk : t.panels[name]);
  const badge = (name: PanelName): { count: number; words: string } | null => {
    if (name === "steer" && view.waiting.length > 0) {
      return { count: view.waiting.length, words: t.panels.waitingCount(view.waiting.length) };
    }
    const unread = isChatOpen ? 0 : Math.max(lines - seen.value, 0);
    return name === "chat" && unread > 0 ? { count: unread, words: t.panels.unread(unread) } : null;
  };
  return (
    <nav class="room-tabs" aria-label={t.panels.group}>
      {names.map((name) => {
        const mark = badge(name);
        return (
          <button
            key={name}
            type="button"
            class="tab"
            data-testid={`tab-${name}`}
            aria-expanded={panel.value === name}
            onClick={() => {
              panel.value = panel.value === name ? null : name;
            }}
          >
            <Icon name={ICONS[name]} />
            <span>{label(name)}</span>
            {mark && (
              <span class="badge" data-testid={`badge-${name}`}>
                <span aria-hidden="true">{mark.count}</span>
                <span class="hidden-words">{mark.words}</span>
              </span>
            )}
          </button>
        );
      })}
    </nav>
  );
}

function Panel({ view, name, close }: { view: InsideView; name: PanelName; close: () => void }) {
  const t = words.value;
  return (
    <aside
      class="room-panel"
      aria-label={name === "steer" ? t.panels.desk : t.panels[name]}
      data-testid={`panel-${name}`}
    >
      <button
        type="button"
        class="button plain panel-close"
        data-testid="close-panel"
        aria-label={t.panels.close}
        onClick={close}
      >
        <Icon name="close" />
      </button>
      {name === "people" && <People view={view} />}
      {name === "chat" && <Chat view={view} />}
      {name === "papers" && <Papers view={view} />}
      {name === "steer" && <Steer view={view} />}
    </aside>
  );
}

/** A phone that goes to sleep would cut the person off. */
function useStayingAwake(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    const ask = () => {
      if (document.visibilityState !== "visible") return;
      navigator.wakeLock?.request("screen").then(
        (given) => {
          lock = given;
        },
        () => undefined,
      );
    };
    ask();
    document.addEventListener("visibilitychange", ask);
    return () => {
      document.removeEventListener("visibilitychange", ask);
      void lock?.release();
    };
  }, []);
}
