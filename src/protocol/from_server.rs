//! What the server says.

use accord_room::{ChatRecipient, CommandId, ParticipantId, Publication, Refusal, RoomId, TenantId, View};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// A text message from the server.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromServer {
    /// The first message: what a `hello` must sign.
    Challenge {
        /// 32 random bytes, base64url without padding.
        nonce: String,
    },
    /// The invitation is redeemed.
    Welcome {
        /// The tenant, for statements.
        tenant: TenantId,
        /// The room, for statements.
        room: RoomId,
        /// Oneself, for statements.
        participant: ParticipantId,
        /// ICE servers, empty when the server is reached directly.
        ice_servers: Vec<IceServer>,
    },
    /// All that one sees of the room, whole, whenever it changes for this person.
    View {
        /// Counts only what this person was sent on this connection, from 1.
        version: u64,
        /// The view.
        view: Box<View>,
    },
    /// The certificate that binds the device key to the person, given on admission.
    Certificate {
        /// Canonical JSON object; keep it with what was signed.
        #[ts(type = "unknown")]
        certificate: Value,
    },
    /// Messages said to this person; on connecting all of them, then each as it is said.
    Chat {
        /// Oldest first.
        messages: Vec<ChatLine>,
    },
    /// A command or statement was carried out and is durable.
    Done {
        /// Its id.
        id: CommandId,
    },
    /// A command, statement, offer or document update was not carried out.
    Refused {
        /// Its id.
        id: CommandId,
        /// Why, and what to do.
        refusal: SessionRefusal,
        /// The same in plain English; the client localises by code.
        message: String,
    },
    /// The answer to an offer.
    Answer {
        /// The offer's id.
        id: CommandId,
        /// The SDP answer.
        sdp: String,
    },
    /// Which publication each receive slot carries. Acknowledge it before media flows on new assignments.
    Slots {
        /// Grows on this connection.
        version: u64,
        /// Every slot.
        slots: Vec<SlotView>,
    },
    /// Who speaks, among those one can hear.
    Speaker {
        /// `None`: nobody.
        participant: Option<ParticipantId>,
    },
    /// The connection ends, and whether it makes sense to come back.
    Closed {
        /// Why.
        reason: Closed,
        /// In plain English; the client localises by reason.
        message: String,
    },
}

/// An ICE server (RFC 8445), as `RTCIceServer` takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct IceServer {
    /// `stun:`, `turn:` or `turns:` addresses.
    pub urls: Vec<String>,
    /// For TURN.
    pub username: Option<String>,
    /// For TURN.
    pub credential: Option<String>,
}

/// One receive slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SlotView {
    /// Its m-line.
    pub mid: String,
    /// What it carries; `None` is empty.
    pub publication: Option<Publication>,
}

/// A written message, as a reader gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChatLine {
    /// When, ms since the epoch.
    pub at_ms: u64,
    /// Who.
    pub from: ParticipantId,
    /// To whom.
    pub to: ChatRecipient,
    /// Whether it was said in a private session.
    pub private: bool,
    /// Plain text.
    pub text: String,
}

/// Why something was not carried out: the room's reasons and the session's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(untagged)]
pub enum SessionRefusal {
    /// The room said no.
    Room(Refusal),
    /// The session said no before the room was asked.
    Session {
        /// One of the codes of PROTOCOL.md, for example `bad_statement`, `bad_offer`, `bad_update`, `freeze_refused`,
        /// `unavailable`.
        code: String,
        /// What exactly, in plain English.
        detail: String,
    },
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Closed {
    /// The invitation is unknown, revoked or spent. Do not come back with it.
    InvitationDead,
    /// The place is live on another device.
    LiveElsewhere,
    /// The same device connected again; this is the older connection.
    Replaced,
    /// Turned away, sent out, or gone by one's own wish. Do not come back by yourself.
    Out,
    /// A message could not be understood, was too large, or there were too many. The client is at fault.
    Protocol,
    /// The client did not read what it was sent.
    TooSlow,
    /// The server stops or cannot serve now. Come back shortly.
    Unavailable,
}
