//! The library half of the recorder: what turns RTP packets, handed over under a grant, into one encrypted Matroska
//! recording per *span* (an unbroken stretch of unanimous consent), and what reads it back.
//!
//! In come packets that the media plane has authenticated and decrypted ([`MediaPacket`]), each with the generation of
//! the grant it was tapped under. Out go objects: a sealed `begin`, sealed segments of plain Matroska (no transcoding),
//! a sealed `end` whose digest goes into the evidence. There is no runtime, socket or clock in here; the caller hands in
//! the time, and [`Objects`] is where bytes rest.
//!
//! ```text
//! MediaPacket ─ SpanWriter ─ depacketize(reorder · assemble · clock) ─ matroska(cluster) ─ envelope(seal) ─ Objects
//! Objects ─ envelope(open) ─ Recording ─ Playback (seekable Matroska) ─ export (ffmpeg)
//! ```

mod address;
mod depacketize;
mod ebml;
mod envelope;
mod error;
pub mod export;
pub mod limits;
mod matroska;
mod objects;
mod operator_key;
mod packet;
mod playback;
mod reader;
pub mod scan;
mod segment;
mod span;

pub use address::{Identifier, Part, SpanAddress};
pub use envelope::Subject;
pub use error::{RecordingError, Tampering};
pub use objects::{FileObjects, ObjectKey, Objects, ObjectsError};
pub use operator_key::OperatorKey;
pub use packet::{Codec, Kind, MediaPacket, TrackKey};
pub use playback::Playback;
pub use reader::{Recording, Recordings};
pub use segment::{ClusterPlace, SegmentSummary};
pub use span::{EndReason, Publication, Refusals, SealedSpan, SpanEnd, SpanHeader, SpanWriter, TrackSummary};
