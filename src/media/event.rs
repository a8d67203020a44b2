//! What the media plane tells the rest of the program.

use serde::{Deserialize, Serialize};

use crate::keys::{ConnectionKey, ParticipantKey, Publication, RoomKey};

/// Something that happened on a connection or in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaEvent {
    /// Media can flow. Comes again when a connection that was cut off is back.
    Connected {
        /// Where.
        room: RoomKey,
        /// Who.
        participant: ParticipantKey,
        /// By which connection.
        connection: ConnectionKey,
    },
    /// Media can no longer flow. Not told of connections that the program itself closed or replaced.
    Disconnected {
        /// Where.
        room: RoomKey,
        /// Who.
        participant: ParticipantKey,
        /// By which connection.
        connection: ConnectionKey,
        /// Why.
        reason: DisconnectReason,
    },
    /// What a connection's receive slots carry now. A publication newly in a slot is sent only once this version, or a later
    /// one, was acknowledged; one that is gone from a slot is no longer sent already.
    SlotMap {
        /// Whose slots.
        connection: ConnectionKey,
        /// Counts the maps of this connection.
        version: u64,
        /// Every slot, in the order of the offer's media sections.
        slots: Vec<SlotAssignment>,
    },
    /// The active speaker, as this listener may know it.
    Speaker {
        /// Whose view changed.
        connection: ConnectionKey,
        /// The speaker among those whom this participant may hear, if anyone.
        participant: Option<ParticipantKey>,
    },
    /// Packets of a publication began to arrive, or ceased to.
    Publishing {
        /// Where.
        room: RoomKey,
        /// Which publication.
        publication: Publication,
        /// Whether they arrive now.
        active: bool,
    },
}

/// One receive slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotAssignment {
    /// The media section.
    pub mid: String,
    /// What it carries.
    pub publication: Option<Publication>,
}

/// Why a connection no longer carries media.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisconnectReason {
    /// Nothing was heard of the peer for the time of consent. It may come back by itself.
    ConsentExpired,
    /// The peer closed the connection.
    ClosedByPeer,
    /// The peer's certificate is not the one its offer named.
    WrongCertificate,
    /// The DTLS association failed.
    TransportFailed,
}
