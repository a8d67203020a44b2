//! A room's log in the store: read, checked against the journal, and continued.

use accord_evidence::{Digest, Entry, Journal, JournalError, KeyError, Opening, Salt};
use accord_room::Recorded;
use accord_store::{NewEvent, RoomKey, StoreError};
use serde_json::Value;

use crate::house::House;

/// A room's past.
pub(super) struct Log {
    pub(super) recorded: Vec<Recorded>,
    pub(super) journal: Journal,
}

/// Why a log could not be read or continued.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("an event of the log is not one this program knows: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("the log's entry {0} is not what the journal committed to")]
    Tampered(u64),
}

impl LogError {
    /// Whether what is stored may now differ from what is in memory.
    pub(super) const fn is_doubtful(&self) -> bool {
        matches!(
            self,
            Self::Store(
                StoreError::NotDurable
                    | StoreError::Closed
                    | StoreError::LeaseLost { .. }
                    | StoreError::OtherSequence { .. }
            )
        )
    }
}

pub(super) async fn read(house: &House, key: &RoomKey) -> Result<Log, LogError> {
    let entries = read_entries(house, key).await?;
    let journal = Journal::resume(key.tenant.0.clone(), key.room.to_string(), entries.iter().map(Entry::leaf));
    Ok(Log { recorded: recorded(&entries)?, journal })
}

/// The journal's entries as they stand in the store, each checked against its commitment.
pub(crate) async fn read_entries(house: &House, key: &RoomKey) -> Result<Vec<Entry>, LogError> {
    let stored = house.store.read_events(key, 0).await?;
    let mut entries = Vec::with_capacity(stored.len());
    for event in stored {
        let opening = match event.opening {
            Some(opening) => Some(Opening {
                salt: Salt::from_bytes(opening.salt),
                payload: serde_json::from_slice(&opening.payload)?,
            }),
            None => None,
        };
        let entry = Entry {
            sequence: event.sequence,
            occurred_at_ms: event.at_ms,
            kind: event.kind,
            commitment: Digest::from_bytes(event.commitment),
            opening,
        };
        if !entry.opens() {
            return Err(LogError::Tampered(entry.sequence));
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// The events that the entries still hold.
pub(crate) fn recorded(entries: &[Entry]) -> Result<Vec<Recorded>, LogError> {
    let openings = entries.iter().filter_map(|entry| entry.opening.as_ref());
    Ok(openings.map(|opening| serde_json::from_value(opening.payload.clone())).collect::<Result<_, _>>()?)
}

/// Events as the store takes them, appended to the journal.
pub(crate) fn entries(journal: &mut Journal, recorded: &[Recorded]) -> Result<Vec<NewEvent>, LogError> {
    let mut events = Vec::with_capacity(recorded.len());
    for event in recorded {
        let payload = serde_json::to_value(event)?;
        let bytes = serde_json::to_vec(&payload)?;
        let kind = kind(&payload);
        let salt = Salt::random()?;
        let entry = journal.append(event.at_ms, kind.clone(), payload, salt)?;
        events.push(NewEvent {
            at_ms: event.at_ms,
            kind,
            payload: bytes,
            salt: *salt.as_bytes(),
            commitment: *entry.commitment.as_bytes(),
        });
    }
    Ok(events)
}

/// The event's own tag: one of our short words, never a personal datum.
fn kind(payload: &Value) -> String {
    payload.pointer("/event/type").and_then(Value::as_str).unwrap_or("event").to_owned()
}
