//! The door (attacks.md "Signalling, admission, tokens"; field notes "lobby bypass", "removed people return").

use super::meeting::*;
use crate::{Action, Actor, Event, OutsideReason, Phase, Place, Presence, Refusal, View};

fn declined(reason: &str) -> Action {
    Action::Decline { participant: ANNA, reason: reason.to_owned() }
}

fn removed(participant: crate::ParticipantId) -> Action {
    Action::Remove { participant, reason: "disturbs".to_owned() }
}

#[test]
fn whoever_comes_early_still_waits_when_the_mediator_enters() {
    let mut meeting = Meeting::scheduled();
    meeting.arrives(ANNA);
    meeting.arrives(BEN);
    meeting.arrives(MEDIATOR);
    assert_eq!(meeting.state.phase, Phase::InSession);
    assert_eq!(meeting.presence(ANNA), Presence::Waiting);
    let waiting: Vec<_> = meeting.inside(MEDIATOR).waiting.into_iter().map(|person| person.id).collect();
    assert_eq!(waiting, [ANNA, BEN], "in the order in which they came");
    meeting.does(MEDIATOR, Action::Admit { participant: BEN });
    assert_eq!((meeting.presence(ANNA), meeting.presence(BEN)), (Presence::Waiting, Presence::Admitted));
}

#[test]
fn an_assisting_mediator_waits_like_anybody_else() {
    let mut meeting = Meeting::with(&[]);
    meeting.arrives(ASSISTANT);
    assert_eq!(meeting.presence(ASSISTANT), Presence::Waiting);
}

#[test]
fn nobody_is_admitted_who_is_not_at_the_door() {
    let mut meeting = Meeting::with(&[ANNA]);
    for participant in [ANNA, BEN, STRANGER] {
        assert_eq!(meeting.refuses(MEDIATOR, Action::Admit { participant }), Refusal::NoSuchPerson);
    }
    meeting.arrives(BEN);
    meeting.loses(BEN);
    assert_eq!(meeting.refuses(MEDIATOR, Action::Admit { participant: BEN }), Refusal::NoSuchPerson);
}

#[test]
fn a_declined_persons_invitation_is_dead() {
    let mut meeting = Meeting::with(&[]);
    meeting.arrives(ANNA);
    meeting.does(MEDIATOR, declined("not a party"));
    assert_eq!(meeting.state.view(ANNA), View::Outside { reason: OutsideReason::Declined });
    let old = invitation(1);
    assert_eq!(meeting.arrives_with(ANNA, old, "phone"), Err(Refusal::InvitationDead));
    assert_eq!(meeting.arrives_with(ANNA, old, "other"), Err(Refusal::InvitationDead));
    meeting.serves(Action::Invite { participant: ANNA, invitation: invitation(50) });
    assert_eq!(meeting.arrives_with(ANNA, old, "phone"), Err(Refusal::InvitationDead));
    meeting.arrives(ANNA);
    assert_eq!(meeting.presence(ANNA), Presence::Waiting);
}

#[test]
fn a_removed_persons_invitation_is_dead_wherever_they_were() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.goes_private(MEDIATOR, 1, &[ANNA]);
    meeting.does(MEDIATOR, removed(ANNA));
    assert_eq!(meeting.state.view(ANNA), View::Outside { reason: OutsideReason::Removed });
    assert!(meeting.state.caucuses.is_empty(), "nobody is left in it with the mediator");
    assert_eq!(meeting.place(MEDIATOR), Place::Joint);
    assert_eq!(meeting.arrives_with(ANNA, invitation(1), "phone"), Err(Refusal::InvitationDead));
    assert_eq!(meeting.refuses(ANNA, Action::SetMicrophone { on: true }), Refusal::NotInside);
}

#[test]
fn a_dead_invitation_can_never_be_issued_again() {
    let mut meeting = Meeting::with(&[ANNA]);
    meeting.does(MEDIATOR, removed(ANNA));
    for participant in [ANNA, BEN] {
        let again = Action::Invite { participant, invitation: invitation(1) };
        assert_eq!(meeting.tries(Actor::Service, again), Err(Refusal::InvitationDead));
    }
}

#[test]
fn one_invitation_never_opens_two_places() {
    let mut meeting = Meeting::with(&[ANNA]);
    let shared = Action::Invite { participant: BEN, invitation: invitation(1) };
    assert_eq!(meeting.tries(Actor::Service, shared), Err(Refusal::InvitationDead));
    assert_eq!(meeting.arrives_with(BEN, invitation(1), "phone"), Err(Refusal::InvitationDead));
}

#[test]
fn the_same_invitation_issued_again_throws_nobody_out() {
    let mut meeting = Meeting::with(&[ANNA]);
    assert_eq!(meeting.serves(Action::Invite { participant: ANNA, invitation: invitation(1) }), []);
    assert_eq!(meeting.presence(ANNA), Presence::Admitted);
}

#[test]
fn a_new_invitation_during_the_session_ends_the_old_place_at_once() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.does(ANNA, Action::SetMicrophone { on: true });
    meeting.serves(Action::Invite { participant: ANNA, invitation: invitation(50) });
    assert_eq!(meeting.hearers(ANNA), []);
    assert!(!meeting.hearers(BEN).contains(&ANNA));
    assert_eq!(meeting.state.people[&ANNA].connection, None);
    assert_eq!(meeting.arrives_with(ANNA, invitation(1), "phone"), Err(Refusal::InvitationDead));
    meeting.arrives(ANNA);
    assert_eq!(meeting.presence(ANNA), Presence::Waiting, "and the new one leads to the door only");
    assert!(!meeting.state.people[&ANNA].microphone_on);
}

#[test]
fn a_revoked_person_is_out_at_once() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.serves(Action::Revoke { participant: ANNA });
    assert_eq!(meeting.state.view(ANNA), View::Outside { reason: OutsideReason::Removed });
    assert_eq!(meeting.arrives_with(ANNA, invitation(1), "phone"), Err(Refusal::InvitationDead));
    assert_eq!(meeting.serves(Action::Revoke { participant: ANNA }), [], "twice is once");
}

#[test]
fn a_second_device_never_evicts_a_live_one() {
    let mut meeting = Meeting::with(&[ANNA]);
    let before = meeting.state.people[&ANNA].clone();
    assert_eq!(meeting.arrives_from(ANNA, "other"), Err(Refusal::LiveElsewhere));
    assert_eq!(meeting.state.people[&ANNA], before);
}

#[test]
fn another_device_of_somebody_who_dropped_out_comes_to_the_door() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.goes_private(MEDIATOR, 1, &[ANNA]);
    meeting.loses(ANNA);
    meeting.arrives_from(ANNA, "other").unwrap();
    assert_eq!(meeting.presence(ANNA), Presence::Waiting);
    assert_eq!(meeting.place(MEDIATOR), Place::Joint, "the private session lost its only guest");
    assert_eq!(meeting.arrives_from(ANNA, "phone"), Err(Refusal::LiveElsewhere));
}

#[test]
fn the_same_device_comes_back_to_its_place_with_its_switches_as_they_were() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.does(ANNA, Action::SetCamera { on: true });
    meeting.goes_private(MEDIATOR, 1, &[ANNA]);
    meeting.loses(ANNA);
    assert_eq!(names_in(&meeting.arrives(ANNA)), ["reconnected"]);
    let anna = &meeting.state.people[&ANNA];
    assert_eq!(anna.place, Place::Caucus { caucus: caucus(1) });
    assert!(anna.camera_on && !anna.microphone_on);
}

#[test]
fn a_newer_connection_of_the_same_device_replaces_the_older_one_for_good() {
    let mut meeting = Meeting::with(&[ANNA]);
    let older = meeting.state.people[&ANNA].connection.unwrap();
    meeting.arrives(ANNA);
    let newer = meeting.state.people[&ANNA].connection.unwrap();
    assert_ne!(older, newer);
    assert_eq!(
        meeting.runs(Action::Lose { participant: ANNA, connection: older }),
        [],
        "the end of the older is no news"
    );
    assert_eq!(meeting.state.people[&ANNA].connection, Some(newer));
}

#[test]
fn who_left_comes_back_to_the_door_and_not_further() {
    let mut meeting = Meeting::with(&[ANNA]);
    meeting.does(ANNA, Action::Leave);
    assert_eq!(meeting.state.view(ANNA), View::Outside { reason: OutsideReason::Left });
    meeting.arrives(ANNA);
    assert_eq!(meeting.presence(ANNA), Presence::Waiting);
}

#[test]
fn the_presiding_mediator_on_another_device_is_inside_again_and_a_private_session_of_theirs_is_over() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.goes_private(MEDIATOR, 1, &[ANNA]);
    meeting.does(ANNA, Action::SetMicrophone { on: true });
    meeting.loses(MEDIATOR);
    assert_eq!(meeting.place(ANNA), Place::Caucus { caucus: caucus(1) }, "a short drop ends nothing");
    meeting.arrives_from(MEDIATOR, "laptop").unwrap();
    assert_eq!((meeting.place(MEDIATOR), meeting.place(ANNA)), (Place::Joint, Place::Joint));
    assert_eq!(meeting.hearers(ANNA), [], "moved by somebody else's act, Anna is switched off");
}

#[test]
fn a_restart_keeps_places_and_mutes_and_empties_the_door() {
    let mut meeting = Meeting::with(&[ANNA]);
    meeting.arrives(BEN);
    meeting.does(ANNA, Action::SetCamera { on: true });
    meeting.does(ANNA, Action::SetScreen { on: true });
    meeting.runs(Action::Restart);
    assert!(meeting.state.people.values().all(|person| person.connection.is_none()));
    assert_eq!((meeting.presence(ANNA), meeting.presence(BEN)), (Presence::Admitted, Presence::Absent));
    meeting.arrives(ANNA);
    let anna = &meeting.state.people[&ANNA];
    assert!(anna.camera_on && !anna.microphone_on && !anna.screen_on);
    assert_eq!(meeting.runs(Action::Restart).len(), 1);
    assert_eq!(meeting.runs(Action::Restart), [], "nothing is left to void");
}

#[test]
fn the_mediator_cannot_remove_themselves_or_somebody_outside() {
    let mut meeting = Meeting::with(&[]);
    meeting.arrives(ANNA);
    for participant in [MEDIATOR, ANNA, BEN, STRANGER] {
        assert_eq!(meeting.refuses(MEDIATOR, removed(participant)), Refusal::NoSuchPerson);
    }
}

#[test]
fn an_overlong_reason_or_device_key_is_refused() {
    let mut meeting = Meeting::with(&[]);
    assert_eq!(meeting.arrives_from(ANNA, &"k".repeat(300)), Err(Refusal::BadText));
    meeting.arrives(ANNA);
    assert_eq!(meeting.refuses(MEDIATOR, declined(&"长".repeat(2_001))), Refusal::BadText);
}

#[test]
fn an_unknown_person_and_a_wrong_invitation_get_the_same_answer() {
    let mut meeting = Meeting::scheduled();
    assert_eq!(meeting.arrives_with(STRANGER, invitation(1), "phone"), Err(Refusal::InvitationDead));
    assert_eq!(meeting.arrives_with(ANNA, invitation(2), "phone"), Err(Refusal::InvitationDead));
}

#[test]
fn a_room_that_was_never_founded_lets_nobody_in() {
    let mut meeting = Meeting::default();
    assert_eq!(meeting.arrives_with(ANNA, invitation(1), "phone"), Err(Refusal::InvitationDead));
    assert_eq!(meeting.refuses(ANNA, Action::Leave), Refusal::NotInside);
    assert_eq!(meeting.state.view(ANNA), View::Outside { reason: OutsideReason::Left });
}

#[test]
fn admitting_is_recorded_under_the_mediators_name() {
    let mut meeting = Meeting::with(&[]);
    meeting.arrives(ANNA);
    assert_eq!(meeting.does(MEDIATOR, Action::Admit { participant: ANNA }), [Event::Admitted { participant: ANNA }]);
    assert_eq!(meeting.log.last().unwrap().by, Some(MEDIATOR));
    meeting.assert_replays();
}
