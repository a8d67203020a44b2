/** Sizes and times of the media connection. */

/** Receive slots for sound: who can be heard at once. */
export const AUDIO_SLOTS = 6;
/** Receive slots for pictures: who, and whose screen, can be seen at once. */
export const VIDEO_SLOTS = 8;
/** From an offer to a standing media connection; past it a fresh one is made. */
export const CONNECT_DEADLINE_MS = 12_000;
/** How long a connection may falter before a fresh one is made. */
export const FALTER_MAX_MS = 4_000;
/** First pause before a fresh offer after one that failed; each further one doubles. */
export const RETRY_FIRST_MS = 1_000;
/** Longest such pause. */
export const RETRY_MAX_MS = 8_000;
