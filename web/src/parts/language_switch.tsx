import { language, switchLanguage, words } from "../text/language";

/** The other language, named in that language. */
export function LanguageSwitch() {
  const t = words.value;
  return (
    <button
      type="button"
      class="button plain"
      data-testid="switch-language"
      lang={language.value === "zh" ? "en" : "zh-CN"}
      aria-label={t.switchLanguageLabel}
      onClick={switchLanguage}
    >
      {t.switchLanguage}
    </button>
  );
}
