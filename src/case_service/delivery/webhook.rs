//! Signing webhooks and checking them, as the Standard Webhooks specification has it: HMAC-SHA256 over
//! `id.timestamp.body`, in three headers. [`verify_webhook`] is the receiver's half.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use ring::hmac;
use thiserror::Error;

use crate::limits::{WEBHOOK_AGE_MAX_S, WEBHOOK_SECRET_BYTES_MAX, WEBHOOK_SECRET_BYTES_MIN, WEBHOOK_SIGNATURES_MAX};

/// The delivery's id; the same for every attempt.
pub const WEBHOOK_ID: &str = "webhook-id";
/// When this attempt was signed, s since the epoch.
pub const WEBHOOK_TIMESTAMP: &str = "webhook-timestamp";
/// `v1,` and the signature in base64; several are separated by spaces.
pub const WEBHOOK_SIGNATURE: &str = "webhook-signature";

/// A secret shared by sender and receiver, written `whsec_` and base64.
#[derive(Clone)]
pub struct WebhookSecret(hmac::Key);

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("WebhookSecret")
    }
}

impl std::str::FromStr for WebhookSecret {
    type Err = BadWebhookSecret;

    fn from_str(text: &str) -> Result<Self, BadWebhookSecret> {
        let bytes = text.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok()).ok_or(BadWebhookSecret)?;
        if !(WEBHOOK_SECRET_BYTES_MIN..=WEBHOOK_SECRET_BYTES_MAX).contains(&bytes.len()) {
            return Err(BadWebhookSecret);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }
}

impl WebhookSecret {
    /// The value of [`WEBHOOK_SIGNATURE`] for a body.
    pub fn sign(&self, id: &str, timestamp_s: u64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(signed_head(id, timestamp_s).as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }

    fn has_signed(&self, signature: &[u8], id: &str, timestamp_s: u64, body: &[u8]) -> bool {
        let signed = [signed_head(id, timestamp_s).as_bytes(), body].concat();
        hmac::verify(&self.0, &signed, signature).is_ok()
    }
}

/// A webhook whose signature holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its id. A receiver that has seen it before answers 2xx and does nothing more: a replay within the window, or an
    /// attempt whose answer was lost.
    pub id: String,
    /// When it was signed, s since the epoch.
    pub timestamp_s: u64,
}

/// Checks a webhook at its receiver: the signature, in constant time, and its age.
///
/// # Errors
/// [`WebhookRefusal`]; answer 400 or 401 and believe nothing of the body.
pub fn verify_webhook(
    secret: &WebhookSecret,
    headers: &HeaderMap,
    body: &[u8],
    now_s: u64,
) -> Result<Received, WebhookRefusal> {
    let id = only(headers, WEBHOOK_ID)?;
    let timestamp = only(headers, WEBHOOK_TIMESTAMP)?;
    let is_plain = timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let timestamp_s: u64 = timestamp.parse().ok().filter(|_| is_plain).ok_or(WebhookRefusal::BadHeader)?;
    let is_signed = only(headers, WEBHOOK_SIGNATURE)?
        .split(' ')
        .take(WEBHOOK_SIGNATURES_MAX)
        .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
        .any(|signature| secret.has_signed(&signature, id, timestamp_s, body));
    if !is_signed {
        return Err(WebhookRefusal::BadSignature);
    }
    if now_s.abs_diff(timestamp_s) > WEBHOOK_AGE_MAX_S {
        return Err(WebhookRefusal::OutOfTime);
    }
    Ok(Received { id: id.to_owned(), timestamp_s })
}

fn signed_head(id: &str, timestamp_s: u64) -> String {
    format!("{id}.{timestamp_s}.")
}

fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, WebhookRefusal> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(WebhookRefusal::BadHeader) };
    value.to_str().ok().filter(|text| !text.is_empty()).ok_or(WebhookRefusal::BadHeader)
}

/// Why a receiver does not believe a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WebhookRefusal {
    /// A header is missing, doubled or unreadable.
    #[error(
        "the webhook lacks one of its three headers, or has it twice; look at what stands between you and the sender"
    )]
    BadHeader,
    /// No signature fits.
    #[error("the webhook's signature does not fit its id, time and body; compare the secrets")]
    BadSignature,
    /// Too old, or from the future: perhaps replayed.
    #[error("the webhook was signed too long ago or ahead of time; check the clock, and wait for the next attempt")]
    OutOfTime,
}

/// The text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a webhook secret is \"whsec_\" and 24 to 64 random bytes in base64; make a new one")]
pub struct BadWebhookSecret;
