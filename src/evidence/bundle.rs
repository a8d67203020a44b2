//! The result bundle: all that the case service gets back, in one file that proves itself.
//!
//! In come the result, its papers, the consents, an excerpt of the journal and the public keys; out comes a zip file in
//! one fixed form, whose manifest (path, size and digest of each part) is signed with the organisation's seal key. A
//! bundle is only handed out after [`crate::verify()`] has found it in order.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical::to_canonical;
use crate::limits::BUNDLE_BYTES_MAX;
use crate::part::Part;
use crate::{
    CanonicalError, Digest, Excerpt, KeyError, KeySet, MediationResult, NoAgreementRecord, Purpose, Report, SealRecord,
    Signable, Signed, SignedStatement, Signer, archive, verify,
};

/// The version of the bundle that this crate writes and reads.
pub const BUNDLE_SCHEMA: &str = "accord.bundle.v1";

/// What a result bundle is made of.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// How the mediation ended.
    pub result: MediationResult,
    /// The agreement, or the record of why there is none.
    pub papers: Papers,
    /// What people confirmed, consented to and withdrew, in order.
    pub consents: Vec<SignedStatement>,
    /// The journal's entries that record each of the signed statements ([`Excerpt::of_statements`]), and others worth
    /// showing.
    pub excerpt: Excerpt,
    /// The organisation's public keys.
    pub keys: KeySet,
    /// The recorder's account of every recorded span, or of there being none.
    pub recording_certificate: Option<Value>,
}

/// The papers of an ending.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of it for each bundle")]
pub enum Papers {
    /// There is an agreement.
    Agreement(Agreement),
    /// There is none; the record says why (rule 25).
    Record(NoAgreementRecord),
}

/// An agreement in effect.
#[derive(Clone, Debug)]
pub struct Agreement {
    /// Its content, as drafted; `None` for an uploaded agreement.
    pub content: Option<Value>,
    /// The PDF that people were shown and signed.
    pub frozen_pdf: Vec<u8>,
    /// The same bytes followed by an incremental update with signature page and seal.
    pub signed_pdf: Vec<u8>,
    /// The signatures, one for each of the result's signatories, in their order.
    pub signatures: Vec<SignedStatement>,
    /// The seal and its authorisation.
    pub seal: SealRecord,
}

/// What `manifest.json` says; travels as `Signed<Manifest>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`BUNDLE_SCHEMA`].
    pub schema: String,
    /// The organisation.
    pub tenant: String,
    /// The room.
    pub room: String,
    /// When the bundle was made, ms since the epoch.
    pub created_at_ms: u64,
    /// Every part but the manifest itself, in the order of the file.
    pub parts: Vec<ManifestPart>,
}

/// One part, as the manifest names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestPart {
    /// Its name in the zip file.
    pub path: String,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
}

impl Signable for Manifest {
    const PURPOSE: Purpose = Purpose::Seal;
    const CONTEXT: &'static str = "accord.bundle_manifest.v1";

    fn tenant(&self) -> &str {
        &self.tenant
    }
}

impl Bundle {
    /// Writes the bundle, signed with the organisation's seal key. The same input gives the same bytes.
    ///
    /// # Errors
    /// [`BundleError`]; in particular when the finished bundle does not hold, with the report that says why.
    pub fn write(&self, created_at_ms: u64, seal_key: &dyn Signer) -> Result<Vec<u8>, BundleError> {
        let mut parts = self.parts()?;
        let manifest = Manifest {
            schema: BUNDLE_SCHEMA.to_owned(),
            tenant: self.result.tenant.clone(),
            room: self.result.room.clone(),
            created_at_ms,
            parts: parts.iter().map(|(part, content)| ManifestPart::of(*part, content)).collect(),
        };
        parts.insert(0, (Part::Manifest, to_canonical(&Signed::sign(manifest, seal_key)?)?));

        let bundle = archive::write(&parts).ok_or(BundleError::TooLarge)?;
        let report = verify(&bundle, Some(&self.keys));
        if report.holds() { Ok(bundle) } else { Err(BundleError::DoesNotHold(Box::new(report))) }
    }

    /// Every part but the manifest, in the order of the file.
    fn parts(&self) -> Result<Vec<(Part, Vec<u8>)>, BundleError> {
        let mut parts = vec![(Part::Keys, to_canonical(&self.keys)?), (Part::Result, to_canonical(&self.result)?)];
        match &self.papers {
            Papers::Record(record) => parts.push((Part::Record, to_canonical(record)?)),
            Papers::Agreement(agreement) => {
                if let Some(content) = &agreement.content {
                    parts.push((Part::Content, to_canonical(content)?));
                }
                parts.push((Part::FrozenPdf, agreement.frozen_pdf.clone()));
                parts.push((Part::SignedPdf, agreement.signed_pdf.clone()));
                parts.extend(numbered(Part::Signature, &agreement.signatures)?);
                parts.push((Part::Seal, to_canonical(&agreement.seal)?));
            }
        }
        parts.extend(numbered(Part::Consent, &self.consents)?);
        parts.push((Part::Head, to_canonical(&self.excerpt.head)?));
        parts.push((Part::Entries, to_canonical(&self.excerpt.entries)?));
        if let Some(certificate) = &self.recording_certificate {
            parts.push((Part::RecordingCertificate, to_canonical(certificate)?));
        }
        Ok(parts)
    }
}

fn numbered(part: fn(u16) -> Part, statements: &[SignedStatement]) -> Result<Vec<(Part, Vec<u8>)>, BundleError> {
    let numbered = (1..=u16::MAX).zip(statements);
    numbered.map(|(number, statement)| Ok((part(number), to_canonical(statement)?))).collect()
}

impl ManifestPart {
    fn of(part: Part, content: &[u8]) -> Self {
        Self { path: part.to_string(), size: content.len() as u64, sha256: Digest::of(content) }
    }
}

/// Why a bundle was not handed out.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Over the limit.
    #[error("the bundle would be over {BUNDLE_BYTES_MAX} bytes or hold too many parts")]
    TooLarge,
    /// A part has no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// The manifest could not be signed.
    #[error("the manifest could not be signed: {0}")]
    Key(#[from] KeyError),
    /// What was handed in does not fit together. The report names people, so it does not belong in a log.
    #[error("the bundle would not hold, first at {}: its report says why", .0.first_bad_part().unwrap_or("none"))]
    DoesNotHold(Box<Report>),
}
