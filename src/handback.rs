//! What goes back to the case service: a result bundle for each case, made from the room's log alone. The same log gives
//! the same bytes, so a delivery that is tried again delivers the same bundle.

use accord_agreement::digest::Digest as PaperDigest;
use accord_agreement::schema::DocumentKind;
use accord_agreement::signature_page::{
    CountersignRefusal, SealAuthorisation, SignaturePage, Signer as PageSigner, countersign,
};
use accord_evidence::{
    Agreement, Bundle, BundleError, CanonicalError, Digest, Entry, Excerpt, Journal, KeyError, MediationResult,
    NoAgreementRecord, Papers, Purpose, Scope, Seal, SealRecord, SealRefusal, Signatory, Signed, SignedStatement,
    Subject, Terms,
};
use accord_room::{Charter, Ending, Event, Outcome, ParticipantId, Person, Recorded, State};
use accord_store::{RoomKey, StoreError};
use serde_json::{Value, json};

use crate::clock::civil_time;
use crate::facts::{facts, role_in_chinese};
use crate::house::House;
use crate::sitting::log::{LogError, read_entries, recorded};

/// Why a bundle could not be made.
#[derive(Debug, thiserror::Error)]
pub enum HandbackError {
    /// The log.
    #[error("the room's log cannot be read: {0}")]
    Log(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mediation is not over.
    #[error("the mediation is not concluded")]
    NotConcluded,
    /// The log lacks something that a concluded mediation has.
    #[error("the room's log lacks {0}")]
    Incomplete(&'static str),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The seal.
    #[error(transparent)]
    Seal(#[from] SealRefusal),
    /// Something has no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// The signature page.
    #[error("the signature page cannot be set: {0}")]
    SignaturePage(#[from] CountersignRefusal),
    /// The finished bundle does not hold.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

impl From<LogError> for HandbackError {
    fn from(error: LogError) -> Self {
        Self::Log(error.to_string())
    }
}

/// The bundle of one case.
///
/// # Errors
/// [`HandbackError`].
pub async fn bundle(house: &House, key: &RoomKey, case_number: Option<&str>) -> Result<Vec<u8>, HandbackError> {
    let mut entries = read_entries(house, key).await?;
    // The conclusion and its consequences (a recording that ends with it) are part of the result; what came after
    // (people leaving) is not.
    entries.truncate(concluded_size(&recorded(&entries)?).ok_or(HandbackError::NotConcluded)?);
    let log = recorded(&entries)?;
    let state = State::replay(log.iter());
    let charter = state.charter.clone().ok_or(HandbackError::Incomplete("its founding"))?;
    let outcome = state.outcome.clone().ok_or(HandbackError::NotConcluded)?;
    let concluded_at_ms = match &outcome {
        Outcome::Agreed { at_ms, .. } | Outcome::NotAgreed { at_ms, .. } => *at_ms,
    };

    let papers = papers(house, key, &state, &charter, &outcome).await?;
    let journal = Journal::resume(key.tenant.0.clone(), key.room.to_string(), entries.iter().map(Entry::leaf));
    let head_key = house.keys.signer(&key.tenant.0, Purpose::JournalHead)?;
    let head = Signed::sign(journal.head(concluded_at_ms), head_key.as_ref())?;
    let shown: Vec<u64> = entries
        .iter()
        .zip(&log)
        .filter(|(_, recorded)| statement(&recorded.event).is_some() || is_milestone(&recorded.event))
        .map(|(entry, _)| entry.sequence)
        .collect();
    let excerpt = Excerpt::of(head, &entries, &shown).ok_or(HandbackError::Incomplete("entries of its journal"))?;
    let bundle = Bundle {
        result: MediationResult {
            schema: accord_evidence::outcome::RESULT_SCHEMA.to_owned(),
            tenant: key.tenant.0.clone(),
            room: key.room.to_string(),
            case_numbers: case_number.map(str::to_owned).into_iter().collect(),
            outcome: fact(&outcome, concluded_at_ms),
            terms: terms(&state)?,
        },
        papers,
        consents: consents(&log)?,
        excerpt,
        keys: house.keys.public_keys(&key.tenant.0)?,
        recording_certificate: Some(recording_certificate(&state, &charter)),
    };
    let seal_key = house.keys.signer(&key.tenant.0, Purpose::Seal)?;
    Ok(bundle.write(concluded_at_ms, seal_key.as_ref())?)
}

/// How many events the log had when the conclusion and all its consequences were on record.
fn concluded_size(log: &[Recorded]) -> Option<usize> {
    let is_conclusion =
        |recorded: &Recorded| matches!(recorded.event, Event::AgreementEffective { .. } | Event::Ended { .. });
    let at = log.iter().position(is_conclusion)?;
    let command = log.get(at)?.command;
    let consequences = log.iter().skip(at + 1).take_while(|recorded| recorded.command == command).count();
    Some(at + 1 + consequences)
}

/// The fact of the outcome, apart from its terms (rule 30).
fn fact(outcome: &Outcome, concluded_at_ms: u64) -> accord_evidence::Outcome {
    match outcome {
        Outcome::Agreed { in_part, at_ms } => accord_evidence::Outcome {
            ending: accord_evidence::Ending::Agreement,
            scope: Some(if *in_part { Scope::Part } else { Scope::Full }),
            concluded_at_ms,
            effective_at_ms: Some(*at_ms),
        },
        Outcome::NotAgreed { ending, .. } => accord_evidence::Outcome {
            ending: match ending {
                Ending::SettledAndWithdrawn => accord_evidence::Ending::WithdrawnAfterSettlement,
                Ending::PartyNotReached => accord_evidence::Ending::PartyUnreachable,
                Ending::PartyUnwilling => accord_evidence::Ending::PartyUnwilling,
                Ending::DifferencesTooGreat => accord_evidence::Ending::DifferencesTooWide,
                Ending::TimeExpired => accord_evidence::Ending::TimeExpired,
                Ending::SignatureRefused => accord_evidence::Ending::SignatureRefused,
                Ending::Other => accord_evidence::Ending::OtherImpossibility,
            },
            scope: None,
            concluded_at_ms,
            effective_at_ms: None,
        },
    }
}

fn terms(state: &State) -> Result<Option<Terms>, HandbackError> {
    let Some(agreement) = state.agreement.as_ref().filter(|agreement| agreement.effective_at_ms.is_some()) else {
        return Ok(None);
    };
    let signatories = agreement.signatures.keys().filter_map(|id| state.people.get(id)).map(signatory).collect();
    let (content_digest, document_digest) = digests(agreement)?;
    Ok(Some(Terms { content_digest: Some(content_digest), document_digest, signatories }))
}

fn signatory(person: &Person) -> Signatory {
    Signatory { participant: person.id.to_string(), name: person.name.clone(), role: role_text(person) }
}

pub(crate) fn role_text(person: &Person) -> String {
    let role = serde_json::to_value(person.role).ok();
    role.and_then(|role| role.as_str().map(str::to_owned)).unwrap_or_default()
}

fn digests(agreement: &accord_room::Agreement) -> Result<(Digest, Digest), HandbackError> {
    let parse = |text: &str| text.parse::<Digest>().map_err(|_| HandbackError::Incomplete("the agreement's digests"));
    Ok((parse(&agreement.frozen.content_digest)?, parse(&agreement.frozen.document_digest)?))
}

async fn papers(
    house: &House,
    key: &RoomKey,
    state: &State,
    charter: &Charter,
    outcome: &Outcome,
) -> Result<Papers, HandbackError> {
    if let Outcome::NotAgreed { report, .. } = outcome {
        let some = |text: &String| Some(text.clone()).filter(|text| !text.trim().is_empty());
        return Ok(Papers::Record(NoAgreementRecord {
            basic_situation: report.situation.clone(),
            reason: report.reason.clone(),
            costly_conduct: some(&report.costly_conduct),
            alerts: some(&report.alert),
            undisputed_facts: Vec::new(),
        }));
    }
    let agreement = state.agreement.as_ref().ok_or(HandbackError::Incomplete("its agreement"))?;
    let (content_digest, document_digest) = digests(agreement)?;
    let paper = async |digest: &Digest, what| {
        house.store.read_paper(key, digest.as_bytes()).await?.ok_or(HandbackError::Incomplete(what))
    };
    let frozen_pdf = paper(&document_digest, "the frozen agreement").await?;
    let content = paper(&content_digest, "the agreement's content").await?;
    let content: Value = serde_json::from_slice(&content).map_err(|_| HandbackError::Incomplete("readable content"))?;

    let keys = house.keys.public_keys(&key.tenant.0)?;
    let parse = |value: &Value| -> Result<SignedStatement, HandbackError> {
        serde_json::from_value(value.clone()).map_err(|_| HandbackError::Incomplete("a readable signature"))
    };
    let signatures =
        agreement.signatures.values().map(|given| parse(&given.statement)).collect::<Result<Vec<_>, _>>()?;
    let (officer, given) = agreement.seal.as_ref().ok_or(HandbackError::Incomplete("the seal's authorisation"))?;
    let authorisation = parse(&given.statement)?;
    let document = Subject::Document { content_digest: Some(content_digest), document_digest };
    let sealed_at_ms = agreement.effective_at_ms.unwrap_or(given.at_ms);
    let seal = Seal::authorised(&authorisation, given.at_ms, &keys, &document, &signatures, sealed_at_ms)?;
    let seal_key = house.keys.signer(&key.tenant.0, Purpose::Seal)?;
    let seal = SealRecord { authorisation, seal: Signed::sign(seal, seal_key.as_ref())? };

    let page = signature_page(state, charter, agreement, *officer, &signatures, &seal)?;
    let facts = facts(charter);
    let signed_pdf = tokio::task::block_in_place(|| countersign(&frozen_pdf, &page, &facts, &house.typesetter))?;
    Ok(Papers::Agreement(Agreement { content: Some(content), frozen_pdf, signed_pdf, signatures, seal }))
}

/// What the page after the agreement says: who signed, when, with which key, and who authorised the seal.
fn signature_page(
    state: &State,
    charter: &Charter,
    agreement: &accord_room::Agreement,
    officer: ParticipantId,
    signatures: &[SignedStatement],
    seal: &SealRecord,
) -> Result<SignaturePage, HandbackError> {
    let (content_digest, document_digest) = digests(agreement)?;
    let given = agreement.signatures.iter().zip(signatures);
    let signers = given
        .filter_map(|((id, given), statement)| {
            let person = state.people.get(id)?;
            Some(PageSigner {
                name: person.name.clone(),
                role: role_in_chinese(charter, person),
                signed_at: civil_time(given.at_ms),
                key_fingerprint: PaperDigest::of(statement.certificate.body.public_key.as_bytes()),
                signature: statement.signature.as_bytes().to_vec(),
                drawing: None,
            })
        })
        .collect();
    let authorised_at_ms = agreement.seal.as_ref().map_or(0, |(_, given)| given.at_ms);
    Ok(SignaturePage {
        kind: DocumentKind::Agreement,
        content_digest: PaperDigest::from_bytes(*content_digest.as_bytes()),
        document_digest: PaperDigest::from_bytes(*document_digest.as_bytes()),
        signers,
        seal: Some(SealAuthorisation {
            organisation: charter.organisation.clone(),
            authorised_by: state.people.get(&officer).map(|person| person.name.clone()).unwrap_or_default(),
            authorised_at: civil_time(authorised_at_ms),
            key_fingerprint: PaperDigest::from_bytes(*seal.seal.key_id.as_bytes()),
            signature: seal.seal.signature.as_bytes().to_vec(),
        }),
        effective_at: civil_time(agreement.effective_at_ms.unwrap_or(authorised_at_ms)),
    })
}

/// Everything people confirmed, consented to and withdrew, in order.
fn consents(log: &[Recorded]) -> Result<Vec<SignedStatement>, HandbackError> {
    log.iter()
        .filter(|recorded| !matches!(recorded.event, Event::Signed { .. } | Event::SealAuthorised { .. }))
        .filter_map(|recorded| statement(&recorded.event))
        .map(|value| {
            serde_json::from_value(value.clone()).map_err(|_| HandbackError::Incomplete("a readable statement"))
        })
        .collect()
}

/// The device-signed words of an event, where it has some.
#[expect(clippy::wildcard_enum_match_arm, reason = "only these events carry device-signed words")]
fn statement(event: &Event) -> Option<&Value> {
    match event {
        Event::ObserverAnswered { statement, .. }
        | Event::NoticeConfirmed { statement, .. }
        | Event::RecordingAnswered { statement, .. }
        | Event::RecordingWithdrawn { statement, .. }
        | Event::Signed { statement, .. }
        | Event::SealAuthorised { statement, .. } => Some(statement),
        _ => None,
    }
}

/// Events that the result rests on beside the signed words.
const fn is_milestone(event: &Event) -> bool {
    matches!(
        event,
        Event::NoticesDelivered {}
            | Event::RecordingAsked { .. }
            | Event::RecordingClosed { .. }
            | Event::SpanStarted { .. }
            | Event::SpanEnded { .. }
            | Event::Frozen { .. }
            | Event::AgreementEffective { .. }
            | Event::Ended { .. }
    )
}

/// Every span with the people whose consent it rests on, or that there is none; and what this cannot exclude.
fn recording_certificate(state: &State, charter: &Charter) -> Value {
    let name = |id: &ParticipantId| id.to_string();
    let spans: Vec<Value> = state
        .recording
        .ended
        .iter()
        .map(|(span, ended_at_ms, end)| {
            json!({
                "span": span.id,
                "generation": span.generation,
                "started_at_ms": span.started_at_ms,
                "ended_at_ms": ended_at_ms,
                "end": end,
                "consenting": span.consenting.iter().map(name).collect::<Vec<_>>(),
            })
        })
        .collect();
    let statement = if spans.is_empty() {
        "The signed record shows no recording by this server."
    } else {
        "The signed record shows these spans and no others. Each rests on the consents of everybody named."
    };
    json!({
        "schema": "accord.recording_certificate.v1",
        "policy": charter.recording,
        "spans": spans,
        "statement": statement,
        "cannot_exclude": "that a participant captured picture or sound on their own device, or that the operator of the \
                           server altered the program",
    })
}
