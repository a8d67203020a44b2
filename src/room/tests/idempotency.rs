//! A command sent again with the same id by the same person has no second effect (law 6).

use super::meeting::*;
use crate::limits::COMMANDS_REMEMBERED_MAX;
use crate::{Action, Actor, ChatRecipient, Command, CommandId, ParticipantId, State};
use uuid::Uuid;

fn say(who: ParticipantId, id: u128, text: &str) -> Command {
    Command {
        id: CommandId(Uuid::from_u128(id)),
        actor: Actor::Person(who),
        action: Action::Say { to: ChatRecipient::Everyone, text: text.to_owned() },
        fresh: Uuid::from_u128(id),
    }
}

#[test]
fn the_same_command_twice_says_one_thing() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    assert_eq!(meeting.sends(&say(ANNA, 1, "once")).unwrap().len(), 1);
    assert_eq!(meeting.sends(&say(ANNA, 1, "once")).unwrap(), []);
    assert_eq!(meeting.state.chat.len(), 1);
}

#[test]
fn an_id_of_somebody_else_is_ones_own_to_use() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.sends(&say(ANNA, 1, "mine")).unwrap();
    assert_eq!(meeting.sends(&say(BEN, 1, "mine too")).unwrap().len(), 1, "nobody can block another's command");
}

#[test]
fn a_restart_forgets_no_command() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.sends(&say(ANNA, 1, "once")).unwrap();
    meeting.state = State::replay(&meeting.log);
    meeting.runs(Action::Restart);
    assert_eq!(meeting.sends(&say(ANNA, 1, "once")).unwrap(), []);
}

#[test]
fn a_refused_command_may_be_sent_again_once_it_fits() {
    let mut meeting = Meeting::with(&[]);
    let command = say(ANNA, 1, "hello");
    meeting.sends(&command).unwrap_err();
    meeting.joined_by(&[ANNA]);
    assert_eq!(meeting.sends(&command).unwrap().len(), 1);
}

#[test]
fn the_last_commands_are_remembered_and_no_more() {
    let mut meeting = Meeting::with(&[ANNA]);
    for id in 0..=COMMANDS_REMEMBERED_MAX as u128 {
        meeting.sends(&say(ANNA, id, "text")).unwrap();
    }
    assert_eq!(meeting.sends(&say(ANNA, 1, "text")).unwrap(), []);
    assert_eq!(meeting.sends(&say(ANNA, 0, "text")).unwrap().len(), 1);
}

#[test]
fn a_command_of_several_events_is_remembered_once() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    let end = Command {
        id: CommandId(Uuid::from_u128(1)),
        actor: Actor::Person(MEDIATOR),
        action: Action::AskIntoCaucus { caucus: caucus(1), members: vec![ANNA] },
        fresh: Uuid::from_u128(1),
    };
    meeting.sends(&end).unwrap();
    let accept = Command {
        actor: Actor::Person(ANNA),
        action: Action::AnswerCaucus { caucus: caucus(1), accepts: true },
        ..end.clone()
    };
    assert_eq!(meeting.sends(&accept).unwrap().len(), 2);
    assert_eq!(meeting.sends(&accept).unwrap(), [], "not a refusal: it was carried out");
    assert_eq!(meeting.sends(&end).unwrap(), []);
}

#[test]
fn the_case_services_repetitions_have_no_second_effect_either() {
    let mut meeting = Meeting::with(&[ANNA]);
    let founding = meeting.tries(Actor::Service, Action::Found(Box::new(charter())));
    assert_eq!(founding, Err(crate::Refusal::AlreadyFounded));
    assert_eq!(meeting.serves(Action::Invite { participant: ANNA, invitation: invitation(1) }), []);
    meeting.serves(Action::Revoke { participant: ANNA });
    assert_eq!(meeting.serves(Action::Revoke { participant: ANNA }), []);
}
