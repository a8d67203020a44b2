//! The other ending, and what is left when it is over (OMR 25; rules 21, 25).

use super::meeting::*;
use crate::{Action, Actor, Ending, FailureReport, Handback, OutcomeView, Phase, Place, Presence, Refusal};

fn receive(number: Option<&str>) -> Action {
    Action::Receive { case_number: number.map(str::to_owned) }
}

#[test]
fn it_ends_on_a_named_ground_with_a_record() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    for (situation, reason) in [("", "r"), ("s", " "), ("s", &*"长".repeat(2_001))] {
        let report = FailureReport { situation: situation.to_owned(), reason: reason.to_owned(), ..report() };
        assert_eq!(meeting.refuses(MEDIATOR, Action::End { ending: Ending::Other, report }), Refusal::BadText);
    }
    meeting.ends();
    assert_eq!(meeting.state.phase, Phase::Concluded);
    assert_eq!(meeting.inside(ANNA).outcome, Some(OutcomeView::NotAgreed { ending: Ending::DifferencesTooGreat }));
}

#[test]
fn the_record_for_the_court_is_shown_to_nobody_in_the_room() {
    let mut meeting = Meeting::with(&[ANNA, BEN, OBSERVER, OFFICER]);
    meeting.ends();
    for who in EVERYBODY {
        assert!(!meeting.learnt_by(who).contains("SECRET-ALERT"));
    }
}

#[test]
fn a_room_without_a_session_cannot_end() {
    let mut meeting = Meeting::scheduled();
    meeting.arrives(ANNA);
    assert_eq!(meeting.state.phase, Phase::Scheduled);
    let end = Action::End { ending: Ending::PartyNotReached, report: report() };
    assert_eq!(meeting.refuses(MEDIATOR, end), Refusal::NotInside);
}

#[test]
fn refusing_to_sign_can_end_it_while_it_is_being_signed() {
    let mut meeting = Meeting::with(&[ANNA, BEN, OFFICER]);
    meeting.frozen_as("terms");
    meeting.signs(ANNA, "terms").unwrap();
    meeting.does(MEDIATOR, Action::End { ending: Ending::SignatureRefused, report: report() });
    assert_eq!(meeting.signs(BEN, "terms"), Err(Refusal::Concluded));
    assert_eq!(meeting.seals(OFFICER, "terms"), Err(Refusal::Concluded));
}

#[test]
fn when_it_is_over_people_may_only_switch_off_and_go() {
    let mut meeting = Meeting::with(&[ANNA, BEN, ASSISTANT]);
    for action in
        [Action::SetMicrophone { on: true }, Action::SetCamera { on: true }, Action::RaiseHand { raised: true }]
    {
        meeting.does(ANNA, action);
    }
    meeting.ends();
    for action in [
        Action::SetMicrophone { on: true },
        Action::SetScreen { on: true },
        Action::RaiseHand { raised: true },
        Action::Say { to: crate::ChatRecipient::Everyone, text: "still here".to_owned() },
        Action::AnswerObserver { observer: OBSERVER, agrees: true, statement: statement() },
    ] {
        assert_eq!(meeting.refuses(ANNA, action), Refusal::Concluded);
    }
    for action in
        [Action::SetMicrophone { on: false }, Action::SetCamera { on: false }, Action::RaiseHand { raised: false }]
    {
        assert_eq!(meeting.does(ANNA, action).len(), 1);
    }
    assert_eq!(meeting.hearers(ANNA), []);
    meeting.does(ANNA, Action::Leave);
    meeting.does(MEDIATOR, Action::Remove { participant: BEN, reason: String::new() });
    assert_eq!(meeting.refuses(MEDIATOR, Action::Admit { participant: ASSISTANT }), Refusal::Concluded);
}

#[test]
fn its_end_empties_private_sessions_and_the_door() {
    let mut meeting = Meeting::with(&[ANNA, BEN, ASSISTANT]);
    meeting.arrives(OBSERVER);
    meeting.goes_private(ASSISTANT, 1, &[ANNA]);
    meeting.does(ANNA, Action::SetMicrophone { on: true });
    meeting.ends();
    assert_eq!((meeting.place(ANNA), meeting.hearers(ANNA)), (Place::Joint, Vec::new()));
    assert_eq!(meeting.presence(OBSERVER), Presence::Absent);
    meeting.assert_replays();
}

#[test]
fn nobody_comes_in_after_the_end_and_who_is_inside_may_reconnect() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.ends();
    assert_eq!(meeting.arrives_from(REPRESENTATIVE, "phone"), Err(Refusal::Concluded));
    meeting.does(ANNA, Action::Leave);
    assert_eq!(meeting.arrives_from(ANNA, "phone"), Err(Refusal::Concluded));
    meeting.loses(BEN);
    assert_eq!(meeting.arrives_from(BEN, "other"), Err(Refusal::Concluded));
    meeting.arrives(BEN);
    assert_eq!(meeting.presence(BEN), Presence::Admitted);
    let invite = Action::Invite { participant: ANNA, invitation: invitation(50) };
    assert_eq!(meeting.tries(Actor::Service, invite), Err(Refusal::Concluded));
}

#[test]
fn somebody_outside_is_not_told_that_it_is_over() {
    let mut meeting = Meeting::with(&[ANNA]);
    meeting.arrives(BEN);
    let before = meeting.refuses(BEN, Action::SetMicrophone { on: true });
    meeting.ends();
    assert_eq!(meeting.refuses(BEN, Action::SetMicrophone { on: true }), before);
    assert_eq!(meeting.refuses(STRANGER, Action::SetMicrophone { on: true }), before);
}

#[test]
fn each_case_of_a_series_gets_its_result_and_acknowledges_it_once() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    let first = receive(Some("(2026)滨民初1号"));
    assert_eq!(meeting.tries(Actor::System, first.clone()), Err(Refusal::WrongPhase), "there is no result yet");
    meeting.ends();
    meeting.runs(first.clone());
    assert_eq!(meeting.runs(first), []);
    assert_eq!(meeting.runs(receive(Some("(2026)他院1号"))), []);
    assert_eq!(meeting.runs(receive(None)), []);
    let cases = Handback::of(&meeting.state).unwrap().cases;
    let received: Vec<_> = cases.iter().map(|case| case.is_received).collect();
    assert_eq!(received, [true, false]);
}

#[test]
fn an_application_made_directly_has_one_result_without_a_number() {
    let mut meeting = Meeting::founded(crate::Charter { case_numbers: Vec::new(), ..charter() });
    meeting.joined_by(&[ANNA, BEN]);
    assert_eq!(Handback::of(&meeting.state), None);
    meeting.ends();
    meeting.runs(receive(None));
    let cases = Handback::of(&meeting.state).unwrap().cases;
    assert_eq!(cases.len(), 1);
    assert!(cases[0].is_received && cases[0].case_number.is_none());
}
