/**
 * A server that speaks accord.v1 and decides nothing: it checks the device key's proof, then shows each person the view
 * that the test sets. It serves `dist` under the real content security policy, so a screen that breaks it breaks here.
 */

import { createHash, createPublicKey, randomBytes, verify } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, resolve } from "node:path";
import { type WebSocket, WebSocketServer } from "ws";
import * as Y from "yjs";
import type { ChatLine, Closed, FromClient, FromServer, SlotView, View } from "../../src/protocol";
import { parseFrame, toBytes } from "../../src/words/frame";
import { PEOPLE } from "./people";

const DIST = resolve(import.meta.dirname, "../../dist");
const NOTICES = resolve(import.meta.dirname, "../../../src/room/notices");
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; " +
  "connect-src 'self' ws:; worker-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'";
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** One person's place: what they see, and what they said. */
export class Seat {
  view: View | null = null;
  chat: ChatLine[] = [];
  slots: SlotView[] = [];
  closes: Closed | null = null;
  paper: Uint8Array | null = null;
  /** Everything the client sent, oldest first. */
  readonly said: FromClient[] = [];
  /** Answers an offer, or leaves media unconnected. */
  answer: ((sdp: string) => Promise<{ sdp: string; slots: SlotView[] }>) | null = null;
  #socket: WebSocket | null = null;
  #version = 0;
  #key = "";

  show(view: View): void {
    this.view = view;
    this.#version += 1;
    this.send({ type: "view", version: this.#version, view });
  }

  send(message: FromServer): void {
    this.#socket?.send(JSON.stringify(message));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket?.send(bytes);
  }

  /** Breaks the line without a word. */
  drop(): void {
    this.#socket?.terminate();
  }

  close(reason: Closed): void {
    this.send({ type: "closed", reason, message: reason });
    this.#socket?.close();
  }

  /** What was signed, with the signature checked over exactly the bytes that came. */
  statements(): unknown[] {
    return this.said.flatMap((message) => {
      if (message.type !== "statement") return [];
      const { statement, signature } = message.signed;
      if (!isSigned(this.#key, statement, signature)) throw new Error("a statement's signature does not hold");
      return [JSON.parse(statement)];
    });
  }

  seat(socket: WebSocket, key: string): void {
    this.#socket = socket;
    this.#key = key;
    this.#version = 0;
    if (this.closes) {
      this.close(this.closes);
      return;
    }
    this.send({ type: "welcome", tenant: "t-1", room: "r-1", participant: PEOPLE.li, ice_servers: [] });
    if (this.view) this.show(this.view);
    if (this.chat.length > 0) this.send({ type: "chat", messages: this.chat });
  }

  async hear(message: FromClient): Promise<void> {
    this.said.push(message);
    switch (message.type) {
      case "command":
      case "statement":
        this.send({ type: "done", id: message.id });
        return;
      case "offer": {
        const answered = await this.answer?.(message.sdp);
        if (!answered) return;
        this.send({ type: "answer", id: message.id, sdp: answered.sdp });
        this.send({ type: "slots", version: 1, slots: answered.slots });
        return;
      }
      case "read_paper":
        if (!this.paper) return;
        this.sendBytes(
          toBytes({
            kind: "paper",
            document: "none",
            number: 0,
            payload: Uint8Array.from([...createHash("sha256").update(this.paper).digest(), ...this.paper]),
          }),
        );
        return;
      default:
        return;
    }
  }
}

export class FakeServer {
  readonly seats = new Map<string, Seat>();
  readonly drafts = new Map<string, Y.Doc>([
    ["agreement", new Y.Doc()],
    ["minutes", new Y.Doc()],
  ]);
  readonly #http = createServer((request, response) => this.#serve(request, response));
  readonly #sockets = new WebSocketServer({ server: this.#http, path: "/ws", handleProtocols: () => "accord.v1" });

  async start(): Promise<string> {
    this.#sockets.on("connection", (socket) => this.#greet(socket));
    await new Promise<void>((ready) => this.#http.listen(0, "127.0.0.1", ready));
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  stop(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.close();
  }

  seat(invitation: string): Seat {
    const known = this.seats.get(invitation) ?? new Seat();
    this.seats.set(invitation, known);
    return known;
  }

  #greet(socket: WebSocket): void {
    const nonce = randomBytes(32).toString("base64url");
    let seat: Seat | null = null;
    socket.send(JSON.stringify({ type: "challenge", nonce } satisfies FromServer));
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) {
        if (seat) this.#words(seat, Uint8Array.from(data));
        return;
      }
      const message = JSON.parse(data.toString()) as FromClient;
      if (message.type !== "hello") {
        void seat?.hear(message);
        return;
      }
      if (!isSigned(message.device_key, `accord.v1 hello ${nonce}`, message.proof)) throw new Error("a false proof");
      const known = this.seats.get(message.invitation);
      if (!known) {
        socket.send(JSON.stringify({ type: "closed", reason: "invitation_dead", message: "" } satisfies FromServer));
        socket.close();
        return;
      }
      seat = known;
      seat.seat(socket, message.device_key);
    });
  }

  #words(seat: Seat, bytes: Uint8Array<ArrayBuffer>): void {
    const frame = parseFrame(bytes);
    const doc = frame && this.drafts.get(frame.document);
    if (!frame || !doc) return;
    const { document } = frame;
    const reply = (kind: "syncState" | "syncRequest" | "saved", number: number, payload: Uint8Array) =>
      seat.sendBytes(toBytes({ kind, document, number, payload: Uint8Array.from(payload) }));
    if (frame.kind === "syncRequest") {
      reply("syncState", 0, Y.encodeStateAsUpdate(doc, frame.payload));
      reply("syncRequest", 0, Y.encodeStateVector(doc));
    } else if (frame.kind === "update") {
      Y.applyUpdate(doc, frame.payload);
      reply("saved", frame.number, new Uint8Array());
    }
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    response.setHeader("content-security-policy", POLICY);
    if (path === "/api/v1/notices") {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(publishedNotices()));
      return;
    }
    const file = path === "/join" ? "index.html" : path.slice(1);
    const found = resolve(join(DIST, file));
    if (!found.startsWith(DIST) || !existsSync(found)) {
      response.statusCode = 404;
      response.end();
      return;
    }
    response.setHeader("content-type", TYPES[extname(found)] ?? "application/octet-stream");
    response.end(readFileSync(found));
  }
}

/** The real texts, as the real server publishes them. */
function publishedNotices(): unknown[] {
  const version = "2026-11";
  const names = readdirSync(NOTICES).filter((name) => name.endsWith(".zh.txt"));
  return names.map((name) => {
    const notice = name.replace(".zh.txt", "");
    const chinese = readFileSync(join(NOTICES, name), "utf8");
    const english = readFileSync(join(NOTICES, `${notice}.en.txt`), "utf8");
    const digest = createHash("sha256").update(`${version}\n${chinese}\n${english}`).digest("hex");
    return { notice, version, chinese, english, digest };
  });
}

/** ECDSA P-256 over the text's bytes, r‖s, by the key with this uncompressed point. */
function isSigned(point: string, text: string, signature: string): boolean {
  const bytes = Buffer.from(point, "base64url");
  const jwk = {
    kty: "EC",
    crv: "P-256",
    x: bytes.subarray(1, 33).toString("base64url"),
    y: bytes.subarray(33).toString("base64url"),
  };
  const key = createPublicKey({ key: jwk, format: "jwk" });
  return verify("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"));
}
