//! What can go wrong with a recording, each with its cause and what to do about it.

use std::path::PathBuf;

use thiserror::Error;

use crate::{ObjectKey, ObjectsError, Part};

/// A failure of writing or reading a recording.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// The place where bytes rest failed.
    #[error(transparent)]
    Objects(#[from] ObjectsError),
    /// An identifier that cannot be part of an object's key.
    #[error("not an identifier: use 1 to 64 letters, digits, '_' or '-'")]
    Identifier,
    /// A track name that is too long or holds control characters.
    #[error("not a track label: use at most 64 bytes of text without control characters")]
    Label,
    /// More publications than one span may hold.
    #[error("the span already has its {0} publications; end it and begin another")]
    TooManyPublications(usize),
    /// The operator's key file cannot be used.
    #[error("operator key file {path}: {why}")]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Cause and remedy.
        why: String,
    },
    /// The object was sealed under another operator's key.
    #[error(
        "{object} was sealed under operator key {wanted}, but key {given} was given; use the key it was sealed under"
    )]
    WrongOperatorKey {
        /// The object.
        object: ObjectKey,
        /// Identifier of the key that can open it.
        wanted: String,
        /// Identifier of the key at hand.
        given: String,
    },
    /// The object is not what this program wrote.
    #[error("{part} of the span was tampered with ({finding}): {object}; restore it from a backup, do not rely on it")]
    Tampered {
        /// Which part of the span.
        part: Part,
        /// The object's key.
        object: ObjectKey,
        /// What does not fit.
        finding: Tampering,
    },
    /// No such span.
    #[error("no recording at {0}; it was never begun or has been erased")]
    NotFound(ObjectKey),
    /// The span failed before and takes nothing more.
    #[error("the recording failed earlier and takes nothing more; begin a new span")]
    Failed,
    /// The cryptographic library refused, which it does only when the system has no randomness.
    #[error("the system's cryptography or randomness failed; check the machine")]
    Cryptography,
    /// A header that cannot be written as JSON.
    #[error("a header cannot be written: {0}")]
    Encoding(#[from] serde_json::Error),
}

/// What a reader found that this program does not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Tampering {
    /// The bytes in front are not a sealed object's header.
    #[error("its header is not one of ours")]
    Header,
    /// The header names another span, part or generation than the place it was found in.
    #[error("it belongs elsewhere")]
    Subject,
    /// The key does not unwrap: header or key were changed.
    #[error("its data key does not unwrap")]
    Key,
    /// A chunk is not the one that was sealed at this place.
    #[error("chunk {0} is not authentic")]
    Chunk(u32),
    /// Bytes after the final chunk.
    #[error("something was appended after its last chunk")]
    Appended,
    /// The final chunk is missing though something followed it.
    #[error("its end is missing")]
    Truncated,
    /// The object is gone though others name it.
    #[error("it is missing")]
    Missing,
    /// Length or digest differ from what the span's `end` says.
    #[error("it is not the one that the span's end names")]
    Digest,
    /// It opens, but does not hold what it should.
    #[error("its content is malformed")]
    Content,
}
