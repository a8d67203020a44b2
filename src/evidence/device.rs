//! A person's device key and the server's certificate for it.
//!
//! The browser makes an ECDSA P-256 key pair whose private half it cannot export. At admission the server binds the
//! public half to the person and the room with a short-lived [`DeviceCertificate`].

use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::text_bytes::text_bytes;
use crate::{Purpose, Signable, Signature};

text_bytes! {
    /// A device's public key: the uncompressed P-256 point (0x04 ‖ x ‖ y), which is what WebCrypto's
    /// `exportKey("raw", key)` gives; written in base64url.
    DeviceKey, 65, base64url
}

impl DeviceKey {
    /// Whether this key signed the message: ECDSA with SHA-256, the signature as r ‖ s, as WebCrypto makes it.
    pub fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.as_bytes()).verify(message, signature.as_bytes()).is_ok()
    }
}

/// The server's word that a device key speaks for a person in a room, for a while. Travels as
/// `Signed<DeviceCertificate>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct DeviceCertificate {
    /// The organisation.
    pub tenant: String,
    /// The room.
    pub room: String,
    /// The person's id in the room.
    pub participant: String,
    /// The person's name, as checked at admission.
    pub name: String,
    /// The person's role, in the room's words.
    pub role: String,
    /// The device's key.
    pub public_key: DeviceKey,
    /// From when it counts, ms since the epoch.
    #[ts(type = "number")]
    pub issued_at_ms: u64,
    /// Until when it counts (exclusive), ms since the epoch.
    #[ts(type = "number")]
    pub expires_at_ms: u64,
}

impl Signable for DeviceCertificate {
    const PURPOSE: Purpose = Purpose::DeviceCertificate;
    const CONTEXT: &'static str = "accord.device_certificate.v1";

    fn tenant(&self) -> &str {
        &self.tenant
    }
}
