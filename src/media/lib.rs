//! The media plane of Accord: a selective forwarding unit. Browsers send each publication (microphone, camera, screen) once;
//! it is decrypted, and sealed anew for everybody who may have it. The plane knows no law: it is told by versioned
//! [`AudienceTable`]s which publication goes to whom and whether a recorder may listen, puts each into force as one, and
//! acknowledges it.
//!
//! # One packet from socket to socket
//!
//! 1. `shard/run.rs`: the thread of a shard wakes, reads a batch of datagrams into one buffer and takes the time, once.
//! 2. `shard/inbound.rs`: each datagram is classified by its first bytes (`demux.rs`). Only connectivity checks may come
//!    from anywhere (`stun.rs`, `ice.rs`); everything else must come from an address that passed one. Handshakes go to
//!    `dtls.rs`, which ends in keys.
//! 3. `srtp/inbound.rs` opens a media packet in place: replay, tag, decryption. `rtp.rs` reads its header; its SSRC or mid
//!    leads to a `Track` of the `connection.rs`. On the way the arrival is noted for `feedback/`, the loudness for
//!    `speaker.rs`, and under a grant a copy goes into the recorder's ring (`tap.rs`).
//! 4. The track's routes say which receive slots the packet is due at. `shard/routing.rs` made them, from the audience table
//!    (`audience.rs`), what is being published, what fits (`slots.rs`) and what the client acknowledged.
//! 5. `shard/outbound.rs`: when the batch is read, all that is due is sorted by receiver. For each packet the slot
//!    (`connection.rs`) writes a new header with its own SSRC, payload type, running sequence number and timestamp
//!    (`rewrite.rs`), `srtp/outbound.rs` seals it into the arena, and packets to one receiver leave with one system call.
//!
//! A few times a second `shard/reporting.rs` sends what publishers and receivers must be told. Commands
//! (`plane.rs`, `shard/command.rs`) and offers (`shard/negotiation.rs`, `sdp/`) are carried out between batches, so what was
//! collected before a command never leaves after it. Nothing on the packet path locks, waits on a channel or allocates, and
//! only `shard/run.rs` knows a socket or a clock: everything else is tested with made-up time.

// What can go wrong is said once, by the variants of the two error enums.
#![allow(clippy::missing_errors_doc)]
// Tests put text and packets together as plainly as they can.
#![cfg_attr(
    test,
    allow(
        clippy::format_push_string,
        clippy::format_collect,
        clippy::wildcard_enum_match_arm,
        clippy::cast_possible_truncation
    )
)]

mod audience;
mod codec;
mod connection;
mod demux;
mod dtls;
mod error;
mod event;
mod feedback;
mod ice;
mod keys;
pub mod limits;
mod plane;
mod rate;
mod rewrite;
mod rtcp;
mod rtp;
mod sdp;
mod settings;
mod shard;
mod slots;
mod speaker;
mod srtp;
mod statistics;
mod stun;
mod tap;

pub use audience::{AudienceTable, TapGrant};
pub use codec::Codec;
pub use error::{MediaError, OfferError};
pub use event::{DisconnectReason, MediaEvent, SlotAssignment};
pub use keys::{ConnectionKey, Kind, ParticipantKey, Publication, RoomKey, Source};
pub use plane::{MediaPlane, Offer};
pub use settings::MediaSettings;
pub use statistics::{Dropped, MediaStatistics};
pub use tap::{TapHeader, TapPacket, TapReceiver, TapSender, tap_ring};
