//! Meetings at random: whatever is asked in whatever order, the invariants hold and the naive model agrees.
//! `ACCORD_FULL=1` walks 10,000 meetings of up to 100 steps.
#![expect(clippy::wildcard_enum_match_arm, reason = "an invariant names the events it is about")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use uuid::Uuid;

use super::meeting::*;
use super::model::Model;
use super::permissions::actions_of_people;
use crate::{
    Action, Actor, Command, CommandId, Event, Frozen, ParticipantId, Place, Presence, Publication, State, View,
};

/// One step; its choices are read against the meeting as it stands, so that deep states are reached.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Arrives { who: ParticipantId, device: u8 },
    ComesWithAnOldInvitation { who: ParticipantId, nth: usize },
    Loses { who: ParticipantId },
    Restarts,
    IsInvited { who: ParticipantId },
    IsRevoked { who: ParticipantId },
    Acts { who: ParticipantId, action: usize, other: ParticipantId, yes: bool },
    Repeats { nth: usize },
}

pub(super) fn meetings() -> ProptestConfig {
    let is_full = std::env::var_os("ACCORD_FULL").is_some();
    ProptestConfig { cases: if is_full { 10_000 } else { 150 }, failure_persistence: None, ..ProptestConfig::default() }
}

pub(super) fn anybody() -> impl Strategy<Value = ParticipantId> {
    prop_oneof![4 => Just(MEDIATOR), 7 => proptest::sample::select(EVERYBODY.to_vec())]
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let someone = || proptest::sample::select(EVERYBODY.to_vec());
    let step = prop_oneof![
        6 => (someone(), 0_u8..4).prop_map(|(who, device)| Step::Arrives { who, device: device / 3 }),
        1 => (someone(), 0_usize..32).prop_map(|(who, nth)| Step::ComesWithAnOldInvitation { who, nth }),
        2 => someone().prop_map(|who| Step::Loses { who }),
        1 => Just(Step::Restarts),
        1 => someone().prop_map(|who| Step::IsInvited { who }),
        1 => someone().prop_map(|who| Step::IsRevoked { who }),
        40 => (anybody(), 0_usize..64, someone(), any::<bool>())
            .prop_map(|(who, action, other, yes)| Step::Acts { who, action, other, yes }),
        2 => (0_usize..64).prop_map(|nth| Step::Repeats { nth }),
    ];
    proptest::collection::vec(step, 1..100)
}

/// What the step means in this meeting; `None` if it means nothing.
pub(super) fn resolved(step: Step, meeting: &Meeting, serial: u128) -> Option<(Actor, Action)> {
    let person = |who| meeting.state.people.get(&who);
    Some(match step {
        Step::Arrives { who, device } => {
            let invitation = person(who)?.invitation.unwrap_or(invitation(0));
            let device_key = format!("device {device} of {who}");
            let connection = connection(serial);
            (Actor::System, Action::Arrive { participant: who, invitation, connection, device_key })
        }
        Step::ComesWithAnOldInvitation { who, nth } => {
            let ever: Vec<_> = meeting.state.invitations_ever.iter().copied().collect();
            let invitation = ever[nth % ever.len()];
            let device_key = format!("device 0 of {who}");
            let connection = connection(serial);
            (Actor::System, Action::Arrive { participant: who, invitation, connection, device_key })
        }
        Step::Loses { who } => (Actor::System, Action::Lose { participant: who, connection: person(who)?.connection? }),
        Step::Restarts => (Actor::System, Action::Restart),
        Step::IsInvited { who } => {
            (Actor::Service, Action::Invite { participant: who, invitation: invitation(10_000 + serial) })
        }
        Step::IsRevoked { who } => (Actor::Service, Action::Revoke { participant: who }),
        Step::Acts { who, action, other, yes } => (Actor::Person(who), acts(who, action, other, yes, meeting, serial)),
        Step::Repeats { .. } => return None,
    })
}

fn acts(who: ParticipantId, action: usize, other: ParticipantId, yes: bool, meeting: &Meeting, serial: u128) -> Action {
    let state = &meeting.state;
    let person = &state.people[&who];
    let asked_into = person.asked_into.or(state.caucuses.keys().next().copied());
    let caucus_here = match person.place {
        Place::Caucus { caucus } => Some(caucus),
        Place::Joint => state.caucuses.keys().next().copied(),
    };
    let open = state.recording.request.as_ref().map_or(request(0), |(request, _)| *request);
    let actions = actions_of_people();
    // Beyond the list: once more what makes a meeting move, so that walks do not stall at the door.
    match actions.get(action).cloned() {
        Some(Action::End { .. } | Action::Leave | Action::Reopen { .. }) if !yes => sign(),
        Some(Action::Remove { reason, .. }) => Action::Remove { participant: other, reason },
        Some(Action::Decline { reason, .. }) if yes => Action::Decline { participant: other, reason },
        Some(Action::AnswerObserver { observer, statement, .. }) => {
            Action::AnswerObserver { observer, agrees: yes, statement }
        }
        Some(Action::EndCaucus { .. }) => Action::EndCaucus { caucus: caucus_here.unwrap_or(caucus(0)) },
        Some(Action::SetMicrophone { .. }) => Action::SetMicrophone { on: yes },
        Some(Action::SetCamera { .. }) => Action::SetCamera { on: yes },
        Some(Action::SetScreen { .. }) => Action::SetScreen { on: yes },
        Some(Action::RaiseHand { .. }) => Action::RaiseHand { raised: yes },
        Some(Action::Mute { .. }) => Action::Mute { participant: other },
        Some(Action::WithdrawRecording { statement, .. }) => Action::WithdrawRecording { request: open, statement },
        Some(Action::Sign { .. }) => sign(),
        Some(Action::AuthoriseSeal { .. }) => {
            let Frozen { content_digest, document_digest, .. } = frozen("terms");
            Action::AuthoriseSeal { content_digest, document_digest, statement: statement() }
        }
        Some(Action::AskRecording { .. }) => Action::AskRecording { request: request(serial) },
        Some(
            keep @ (Action::Leave
            | Action::LeaveCaucus
            | Action::Say { .. }
            | Action::DeliverNotices
            | Action::ConfirmNotice { .. }
            | Action::StopRecording
            | Action::OpenPapers { .. }
            | Action::Freeze(_)
            | Action::Reopen { .. }
            | Action::End { .. }),
        ) => keep,
        _ => match action % 5 {
            0 => Action::Admit { participant: other },
            1 => Action::AskIntoCaucus { caucus: caucus(serial), members: vec![other] },
            2 => Action::AnswerCaucus { caucus: asked_into.unwrap_or(caucus(0)), accepts: yes || action > 40 },
            _ if state.recording.request.is_none() => Action::AskRecording { request: request(serial) },
            _ => Action::AnswerRecording { request: open, agrees: yes || action > 40, statement: statement() },
        },
    }
}

fn sign() -> Action {
    let Frozen { content_digest, document_digest, .. } = frozen("terms");
    Action::Sign { content_digest, document_digest, statement: statement() }
}

/// Starts at the door or with everybody inside.
fn beginning(everybody_inside: bool) -> (Meeting, Model) {
    let mut meeting = Meeting::scheduled();
    let mut model = Model::founded();
    if everybody_inside {
        let mut serial = 500_000;
        for who in [MEDIATOR, ANNA, BEN, REPRESENTATIVE, ASSISTANT, OBSERVER, OFFICER] {
            let mut moves =
                resolved(Step::Arrives { who, device: 0 }, &meeting, serial).into_iter().collect::<Vec<_>>();
            for party in [ANNA, BEN].into_iter().filter(|_| who == OBSERVER) {
                let answer = Action::AnswerObserver { observer: OBSERVER, agrees: true, statement: statement() };
                moves.push((Actor::Person(party), answer));
            }
            if who != MEDIATOR && who != OFFICER {
                moves.push((Actor::Person(MEDIATOR), Action::Admit { participant: who }));
            }
            for (actor, action) in moves {
                serial += 1;
                meeting.tries(actor, action.clone()).unwrap();
                model.follows(actor, &action);
            }
        }
    }
    (meeting, model)
}

proptest! {
    #![proptest_config(meetings())]

    #[test]
    fn whatever_happens_the_invariants_hold_and_the_model_agrees(inside in any::<bool>(), steps in steps()) {
        let (mut meeting, mut model) = beginning(inside);
        let mut carried_out: Vec<Command> = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            let serial = 1_000 + number as u128;
            if let Step::Repeats { nth } = step {
                a_repeated_command_has_no_second_effect(&mut meeting, &carried_out, nth);
                continue;
            }
            let Some((actor, action)) = resolved(step, &meeting, serial) else { continue };
            let before = meeting.state.clone();
            let command = Command {
                id: CommandId(Uuid::from_u128(serial)),
                actor,
                action: action.clone(),
                fresh: Uuid::from_u128(700_000 + serial),
            };
            meeting.now_ms += 1;
            let answer = meeting.sends(&command);
            if let Some(expected) = model.expects(actor, &action) {
                assert_eq!(answer.is_ok(), expected, "{actor:?} {action:?} → {answer:?}");
            }
            if let Ok(events) = answer {
                model.follows(actor, &action);
                if events.contains(&Event::AgreementEffective { at_ms: meeting.now_ms }) {
                    model.follows(actor, &Action::End { ending: crate::Ending::Other, report: report() });
                }
                if matches!(actor, Actor::Person(_)) && !events.is_empty() {
                    carried_out.push(command);
                }
            }
            model.assert_agrees_with(&meeting.state);
            nobody_outside_gets_anything_of_the_room(&meeting);
            a_grant_rests_on_everybodys_living_word(&meeting);
            an_observer_sits_by_every_partys_word(&meeting);
            a_place_has_at_most_one_connection(&meeting);
            the_audience_is_whole_within_a_place_and_empty_across(&meeting);
            outsiders_see_no_switch_and_read_no_word_of_a_private_session(&meeting);
            what_holds_in_between_is_within_both(&before, &meeting.state);
        }
        a_dead_invitation_opens_nothing(&meeting);
        meeting.assert_replays();
    }
}

fn a_repeated_command_has_no_second_effect(meeting: &mut Meeting, carried_out: &[Command], nth: usize) {
    let Some(command) = carried_out.get(nth % carried_out.len().max(1)) else { return };
    assert_eq!(
        meeting.sends(command),
        match meeting.state.decide(command, 0) {
            Ok(_) => Ok(Vec::new()),
            Err(refusal) => panic!("carried out once, refused now: {refusal:?}"),
        }
    );
}

fn nobody_outside_gets_anything_of_the_room(meeting: &Meeting) {
    for who in EVERYBODY.into_iter().chain([STRANGER]) {
        let presence = meeting.state.people.get(&who).map(|person| person.presence);
        if presence == Some(Presence::Admitted) {
            continue;
        }
        match meeting.state.view(who) {
            View::Outside { .. } => assert_ne!(presence, Some(Presence::Waiting)),
            View::Waiting { you, organisation } => {
                assert_eq!((you.id, you.may), (who, Vec::new()));
                assert_eq!(organisation, charter().organisation);
            }
            view @ (View::Inside(_) | View::Desk(_)) => panic!("{who} is not inside and sees {view:?}"),
        }
        assert_eq!(meeting.state.chat_for(who).count(), 0);
        assert!(!meeting.state.may_read(who) && !meeting.state.may_write(who));
        for (publication, receivers) in meeting.state.audience().receivers {
            assert!(publication.participant != who && !receivers.contains(&who));
        }
    }
}

/// Read from the log alone: since the request was asked, and since they last came in, each person inside said yes.
fn a_grant_rests_on_everybodys_living_word(meeting: &Meeting) {
    let Some(grant) = meeting.state.audience().grant else { return };
    let mut yes = BTreeSet::new();
    let mut last_generation = 0;
    for recorded in &meeting.log {
        match &recorded.event {
            Event::RecordingAsked { .. } | Event::RecordingClosed { .. } => yes.clear(),
            Event::RecordingAnswered { participant, agrees: true, .. } => {
                assert_eq!(recorded.by, Some(*participant), "nobody answers for another");
                yes.insert(*participant);
            }
            Event::RecordingAnswered { participant, agrees: false, .. }
            | Event::RecordingWithdrawn { participant, .. }
            | Event::Left { participant }
            | Event::Removed { participant, .. }
            | Event::InvitationRevoked { participant }
            | Event::Invited { participant, .. }
            | Event::Arrived { participant, .. } => {
                yes.remove(participant);
            }
            Event::SpanStarted { generation, .. } => {
                assert!(*generation > last_generation, "generations only grow");
                last_generation = *generation;
            }
            _ => {}
        }
    }
    assert_eq!(grant.generation, last_generation);
    for person in meeting.state.people.values().filter(|person| person.is_seated()) {
        assert!(yes.contains(&person.id), "{} has not said yes", person.id);
        assert_eq!(person.place, Place::Joint);
    }
    for publication in grant.publications {
        assert!(yes.contains(&publication.participant));
    }
}

fn an_observer_sits_by_every_partys_word(meeting: &Meeting) {
    if meeting.state.seated(OBSERVER).is_none() {
        return;
    }
    let last_word = |by: ParticipantId| {
        meeting.log.iter().rev().find_map(|recorded| match recorded.event {
            Event::ObserverAnswered { agrees, .. } if recorded.by == Some(by) => Some(agrees),
            _ => None,
        })
    };
    assert_eq!(last_word(BEN), Some(true));
    assert!(last_word(ANNA).or(last_word(REPRESENTATIVE)) == Some(true));
}

fn a_place_has_at_most_one_connection(meeting: &Meeting) {
    let live: Vec<_> = meeting.state.people.values().filter_map(|person| person.connection).collect();
    assert_eq!(live.iter().collect::<BTreeSet<_>>().len(), live.len());
    for person in meeting.state.people.values() {
        let is_here = matches!(person.presence, Presence::Waiting | Presence::Admitted);
        assert!(is_here || person.connection.is_none(), "{} is out and connected", person.id);
        assert!(person.presence != Presence::Waiting || person.connection.is_some());
    }
}

fn the_audience_is_whole_within_a_place_and_empty_across(meeting: &Meeting) {
    let place_of = |who: ParticipantId| meeting.state.seated(who).map(|person| person.place);
    for (Publication { participant, .. }, receivers) in meeting.state.audience().receivers {
        let place = place_of(participant);
        assert!(place.is_some(), "only who is seated is sent");
        let others: BTreeSet<_> =
            EVERYBODY.into_iter().filter(|who| *who != participant && place_of(*who) == place).collect();
        assert_eq!(receivers, others);
    }
}

fn outsiders_see_no_switch_and_read_no_word_of_a_private_session(meeting: &Meeting) {
    for viewer in EVERYBODY.into_iter().filter(|who| meeting.state.seated(*who).is_some()) {
        let view = meeting.inside(viewer);
        for person in view.people {
            let told = [person.microphone_on, person.camera_on, person.screen_on, person.hand_raised];
            let is_here = person.place == view.place;
            assert!(told.iter().all(|switch| switch.is_some() == is_here));
        }
        assert!(view.caucuses.iter().all(|caucus| caucus.members.contains(&caucus.mediator)));
    }
    for message in &meeting.state.chat {
        assert!(message.readers.contains(&message.from));
        assert!(!message.readers.contains(&OFFICER));
        assert!(message.place == Place::Joint || !message.readers.contains(&OBSERVER));
    }
}

fn what_holds_in_between_is_within_both(before: &State, after: &State) {
    let (before, after) = (before.audience(), after.audience());
    let between = before.intersection(&after);
    for (publication, receivers) in &between.receivers {
        assert!(
            receivers.is_subset(&before.receivers[publication]) && receivers.is_subset(&after.receivers[publication])
        );
    }
    if let Some(grant) = &between.grant {
        let within = |other: &crate::Audience| {
            other.grant.as_ref().is_some_and(|other| {
                other.generation == grant.generation && grant.publications.is_subset(&other.publications)
            })
        };
        assert!(within(&before) && within(&after));
    }
}

fn a_dead_invitation_opens_nothing(meeting: &Meeting) {
    let current: BTreeSet<_> = meeting.state.people.values().filter_map(|person| person.invitation).collect();
    for dead in meeting.state.invitations_ever.difference(&current) {
        for who in EVERYBODY {
            let mut meeting = meeting.clone();
            for device in ["device 0", "another"] {
                assert_eq!(meeting.arrives_with(who, *dead, device), Err(crate::Refusal::InvitationDead));
            }
            let again = Action::Invite { participant: who, invitation: *dead };
            assert!(meeting.tries(Actor::Service, again).is_err());
        }
    }
}

#[test]
fn the_walks_reach_every_part_of_a_mediation() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeSet::new();
    for _ in 0..300 {
        let (mut meeting, _) = beginning(true);
        for (number, step) in steps().new_tree(&mut runner).unwrap().current().into_iter().enumerate() {
            if let Some((actor, action)) = resolved(step, &meeting, 1_000 + number as u128) {
                reached.extend(names_in(&meeting.tries(actor, action).unwrap_or_default()));
            }
        }
    }
    let parts = [
        "reconnected",
        "restarted",
        "declined",
        "removed",
        "invitation_revoked",
        "observer_withdrawn",
        "caucus_asked",
        "caucus_entered",
        "caucus_declined",
        "caucus_left",
        "caucus_ended",
        "recording_withdrawn",
        "span_started",
        "span_ended",
        "frozen",
        "reopened",
        "signed",
        "ended",
    ];
    for part in parts {
        assert!(reached.contains(part), "no walk reached {part}: {reached:?}");
    }
}
