//! Who calls: services authenticate with short-lived JSON Web Tokens (RFC 7519), people never do.
//!
//! Settings bind each key to one issuer and to the tenants it may act for. In comes a bearer token and the time; out goes a
//! [`Caller`] or a [`TokenRefusal`]. The key, found by `kid`, decides the algorithm; the token's header only has to agree.

use std::collections::BTreeMap;

use accord_room::TenantId;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use thiserror::Error;

use crate::limits::{CLOCK_LEEWAY_S, SHARED_SECRET_BYTES_MIN, TENANT_BYTES_MAX, TOKEN_BYTES_MAX, TOKEN_LIFETIME_MAX_S};
use crate::ring_provider;

/// The audience that a token must name.
pub const AUDIENCE: &str = "accord";

/// A case service, as the operator's settings know it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceSettings {
    /// The `iss` of its tokens.
    pub issuer: String,
    /// The tenants it may act for, at least one.
    pub tenants: Vec<TenantId>,
    /// A JSON Web Key Set (RFC 7517) with its public keys: `OKP`/`Ed25519` or `EC`/`P-256`, each with a `kid`.
    #[serde(default)]
    pub key_set: Option<JwkSet>,
    /// Or a secret shared with it, of at least 32 bytes.
    #[serde(default)]
    pub shared_secret: Option<SharedSecretSettings>,
}

/// A shared secret.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedSecretSettings {
    /// The `kid` that tokens made with it name.
    pub key_id: String,
    /// The secret, as text.
    pub secret: String,
}

/// Every key that opens the API.
pub struct ServiceKeys {
    by_id: BTreeMap<String, ServiceKey>,
}

struct ServiceKey {
    issuer: String,
    tenants: Vec<TenantId>,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// An authenticated service, acting for one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The tenant it acts for.
    pub tenant: TenantId,
    /// The service.
    pub issuer: String,
    /// Who within the service, if it says so.
    pub subject: Option<String>,
}

impl ServiceKeys {
    /// Takes the settings' keys.
    ///
    /// # Errors
    /// [`KeySettingsError`] naming the first key that cannot be used.
    pub fn new(services: &[ServiceSettings]) -> Result<Self, KeySettingsError> {
        ring_provider::install();
        let mut keys = Self { by_id: BTreeMap::new() };
        for service in services {
            let issuer = service.issuer.clone();
            if service.tenants.is_empty() {
                return Err(KeySettingsError::NoTenant { issuer });
            }
            if let Some(tenant) = service.tenants.iter().find(|tenant| !is_tenant_name(&tenant.0)) {
                return Err(KeySettingsError::BadTenant { tenant: tenant.0.clone() });
            }
            let public_keys = service.key_set.iter().flat_map(|set| &set.keys);
            let mut found: Vec<(String, Algorithm, DecodingKey)> = Vec::new();
            for jwk in public_keys {
                found.push(public_key(jwk).ok_or_else(|| KeySettingsError::BadKey { issuer: issuer.clone() })?);
            }
            if let Some(SharedSecretSettings { key_id, secret }) = &service.shared_secret {
                if secret.len() < SHARED_SECRET_BYTES_MIN {
                    return Err(KeySettingsError::ShortSecret { issuer });
                }
                found.push((key_id.clone(), Algorithm::HS256, DecodingKey::from_secret(secret.as_bytes())));
            }
            if found.is_empty() {
                return Err(KeySettingsError::NoKey { issuer });
            }
            for (key_id, algorithm, key) in found {
                let (issuer, tenants) = (issuer.clone(), service.tenants.clone());
                if keys.by_id.insert(key_id.clone(), ServiceKey { issuer, tenants, algorithm, key }).is_some() {
                    return Err(KeySettingsError::SameKeyId { key_id });
                }
            }
        }
        Ok(keys)
    }

    /// Checks a token at a time (s since the epoch).
    ///
    /// # Errors
    /// [`TokenRefusal`]; nothing in the token was believed.
    pub fn check(&self, token: &str, now_s: u64) -> Result<Caller, TokenRefusal> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenRefusal::Malformed);
        }
        let header = decode_header(token).map_err(|_| TokenRefusal::Malformed)?;
        let key = header.kid.as_deref().and_then(|key_id| self.by_id.get(key_id)).ok_or(TokenRefusal::UnknownKey)?;
        if header.alg != key.algorithm {
            return Err(TokenRefusal::OtherAlgorithm);
        }
        if header.crit.is_some() {
            return Err(TokenRefusal::Malformed);
        }
        let claims: Claims = decode(token, &key.key, &signature_only(key.algorithm)).map_err(refusal)?.claims;
        claims.check(key, now_s)?;
        let tenant = match claims.tenant {
            Some(tenant) => key.tenants.iter().find(|own| own.0 == tenant).ok_or(TokenRefusal::OtherTenant)?,
            None if key.tenants.len() > 1 => return Err(TokenRefusal::NoTenant),
            None => key.tenants.first().ok_or(TokenRefusal::NoTenant)?,
        };
        Ok(Caller { tenant: tenant.clone(), issuer: key.issuer.clone(), subject: claims.sub })
    }
}

/// The claims. Times are whole seconds: a string or a fraction is refused, not guessed at (CVE-2026-25537).
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    exp: u64,
    nbf: Option<u64>,
    iat: Option<u64>,
    sub: Option<String>,
    tenant: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Claims {
    fn check(&self, key: &ServiceKey, now_s: u64) -> Result<(), TokenRefusal> {
        if self.iss != key.issuer {
            return Err(TokenRefusal::OtherIssuer);
        }
        let is_for_us = match &self.aud {
            Audience::One(audience) => audience == AUDIENCE,
            Audience::Several(audiences) => audiences.iter().any(|audience| audience == AUDIENCE),
        };
        if !is_for_us {
            return Err(TokenRefusal::OtherAudience);
        }
        if self.exp.saturating_add(CLOCK_LEEWAY_S) <= now_s {
            return Err(TokenRefusal::Expired);
        }
        let soon = now_s.saturating_add(CLOCK_LEEWAY_S);
        if self.nbf.is_some_and(|nbf| nbf > soon) || self.iat.is_some_and(|iat| iat > soon) {
            return Err(TokenRefusal::NotYet);
        }
        let lifetime_s = self.exp.saturating_sub(self.iat.unwrap_or(now_s));
        let is_too_far_ahead = self.exp > soon.saturating_add(TOKEN_LIFETIME_MAX_S);
        if lifetime_s > TOKEN_LIFETIME_MAX_S.saturating_add(CLOCK_LEEWAY_S) || is_too_far_ahead {
            return Err(TokenRefusal::LivesTooLong);
        }
        Ok(())
    }
}

/// The library checks the signature; the claims are checked here, against a time that is handed in.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn refusal(error: jsonwebtoken::errors::Error) -> TokenRefusal {
    use jsonwebtoken::errors::ErrorKind;
    let kind = error.into_kind();
    if matches!(kind, ErrorKind::InvalidSignature) {
        TokenRefusal::BadSignature
    } else if matches!(kind, ErrorKind::Json(_)) {
        TokenRefusal::BadClaims
    } else {
        TokenRefusal::Malformed
    }
}

/// A tenant names folders and keys: what the store would refuse later is refused when the server starts.
fn is_tenant_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    (1..=TENANT_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_plain)
}

/// An uncompressed point.
const P256_POINT_BYTES: usize = 65;
const ED25519_KEY_BYTES: usize = 32;

fn public_key(jwk: &Jwk) -> Option<(String, Algorithm, DecodingKey)> {
    let key_id = jwk.common.key_id.clone().filter(|key_id| !key_id.is_empty())?;
    if jwk.common.public_key_use.as_ref().is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
        return None;
    }
    let is_p256 = matches!(&jwk.algorithm, AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256);
    let is_ed25519 =
        matches!(&jwk.algorithm, AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519);
    let (algorithm, own_name, bytes) = if is_p256 {
        (Algorithm::ES256, KeyAlgorithm::ES256, P256_POINT_BYTES)
    } else if is_ed25519 {
        (Algorithm::EdDSA, KeyAlgorithm::EdDSA, ED25519_KEY_BYTES)
    } else {
        return None;
    };
    if jwk.common.key_algorithm.is_some_and(|named| named != own_name) {
        return None;
    }
    let key = DecodingKey::from_jwk(jwk).ok()?;
    (key.try_get_as_bytes().ok()?.len() == bytes).then_some((key_id, algorithm, key))
}

/// Why a token was refused. All are answered with 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum TokenRefusal {
    #[error("there is no bearer token; send `Authorization: Bearer TOKEN`")]
    Missing,
    #[error("the token is not a compact JSON Web Token without critical extensions; make it anew")]
    Malformed,
    #[error("the token's `kid` names no key of the settings; use one that the operator has")]
    UnknownKey,
    #[error("the token's `alg` is not that of its key; sign with the key's own algorithm")]
    OtherAlgorithm,
    #[error("the token's signature does not fit; sign with the key that `kid` names")]
    BadSignature,
    #[error("the claims are incomplete or of the wrong type; `iss`, `aud` and a whole number `exp` are needed")]
    BadClaims,
    #[error("the token's `iss` is not the key's issuer; use your own name")]
    OtherIssuer,
    #[error("the token is meant for somebody else; set `aud` to \"accord\"")]
    OtherAudience,
    #[error("the token has expired; make a fresh one for each call")]
    Expired,
    #[error("the token is not valid yet; check the clock")]
    NotYet,
    #[error("the token lives too long; at most 300 s")]
    LivesTooLong,
    #[error("the key may not act for that tenant; use one of its own")]
    OtherTenant,
    #[error("the key acts for several tenants; name one in the claim `tenant`")]
    NoTenant,
}

/// Why the settings' keys cannot be used.
#[derive(Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum KeySettingsError {
    #[error("the service {issuer} has no tenant; name the ones it acts for")]
    NoTenant { issuer: String },
    #[error("the tenant {tenant:?} cannot be used; name it with 1 to 64 lower-case letters, digits, '-' and '_'")]
    BadTenant { tenant: String },
    #[error("the service {issuer} has no key; give it a key set or a shared secret")]
    NoKey { issuer: String },
    #[error("a key of {issuer} cannot be used; it needs a `kid` and must be OKP/Ed25519 or EC/P-256, for signatures")]
    BadKey { issuer: String },
    #[error("the shared secret of {issuer} is too short; use at least 32 random bytes")]
    ShortSecret { issuer: String },
    #[error("two keys share the `kid` {key_id}; name each key once")]
    SameKeyId { key_id: String },
}
