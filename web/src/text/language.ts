/** The language of the page: the browser's, until the person switches. */

import { computed, effect, signal } from "@preact/signals";
import { en } from "./en";
import { type Dictionary, zh } from "./zh";

export type Language = "zh" | "en";

const STORED = "accord.language";
const DICTIONARIES: Record<Language, Dictionary> = { zh, en };

export const language = signal<Language>(initialLanguage());

/** Every word that is shown. */
export const words = computed(() => DICTIONARIES[language.value]);

export function switchLanguage(): void {
  language.value = language.peek() === "zh" ? "en" : "zh";
  localStorage.setItem(STORED, language.peek());
}

/** Keeps the document's language and title in step. */
export function keepDocument(title: () => string): void {
  effect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
    document.title = title();
  });
}

/** Hours and minutes, in the person's time zone. */
export function clock(ms: number): string {
  return new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit" }).format(ms);
}

/** Date, hours and minutes. */
export function moment(ms: number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(ms);
}

function locale(): string {
  return language.value === "zh" ? "zh-CN" : "en-GB";
}

function initialLanguage(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === "zh" || stored === "en") return stored;
  const tag = navigator.language || "zh";
  return tag.toLowerCase().startsWith("zh") ? "zh" : "en";
}
