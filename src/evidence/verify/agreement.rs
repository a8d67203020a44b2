//! An agreement: its content and PDF, everyone's signatures, the seal, and when it took effect.

use crate::limits::JSON_PART_BYTES_MAX;
use crate::part::Part;
use crate::report::utc;
use crate::{
    Answer, Digest, Expectation, MediationResult, Report, Seal, SealRecord, Signatory, SignedStatement, StatementKind,
    Subject, Terms, canonical,
};

use super::record::{Record, describe};
use super::{Parts, words};

pub(super) fn examine(
    parts: &Parts<'_>,
    result: &MediationResult,
    terms: &Terms,
    record: &Record<'_>,
    report: &mut Report,
) -> Option<()> {
    check_papers(parts, terms, report)?;
    let document = Subject::Document { content_digest: terms.content_digest, document_digest: terms.document_digest };
    let (signatures, last_signature_at_ms) = check_signatures(parts, terms, &document, record, report)?;
    let sealed_at_ms = check_seal(parts, &document, &signatures, record, report)?;
    let effective_at_ms = last_signature_at_ms.max(sealed_at_ms);
    if result.outcome.effective_at_ms != Some(effective_at_ms) {
        report.fails(
            Part::Result,
            format!("it does not take effect at its last signature or seal, {}", utc(effective_at_ms)),
        );
        return None;
    }
    report.holds_that(Part::Result, format!("in effect since the last signature or seal, {}", utc(effective_at_ms)));
    Some(())
}

/// The papers are those that the digests name.
fn check_papers(parts: &Parts<'_>, terms: &Terms, report: &mut Report) -> Option<()> {
    if let Some(content_digest) = terms.content_digest {
        let content = parts.need(Part::Content, report)?;
        report.take(Part::Content, canonical::parse_canonical::<serde_json::Value>(content, JSON_PART_BYTES_MAX))?;
        if Digest::of(content) != content_digest {
            report.fails(Part::Content, "it is not the content that the result names");
            return None;
        }
        report.holds_that(Part::Content, format!("is the content with the digest {content_digest}"));
    }
    let frozen = parts.need(Part::FrozenPdf, report)?;
    if !frozen.starts_with(b"%PDF-") || Digest::of(frozen) != terms.document_digest {
        report.fails(Part::FrozenPdf, "it is not the document that the result names");
        return None;
    }
    report.holds_that(Part::FrozenPdf, format!("is the document with the digest {}", terms.document_digest));
    let signed = parts.need(Part::SignedPdf, report)?;
    match signed.strip_prefix(frozen) {
        Some(update) if update.trim_ascii_end().ends_with(b"%%EOF") => {
            report.holds_that(
                Part::SignedPdf,
                format!("begins with frozen.pdf, byte for byte; {} bytes were added after it", update.len()),
            );
            Some(())
        }
        Some(_) => report.take(Part::SignedPdf, Err("nothing, or no whole update, was added after frozen.pdf")),
        None => report.take(Part::SignedPdf, Err("it does not begin with frozen.pdf, byte for byte")),
    }
}

/// One signature of each signatory, in order. Gives them with the time of the last.
fn check_signatures(
    parts: &Parts<'_>,
    terms: &Terms,
    document: &Subject,
    record: &Record<'_>,
    report: &mut Report,
) -> Option<(Vec<SignedStatement>, u64)> {
    let signatures: Vec<(Part, SignedStatement)> = parts.numbered(Part::Signature, report)?;
    let mut last_at_ms = 0;
    let mut sound = true;
    for (index, (part, signature)) in signatures.iter().enumerate() {
        match check_signature(signature, terms.signatories.get(index), document, record) {
            Ok((holds, at_ms)) => {
                last_at_ms = last_at_ms.max(at_ms);
                report.holds_that(part, holds);
            }
            Err(why) => {
                sound = false;
                report.fails(part, why);
            }
        }
    }
    if let Some(missing) = terms.signatories.get(signatures.len()) {
        let number = u16::try_from(signatures.len() + 1).unwrap_or(u16::MAX);
        report
            .fails(Part::Signature(number), format!("the signature of {} ({}) is missing", missing.name, missing.role));
        return None;
    }
    sound.then(|| (signatures.into_iter().map(|(_, signature)| signature).collect(), last_at_ms))
}

fn check_signature(
    signature: &SignedStatement,
    signatory: Option<&Signatory>,
    document: &Subject,
    record: &Record<'_>,
) -> Result<(String, u64), String> {
    let signatory = signatory.ok_or("it is a signature more than the agreement has signatories")?;
    let (verified, entry) = record.open(signature)?;
    verified
        .meets(&Expectation {
            kind: StatementKind::Signature,
            tenant: &record.head().tenant,
            room: &record.head().room,
            participant: &signatory.participant,
            subject: document,
            nonce: None,
        })
        .map_err(words)?;
    if verified.statement().answer != Answer::Yes {
        return Err(format!("{} declared not to sign", signatory.name));
    }
    let person = verified.certificate();
    if person.name != signatory.name || person.role != signatory.role {
        return Err("the result names its signatory differently than the device's certificate".to_owned());
    }
    Ok((describe(&verified, entry), entry.occurred_at_ms))
}

/// The seal and its authorisation. Gives the time of the seal.
fn check_seal(
    parts: &Parts<'_>,
    document: &Subject,
    signatures: &[SignedStatement],
    record: &Record<'_>,
    report: &mut Report,
) -> Option<u64> {
    let sealed: SealRecord = parts.json(Part::Seal, report)?;
    let seal = report.take(Part::Seal, sealed.seal.verify(record.keys))?;
    let (verified, entry) = report.take(Part::Seal, record.open(&sealed.authorisation))?;
    let allowed = Seal::authorised(
        &sealed.authorisation,
        entry.occurred_at_ms,
        record.keys,
        document,
        signatures,
        seal.sealed_at_ms,
    );
    if report.take(Part::Seal, allowed)? != *seal {
        report.fails(Part::Seal, "the seal is not on this agreement with these signatures");
        return None;
    }
    report.holds_that(Part::Seal, describe(&verified, entry));
    report.holds_that(
        Part::Seal,
        format!("the organisation's seal on agreement and signatures, {}", utc(seal.sealed_at_ms)),
    );
    Some(seal.sealed_at_ms)
}
