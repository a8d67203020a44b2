//! The organisation's seal on an agreement.
//!
//! A seal officer authorises it with their own signed statement; only then is a [`Seal`] made, over the agreement's
//! digests and over everybody's signatures, and signed with the seal key.

use serde::{Deserialize, Serialize};

use crate::{
    Answer, CanonicalError, Digest, Expectation, KeySet, Purpose, Signable, Signed, SignedStatement, StatementKind,
    StatementRefusal, Subject,
};

/// The role, in the room's words, of a person who may authorise the seal.
pub const SEAL_ROLE: &str = "seal_officer";

/// What the seal key signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// The organisation.
    pub tenant: String,
    /// The room.
    pub room: String,
    /// The participant who authorised it.
    pub authorised_by: String,
    /// [`SignedStatement::digest`] of the authorisation.
    pub authorisation_digest: Digest,
    /// Digest of the agreement's canonical content; `None` for an uploaded agreement.
    pub content_digest: Option<Digest>,
    /// SHA-256 of the frozen PDF.
    pub document_digest: Digest,
    /// [`signatures_digest`] of the signatures that it was put under.
    pub signatures_digest: Digest,
    /// When, ms since the epoch.
    pub sealed_at_ms: u64,
}

impl Seal {
    /// The seal that an authorisation allows, ready for [`Signed::sign`].
    ///
    /// `authorised_at_ms` is when the server took the authorisation; `document` the agreement that it must be about.
    ///
    /// # Errors
    /// [`SealRefusal`] when it is no authorisation, says no, is about something else, or of somebody who may not.
    pub fn authorised(
        authorisation: &SignedStatement,
        authorised_at_ms: u64,
        keys: &KeySet,
        document: &Subject,
        signatures: &[SignedStatement],
        sealed_at_ms: u64,
    ) -> Result<Self, SealRefusal> {
        let Subject::Document { content_digest, document_digest } = *document else {
            return Err(SealRefusal::NoDocument);
        };
        let verified = authorisation.open(keys, authorised_at_ms)?;
        let officer = verified.certificate();
        verified.meets(&Expectation {
            kind: StatementKind::SealAuthorisation,
            tenant: &officer.tenant,
            room: &officer.room,
            participant: &officer.participant,
            subject: document,
            nonce: None,
        })?;
        if officer.role != SEAL_ROLE {
            return Err(SealRefusal::NotAnOfficer { role: officer.role.clone() });
        }
        if verified.statement().answer != Answer::Yes {
            return Err(SealRefusal::Refused);
        }
        if sealed_at_ms < authorised_at_ms {
            return Err(SealRefusal::TooEarly);
        }
        Ok(Self {
            tenant: officer.tenant.clone(),
            room: officer.room.clone(),
            authorised_by: officer.participant.clone(),
            authorisation_digest: authorisation.digest()?,
            content_digest,
            document_digest,
            signatures_digest: signatures_digest(signatures)?,
            sealed_at_ms,
        })
    }
}

impl Signable for Seal {
    const PURPOSE: Purpose = Purpose::Seal;
    const CONTEXT: &'static str = "accord.seal.v1";

    fn tenant(&self) -> &str {
        &self.tenant
    }
}

/// The seal with the statement that allowed it: `seal.json` of a result bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealRecord {
    /// The seal officer's statement.
    pub authorisation: SignedStatement,
    /// The seal.
    pub seal: Signed<Seal>,
}

/// One digest for all signatures, in their order: SHA-256 of the canonical JSON array of their digests.
///
/// # Errors
/// As [`SignedStatement::digest`].
pub fn signatures_digest(signatures: &[SignedStatement]) -> Result<Digest, CanonicalError> {
    let digests = signatures.iter().map(SignedStatement::digest).collect::<Result<Vec<_>, _>>()?;
    Digest::of_value(&digests)
}

/// Why a seal was not allowed.
#[derive(Debug, thiserror::Error)]
pub enum SealRefusal {
    /// A seal goes on a document only.
    #[error("the seal was asked for something that is no document")]
    NoDocument,
    /// The authorisation does not hold.
    #[error("the authorisation does not hold: {0}")]
    Statement(#[from] StatementRefusal),
    /// Of somebody without the right.
    #[error("a person with the role {role:?} authorised the seal; only a {SEAL_ROLE} may")]
    NotAnOfficer {
        /// Their role.
        role: String,
    },
    /// The officer said no.
    #[error("the seal officer declined")]
    Refused,
    /// Before its authorisation.
    #[error("the seal is older than its authorisation")]
    TooEarly,
    /// The statement has no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
}
