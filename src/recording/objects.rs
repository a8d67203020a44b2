//! Where bytes rest: a small trait, and a folder that implements it.
//!
//! A store that cannot append (S3) keeps each append as an object of its own under the key and joins them on reading.

use std::{
    fmt, fs, io,
    io::{Read, Seek, SeekFrom, Write},
    ops::Range,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    str::FromStr,
};

use thiserror::Error;

use crate::Identifier;

/// A place for objects. Everything is durable when the call returns.
pub trait Objects: Send + Sync {
    /// Stores a whole new object, all or nothing. Refused when the key is taken.
    ///
    /// # Errors
    /// [`ObjectsError`] when the key is taken or the store fails.
    fn put(&self, key: &ObjectKey, bytes: &[u8]) -> Result<(), ObjectsError>;

    /// Appends to an object that is `offset` bytes long (0: a new one). Refused when it is not: somebody else writes too.
    /// A failure may leave a part of `bytes` behind.
    ///
    /// # Errors
    /// [`ObjectsError`] when the length differs or the store fails.
    fn append(&self, key: &ObjectKey, offset: u64, bytes: &[u8]) -> Result<(), ObjectsError>;

    /// The object's length in bytes; `None` when there is none.
    ///
    /// # Errors
    /// [`ObjectsError`] when the store fails.
    fn length(&self, key: &ObjectKey) -> Result<Option<u64>, ObjectsError>;

    /// The bytes of `range`, which lies within the object.
    ///
    /// # Errors
    /// [`ObjectsError`] when there is no such object or range, or the store fails.
    fn read(&self, key: &ObjectKey, range: Range<u64>) -> Result<Vec<u8>, ObjectsError>;

    /// All keys under a folder (`""`: all), in order.
    ///
    /// # Errors
    /// [`ObjectsError`] when the store fails.
    fn list(&self, folder: &str) -> Result<Vec<ObjectKey>, ObjectsError>;

    /// Erases an object; one that is not there is erased already.
    ///
    /// # Errors
    /// [`ObjectsError`] when the store fails.
    fn delete(&self, key: &ObjectKey) -> Result<(), ObjectsError>;
}

/// A relative path of checked components ([`Identifier`]s), so that it cannot leave the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// Components that are known to be identifiers.
    pub(crate) fn of_checked(path: String) -> Self {
        Self(path)
    }

    /// The key as text, components separated by `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectKey {
    type Err = ObjectsError;

    fn from_str(text: &str) -> Result<Self, ObjectsError> {
        if text.split('/').all(|component| component.parse::<Identifier>().is_ok()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ObjectsError::Key)
        }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A failure of the store.
#[derive(Debug, Error)]
pub enum ObjectsError {
    /// The path is not one of identifiers.
    #[error("not an object key: use letters, digits, '_' and '-' between slashes")]
    Key,
    /// The object is there already.
    #[error("{0} exists already; somebody else wrote it")]
    Taken(ObjectKey),
    /// Another writer is at work, or somebody cut the object.
    #[error("{key} is {found} bytes long where {wanted} were written; somebody else writes it")]
    Length {
        /// The object.
        key: ObjectKey,
        /// Its length.
        found: u64,
        /// The length after our last append.
        wanted: u64,
    },
    /// The file system failed.
    #[error("{key}: {source}; check space and permissions")]
    File {
        /// The object or folder.
        key: String,
        /// The cause.
        source: io::Error,
    },
}

/// A folder, readable by its owner only. Every write is synced before it counts.
#[derive(Debug, Clone)]
pub struct FileObjects {
    root: PathBuf,
}

impl FileObjects {
    /// Opens or creates the folder.
    ///
    /// # Errors
    /// [`ObjectsError::File`] when it cannot be created.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, ObjectsError> {
        let root = root.into();
        create_folder(&root).map_err(failure(root.display()))?;
        Ok(Self { root })
    }

    fn path(&self, key: &ObjectKey) -> PathBuf {
        self.root.join(key.as_str())
    }

    /// The path of a new object, its folder made.
    fn prepare(&self, key: &ObjectKey) -> io::Result<(PathBuf, PathBuf)> {
        let path = self.path(key);
        let folder = path.parent().unwrap_or(&self.root).to_path_buf();
        create_folder(&folder)?;
        Ok((path, folder))
    }

    fn write_new(&self, key: &ObjectKey, bytes: &[u8]) -> io::Result<()> {
        let (path, folder) = self.prepare(key)?;
        // A name with a dot is no object key, so a half-written file is never taken for an object.
        let draft = folder.join(format!("{}.draft", path.file_name().unwrap_or_default().to_string_lossy()));
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        // A link, unlike a rename, refuses to replace what is there.
        let linked = fs::hard_link(&draft, &path);
        fs::remove_file(&draft)?;
        linked?;
        sync_folder(&folder)
    }

    fn write_at(&self, key: &ObjectKey, offset: u64, bytes: &[u8]) -> Result<(), AppendFailure> {
        let mut file = if offset == 0 {
            let (path, folder) = self.prepare(key)?;
            let file = fs::OpenOptions::new().append(true).create_new(true).mode(0o600).open(path)?;
            sync_folder(&folder)?;
            file
        } else {
            fs::OpenOptions::new().append(true).open(self.path(key))?
        };
        let found = file.metadata()?.len();
        if found != offset {
            return Err(AppendFailure::Length(found));
        }
        file.write_all(bytes)?;
        Ok(file.sync_data()?)
    }
}

enum AppendFailure {
    Length(u64),
    File(io::Error),
}

impl From<io::Error> for AppendFailure {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl Objects for FileObjects {
    fn put(&self, key: &ObjectKey, bytes: &[u8]) -> Result<(), ObjectsError> {
        self.write_new(key, bytes).map_err(unwritten(key))
    }

    fn append(&self, key: &ObjectKey, offset: u64, bytes: &[u8]) -> Result<(), ObjectsError> {
        self.write_at(key, offset, bytes).map_err(|error| match error {
            AppendFailure::Length(found) => ObjectsError::Length { key: key.clone(), found, wanted: offset },
            AppendFailure::File(error) => unwritten(key)(error),
        })
    }

    fn length(&self, key: &ObjectKey) -> Result<Option<u64>, ObjectsError> {
        match fs::symlink_metadata(self.path(key)) {
            Ok(metadata) => Ok(metadata.is_file().then_some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failure(key)(error)),
        }
    }

    fn read(&self, key: &ObjectKey, range: Range<u64>) -> Result<Vec<u8>, ObjectsError> {
        let read = || {
            let mut file = fs::File::open(self.path(key))?;
            file.seek(SeekFrom::Start(range.start))?;
            let length = range.end.saturating_sub(range.start);
            let mut bytes = Vec::new();
            file.take(length).read_to_end(&mut bytes)?;
            if u64::try_from(bytes.len()).is_ok_and(|read| read == length) {
                Ok(bytes)
            } else {
                Err(io::ErrorKind::UnexpectedEof.into())
            }
        };
        read().map_err(failure(key))
    }

    fn list(&self, folder: &str) -> Result<Vec<ObjectKey>, ObjectsError> {
        if !folder.is_empty() {
            folder.parse::<ObjectKey>()?;
        }
        let mut keys = Vec::new();
        let mut folders = vec![self.root.join(folder)];
        while let Some(path) = folders.pop() {
            let entries = match fs::read_dir(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries.map_err(failure(path.display()))?,
            };
            for entry in entries {
                let entry = entry.map_err(failure(path.display()))?;
                let kind = entry.file_type().map_err(failure(path.display()))?;
                if kind.is_dir() {
                    folders.push(entry.path());
                } else if kind.is_file()
                    && let Ok(relative) = entry.path().strip_prefix(&self.root)
                    && let Ok(key) = relative.to_string_lossy().parse()
                {
                    keys.push(key);
                }
            }
        }
        keys.sort();
        Ok(keys)
    }

    fn delete(&self, key: &ObjectKey) -> Result<(), ObjectsError> {
        let path = self.path(key);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            removed => removed.map_err(failure(key))?,
        }
        // Folders that have become empty go too; one that has not stays, which is what the refusal says.
        let mut folder = path.parent();
        while let Some(empty) = folder.filter(|folder| folder.starts_with(&self.root) && **folder != self.root) {
            if fs::remove_dir(empty).is_err() {
                break;
            }
            folder = empty.parent();
        }
        folder.map_or(Ok(()), sync_folder).map_err(failure(key))
    }
}

fn create_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// A new name is durable only when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

fn unwritten(key: &ObjectKey) -> impl FnOnce(io::Error) -> ObjectsError {
    move |error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            ObjectsError::Taken(key.clone())
        } else {
            failure(key)(error)
        }
    }
}

fn failure(key: impl fmt::Display) -> impl FnOnce(io::Error) -> ObjectsError {
    move |source| ObjectsError::File { key: key.to_string(), source }
}
