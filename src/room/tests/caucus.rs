//! Private sessions (OMR 16; field notes "caucus leak").

use super::meeting::*;
use crate::{Action, ParticipantId, Place, Presence, Refusal};

fn ask(number: u128, members: &[ParticipantId]) -> Action {
    Action::AskIntoCaucus { caucus: caucus(number), members: members.to_vec() }
}

fn answer(number: u128, accepts: bool) -> Action {
    Action::AnswerCaucus { caucus: caucus(number), accepts }
}

fn private(number: u128) -> Place {
    Place::Caucus { caucus: caucus(number) }
}

#[test]
fn being_asked_moves_nobody_and_tells_nobody_else() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    let before = meeting.learnt_by(BEN);
    meeting.does(MEDIATOR, ask(1, &[ANNA]));
    assert_eq!((meeting.place(ANNA), meeting.place(MEDIATOR)), (Place::Joint, Place::Joint));
    assert_eq!(meeting.inside(ANNA).caucus_invitation.unwrap().mediator, MEDIATOR);
    assert_eq!(meeting.learnt_by(BEN), before);
    meeting.does(ANNA, answer(1, false));
    assert_eq!(meeting.learnt_by(BEN), before);
    assert!(meeting.state.caucuses.is_empty(), "nobody is left to come");
}

#[test]
fn the_mediator_enters_with_the_first_who_accepts() {
    let mut meeting = Meeting::with(&[ANNA, BEN, REPRESENTATIVE]);
    meeting.does(MEDIATOR, ask(1, &[ANNA, REPRESENTATIVE]));
    meeting.does(ANNA, answer(1, true));
    assert_eq!((meeting.place(MEDIATOR), meeting.place(ANNA)), (private(1), private(1)));
    assert_eq!(meeting.place(REPRESENTATIVE), Place::Joint);
    meeting.does(REPRESENTATIVE, answer(1, true));
    assert_eq!(meeting.place(REPRESENTATIVE), private(1));
}

#[test]
fn everybody_knows_that_it_exists_and_who_is_in_it() {
    let mut meeting = Meeting::with(&[ANNA, BEN, OBSERVER]);
    meeting.goes_private(MEDIATOR, 1, &[ANNA]);
    for who in [BEN, OBSERVER, ANNA] {
        let caucuses = meeting.inside(who).caucuses;
        assert_eq!(caucuses.len(), 1);
        assert_eq!(caucuses[0].members, [ANNA, MEDIATOR]);
    }
}

#[test]
fn nothing_that_is_sent_crosses_its_wall() {
    let mut meeting = Meeting::with(&[ANNA, BEN, OBSERVER]);
    for who in [ANNA, BEN, MEDIATOR] {
        meeting.does(who, Action::SetMicrophone { on: true });
    }
    meeting.goes_private(MEDIATOR, 1, &[ANNA]);
    assert_eq!(meeting.hearers(ANNA), [MEDIATOR]);
    assert_eq!(meeting.hearers(MEDIATOR), [ANNA]);
    assert_eq!(meeting.hearers(BEN), [OBSERVER]);
    meeting.says(ANNA, "SECRET");
    assert!(meeting.learnt_by(MEDIATOR).contains("SECRET"));
    assert!(!meeting.learnt_by(BEN).contains("SECRET") && !meeting.learnt_by(OBSERVER).contains("SECRET"));
}

#[test]
fn what_was_said_in_it_stays_in_it_after_it_ended() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.says(BEN, "OPENING");
    meeting.goes_private(MEDIATOR, 1, &[ANNA]);
    meeting.says(ANNA, "SECRET");
    meeting.says(BEN, "ALONE");
    meeting.does(MEDIATOR, Action::EndCaucus { caucus: caucus(1) });
    assert!(!meeting.learnt_by(BEN).contains("SECRET"));
    assert!(!meeting.learnt_by(ANNA).contains("ALONE"), "nor does the joint session's chat reach who was away");
    assert!(meeting.learnt_by(ANNA).contains("OPENING") && meeting.learnt_by(ANNA).contains("SECRET"));
}

#[test]
fn whoever_is_brought_back_comes_back_switched_off() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.goes_private(MEDIATOR, 1, &[ANNA]);
    for who in [ANNA, MEDIATOR] {
        meeting.does(who, Action::SetMicrophone { on: true });
        meeting.does(who, Action::SetCamera { on: true });
    }
    meeting.does(MEDIATOR, Action::EndCaucus { caucus: caucus(1) });
    assert_eq!(meeting.hearers(ANNA), [], "Anna did not choose this moment");
    assert_eq!(meeting.hearers(MEDIATOR), [ANNA, BEN], "the mediator did");
}

#[test]
fn whoever_goes_back_by_themselves_keeps_microphone_and_camera() {
    let mut meeting = Meeting::with(&[ANNA, BEN, REPRESENTATIVE]);
    meeting.goes_private(MEDIATOR, 1, &[ANNA, REPRESENTATIVE]);
    for action in [
        Action::SetMicrophone { on: true },
        Action::SetScreen { on: true },
        Action::RaiseHand { raised: true },
        Action::LeaveCaucus,
    ] {
        meeting.does(ANNA, action);
    }
    let anna = &meeting.state.people[&ANNA];
    assert_eq!(anna.place, Place::Joint);
    assert!(anna.microphone_on);
    assert!(!anna.screen_on && !anna.hand_raised, "those were for the people of the private session");
    assert_eq!(meeting.place(REPRESENTATIVE), private(1));
}

#[test]
fn it_is_over_when_its_mediator_goes_however_they_go() {
    let ways: [fn(&mut Meeting); 4] = [
        |meeting| drop(meeting.does(ASSISTANT, Action::LeaveCaucus)),
        |meeting| drop(meeting.does(ASSISTANT, Action::Leave)),
        |meeting| drop(meeting.does(MEDIATOR, Action::Remove { participant: ASSISTANT, reason: String::new() })),
        |meeting| drop(meeting.serves(Action::Invite { participant: ASSISTANT, invitation: invitation(50) })),
    ];
    for way in ways {
        let mut meeting = Meeting::with(&[ANNA, BEN, ASSISTANT]);
        meeting.goes_private(ASSISTANT, 1, &[ANNA]);
        meeting.does(ANNA, Action::SetMicrophone { on: true });
        way(&mut meeting);
        assert!(meeting.state.caucuses.is_empty());
        assert_eq!(meeting.place(ANNA), Place::Joint);
        assert_eq!(meeting.hearers(ANNA), []);
        meeting.assert_replays();
    }
}

#[test]
fn somebody_asked_and_then_removed_is_asked_no_more() {
    let mut meeting = Meeting::with(&[ANNA, BEN, REPRESENTATIVE]);
    meeting.does(MEDIATOR, ask(1, &[ANNA, REPRESENTATIVE]));
    meeting.does(MEDIATOR, Action::Remove { participant: ANNA, reason: String::new() });
    assert_eq!(meeting.state.caucuses[&caucus(1)].asked.len(), 1);
    meeting.serves(Action::Invite { participant: ANNA, invitation: invitation(50) });
    meeting.joined_by(&[ANNA]);
    assert_eq!(meeting.refuses(ANNA, answer(1, true)), Refusal::NoSuchCaucus);
}

#[test]
fn only_who_is_asked_may_enter() {
    let mut meeting = Meeting::with(&[ANNA, BEN, OBSERVER]);
    meeting.does(MEDIATOR, ask(1, &[ANNA]));
    assert_eq!(meeting.refuses(BEN, answer(1, true)), Refusal::NoSuchCaucus);
    assert_eq!(meeting.refuses(OBSERVER, answer(1, true)), Refusal::NotAllowed);
    meeting.does(ANNA, answer(1, true));
    assert_eq!(meeting.refuses(ANNA, answer(1, true)), Refusal::NoSuchCaucus);
    assert_eq!(meeting.refuses(BEN, Action::EndCaucus { caucus: caucus(1) }), Refusal::NotAllowed);
}

#[test]
fn an_observer_or_a_stranger_makes_no_member() {
    let mut meeting = Meeting::with(&[ANNA, BEN, OBSERVER]);
    meeting.arrives(OFFICER);
    for members in [&[OBSERVER][..], &[ANNA, OBSERVER], &[OFFICER], &[STRANGER], &[REPRESENTATIVE], &[MEDIATOR], &[]] {
        assert_eq!(meeting.refuses(MEDIATOR, ask(1, members)), Refusal::BadCaucus);
    }
    assert_eq!(meeting.refuses(ANNA, ask(1, &[BEN])), Refusal::NotAllowed);
}

#[test]
fn nobody_is_in_two_or_asked_into_two() {
    let mut meeting = Meeting::with(&[ANNA, BEN, ASSISTANT]);
    meeting.does(MEDIATOR, ask(1, &[ANNA]));
    assert_eq!(meeting.refuses(ASSISTANT, ask(2, &[ANNA])), Refusal::BadCaucus);
    assert_eq!(
        meeting.refuses(ASSISTANT, ask(2, &[MEDIATOR])),
        Refusal::BadCaucus,
        "who holds one cannot be drawn into another"
    );
    assert_eq!(meeting.refuses(MEDIATOR, ask(2, &[BEN])), Refusal::BadCaucus);
    meeting.does(ANNA, answer(1, true));
    assert_eq!(meeting.refuses(ASSISTANT, ask(2, &[ANNA])), Refusal::BadCaucus);
    meeting.goes_private(ASSISTANT, 2, &[BEN]);
    assert_eq!((meeting.place(ANNA), meeting.place(BEN)), (private(1), private(2)));
}

#[test]
fn an_assistant_who_is_asked_cannot_ask_before_answering() {
    let mut meeting = Meeting::with(&[ANNA, BEN, ASSISTANT]);
    meeting.does(MEDIATOR, ask(1, &[ASSISTANT]));
    assert_eq!(meeting.refuses(ASSISTANT, ask(2, &[BEN])), Refusal::BadCaucus);
}

#[test]
fn an_id_never_serves_twice() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.goes_private(MEDIATOR, 1, &[ANNA]);
    meeting.does(MEDIATOR, Action::EndCaucus { caucus: caucus(1) });
    assert_eq!(meeting.refuses(MEDIATOR, ask(1, &[BEN])), Refusal::BadCaucus);
}

#[test]
fn the_presiding_mediator_may_end_an_assistants_and_not_the_other_way_round() {
    let mut meeting = Meeting::with(&[ANNA, BEN, ASSISTANT]);
    meeting.goes_private(ASSISTANT, 1, &[ANNA]);
    meeting.does(MEDIATOR, Action::EndCaucus { caucus: caucus(1) });
    meeting.goes_private(MEDIATOR, 2, &[ANNA]);
    assert_eq!(meeting.refuses(ASSISTANT, Action::EndCaucus { caucus: caucus(2) }), Refusal::NoSuchCaucus);
}

#[test]
fn it_survives_a_restart() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.goes_private(MEDIATOR, 1, &[ANNA]);
    meeting.runs(Action::Restart);
    for who in [BEN, ANNA, MEDIATOR] {
        meeting.arrives(who);
    }
    assert_eq!((meeting.place(ANNA), meeting.place(BEN)), (private(1), Place::Joint));
    assert!(EVERYBODY.iter().all(|who| meeting.presence(*who) != Presence::Waiting));
}

#[test]
fn at_most_eight_are_open_at_once() {
    let mut charter = charter();
    let assistant = charter.people.iter().find(|person| person.id == ASSISTANT).unwrap().clone();
    let party = charter.people.iter().find(|person| person.id == ANNA).unwrap().clone();
    let person = |number: u128| ParticipantId(uuid::Uuid::from_u128(number));
    for number in 0..9 {
        charter.people.push(crate::Expected { id: person(200 + number), ..assistant.clone() });
        charter.people.push(crate::Expected { id: person(300 + number), ..party.clone() });
    }
    let mut meeting = Meeting::founded(charter);
    for number in 0..9 {
        meeting.joined_by(&[person(200 + number), person(300 + number)]);
    }
    for number in 0..8 {
        meeting.does(person(200 + number), ask(number, &[person(300 + number)]));
    }
    let refusal = meeting.refuses(person(208), ask(8, &[person(308)]));
    assert!(matches!(refusal, Refusal::LimitReached { .. }));
}
