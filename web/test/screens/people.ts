/** The people of the sample case and the views they have of it. */

import type {
  AgreementView,
  InsideView,
  Permission,
  PersonView,
  Role,
  View,
  WaitingPersonView,
  You,
} from "../../src/protocol";

export const PEOPLE = {
  li: "11111111-1111-4111-8111-111111111111",
  zhang: "22222222-2222-4222-8222-222222222222",
  chen: "33333333-3333-4333-8333-333333333333",
  wang: "44444444-4444-4444-8444-444444444444",
  zhao: "55555555-5555-4555-8555-555555555555",
  sun: "66666666-6666-4666-8666-666666666666",
} as const;

export const CAUCUS = "77777777-7777-4777-8777-777777777777";
export const REQUEST = "88888888-8888-4888-8888-888888888888";
export const ORGANISATION = "江南知识产权纠纷人民调解委员会";
const CASES = ["（2026）苏05民初1234号"];

const NAMES: Record<string, [string, Role]> = {
  [PEOPLE.li]: ["李文静", "party"],
  [PEOPLE.zhang]: ["苏州晴川文化传播有限公司（张海波）", "party"],
  [PEOPLE.chen]: ["陈律", "representative"],
  [PEOPLE.wang]: ["王敏", "presiding_mediator"],
  [PEOPLE.zhao]: ["赵明", "observer"],
  [PEOPLE.sun]: ["孙丽", "seal_officer"],
};

const MAY: Record<Role, Permission[]> = {
  party: [
    "speak",
    "chat",
    "raise_hand",
    "join_caucus",
    "confirm_notices",
    "answer_for_party",
    "answer_recording",
    "draft",
    "sign",
  ],
  representative: [
    "speak",
    "chat",
    "raise_hand",
    "join_caucus",
    "confirm_notices",
    "answer_recording",
    "draft",
    "sign",
  ],
  presiding_mediator: [
    "speak",
    "chat",
    "admit",
    "hold_caucus",
    "join_caucus",
    "mute",
    "deliver_notices",
    "hold_recording",
    "answer_recording",
    "draft",
    "hold_papers",
    "sign",
    "conclude",
  ],
  assisting_mediator: ["speak", "chat", "raise_hand", "hold_caucus", "join_caucus", "answer_recording", "draft"],
  observer: ["answer_recording"],
  seal_officer: ["seal"],
};

export function you(id: string, change: Partial<You> = {}): You {
  const [name, role] = NAMES[id] ?? ["", "party"];
  return {
    id,
    name,
    role,
    may: MAY[role],
    microphone_on: true,
    camera_on: true,
    screen_on: false,
    hand_raised: false,
    ...change,
  };
}

export function person(id: string, change: Partial<PersonView> = {}): PersonView {
  const [name, role] = NAMES[id] ?? ["", "party"];
  return {
    id,
    name,
    role,
    speaks_for: id === PEOPLE.chen ? PEOPLE.zhang : null,
    authority: id === PEOPLE.chen ? "special" : null,
    place: { kind: "joint" },
    connected: true,
    microphone_on: role !== "observer",
    camera_on: role !== "observer",
    screen_on: false,
    hand_raised: false,
    ...change,
  };
}

/** The session as `id` sees it. */
export function inside(id: string, change: Partial<InsideView> = {}): View {
  return {
    where: "inside",
    you: you(id),
    phase: "in_session",
    organisation: ORGANISATION,
    case_numbers: CASES,
    cause: "侵害作品信息网络传播权纠纷",
    people: [person(PEOPLE.wang), person(PEOPLE.li), person(PEOPLE.zhang)],
    place: { kind: "joint" },
    caucuses: [],
    caucus_invitation: null,
    waiting: [],
    observers: [],
    notices: [],
    recording: { policy: "unanimous_consent", running: false, request: null, spans: 0 },
    agreement: null,
    outcome: null,
    ...change,
  };
}

export const waiting = (id: string): View => ({
  where: "waiting",
  you: you(id, { may: [], microphone_on: false, camera_on: false }),
  organisation: ORGANISATION,
});

export const AT_THE_DOOR: WaitingPersonView[] = [
  {
    id: PEOPLE.chen,
    name: "陈律",
    role: "representative",
    identity: { method: "律师执业证", document_masked: "1320****5678" },
    waiting_since_ms: Date.UTC(2026, 10, 23, 1, 2),
    admissible: true,
  },
  {
    id: PEOPLE.zhao,
    name: "赵明",
    role: "observer",
    identity: { method: "身份证", document_masked: "3205**********0312" },
    waiting_since_ms: Date.UTC(2026, 10, 23, 1, 5),
    admissible: false,
  },
];

export function agreement(documentDigest: string, change: Partial<AgreementView> = {}): AgreementView {
  const signer = (id: string) => {
    const [name, role] = NAMES[id] ?? ["", "party"];
    return { id, name, role, signed_at_ms: id === PEOPLE.zhang ? Date.UTC(2026, 10, 23, 2, 40) : null };
  };
  return {
    template: "payment",
    frozen: {
      content_digest: "3f2a9c0e77d1b5486a1e0c9d8b7f6e5d4c3b2a19080706050403020100ffeedd",
      document_digest: documentDigest,
      in_part: false,
    },
    signers: [signer(PEOPLE.li), signer(PEOPLE.zhang), signer(PEOPLE.wang)],
    you_sign: true,
    sealed: false,
    effective_at_ms: null,
    ...change,
  };
}
