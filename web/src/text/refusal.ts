/** A refusal in the person's language: by code; the server's own words for a code that this client does not know. */

import type { Refusal, SessionRefusal } from "../protocol";
import type { Dictionary } from "./zh";

export type KnownCode =
  | Refusal["code"]
  | "bad_statement"
  | "bad_offer"
  | "bad_update"
  | "freeze_refused"
  | "no_such_paper"
  | "unavailable";

export interface Explanation {
  text: string;
  /** What exactly, one item a line. */
  details: string[];
}

/** Codes whose detail helps the person. */
const TELLING: readonly string[] = ["freeze_refused", "limit_reached"];

export function explain(words: Dictionary, refusal: SessionRefusal, message: string): Explanation {
  const { code } = refusal;
  if (!isKnown(words, code)) return { text: message, details: [] };
  const detail = "detail" in refusal ? refusal.detail : "limit" in refusal ? refusal.limit : "";
  const lines = TELLING.includes(code) ? detail.split("\n").filter((line) => line.trim() !== "") : [];
  return { text: words.refusals[code], details: lines.map((line) => detailOf(words, line)) };
}

/** One thing that stands in the way of freezing, as the server names it. */
interface FreezeProblem {
  problem: string;
  section?: string | null;
  blank?: string;
  character?: string;
  codePoint?: string;
}

/** A line is a problem in JSON, or plain words. */
function detailOf(words: Dictionary, line: string): string {
  const problem = parsed(line);
  if (problem === null) return line;
  const section = problem.section
    ? (words.papers.sections[problem.section] ?? problem.section)
    : words.papers.pageHeading;
  const say = words.papers.freezeProblems;
  switch (problem.problem) {
    case "missingSection":
    case "emptySection":
      return say.empty(section);
    case "repeatedSection":
      return say.repeated(section);
    case "blank":
      return say.blank(section, problem.blank ?? "");
    case "hiddenCharacter":
      return say.hidden(section, problem.codePoint ?? "");
    case "missingGlyph":
      return say.glyph(section, problem.character ?? "", problem.codePoint ?? "");
    default:
      return line;
  }
}

function parsed(line: string): FreezeProblem | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "problem" in value ? (value as FreezeProblem) : null;
  } catch {
    return null;
  }
}

function isKnown(words: Dictionary, code: string): code is KnownCode {
  return Object.hasOwn(words.refusals, code);
}
