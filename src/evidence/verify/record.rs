//! The journal's excerpt, and what people signed as the journal records it.

use std::collections::{BTreeSet, HashMap};

use crate::bundle::Manifest;
use crate::journal::statement_places;
use crate::part::Part;
use crate::report::utc;
use crate::{
    Answer, Digest, Entry, Head, KeySet, ProvenEntry, Report, Signed, SignedStatement, StatementKind, Subject,
    VerifiedStatement,
};

use super::{Parts, words};

/// A journal excerpt of which everything holds.
pub(super) struct Record<'a> {
    pub(super) keys: &'a KeySet,
    head: Head,
    entries: Vec<Entry>,
    /// Which entry first records each statement.
    places: HashMap<Digest, usize>,
}

impl<'a> Record<'a> {
    pub(super) fn examine(
        parts: &Parts<'_>,
        manifest: &Manifest,
        keys: &'a KeySet,
        report: &mut Report,
    ) -> Option<Self> {
        let head: Signed<Head> = parts.json(Part::Head, report)?;
        report.take(Part::Head, head.verify(keys))?;
        let head = head.body;
        if head.tenant != manifest.tenant || head.room != manifest.room {
            report.fails(Part::Head, "it is the head of another room's journal");
            return None;
        }
        report.holds_that(
            Part::Head,
            format!("the journal had {} on {}; signed with its key", counted(head.size), utc(head.signed_at_ms)),
        );
        let proven: Vec<ProvenEntry> = parts.json(Part::Entries, report)?;
        if !proven.is_sorted_by(|one, next| one.entry.sequence < next.entry.sequence) {
            report.fails(Part::Entries, "its entries are not in their order, each once");
            return None;
        }
        if let Some(bad) = proven.iter().find(|proven| !proven.holds(&head)) {
            report
                .fails(Part::Entries, format!("entry {} is not in the journal as it stands here", bad.entry.sequence));
            return None;
        }
        let entries: Vec<Entry> = proven.into_iter().map(|proven| proven.entry).collect();
        report
            .holds_that(Part::Entries, format!("{}, each proven to be in the journal", counted(entries.len() as u64)));
        let index = |entry: &Entry| entries.partition_point(|other| other.sequence < entry.sequence);
        let places = statement_places(&entries).into_iter().map(|(digest, entry)| (digest, index(entry))).collect();
        Some(Self { keys, head, entries, places })
    }

    pub(super) const fn head(&self) -> &Head {
        &self.head
    }

    /// A statement that the journal records, verified as of the moment of that record.
    pub(super) fn open(&self, statement: &SignedStatement) -> Result<(VerifiedStatement, &Entry), String> {
        let digest = statement.digest().map_err(words)?;
        let entry = self.places.get(&digest).and_then(|index| self.entries.get(*index));
        let entry = entry.ok_or("no entry of the journal in this bundle records it")?;
        let verified = statement.open(self.keys, entry.occurred_at_ms).map_err(words)?;
        if verified.statement().tenant != self.head.tenant || verified.statement().room != self.head.room {
            return Err("it is a statement of another room".to_owned());
        }
        Ok((verified, entry))
    }

    pub(super) fn examine_consents(&self, parts: &Parts<'_>, report: &mut Report) -> Option<()> {
        let consents: Vec<(Part, SignedStatement)> = parts.numbered(Part::Consent, report)?;
        let mut seen: BTreeSet<Digest> = BTreeSet::new();
        for (part, consent) in &consents {
            let finding = self.open(consent).and_then(|(verified, entry)| {
                let statement = verified.statement();
                let commits = statement.answer == Answer::Yes
                    && matches!(statement.kind, StatementKind::Signature | StatementKind::SealAuthorisation);
                if commits {
                    return Err(format!("this {} does not belong among the consents", statement.kind.name()));
                }
                if !seen.insert(consent.digest().map_err(words)?) {
                    return Err("the same statement is here twice".to_owned());
                }
                Ok(describe(&verified, entry))
            });
            match finding {
                Ok(holds) => report.holds_that(part, holds),
                Err(why) => report.fails(part, why),
            }
        }
        Some(())
    }
}

fn counted(entries: u64) -> String {
    if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") }
}

/// Who said what, and where the journal has it.
pub(super) fn describe(verified: &VerifiedStatement, entry: &Entry) -> String {
    let (statement, person) = (verified.statement(), verified.certificate());
    let about = match &statement.subject {
        Subject::Notice { notice, version, .. } => format!(" {notice} (version {version})"),
        Subject::Request { purpose, .. } => format!(" ({purpose})"),
        Subject::Document { .. } => String::new(),
    };
    let answer = match statement.answer {
        Answer::Yes => "yes",
        Answer::No => "no",
    };
    format!(
        "{} ({}), {}{about}: {answer}; entry {} of the journal, {}",
        person.name,
        person.role,
        statement.kind.name(),
        entry.sequence,
        utc(entry.occurred_at_ms)
    )
}
