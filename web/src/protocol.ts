// Generated from src/protocol by tests/regenerate. Do not edit.

export type AgreementView = { 
/**
 * The template they were opened from.
 */
template: string, 
/**
 * What is frozen; `None` while it is being drafted.
 */
frozen: Frozen | null, 
/**
 * Whose signatures it needs.
 */
signers: Array<SignerView>, 
/**
 * Whether one's own signature is outstanding.
 */
you_sign: boolean, 
/**
 * Whether the seal is on it.
 */
sealed: boolean, 
/**
 * When it took effect, ms since the epoch.
 */
effective_at_ms: number | null, };

export type Answer = "yes" | "no";

export type Authority = "general" | "special";

export type CaucusId = string;

export type CaucusInvitationView = { 
/**
 * Which.
 */
caucus: CaucusId, 
/**
 * Who asks.
 */
mediator: ParticipantId, };

export type CaucusView = { 
/**
 * Which.
 */
caucus: CaucusId, 
/**
 * The mediator who holds it.
 */
mediator: ParticipantId, 
/**
 * Who is in it.
 */
members: Array<ParticipantId>, };

export type ChatLine = { 
/**
 * When, ms since the epoch.
 */
at_ms: number, 
/**
 * Who.
 */
from: ParticipantId, 
/**
 * To whom.
 */
to: ChatRecipient, 
/**
 * Whether it was said in a private session.
 */
private: boolean, 
/**
 * Plain text.
 */
text: string, };

export type ChatRecipient = "everyone" | "mediator";

export type Closed = "invitation_dead" | "live_elsewhere" | "replaced" | "out" | "protocol" | "too_slow" | "unavailable";

export type CommandId = string;

export type ConsentView = { 
/**
 * Which.
 */
request: RequestId, 
/**
 * One's own answer.
 */
your_answer: boolean | null, 
/**
 * How many inside have not answered.
 */
outstanding: number, };

export type DeskView = { 
/**
 * Oneself.
 */
you: You, 
/**
 * The organisation.
 */
organisation: string, 
/**
 * The cases.
 */
case_numbers: Array<string>, 
/**
 * The agreement, once everybody has signed.
 */
agreement: AgreementView | null, };

export type Digest = string;

export type Ending = "settled_and_withdrawn" | "party_not_reached" | "party_unwilling" | "differences_too_great" | "time_expired" | "signature_refused" | "other";

export type FailureReport = { 
/**
 * 基本情况.
 */
situation: string, 
/**
 * 未达成的原因.
 */
reason: string, 
/**
 * Conduct that raised other parties' costs; empty if none.
 */
costly_conduct: string, 
/**
 * What the court should be alerted to; empty if nothing.
 */
alert: string, };

export type FromClient = { "type": "hello", 
/**
 * The invitation's secret, from the link's fragment.
 */
invitation: string, 
/**
 * The device's public key: P-256, uncompressed point (65 bytes), base64url without padding.
 */
device_key: string, 
/**
 * ECDSA P-256/SHA-256 over the UTF-8 bytes of `accord.v1 hello ` followed by the challenge's nonce, r‖s,
 * base64url without padding.
 */
proof: string, } | { "type": "command", 
/**
 * Made by the client (UUID); sent again after a reconnect it has no second effect.
 */
id: CommandId, 
/**
 * What for.
 */
command: PersonCommand, } | { "type": "statement", 
/**
 * As for commands.
 */
id: CommandId, 
/**
 * The signed words.
 */
signed: SignedWords, } | { "type": "offer", 
/**
 * Repeated in the answer.
 */
id: CommandId, 
/**
 * The SDP offer.
 */
sdp: string, 
/**
 * What each sending m-line carries. Receive-only m-lines are slots.
 */
publications: Array<PublicationOffer>, } | { "type": "slots_acknowledged", 
/**
 * The map's version.
 */
version: number, } | { "type": "read_paper", 
/**
 * Repeated in a refusal.
 */
id: CommandId, 
/**
 * The document digest.
 */
document_digest: string, };

export type FromServer = { "type": "challenge", 
/**
 * 32 random bytes, base64url without padding.
 */
nonce: string, } | { "type": "welcome", 
/**
 * The tenant, for statements.
 */
tenant: TenantId, 
/**
 * The room, for statements.
 */
room: RoomId, 
/**
 * Oneself, for statements.
 */
participant: ParticipantId, 
/**
 * ICE servers, empty when the server is reached directly.
 */
ice_servers: Array<IceServer>, } | { "type": "view", 
/**
 * Counts only what this person was sent on this connection, from 1.
 */
version: number, 
/**
 * The view.
 */
view: View, } | { "type": "certificate", 
/**
 * Canonical JSON object; keep it with what was signed.
 */
certificate: unknown, } | { "type": "chat", 
/**
 * Oldest first.
 */
messages: Array<ChatLine>, } | { "type": "done", 
/**
 * Its id.
 */
id: CommandId, } | { "type": "refused", 
/**
 * Its id.
 */
id: CommandId, 
/**
 * Why, and what to do.
 */
refusal: SessionRefusal, 
/**
 * The same in plain English; the client localises by code.
 */
message: string, } | { "type": "answer", 
/**
 * The offer's id.
 */
id: CommandId, 
/**
 * The SDP answer.
 */
sdp: string, } | { "type": "slots", 
/**
 * Grows on this connection.
 */
version: number, 
/**
 * Every slot.
 */
slots: Array<SlotView>, } | { "type": "speaker", 
/**
 * `None`: nobody.
 */
participant: ParticipantId | null, } | { "type": "closed", 
/**
 * Why.
 */
reason: Closed, 
/**
 * In plain English; the client localises by reason.
 */
message: string, };

export type Frozen = { 
/**
 * SHA-256 of the canonical content, lower-case hex; printed on every page.
 */
content_digest: string, 
/**
 * SHA-256 of the frozen PDF's bytes, lower-case hex.
 */
document_digest: string, 
/**
 * Whether it settles only part of the claims (S0 四.4.2).
 */
in_part: boolean, };

export type IceServer = { 
/**
 * `stun:`, `turn:` or `turns:` addresses.
 */
urls: Array<string>, 
/**
 * For TURN.
 */
username: string | null, 
/**
 * For TURN.
 */
credential: string | null, };

export type Identity = { 
/**
 * How identity was established, in the case service's words (for example "身份证").
 */
method: string, 
/**
 * The document number with all but its last characters masked, as the case service chose to show it.
 */
document_masked: string | null, };

export type InsideView = { 
/**
 * Oneself.
 */
you: You, 
/**
 * How far the mediation has come.
 */
phase: Phase, 
/**
 * Who holds the mediation.
 */
organisation: string, 
/**
 * The cases it serves.
 */
case_numbers: Array<string>, 
/**
 * The cause of action.
 */
cause: string, 
/**
 * Everybody inside, oneself included.
 */
people: Array<PersonView>, 
/**
 * Where one is.
 */
place: Place, 
/**
 * Private sessions: that they exist and who is in them.
 */
caucuses: Array<CaucusView>, 
/**
 * A private session one is asked into.
 */
caucus_invitation: CaucusInvitationView | null, 
/**
 * The mediators' list of who waits; empty for everybody else.
 */
waiting: Array<WaitingPersonView>, 
/**
 * Observers that the parties are asked about or have agreed to; for parties and mediators.
 */
observers: Array<ObserverView>, 
/**
 * Notices delivered to oneself, and for mediators everyone's confirmations.
 */
notices: Array<NoticeView>, 
/**
 * Recording: whether it runs and what is asked of one.
 */
recording: RecordingView, 
/**
 * The papers; `None` before they are opened, and for those who may not read them.
 */
agreement: AgreementView | null, 
/**
 * How it ended.
 */
outcome: OutcomeView | null, };

export type NoticeId = "rights" | "procedure" | "effect" | "sham_mediation" | "recording_consent" | "observer_consent";

export type NoticeView = { 
/**
 * Which.
 */
notice: NoticeId, 
/**
 * Whether one has confirmed it.
 */
confirmed: boolean, 
/**
 * For mediators: who has confirmed it; empty for everybody else.
 */
confirmed_by: Array<ParticipantId>, };

export type ObserverView = { 
/**
 * Who.
 */
id: ParticipantId, 
/**
 * Name.
 */
name: string, 
/**
 * One's own side's answer; `None` if there is none, or one has no side.
 */
your_answer: boolean | null, 
/**
 * Whether every party has agreed.
 */
agreed: boolean, };

export type OutcomeView = { "kind": "agreed", 
/**
 * On part of the claims only.
 */
in_part: boolean, } | { "kind": "not_agreed", 
/**
 * The ground.
 */
ending: Ending, };

export type OutsideReason = "declined" | "removed" | "left";

export type ParticipantId = string;

export type Permission = "admit" | "hold_caucus" | "join_caucus" | "speak" | "chat" | "raise_hand" | "mute" | "deliver_notices" | "confirm_notices" | "answer_for_party" | "hold_recording" | "answer_recording" | "draft" | "hold_papers" | "sign" | "seal" | "conclude";

export type PersonCommand = { "type": "admit", participant: ParticipantId, } | { "type": "decline", participant: ParticipantId, reason: string, } | { "type": "remove", participant: ParticipantId, reason: string, } | { "type": "leave", } | { "type": "ask_into_caucus", caucus: CaucusId, members: Array<ParticipantId>, } | { "type": "answer_caucus", caucus: CaucusId, accepts: boolean, } | { "type": "leave_caucus", } | { "type": "end_caucus", caucus: CaucusId, } | { "type": "set_microphone", on: boolean, } | { "type": "set_camera", on: boolean, } | { "type": "set_screen", on: boolean, } | { "type": "raise_hand", raised: boolean, } | { "type": "mute", participant: ParticipantId, } | { "type": "say", to: ChatRecipient, text: string, } | { "type": "deliver_notices", } | { "type": "ask_recording", request: RequestId, } | { "type": "stop_recording", } | { "type": "open_papers", template: string, } | { "type": "freeze_agreement", in_part: boolean, } | { "type": "reopen_agreement", reason: string, } | { "type": "end", ending: Ending, report: FailureReport, };

export type PersonView = { 
/**
 * Who.
 */
id: ParticipantId, 
/**
 * Name.
 */
name: string, 
/**
 * Role, as the server knows it.
 */
role: Role, 
/**
 * For a representative: the party.
 */
speaks_for: ParticipantId | null, 
/**
 * For a representative: its authority.
 */
authority: Authority | null, 
/**
 * Where they are.
 */
place: Place, 
/**
 * Whether they are connected now.
 */
connected: boolean, 
/**
 * Their microphone; for people in another place than one's own it is not told.
 */
microphone_on: boolean | null, 
/**
 * Their camera; likewise.
 */
camera_on: boolean | null, 
/**
 * Their screen; likewise.
 */
screen_on: boolean | null, 
/**
 * Whether they ask to speak; likewise.
 */
hand_raised: boolean | null, };

export type Phase = "scheduled" | "in_session" | "signing" | "concluded";

export type Place = { "kind": "joint" } | { "kind": "caucus", 
/**
 * Which.
 */
caucus: CaucusId, };

export type Publication = { 
/**
 * Who sends.
 */
participant: ParticipantId, 
/**
 * What.
 */
source: Source, };

export type PublicationOffer = { 
/**
 * The m-line's mid.
 */
mid: string, 
/**
 * Its source.
 */
source: Source, };

export type RecordingPolicy = "never" | "unanimous_consent";

export type RecordingView = { 
/**
 * Whether it may ever run.
 */
policy: RecordingPolicy, 
/**
 * Whether it runs now.
 */
running: boolean, 
/**
 * The open request.
 */
request: ConsentView | null, 
/**
 * Spans recorded so far.
 */
spans: number, };

export type Refusal = { "code": "bad_charter", 
/**
 * What is wrong, in plain words.
 */
detail: string, } | { "code": "not_allowed" } | { "code": "not_inside" } | { "code": "no_such_person" } | { "code": "invitation_dead" } | { "code": "live_elsewhere" } | { "code": "observer_needs_consent" } | { "code": "no_such_caucus" } | { "code": "bad_caucus" } | { "code": "never_recorded" } | { "code": "no_such_request" } | { "code": "already_asked" } | { "code": "no_such_notice" } | { "code": "wrong_phase" } | { "code": "other_agreement" } | { "code": "nothing_to_sign" } | { "code": "bad_text" } | { "code": "limit_reached", 
/**
 * Which limit.
 */
limit: string, } | { "code": "concluded" } | { "code": "already_founded" };

export type RequestId = string;

export type Role = "party" | "representative" | "presiding_mediator" | "assisting_mediator" | "observer" | "seal_officer";

export type RoomId = string;

export type SessionRefusal = Refusal | { 
/**
 * One of the codes of PROTOCOL.md, for example `bad_statement`, `bad_offer`, `bad_update`, `freeze_refused`,
 * `unavailable`.
 */
code: string, 
/**
 * What exactly, in plain English.
 */
detail: string, };

export type SignedWords = { 
/**
 * The statement: an `accord_evidence::Statement` as JSON text.
 */
statement: string, 
/**
 * ECDSA P-256/SHA-256 over the text's UTF-8 bytes, r‖s, base64url without padding.
 */
signature: string, };

export type SignerView = { 
/**
 * Who.
 */
id: ParticipantId, 
/**
 * Name.
 */
name: string, 
/**
 * Role.
 */
role: Role, 
/**
 * When they signed, ms since the epoch.
 */
signed_at_ms: number | null, };

export type SlotView = { 
/**
 * Its m-line.
 */
mid: string, 
/**
 * What it carries; `None` is empty.
 */
publication: Publication | null, };

export type Source = "microphone" | "camera" | "screen";

export type Statement = { 
/**
 * What sort of statement.
 */
type: StatementKind, 
/**
 * The organisation.
 */
tenant: string, 
/**
 * The room.
 */
room: string, 
/**
 * Who speaks, by their id in the room.
 */
participant: string, 
/**
 * What it is about.
 */
subject: Subject, 
/**
 * Yes or no to it.
 */
answer: Answer, 
/**
 * The device's time, ms since the epoch; a hint, never relied on.
 */
at_ms: number, 
/**
 * What the server gave with the question, or a random text of the device's: makes each statement singular.
 */
nonce: string, };

export type StatementKind = "notice_confirmation" | "consent" | "consent_withdrawal" | "confirmation" | "signature" | "seal_authorisation";

export type Subject = { "kind": "notice", 
/**
 * Which notice.
 */
notice: string, 
/**
 * Which version of its text.
 */
version: string, 
/**
 * SHA-256 of the text's UTF-8 bytes.
 */
text_digest: Digest, } | { "kind": "request", 
/**
 * What consent is asked for, for example `recording` or `observer`.
 */
purpose: string, 
/**
 * The one request that this answers.
 */
request: string, 
/**
 * SHA-256 of the question's UTF-8 bytes, as shown.
 */
text_digest: Digest, } | { "kind": "document", 
/**
 * Digest of its canonical content; `None` for an uploaded document.
 */
content_digest: Digest | null, 
/**
 * SHA-256 of the frozen PDF.
 */
document_digest: Digest, };

export type TenantId = string;

export type View = { "where": "outside", 
/**
 * Why.
 */
reason: OutsideReason, } | { "where": "waiting", 
/**
 * Oneself.
 */
you: You, 
/**
 * Who holds the mediation.
 */
organisation: string, } | { "where": "desk" } & DeskView | { "where": "inside" } & InsideView;

export type WaitingPersonView = { 
/**
 * Who.
 */
id: ParticipantId, 
/**
 * Name.
 */
name: string, 
/**
 * Role.
 */
role: Role, 
/**
 * How identity was established.
 */
identity: Identity, 
/**
 * Since when, ms since the epoch.
 */
waiting_since_ms: number, 
/**
 * Whether they may be admitted now; an observer only with every party's consent.
 */
admissible: boolean, };

export type You = { 
/**
 * One's id in this room.
 */
id: ParticipantId, 
/**
 * One's name.
 */
name: string, 
/**
 * One's role, as the server knows it.
 */
role: Role, 
/**
 * All that one may do.
 */
may: Array<Permission>, 
/**
 * One's own microphone switch.
 */
microphone_on: boolean, 
/**
 * One's own camera switch.
 */
camera_on: boolean, 
/**
 * One's own screen share.
 */
screen_on: boolean, 
/**
 * Whether one asked to speak.
 */
hand_raised: boolean, };
