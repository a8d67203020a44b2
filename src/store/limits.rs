//! Every limit of the store, with its unit.

/// Writes that may wait for the writer; past it a caller waits before its write is queued, so memory stays bounded.
pub const WRITES_QUEUED_MAX: usize = 1_024;
/// Writes of one commit: enough to share a disk flush among many rooms, few enough that the first caller waits little.
pub const WRITES_PER_COMMIT_MAX: usize = 256;
/// Bytes of one commit; a single larger write is committed alone.
pub const BYTES_PER_COMMIT_MAX: usize = 8 * 1024 * 1024;
/// Events of one append: a command and its consequences.
pub const EVENTS_PER_APPEND_MAX: usize = 1_024;
/// Effects (invitations, deliveries, …) of one append: one invitation per person and one delivery per case.
pub const EFFECTS_PER_APPEND_MAX: usize = 256;
/// Bytes of one event's payload; the journal's own limit is the same.
pub const EVENT_BYTES_MAX: usize = 256 * 1024;
/// Events of one room. A day of talk makes some thousands; past this somebody is filling the disk.
pub const EVENTS_PER_ROOM_MAX: u64 = 500_000;
/// Bytes of an event's kind or a delivery's kind; they are our own short words.
pub const KIND_BYTES_MAX: usize = 64;
/// Bytes of the case service's reference for a room.
pub const REFERENCE_BYTES_MAX: usize = 256;
/// Bytes of what the creator of a room was answered: an id pair per person.
pub const RECEIPT_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a tenant's name; it names a folder.
pub const TENANT_BYTES_MAX: usize = 64;
/// Bytes of a case number (80 characters of up to 4 bytes).
pub const CASE_NUMBER_BYTES_MAX: usize = 320;
/// Bytes of the words that say why a delivery failed.
pub const FAILURE_BYTES_MAX: usize = 512;
/// Deliveries listed at once.
pub const DELIVERIES_LISTED_MAX: u32 = 1_000;
/// Bytes of a document's name; they are our own short words.
pub const DOCUMENT_NAME_BYTES_MAX: usize = 64;
/// Bytes of one document update; the wire's own limit is the same.
pub const DOCUMENT_UPDATE_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a compacted document.
pub const DOCUMENT_SNAPSHOT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes of one paper: an agreement with embedded fonts and pictures, with room to spare.
pub const PAPER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Connections that read; writing has its own.
pub const READING_CONNECTIONS_MAX: u32 = 4;
/// Time a reader waits for a free connection, or the writer for another process to let go of the file, ms.
pub const DATABASE_WAIT_MAX_MS: u64 = 5_000;
