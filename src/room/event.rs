//! What has happened. Events are the durable truth of a room: each is a leaf of its journal.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    CaucusId, Charter, ChatMessage, CommandId, ConnectionId, Ending, FailureReport, Frozen, InvitationId, NoticeId,
    ParticipantId, RequestId, SpanEnd, SpanId,
};

/// An event as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// When it was decided, ms since the epoch.
    pub at_ms: u64,
    /// The command it came from.
    pub command: CommandId,
    /// The person who gave the command; `None` for the service or the system.
    pub by: Option<ParticipantId>,
    /// What happened.
    pub event: Event,
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is the past tense of the action of the same name")]
pub enum Event {
    Founded { charter: Box<Charter> },
    Invited { participant: ParticipantId, invitation: InvitationId },
    InvitationRevoked { participant: ParticipantId },

    Arrived { participant: ParticipantId, connection: ConnectionId, device_key: String },
    Reconnected { participant: ParticipantId, connection: ConnectionId },
    ConnectionLost { participant: ParticipantId },
    Restarted {},
    SessionOpened {},
    Admitted { participant: ParticipantId },
    Declined { participant: ParticipantId, reason: String },
    Removed { participant: ParticipantId, reason: String },
    Left { participant: ParticipantId },
    ObserverAnswered { observer: ParticipantId, party: ParticipantId, agrees: bool, statement: Value },
    ObserverWithdrawn { observer: ParticipantId },

    CaucusAsked { caucus: CaucusId, mediator: ParticipantId, members: Vec<ParticipantId> },
    CaucusEntered { caucus: CaucusId, participant: ParticipantId },
    CaucusDeclined { caucus: CaucusId, participant: ParticipantId },
    CaucusLeft { caucus: CaucusId, participant: ParticipantId },
    CaucusEnded { caucus: CaucusId },

    MicrophoneSwitched { participant: ParticipantId, on: bool },
    CameraSwitched { participant: ParticipantId, on: bool },
    ScreenSwitched { participant: ParticipantId, on: bool },
    HandRaised { participant: ParticipantId, raised: bool },
    Muted { participant: ParticipantId },
    Said { message: ChatMessage },

    NoticesDelivered {},
    NoticeConfirmed { participant: ParticipantId, notice: NoticeId, digest: String, statement: Value },

    RecordingAsked { request: RequestId },
    RecordingAnswered { request: RequestId, participant: ParticipantId, agrees: bool, statement: Value },
    RecordingWithdrawn { request: RequestId, participant: ParticipantId, statement: Value },
    RecordingClosed { request: RequestId },
    SpanStarted { span: SpanId, request: RequestId, generation: u64, consenting: Vec<ParticipantId> },
    SpanEnded { span: SpanId, end: SpanEnd },

    PapersOpened { template: String },
    WriterBound { participant: ParticipantId, client: u64 },
    Frozen { frozen: Frozen },
    Reopened { reason: String },
    Signed { participant: ParticipantId, content_digest: String, document_digest: String, statement: Value },
    SealAuthorised { officer: ParticipantId, content_digest: String, document_digest: String, statement: Value },
    AgreementEffective { at_ms: u64 },

    Ended { ending: Ending, report: FailureReport },
    ResultReceived { case_number: Option<String> },
}
