//! What a client may say.

use accord_room::{CaucusId, ChatRecipient, CommandId, Ending, FailureReport, ParticipantId, RequestId, Source};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A text message from a client. The first must be [`FromClient::Hello`].
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromClient {
    /// Redeems an invitation and proves the device key.
    Hello {
        /// The invitation's secret, from the link's fragment.
        invitation: String,
        /// The device's public key: P-256, uncompressed point (65 bytes), base64url without padding.
        device_key: String,
        /// ECDSA P-256/SHA-256 over the UTF-8 bytes of `accord.v1 hello ` followed by the challenge's nonce, r‖s,
        /// base64url without padding.
        proof: String,
    },
    /// Asks the room for something that needs no signature.
    Command {
        /// Made by the client (UUID); sent again after a reconnect it has no second effect.
        id: CommandId,
        /// What for.
        command: PersonCommand,
    },
    /// Gives a device-signed statement: a consent, a confirmation, a signature.
    Statement {
        /// As for commands.
        id: CommandId,
        /// The signed words.
        signed: SignedWords,
    },
    /// Offers media (RFC 8829): the client always offers, the server always answers.
    Offer {
        /// Repeated in the answer.
        id: CommandId,
        /// The SDP offer.
        sdp: String,
        /// What each sending m-line carries. Receive-only m-lines are slots.
        publications: Vec<PublicationOffer>,
    },
    /// Has taken over a slot map; from now on media on its new assignments is understood.
    SlotsAcknowledged {
        /// The map's version.
        version: u64,
    },
    /// Wants a paper's bytes, by digest; they come as a binary frame.
    ReadPaper {
        /// Repeated in a refusal.
        id: CommandId,
        /// The document digest.
        document_digest: String,
    },
}

/// What a sending m-line carries.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PublicationOffer {
    /// The m-line's mid.
    pub mid: String,
    /// Its source.
    pub source: Source,
}

/// Words signed with the device key. The server parses exactly these bytes, so nobody signs one thing and says another.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SignedWords {
    /// The statement: an `accord_evidence::Statement` as JSON text.
    pub statement: String,
    /// ECDSA P-256/SHA-256 over the text's UTF-8 bytes, r‖s, base64url without padding.
    pub signature: String,
}

/// What a person may ask for without signing. Who may what is the server's table; a client shows only what its view's
/// `may` lists.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of the room's actions, described in PROTOCOL.md")]
pub enum PersonCommand {
    Admit { participant: ParticipantId },
    Decline { participant: ParticipantId, reason: String },
    Remove { participant: ParticipantId, reason: String },
    Leave {},

    AskIntoCaucus { caucus: CaucusId, members: Vec<ParticipantId> },
    AnswerCaucus { caucus: CaucusId, accepts: bool },
    LeaveCaucus {},
    EndCaucus { caucus: CaucusId },

    SetMicrophone { on: bool },
    SetCamera { on: bool },
    SetScreen { on: bool },
    RaiseHand { raised: bool },
    Mute { participant: ParticipantId },
    Say { to: ChatRecipient, text: String },

    DeliverNotices {},
    AskRecording { request: RequestId },
    StopRecording {},

    OpenPapers { template: String },
    FreezeAgreement { in_part: bool },
    ReopenAgreement { reason: String },
    End { ending: Ending, report: FailureReport },
}
