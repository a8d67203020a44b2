//! What a person signs on their own device: confirmations, consents, signatures.
//!
//! In comes a [`SignedStatement`]: the exact text that the device signed, its signature, and the device's certificate.
//! Out comes a [`VerifiedStatement`], or the one [`StatementRefusal`] that applies. The text is signed as it was sent, so
//! no two programs need to agree on how to write JSON.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::canonical::parse_strict;
use crate::limits::STATEMENT_BYTES_MAX;
use crate::{CanonicalError, DeviceCertificate, Digest, KeySet, Signature, SignatureRefusal, Signed, StrictJsonError};

/// A statement as it was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SignedStatement {
    /// The statement's JSON text; the device signed exactly its UTF-8 bytes.
    pub statement_json: String,
    /// By the certificate's key: ECDSA P-256 with SHA-256, r ‖ s.
    pub signature: Signature,
    /// Whose key that is.
    pub certificate: Signed<DeviceCertificate>,
}

impl SignedStatement {
    /// Verifies all that can be said without knowing what was asked: the certificate was issued by one of `keys` and was
    /// valid at `received_at_ms` (the server's time, not the device's), its key signed the text, and the text speaks for
    /// the certificate's own person and room.
    ///
    /// # Errors
    /// The first [`StatementRefusal`] that applies.
    pub fn open(&self, keys: &KeySet, received_at_ms: u64) -> Result<VerifiedStatement, StatementRefusal> {
        let certificate = self.certificate.verify(keys)?;
        if received_at_ms < certificate.issued_at_ms {
            return Err(StatementRefusal::CertificateNotYetValid);
        }
        if received_at_ms >= certificate.expires_at_ms {
            return Err(StatementRefusal::CertificateExpired);
        }
        if self.statement_json.len() > STATEMENT_BYTES_MAX {
            return Err(StatementRefusal::TooLong { bytes: self.statement_json.len() });
        }
        if !certificate.public_key.verifies(self.statement_json.as_bytes(), &self.signature) {
            return Err(StatementRefusal::BadSignature);
        }
        let statement: Statement = parse_strict(self.statement_json.as_bytes(), STATEMENT_BYTES_MAX)?;
        if statement.tenant != certificate.tenant || statement.room != certificate.room {
            return Err(StatementRefusal::WrongRoom);
        }
        if statement.participant != certificate.participant {
            return Err(StatementRefusal::OtherParticipant);
        }
        if !statement.kind.is_about(&statement.subject) {
            return Err(StatementRefusal::SubjectMismatch);
        }
        Ok(VerifiedStatement { statement, certificate: certificate.clone() })
    }

    /// As [`Self::open`], and the statement answers exactly what was asked.
    ///
    /// # Errors
    /// The first [`StatementRefusal`] that applies.
    pub fn verify(
        &self,
        keys: &KeySet,
        received_at_ms: u64,
        expected: &Expectation<'_>,
    ) -> Result<VerifiedStatement, StatementRefusal> {
        let verified = self.open(keys, received_at_ms)?;
        verified.meets(expected)?;
        Ok(verified)
    }

    /// Names the signed statement as a whole, certificate and signature included.
    ///
    /// # Errors
    /// [`CanonicalError`] when the certificate's times have no exact JSON form.
    pub fn digest(&self) -> Result<Digest, CanonicalError> {
        Digest::of_value(self)
    }
}

/// What a person says. This is the JSON that the device writes and signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// What sort of statement.
    #[serde(rename = "type")]
    pub kind: StatementKind,
    /// The organisation.
    pub tenant: String,
    /// The room.
    pub room: String,
    /// Who speaks, by their id in the room.
    pub participant: String,
    /// What it is about.
    pub subject: Subject,
    /// Yes or no to it.
    pub answer: Answer,
    /// The device's time, ms since the epoch; a hint, never relied on.
    #[ts(type = "number")]
    pub at_ms: u64,
    /// What the server gave with the question, or a random text of the device's: makes each statement singular.
    pub nonce: String,
}

/// The sorts of statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StatementKind {
    /// Has read a notice (OMR 17).
    NoticeConfirmation,
    /// Agrees, or does not, to what was asked: recording, an observer, separate sessions (rules 4, 15).
    Consent,
    /// Takes a consent back.
    ConsentWithdrawal,
    /// Confirms minutes or undisputed facts as written (OMR 18, 22).
    Confirmation,
    /// Signs an agreement (OMR 19); with the answer no, declares not to sign.
    Signature,
    /// Authorises the organisation's seal on an agreement.
    SealAuthorisation,
}

impl StatementKind {
    /// In plain words, for reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoticeConfirmation => "confirmation of a notice",
            Self::Consent => "consent",
            Self::ConsentWithdrawal => "withdrawal of a consent",
            Self::Confirmation => "confirmation of a document",
            Self::Signature => "signature",
            Self::SealAuthorisation => "authorisation of the seal",
        }
    }

    /// Whether a statement of this sort can be about this subject at all.
    const fn is_about(self, subject: &Subject) -> bool {
        match self {
            Self::NoticeConfirmation => matches!(subject, Subject::Notice { .. }),
            Self::Consent | Self::ConsentWithdrawal => matches!(subject, Subject::Request { .. }),
            Self::Confirmation | Self::Signature | Self::SealAuthorisation => {
                matches!(subject, Subject::Document { .. })
            }
        }
    }
}

/// What a statement is about, with the digest of the words or bytes that the person was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Subject {
    /// A notice.
    Notice {
        /// Which notice.
        notice: String,
        /// Which version of its text.
        version: String,
        /// SHA-256 of the text's UTF-8 bytes.
        text_digest: Digest,
    },
    /// Something that was asked.
    Request {
        /// What consent is asked for, for example `recording` or `observer`.
        purpose: String,
        /// The one request that this answers.
        request: String,
        /// SHA-256 of the question's UTF-8 bytes, as shown.
        text_digest: Digest,
    },
    /// A frozen document.
    Document {
        /// Digest of its canonical content; `None` for an uploaded document.
        content_digest: Option<Digest>,
        /// SHA-256 of the frozen PDF.
        document_digest: Digest,
    },
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Confirms, agrees, signs, authorises, withdraws.
    Yes,
    /// Does not.
    No,
}

/// What the server asked, and of whom.
#[derive(Clone, Copy, Debug)]
pub struct Expectation<'a> {
    /// The sort of statement.
    pub kind: StatementKind,
    /// The organisation.
    pub tenant: &'a str,
    /// The room.
    pub room: &'a str,
    /// The person whose place the statement came from.
    pub participant: &'a str,
    /// The subject, as the server knows it.
    pub subject: &'a Subject,
    /// The nonce that the server gave; `None` when the device chose one (then the caller sees to it that none is
    /// accepted twice).
    pub nonce: Option<&'a str>,
}

/// A statement of which everything that [`SignedStatement::open`] checks holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedStatement {
    statement: Statement,
    certificate: DeviceCertificate,
}

impl VerifiedStatement {
    /// What was said.
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Who said it, with which key.
    pub const fn certificate(&self) -> &DeviceCertificate {
        &self.certificate
    }

    /// Whether this answers what was asked.
    ///
    /// # Errors
    /// The first [`StatementRefusal`] that applies.
    pub fn meets(&self, expected: &Expectation<'_>) -> Result<(), StatementRefusal> {
        let statement = &self.statement;
        if statement.tenant != expected.tenant || statement.room != expected.room {
            return Err(StatementRefusal::WrongRoom);
        }
        if statement.participant != expected.participant {
            return Err(StatementRefusal::OtherParticipant);
        }
        if statement.kind != expected.kind {
            return Err(StatementRefusal::WrongKind { found: statement.kind.name(), expected: expected.kind.name() });
        }
        if statement.subject != *expected.subject {
            return Err(StatementRefusal::SubjectMismatch);
        }
        if expected.nonce.is_some_and(|nonce| nonce != statement.nonce) {
            return Err(StatementRefusal::WrongNonce);
        }
        Ok(())
    }
}

/// Why a statement was refused.
#[derive(Debug, thiserror::Error)]
pub enum StatementRefusal {
    /// The certificate is not the server's.
    #[error("the device's certificate does not hold: {0}")]
    Certificate(#[from] SignatureRefusal),
    /// Received before the certificate was issued.
    #[error("the device's certificate was not valid yet")]
    CertificateNotYetValid,
    /// Received after the certificate's end.
    #[error("the device's certificate had expired: enter the room again for a new one")]
    CertificateExpired,
    /// Over the limit.
    #[error("the statement has {bytes} bytes; at most {STATEMENT_BYTES_MAX} are taken")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not signed by the device's key.
    #[error("the signature is not of this statement by this device")]
    BadSignature,
    /// Signed, but not a statement.
    #[error("the statement cannot be read: {0}")]
    Malformed(#[from] StrictJsonError),
    /// Of another room or organisation.
    #[error("the statement is of another room")]
    WrongRoom,
    /// Of somebody else.
    #[error("the statement is of another participant")]
    OtherParticipant,
    /// Another sort of statement than was asked for.
    #[error("a statement of the sort \"{found}\" came where \"{expected}\" was asked for")]
    WrongKind {
        /// What it is.
        found: &'static str,
        /// What was asked for.
        expected: &'static str,
    },
    /// About something else than was shown.
    #[error("the statement is about something else than was shown")]
    SubjectMismatch,
    /// Not the answer to this question.
    #[error("the statement carries another nonce than the question did")]
    WrongNonce,
}
