/** Written words: to everybody in the same place, or to the mediator alone. What is shown is text, never markup. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { RoleTag } from "../parts/name";
import { useSession } from "../parts/session";
import type { ChatLine, ChatRecipient, InsideView } from "../protocol";
import { person } from "../room/selectors";
import { clock, words } from "../text/language";

/** Characters of one message, as the room limits them. */
const TEXT_CHARS_MAX = 4_000;

export function Chat({ view }: { view: InsideView }) {
  const { chat } = useSession();
  const t = words.value;
  const list = useRef<HTMLOListElement>(null);
  const lines = chat.value;
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [lines.length]);
  return (
    <div class="chat">
      <h2>{t.chat.title}</h2>
      {lines.length === 0 && <p class="faint">{t.chat.empty}</p>}
      <ol
        class="chat-lines"
        ref={list}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        aria-live="polite"
        aria-label={t.chat.title}
        data-testid="chat-lines"
      >
        {lines.map((line) => (
          <Line key={`${line.at_ms} ${line.from} ${line.text}`} view={view} line={line} />
        ))}
      </ol>
      {view.you.may.includes("chat") && view.phase !== "concluded" ? (
        <Writing view={view} />
      ) : (
        view.you.role === "observer" && <p class="faint">{t.chat.cannot}</p>
      )}
    </div>
  );
}

function Line({ view, line }: { view: InsideView; line: ChatLine }) {
  const t = words.value;
  const from = person(view, line.from);
  const isYou = line.from === view.you.id;
  return (
    <li class="chat-line" data-you={isYou} data-private={line.private} data-testid="chat-line">
      <div class="chat-from">
        <bdi class="name">{from?.name ?? t.chat.someone}</bdi>
        {from && <RoleTag role={from.role} />}
        <time dateTime={new Date(line.at_ms).toISOString()}>{clock(line.at_ms)}</time>
      </div>
      <p class="chat-text" dir="auto">
        {line.text}
      </p>
      {(line.private || line.to === "mediator") && (
        <span class="chat-mark">
          {[line.private ? t.chat.private : "", line.to === "mediator" ? t.chat.onlyMediator : ""]
            .filter((mark) => mark !== "")
            .join(" · ")}
        </span>
      )}
    </li>
  );
}

function Writing({ view }: { view: InsideView }) {
  const session = useSession();
  const t = words.value;
  const text = useSignal("");
  const to = useSignal<ChatRecipient>("everyone");
  const isSending = useSignal(false);
  const isMediator = view.you.role === "presiding_mediator";
  const isPrivate = view.place.kind === "caucus";
  const send = async () => {
    const said = text.value.trim();
    if (said === "" || isSending.value) return;
    isSending.value = true;
    if (await session.act({ type: "say", to: to.value, text: said })) text.value = "";
    isSending.value = false;
  };
  return (
    <form
      class="chat-writing"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <label class="field">
        <span>{t.chat.recipient}</span>
        <select
          data-testid="chat-to"
          value={to.value}
          onChange={(event) => {
            to.value = event.currentTarget.value === "mediator" ? "mediator" : "everyone";
          }}
        >
          <option value="everyone">{isPrivate ? t.chat.toEveryoneHere : t.chat.toEveryone}</option>
          {!isMediator && <option value="mediator">{t.chat.toMediator}</option>}
        </select>
      </label>
      <div class="chat-entry">
        <textarea
          rows={2}
          maxLength={TEXT_CHARS_MAX}
          data-testid="chat-text"
          aria-label={t.chat.field}
          placeholder={t.chat.field}
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            // While a Chinese input method composes, Enter chooses a word and sends nothing.
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            void send();
          }}
        />
        <button
          type="submit"
          class="button primary"
          data-testid="chat-send"
          disabled={isSending.value || text.value.trim() === ""}
        >
          {t.chat.send}
        </button>
      </div>
    </form>
  );
}
