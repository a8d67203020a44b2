//! Where a span's objects live: `tenant/room/span/lease-N/part`, each component checked, so that no key leaves its folder.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{ObjectKey, RecordingError, limits::IDENTIFIER_BYTES_MAX};

/// A component of an object's key: 1 to 64 of `A-Z a-z 0-9 _ -`. Identifiers are opaque; never put a name in one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identifier(String);

impl Identifier {
    /// The text of the identifier.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Identifier {
    type Err = RecordingError;

    fn from_str(text: &str) -> Result<Self, RecordingError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if text.is_empty() || text.len() > IDENTIFIER_BYTES_MAX || !text.bytes().all(allowed) {
            return Err(RecordingError::Identifier);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Identifier {
    type Error = RecordingError;

    fn try_from(text: String) -> Result<Self, RecordingError> {
        text.parse()
    }
}

impl From<Identifier> for String {
    fn from(identifier: Identifier) -> Self {
        identifier.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One span of one room, as written under one lease of that room.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SpanAddress {
    /// The organisation or case service.
    pub tenant: Identifier,
    /// The room.
    pub room: Identifier,
    /// The span within the room.
    pub span: Identifier,
    /// The room's lease under which the span was written; a node that lost its lease writes where nobody looks.
    pub lease_generation: u64,
}

impl SpanAddress {
    /// The key of one of the span's objects.
    pub fn object(&self, part: Part) -> ObjectKey {
        ObjectKey::of_checked(format!("{}/{part}", self.folder()))
    }

    /// The folder of all the span's objects.
    pub(crate) fn folder(&self) -> String {
        format!("{}/{}/{}/lease-{}", self.tenant, self.room, self.span, self.lease_generation)
    }

    /// Reads back what [`Self::object`] made; `None` for a key that is not one of a span.
    pub(crate) fn parse(key: &ObjectKey) -> Option<(Self, Part)> {
        let mut components = key.as_str().split('/');
        let mut next = || components.next();
        let address = Self {
            tenant: next()?.parse().ok()?,
            room: next()?.parse().ok()?,
            span: next()?.parse().ok()?,
            lease_generation: next()?.strip_prefix("lease-")?.parse().ok()?,
        };
        let part = next()?.parse().ok()?;
        (next().is_none() && address.object(part) == *key).then_some((address, part))
    }
}

/// One object of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Part {
    /// Who and what the span is about, written before the first packet is taken.
    Begin,
    /// A stretch of Matroska, counted from 0.
    Segment(u32),
    /// How the span ended, and the digests of everything before. Missing after a crash.
    End,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin => f.write_str("begin"),
            Self::Segment(number) => write!(f, "segment-{number:06}"),
            Self::End => f.write_str("end"),
        }
    }
}

impl FromStr for Part {
    type Err = RecordingError;

    fn from_str(text: &str) -> Result<Self, RecordingError> {
        match text {
            "begin" => Ok(Self::Begin),
            "end" => Ok(Self::End),
            _ => text
                .strip_prefix("segment-")
                .and_then(|number| number.parse().ok())
                .map(Self::Segment)
                .ok_or(RecordingError::Identifier),
        }
    }
}

impl TryFrom<String> for Part {
    type Error = RecordingError;

    fn try_from(text: String) -> Result<Self, RecordingError> {
        text.parse()
    }
}

impl From<Part> for String {
    fn from(part: Part) -> Self {
        part.to_string()
    }
}
