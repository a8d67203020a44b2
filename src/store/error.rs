//! What can go wrong between a room and its disk.

use std::path::PathBuf;

use thiserror::Error;

use crate::LeaseGeneration;

/// Why the store did not do what it was asked. Unless a variant says otherwise, nothing has changed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A file or folder could not be used.
    #[error("cannot use {path}: {source}; check that the disk has space and that this user may write there")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The database refused.
    #[error("the database failed: {0}; check the disk, then try again")]
    Database(#[from] sqlx::Error),
    /// The tables could not be brought to this version.
    #[error("the database cannot be brought to this version: {0}; use the program that wrote it, or a newer one")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The commit failed, so whether it is on disk is unknown: read the room again before going on.
    #[error("the write could not be made durable; read the room again before going on")]
    NotDurable,
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
    /// No such room for this tenant.
    #[error("there is no such room")]
    NoSuchRoom,
    /// There is no such delivery for this tenant.
    #[error("there is no such delivery")]
    NoSuchDelivery,
    /// Somebody else holds the room now; stop serving it.
    #[error("the lease of generation {held} is over, {current} holds the room; stop serving it here")]
    LeaseLost {
        /// The caller's generation.
        held: LeaseGeneration,
        /// The room's present generation.
        current: LeaseGeneration,
    },
    /// The log is not where the caller believed it to be.
    #[error("the room's log goes on at {found}, not at {expected}; read it again")]
    OtherSequence {
        /// Where the caller would have appended.
        expected: u64,
        /// Where the log goes on.
        found: u64,
    },
    /// Over a named limit.
    #[error("{what}: {size} is over the limit of {max}")]
    TooLarge {
        /// What.
        what: &'static str,
        /// How large.
        size: u64,
        /// How large it may be.
        max: u64,
    },
    /// The tenant's name cannot name a folder.
    #[error("a tenant is named with 1 to 64 lower-case letters, digits, '-' and '_'")]
    BadTenant,
    /// What was read is not what was written.
    #[error("{0} is damaged on disk; restore it from a backup")]
    Damaged(&'static str),
}

/// Refuses what is over its limit.
pub(crate) fn within(what: &'static str, size: usize, max: usize) -> Result<(), StoreError> {
    if size <= max { Ok(()) } else { Err(StoreError::TooLarge { what, size: size as u64, max: max as u64 }) }
}

/// SQL has no unsigned numbers; ours (times, sequences, generations) stay far below 2⁶³.
pub(crate) fn to_sql(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::TooLarge { what: "a number", size: number, max: i64::MAX as u64 })
}

/// The way back.
pub(crate) fn from_sql(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::Damaged("a number in the database"))
}

/// A digest or salt out of a column.
pub(crate) fn bytes_32(bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Damaged("a digest in the database"))
}
