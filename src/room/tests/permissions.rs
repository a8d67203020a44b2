//! The one table: every person's action against every role (attacks.md "role change by any client message").

use super::meeting::*;
use crate::Permission::{Admit, Conclude, HoldPapers, HoldRecording, Mute, Seal};
use crate::permission::{needed, permissions};
use crate::{Action, Actor, ChatRecipient, Ending, NoticeId, Refusal, Role, may};

/// One of every action that a person can ask for.
pub(super) fn actions_of_people() -> Vec<Action> {
    let digests = || ("c".to_owned(), "d".to_owned());
    let ((content_digest, document_digest), (content, document)) = (digests(), digests());
    vec![
        Action::Admit { participant: BEN },
        Action::Decline { participant: BEN, reason: String::new() },
        Action::Remove { participant: BEN, reason: String::new() },
        Action::Leave,
        Action::AnswerObserver { observer: OBSERVER, agrees: true, statement: statement() },
        Action::AskIntoCaucus { caucus: caucus(1), members: vec![ANNA] },
        Action::AnswerCaucus { caucus: caucus(1), accepts: true },
        Action::LeaveCaucus,
        Action::EndCaucus { caucus: caucus(1) },
        Action::SetMicrophone { on: true },
        Action::SetCamera { on: true },
        Action::SetScreen { on: true },
        Action::RaiseHand { raised: true },
        Action::Mute { participant: BEN },
        Action::Say { to: ChatRecipient::Everyone, text: "text".to_owned() },
        Action::DeliverNotices,
        Action::ConfirmNotice { notice: NoticeId::Rights, digest: String::new(), statement: statement() },
        Action::AskRecording { request: request(1) },
        Action::AnswerRecording { request: request(1), agrees: true, statement: statement() },
        Action::WithdrawRecording { request: request(1), statement: statement() },
        Action::StopRecording,
        Action::OpenPapers { template: "payment".to_owned() },
        Action::Freeze(frozen("terms")),
        Action::Reopen { reason: String::new() },
        Action::Sign { content_digest, document_digest, statement: statement() },
        Action::AuthoriseSeal { content_digest: content, document_digest: document, statement: statement() },
        Action::End { ending: Ending::Other, report: report() },
    ]
}

/// One of every action of the case service and of the system.
fn actions_of_services() -> Vec<Action> {
    vec![
        Action::Found(Box::new(charter())),
        Action::Invite { participant: ANNA, invitation: invitation(50) },
        Action::Revoke { participant: BEN },
        Action::Arrive {
            participant: BEN,
            invitation: invitation(2),
            connection: connection(1),
            device_key: "key".to_owned(),
        },
        Action::Lose { participant: BEN, connection: connection(1) },
        Action::Restart,
        Action::BindWriter { participant: ANNA, client: 1 },
        Action::FailRecording,
        Action::Receive { case_number: None },
    ]
}

#[test]
fn every_action_is_refused_to_every_role_that_the_table_does_not_name() {
    let meeting = Meeting::with(&[ANNA, BEN, REPRESENTATIVE, ASSISTANT, OBSERVER, OFFICER]);
    for who in EVERYBODY {
        for action in actions_of_people() {
            let is_allowed =
                needed(&action).unwrap().is_none_or(|permission| may(meeting.state.people[&who].role, permission));
            let refusal = meeting.clone().tries(Actor::Person(who), action.clone()).err();
            assert_eq!(refusal == Some(Refusal::NotAllowed), !is_allowed, "{who}: {action:?} → {refusal:?}");
        }
    }
}

#[test]
fn no_person_of_any_role_can_do_what_services_do() {
    let mut meeting = Meeting::with(&[ANNA, BEN, REPRESENTATIVE, ASSISTANT, OBSERVER, OFFICER]);
    for who in EVERYBODY {
        for action in actions_of_services() {
            assert_eq!(meeting.refuses(who, action), Refusal::NotAllowed);
        }
    }
}

#[test]
fn neither_a_service_nor_the_system_can_speak_consent_or_sign_for_a_person() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    for action in actions_of_people() {
        for actor in [Actor::Service, Actor::System] {
            assert_eq!(meeting.tries(actor, action.clone()), Err(Refusal::NotAllowed), "{action:?}");
        }
    }
}

#[test]
fn nobody_at_the_door_or_outside_can_do_anything() {
    let mut meeting = Meeting::with(&[ANNA]);
    meeting.arrives(BEN);
    for who in [BEN, REPRESENTATIVE, STRANGER] {
        for action in actions_of_people().into_iter().chain(actions_of_services()) {
            assert_eq!(meeting.refuses(who, action), Refusal::NotInside);
        }
    }
}

#[test]
fn only_one_role_presides_and_only_one_seals() {
    let roles = [
        Role::Party,
        Role::Representative,
        Role::PresidingMediator,
        Role::AssistingMediator,
        Role::Observer,
        Role::SealOfficer,
    ];
    for role in roles {
        for permission in [Admit, Mute, HoldRecording, HoldPapers, Conclude] {
            assert_eq!(may(role, permission), role == Role::PresidingMediator, "{role:?} {permission:?}");
        }
        assert_eq!(may(role, Seal), role == Role::SealOfficer);
        let mut row = permissions(role).to_vec();
        row.sort_unstable();
        row.dedup();
        assert_eq!(row.len(), permissions(role).len(), "{role:?} has a permission twice");
    }
}
