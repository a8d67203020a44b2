//! The operator's way to recordings: with the operator's key, every span becomes a plain Matroska file.

use std::fs::File;
use std::io::copy;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use accord_recording::{FileObjects, ObjectsError, OperatorKey, RecordingError, Recordings};

/// Why recordings could not be decrypted.
#[derive(Debug, thiserror::Error)]
pub enum DecryptError {
    /// The folder.
    #[error("the recordings cannot be read: {0}")]
    Objects(#[from] ObjectsError),
    /// A span or the key.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// A file.
    #[error("cannot write {path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// A span that was decrypted.
#[derive(Debug)]
pub struct Decrypted {
    /// The file.
    pub path: PathBuf,
    /// Whether the span ended in order; a crash leaves it open.
    pub ended: bool,
}

/// Decrypts every span under a server's data folder into `out`, one `SPAN.mkv` each. A tampered span is an error that
/// names the part.
///
/// # Errors
/// [`DecryptError`].
pub fn decrypt(data: &Path, out: &Path) -> Result<Vec<Decrypted>, DecryptError> {
    let file = |path: &Path, error| DecryptError::File { path: path.to_owned(), error };
    let objects = FileObjects::open(data.join("recordings"))?;
    let key = OperatorKey::load(&data.join("operator.key"))?;
    let recordings = Recordings::new(Arc::new(objects), Arc::new(key));
    std::fs::create_dir_all(out).map_err(|error| file(out, error))?;
    let mut decrypted = Vec::new();
    for address in recordings.spans("")? {
        let recording = recordings.open(&address)?;
        let ended = recording.end().is_some();
        let path = out.join(format!("{}.mkv", address.span));
        let mut playback = recording.playback()?;
        let mut written = File::create(&path).map_err(|error| file(&path, error))?;
        copy(&mut playback, &mut written).map_err(|error| file(&path, error))?;
        decrypted.push(Decrypted { path, ended });
    }
    Ok(decrypted)
}
