//! Opaque identifiers. The caller makes them (the room has no randomness); none says anything about its bearer.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

macro_rules! identifier {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        pub struct $name(#[ts(type = "string")] pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

identifier! {
    /// One mediation's room.
    RoomId;
    /// One person in one room. Two rooms never share it.
    ParticipantId;
    /// One invitation; its secret is not this id.
    InvitationId;
    /// One private session.
    CaucusId;
    /// One request for recording; every answer names it.
    RequestId;
    /// One uninterrupted stretch of recording.
    SpanId;
    /// One command; sent again with the same id it has no second effect.
    CommandId;
    /// One websocket of one person.
    ConnectionId;
}

/// The organisation (or case service) that a room belongs to; part of every key of the store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
pub struct TenantId(pub String);

impl std::fmt::Display for TenantId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}
