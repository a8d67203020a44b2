//! Keys that the server signs with, and their public halves.
//!
//! Each organisation has one Ed25519 key for each [`Purpose`]. Whoever signs does so through [`Signer`], so that a key
//! may live in a file ([`crate::KeyFolder`]) or in a hardware token. A [`KeySet`] is what others verify with.

use std::sync::Arc;

use ring::rand::SecureRandom;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use crate::limits::KEYS_MAX;
use crate::text_bytes::text_bytes;
use crate::{CanonicalError, Digest};

/// What a key is for. A signature under one purpose is worthless under another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Heads of journals.
    JournalHead,
    /// The organisation's seal: agreements and result bundles.
    Seal,
    /// Certificates that bind a device key to an admitted person.
    DeviceCertificate,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::JournalHead, Self::Seal, Self::DeviceCertificate];

    /// As written in JSON and in file names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::JournalHead => "journal_head",
            Self::Seal => "seal",
            Self::DeviceCertificate => "device_certificate",
        }
    }
}

/// One private key, wherever it lives.
pub trait Signer: Send + Sync {
    /// Its public half.
    fn public_key(&self) -> &PublicKey;

    /// Signs a message (Ed25519, RFC 8032). Callers sign through [`crate::Signed::sign`], which separates domains.
    ///
    /// # Errors
    /// [`KeyError`] when the key's keeper cannot or will not sign.
    fn sign(&self, message: &[u8]) -> Result<Signature, KeyError>;
}

/// All private keys within reach.
pub trait KeyRing: Send + Sync {
    /// The present key of an organisation for a purpose.
    ///
    /// # Errors
    /// [`KeyError`] when there is none and none can be made.
    fn signer(&self, tenant: &str, purpose: Purpose) -> Result<Arc<dyn Signer>, KeyError>;

    /// The public halves of an organisation's present keys.
    ///
    /// # Errors
    /// As [`KeyRing::signer`].
    fn public_keys(&self, tenant: &str) -> Result<KeySet, KeyError> {
        let keys = Purpose::ALL
            .into_iter()
            .map(|purpose| Ok(self.signer(tenant, purpose)?.public_key().clone()))
            .collect::<Result<_, KeyError>>()?;
        Ok(KeySet { keys })
    }
}

text_bytes! {
    /// An Ed25519 signature, or an ECDSA P-256 signature as r ‖ s; written in base64url.
    Signature, 64, base64url
}

text_bytes! {
    /// An Ed25519 public key (RFC 8032); written in base64url.
    Ed25519Key, 32, base64url
}

/// Names a key by its fingerprint: SHA-256 of the public key as `SubjectPublicKeyInfo` (what
/// `openssl pkey -pubout -outform DER | sha256sum` prints).
pub type KeyId = Digest;

/// The public half of one of the server's keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "UncheckedPublicKey")]
#[expect(clippy::struct_field_names, reason = "the JSON says `public_key`, as the device certificate does")]
pub struct PublicKey {
    key_id: KeyId,
    tenant: String,
    purpose: Purpose,
    algorithm: Algorithm,
    public_key: Ed25519Key,
}

/// The one algorithm of the server's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// Ed25519, RFC 8032.
    Ed25519,
}

impl PublicKey {
    /// Names a key's owner and purpose.
    pub fn new(tenant: impl Into<String>, purpose: Purpose, public_key: Ed25519Key) -> Self {
        let key_id = fingerprint(&public_key);
        Self { key_id, tenant: tenant.into(), purpose, algorithm: Algorithm::Ed25519, public_key }
    }

    /// Its fingerprint.
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// Whose it is.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// What it is for.
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The key itself.
    pub const fn public_key(&self) -> &Ed25519Key {
        &self.public_key
    }

    /// Whether this key signed the message.
    pub fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public_key.as_bytes()).verify(message, signature.as_bytes()).is_ok()
    }
}

/// The fixed beginning of an Ed25519 `SubjectPublicKeyInfo` (RFC 8410 §4).
const ED25519_SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

fn fingerprint(public_key: &Ed25519Key) -> KeyId {
    Digest::of_joined(&[&ED25519_SPKI_PREFIX, public_key.as_bytes()])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UncheckedPublicKey {
    key_id: KeyId,
    tenant: String,
    purpose: Purpose,
    #[serde(rename = "algorithm")]
    _algorithm: Algorithm,
    public_key: Ed25519Key,
}

impl TryFrom<UncheckedPublicKey> for PublicKey {
    type Error = KeyError;

    fn try_from(unchecked: UncheckedPublicKey) -> Result<Self, KeyError> {
        let key = Self::new(unchecked.tenant, unchecked.purpose, unchecked.public_key);
        if key.key_id == unchecked.key_id { Ok(key) } else { Err(KeyError::Fingerprint { key_id: unchecked.key_id }) }
    }
}

/// Public keys to verify with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySet {
    /// The keys, in any order.
    pub keys: Vec<PublicKey>,
}

impl KeySet {
    /// The key with this fingerprint.
    pub fn find(&self, key_id: KeyId) -> Option<&PublicKey> {
        self.keys.iter().take(KEYS_MAX).find(|key| key.key_id == key_id)
    }
}

/// Why a key could not be had or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key folder could not be read or written.
    #[error("the key folder cannot be used ({path}): {cause}")]
    Folder {
        /// Which file or folder.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A private key that others on the machine can read.
    #[error("the private key {path} can be read by others: make it `chmod 600`, and replace it if it was shared")]
    Exposed {
        /// Which file.
        path: String,
    },
    /// Not an Ed25519 key.
    #[error("{path} is not an Ed25519 private key in PKCS#8")]
    NotAKey {
        /// Which file.
        path: String,
    },
    /// A tenant whose name cannot name a folder.
    #[error(
        "the tenant {tenant:?} cannot name a key folder: use 1 to 64 letters, digits, dots, hyphens and underscores"
    )]
    Tenant {
        /// The name.
        tenant: String,
    },
    /// A key set that calls a key by another key's fingerprint.
    #[error("the key called {key_id} has another fingerprint")]
    Fingerprint {
        /// What it is called.
        key_id: KeyId,
    },
    /// A key asked to sign what it is not for.
    #[error(
        "a {found} key of tenant {tenant:?} was asked to sign what needs a {needed} key of another tenant or purpose"
    )]
    WrongKey {
        /// What the key is for.
        found: &'static str,
        /// Whose it is.
        tenant: String,
        /// What is needed.
        needed: &'static str,
    },
    /// What was to be signed has no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// The system's random generator failed.
    #[error("the system gave no randomness")]
    NoRandomness,
}

/// Random bytes from the system: the one place of this crate that asks for any besides key generation.
pub(crate) fn random_bytes<const LENGTH: usize>() -> Result<[u8; LENGTH], KeyError> {
    let mut bytes = [0; LENGTH];
    ring::rand::SystemRandom::new().fill(&mut bytes).map_err(|_| KeyError::NoRandomness)?;
    Ok(bytes)
}
