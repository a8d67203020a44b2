//! What a webhook says: the fact of the outcome, and the bundle with everything else.

use accord_room::{RoomId, TenantId};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::OutcomeFact;
use crate::limits::WEBHOOK_BUNDLE_BYTES_MAX;

/// The body of a result's webhook. (Schema and type alike: receivers in Rust parse it with this.)
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResultNotice {
    /// Always `result`.
    #[serde(rename = "type")]
    #[schema(example = "result")]
    pub kind: String,
    /// The tenant.
    pub tenant: String,
    /// The room.
    pub room: Uuid,
    /// The case service's own name for the mediation.
    pub reference: String,
    /// Which case this result is for; none for an application made directly to the organisation.
    pub case_number: Option<String>,
    /// Whether the matter settled.
    pub outcome: OutcomeFact,
    /// The bundle, a zip archive, in base64; none if it is over 16 MiB and must be fetched.
    #[schema(value_type = Option<String>, format = Byte)]
    pub bundle: Option<BundleText>,
    /// Where the bundle can be fetched with a service token.
    pub bundle_url: String,
}

impl ResultNotice {
    /// Says that a result is there. `number` is the result's number in its room, from 1.
    pub fn new(
        public_url: &Url,
        (tenant, room): (&TenantId, RoomId),
        reference: String,
        (number, case_number): (usize, Option<String>),
        outcome: OutcomeFact,
        bundle: Vec<u8>,
    ) -> Self {
        let mut bundle_url = public_url.clone();
        let base = public_url.path().trim_end_matches('/').to_owned();
        bundle_url.set_path(&format!("{base}/api/v1/rooms/{room}/results/{number}"));
        Self {
            kind: "result".to_owned(),
            tenant: tenant.0.clone(),
            room: room.0,
            reference,
            case_number,
            outcome,
            bundle: (bundle.len() <= WEBHOOK_BUNDLE_BYTES_MAX).then_some(BundleText(bundle)),
            bundle_url: bundle_url.into(),
        }
    }
}

/// Bytes that travel as base64.
#[derive(Clone, PartialEq, Eq)]
pub struct BundleText(pub Vec<u8>);

impl std::fmt::Debug for BundleText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "BundleText({} bytes)", self.0.len())
    }
}

impl Serialize for BundleText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for BundleText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        STANDARD.decode(text.as_bytes()).map(Self).map_err(serde::de::Error::custom)
    }
}
