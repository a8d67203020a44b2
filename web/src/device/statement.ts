/**
 * Statements: words that a person signs on their own device. The text that is signed is the text that is sent, byte for
 * byte; the server reads exactly these bytes.
 */

import type { SignedWords } from "../protocol";
import { base64url } from "./bytes";
import type { DeviceKey } from "./key";

/** Who says it, where: as `welcome` told. */
export interface Speaker {
  tenant: string;
  room: string;
  participant: string;
}

export type Statement =
  | { type: "notice_confirmation"; subject: { notice: string; digest: string }; answer: true }
  | { type: "observer_consent"; subject: { observer: string; digest: string }; answer: boolean }
  | { type: "recording_consent"; subject: { request: string; digest: string }; answer: boolean }
  | { type: "recording_withdrawal"; subject: { request: string }; answer: true }
  | { type: "signature"; subject: PaperDigests; answer: true }
  | { type: "seal_authorisation"; subject: PaperDigests; answer: true };

interface PaperDigests {
  content_digest: string;
  document_digest: string;
}

const NONCE_BYTES = 16;

export async function signed(key: DeviceKey, speaker: Speaker, said: Statement, atMs: number): Promise<SignedWords> {
  const statement = JSON.stringify({
    type: said.type,
    tenant: speaker.tenant,
    room: speaker.room,
    participant: speaker.participant,
    subject: said.subject,
    answer: said.answer,
    at_ms: atMs,
    nonce: base64url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES))),
  });
  return { statement, signature: await key.sign(statement) };
}
