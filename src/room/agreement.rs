//! The agreement from opened papers to its effect (rules 17–21): frozen once, signed by every side and the mediator over
//! both digests, sealed by an officer of the organisation, effective at the last signature (OMR 19).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::limits::{REASON_CHARS_MAX, TEXT_CHARS_MAX, WRITERS_PER_PERSON_MAX};
use crate::state::State;
use crate::{Event, Outcome, ParticipantId, Person, Phase, Refusal, Role};

/// The words and the bytes that are signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Frozen {
    /// SHA-256 of the canonical content, lower-case hex; printed on every page.
    pub content_digest: String,
    /// SHA-256 of the frozen PDF's bytes, lower-case hex.
    pub document_digest: String,
    /// Whether it settles only part of the claims (S0 四.4.2).
    pub in_part: bool,
}

/// The frozen agreement and what has been put under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// What is signed.
    pub frozen: Frozen,
    /// When it was frozen, ms since the epoch.
    pub frozen_at_ms: u64,
    /// Signatures so far.
    pub signatures: BTreeMap<ParticipantId, SignatureGiven>,
    /// The officer's authorisation of the seal.
    pub seal: Option<(ParticipantId, SignatureGiven)>,
    /// When it took effect, ms since the epoch.
    pub effective_at_ms: Option<u64>,
}

/// One signature: the person's device-signed words and when they arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureGiven {
    /// ms since the epoch.
    pub at_ms: u64,
    /// The signed statement as the evidence keeps it.
    pub statement: Value,
}

pub(crate) fn open(state: &State, template: &str) -> Result<Vec<Event>, Refusal> {
    if state.phase != Phase::InSession || state.template.is_some() {
        return Err(Refusal::WrongPhase);
    }
    if template.is_empty() || template.chars().count() > TEXT_CHARS_MAX {
        return Err(Refusal::BadText);
    }
    Ok(vec![Event::PapersOpened { template: template.to_owned() }])
}

pub(crate) fn bind_writer(state: &State, participant: ParticipantId, client: u64) -> Result<Vec<Event>, Refusal> {
    if !state.may_write(participant) {
        return Err(Refusal::WrongPhase);
    }
    match state.writers.get(&client) {
        Some(writer) if *writer == participant => Ok(Vec::new()),
        Some(_) => Err(Refusal::NotAllowed),
        None if state.writers(participant).len() >= WRITERS_PER_PERSON_MAX => {
            Err(Refusal::LimitReached { limit: "connections that have written in the drafts".to_owned() })
        }
        None => Ok(vec![Event::WriterBound { participant, client }]),
    }
}

pub(crate) fn freeze(state: &State, frozen: &Frozen) -> Result<Vec<Event>, Refusal> {
    if state.phase != Phase::InSession || state.template.is_none() || state.is_anybody_private() {
        return Err(Refusal::WrongPhase);
    }
    Ok(vec![Event::Frozen { frozen: frozen.clone() }])
}

pub(crate) fn reopen(state: &State, reason: &str) -> Result<Vec<Event>, Refusal> {
    if state.phase != Phase::Signing {
        return Err(Refusal::WrongPhase);
    }
    if reason.chars().count() > REASON_CHARS_MAX {
        return Err(Refusal::BadText);
    }
    Ok(vec![Event::Reopened { reason: reason.to_owned() }])
}

pub(crate) fn sign(
    state: &State,
    by: &Person,
    content_digest: &str,
    document_digest: &str,
    statement: &Value,
) -> Result<Vec<Event>, Refusal> {
    check_frozen(state, content_digest, document_digest)?;
    if !state.owes_signature(by) {
        return Err(Refusal::NothingToSign);
    }
    Ok(vec![Event::Signed {
        participant: by.id,
        content_digest: content_digest.to_owned(),
        document_digest: document_digest.to_owned(),
        statement: statement.clone(),
    }])
}

pub(crate) fn authorise_seal(
    state: &State,
    by: &Person,
    content_digest: &str,
    document_digest: &str,
    statement: &Value,
) -> Result<Vec<Event>, Refusal> {
    let agreement = check_frozen(state, content_digest, document_digest)?;
    if agreement.seal.is_some() || !state.is_signed_by_all() {
        return Err(Refusal::NothingToSign);
    }
    Ok(vec![Event::SealAuthorised {
        officer: by.id,
        content_digest: content_digest.to_owned(),
        document_digest: document_digest.to_owned(),
        statement: statement.clone(),
    }])
}

/// Effective at the last signature; the seal is the last.
pub(crate) fn consequences(state: &State, now_ms: u64) -> Vec<Event> {
    let is_due = state.agreement.as_ref().is_some_and(|agreement| {
        agreement.effective_at_ms.is_none() && agreement.seal.is_some() && state.is_signed_by_all()
    });
    if is_due { vec![Event::AgreementEffective { at_ms: now_ms }] } else { Vec::new() }
}

impl State {
    /// The CRDT client ids that a person writes under: one for each of their connections that wrote.
    pub fn writers(&self, participant: ParticipantId) -> BTreeSet<u64> {
        self.writers.iter().filter(|(_, writer)| **writer == participant).map(|(client, _)| *client).collect()
    }

    /// Those who must or may sign: each party, each representative with special authority, the presiding mediator.
    pub(crate) fn signers(&self) -> impl Iterator<Item = &Person> {
        self.people.values().filter(|person| person.may_sign())
    }

    /// Whether this person's signature is still outstanding and would count.
    pub(crate) fn owes_signature(&self, person: &Person) -> bool {
        let Some(agreement) = &self.agreement else { return false };
        let side_signed = agreement
            .signatures
            .keys()
            .filter_map(|id| self.people.get(id))
            .any(|signer| person.role.is_side() && signer.role.is_side() && signer.side() == person.side());
        person.may_sign() && !side_signed && !agreement.signatures.contains_key(&person.id)
    }

    /// Whether every party (or who signs for it) and the presiding mediator have signed.
    pub(crate) fn is_signed_by_all(&self) -> bool {
        self.agreement.is_some()
            && self
                .people
                .values()
                .filter(|person| matches!(person.role, Role::Party | Role::PresidingMediator))
                .all(|person| !self.owes_signature(person))
    }
}

fn check_frozen<'a>(state: &'a State, content_digest: &str, document_digest: &str) -> Result<&'a Agreement, Refusal> {
    let agreement = state.agreement.as_ref().filter(|_| state.phase == Phase::Signing).ok_or(Refusal::WrongPhase)?;
    if agreement.frozen.content_digest != content_digest || agreement.frozen.document_digest != document_digest {
        return Err(Refusal::OtherAgreement);
    }
    Ok(agreement)
}

pub(crate) fn evolve_frozen(state: &mut State, frozen: &Frozen, at_ms: u64) {
    state.phase = Phase::Signing;
    state.times_frozen = state.times_frozen.saturating_add(1);
    state.agreement = Some(Agreement {
        frozen: frozen.clone(),
        frozen_at_ms: at_ms,
        signatures: BTreeMap::new(),
        seal: None,
        effective_at_ms: None,
    });
}

pub(crate) fn evolve_reopened(state: &mut State) {
    state.phase = Phase::InSession;
    state.agreement = None;
}

pub(crate) fn evolve_signed(state: &mut State, participant: ParticipantId, statement: &Value, at_ms: u64) {
    if let Some(agreement) = &mut state.agreement {
        agreement.signatures.insert(participant, SignatureGiven { at_ms, statement: statement.clone() });
    }
}

pub(crate) fn evolve_sealed(state: &mut State, officer: ParticipantId, statement: &Value, at_ms: u64) {
    if let Some(agreement) = &mut state.agreement {
        agreement.seal = Some((officer, SignatureGiven { at_ms, statement: statement.clone() }));
    }
}

pub(crate) fn evolve_effective(state: &mut State, at_ms: u64) {
    if let Some(agreement) = &mut state.agreement {
        agreement.effective_at_ms = Some(at_ms);
        state.outcome = Some(Outcome::Agreed { in_part: agreement.frozen.in_part, at_ms });
    }
    state.phase = Phase::Concluded;
}
