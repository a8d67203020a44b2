//! `jsonwebtoken`'s cryptography on `ring`, which the rest of the program uses too, so that the tree holds one backend.
//! Three algorithms and no more: `HS256`, `ES256`, `EdDSA`.
#![expect(clippy::trivially_copy_pass_by_ref, reason = "the library's function types")]
#![expect(clippy::wildcard_enum_match_arm, reason = "every other algorithm, present and future, is refused")]

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result, new_error};
use jsonwebtoken::signature::{Error, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, UnparsedPublicKey,
    VerificationAlgorithm,
};

/// Makes `ring` the backend of this process. Doing it again changes nothing.
pub(crate) fn install() {
    static PROVIDER: CryptoProvider =
        CryptoProvider { signer_factory: signer, verifier_factory: verifier, key_utils: KeyUtils::new_unimplemented() };
    let _ = PROVIDER.install_default();
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    if key.family() != algorithm.family() {
        return Err(new_error(ErrorKind::InvalidAlgorithm));
    }
    let bytes = key.try_get_as_bytes()?;
    match algorithm {
        Algorithm::HS256 => Ok(Box::new(SharedSecret(hmac::Key::new(hmac::HMAC_SHA256, bytes)))),
        Algorithm::ES256 => Ok(Box::new(PublicKey::new(*algorithm, &ECDSA_P256_SHA256_FIXED, bytes))),
        Algorithm::EdDSA => Ok(Box::new(PublicKey::new(*algorithm, &ED25519, bytes))),
        _ => Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    }
}

fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    if key.family() != algorithm.family() {
        return Err(new_error(ErrorKind::InvalidAlgorithm));
    }
    let bad_key = |_| new_error(ErrorKind::InvalidKeyFormat);
    let bytes = key.as_bytes();
    match algorithm {
        Algorithm::HS256 => Ok(Box::new(SharedSecret(hmac::Key::new(hmac::HMAC_SHA256, bytes)))),
        Algorithm::ES256 => {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes, &SystemRandom::new());
            Ok(Box::new(KeyPair::P256(pair.map_err(bad_key)?)))
        }
        Algorithm::EdDSA => Ok(Box::new(KeyPair::Ed25519(Ed25519KeyPair::from_pkcs8(bytes).map_err(bad_key)?))),
        _ => Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    }
}

struct SharedSecret(hmac::Key);

impl Verifier<Vec<u8>> for SharedSecret {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        hmac::verify(&self.0, message, signature).map_err(|_| Error::new())
    }
}

impl Signer<Vec<u8>> for SharedSecret {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        Ok(hmac::sign(&self.0, message).as_ref().to_vec())
    }
}

impl JwtVerifier for SharedSecret {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtSigner for SharedSecret {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

struct PublicKey {
    algorithm: Algorithm,
    key: UnparsedPublicKey<Vec<u8>>,
}

impl PublicKey {
    fn new(algorithm: Algorithm, verification: &'static dyn VerificationAlgorithm, bytes: &[u8]) -> Self {
        Self { algorithm, key: UnparsedPublicKey::new(verification, bytes.to_vec()) }
    }
}

impl Verifier<Vec<u8>> for PublicKey {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        self.key.verify(message, signature).map_err(|_| Error::new())
    }
}

impl JwtVerifier for PublicKey {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

enum KeyPair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer<Vec<u8>> for KeyPair {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        match self {
            Self::P256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message).map_err(|_| Error::new())?;
                Ok(signature.as_ref().to_vec())
            }
            Self::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

impl JwtSigner for KeyPair {
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::P256(_) => Algorithm::ES256,
            Self::Ed25519(_) => Algorithm::EdDSA,
        }
    }
}
