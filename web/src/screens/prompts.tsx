/** The one thing that the person is asked now. Not a trap: everything else stays within reach, and it can wait. */

import type { ComponentChildren } from "preact";
import { noticeConfirmation, observerConsent, recordingConsent } from "../device/statement";
import { Action } from "../parts/action";
import { Icon } from "../parts/icons";
import { NoticeWords } from "../parts/notice_words";
import { useSession } from "../parts/session";
import type { InsideView } from "../protocol";
import { notices } from "../room/notices";
import { nextStep, type Prompt, person, prompts } from "../room/selectors";
import { isolate } from "../text/isolate";
import { words } from "../text/language";

export function PromptCard({ view, openPapers }: { view: InsideView; openPapers: () => void }) {
  const waiting = prompts(view);
  const [first] = waiting;
  const t = words.value;
  if (!first) return null;
  return (
    <section class="prompt" aria-label={t.prompt.region} data-testid={`prompt-${first.kind}`}>
      <Asked key={keyOf(first)} prompt={first} view={view} openPapers={openPapers} />
      {waiting.length > 1 && <p class="prompt-more">{t.prompt.more(waiting.length - 1)}</p>}
    </section>
  );
}

/** While nothing is asked: what happens now, and what one may do. */
export function NextStepLine({ view }: { view: InsideView }) {
  const step = nextStep(view);
  if (!step || prompts(view).length > 0) return null;
  return (
    <p class="next-step" role="status" data-testid="next-step" data-step={step}>
      {words.value.next[step]}
    </p>
  );
}

/** The title of what is asked, for where the card has no room. */
export function promptTitle(view: InsideView): string | null {
  const [first] = prompts(view);
  const t = words.value;
  switch (first?.kind) {
    case undefined:
      return null;
    case "caucus":
      return t.prompt.caucusTitle;
    case "recording":
      return t.prompt.recordingTitle;
    case "notice":
      return t.prompt.noticeStep(first.position, first.of);
    case "observer":
      return t.prompt.observerTitle;
    case "sign":
      return t.prompt.signTitle;
  }
}

function Asked({ prompt, view, openPapers }: { prompt: Prompt; view: InsideView; openPapers: () => void }) {
  const session = useSession();
  const t = words.value;
  switch (prompt.kind) {
    case "caucus": {
      const answer = (accepts: boolean) => session.act({ type: "answer_caucus", caucus: prompt.caucus, accepts });
      return (
        <Card
          title={t.prompt.caucusTitle}
          answers={
            <>
              <Action testid="caucus-accept" kind="primary" run={() => answer(true)}>
                {t.prompt.caucusYes}
              </Action>
              <Action testid="caucus-decline" run={() => answer(false)}>
                {t.prompt.caucusNo}
              </Action>
            </>
          }
        >
          <p>{t.prompt.caucusText(isolate(person(view, prompt.mediator)?.name ?? t.roles.presiding_mediator))}</p>
        </Card>
      );
    }
    case "recording":
      return <RecordingQuestion request={prompt.request} />;
    case "notice":
      return <NoticeQuestion prompt={prompt} />;
    case "observer":
      return <ObserverQuestion prompt={prompt} />;
    case "sign":
      return (
        <Card
          title={t.prompt.signTitle}
          answers={
            <button type="button" class="button primary" data-testid="open-signing" onClick={openPapers}>
              <Icon name="papers" />
              {t.prompt.signOpen}
            </button>
          }
        >
          <p>{t.prompt.signText}</p>
        </Card>
      );
  }
}

function RecordingQuestion({ request }: { request: string }) {
  const session = useSession();
  const t = words.value;
  const notice = notices.value.get("recording_consent");
  const answer = (agrees: boolean) => notice && session.state(recordingConsent(request, notice, agrees));
  return (
    <Card
      title={t.prompt.recordingTitle}
      answers={
        <>
          <Action testid="recording-yes" kind="primary" disabled={!notice} run={() => answer(true)}>
            {t.prompt.recordingYes}
          </Action>
          <Action testid="recording-no" disabled={!notice} run={() => answer(false)}>
            {t.prompt.recordingNo}
          </Action>
        </>
      }
    >
      <NoticeWords notice={notice} isTitleShown={false} />
      <p class="faint">{t.prompt.recordingNote}</p>
    </Card>
  );
}

function NoticeQuestion({ prompt }: { prompt: Extract<Prompt, { kind: "notice" }> }) {
  const session = useSession();
  const t = words.value;
  const notice = notices.value.get(prompt.notice);
  const confirm = () => notice && session.state(noticeConfirmation(notice));
  return (
    <Card
      title={t.prompt.noticeStep(prompt.position, prompt.of)}
      answers={
        <Action testid={`confirm-${prompt.notice}`} kind="primary" disabled={!notice} run={confirm}>
          {t.prompt.noticeConfirm}
        </Action>
      }
    >
      <NoticeWords notice={notice} isTitleShown />
    </Card>
  );
}

function ObserverQuestion({ prompt }: { prompt: Extract<Prompt, { kind: "observer" }> }) {
  const session = useSession();
  const t = words.value;
  const notice = notices.value.get("observer_consent");
  const { id, name } = prompt.observer;
  const answer = (agrees: boolean) => notice && session.state(observerConsent(id, notice, agrees));
  return (
    <Card
      title={t.prompt.observerTitle}
      answers={
        <>
          <Action testid="observer-yes" kind="primary" disabled={!notice} run={() => answer(true)}>
            {t.prompt.observerYes}
          </Action>
          <Action testid="observer-no" disabled={!notice} run={() => answer(false)}>
            {t.prompt.observerNo}
          </Action>
        </>
      }
    >
      <p>
        {t.prompt.observerWho} <bdi class="strong">{name}</bdi>
      </p>
      <NoticeWords notice={notice} isTitleShown={false} />
    </Card>
  );
}

interface CardProps {
  title: string;
  children: ComponentChildren;
  answers: ComponentChildren;
}

function Card({ title, children, answers }: CardProps) {
  return (
    <>
      <div role="status">
        <h2>{title}</h2>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div class="prompt-words" tabIndex={0} role="group" aria-label={title}>
        {children}
      </div>
      <div class="row answers">{answers}</div>
    </>
  );
}

function keyOf(prompt: Prompt): string {
  switch (prompt.kind) {
    case "caucus":
      return prompt.caucus;
    case "recording":
      return prompt.request;
    case "notice":
      return prompt.notice;
    case "observer":
      return prompt.observer.id;
    case "sign":
      return "sign";
  }
}
