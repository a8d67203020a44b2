import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { Draft, FIELD, type Line } from "./draft";
import type { Frame } from "./frame";

const NOTHING = new Uint8Array();

/** The server's end of one line: keeps a document and answers only when told to. */
class Server implements Line {
  readonly doc = new Y.Doc();
  readonly sent: Frame[] = [];
  #number = 0;

  send(frame: Frame): void {
    this.sent.push(frame);
  }

  nextNumber(): number {
    this.#number += 1;
    return this.#number;
  }

  updates(): Frame[] {
    return this.sent.filter(({ kind }) => kind === "update");
  }

  /** Answers the last sync request, as section 6 says. */
  answerSync(draft: Draft): void {
    const request = this.sent.filter(({ kind }) => kind === "syncRequest").at(-1);
    const diff = Y.encodeStateAsUpdate(this.doc, request?.payload);
    draft.hear(frame("syncState", 0, diff));
    draft.hear(frame("syncRequest", 0, Y.encodeStateVector(this.doc)));
  }

  /** Makes every update durable and says so. */
  save(draft: Draft): void {
    for (const { number, payload } of this.updates()) {
      Y.applyUpdate(this.doc, payload);
      draft.hear(frame("saved", number, NOTHING));
    }
  }
}

function frame(kind: Frame["kind"], number: number, payload: Uint8Array): Frame {
  return { kind, document: "agreement", number, payload: Uint8Array.from(payload) };
}

function write(draft: Draft, text: string): void {
  draft.copy.value.doc.getXmlFragment(FIELD).push([new Y.XmlText(text)]);
}

function text(doc: Y.Doc): string {
  return doc.getXmlFragment(FIELD).toString();
}

function opened(): { server: Server; draft: Draft } {
  const server = new Server();
  const draft = new Draft("agreement", server);
  draft.online();
  server.answerSync(draft);
  server.save(draft);
  return { server, draft };
}

describe("the state that the editor shows", () => {
  test("is saved only after the server has called every update durable", () => {
    const { server, draft } = opened();
    expect(draft.state.value).toBe("saved");
    write(draft, "甲方");
    write(draft, "乙方");
    expect(draft.state.value).toBe("saving");
    const [, first, second] = server.updates();
    draft.hear(frame("saved", first?.number ?? 0, NOTHING));
    expect(draft.state.value).toBe("saving");
    draft.hear(frame("saved", second?.number ?? 0, NOTHING));
    expect(draft.state.value).toBe("saved");
  });

  test("is not saved after a reconnect before the server has what was written meanwhile", () => {
    const { server, draft } = opened();
    draft.offline();
    expect(draft.state.value).toBe("offline");
    write(draft, "断线时写的");
    draft.online();
    expect(draft.state.value).toBe("saving");
    server.answerSync(draft);
    expect(draft.state.value).toBe("saving");
    server.save(draft);
    expect(draft.state.value).toBe("saved");
    expect(text(server.doc)).toContain("断线时写的");
  });

  test("is opening until the text is there", () => {
    const server = new Server();
    const draft = new Draft("agreement", server);
    draft.online();
    expect(draft.state.value).toBe("opening");
  });
});

test("what was written while the line was down goes out after the handshake, in one update", () => {
  const { server, draft } = opened();
  draft.offline();
  write(draft, "一");
  write(draft, "二");
  const before = server.updates().length;
  draft.online();
  expect(server.updates()).toHaveLength(before);
  server.answerSync(draft);
  expect(server.updates()).toHaveLength(before + 1);
});

test("each connection writes under a client id of its own", () => {
  const { draft } = opened();
  const before = draft.copy.value.doc.clientID;
  write(draft, "一");
  draft.offline();
  draft.online();
  const { doc, cursors } = draft.copy.value;
  expect(doc.clientID).not.toBe(before);
  expect(cursors.clientID).toBe(doc.clientID);
  write(draft, "二");
  expect(Y.decodeStateVector(Y.encodeStateVector(doc)).has(doc.clientID)).toBe(true);
});

test("updates of others arrive and are not sent back", () => {
  const { server, draft } = opened();
  const before = server.sent.length;
  const other = new Y.Doc();
  other.getXmlFragment(FIELD).push([new Y.XmlText("别人写的")]);
  draft.hear(frame("update", 0, Y.encodeStateAsUpdate(other)));
  expect(text(draft.copy.value.doc)).toContain("别人写的");
  expect(server.sent).toHaveLength(before);
  expect(draft.state.value).toBe("saved");
});

test("a refused update drops this copy, and the document is opened anew with what the server holds", () => {
  const { server, draft } = opened();
  const bad = draft.copy.value;
  write(draft, "不能接受的");
  const number = server.updates().at(-1)?.number ?? 0;
  expect(draft.refuse(number + 1)).toBe(false);
  expect(draft.refuse(number)).toBe(true);
  expect(draft.copy.value).not.toBe(bad);
  expect(draft.refused.value).toBe(1);
  expect(draft.state.value).toBe("opening");
  server.answerSync(draft);
  expect(text(draft.copy.value.doc)).toBe("");
});

test("two people who write at once converge", () => {
  const one = opened();
  const two = opened();
  write(one.draft, "甲方写的");
  write(two.draft, "乙方写的");
  for (const { payload } of one.server.updates()) two.draft.hear(frame("update", 0, payload));
  for (const { payload } of two.server.updates()) one.draft.hear(frame("update", 0, payload));
  expect(text(one.draft.copy.value.doc)).toBe(text(two.draft.copy.value.doc));
  expect(text(one.draft.copy.value.doc)).toContain("乙方写的");
});
