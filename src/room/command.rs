//! What is asked of the room, and by whom.

use serde_json::Value;
use uuid::Uuid;

use crate::{
    CaucusId, Charter, ChatRecipient, CommandId, ConnectionId, Ending, FailureReport, Frozen, InvitationId, NoticeId,
    ParticipantId, RequestId,
};

/// A command with all the impurity it needs: its id, its actor, and one fresh identifier the room may use to name what
/// the command brings into being.
#[derive(Clone, Debug)]
pub struct Command {
    /// Repeated with the same id by the same person, it has no second effect.
    pub id: CommandId,
    /// Who asks.
    pub actor: Actor,
    /// What for.
    pub action: Action,
    /// Randomness, supplied by the caller.
    pub fresh: Uuid,
}

/// Who asks. Services and the system never come from a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The case service that owns the room.
    Service,
    /// This program: connections, restarts, receipts.
    System,
    /// A person, through the session that redeemed their invitation.
    Person(ParticipantId),
}

/// What is asked. A `statement` is the person's device-signed words, verified by the session before the room sees them;
/// the other fields beside it were read out of those words, so that nobody signs one thing and does another.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each field is named for what it is; the variant says what it is for")]
pub enum Action {
    /// The case service founds the room.
    Found(Box<Charter>),
    /// The case service gives a person a (new) invitation; an older one is dead.
    Invite { participant: ParticipantId, invitation: InvitationId },
    /// The case service takes a person's invitation back; the person is out at once.
    Revoke { participant: ParticipantId },

    /// A session redeemed an invitation and proved its device key.
    Arrive { participant: ParticipantId, invitation: InvitationId, connection: ConnectionId, device_key: String },
    /// A connection ended, however it ended.
    Lose { participant: ParticipantId, connection: ConnectionId },
    /// A process took the room over: every connection and every grant of the one before is void.
    Restart,
    /// A person begins to write in the drafts under this CRDT client id; nobody else ever writes under it.
    BindWriter { participant: ParticipantId, client: u64 },
    /// The recorder cannot go on: nothing may look recorded that is not.
    FailRecording,
    /// The case service has confirmed that it holds the result of this case.
    Receive { case_number: Option<String> },

    /// The mediator lets a waiting person in.
    Admit { participant: ParticipantId },
    /// The mediator turns a waiting person away.
    Decline { participant: ParticipantId, reason: String },
    /// The mediator sends a person out; the invitation is dead.
    Remove { participant: ParticipantId, reason: String },
    /// A person goes; they may come to the door again.
    Leave,
    /// A party agrees, or no longer agrees, to an observer.
    AnswerObserver { observer: ParticipantId, agrees: bool, statement: Value },

    /// The mediator asks people into a private session.
    AskIntoCaucus { caucus: CaucusId, members: Vec<ParticipantId> },
    /// A person accepts or declines a private session.
    AnswerCaucus { caucus: CaucusId, accepts: bool },
    /// A person goes back to the joint session.
    LeaveCaucus,
    /// The mediator ends a private session for everybody in it.
    EndCaucus { caucus: CaucusId },

    /// A person's own microphone switch.
    SetMicrophone { on: bool },
    /// A person's own camera switch.
    SetCamera { on: bool },
    /// A person's own screen share.
    SetScreen { on: bool },
    /// Asks to speak, or no longer.
    RaiseHand { raised: bool },
    /// The mediator switches a person's microphone off; only the person can switch it on again.
    Mute { participant: ParticipantId },
    /// Says something in writing.
    Say { to: ChatRecipient, text: String },

    /// The mediator delivers the notices to everyone inside; later arrivals get them on admission.
    DeliverNotices,
    /// A person confirms a notice.
    ConfirmNotice { notice: NoticeId, digest: String, statement: Value },

    /// The mediator asks everyone whether the session may be recorded.
    AskRecording { request: RequestId },
    /// A person answers.
    AnswerRecording { request: RequestId, agrees: bool, statement: Value },
    /// A person takes their consent back; recording stops at once.
    WithdrawRecording { request: RequestId, statement: Value },
    /// The mediator ends recording; asking again needs new answers.
    StopRecording,

    /// The mediator opens the papers for drafting from a template.
    OpenPapers { template: String },
    /// The agreement was frozen; the digests are those of what was typeset.
    Freeze(Frozen),
    /// The mediator opens the agreement for changes again; signatures given so far are void.
    Reopen { reason: String },
    /// A person signs what is frozen.
    Sign { content_digest: String, document_digest: String, statement: Value },
    /// The seal officer authorises the organisation's seal.
    AuthoriseSeal { content_digest: String, document_digest: String, statement: Value },

    /// The mediator ends the mediation without an agreement.
    End { ending: Ending, report: FailureReport },
}
