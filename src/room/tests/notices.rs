//! Notices (OMR 17; IM 14): delivered, confirmed per person, on record; their words are complete and clean.

use super::meeting::*;
use crate::{Action, Event, NOTICES, NoticeId, Refusal};

const DELIVERED: [NoticeId; 4] = [NoticeId::Rights, NoticeId::Procedure, NoticeId::Effect, NoticeId::ShamMediation];

#[test]
fn nothing_can_be_confirmed_before_it_was_delivered() {
    let mut meeting = Meeting::with(&[ANNA]);
    assert_eq!(meeting.confirms(ANNA, NoticeId::Rights), Err(Refusal::NoSuchNotice));
    assert_eq!(meeting.inside(ANNA).notices, []);
}

#[test]
fn each_side_confirms_for_itself_and_once() {
    let mut meeting = Meeting::with(&[ANNA, BEN, REPRESENTATIVE]);
    meeting.does(MEDIATOR, Action::DeliverNotices);
    let confirmed = meeting.confirms(ANNA, NoticeId::Rights).unwrap();
    assert!(matches!(&confirmed[..], [Event::NoticeConfirmed { participant: ANNA, digest, .. }] if digest == "digest"));
    assert_eq!(meeting.confirms(ANNA, NoticeId::Rights), Ok(Vec::new()));
    assert!(meeting.inside(ANNA).notices[0].confirmed);
    assert!(!meeting.inside(BEN).notices[0].confirmed);
    assert!(!meeting.inside(REPRESENTATIVE).notices[0].confirmed, "a representative reads for themselves");
}

#[test]
fn the_mediator_sees_who_confirmed_and_nobody_else_does() {
    let mut meeting = Meeting::with(&[ANNA, BEN, OBSERVER]);
    meeting.does(MEDIATOR, Action::DeliverNotices);
    meeting.confirms(ANNA, NoticeId::Effect).unwrap();
    let seen_by =
        |who| meeting.inside(who).notices.into_iter().flat_map(|notice| notice.confirmed_by).collect::<Vec<_>>();
    assert_eq!(seen_by(MEDIATOR), [ANNA]);
    assert_eq!(seen_by(BEN), []);
    assert_eq!(meeting.inside(OBSERVER).notices, []);
}

#[test]
fn who_comes_later_gets_them_on_admission() {
    let mut meeting = Meeting::with(&[ANNA]);
    meeting.does(MEDIATOR, Action::DeliverNotices);
    assert_eq!(meeting.does(MEDIATOR, Action::DeliverNotices), []);
    meeting.joined_by(&[BEN]);
    let delivered: Vec<_> = meeting.inside(BEN).notices.into_iter().map(|notice| notice.notice).collect();
    assert_eq!(delivered, DELIVERED);
}

#[test]
fn the_words_of_a_consent_are_not_a_notice_to_confirm() {
    let mut meeting = Meeting::with(&[ANNA]);
    meeting.does(MEDIATOR, Action::DeliverNotices);
    for notice in [NoticeId::RecordingConsent, NoticeId::ObserverConsent] {
        assert_eq!(meeting.confirms(ANNA, notice), Err(Refusal::NoSuchNotice));
    }
}

#[test]
fn mediators_and_observers_have_none_to_confirm() {
    let mut meeting = Meeting::with(&[ANNA, BEN, OBSERVER, ASSISTANT]);
    meeting.does(MEDIATOR, Action::DeliverNotices);
    for who in [MEDIATOR, ASSISTANT, OBSERVER] {
        assert_eq!(meeting.confirms(who, NoticeId::Rights), Err(Refusal::NotAllowed));
    }
    assert_eq!(meeting.refuses(ASSISTANT, Action::DeliverNotices), Refusal::NotAllowed);
}

#[test]
fn every_text_has_a_title_and_the_same_paragraphs_in_both_languages() {
    for notice in NOTICES {
        let (chinese, english) = (notice.chinese.lines().count(), notice.english.lines().count());
        assert_eq!(chinese, english, "{:?}", notice.id);
        assert!(chinese >= 2, "{:?}", notice.id);
        for line in notice.chinese.lines().chain(notice.english.lines()) {
            assert!(!line.is_empty() && line == line.trim(), "{:?}: {line:?}", notice.id);
            assert!(!line.chars().any(char::is_control), "{:?}", notice.id);
        }
        assert!(notice.chinese.is_ascii() != notice.english.is_ascii(), "{:?}: languages swapped", notice.id);
        assert!(notice.words().starts_with(notice.version));
    }
}

#[test]
fn every_notice_id_has_exactly_one_text() {
    let ids = [&DELIVERED[..], &[NoticeId::RecordingConsent, NoticeId::ObserverConsent]].concat();
    for id in ids {
        assert_eq!(NOTICES.iter().filter(|notice| notice.id == id).count(), 1, "{id:?}");
    }
}
