/** A notice as it is confirmed: the person's language first, the other one a press away; the digest is over both. */

import { fetchNotices, type Notice, titleAndBody } from "../room/notices";
import { language, words } from "../text/language";
import { Action } from "./action";

export function NoticeWords({ notice, isTitleShown }: { notice: Notice | undefined; isTitleShown: boolean }) {
  const t = words.value;
  if (!notice) {
    return (
      <p class="trouble" role="alert">
        {t.prompt.notLoaded}{" "}
        <Action testid="reload-notices" run={() => fetchNotices().catch(() => undefined)}>
          {t.prompt.retry}
        </Action>
      </p>
    );
  }
  const isChinese = language.value === "zh";
  return (
    <div class="notice" data-testid={`notice-${notice.notice}`}>
      <Text text={isChinese ? notice.chinese : notice.english} isTitleShown={isTitleShown} />
      <details>
        <summary>{t.prompt.otherLanguage}</summary>
        <div lang={isChinese ? "en" : "zh-CN"}>
          <Text text={isChinese ? notice.english : notice.chinese} isTitleShown />
        </div>
      </details>
    </div>
  );
}

function Text({ text, isTitleShown }: { text: string; isTitleShown: boolean }) {
  const { title, paragraphs } = titleAndBody(text);
  return (
    <>
      {isTitleShown && <h3>{title}</h3>}
      {paragraphs.map((paragraph) => (
        <p key={paragraph}>{paragraph}</p>
      ))}
    </>
  );
}
