/**
 * Statements: words that a person signs on their own device. The text that is signed is the text that is sent, byte for
 * byte; the server reads exactly these bytes.
 */

import type { Frozen, SignedWords, Statement as Words } from "../protocol";
import type { Notice } from "../room/notices";
import { base64url } from "./bytes";
import type { DeviceKey } from "./key";

/** Who says it, where: as `welcome` told. */
export type Speaker = Pick<Words, "tenant" | "room" | "participant">;

/** What a person says: the part of the words that is theirs to choose. */
export type Statement = Pick<Words, "type" | "subject" | "answer">;

export function noticeConfirmation({ notice, version, digest }: Notice): Statement {
  return {
    type: "notice_confirmation",
    subject: { kind: "notice", notice, version, text_digest: digest },
    answer: "yes",
  };
}

/** An answer to being recorded; `words` are those that were shown. */
export function recordingConsent(request: string, words: Notice, agrees: boolean): Statement {
  return {
    type: "consent",
    subject: { kind: "request", purpose: "recording", request, text_digest: words.digest },
    answer: agrees ? "yes" : "no",
  };
}

export function recordingWithdrawal(request: string, words: Notice): Statement {
  return { ...recordingConsent(request, words, true), type: "consent_withdrawal" };
}

/** An answer to an observer; `words` are those that were shown. */
export function observerConsent(observer: string, words: Notice, agrees: boolean): Statement {
  return {
    type: "consent",
    subject: { kind: "request", purpose: "observer", request: observer, text_digest: words.digest },
    answer: agrees ? "yes" : "no",
  };
}

export function signature(frozen: Frozen): Statement {
  return {
    type: "signature",
    subject: {
      kind: "document",
      content_digest: frozen.content_digest,
      document_digest: frozen.document_digest,
    },
    answer: "yes",
  };
}

export function sealAuthorisation(frozen: Frozen): Statement {
  return { ...signature(frozen), type: "seal_authorisation" };
}

const NONCE_BYTES = 16;

export async function signed(key: DeviceKey, speaker: Speaker, said: Statement, atMs: number): Promise<SignedWords> {
  const words: Words = {
    type: said.type,
    tenant: speaker.tenant,
    room: speaker.room,
    participant: speaker.participant,
    subject: said.subject,
    answer: said.answer,
    at_ms: atMs,
    nonce: base64url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES))),
  };
  const statement = JSON.stringify(words);
  return { statement, signature: await key.sign(statement) };
}
