/** Binary frames of accord.v1, section 6: six bytes of header, then the payload. */

import type { Bytes } from "../device/bytes";

export const KINDS = { syncRequest: 1, syncState: 2, update: 3, saved: 4, cursor: 5, paper: 6 } as const;
export type FrameKind = keyof typeof KINDS;

export const DOCUMENTS = { none: 0, agreement: 1, minutes: 2 } as const;
/** A shared draft. */
export type DocumentKind = "agreement" | "minutes";

export interface Frame {
  kind: FrameKind;
  document: keyof typeof DOCUMENTS;
  /** The client's count of its own updates; otherwise 0. */
  number: number;
  payload: Bytes;
}

const HEADER_BYTES = 6;

export function toBytes(frame: Frame): Bytes {
  const bytes = new Uint8Array(HEADER_BYTES + frame.payload.length);
  bytes[0] = KINDS[frame.kind];
  bytes[1] = DOCUMENTS[frame.document];
  new DataView(bytes.buffer).setUint32(2, frame.number);
  bytes.set(frame.payload, HEADER_BYTES);
  return bytes;
}

/** `null` if the header is none of the table's. */
export function parseFrame(bytes: Bytes): Frame | null {
  if (bytes.length < HEADER_BYTES) return null;
  const kind = nameOf(KINDS, bytes[0]);
  const document = nameOf(DOCUMENTS, bytes[1]);
  if (!kind || !document || (document === "none") !== (kind === "paper")) return null;
  const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(2);
  return { kind, document, number, payload: bytes.slice(HEADER_BYTES) };
}

function nameOf<Table extends Record<string, number>>(table: Table, code: number | undefined): keyof Table | undefined {
  return Object.keys(table).find((name) => table[name] === code);
}
