//! Every limit at the wall, with its unit.

/// Bytes of a service token; ours are under 500.
pub const TOKEN_BYTES_MAX: usize = 4_096;
/// Longest life of a service token, s: long enough for a slow call, short enough that a leaked one is soon worthless.
pub const TOKEN_LIFETIME_MAX_S: u64 = 300;
/// How far a service's clock may be off, s.
pub const CLOCK_LEEWAY_S: u64 = 30;
/// Shortest shared secret, bytes (RFC 7518 §3.2: as long as the hash).
pub const SHARED_SECRET_BYTES_MIN: usize = 32;

/// Bytes of a tenant's name, as in the store.
pub const TENANT_BYTES_MAX: usize = 64;
/// Bytes of a request's body: a room with every person, case and claim at their limits is under half of it.
pub const REQUEST_BYTES_MAX: usize = 1024 * 1024;
/// Characters of the case service's own references (rooms, people).
pub const REFERENCE_CHARS_MAX: usize = 128;

/// Bytes of a result bundle that travels inside the webhook; a larger one is fetched from its address.
pub const WEBHOOK_BUNDLE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of a webhook secret (Standard Webhooks: 24 to 64).
pub const WEBHOOK_SECRET_BYTES_MIN: usize = 24;
/// The upper end.
pub const WEBHOOK_SECRET_BYTES_MAX: usize = 64;
/// How old, or ahead, a webhook's timestamp may be for its receiver, s. Each attempt is signed anew.
pub const WEBHOOK_AGE_MAX_S: u64 = 300;
/// Signatures a receiver looks at in one header; a sender that changes its secret sends two.
pub const WEBHOOK_SIGNATURES_MAX: usize = 8;

/// Deliveries under way at once.
pub const DELIVERIES_AT_ONCE_MAX: usize = 16;
/// Deliveries under way for one tenant, so that one slow case service does not hold up the others.
pub const DELIVERIES_PER_TENANT_MAX: usize = 2;
/// Deliveries read from the outbox at a time.
pub const DELIVERIES_READ_MAX: u32 = 256;
/// How often the outbox is looked at when nobody wakes the worker, ms.
pub const OUTBOX_INTERVAL_MS: u64 = 1_000;
/// Pause after the first failed attempt, ms; it doubles with each one.
pub const RETRY_PAUSE_FIRST_MS: u64 = 5_000;
/// Longest pause between two attempts while a delivery is young, ms.
pub const RETRY_PAUSE_MAX_MS: u64 = 2 * 60 * 60 * 1_000;
/// Age after which a delivery is overdue, ms: three days. It stays in the outbox, is reported, and is tried more rarely.
pub const DELIVERY_OVERDUE_AFTER_MS: u64 = 3 * 24 * 60 * 60 * 1_000;
/// Pause between two attempts of an overdue delivery, ms.
pub const OVERDUE_RETRY_PAUSE_MS: u64 = 12 * 60 * 60 * 1_000;

/// Time to resolve a name and open a connection, ms.
pub const CONNECT_DEADLINE_MS: u64 = 5_000;
/// Time for a whole delivery, from the name's resolution to the answer's status, ms.
pub const DELIVERY_DEADLINE_MS: u64 = 60_000;
/// Bytes of an answer's head; its body is never read.
pub const ANSWER_HEAD_BYTES_MAX: usize = 16 * 1024;
