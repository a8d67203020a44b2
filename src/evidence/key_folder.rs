//! Signing keys in files: `<folder>/<tenant>/<purpose>.pk8`, each an Ed25519 key in PKCS#8, readable by its owner only.
//! A key made elsewhere (`openssl genpkey -algorithm ed25519 -outform DER`) may be put there instead.
//!
//! A key is made the first time it is asked for, and becomes visible under its name only when it is whole on the disk;
//! of two processes that make it at once, both end up with the same one.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};

use crate::keys::{Ed25519Key, random_bytes};
use crate::limits::{KEY_FILE_BYTES_MAX, TENANT_BYTES_MAX};
use crate::{KeyError, KeyRing, PublicKey, Purpose, Signature, Signer};

/// A folder of signing keys.
pub struct KeyFolder {
    folder: PathBuf,
    opened: Mutex<HashMap<(String, Purpose), Arc<FileKey>>>,
}

impl KeyFolder {
    /// Keys in this folder, which is made when the first key is.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), opened: Mutex::default() }
    }

    fn open_or_make(&self, tenant: &str, purpose: Purpose) -> Result<FileKey, KeyError> {
        let folder = self.folder.join(tenant);
        let path = folder.join(format!("{}.pk8", purpose.name()));
        if !path.try_exists().map_err(refused(&path))? {
            DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(refused(&folder))?;
            make(&folder, &path)?;
        }
        FileKey::open(&path, tenant, purpose)
    }
}

impl KeyRing for KeyFolder {
    fn signer(&self, tenant: &str, purpose: Purpose) -> Result<Arc<dyn Signer>, KeyError> {
        if !is_folder_name(tenant) {
            return Err(KeyError::Tenant { tenant: tenant.to_owned() });
        }
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (tenant.to_owned(), purpose);
        if let Some(key) = opened.get(&place) {
            return Ok(key.clone());
        }
        let key = Arc::new(self.open_or_make(tenant, purpose)?);
        opened.insert(place, key.clone());
        Ok(key)
    }
}

/// A key read from its file.
struct FileKey {
    pair: Ed25519KeyPair,
    public_key: PublicKey,
}

impl FileKey {
    fn open(path: &Path, tenant: &str, purpose: Purpose) -> Result<Self, KeyError> {
        let not_a_key = || KeyError::NotAKey { path: path.display().to_string() };
        let file = File::open(path).map_err(refused(path))?;
        let mode = file.metadata().map_err(refused(path))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(KeyError::Exposed { path: path.display().to_string() });
        }
        let mut pkcs8 = Vec::new();
        file.take(KEY_FILE_BYTES_MAX).read_to_end(&mut pkcs8).map_err(refused(path))?;
        // Keys of ours carry their public half, which guards against a damaged file; one made by openssl may not.
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8).map_err(|_| not_a_key())?;
        let public_key = pair.public_key().as_ref().try_into().map_err(|_| not_a_key())?;
        let public_key = PublicKey::new(tenant, purpose, Ed25519Key::from_bytes(public_key));
        Ok(Self { pair, public_key })
    }
}

impl Signer for FileKey {
    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, KeyError> {
        let mut bytes = [0; 64];
        // An Ed25519 signature has 64 bytes by definition.
        bytes.copy_from_slice(self.pair.sign(message).as_ref());
        Ok(Signature::from_bytes(bytes))
    }
}

/// Writes a fresh key beside its place and links it in; a link, unlike a rename, never replaces what is there.
fn make(folder: &Path, path: &Path) -> Result<(), KeyError> {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| KeyError::NoRandomness)?;
    let draft = folder.join(format!(".{}.draft", hex::encode(random_bytes::<8>()?)));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).map_err(refused(&draft))?;
    file.write_all(pkcs8.as_ref()).and_then(|()| file.sync_all()).map_err(refused(&draft))?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft).map_err(refused(&draft))?;
    match linked {
        Err(cause) if cause.kind() != ErrorKind::AlreadyExists => Err(refused(path)(cause)),
        _ => File::open(folder).and_then(|folder| folder.sync_all()).map_err(refused(folder)),
    }
}

/// One path component that cannot climb or hide.
fn is_folder_name(tenant: &str) -> bool {
    (1..=TENANT_BYTES_MAX).contains(&tenant.len())
        && !tenant.starts_with('.')
        && tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

fn refused(path: &Path) -> impl FnOnce(std::io::Error) -> KeyError {
    move |cause| KeyError::Folder { path: path.display().to_string(), cause }
}
