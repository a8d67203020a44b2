//! A whole journal as a file, `journal.jsonl`, and its verification.
//!
//! One canonical JSON object to a line. The first carries the signed head over everything that follows, and the public
//! keys; then comes a line for each entry with the tree's root after it, and older signed heads where they were signed.
//! The roots make it possible to name the first entry that is wrong, and not only that something is.

use serde::{Deserialize, Serialize};

use crate::canonical::{parse_canonical, to_canonical};
use crate::limits::{JOURNAL_FILE_BYTES_MAX, JOURNAL_LINE_BYTES_MAX, KEYS_MAX};
use crate::report::{Trust, inert, utc};
use crate::{CanonicalError, Digest, Entry, Frontier, Head, KeySet, Report, Signed};

/// The version of the journal file that this crate writes and reads.
pub const JOURNAL_SCHEMA: &str = "accord.journal.v1";

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    /// The head over the whole file; the first line.
    Journal { schema: String, head: Signed<Head>, keys: KeySet },
    /// An entry, and the root of the tree that ends with it.
    Entry { entry: Box<Entry>, root: Digest },
    /// An older signed head, over all entries before it.
    Head(Signed<Head>),
}

/// Writes a journal file piece by piece: each call gives the next line, with its line feed.
#[derive(Debug, Default)]
pub struct JournalWriter {
    frontier: Frontier,
}

impl JournalWriter {
    /// The first line: the head over all entries that will follow, and the public keys of its organisation.
    ///
    /// # Errors
    /// [`CanonicalError`] when something has no exact JSON form.
    pub fn begin(&self, head: &Signed<Head>, keys: &KeySet) -> Result<Vec<u8>, CanonicalError> {
        line(&Line::Journal { schema: JOURNAL_SCHEMA.to_owned(), head: head.clone(), keys: keys.clone() })
    }

    /// The line of the next entry; entries come in order from 0.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub fn entry(&mut self, entry: &Entry) -> Result<Vec<u8>, CanonicalError> {
        self.frontier.append(entry.leaf());
        line(&Line::Entry { entry: Box::new(entry.clone()), root: self.frontier.root() })
    }

    /// An older head, over the entries so far. It narrows down where a rewritten journal was rewritten.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub fn head(&self, head: &Signed<Head>) -> Result<Vec<u8>, CanonicalError> {
        line(&Line::Head(head.clone()))
    }
}

fn line(content: &Line) -> Result<Vec<u8>, CanonicalError> {
    let mut bytes = to_canonical(content)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Examines a journal file. With `trusted` keys, only those count; without, those that the file carries.
pub fn verify_journal(file: &[u8], trusted: Option<&KeySet>) -> Report {
    let mut report = Report::new("A journal", trusted.is_some());
    if file.len() > JOURNAL_FILE_BYTES_MAX {
        report.fails("the file", format!("it has {} bytes; at most {JOURNAL_FILE_BYTES_MAX} are read", file.len()));
        return report;
    }
    let lines = file.split_inclusive(|byte| *byte == b'\n');
    // `None` means that the first fault ended the examination; the report has it.
    let _stopped_early = examine(lines, trusted, &mut report);
    report
}

fn examine<'a>(mut lines: impl Iterator<Item = &'a [u8]>, trusted: Option<&KeySet>, report: &mut Report) -> Option<()> {
    let first = report.take(FIRST_LINE, read(lines.next().unwrap_or_default()))?;
    let Line::Journal { schema, head: last, keys: carried } = first else {
        report.fails(FIRST_LINE, "it does not say whose journal this is");
        return None;
    };
    if schema != JOURNAL_SCHEMA || carried.keys.len() > KEYS_MAX {
        report.fails(FIRST_LINE, "it is of another version than this program reads, or holds too many keys");
        return None;
    }
    let keys = trusted.unwrap_or(&carried);
    if let Some(stranger) = carried.keys.iter().find(|key| keys.find(key.key_id()) != Some(key)) {
        report.fails(FIRST_LINE, format!("the key {} is not among those that you trust", stranger.key_id()));
        return None;
    }
    let last = report.take(FIRST_LINE, last.verify(keys))?;
    if trusted.is_none() {
        let named =
            |key: &crate::PublicKey| (inert(&format!("{} of {}", key.purpose().name(), key.tenant())), key.key_id());
        report.trust = Trust::Carried(carried.keys.iter().map(named).collect());
    }
    report.title = inert(&format!("Journal of room {} of {}", last.room, last.tenant));
    report.holds_that(
        FIRST_LINE,
        format!("a head over {} entries, signed with the journal's key on {}", last.size, utc(last.signed_at_ms)),
    );

    let mut walk = Walk { last, frontier: Frontier::default(), erased: 0, covered: 0 };
    for line in lines {
        if let Err(why) = read(line).and_then(|line| walk.step(line, keys)) {
            report.fails(walk.place(line), why);
            return None;
        }
    }
    if walk.frontier.size() < last.size {
        report.fails(
            format!("entry {}", walk.frontier.size()),
            format!("it is missing, with all after it: the head is over {} entries", last.size),
        );
        return None;
    }
    if walk.frontier.root() != last.root {
        report.fails(format!("entry {}", walk.covered), walk.rewritten());
        return None;
    }
    report.holds_that(
        "the entries",
        format!("{} in their order without a gap, as signed; {} of them erased", last.size, walk.erased),
    );
    report.limits = vec![
        "Whether the journal went on later: it shows everything up to its signed head, and nothing after it."
            .to_owned(),
        "What an erased entry said: only its place, time and kind are left.".to_owned(),
        "Whether the times are right: they are the server's clock, not a timestamp of a third party.".to_owned(),
    ];
    Some(())
}

fn read(line: &[u8]) -> Result<Line, String> {
    let json = line.strip_suffix(b"\n").ok_or("the file breaks off")?;
    parse_canonical(json, JOURNAL_LINE_BYTES_MAX).map_err(|error| error.to_string())
}

/// How far the examination has come.
struct Walk<'a> {
    last: &'a Head,
    frontier: Frontier,
    erased: u64,
    /// How many entries a signed head is known to be over.
    covered: u64,
}

impl Walk<'_> {
    fn step(&mut self, line: Line, keys: &KeySet) -> Result<(), String> {
        match line {
            Line::Journal { .. } => Err("a second journal begins here".to_owned()),
            Line::Entry { entry, root } => self.entry(&entry, root),
            Line::Head(head) => self.head(&head, keys),
        }
    }

    fn entry(&mut self, entry: &Entry, root: Digest) -> Result<(), String> {
        let expected = self.frontier.size();
        if expected == self.last.size {
            return Err(format!("it is one more than the {expected} that the head is over"));
        }
        if entry.sequence != expected {
            return Err(format!("entry {} stands where entry {expected} belongs", entry.sequence));
        }
        if !entry.opens() {
            return Err("its payload is not what was committed to".to_owned());
        }
        let mut frontier = self.frontier.clone();
        frontier.append(entry.leaf());
        if frontier.root() != root {
            return Err("place, time, kind or commitment do not give the root that stands beside it".to_owned());
        }
        self.frontier = frontier;
        self.erased += u64::from(entry.opening.is_none());
        Ok(())
    }

    fn head(&mut self, head: &Signed<Head>, keys: &KeySet) -> Result<(), String> {
        let head = head.verify(keys).map_err(|refusal| refusal.to_string())?;
        if head.tenant != self.last.tenant || head.room != self.last.room {
            return Err("the signed head is of another room's journal".to_owned());
        }
        if head.size != self.frontier.size() || head.root != self.frontier.root() {
            return Err(self.rewritten());
        }
        self.covered = head.size;
        Ok(())
    }

    fn rewritten(&self) -> String {
        let until = self.frontier.size().saturating_sub(1);
        format!(
            "the signed head is not over these entries: something from entry {} to {until} was rewritten",
            self.covered
        )
    }

    /// Where a line belongs that may not even be readable: by how it begins, or else by whether it holds a commitment.
    fn place(&self, line: &[u8]) -> String {
        let next = self.frontier.size();
        let commits = || line.windows(COMMITMENT.len()).any(|window| window == COMMITMENT);
        if line.starts_with(b"{\"entry\"") || (!line.starts_with(b"{\"head\"") && commits()) {
            format!("entry {next}")
        } else {
            format!("the signed head before entry {next}")
        }
    }
}

const FIRST_LINE: &str = "the first line";
const COMMITMENT: &[u8] = b"\"commitment\"";
