/** Every time of the connection, with its unit. They mirror those of PROTOCOL.md, section 1. */

/** First pause before coming back; each further one doubles. */
export const PAUSE_FIRST_MS = 500;
/** Longest pause before coming back. */
export const PAUSE_MAX_MS = 8_000;
/** Part of a pause that is left to chance, so that a whole room does not come back in one instant. */
export const PAUSE_CHANCE = 0.25;
/** From opening a socket to `welcome`; past it the attempt is given up. */
export const WELCOME_DEADLINE_MS = 10_000;
/** Silence after which the connection counts as lost while an answer is awaited: pings are not shown to a page. */
export const SILENCE_MAX_MS = 15_000;
/** How long the self-test waits for a sign of the server. */
export const REACH_DEADLINE_MS = 8_000;
