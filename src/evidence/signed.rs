//! What the server signs: a body, the key's fingerprint and a signature.
//!
//! The signed bytes are the body's context (for example `accord.seal.v1`), a line feed, and the body's canonical JSON.
//! The context keeps a signature over one kind of body from passing for another.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::canonical::to_canonical;
use crate::{CanonicalError, KeyError, KeyId, KeySet, Purpose, Signature, Signer};

/// A body that the server signs.
pub trait Signable: Serialize {
    /// Which key signs it.
    const PURPOSE: Purpose;
    /// What its signed bytes begin with; unique to this kind of body.
    const CONTEXT: &'static str;

    /// Whose key signs it.
    fn tenant(&self) -> &str;
}

/// A body with the server's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Signed<T> {
    /// What is signed.
    pub body: T,
    /// Fingerprint of the key.
    pub key_id: KeyId,
    /// Ed25519 over the signed bytes.
    pub signature: Signature,
}

impl<T: Signable> Signed<T> {
    /// Signs a body with the key that it needs.
    ///
    /// # Errors
    /// [`KeyError::WrongKey`] for the key of another tenant or purpose, or what the key's keeper says.
    pub fn sign(body: T, signer: &dyn Signer) -> Result<Self, KeyError> {
        let key = signer.public_key();
        if key.purpose() != T::PURPOSE || key.tenant() != body.tenant() {
            return Err(KeyError::WrongKey {
                found: key.purpose().name(),
                tenant: key.tenant().to_owned(),
                needed: T::PURPOSE.name(),
            });
        }
        let signature = signer.sign(&signed_bytes(&body)?)?;
        Ok(Self { key_id: key.key_id(), signature, body })
    }

    /// The body, if the right key of the right tenant in this set signed it.
    ///
    /// # Errors
    /// [`SignatureRefusal`].
    pub fn verify(&self, keys: &KeySet) -> Result<&T, SignatureRefusal> {
        let key = keys.find(self.key_id).ok_or(SignatureRefusal::UnknownKey { key_id: self.key_id })?;
        if key.purpose() != T::PURPOSE || key.tenant() != self.body.tenant() {
            return Err(SignatureRefusal::WrongKey {
                found: key.purpose().name(),
                tenant: key.tenant().to_owned(),
                needed: T::PURPOSE.name(),
            });
        }
        if !key.verifies(&signed_bytes(&self.body)?, &self.signature) {
            return Err(SignatureRefusal::BadSignature);
        }
        Ok(&self.body)
    }
}

fn signed_bytes<T: Signable>(body: &T) -> Result<Vec<u8>, CanonicalError> {
    let mut bytes = format!("{}\n", T::CONTEXT).into_bytes();
    bytes.extend(to_canonical(body)?);
    Ok(bytes)
}

/// Why a server's signature was refused.
#[derive(Debug, thiserror::Error)]
pub enum SignatureRefusal {
    /// No such key in the set.
    #[error("signed by the key {key_id}, which is not among the keys to verify with")]
    UnknownKey {
        /// Its fingerprint.
        key_id: KeyId,
    },
    /// A key of another tenant or for another purpose.
    #[error("signed by a {found} key of tenant {tenant:?}; this needs a {needed} key of its own tenant")]
    WrongKey {
        /// What the key is for.
        found: &'static str,
        /// Whose it is.
        tenant: String,
        /// What is needed.
        needed: &'static str,
    },
    /// Not signed by the key it names.
    #[error("the signature is not of this content")]
    BadSignature,
    /// The body has no canonical form, so nothing can have signed it.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
}
