//! Searches everything under a folder for a marker, decrypting what is sealed: the proof that nothing was kept that nobody
//! consented to. A scan of ciphertext alone would find nothing, ever.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use memchr::memmem;
use thiserror::Error;

use crate::{
    OperatorKey,
    envelope::{Ending, Header, NoHeader, Opener, is_sealed},
    limits::{ENVELOPE_HEADER_BYTES_MAX, MARKER_BYTES_MAX, OBJECT_BYTES_MAX},
};

/// Bytes searched at a time.
const WINDOW_BYTES: usize = 1024 * 1024;

/// What a scan saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// Files that were read.
    pub files: usize,
    /// Sealed objects among them that were opened to their end, or to where a crash cut them off.
    pub opened: usize,
    /// Where the marker is.
    pub findings: Vec<Finding>,
    /// Sealed objects that could not be opened, wholly or from some chunk on: a scan with any proves nothing of them.
    pub unopened: Vec<PathBuf>,
}

/// A place of the marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    pub path: PathBuf,
    /// Whether it lay in the sealed content or in the bytes of the file.
    pub form: Form,
    /// Byte offset of its first place, within the content or the file.
    pub offset: u64,
}

/// Where within a file a marker was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In the bytes as they are on the disk.
    Raw,
    /// In what they decrypt to.
    Decrypted,
}

/// A scan that could not be made.
#[derive(Debug, Error)]
pub enum ScanError {
    /// A marker that would be found anywhere, or nowhere.
    #[error("a marker must have 1 to {MARKER_BYTES_MAX} bytes")]
    Marker,
    /// A file or folder that cannot be read.
    #[error("{path}: {source}; run the scan as somebody who may read it")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// Searches all files under a folder. Symbolic links are not followed.
///
/// # Errors
/// [`ScanError`] when something cannot be read: a scan that skipped a file would prove nothing.
pub fn folder(folder: &Path, keys: &[&OperatorKey], marker: &[u8]) -> Result<Scan, ScanError> {
    if marker.is_empty() || marker.len() > MARKER_BYTES_MAX {
        return Err(ScanError::Marker);
    }
    let mut scan = Scan::default();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let failed = |source| ScanError::File { path: folder.clone(), source };
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                let path = entry.path();
                scan.file(&path, keys, marker).map_err(|source| ScanError::File { path, source })?;
            }
        }
    }
    Ok(scan)
}

impl Scan {
    fn file(&mut self, path: &Path, keys: &[&OperatorKey], marker: &[u8]) -> io::Result<()> {
        self.files += 1;
        if let Some(offset) = search_raw(&mut File::open(path)?, marker)? {
            self.findings.push(Finding { path: path.to_owned(), form: Form::Raw, offset });
        }
        let mut head = Vec::new();
        File::open(path)?.take(2 * ENVELOPE_HEADER_BYTES_MAX as u64).read_to_end(&mut head)?;
        if !is_sealed(&head) {
            return Ok(());
        }
        let mut object = Vec::new();
        File::open(path)?.take(OBJECT_BYTES_MAX + 1).read_to_end(&mut object)?;
        let (plain, opened) = decrypt(&object, keys);
        let opened = opened && object.len() as u64 <= OBJECT_BYTES_MAX;
        if let Some(offset) = memmem::find(&plain, marker) {
            self.findings.push(Finding { path: path.to_owned(), form: Form::Decrypted, offset: offset as u64 });
        }
        if opened {
            self.opened += 1;
        } else {
            self.unopened.push(path.to_owned());
        }
        Ok(())
    }
}

/// The plain content of an object, and whether that is all that a writer finished of it.
fn decrypt(object: &[u8], keys: &[&OperatorKey]) -> (Vec<u8>, bool) {
    let opener = keys.iter().find_map(|key| Opener::new(key, &Header::parse(object).ok()?).ok());
    let Some(opener) = opener else {
        // A header that a crash cut off has nothing behind it.
        return (Vec::new(), matches!(Header::parse(object), Err(NoHeader::Torn)));
    };
    let mut plain = Vec::new();
    let sealed = object.get(opener.header_length..).unwrap_or_default();
    let ending = opener.open(sealed, 0, |chunk| plain.extend_from_slice(chunk.plain));
    (plain, matches!(ending, Ok(Ending::Final | Ending::Torn { .. })))
}

fn search_raw(file: &mut File, marker: &[u8]) -> io::Result<Option<u64>> {
    let finder = memmem::Finder::new(marker);
    let (mut window, mut passed) = (Vec::new(), 0u64);
    loop {
        let read = Read::by_ref(file).take(WINDOW_BYTES as u64).read_to_end(&mut window)?;
        if let Some(at) = finder.find(&window) {
            return Ok(Some(passed + at as u64));
        }
        if read == 0 {
            return Ok(None);
        }
        // A marker may lie across two windows.
        let done = window.len().saturating_sub(marker.len() - 1);
        window.drain(..done);
        passed += done as u64;
    }
}
