//! From opened papers to effect (rules 17–21; OMR 19; 电子签名法 13).

use super::meeting::*;
use crate::{Action, Authority, Outcome, Phase, Refusal, View};

fn signing() -> Meeting {
    let mut meeting = Meeting::with(&[ANNA, BEN, REPRESENTATIVE, OFFICER]);
    meeting.frozen_as("terms");
    meeting
}

fn signed() -> Meeting {
    let mut meeting = signing();
    for who in [ANNA, BEN, MEDIATOR] {
        meeting.signs(who, "terms").unwrap();
    }
    meeting
}

fn desk(meeting: &Meeting) -> Option<crate::AgreementView> {
    match meeting.state.view(OFFICER) {
        View::Desk(desk) => desk.agreement,
        other @ (View::Outside { .. } | View::Waiting { .. } | View::Inside(_)) => panic!("no desk: {other:?}"),
    }
}

#[test]
fn it_is_effective_at_the_last_signature_and_the_seal_is_the_last() {
    let mut meeting = signed();
    assert_eq!(meeting.state.outcome, None);
    let events = meeting.seals(OFFICER, "terms").unwrap();
    assert_eq!(names_in(&events), ["seal_authorised", "agreement_effective"]);
    assert_eq!(meeting.state.outcome, Some(Outcome::Agreed { in_part: false, at_ms: meeting.now_ms }));
    assert_eq!(meeting.state.phase, Phase::Concluded);
    meeting.assert_replays();
}

#[test]
fn the_seal_waits_for_every_signature() {
    let mut meeting = signing();
    for who in [ANNA, BEN, MEDIATOR] {
        assert_eq!(meeting.seals(OFFICER, "terms"), Err(Refusal::NothingToSign));
        meeting.signs(who, "terms").unwrap();
    }
    assert_eq!(meeting.seals(MEDIATOR, "terms"), Err(Refusal::NotAllowed));
    assert_eq!(meeting.seals(OFFICER, "other terms"), Err(Refusal::OtherAgreement));
}

#[test]
fn the_seal_officer_sees_nothing_until_all_have_signed() {
    let mut meeting = signing();
    meeting.signs(ANNA, "terms").unwrap();
    meeting.signs(BEN, "terms").unwrap();
    assert_eq!(desk(&meeting), None);
    assert!(!meeting.state.may_read(OFFICER));
    meeting.signs(MEDIATOR, "terms").unwrap();
    assert_eq!(desk(&meeting).unwrap().frozen, Some(frozen("terms")));
    assert!(meeting.state.may_read(OFFICER) && !meeting.state.may_write(OFFICER));
    meeting.does(MEDIATOR, Action::Reopen { reason: "a typing error".to_owned() });
    assert_eq!(desk(&meeting), None);
    assert!(!meeting.state.may_read(OFFICER));
}

#[test]
fn nobody_signs_twice_or_what_they_were_not_shown() {
    let mut meeting = signing();
    assert_eq!(meeting.signs(ANNA, "other terms"), Err(Refusal::OtherAgreement));
    meeting.signs(ANNA, "terms").unwrap();
    assert_eq!(meeting.signs(ANNA, "terms"), Err(Refusal::NothingToSign));
}

#[test]
fn half_of_the_digests_is_not_enough() {
    let mut meeting = signing();
    let mixed = Action::Sign {
        content_digest: frozen("terms").content_digest,
        document_digest: frozen("other").document_digest,
        statement: statement(),
    };
    assert_eq!(meeting.refuses(ANNA, mixed), Refusal::OtherAgreement);
}

#[test]
fn a_side_signs_once_by_the_party_or_by_who_has_special_authority() {
    let mut meeting = signing();
    meeting.signs(REPRESENTATIVE, "terms").unwrap();
    assert_eq!(meeting.signs(ANNA, "terms"), Err(Refusal::NothingToSign));
    assert!(!meeting.inside(ANNA).agreement.unwrap().you_sign);
    meeting.signs(BEN, "terms").unwrap();
    meeting.signs(MEDIATOR, "terms").unwrap();
    meeting.seals(OFFICER, "terms").unwrap();
}

#[test]
fn a_representative_without_special_authority_cannot_sign_and_is_not_told_they_may() {
    let mut charter = charter();
    for person in &mut charter.people {
        person.authority = person.authority.map(|_| Authority::General);
    }
    let mut meeting = Meeting::founded(charter);
    meeting.joined_by(&[ANNA, BEN, REPRESENTATIVE]);
    assert!(!meeting.inside(REPRESENTATIVE).you.may.contains(&crate::Permission::Sign));
    assert!(meeting.inside(ANNA).you.may.contains(&crate::Permission::Sign));
    meeting.frozen_as("terms");
    assert_eq!(meeting.signs(REPRESENTATIVE, "terms"), Err(Refusal::NothingToSign));
    assert!(meeting.inside(BEN).agreement.unwrap().signers.iter().all(|signer| signer.id != REPRESENTATIVE));
}

#[test]
fn an_absent_partys_signature_is_still_needed() {
    let mut meeting = Meeting::with(&[ANNA, OFFICER]);
    meeting.frozen_as("terms");
    meeting.signs(ANNA, "terms").unwrap();
    meeting.signs(MEDIATOR, "terms").unwrap();
    assert_eq!(meeting.seals(OFFICER, "terms"), Err(Refusal::NothingToSign));
    assert_eq!(meeting.signs(BEN, "terms"), Err(Refusal::NotInside));
}

#[test]
fn assistants_and_observers_have_nothing_to_sign() {
    let mut meeting = Meeting::with(&[ANNA, BEN, ASSISTANT, OBSERVER]);
    meeting.frozen_as("terms");
    for who in [ASSISTANT, OBSERVER] {
        assert_eq!(meeting.signs(who, "terms"), Err(Refusal::NotAllowed));
    }
}

#[test]
fn what_is_frozen_cannot_be_written_and_reopening_voids_what_was_signed() {
    let mut meeting = signing();
    assert!(!meeting.state.may_write(ANNA) && meeting.state.may_read(ANNA));
    meeting.signs(ANNA, "terms").unwrap();
    meeting.does(MEDIATOR, Action::Reopen { reason: "a typing error".to_owned() });
    assert!(meeting.state.may_write(ANNA));
    assert_eq!(meeting.signs(BEN, "terms"), Err(Refusal::WrongPhase));
    meeting.frozen_as("better terms");
    assert_eq!(meeting.signs(BEN, "terms"), Err(Refusal::OtherAgreement));
    assert!(meeting.inside(ANNA).agreement.unwrap().you_sign, "the signature under the old words is void");
}

#[test]
fn nothing_is_frozen_while_somebody_is_in_a_private_session() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.does(MEDIATOR, Action::OpenPapers { template: "payment".to_owned() });
    meeting.goes_private(MEDIATOR, 1, &[ANNA]);
    assert_eq!(meeting.refuses(MEDIATOR, Action::Freeze(frozen("terms"))), Refusal::WrongPhase);
}

#[test]
fn the_steps_come_in_their_order() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    assert_eq!(meeting.refuses(MEDIATOR, Action::Freeze(frozen("terms"))), Refusal::WrongPhase);
    assert_eq!(meeting.refuses(MEDIATOR, Action::Reopen { reason: String::new() }), Refusal::WrongPhase);
    assert_eq!(meeting.signs(ANNA, "terms"), Err(Refusal::WrongPhase));
    assert!(!meeting.state.may_read(ANNA), "there is nothing to read before the papers are opened");
    meeting.frozen_as("terms");
    assert_eq!(meeting.refuses(MEDIATOR, Action::Freeze(frozen("others"))), Refusal::WrongPhase);
    let open = Action::OpenPapers { template: "licence".to_owned() };
    assert_eq!(meeting.refuses(MEDIATOR, open), Refusal::WrongPhase);
}

#[test]
fn the_drafts_are_for_the_people_inside_who_draft() {
    let mut meeting = Meeting::with(&[ANNA, BEN, OBSERVER]);
    meeting.arrives(REPRESENTATIVE);
    meeting.does(MEDIATOR, Action::OpenPapers { template: "payment".to_owned() });
    let readers: Vec<_> = EVERYBODY.into_iter().filter(|who| meeting.state.may_read(*who)).collect();
    assert_eq!(readers, [ANNA, BEN, MEDIATOR]);
    let writers: Vec<_> = EVERYBODY.into_iter().filter(|who| meeting.state.may_write(*who)).collect();
    assert_eq!(writers, readers);
}

#[test]
fn a_signature_survives_leaving_and_losing_the_device() {
    let mut meeting = signing();
    meeting.signs(ANNA, "terms").unwrap();
    meeting.does(ANNA, Action::Leave);
    meeting.serves(Action::Invite { participant: ANNA, invitation: invitation(50) });
    for who in [BEN, MEDIATOR] {
        meeting.signs(who, "terms").unwrap();
    }
    meeting.seals(OFFICER, "terms").unwrap();
}

#[test]
fn a_client_id_of_the_drafts_belongs_to_one_person_for_good() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.does(MEDIATOR, Action::OpenPapers { template: "payment".to_owned() });
    let bind = |participant, client| Action::BindWriter { participant, client };
    meeting.runs(bind(ANNA, 7));
    assert_eq!(meeting.runs(bind(ANNA, 7)), []);
    let system = crate::Actor::System;
    assert_eq!(meeting.tries(system, bind(BEN, 7)), Err(Refusal::NotAllowed));
    assert_eq!(meeting.tries(system, bind(REPRESENTATIVE, 8)), Err(Refusal::WrongPhase), "not inside");
    assert_eq!(meeting.refuses(ANNA, bind(ANNA, 9)), Refusal::NotAllowed);
    for client in 100..100 + crate::limits::WRITERS_PER_PERSON_MAX as u64 - 1 {
        meeting.runs(bind(ANNA, client));
    }
    assert!(matches!(meeting.tries(system, bind(ANNA, 99)), Err(Refusal::LimitReached { .. })));
    meeting.runs(bind(BEN, 99));
}
