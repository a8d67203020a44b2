//! Service tokens: what opens the API and what does not. Forged tokens are put together by hand.

use accord_case_service::authentication::{KeySettingsError, ServiceKeys, ServiceSettings, TokenRefusal};
use accord_case_service::token::TokenSigner;
use accord_room::TenantId;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

pub const NOW_S: u64 = 1_790_000_000;
pub const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A JWT from parts, signed as told.
pub fn forge(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

pub fn with_secret(secret: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    move |message| hmac::sign(&key, message).as_ref().to_vec()
}

pub fn claims() -> Value {
    json!({"iss": "court-platform", "aud": "accord", "iat": NOW_S, "exp": NOW_S + 60})
}

fn hs256() -> Value {
    json!({"typ": "JWT", "alg": "HS256", "kid": "secret-1"})
}

fn service(extra: Value) -> ServiceSettings {
    let mut settings = json!({"issuer": "court-platform", "tenants": ["ccpit"]});
    settings.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    serde_json::from_value(settings).unwrap()
}

pub fn shared_secret() -> ServiceSettings {
    service(json!({"shared_secret": {"key_id": "secret-1", "secret": SECRET}}))
}

fn keys() -> ServiceKeys {
    ServiceKeys::new(&[shared_secret()]).unwrap()
}

/// What a token with these claims, properly signed, is answered.
fn check(claims: &Value) -> Result<(), TokenRefusal> {
    let token = forge(&hs256(), claims, with_secret(SECRET.as_bytes()));
    keys().check(&token, NOW_S).map(|_| ())
}

fn check_with(change: impl Fn(&mut serde_json::Map<String, Value>)) -> Result<(), TokenRefusal> {
    let mut claims = claims();
    change(claims.as_object_mut().unwrap());
    check(&claims)
}

struct Ed25519 {
    pkcs8: Vec<u8>,
    jwk: Value,
}

fn ed25519(key_id: &str) -> Ed25519 {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap().as_ref().to_vec();
    let pair = Ed25519KeyPair::from_pkcs8(&pkcs8).unwrap();
    let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    Ed25519 { pkcs8, jwk: json!({"kty": "OKP", "crv": "Ed25519", "kid": key_id, "use": "sig", "alg": "EdDSA", "x": x}) }
}

#[test]
fn tokens_made_by_another_implementation_open_the_api() {
    // Made with the cryptography of Node 20.
    let settings = service(json!({
        "key_set": {"keys": [
            {"kty": "EC", "crv": "P-256", "kid": "node-p256", "use": "sig", "alg": "ES256",
             "x": "Qte6sYPi-WA78TMrBSB_MzKFI7oDqdz10lOFeCbQc6k", "y": "Wy9RLhrWkd0w6dKJ21NETXVXhaK2KxqVhjty34R2xe4"},
            {"kty": "OKP", "crv": "Ed25519", "kid": "node-ed25519", "x": "AQoJhf7Acmlwkf6NAt-aWEjLDwzh5N7ZLv5MravDK7U"},
        ]},
        "shared_secret": {"key_id": "node-secret", "secret": SECRET},
    }));
    let keys = ServiceKeys::new(&[settings]).unwrap();
    let body = "eyJpc3MiOiJjb3VydC1wbGF0Zm9ybSIsInN1YiI6ImZpbGluZy1kZXNrIiwiYXVkIjoiYWNjb3JkIiwiaWF0IjoxNzkwMDAwMDAwLCJleHAi\
                OjE3OTAwMDAzMDB9";
    let tokens = [
        (
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiIsImtpZCI6Im5vZGUtcDI1NiJ9",
            "C9-tRHNjh-AqJm1mX403WDItnkazC1VTuWyzgZav0AzAr-uswy8dHruiYdOIPV5tDYs4cJGTZL_aio9oQeah-g",
        ),
        (
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJFZERTQSIsImtpZCI6Im5vZGUtZWQyNTUxOSJ9",
            "MtjFyI3bxj_VXaVYchalc3y6tLXCK2BgdfIqjZ7meXqwtLfUgkE0p7i1LPjN6IqgBVt0grEFKGMbPnfwGqw4Bw",
        ),
        (
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImtpZCI6Im5vZGUtc2VjcmV0In0",
            "6q_RnWrnI0pId3e2i0WiW0OuBhgDIzs4SxVWfaZV2sU",
        ),
    ];
    for (header, signature) in tokens {
        let caller = keys.check(&format!("{header}.{body}.{signature}"), NOW_S).unwrap();
        assert_eq!((caller.tenant.0.as_str(), caller.subject.as_deref()), ("ccpit", Some("filing-desk")));
    }
}

#[test]
fn a_service_in_rust_signs_its_tokens_with_any_of_the_three_algorithms() {
    let ed25519 = ed25519("ed-1");
    let random = SystemRandom::new();
    let p256 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, p256.as_ref(), &random).unwrap();
    let point = &pair.public_key().as_ref()[1..];
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[..32]), URL_SAFE_NO_PAD.encode(&point[32..]));
    let p256_jwk = json!({"kty": "EC", "crv": "P-256", "kid": "p-1", "x": x, "y": y});
    let settings = service(json!({
        "key_set": {"keys": [ed25519.jwk, p256_jwk]},
        "shared_secret": {"key_id": "secret-1", "secret": SECRET},
    }));
    let keys = ServiceKeys::new(&[settings]).unwrap();
    let signers = [
        TokenSigner::with_ed25519("court-platform", "ed-1", &ed25519.pkcs8),
        TokenSigner::with_p256("court-platform", "p-1", p256.as_ref()),
        TokenSigner::with_shared_secret("court-platform", "secret-1", SECRET),
    ];
    let tenant = TenantId("ccpit".into());
    for signer in signers {
        let token = signer.token(&tenant, NOW_S).unwrap();
        assert_eq!(keys.check(&token, NOW_S).unwrap().tenant, tenant);
    }
    assert!(TokenSigner::with_p256("court-platform", "p-1", &ed25519.pkcs8).token(&tenant, NOW_S).is_err());
}

#[test]
fn a_token_without_a_signature_is_refused() {
    for algorithm in ["none", "None", "NONE", ""] {
        let header = json!({"alg": algorithm, "kid": "secret-1"});
        let unsigned = forge(&header, &claims(), |_| Vec::new());
        assert_eq!(keys().check(&unsigned, NOW_S), Err(TokenRefusal::Malformed), "{algorithm}");
    }
    let stripped = forge(&hs256(), &claims(), |_| Vec::new());
    assert_eq!(keys().check(&stripped, NOW_S), Err(TokenRefusal::BadSignature));
}

#[test]
fn a_public_key_used_as_a_shared_secret_is_refused() {
    let ed25519 = ed25519("ed-1");
    let keys = ServiceKeys::new(&[service(json!({"key_set": {"keys": [ed25519.jwk]}}))]).unwrap();
    let public_key = URL_SAFE_NO_PAD.decode(ed25519.jwk["x"].as_str().unwrap()).unwrap();
    let header = json!({"alg": "HS256", "kid": "ed-1"});
    let secrets = [public_key, ed25519.jwk.to_string().into_bytes(), ed25519.jwk["x"].as_str().unwrap().into()];
    for secret in secrets {
        let confused = forge(&header, &claims(), with_secret(&secret));
        assert_eq!(keys.check(&confused, NOW_S), Err(TokenRefusal::OtherAlgorithm));
    }
    let pair = Ed25519KeyPair::from_pkcs8(&ed25519.pkcs8).unwrap();
    let proper = forge(&json!({"alg": "EdDSA", "kid": "ed-1"}), &claims(), |m| pair.sign(m).as_ref().to_vec());
    assert!(keys.check(&proper, NOW_S).is_ok(), "the control");
}

#[test]
fn an_algorithm_that_is_not_the_keys_own_is_refused() {
    for algorithm in ["HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA"] {
        let header = json!({"alg": algorithm, "kid": "secret-1"});
        let token = forge(&header, &claims(), with_secret(SECRET.as_bytes()));
        assert_eq!(keys().check(&token, NOW_S), Err(TokenRefusal::OtherAlgorithm), "{algorithm}");
    }
}

#[test]
fn an_unknown_or_missing_key_id_is_refused() {
    for header in [json!({"alg": "HS256", "kid": "secret-2"}), json!({"alg": "HS256"})] {
        let token = forge(&header, &claims(), with_secret(SECRET.as_bytes()));
        assert_eq!(keys().check(&token, NOW_S), Err(TokenRefusal::UnknownKey));
    }
}

#[test]
fn a_key_in_the_tokens_own_header_is_not_believed() {
    let own = ed25519("secret-1");
    let pair = Ed25519KeyPair::from_pkcs8(&own.pkcs8).unwrap();
    let header = json!({"alg": "EdDSA", "kid": "secret-1", "jwk": own.jwk, "jku": "https://attacker.example/keys"});
    let token = forge(&header, &claims(), |message| pair.sign(message).as_ref().to_vec());
    assert_eq!(keys().check(&token, NOW_S), Err(TokenRefusal::OtherAlgorithm));
}

#[test]
fn a_wrong_signature_or_a_changed_claim_is_refused() {
    let token = forge(&hs256(), &claims(), with_secret(&[7; 32]));
    assert_eq!(keys().check(&token, NOW_S), Err(TokenRefusal::BadSignature));
    let good = forge(&hs256(), &claims(), with_secret(SECRET.as_bytes()));
    let parts: Vec<&str> = good.split('.').collect();
    let mut changed = claims();
    changed["exp"] = json!(NOW_S + 120);
    let changed = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(changed.to_string()), parts[2]);
    assert_eq!(keys().check(&changed, NOW_S), Err(TokenRefusal::BadSignature));
}

#[test]
fn a_critical_extension_that_nobody_here_understands_is_refused() {
    let header = json!({"alg": "HS256", "kid": "secret-1", "crit": ["b64"], "b64": false});
    let token = forge(&header, &claims(), with_secret(SECRET.as_bytes()));
    assert_eq!(keys().check(&token, NOW_S), Err(TokenRefusal::Malformed));
}

#[test]
fn times_that_are_no_whole_numbers_are_refused() {
    for claim in ["exp", "nbf", "iat"] {
        let values = [json!("1790000060"), json!(1_790_000_060.5), json!(-1), json!([NOW_S]), json!(true), json!({})];
        for value in values {
            let refused = check_with(|claims| drop(claims.insert(claim.into(), value.clone())));
            assert_eq!(refused, Err(TokenRefusal::BadClaims), "{claim} = {value}");
        }
    }
}

#[test]
fn a_token_without_an_expiry_an_issuer_or_an_audience_is_refused() {
    for claim in ["exp", "iss", "aud"] {
        let refused = check_with(|claims| drop(claims.remove(claim)));
        assert_eq!(refused, Err(TokenRefusal::BadClaims), "{claim}");
    }
    assert_eq!(check_with(|claims| drop(claims.insert("exp".into(), Value::Null))), Err(TokenRefusal::BadClaims));
}

#[test]
fn an_expired_token_is_refused() {
    assert_eq!(check_with(|claims| drop(claims.insert("exp".into(), json!(NOW_S - 30)))), Err(TokenRefusal::Expired));
    assert_eq!(check_with(|claims| drop(claims.insert("exp".into(), json!(NOW_S - 29)))), Ok(()));
}

#[test]
fn a_token_from_the_future_is_refused() {
    for claim in ["nbf", "iat"] {
        let at = |time_s: u64| check_with(|claims| drop(claims.insert(claim.into(), json!(time_s))));
        assert_eq!(at(NOW_S + 31), Err(TokenRefusal::NotYet), "{claim}");
        assert_eq!(at(NOW_S + 30), Ok(()), "{claim}");
    }
}

#[test]
fn a_token_that_lives_for_more_than_five_minutes_is_refused() {
    let lives = |iat: Option<u64>, exp: u64| {
        check_with(|claims| {
            claims.remove("iat");
            claims.extend(iat.map(|iat| ("iat".into(), json!(iat))));
            claims.insert("exp".into(), json!(exp));
        })
    };
    assert_eq!(lives(Some(NOW_S), NOW_S + 300), Ok(()));
    assert_eq!(lives(None, NOW_S + 300), Ok(()));
    assert_eq!(lives(None, NOW_S + 3_600), Err(TokenRefusal::LivesTooLong));
    assert_eq!(lives(Some(NOW_S - 3_600), NOW_S + 60), Err(TokenRefusal::LivesTooLong));
    assert_eq!(lives(None, u64::MAX), Err(TokenRefusal::LivesTooLong));
}

#[test]
fn a_token_for_another_audience_or_from_another_issuer_is_refused() {
    let with = |claim: &str, value: Value| check_with(|claims| drop(claims.insert(claim.into(), value.clone())));
    assert_eq!(with("aud", json!("accordion")), Err(TokenRefusal::OtherAudience));
    assert_eq!(with("aud", json!([])), Err(TokenRefusal::OtherAudience));
    assert_eq!(with("aud", json!(["other", "accord"])), Ok(()));
    assert_eq!(with("iss", json!("another-court")), Err(TokenRefusal::OtherIssuer));
    assert_eq!(with("iss", json!(["court-platform"])), Err(TokenRefusal::BadClaims));
}

#[test]
fn a_service_acts_only_for_its_own_tenants() {
    let mut several = shared_secret();
    several.tenants.push(TenantId("karaoke".into()));
    let keys = ServiceKeys::new(&[several]).unwrap();
    let acts_for = |tenant: Option<&str>| {
        let mut claims = claims();
        if let Some(tenant) = tenant {
            claims["tenant"] = json!(tenant);
        }
        let token = forge(&hs256(), &claims, with_secret(SECRET.as_bytes()));
        keys.check(&token, NOW_S).map(|caller| caller.tenant.0)
    };
    assert_eq!(acts_for(Some("ccpit")), Ok("ccpit".into()));
    assert_eq!(acts_for(Some("karaoke")), Ok("karaoke".into()));
    assert_eq!(acts_for(Some("court")), Err(TokenRefusal::OtherTenant));
    assert_eq!(acts_for(Some("")), Err(TokenRefusal::OtherTenant));
    assert_eq!(acts_for(None), Err(TokenRefusal::NoTenant));
}

#[test]
fn one_services_key_does_not_speak_for_another_service() {
    let other = ServiceSettings {
        issuer: "another-court".into(),
        tenants: vec![TenantId("other".into())],
        key_set: None,
        shared_secret: Some(serde_json::from_value(json!({"key_id": "secret-2", "secret": "x".repeat(32)})).unwrap()),
    };
    let keys = ServiceKeys::new(&[shared_secret(), other]).unwrap();
    let header = json!({"alg": "HS256", "kid": "secret-2"});
    let token = forge(&header, &claims(), with_secret("x".repeat(32).as_bytes()));
    assert_eq!(keys.check(&token, NOW_S), Err(TokenRefusal::OtherIssuer));
}

#[test]
fn what_is_no_token_is_refused_without_a_panic() {
    let long = "a".repeat(5_000);
    for text in ["", ".", "..", "...", "a.b.c", "é.é.é", "bm8.bm8.bm8", "eyJhbGciOiJIUzI1NiJ9..", &long] {
        assert!(keys().check(text, NOW_S).is_err(), "{text}");
    }
    let good = forge(&hs256(), &claims(), with_secret(SECRET.as_bytes()));
    for length in 0..good.len() {
        assert!(keys().check(&good[..length], NOW_S).is_err());
    }
}

#[test]
fn settings_with_a_weak_unusable_or_doubled_key_are_refused() {
    let refused = |extra: Value| ServiceKeys::new(&[service(extra)]).err().unwrap();
    let issuer = || "court-platform".to_owned();
    let short = json!({"shared_secret": {"key_id": "a", "secret": "x".repeat(31)}});
    assert_eq!(refused(short), KeySettingsError::ShortSecret { issuer: issuer() });
    assert_eq!(refused(json!({})), KeySettingsError::NoKey { issuer: issuer() });
    assert_eq!(refused(json!({"tenants": []})), KeySettingsError::NoTenant { issuer: issuer() });

    for tenant in ["", "CCPIT", "a/b", "..", "法院"] {
        let refusal = refused(json!({"tenants": ["ccpit", tenant]}));
        assert_eq!(refusal, KeySettingsError::BadTenant { tenant: tenant.into() });
    }

    let good = ed25519("ed-1").jwk;
    let changed = |key: &str, value: Value| {
        let mut jwk = good.clone();
        jwk[key] = value;
        json!({"key_set": {"keys": [jwk]}})
    };
    let no_id = changed("kid", Value::Null);
    let for_encryption = changed("use", json!("enc"));
    let other_algorithm = changed("alg", json!("ES256"));
    let short_key = changed("x", json!("AAAA"));
    let symmetric = json!({"key_set": {"keys": [{"kty": "oct", "kid": "a", "k": URL_SAFE_NO_PAD.encode([1; 32])}]}});
    let rsa = json!({"key_set": {"keys": [{"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB"}]}});
    for extra in [no_id, for_encryption, other_algorithm, short_key, symmetric, rsa] {
        assert_eq!(refused(extra.clone()), KeySettingsError::BadKey { issuer: issuer() }, "{extra}");
    }
    let doubled = json!({"key_set": {"keys": [good, good]}});
    assert_eq!(refused(doubled), KeySettingsError::SameKeyId { key_id: "ed-1".into() });
}
