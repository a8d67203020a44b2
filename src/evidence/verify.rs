//! Whether a result bundle is what it claims to be.
//!
//! In come a bundle's bytes and, if the verifier has them, the organisation's public keys; out comes a [`Report`]. The
//! examination goes from the outside in: the zip file, the manifest, each part against it, the keys, and then what the
//! parts say. Where something fails, what rests on it is not looked at further.

use std::fmt::Display;

use serde::de::DeserializeOwned;

use crate::bundle::{BUNDLE_SCHEMA, Manifest};
use crate::canonical::parse_canonical;
use crate::limits::{JSON_PART_BYTES_MAX, KEYS_MAX};
use crate::part::Part;
use crate::report::{Trust, inert, utc};
use crate::{Digest, KeySet, MediationResult, Report, Signed, archive};

mod agreement;
mod record;

use record::Record;

/// Examines a result bundle. With `trusted` keys, only those count; without, the report says that it trusts the keys in
/// the bundle and prints their fingerprints.
pub fn verify(bundle: &[u8], trusted: Option<&KeySet>) -> Report {
    let mut report = Report::new("A result bundle", trusted.is_some());
    // `None` means that something failed which the rest would stand on; the report has it.
    let _stopped_early = examine(bundle, trusted, &mut report);
    report
}

fn examine(bundle: &[u8], trusted: Option<&KeySet>, report: &mut Report) -> Option<()> {
    let parts = archive::read(bundle).map_err(|fault| report.fails(fault.part, fault.why)).ok()?;
    report.holds_that("zip file", format!("{} parts in their order, and not a byte besides", parts.len()));
    let parts = Parts(parts);

    let manifest: Signed<Manifest> = parts.json(Part::Manifest, report)?;
    check_contents(&parts, &manifest.body, report)?;
    let keys = check_keys(&parts, &manifest.body, trusted, report)?;
    report.take(Part::Manifest, manifest.verify(&keys))?;
    let manifest = manifest.body;
    report.holds_that(
        Part::Manifest,
        format!("names every part; signed with the organisation's seal key on {}", utc(manifest.created_at_ms)),
    );

    let result = check_result(&parts, &manifest, report)?;
    let record = Record::examine(&parts, &manifest, &keys, report)?;
    if let Some(terms) = &result.terms {
        agreement::examine(&parts, &result, terms, &record, report)?;
    } else {
        let _paper: crate::NoAgreementRecord = parts.json(Part::Record, report)?;
        report.holds_that(Part::Record, "the organisation's record of why there is no agreement");
    }
    record.examine_consents(&parts, report)?;
    if parts.has(Part::RecordingCertificate) {
        let _certificate: serde_json::Map<String, serde_json::Value> =
            parts.json(Part::RecordingCertificate, report)?;
        report.holds_that(Part::RecordingCertificate, "the recorder's account, carried as the manifest has it");
    }
    report.limits = limits_of(result.terms.is_some());
    report.first_failure().is_none().then_some(())
}

/// The parts as read from the zip file.
struct Parts<'a>(Vec<(Part, &'a [u8])>);

impl<'a> Parts<'a> {
    fn content(&self, wanted: Part) -> Option<&'a [u8]> {
        self.0.iter().find(|(part, _)| *part == wanted).map(|(_, content)| *content)
    }

    fn has(&self, wanted: Part) -> bool {
        self.content(wanted).is_some()
    }

    /// A part that must be there.
    fn need(&self, wanted: Part, report: &mut Report) -> Option<&'a [u8]> {
        report.take(wanted, self.content(wanted).ok_or("it is missing"))
    }

    /// A part that must be there, as the JSON that it must be.
    fn json<T: DeserializeOwned>(&self, wanted: Part, report: &mut Report) -> Option<T> {
        let content = self.need(wanted, report)?;
        report.take(wanted, parse_canonical(content, JSON_PART_BYTES_MAX))
    }

    /// The numbered parts of one sort; the archive saw to it that they count up from 1.
    fn numbered<T: DeserializeOwned>(&self, sort: fn(u16) -> Part, report: &mut Report) -> Option<Vec<(Part, T)>> {
        let of_sort = |part: &Part| std::mem::discriminant(part) == std::mem::discriminant(&sort(1));
        let parts = self.0.iter().map(|(part, _)| *part).filter(of_sort);
        parts.map(|part| Some((part, self.json(part, report)?))).collect()
    }
}

/// Each part against the manifest, in the order of the file; all of them, so that the report names every bad part.
fn check_contents(parts: &Parts<'_>, manifest: &Manifest, report: &mut Report) -> Option<()> {
    if manifest.schema != BUNDLE_SCHEMA {
        report.fails(Part::Manifest, "it is of another version than this program reads");
        return None;
    }
    let named: Option<Vec<Part>> = manifest.parts.iter().map(|entry| entry.path.parse().ok()).collect();
    let named = report.take(Part::Manifest, named.ok_or("it names a part that no bundle has"))?;
    if !named.is_sorted_by(|one, next| one < next) || named.first() == Some(&Part::Manifest) {
        report.fails(Part::Manifest, "it does not name the parts in their order, each once");
        return None;
    }
    let mut all: Vec<Part> = named.iter().copied().chain(parts.0.iter().map(|(part, _)| *part)).collect();
    all.sort_unstable();
    all.dedup();
    let mut sound = true;
    for part in all.into_iter().filter(|part| *part != Part::Manifest) {
        let entry = named.iter().position(|name| *name == part).and_then(|index| manifest.parts.get(index));
        let finding = match (entry, parts.content(part)) {
            (None, _) => Err("it is in the file but not in the manifest".to_owned()),
            (_, None) => Err("the manifest names it, but it is not in the file".to_owned()),
            (Some(entry), Some(content)) if entry.size != content.len() as u64 => {
                Err(format!("it has {} bytes, the manifest says {}", content.len(), entry.size))
            }
            (Some(entry), Some(content)) if entry.sha256 != Digest::of(content) => {
                Err("its content is not what the manifest says (SHA-256)".to_owned())
            }
            (Some(entry), Some(_)) => Ok(entry.size),
        };
        match finding {
            Ok(size) => report.holds_that(part, format!("{size} bytes, as the manifest says")),
            Err(why) => {
                sound = false;
                report.fails(part, why);
            }
        }
    }
    sound.then_some(())
}

/// The keys to verify with: those that the verifier trusts, or else those of the bundle.
fn check_keys(parts: &Parts<'_>, manifest: &Manifest, trusted: Option<&KeySet>, report: &mut Report) -> Option<KeySet> {
    let carried: KeySet = parts.json(Part::Keys, report)?;
    if carried.keys.len() > KEYS_MAX {
        report.fails(Part::Keys, format!("it holds more than {KEYS_MAX} keys"));
        return None;
    }
    if let Some(stranger) = carried.keys.iter().find(|key| key.tenant() != manifest.tenant) {
        report.fails(Part::Keys, format!("the key {} is of another organisation", stranger.key_id()));
        return None;
    }
    let Some(trusted) = trusted else {
        report.trust = Trust::Carried(
            carried
                .keys
                .iter()
                .map(|key| (inert(&format!("{} of {}", key.purpose().name(), key.tenant())), key.key_id()))
                .collect(),
        );
        report.holds_that(Part::Keys, format!("{} keys, each with its own fingerprint", carried.keys.len()));
        return Some(carried);
    };
    if let Some(stranger) = carried.keys.iter().find(|key| trusted.find(key.key_id()) != Some(key)) {
        report.fails(Part::Keys, format!("the key {} is not among the keys that you trust", stranger.key_id()));
        return None;
    }
    report.holds_that(Part::Keys, format!("{} keys, all among those that you trust", carried.keys.len()));
    Some(trusted.clone())
}

fn check_result(parts: &Parts<'_>, manifest: &Manifest, report: &mut Report) -> Option<MediationResult> {
    let result: MediationResult = parts.json(Part::Result, report)?;
    report.take(Part::Result, result.check())?;
    if result.tenant != manifest.tenant || result.room != manifest.room {
        report.fails(Part::Result, "it is of another room than the manifest");
        return None;
    }
    if let Some(misplaced) = parts.0.iter().map(|(part, _)| *part).find(|part| !belongs(*part, result.terms.as_ref())) {
        report.fails(misplaced, "it does not belong to a result of this kind");
        return None;
    }
    let cases =
        if result.case_numbers.is_empty() { "no case number yet".to_owned() } else { result.case_numbers.join(", ") };
    report.title = inert(&format!("Result bundle of room {} of {} ({cases})", result.room, result.tenant));
    report.holds_that(
        Part::Result,
        format!("{}; concluded on {}", result.outcome.ending.description(), utc(result.outcome.concluded_at_ms)),
    );
    Some(result)
}

/// Whether a part may be in a bundle with, or without, an agreement.
fn belongs(part: Part, terms: Option<&crate::Terms>) -> bool {
    match part {
        Part::Record => terms.is_none(),
        Part::Content => terms.is_some_and(|terms| terms.content_digest.is_some()),
        Part::FrozenPdf | Part::SignedPdf | Part::Signature(_) | Part::Seal => terms.is_some(),
        Part::Manifest
        | Part::Keys
        | Part::Result
        | Part::Consent(_)
        | Part::Head
        | Part::Entries
        | Part::RecordingCertificate => true,
    }
}

fn limits_of(agreed: bool) -> Vec<String> {
    let mut limits = vec![
        "Whether each person is who the name says, and alone held the device: the organisation vouches for both.",
        "Whether the times are right: they are the server's clock, not a timestamp of a third party.",
        "What else happened: the journal's other entries stay hidden, and this shows only that those here are in it.",
    ];
    if agreed {
        limits.push("Whether somebody else should have signed too: who had to is the organisation's word.");
        limits.push(
            "What the pages added to signed.pdf look like: everyone signed frozen.pdf, so read that one for the terms.",
        );
    }
    limits.into_iter().map(str::to_owned).collect()
}

/// A refusal in words, whatever its type.
fn words(error: impl Display) -> String {
    error.to_string()
}
