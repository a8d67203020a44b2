//! What the case service says when it creates a room: the case, the people, the rules of this mediation.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::limits::{CASE_NUMBER_CHARS_MAX, CASES_MAX, CLAIMS_MAX, NAME_CHARS_MAX, PEOPLE_MAX, TEXT_CHARS_MAX};
use crate::{Authority, Identity, ParticipantId, Refusal, Role, TenantId};

/// The founding facts of a room. They come from the case service, so nobody files anything twice (S0 四.4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Charter {
    /// The organisation that the room belongs to.
    pub tenant: TenantId,
    /// Its name, as printed on papers.
    pub organisation: String,
    /// The entrusting court, where there is one.
    pub court: Option<String>,
    /// Case numbers that the session serves; empty for an application made directly to the organisation.
    pub case_numbers: Vec<String>,
    /// 案由, the cause of action.
    pub cause: String,
    /// What is claimed.
    pub claims: Vec<Claim>,
    /// Who may come.
    pub people: Vec<Expected>,
    /// How closely the process is kept.
    pub confidentiality: Confidentiality,
    /// Whether the room may ever be recorded.
    pub recording: RecordingPolicy,
}

/// One claim of the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Claim {
    /// The case number it belongs to, where there is one.
    pub case_number: Option<String>,
    /// What is asked for.
    pub text: String,
}

/// Somebody the case service expects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Expected {
    /// Made by the server when the room is created.
    pub id: ParticipantId,
    /// Full name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// For a representative: the party.
    pub speaks_for: Option<ParticipantId>,
    /// For a representative: its authority.
    pub authority: Option<Authority>,
    /// How identity was established.
    pub identity: Identity,
}

/// How closely the process is kept (S0 四.3.2; OMR 29).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Confidentiality {
    /// Process and terms stay among those present.
    Confidential,
    /// As above, and no observer may be admitted at all.
    Strict,
}

/// Whether the room may be recorded (OMR 22).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RecordingPolicy {
    /// Nothing can turn recording on.
    Never,
    /// Only while everyone present has agreed.
    UnanimousConsent,
}

impl Charter {
    /// Checks what a case service sent before a room is founded on it.
    ///
    /// # Errors
    /// [`Refusal::BadCharter`] naming the first thing that is missing, too long or contradictory.
    pub fn check(&self) -> Result<(), Refusal> {
        let bad = |detail: &str| Err(Refusal::BadCharter { detail: detail.to_owned() });
        if !is_short_text(&self.tenant.0, NAME_CHARS_MAX) {
            return bad("the tenant is empty, too long or has control characters");
        }
        if self.case_numbers.len() > CASES_MAX || self.claims.len() > CLAIMS_MAX || self.people.len() > PEOPLE_MAX {
            return bad("too many case numbers, claims or people for one room");
        }
        if self.case_numbers.iter().any(|number| !is_short_text(number, CASE_NUMBER_CHARS_MAX)) {
            return bad("a case number is empty, too long or has control characters");
        }
        if !is_short_text(&self.organisation, TEXT_CHARS_MAX) || !is_short_text(&self.cause, TEXT_CHARS_MAX) {
            return bad("the organisation or the cause is empty, too long or has control characters");
        }
        if self.court.as_ref().is_some_and(|court| !is_short_text(court, TEXT_CHARS_MAX)) {
            return bad("the court is empty, too long or has control characters");
        }
        let numbers: BTreeSet<_> = self.case_numbers.iter().collect();
        if numbers.len() != self.case_numbers.len() {
            return bad("two cases share one number");
        }
        if self.claims.iter().filter_map(|claim| claim.case_number.as_ref()).any(|number| !numbers.contains(number)) {
            return bad("a claim belongs to a case number that the room does not serve");
        }
        if self.claims.iter().any(|claim| !is_short_text(&claim.text, TEXT_CHARS_MAX)) {
            return bad("a claim is empty, too long or has control characters");
        }
        self.check_people()
    }

    fn check_people(&self) -> Result<(), Refusal> {
        let bad = |detail: &str| Err(Refusal::BadCharter { detail: detail.to_owned() });
        if self.people.iter().any(|person| !is_short_text(&person.name, NAME_CHARS_MAX)) {
            return bad("a name is empty, too long or has control, invisible or direction characters");
        }
        let mut identity_texts = self.people.iter().flat_map(|person| {
            std::iter::once(&person.identity.method).chain(person.identity.document_masked.as_ref())
        });
        if identity_texts.any(|text| !is_short_text(text, NAME_CHARS_MAX)) {
            return bad("an identity's method or document is empty, too long or has control characters");
        }
        let ids: BTreeSet<_> = self.people.iter().map(|person| person.id).collect();
        if ids.len() != self.people.len() {
            return bad("two people share one id");
        }
        let count = |role| self.people.iter().filter(|person| person.role == role).count();
        if count(Role::PresidingMediator) != 1 {
            return bad("a room has exactly one presiding mediator (OMR 11)");
        }
        if count(Role::Party) < 2 {
            return bad("a mediation has at least two parties");
        }
        if count(Role::SealOfficer) == 0 {
            return bad("without a seal officer no agreement can take effect (OMR 19)");
        }
        let is_party = |id| self.people.iter().any(|other| other.id == id && other.role == Role::Party);
        for person in &self.people {
            let is_representative = person.role == Role::Representative;
            if is_representative && !(person.speaks_for.is_some_and(is_party) && person.authority.is_some()) {
                return bad("a representative needs a party of this room in speaks_for, and its authority");
            }
            if !is_representative && (person.speaks_for.is_some() || person.authority.is_some()) {
                return bad("only a representative has speaks_for or authority");
            }
        }
        if self.confidentiality == Confidentiality::Strict
            && self.people.iter().any(|person| person.role == Role::Observer)
        {
            return bad("a strictly confidential room has no observers");
        }
        Ok(())
    }
}

/// Non-empty, within `chars_max`, and without control, invisible or direction characters, which could dress a name
/// up as somebody else's.
pub(crate) fn is_short_text(text: &str, chars_max: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= chars_max && !text.chars().any(is_deceptive)
}

fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{AD}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
                | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
        )
}
