//! The operator's key: what wraps every data key, and the only secret that must be kept to read recordings.

use std::{
    fmt, fs, io,
    io::{Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
};

use crate::RecordingError;

pub(crate) const KEY_BYTES: usize = 32;
pub(crate) const KEY_ID_BYTES: usize = 8;
/// A wrapped data key: nonce, encrypted key, tag.
pub(crate) const WRAPPED_BYTES: usize = NONCE_LEN + KEY_BYTES + 16;

/// An AES-256 key that an operator holds in a file of 32 bytes, readable by its owner only.
pub struct OperatorKey {
    key: LessSafeKey,
    id: [u8; KEY_ID_BYTES],
}

impl OperatorKey {
    /// Loads the key, or makes one where there is none.
    ///
    /// # Errors
    /// [`RecordingError::KeyFile`] when the file cannot be made or read, has another size, or others may read it.
    pub fn load_or_create(path: &Path) -> Result<Self, RecordingError> {
        if path.exists() {
            return Self::load(path);
        }
        let draft = path.with_added_extension(hex::encode(random::<8>()?));
        Self::write_new(&draft, path).map_err(unusable(path))?;
        fs::remove_file(&draft).map_err(unusable(&draft))?;
        Self::load(path)
    }

    /// Writes a fresh key where none is, so that no crash leaves half of one.
    fn write_new(draft: &Path, path: &Path) -> io::Result<()> {
        let bytes = random::<KEY_BYTES>().map_err(io::Error::other)?;
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        match fs::hard_link(draft, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        }
    }

    /// Loads the key.
    ///
    /// # Errors
    /// [`RecordingError::KeyFile`] when the file cannot be read, has another size, or others may read it.
    pub fn load(path: &Path) -> Result<Self, RecordingError> {
        let refuse = |why: &str| RecordingError::KeyFile { path: path.to_owned(), why: why.to_owned() };
        let mut file = fs::File::open(path).map_err(unusable(path))?;
        if file.metadata().map_err(unusable(path))?.mode() & 0o077 != 0 {
            return Err(refuse("others may read it; set its mode to 0600"));
        }
        let mut bytes = [0; KEY_BYTES];
        file.read_exact(&mut bytes).map_err(|_| refuse("it is shorter than 32 bytes; restore it from its backup"))?;
        if file.read(&mut [0]).map_err(unusable(path))? != 0 {
            return Err(refuse("it is longer than 32 bytes; restore it from its backup"));
        }
        Self::from_bytes(&bytes)
    }

    /// A key from its bytes, for operators who keep it elsewhere than in a file.
    ///
    /// # Errors
    /// [`RecordingError::Cryptography`] never in practice: the size is right.
    pub fn from_bytes(bytes: &[u8; KEY_BYTES]) -> Result<Self, RecordingError> {
        let mut named = b"accord operator key id\0".to_vec();
        named.extend_from_slice(bytes);
        let mut id = [0; KEY_ID_BYTES];
        for (to, from) in id.iter_mut().zip(digest(&SHA256, &named).as_ref()) {
            *to = *from;
        }
        Ok(Self { key: aes_256_gcm(bytes)?, id })
    }

    /// Names the key without telling it.
    pub fn id(&self) -> [u8; KEY_ID_BYTES] {
        self.id
    }

    /// Wraps a data key, bound to `context`. Random 96-bit nonces are good for 2³² segments under one operator's key.
    pub(crate) fn wrap(&self, data_key: &[u8; KEY_BYTES], context: &[u8]) -> Result<Vec<u8>, RecordingError> {
        let nonce = random::<NONCE_LEN>()?;
        let mut sealed = data_key.to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut sealed)
            .map_err(|_| RecordingError::Cryptography)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Unwraps a data key; `None` when it or its context was changed.
    pub(crate) fn unwrap(&self, wrapped: &[u8], context: &[u8]) -> Option<[u8; KEY_BYTES]> {
        let (nonce, sealed) = wrapped.split_first_chunk::<NONCE_LEN>()?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self.key.open_in_place(nonce, Aad::from(context), &mut sealed).ok()?;
        <[u8; KEY_BYTES]>::try_from(&*plain).ok()
    }
}

/// Says nothing of the key.
impl fmt::Debug for OperatorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OperatorKey({})", hex::encode(self.id))
    }
}

pub(crate) fn aes_256_gcm(bytes: &[u8; KEY_BYTES]) -> Result<LessSafeKey, RecordingError> {
    let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| RecordingError::Cryptography)?;
    Ok(LessSafeKey::new(key))
}

pub(crate) fn random<const BYTES: usize>() -> Result<[u8; BYTES], RecordingError> {
    let mut bytes = [0; BYTES];
    SystemRandom::new().fill(&mut bytes).map_err(|_| RecordingError::Cryptography)?;
    Ok(bytes)
}

fn unusable(path: &Path) -> impl FnOnce(io::Error) -> RecordingError {
    move |error| RecordingError::KeyFile { path: path.to_owned(), why: format!("{error}; check path and permissions") }
}
