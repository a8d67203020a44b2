//! Microphones, cameras, screens, hands and written words (field notes "reconnect", "role escape").

use super::meeting::*;
use crate::limits::{CHAT_CHARS_MAX, CHAT_MESSAGES_PER_PERSON_MAX};
use crate::{Action, ChatRecipient, Refusal};

fn say(to: ChatRecipient, text: &str) -> Action {
    Action::Say { to, text: text.to_owned() }
}

#[test]
fn everybody_comes_in_with_everything_off() {
    let meeting = Meeting::with(&[ANNA, BEN, ASSISTANT]);
    assert!(meeting.state.audience().receivers.is_empty());
}

#[test]
fn a_muted_person_hears_on_and_only_they_switch_on_again() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.does(ANNA, Action::SetMicrophone { on: true });
    meeting.does(BEN, Action::SetMicrophone { on: true });
    meeting.does(MEDIATOR, Action::Mute { participant: ANNA });
    assert_eq!(meeting.hearers(ANNA), []);
    assert!(meeting.hearers(BEN).contains(&ANNA));
    meeting.does(ANNA, Action::SetMicrophone { on: true });
    assert_eq!(meeting.hearers(ANNA), [BEN, MEDIATOR]);
}

#[test]
fn nobody_but_the_presiding_mediator_mutes_and_only_who_may_speak() {
    let mut meeting = Meeting::with(&[ANNA, BEN, OBSERVER, ASSISTANT]);
    for who in [ANNA, ASSISTANT, OBSERVER] {
        assert_eq!(meeting.refuses(who, Action::Mute { participant: BEN }), Refusal::NotAllowed);
    }
    for participant in [OBSERVER, OFFICER, STRANGER, REPRESENTATIVE] {
        assert_eq!(meeting.refuses(MEDIATOR, Action::Mute { participant }), Refusal::NoSuchPerson);
    }
}

#[test]
fn a_switch_that_is_where_it_should_be_changes_nothing() {
    let mut meeting = Meeting::with(&[ANNA]);
    assert_eq!(meeting.does(ANNA, Action::SetMicrophone { on: false }), []);
    assert_eq!(meeting.does(ANNA, Action::RaiseHand { raised: false }), []);
    assert_eq!(meeting.does(MEDIATOR, Action::Mute { participant: ANNA }), []);
}

#[test]
fn words_for_the_mediator_reach_the_mediators_of_the_place_only() {
    let mut meeting = Meeting::with(&[ANNA, BEN, ASSISTANT]);
    meeting.does(ANNA, say(ChatRecipient::Mediator, "CONFIDENCE"));
    for who in [ANNA, MEDIATOR, ASSISTANT] {
        assert!(meeting.learnt_by(who).contains("CONFIDENCE"));
    }
    assert!(!meeting.learnt_by(BEN).contains("CONFIDENCE"));
    meeting.goes_private(MEDIATOR, 1, &[ANNA]);
    meeting.does(ANNA, say(ChatRecipient::Mediator, "DEEPER"));
    assert!(!meeting.learnt_by(ASSISTANT).contains("DEEPER"), "a mediator elsewhere is not of this place");
}

#[test]
fn who_comes_later_does_not_read_what_was_said_before() {
    let mut meeting = Meeting::with(&[ANNA]);
    meeting.says(ANNA, "EARLIER");
    meeting.joined_by(&[BEN]);
    assert!(!meeting.learnt_by(BEN).contains("EARLIER"));
}

#[test]
fn who_goes_out_reads_nothing_any_more() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.says(ANNA, "SPOKEN");
    assert_eq!(meeting.state.chat_for(BEN).count(), 1);
    meeting.does(BEN, Action::Leave);
    assert_eq!(meeting.state.chat_for(BEN).count(), 0);
    meeting.arrives(BEN);
    assert_eq!(meeting.state.chat_for(BEN).count(), 0, "nor at the door");
}

#[test]
fn empty_overlong_and_control_characters_are_refused() {
    let mut meeting = Meeting::with(&[ANNA]);
    let overlong = "字".repeat(CHAT_CHARS_MAX + 1);
    for text in ["", "  \n", "a\u{0}b", "a\u{1b}[31m", &overlong] {
        assert_eq!(meeting.refuses(ANNA, say(ChatRecipient::Everyone, text)), Refusal::BadText);
    }
    meeting.says(ANNA, "第一行\n第二行\t<b>不是标签</b>");
}

#[test]
fn the_limit_of_messages_counts_ones_own_only() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.goes_private(MEDIATOR, 1, &[ANNA]);
    for _ in 0..CHAT_MESSAGES_PER_PERSON_MAX {
        meeting.says(ANNA, "again");
    }
    let refusal = meeting.refuses(ANNA, say(ChatRecipient::Everyone, "once more"));
    assert!(matches!(refusal, Refusal::LimitReached { .. }));
    meeting.says(BEN, "the others do not notice");
}
