/**
 * The device key: a P-256 key whose private half never leaves the browser's key store. One per invitation, kept in
 * IndexedDB under the invitation's digest, so that neither the secret nor the key can be read from there.
 */

import { base64url, digestOf, utf8 } from "./bytes";
import { load, save } from "./keep";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING = { name: "ECDSA", hash: "SHA-256" } as const;

export interface DeviceKey {
  /** The uncompressed point, base64url. */
  readonly publicKey: string;
  /** ECDSA with SHA-256 over the text's UTF-8 bytes: r‖s, base64url. */
  sign(words: string): Promise<string>;
}

/** The key that this device keeps for an invitation; made at its first use. */
export async function deviceKey(invitation: string): Promise<DeviceKey> {
  const place = await digestOf(utf8(invitation));
  const kept = await load<CryptoKeyPair>("keys", place);
  if (kept) return usable(kept);
  const made = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
  await save("keys", place, made);
  return usable(made);
}

async function usable(pair: CryptoKeyPair): Promise<DeviceKey> {
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return {
    publicKey: base64url(point),
    sign: async (words) => base64url(new Uint8Array(await crypto.subtle.sign(SIGNING, pair.privateKey, utf8(words)))),
  };
}
