//! Limits of the wire, with their units.

/// Bytes of one text message from a client; an offer with many m-lines is the largest.
pub const TEXT_MESSAGE_BYTES_MAX: usize = 256 * 1024;
/// Bytes of one binary message from a client: a document update.
pub const BINARY_MESSAGE_BYTES_MAX: usize = 256 * 1024;
/// Messages a client may send in one burst.
pub const MESSAGES_BURST_MAX: u32 = 400;
/// Messages a client may send per second over time.
pub const MESSAGES_PER_SECOND_MAX: u32 = 100;
/// Messages that may wait for a client that does not read; past it the client is closed.
pub const OUTGOING_MESSAGES_MAX: usize = 1_024;
/// Time a client has from connecting to a valid `hello`, ms.
pub const HELLO_DEADLINE_MS: u64 = 10_000;
/// Time between the server's pings, ms.
pub const PING_INTERVAL_MS: u64 = 5_000;
/// Silence after which a connection counts as lost, ms.
pub const SILENCE_MAX_MS: u64 = 15_000;
