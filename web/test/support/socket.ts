/** A websocket whose other end is the test. */

import type { FromClient, FromServer } from "../../src/protocol";

export class FakeSocket {
  static readonly opened: FakeSocket[] = [];
  binaryType = "blob";
  readyState = 1;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly sent: FromClient[] = [];
  readonly frames: Uint8Array[] = [];

  static open(): WebSocket {
    const socket = new FakeSocket();
    FakeSocket.opened.push(socket);
    return socket as unknown as WebSocket;
  }

  static last(): FakeSocket {
    const socket = FakeSocket.opened.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  }

  send(data: string | Uint8Array): void {
    if (typeof data === "string") this.sent.push(JSON.parse(data) as FromClient);
    else this.frames.push(data);
  }

  close(): void {
    this.readyState = 3;
  }

  /** The server says something. */
  say(message: FromServer): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  welcome(): void {
    this.say({ type: "welcome", tenant: "t", room: "r", participant: "p", ice_servers: [] });
  }

  /** The line breaks. */
  break(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  of<Type extends FromClient["type"]>(type: Type): Extract<FromClient, { type: Type }>[] {
    return this.sent.filter((message): message is Extract<FromClient, { type: Type }> => message.type === type);
  }
}

export const KEY = { publicKey: "key", sign: (words: string) => Promise.resolve(`signed ${words}`) };
