//! The other side of [`crate::authentication`]: how a case service written in Rust makes its tokens.

use accord_room::TenantId;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;
use thiserror::Error;

use crate::authentication::AUDIENCE;
use crate::limits::TOKEN_LIFETIME_MAX_S;
use crate::ring_provider;

/// A service's signing key with its name.
pub struct TokenSigner {
    header: Header,
    issuer: String,
    key: EncodingKey,
}

impl TokenSigner {
    /// With a secret shared with the operator (HS256).
    pub fn with_shared_secret(issuer: impl Into<String>, key_id: impl Into<String>, secret: &str) -> Self {
        Self::new(Algorithm::HS256, issuer.into(), key_id.into(), EncodingKey::from_secret(secret.as_bytes()))
    }

    /// With an Ed25519 key in PKCS#8 (DER).
    pub fn with_ed25519(issuer: impl Into<String>, key_id: impl Into<String>, pkcs8: &[u8]) -> Self {
        Self::new(Algorithm::EdDSA, issuer.into(), key_id.into(), EncodingKey::from_ed_der(pkcs8))
    }

    /// With a P-256 key in PKCS#8 (DER).
    pub fn with_p256(issuer: impl Into<String>, key_id: impl Into<String>, pkcs8: &[u8]) -> Self {
        Self::new(Algorithm::ES256, issuer.into(), key_id.into(), EncodingKey::from_ec_der(pkcs8))
    }

    /// A token for the calls of the next minutes.
    ///
    /// # Errors
    /// [`TokenError`] if the key is not what it was said to be.
    pub fn token(&self, tenant: &TenantId, now_s: u64) -> Result<String, TokenError> {
        let claims = NewClaims {
            iss: &self.issuer,
            aud: AUDIENCE,
            iat: now_s,
            exp: now_s.saturating_add(TOKEN_LIFETIME_MAX_S),
            tenant: &tenant.0,
        };
        encode(&self.header, &claims, &self.key).map_err(|_| TokenError)
    }

    fn new(algorithm: Algorithm, issuer: String, key_id: String, key: EncodingKey) -> Self {
        ring_provider::install();
        let header = Header { kid: Some(key_id), ..Header::new(algorithm) };
        Self { header, issuer, key }
    }
}

/// The key cannot sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the token cannot be signed; the key is not a PKCS#8 key of the kind it was said to be")]
pub struct TokenError;

#[derive(Serialize)]
struct NewClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
    tenant: &'a str,
}
