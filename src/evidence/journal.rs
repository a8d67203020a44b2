//! The journal of one room: what happened, in order, as evidence.
//!
//! Each event becomes an [`Entry`]. Its payload is hidden behind a salted commitment, and only the commitment goes into
//! the Merkle tree: payload and salt (the *opening*) can be erased later without breaking the tree, and a proof about one
//! entry tells nothing of its neighbours. The server signs a [`Head`] over the tree's root. Entries and heads come out;
//! storing them is the caller's work.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical::to_canonical;
use crate::limits::{KIND_BYTES_MAX, PAYLOAD_BYTES_MAX, WHOLE_NUMBER_MAX};
use crate::merkle::{Frontier, InclusionProof, leaf_hash};
use crate::text_bytes::text_bytes;
use crate::{CanonicalError, Digest, KeyError, Purpose, Signable, Signed, SignedStatement};

/// The growing journal of one room. It keeps the tree's edge, not the entries.
#[derive(Clone, Debug)]
pub struct Journal {
    tenant: String,
    room: String,
    frontier: Frontier,
}

impl Journal {
    /// Goes on after the entries whose leaf hashes are given, in order; none for a new room.
    pub fn resume(
        tenant: impl Into<String>,
        room: impl Into<String>,
        leaves: impl IntoIterator<Item = Digest>,
    ) -> Self {
        Self { tenant: tenant.into(), room: room.into(), frontier: Frontier::of(leaves) }
    }

    /// Appends an event. The journal moves on only if the entry could be made.
    ///
    /// # Errors
    /// [`JournalError`] when kind, time or payload cannot be journalled.
    pub fn append(
        &mut self,
        occurred_at_ms: u64,
        kind: impl Into<String>,
        payload: Value,
        salt: Salt,
    ) -> Result<Entry, JournalError> {
        let kind = kind.into();
        if kind.is_empty() || kind.len() > KIND_BYTES_MAX || !kind.bytes().all(is_kind_byte) {
            return Err(JournalError::Kind);
        }
        if occurred_at_ms > WHOLE_NUMBER_MAX {
            return Err(JournalError::Time);
        }
        let opening = Opening { salt, payload };
        let commitment = opening.commitment()?;
        let entry = Entry { sequence: self.size(), occurred_at_ms, kind, commitment, opening: Some(opening) };
        self.frontier.append(entry.leaf());
        Ok(entry)
    }

    /// How many entries there are; also the sequence number of the next one.
    pub const fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The present head, for [`Signed::sign`].
    pub fn head(&self, signed_at_ms: u64) -> Head {
        Head {
            tenant: self.tenant.clone(),
            room: self.room.clone(),
            size: self.size(),
            root: self.frontier.root(),
            signed_at_ms,
        }
    }
}

/// One event of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its place, from 0 without gaps.
    pub sequence: u64,
    /// When the server took it, ms since the epoch.
    pub occurred_at_ms: u64,
    /// What sort of event: our own short words, never a personal datum, for they outlive an erasure.
    pub kind: String,
    /// SHA-256(salt ‖ canonical payload).
    pub commitment: Digest,
    /// What the commitment hides; `None` once it is erased.
    pub opening: Option<Opening>,
}

impl Entry {
    /// The entry's leaf hash. The leaf input is `sequence` and `occurred_at_ms` (8 bytes each, most significant first),
    /// `commitment` (32 bytes) and `kind` (the rest, UTF-8), so that place, time and kind are proven as well and stay
    /// so when the opening is erased.
    pub fn leaf(&self) -> Digest {
        let mut input = Vec::with_capacity(8 + 8 + 32 + self.kind.len());
        input.extend_from_slice(&self.sequence.to_be_bytes());
        input.extend_from_slice(&self.occurred_at_ms.to_be_bytes());
        input.extend_from_slice(self.commitment.as_bytes());
        input.extend_from_slice(self.kind.as_bytes());
        leaf_hash(&input)
    }

    /// Erases payload and salt for good. The commitment stays, and without the salt nobody can test a guess against it.
    pub fn erase(&mut self) {
        self.opening = None;
    }

    /// Whether the opening, where there still is one, is what was committed to.
    pub fn opens(&self) -> bool {
        self.opening.as_ref().is_none_or(|opening| opening.commitment().is_ok_and(|found| found == self.commitment))
    }
}

/// What a commitment hides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Keeps the payload from being guessed out of its commitment.
    pub salt: Salt,
    /// The event.
    pub payload: Value,
}

impl Opening {
    fn commitment(&self) -> Result<Digest, JournalError> {
        let payload = to_canonical(&self.payload)?;
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(JournalError::PayloadTooLong { bytes: payload.len() });
        }
        Ok(Digest::of_joined(&[self.salt.as_bytes(), &payload]))
    }
}

text_bytes! {
    /// 32 random bytes for one entry, never used twice; written in hexadecimal.
    Salt, 32, lower_hex
}

impl Salt {
    /// A fresh salt from the system's generator.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`].
    pub fn random() -> Result<Self, KeyError> {
        crate::keys::random_bytes().map(Self::from_bytes)
    }
}

/// The journal at one moment: signed as `Signed<Head>` with the room's `journal_head` key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The organisation.
    pub tenant: String,
    /// The room.
    pub room: String,
    /// How many entries.
    pub size: u64,
    /// Root of the Merkle tree over them.
    pub root: Digest,
    /// When the server signed, ms since the epoch.
    pub signed_at_ms: u64,
}

impl Signable for Head {
    const PURPOSE: Purpose = Purpose::JournalHead;
    const CONTEXT: &'static str = "accord.journal_head.v1";

    fn tenant(&self) -> &str {
        &self.tenant
    }
}

/// Some entries of a journal with the proof that they are in it: what may be shown of a journal to somebody who may not
/// see the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The head that the proofs lead to.
    pub head: Signed<Head>,
    /// The entries, in order of their sequence numbers.
    pub entries: Vec<ProvenEntry>,
}

impl Excerpt {
    /// Takes the entries at `sequences` out of the whole journal below `head`.
    ///
    /// `journal` holds the entries from 0 on; those past the head's size are ignored. `None` when an entry is missing or
    /// the journal is not the head's.
    pub fn of(head: Signed<Head>, journal: &[Entry], sequences: &[u64]) -> Option<Self> {
        let journal = journal.get(..usize::try_from(head.body.size).ok()?)?;
        let leaves: Vec<Digest> = journal.iter().map(Entry::leaf).collect();
        let mut sequences = sequences.to_vec();
        sequences.sort_unstable();
        sequences.dedup();
        let entries = sequences
            .into_iter()
            .map(|sequence| {
                let index = usize::try_from(sequence).ok()?;
                let proof = InclusionProof::of(&leaves, index)?;
                let entry = journal.get(index)?.clone();
                proof.proves(entry.leaf(), head.body.root).then_some(ProvenEntry { entry, proof })
            })
            .collect::<Option<_>>()?;
        Some(Self { head, entries })
    }

    /// Takes the entries that first record each of these statements. `None` when one is not recorded, or as [`Self::of`].
    pub fn of_statements<'a>(
        head: Signed<Head>,
        journal: &[Entry],
        statements: impl IntoIterator<Item = &'a SignedStatement>,
    ) -> Option<Self> {
        let places = statement_places(journal);
        let sequences: Vec<u64> = statements
            .into_iter()
            .map(|statement| places.get(&statement.digest().ok()?).map(|entry| entry.sequence))
            .collect::<Option<_>>()?;
        Self::of(head, journal, &sequences)
    }
}

/// Which entry first records each statement, by the statement's digest.
pub(crate) fn statement_places(entries: &[Entry]) -> HashMap<Digest, &Entry> {
    let mut places = HashMap::new();
    for entry in entries {
        let payload = entry.opening.as_ref().map(|opening| &opening.payload);
        for digest in payload.map(recorded_statements).unwrap_or_default() {
            places.entry(digest).or_insert(entry);
        }
    }
    places
}

/// The signed statements that a payload records: the digest of each [`SignedStatement`] that stands anywhere in it, and
/// each digest that stands there by itself.
pub fn recorded_statements(payload: &Value) -> Vec<Digest> {
    let mut digests = Vec::new();
    collect_statements(payload, &mut digests);
    digests
}

fn collect_statements(value: &Value, digests: &mut Vec<Digest>) {
    match value {
        Value::String(text) => digests.extend(text.parse::<Digest>()),
        Value::Array(items) => items.iter().for_each(|item| collect_statements(item, digests)),
        Value::Object(fields) if fields.contains_key("statement_json") => {
            digests.extend(SignedStatement::deserialize(value).ok().and_then(|statement| statement.digest().ok()));
        }
        Value::Object(fields) => fields.values().for_each(|field| collect_statements(field, digests)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// An entry and the way from its leaf to the root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenEntry {
    /// The entry.
    pub entry: Entry,
    /// Its proof.
    pub proof: InclusionProof,
}

impl ProvenEntry {
    /// Whether the entry is in the head's tree at its own place, and opens.
    pub fn holds(&self, head: &Head) -> bool {
        self.proof.index == self.entry.sequence
            && self.proof.size == head.size
            && self.proof.proves(self.entry.leaf(), head.root)
            && self.entry.opens()
    }
}

/// Why an event could not be journalled.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The kind is not one of our short words.
    #[error("a journal kind is 1 to {KIND_BYTES_MAX} lower-case letters, digits, dots and underscores")]
    Kind,
    /// The time would not survive JSON.
    #[error("the time of a journal entry is beyond 2^53 - 1 ms")]
    Time,
    /// The payload is over its limit.
    #[error("a journal payload of {bytes} bytes is over {PAYLOAD_BYTES_MAX}: journal a digest instead")]
    PayloadTooLong {
        /// Its length in canonical form.
        bytes: usize,
    },
    /// The payload has no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
}

const fn is_kind_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.')
}
