//! What a case service may found a room on (attacks.md "bidi or look-alike names posing as the mediator").

use super::meeting::*;
use crate::{Actor, Charter, Claim, Refusal, Role};

fn is_refused(change: impl FnOnce(&mut Charter)) -> bool {
    let mut changed = charter();
    change(&mut changed);
    let refused = changed.check();
    let founded = Meeting::default().tries(Actor::Service, crate::Action::Found(Box::new(changed)));
    assert_eq!(refused.is_err(), founded.is_err());
    matches!(refused, Err(Refusal::BadCharter { .. }))
}

fn of_role(charter: &mut Charter, role: Role) -> &mut crate::Expected {
    charter.people.iter_mut().find(|person| person.role == role).unwrap()
}

#[test]
fn a_plain_case_a_series_and_a_direct_application_found_a_room() {
    assert_eq!(charter().check(), Ok(()));
    let mut direct = charter();
    direct.case_numbers.clear();
    direct.court = None;
    assert_eq!(direct.check(), Ok(()));
}

#[test]
fn a_room_has_one_presiding_mediator_two_parties_and_somebody_to_seal() {
    assert!(is_refused(|charter| charter.people.retain(|person| person.role != Role::PresidingMediator)));
    assert!(is_refused(|charter| of_role(charter, Role::AssistingMediator).role = Role::PresidingMediator));
    assert!(is_refused(|charter| charter.people.retain(|person| person.id != BEN)));
    assert!(is_refused(|charter| charter.people.retain(|person| person.role != Role::SealOfficer)));
}

#[test]
fn a_representative_speaks_for_a_party_of_the_room_with_a_named_authority() {
    assert!(is_refused(|charter| of_role(charter, Role::Representative).speaks_for = None));
    assert!(is_refused(|charter| of_role(charter, Role::Representative).speaks_for = Some(MEDIATOR)));
    assert!(is_refused(|charter| of_role(charter, Role::Representative).speaks_for = Some(STRANGER)));
    assert!(is_refused(|charter| of_role(charter, Role::Representative).authority = None));
    assert!(is_refused(|charter| of_role(charter, Role::Party).speaks_for = Some(BEN)));
    assert!(is_refused(|charter| of_role(charter, Role::Observer).authority = Some(crate::Authority::Special)));
}

#[test]
fn a_name_cannot_hide_or_turn_characters() {
    for name in ["", "  ", "甲\u{202E}", "甲\u{200B}", "\u{2066}甲", "甲\n", "\u{3164}", "甲\u{E0041}", "甲\u{AD}"]
    {
        assert!(is_refused(|charter| of_role(charter, Role::Party).name = name.to_owned()), "{name:?}");
    }
    assert!(is_refused(|charter| of_role(charter, Role::Party).name = "长".repeat(81)));
    assert!(is_refused(|charter| of_role(charter, Role::Party).identity.method = "\u{202E}".to_owned()));
}

#[test]
fn ids_and_case_numbers_are_not_shared() {
    assert!(is_refused(|charter| of_role(charter, Role::Observer).id = ANNA));
    assert!(is_refused(|charter| charter.case_numbers.push(charter.case_numbers[0].clone())));
}

#[test]
fn a_claim_belongs_to_a_case_of_the_room() {
    let claim = |number: &str| Claim { case_number: Some(number.to_owned()), text: "赔偿".to_owned() };
    assert!(is_refused(|charter| charter.claims.push(claim("(2026)他院1号"))));
    assert!(!is_refused(|charter| charter.claims.push(claim("(2026)滨民初2号"))));
}

#[test]
fn everything_has_a_limit() {
    assert!(is_refused(|charter| charter.case_numbers = (0..65).map(|number| number.to_string()).collect()));
    assert!(is_refused(|charter| charter.claims = vec![charter.claims[0].clone(); 65]));
    assert!(is_refused(|charter| charter.people = vec![charter.people[0].clone(); 65]));
    assert!(is_refused(|charter| charter.cause = "长".repeat(2_001)));
    assert!(is_refused(|charter| charter.organisation = String::new()));
    assert!(is_refused(|charter| charter.tenant.0 = String::new()));
    assert!(is_refused(|charter| charter.court = Some(String::new())));
}
