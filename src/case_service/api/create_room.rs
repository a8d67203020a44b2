//! Creating a room: what the case service sends, and the charter it becomes.

use std::collections::BTreeMap;

use accord_room::{Charter, Expected, ParticipantId, Refusal, RoomId, TenantId};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::{Authority, Confidentiality, RecordingPolicy, Role};
use crate::limits::REFERENCE_CHARS_MAX;

/// A room for a case, as the case service asks for it. Unknown fields are refused: a misspelt rule must not be a lost one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateRoom {
    /// The case service's own name for this mediation, 1 to 128 characters. The same request sent again under the same
    /// reference returns the same room; another request under it is refused.
    #[schema(example = "2026-调-000123", min_length = 1, max_length = 128)]
    pub reference: String,
    /// The mediation organisation, as printed on papers.
    #[schema(example = "中国国际贸易促进委员会调解中心")]
    pub organisation: String,
    /// The entrusting court, where there is one.
    #[serde(default)]
    pub court: Option<String>,
    /// Case numbers that the session serves; empty for an application made directly to the organisation.
    #[serde(default)]
    #[schema(example = json!(["(2026)京0101民初123号"]))]
    pub case_numbers: Vec<String>,
    /// 案由, the cause of action.
    #[schema(example = "著作权侵权纠纷")]
    pub cause: String,
    /// What is claimed.
    #[serde(default)]
    pub claims: Vec<NewClaim>,
    /// Who may come.
    pub people: Vec<NewPerson>,
    /// How closely the process is kept.
    pub confidentiality: Confidentiality,
    /// Whether the room may ever be recorded.
    pub recording: RecordingPolicy,
}

/// One claim of the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClaim {
    /// The case number it belongs to, where there is one.
    #[serde(default)]
    pub case_number: Option<String>,
    /// What is asked for.
    pub text: String,
}

/// Somebody who may come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// The case service's own name for the person, unique in this room.
    #[schema(example = "plaintiff-1", min_length = 1, max_length = 128)]
    pub reference: String,
    /// Full name.
    #[schema(example = "王芳")]
    pub name: String,
    /// What they are here.
    pub role: Role,
    /// For a representative: the reference of the party.
    #[serde(default)]
    pub speaks_for: Option<String>,
    /// For a representative: its authority.
    #[serde(default)]
    pub authority: Option<Authority>,
    /// How the case service knows who this is.
    pub identity: NewIdentity,
}

/// How somebody is known; shown to the mediator at the door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIdentity {
    /// How identity was established.
    #[schema(example = "身份证")]
    pub method: String,
    /// The document number with all but its last characters masked.
    #[serde(default)]
    #[schema(example = "**************1234")]
    pub document_masked: Option<String>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoomCreated {
    /// The room.
    pub room: Uuid,
    /// Everybody, in the order of the request.
    pub people: Vec<PersonCreated>,
}

/// A person's id in the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonCreated {
    /// The case service's own name.
    pub reference: String,
    /// The room's.
    pub participant: Uuid,
}

/// A checked request: what the server founds a room on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Founding {
    /// The case service's own name for the mediation; the idempotency key within the charter's tenant.
    pub reference: String,
    /// SHA-256 over the request's meaning (not its spelling), to tell a repetition from another request.
    pub request_digest: [u8; 32],
    /// The founding facts, checked.
    pub charter: Charter,
    /// What the case service is answered when the room is new.
    pub answer: RoomCreated,
}

impl CreateRoom {
    /// Makes the charter, with fresh ids for the room and everybody in it.
    ///
    /// # Errors
    /// [`FoundingError`] naming the first thing that is wrong.
    pub fn into_founding(self, tenant: TenantId) -> Result<Founding, FoundingError> {
        let request_digest = self.digest();
        check_reference("the room", &self.reference)?;
        let mut ids = BTreeMap::new();
        let mut people = Vec::with_capacity(self.people.len());
        for person in &self.people {
            check_reference("a person", &person.reference)?;
            let participant = Uuid::new_v4();
            if ids.insert(person.reference.clone(), ParticipantId(participant)).is_some() {
                return Err(FoundingError::SameReference { reference: person.reference.clone() });
            }
            people.push(PersonCreated { reference: person.reference.clone(), participant });
        }
        let expected = self
            .people
            .into_iter()
            .zip(&people)
            .map(|(person, created)| expected(person, ParticipantId(created.participant), &ids))
            .collect::<Result<_, _>>()?;
        let charter = Charter {
            tenant,
            organisation: self.organisation,
            court: self.court,
            case_numbers: self.case_numbers,
            cause: self.cause,
            claims: self
                .claims
                .into_iter()
                .map(|claim| accord_room::Claim { case_number: claim.case_number, text: claim.text })
                .collect(),
            people: expected,
            confidentiality: self.confidentiality.into(),
            recording: self.recording.into(),
        };
        charter.check().map_err(|refusal| {
            let detail = if let Refusal::BadCharter { detail } = refusal { detail } else { refusal.to_string() };
            FoundingError::Charter { detail }
        })?;
        let answer = RoomCreated { room: Uuid::new_v4(), people };
        Ok(Founding { reference: self.reference, request_digest, charter, answer })
    }

    fn digest(&self) -> [u8; 32] {
        // Field order is that of the types, so equal requests have equal bytes; a struct of strings cannot fail to serialize.
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        let mut value = [0; 32];
        value.copy_from_slice(digest(&SHA256, &bytes).as_ref());
        value
    }
}

impl Founding {
    /// The new room's id.
    pub const fn room(&self) -> RoomId {
        RoomId(self.answer.room)
    }
}

fn expected(
    person: NewPerson,
    id: ParticipantId,
    ids: &BTreeMap<String, ParticipantId>,
) -> Result<Expected, FoundingError> {
    let speaks_for = match person.speaks_for {
        Some(reference) => Some(*ids.get(&reference).ok_or(FoundingError::UnknownParty { reference })?),
        None => None,
    };
    Ok(Expected {
        id,
        name: person.name,
        role: person.role.into(),
        speaks_for,
        authority: person.authority.map(Into::into),
        identity: accord_room::Identity {
            method: person.identity.method,
            document_masked: person.identity.document_masked,
        },
    })
}

fn check_reference(whose: &'static str, reference: &str) -> Result<(), FoundingError> {
    let is_good = (1..=REFERENCE_CHARS_MAX).contains(&reference.chars().count())
        && !reference.trim().is_empty()
        && !reference.chars().any(char::is_control);
    if is_good { Ok(()) } else { Err(FoundingError::BadReference { whose }) }
}

/// Why no room can be founded on a request. Each names its remedy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum FoundingError {
    #[error("the reference of {whose} is empty, longer than 128 characters or has control characters; choose another")]
    BadReference { whose: &'static str },
    #[error("two people share the reference {reference:?}; give each their own")]
    SameReference { reference: String },
    #[error("speaks_for names {reference:?}, who is not among the people; use a party's reference")]
    UnknownParty { reference: String },
    #[error("{detail}")]
    Charter { detail: String },
}
