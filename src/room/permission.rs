//! The one table of what each role may do. Read a row as a sentence: "a party may …".

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Action, Refusal, Role};

/// Something a person may be allowed to do once inside. The client is told its own list and asks for nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Admit, decline and remove people.
    Admit,
    /// Open and end private sessions.
    HoldCaucus,
    /// Be asked into a private session.
    JoinCaucus,
    /// Send voice, picture and screen.
    Speak,
    /// Write in the chat.
    Chat,
    /// Raise a hand.
    RaiseHand,
    /// Switch somebody else's microphone off.
    Mute,
    /// Deliver the notices.
    DeliverNotices,
    /// Be given the notices and confirm them.
    ConfirmNotices,
    /// Agree to an observer, or not.
    AnswerForParty,
    /// Ask for recording and end it.
    HoldRecording,
    /// Agree to being recorded, or not.
    AnswerRecording,
    /// Read and write the drafts.
    Draft,
    /// Open, freeze and reopen the papers.
    HoldPapers,
    /// Sign the agreement.
    Sign,
    /// Authorise the organisation's seal.
    Seal,
    /// Conclude the mediation.
    Conclude,
}

use Permission::{
    Admit, AnswerForParty, AnswerRecording, Chat, Conclude, ConfirmNotices, DeliverNotices, Draft, HoldCaucus,
    HoldPapers, HoldRecording, JoinCaucus, Mute, RaiseHand, Seal, Sign, Speak,
};

const PARTY: &[Permission] =
    &[Speak, Chat, RaiseHand, JoinCaucus, ConfirmNotices, AnswerForParty, AnswerRecording, Draft, Sign];
// A representative signs only with special authority: `agreement` checks that per person.
const REPRESENTATIVE: &[Permission] =
    &[Speak, Chat, RaiseHand, JoinCaucus, ConfirmNotices, AnswerForParty, AnswerRecording, Draft, Sign];
const PRESIDING_MEDIATOR: &[Permission] = &[
    Speak,
    Chat,
    Admit,
    HoldCaucus,
    JoinCaucus,
    Mute,
    DeliverNotices,
    HoldRecording,
    AnswerRecording,
    Draft,
    HoldPapers,
    Sign,
    Conclude,
];
const ASSISTING_MEDIATOR: &[Permission] = &[Speak, Chat, RaiseHand, HoldCaucus, JoinCaucus, AnswerRecording, Draft];
const OBSERVER: &[Permission] = &[AnswerRecording];
const SEAL_OFFICER: &[Permission] = &[Seal];

/// What a role may do.
pub const fn permissions(role: Role) -> &'static [Permission] {
    match role {
        Role::Party => PARTY,
        Role::Representative => REPRESENTATIVE,
        Role::PresidingMediator => PRESIDING_MEDIATOR,
        Role::AssistingMediator => ASSISTING_MEDIATOR,
        Role::Observer => OBSERVER,
        Role::SealOfficer => SEAL_OFFICER,
    }
}

/// What a person needs for an action; `None` where everybody inside may.
///
/// # Errors
/// [`Refusal::NotAllowed`] for what only the case service or the system does.
pub(crate) fn needed(action: &Action) -> Result<Option<Permission>, Refusal> {
    Ok(Some(match action {
        Action::Leave | Action::LeaveCaucus => return Ok(None),
        Action::Admit { .. } | Action::Decline { .. } | Action::Remove { .. } => Admit,
        Action::AnswerObserver { .. } => AnswerForParty,
        Action::AskIntoCaucus { .. } | Action::EndCaucus { .. } => HoldCaucus,
        Action::AnswerCaucus { .. } => JoinCaucus,
        Action::SetMicrophone { .. } | Action::SetCamera { .. } | Action::SetScreen { .. } => Speak,
        Action::RaiseHand { .. } => RaiseHand,
        Action::Mute { .. } => Mute,
        Action::Say { .. } => Chat,
        Action::DeliverNotices => DeliverNotices,
        Action::ConfirmNotice { .. } => ConfirmNotices,
        Action::AskRecording { .. } | Action::StopRecording => HoldRecording,
        Action::AnswerRecording { .. } | Action::WithdrawRecording { .. } => AnswerRecording,
        Action::OpenPapers { .. } | Action::Freeze(_) | Action::Reopen { .. } => HoldPapers,
        Action::Sign { .. } => Sign,
        Action::AuthoriseSeal { .. } => Seal,
        Action::End { .. } => Conclude,
        Action::Found(_)
        | Action::Invite { .. }
        | Action::Revoke { .. }
        | Action::Arrive { .. }
        | Action::Lose { .. }
        | Action::Restart
        | Action::BindWriter { .. }
        | Action::FailRecording
        | Action::Receive { .. } => return Err(Refusal::NotAllowed),
    }))
}

/// What people may still do when the mediation is over: go, be sent out, and switch off.
pub(crate) fn outlasts_conclusion(action: &Action) -> bool {
    matches!(
        action,
        Action::Leave
            | Action::Remove { .. }
            | Action::Mute { .. }
            | Action::SetMicrophone { on: false }
            | Action::SetCamera { on: false }
            | Action::SetScreen { on: false }
            | Action::RaiseHand { raised: false }
    )
}

/// Whether a role may do something.
pub fn may(role: Role, permission: Permission) -> bool {
    permissions(role).contains(&permission)
}
