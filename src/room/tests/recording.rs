//! Recording only by everyone's consent (OMR 22; 个人信息保护法 14, 15, 29; law 5; attacks.md "consent races").

use super::meeting::*;
use crate::{Action, Event, Publication, RecordingPolicy, Refusal, Source, SpanEnd};

fn ask(number: u128) -> Action {
    Action::AskRecording { request: request(number) }
}

fn withdraw(number: u128) -> Action {
    Action::WithdrawRecording { request: request(number), statement: statement() }
}

fn runs(meeting: &Meeting) -> bool {
    meeting.state.audience().grant.is_some()
}

fn last_end(meeting: &Meeting) -> SpanEnd {
    meeting.state.recording.ended.last().unwrap().2
}

#[test]
fn nothing_turns_recording_on_where_the_policy_says_never() {
    let mut meeting = Meeting::founded(crate::Charter { recording: RecordingPolicy::Never, ..charter() });
    meeting.joined_by(&[ANNA, BEN]);
    assert_eq!(meeting.refuses(MEDIATOR, ask(1)), Refusal::NeverRecorded);
}

#[test]
fn it_runs_only_once_the_last_person_has_said_yes() {
    let mut meeting = Meeting::with(&[ANNA, BEN, OBSERVER, ASSISTANT]);
    meeting.does(MEDIATOR, ask(1));
    for who in [ANNA, BEN, OBSERVER, ASSISTANT] {
        meeting.answers_recording(who, 1, true);
        assert!(!runs(&meeting), "{who} is not the last");
    }
    assert_eq!(meeting.inside(ANNA).recording.request.unwrap().outstanding, 1);
    meeting.answers_recording(MEDIATOR, 1, true);
    assert!(runs(&meeting));
    let span = meeting.state.recording.span.clone().unwrap();
    assert_eq!(span.consenting, [ANNA, BEN, MEDIATOR, ASSISTANT, OBSERVER]);
}

#[test]
fn the_seal_officer_has_no_seat_and_no_say_in_it() {
    let mut meeting = Meeting::with(&[ANNA, BEN, OFFICER]);
    meeting.does(MEDIATOR, ask(1));
    let answer = Action::AnswerRecording { request: request(1), agrees: false, statement: statement() };
    assert_eq!(meeting.refuses(OFFICER, answer), Refusal::NotAllowed);
    for who in [ANNA, BEN, MEDIATOR] {
        meeting.answers_recording(who, 1, true);
    }
    assert!(runs(&meeting));
}

#[test]
fn the_grant_names_what_is_sent_in_the_joint_session_and_nothing_else() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.does(ANNA, Action::SetMicrophone { on: true });
    meeting.recorded(1);
    meeting.does(BEN, Action::SetCamera { on: true });
    let grant = meeting.state.audience().grant.unwrap();
    let publications: Vec<_> = grant.publications.into_iter().collect();
    let publication = |participant, source| Publication { participant, source };
    assert_eq!(publications, [publication(ANNA, Source::Microphone), publication(BEN, Source::Camera)]);
}

#[test]
fn a_no_closes_the_request() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.does(MEDIATOR, ask(1));
    meeting.answers_recording(ANNA, 1, true);
    meeting.answers_recording(BEN, 1, false);
    assert_eq!(meeting.inside(ANNA).recording.request, None);
    let late = Action::AnswerRecording { request: request(1), agrees: true, statement: statement() };
    assert_eq!(meeting.refuses(MEDIATOR, late), Refusal::NoSuchRequest);
}

#[test]
fn a_consent_taken_back_stops_it_in_the_same_command() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.recorded(1);
    let events = meeting.does(ANNA, withdraw(1));
    assert_eq!(names_in(&events), ["recording_withdrawn", "recording_closed", "span_ended"]);
    assert!(!runs(&meeting));
    assert_eq!(last_end(&meeting), SpanEnd::ConsentEnded);
}

#[test]
fn a_second_span_needs_everybodys_yes_again_and_has_a_newer_generation() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.recorded(1);
    let first = meeting.state.audience().grant.unwrap();
    meeting.does(ANNA, withdraw(1));
    meeting.recorded(2);
    let second = meeting.state.audience().grant.unwrap();
    assert!(second.generation > first.generation && second.span != first.span);
    assert_eq!(meeting.inside(BEN).recording.spans, 2);
}

#[test]
fn a_closed_requests_id_is_never_asked_again() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.recorded(1);
    meeting.does(MEDIATOR, Action::StopRecording);
    assert_eq!(meeting.refuses(MEDIATOR, ask(1)), Refusal::NoSuchRequest, "old yeses would seem to answer it");
    meeting.does(MEDIATOR, ask(2));
    assert_eq!(meeting.refuses(MEDIATOR, ask(3)), Refusal::AlreadyAsked);
    let stale = Action::AnswerRecording { request: request(1), agrees: true, statement: statement() };
    assert_eq!(meeting.refuses(ANNA, stale), Refusal::NoSuchRequest);
}

#[test]
fn a_newcomer_pauses_it_until_they_have_answered() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.recorded(1);
    meeting.joined_by(&[ASSISTANT]);
    assert!(!runs(&meeting));
    assert_eq!(last_end(&meeting), SpanEnd::Newcomer);
    meeting.answers_recording(ASSISTANT, 1, true);
    assert!(runs(&meeting));
    assert_eq!(meeting.state.recording.generation, 2);
}

#[test]
fn a_newcomer_who_says_no_ends_it() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.recorded(1);
    meeting.joined_by(&[ASSISTANT]);
    meeting.answers_recording(ASSISTANT, 1, false);
    assert!(!runs(&meeting) && meeting.state.recording.request.is_none());
}

#[test]
fn somebody_at_the_door_neither_pauses_it_nor_answers() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.recorded(1);
    meeting.arrives(ASSISTANT);
    assert!(runs(&meeting));
    let answer = Action::AnswerRecording { request: request(1), agrees: true, statement: statement() };
    assert_eq!(meeting.refuses(ASSISTANT, answer), Refusal::NotInside);
}

#[test]
fn whoever_went_out_and_is_admitted_again_is_asked_again() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.recorded(1);
    meeting.does(ANNA, Action::Leave);
    assert!(runs(&meeting), "those who remain agree");
    meeting.joined_by(&[ANNA]);
    assert!(!runs(&meeting));
    assert_eq!(meeting.inside(ANNA).recording.request.unwrap().your_answer, None);
    meeting.answers_recording(ANNA, 1, true);
    assert!(runs(&meeting));
}

#[test]
fn a_private_session_pauses_it_and_is_never_recorded() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.recorded(1);
    meeting.goes_private(MEDIATOR, 1, &[ANNA]);
    assert!(!runs(&meeting));
    assert_eq!(last_end(&meeting), SpanEnd::PrivateSession);
    meeting.does(MEDIATOR, Action::EndCaucus { caucus: caucus(1) });
    assert!(runs(&meeting), "everybody's yes still stands");
}

#[test]
fn being_asked_into_a_private_session_does_not_pause_it_yet() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.recorded(1);
    meeting.does(MEDIATOR, Action::AskIntoCaucus { caucus: caucus(1), members: vec![ANNA] });
    assert!(runs(&meeting));
    let events = meeting.does(ANNA, Action::AnswerCaucus { caucus: caucus(1), accepts: true });
    assert_eq!(names_in(&events), ["caucus_entered", "caucus_entered", "span_ended"]);
}

#[test]
fn no_grant_survives_its_process_and_a_new_one_waits_for_everybody() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.recorded(1);
    meeting.runs(Action::Restart);
    assert!(!runs(&meeting));
    assert_eq!(last_end(&meeting), SpanEnd::ProcessEnded);
    for who in [ANNA, MEDIATOR] {
        meeting.arrives(who);
        assert!(!runs(&meeting));
    }
    let events = meeting.arrives(BEN);
    assert!(matches!(&events[..], [Event::Reconnected { .. }, Event::SpanStarted { generation: 2, .. }]));
}

#[test]
fn after_a_restart_the_absent_may_be_removed_or_withdraw_but_are_never_taken_for_granted() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.recorded(1);
    meeting.runs(Action::Restart);
    meeting.arrives(ANNA);
    meeting.does(ANNA, withdraw(1));
    meeting.arrives(MEDIATOR);
    meeting.arrives(BEN);
    assert!(!runs(&meeting));
}

#[test]
fn a_restart_without_a_span_voids_nothing_that_was_answered() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.does(MEDIATOR, ask(1));
    meeting.answers_recording(ANNA, 1, true);
    meeting.runs(Action::Restart);
    assert_eq!(meeting.inside(ANNA).recording.request.unwrap().your_answer, Some(true));
}

#[test]
fn a_short_drop_neither_stops_it_nor_counts_as_a_newcomer() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.recorded(1);
    meeting.loses(ANNA);
    assert!(runs(&meeting));
    meeting.arrives(ANNA);
    assert_eq!(meeting.state.recording.ended.len(), 0);
}

#[test]
fn who_said_no_or_has_not_answered_is_told_to_nobody() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.does(MEDIATOR, ask(1));
    meeting.answers_recording(BEN, 1, true);
    let from_anna = meeting.learnt_by(MEDIATOR);
    let mut other = Meeting::with(&[ANNA, BEN]);
    other.does(MEDIATOR, ask(1));
    other.answers_recording(ANNA, 1, true);
    assert_eq!(from_anna, other.learnt_by(MEDIATOR), "the count is all there is");
}

#[test]
fn the_end_of_the_mediation_ends_it_and_closes_the_question() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.recorded(1);
    meeting.ends();
    assert!(!runs(&meeting));
    assert_eq!(last_end(&meeting), SpanEnd::Concluded);
    assert_eq!(meeting.inside(ANNA).recording.request, None);
    meeting.assert_replays();
}

#[test]
fn only_the_presiding_mediator_asks_and_stops() {
    let mut meeting = Meeting::with(&[ANNA, BEN, OBSERVER, ASSISTANT]);
    for who in [ANNA, OBSERVER, ASSISTANT] {
        assert_eq!(meeting.refuses(who, ask(1)), Refusal::NotAllowed);
        assert_eq!(meeting.refuses(who, Action::StopRecording), Refusal::NotAllowed);
    }
    assert_eq!(meeting.refuses(MEDIATOR, Action::StopRecording), Refusal::NoSuchRequest);
}
