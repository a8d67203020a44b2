//! Every limit of the recorder, with its unit and why it is what it is.

/// Plain bytes in one sealed chunk: small enough to seek in, large enough that the 20 bytes around it do not matter.
pub const CHUNK_BYTES: usize = 64 * 1024;

/// The header in front of a sealed object. Ours are below 600 bytes; more is not ours.
pub const ENVELOPE_HEADER_BYTES_MAX: usize = 4096;

/// How long frames may wait in memory before their cluster is sealed and appended. With [`REORDER_WAIT_MICROS`] and a
/// caller that ticks every 100 ms, a kill loses less than one second.
pub const FLUSH_INTERVAL_MICROS: u64 = 500_000;

/// A cluster is written early when it holds this much, so that many cameras cannot fill the memory.
pub const CLUSTER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A segment is closed, and the next one opened under a fresh key, once it holds this much. Readers load one segment whole.
pub const SEGMENT_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// A segment is closed after this time also when little was said, so that its key is short-lived.
pub const SEGMENT_MICROS_MAX: u64 = 10 * 60 * 1_000_000;

/// What a reader will load as one object: a segment with a last cluster that ran over, or the `end` of a very long span.
pub const OBJECT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Publications one span may hold, and so its tracks: Matroska's one-byte track numbers and a 64-bit set both carry it.
pub const TRACKS_MAX: usize = 63;

/// The opaque name of a track.
pub const LABEL_BYTES_MAX: usize = 64;

/// One component of an object's key (tenant, room, span).
pub const IDENTIFIER_BYTES_MAX: usize = 64;

/// An RTP payload beyond this never came through a path MTU of 1500 bytes and is refused.
pub const PACKET_BYTES_MAX: usize = 2048;

/// Packets one track may hold back while a gap before them may still be filled by a retransmission.
pub const REORDER_PACKETS_MAX: usize = 256;

/// How long a gap may be waited for: a retransmission over a bad link takes about 200 ms.
pub const REORDER_WAIT_MICROS: u64 = 250_000;

/// A sequence number further away than this is no reordering but another stream (RFC 3550, appendix A.1), believed only when
/// its successor follows.
pub const SEQUENCE_JUMP_MAX: u16 = 1000;

/// One encoded frame. A 4K key frame stays below it; a frame that never ends is dropped at it.
pub const FRAME_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What a codec may want a decoder to know beforehand (parameter sets, a sequence header); theirs take some ten bytes.
pub const CODEC_PRIVATE_BYTES_MAX: usize = 2048;

/// Media cannot be recorded before it arrives: a track whose clock runs further ahead of its arrivals is anchored anew.
pub const CLOCK_EARLY_MICROS_MAX: i64 = 500_000;

/// A track whose clock falls further behind its arrivals (a pause that its timestamps did not count) is anchored anew.
pub const CLOCK_LATE_MICROS_MAX: i64 = 3_000_000;

/// Between two requests for a key frame of one track.
pub const KEYFRAME_REQUEST_INTERVAL_MICROS: u64 = 1_000_000;

/// Between two entries of the seek table that are not there for a video key frame.
pub const CUE_INTERVAL_MS: u64 = 2_000;

/// The longest marker that [`crate::scan`] searches for.
pub const MARKER_BYTES_MAX: usize = 4096;
