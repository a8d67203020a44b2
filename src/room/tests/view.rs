//! One person, one view (law 3).

use super::meeting::*;
use crate::{Action, ParticipantId, Permission, Place, View};

const WORDS_OF_THE_ROOM: [&str; 6] = ["乙", "主持人", "著作权", "滨民初", "OPENING", "payment"];

#[test]
fn somebody_at_the_door_learns_their_own_name_and_the_organisations() {
    let mut meeting = Meeting::with(&[BEN]);
    meeting.says(BEN, "OPENING");
    meeting.does(MEDIATOR, Action::OpenPapers { template: "payment".to_owned() });
    meeting.arrives(ANNA);
    let learnt = meeting.learnt_by(ANNA);
    assert!(learnt.contains("甲") && learnt.contains("滨海调解中心"));
    for word in WORDS_OF_THE_ROOM {
        assert!(!learnt.contains(word), "{word} in {learnt}");
    }
    let View::Waiting { you, .. } = meeting.state.view(ANNA) else { panic!("Anna waits") };
    assert_eq!(you.may, []);
}

#[test]
fn what_somebody_at_the_door_learns_does_not_depend_on_the_room() {
    let mut empty = Meeting::scheduled();
    empty.arrives(ANNA);
    let mut busy = Meeting::with(&[BEN, ASSISTANT]);
    busy.says(BEN, "OPENING");
    busy.goes_private(MEDIATOR, 1, &[BEN]);
    busy.arrives(ANNA);
    assert_eq!(empty.learnt_by(ANNA), busy.learnt_by(ANNA));
}

#[test]
fn nobody_outside_learns_anything_but_why() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.says(ANNA, "OPENING");
    meeting.does(BEN, Action::Leave);
    for who in [BEN, REPRESENTATIVE, STRANGER] {
        assert_eq!(meeting.learnt_by(who), "{\"where\":\"outside\",\"reason\":\"left\"}\n[]");
    }
}

#[test]
fn people_inside_see_who_is_inside_and_not_who_waits() {
    let mut meeting = Meeting::with(&[ANNA, BEN, OFFICER]);
    meeting.arrives(ASSISTANT);
    let seen_by = |who| meeting.inside(who).people.into_iter().map(|person| person.id).collect::<Vec<_>>();
    for who in [ANNA, BEN, MEDIATOR] {
        assert_eq!(seen_by(who), [ANNA, BEN, MEDIATOR]);
    }
    assert!(!meeting.learnt_by(ANNA).contains("助理"));
    assert_eq!(meeting.inside(MEDIATOR).waiting.len(), 1);
}

#[test]
fn only_the_mediator_at_the_door_is_shown_an_identity() {
    let mut meeting = Meeting::with(&[ANNA, ASSISTANT]);
    meeting.arrives(BEN);
    assert!(meeting.learnt_by(MEDIATOR).contains("****1234"));
    for who in [ANNA, ASSISTANT, BEN] {
        assert!(!meeting.learnt_by(who).contains("****1234"));
    }
}

#[test]
fn the_desk_of_the_seal_officer_shows_nothing_of_the_talk() {
    let mut meeting = Meeting::with(&[ANNA, BEN, OFFICER]);
    meeting.says(ANNA, "OPENING");
    let before = meeting.learnt_by(OFFICER);
    for word in ["甲", "乙", "主持人", "OPENING"] {
        assert!(!before.contains(word), "{word} in {before}");
    }
    meeting.goes_private(MEDIATOR, 1, &[ANNA]);
    meeting.does(BEN, Action::SetMicrophone { on: true });
    assert_eq!(meeting.learnt_by(OFFICER), before);
    assert!(meeting.state.audience().receivers.values().all(|receivers| !receivers.contains(&OFFICER)));
}

#[test]
fn people_of_a_private_session_see_each_others_switches_and_outsiders_do_not() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.goes_private(MEDIATOR, 1, &[ANNA]);
    meeting.does(ANNA, Action::RaiseHand { raised: true });
    let anna_as_seen_by =
        |who: ParticipantId| meeting.inside(who).people.into_iter().find(|person| person.id == ANNA).unwrap();
    let (inside, outside) = (anna_as_seen_by(MEDIATOR), anna_as_seen_by(BEN));
    assert_eq!((inside.hand_raised, inside.microphone_on), (Some(true), Some(false)));
    assert_eq!(
        (outside.hand_raised, outside.microphone_on, outside.camera_on, outside.screen_on),
        (None, None, None, None)
    );
    assert_eq!(outside.place, Place::Caucus { caucus: caucus(1) });
}

#[test]
fn a_person_is_told_what_their_role_may_do_and_nothing_else() {
    let meeting = Meeting::with(&[ANNA, BEN, OBSERVER]);
    assert_eq!(meeting.inside(OBSERVER).you.may, [Permission::AnswerRecording]);
    assert!(!meeting.inside(ANNA).you.may.contains(&Permission::Admit));
    assert!(meeting.inside(MEDIATOR).you.may.contains(&Permission::Admit));
}
