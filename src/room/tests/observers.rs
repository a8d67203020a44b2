//! Observers: only with every party's consent, and only while it lasts (民诉法解释 146; rules 7, 15).

use super::meeting::*;
use crate::{Action, Confidentiality, ParticipantId, Presence, Refusal, Role};

fn waiting() -> Meeting {
    let mut meeting = Meeting::with(&[ANNA, BEN, REPRESENTATIVE]);
    meeting.arrives(OBSERVER);
    meeting
}

fn admits(meeting: &mut Meeting) -> Result<(), Refusal> {
    let admit = Action::Admit { participant: OBSERVER };
    meeting.tries(crate::Actor::Person(MEDIATOR), admit).map(drop)
}

#[test]
fn an_observer_needs_every_party() {
    let mut meeting = waiting();
    assert_eq!(admits(&mut meeting), Err(Refusal::ObserverNeedsConsent));
    meeting.answers_observer(ANNA, true);
    assert_eq!(admits(&mut meeting), Err(Refusal::ObserverNeedsConsent));
    assert!(!meeting.inside(MEDIATOR).waiting[0].admissible);
    meeting.answers_observer(BEN, true);
    assert!(meeting.inside(MEDIATOR).waiting[0].admissible);
    assert_eq!(admits(&mut meeting), Ok(()));
}

#[test]
fn a_party_that_is_not_here_has_not_agreed() {
    let mut meeting = Meeting::with(&[ANNA]);
    meeting.arrives(OBSERVER);
    meeting.answers_observer(ANNA, true);
    assert_eq!(admits(&mut meeting), Err(Refusal::ObserverNeedsConsent));
}

#[test]
fn a_representative_may_answer_for_the_party() {
    let mut meeting = waiting();
    meeting.answers_observer(REPRESENTATIVE, true);
    meeting.answers_observer(BEN, true);
    assert_eq!(meeting.inside(ANNA).observers[0].your_answer, Some(true));
    assert_eq!(admits(&mut meeting), Ok(()));
}

#[test]
fn a_representatives_yes_does_not_outweigh_the_partys_no() {
    let mut meeting = waiting();
    meeting.answers_observer(BEN, true);
    meeting.answers_observer(ANNA, false);
    meeting.answers_observer(REPRESENTATIVE, true);
    assert_eq!(admits(&mut meeting), Err(Refusal::ObserverNeedsConsent));
    assert_eq!(meeting.inside(REPRESENTATIVE).observers[0].your_answer, Some(false));
}

#[test]
fn a_representatives_no_holds_until_the_party_itself_says_yes() {
    let mut meeting = waiting();
    meeting.answers_observer(BEN, true);
    meeting.answers_observer(ANNA, true);
    meeting.answers_observer(REPRESENTATIVE, false);
    assert_eq!(admits(&mut meeting), Err(Refusal::ObserverNeedsConsent));
    meeting.answers_observer(ANNA, true);
    assert_eq!(admits(&mut meeting), Ok(()));
}

#[test]
fn one_side_cannot_answer_for_the_other() {
    let mut meeting = waiting();
    meeting.answers_observer(ANNA, true);
    meeting.answers_observer(REPRESENTATIVE, true);
    assert_eq!(meeting.inside(BEN).observers[0].your_answer, None);
    assert_eq!(admits(&mut meeting), Err(Refusal::ObserverNeedsConsent));
}

#[test]
fn a_consent_taken_back_sends_the_observer_to_the_door_at_once() {
    let mut meeting = waiting();
    meeting.answers_observer(ANNA, true);
    meeting.answers_observer(BEN, true);
    admits(&mut meeting).unwrap();
    meeting.does(ANNA, Action::SetMicrophone { on: true });
    assert!(meeting.hearers(ANNA).contains(&OBSERVER));
    meeting.answers_observer(BEN, false);
    assert_eq!(meeting.presence(OBSERVER), Presence::Waiting);
    assert!(!meeting.hearers(ANNA).contains(&OBSERVER));
    assert_eq!(meeting.state.chat_for(OBSERVER).count(), 0);
    assert_eq!(admits(&mut meeting), Err(Refusal::ObserverNeedsConsent));
}

#[test]
fn an_observer_whose_connection_was_lost_is_not_left_waiting_at_the_door() {
    let mut meeting = Meeting::with(&[ANNA, BEN, OBSERVER]);
    meeting.loses(OBSERVER);
    meeting.answers_observer(BEN, false);
    assert_eq!(meeting.presence(OBSERVER), Presence::Absent);
    meeting.arrives(OBSERVER);
    assert_eq!(meeting.presence(OBSERVER), Presence::Waiting);
}

#[test]
fn an_observer_sends_nothing_and_sees_no_papers() {
    let mut meeting = Meeting::with(&[ANNA, BEN, OBSERVER]);
    meeting.does(MEDIATOR, Action::OpenPapers { template: "payment".to_owned() });
    let say = Action::Say { to: crate::ChatRecipient::Everyone, text: "hello".to_owned() };
    for action in [
        Action::SetMicrophone { on: true },
        Action::SetCamera { on: true },
        Action::SetScreen { on: true },
        Action::RaiseHand { raised: true },
        say,
    ] {
        assert_eq!(meeting.refuses(OBSERVER, action), Refusal::NotAllowed);
    }
    assert_eq!(meeting.inside(OBSERVER).agreement, None);
    assert!(!meeting.state.may_read(OBSERVER) && !meeting.state.may_write(OBSERVER));
}

#[test]
fn only_parties_and_mediators_are_told_of_an_observer_at_the_door() {
    let mut meeting = waiting();
    assert_eq!(meeting.inside(BEN).observers[0].id, OBSERVER);
    assert_eq!(meeting.inside(BEN).waiting, [], "who else waits is the presiding mediator's business");
    meeting.answers_observer(ANNA, true);
    meeting.answers_observer(BEN, true);
    admits(&mut meeting).unwrap();
    assert_eq!(meeting.inside(OBSERVER).observers, []);
}

#[test]
fn only_an_observer_is_asked_about() {
    let mut meeting = waiting();
    for observer in [ANNA, OFFICER, STRANGER] {
        let answer = Action::AnswerObserver { observer, agrees: true, statement: statement() };
        assert_eq!(meeting.refuses(BEN, answer), Refusal::NoSuchPerson);
    }
    let own = Action::AnswerObserver { observer: OBSERVER, agrees: true, statement: statement() };
    for who in [MEDIATOR, OBSERVER] {
        let refusal = meeting.tries(crate::Actor::Person(who), own.clone()).unwrap_err();
        assert!(matches!(refusal, Refusal::NotAllowed | Refusal::NotInside));
    }
}

#[test]
fn a_strictly_confidential_room_is_not_founded_with_an_observer() {
    let strict = |mut charter: crate::Charter| {
        charter.confidentiality = Confidentiality::Strict;
        charter
    };
    assert!(matches!(strict(charter()).check(), Err(Refusal::BadCharter { .. })));
    let mut without = strict(charter());
    without.people.retain(|person| person.role != Role::Observer);
    assert_eq!(without.check(), Ok(()));
}

#[test]
fn each_observer_needs_a_consent_of_their_own() {
    let second = ParticipantId(uuid::Uuid::from_u128(60));
    let mut charter = charter();
    let first = charter.people.iter().find(|person| person.id == OBSERVER).unwrap().clone();
    charter.people.push(crate::Expected { id: second, ..first });
    let mut meeting = Meeting::founded(charter);
    meeting.joined_by(&[ANNA, BEN, OBSERVER]);
    meeting.arrives(second);
    assert_eq!(meeting.refuses(MEDIATOR, Action::Admit { participant: second }), Refusal::ObserverNeedsConsent);
}
