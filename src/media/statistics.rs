//! Counters for operators. They count packets and name nobody.

use serde::Serialize;

/// Counts since the start, summed over all shards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct MediaStatistics {
    /// Rooms open now.
    pub rooms: u64,
    /// Connections there are now.
    pub connections: u64,
    /// Connections with media flowing now.
    pub connections_established: u64,
    /// Datagrams received, of any kind.
    pub datagrams_in: u64,
    /// RTP packets accepted from publishers.
    pub packets_in: u64,
    /// Bytes of their payload.
    pub bytes_in: u64,
    /// RTP packets sent to subscribers.
    pub packets_out: u64,
    /// Bytes of them on the wire, without UDP and IP headers.
    pub bytes_out: u64,
    /// Send calls made for them; fewer than packets where the kernel segments.
    pub sends: u64,
    /// Keyframes asked of publishers.
    pub keyframe_requests: u64,
    /// Packets given to recorders.
    pub packets_tapped: u64,
    /// Packets that publishers sent and we never received, of sources that are gone or reported on.
    pub packets_lost: u64,
    /// What was not accepted or not sent, by reason.
    pub dropped: Dropped,
}

/// Datagrams and packets that went nowhere, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// From an address that passed no connectivity check.
    pub unknown_address: u64,
    /// Connectivity checks without proven integrity, or for nobody.
    pub stun_refused: u64,
    /// No STUN, DTLS, RTP or RTCP, or malformed.
    pub malformed: u64,
    /// Media before keys or before a path was chosen.
    pub not_established: u64,
    /// Authentication failed.
    pub forged: u64,
    /// Seen before.
    pub replayed: u64,
    /// SRTCP that claimed not to be encrypted.
    pub unencrypted: u64,
    /// On a source, media section or codec that was never negotiated, or too many sources.
    pub not_negotiated: u64,
    /// Beyond what one connection may send per second.
    pub rate_limited: u64,
    /// A forwarded packet the receiver could not use: no keyframe yet, no such codec, older than the stream.
    pub not_decodable: u64,
    /// The kernel's send buffer was full.
    pub send_refused: u64,
    /// The recorder's ring was full, or the packet too large for it.
    pub tap_overflow: u64,
    /// Events for a reader that does not read.
    pub events: u64,
}

impl MediaStatistics {
    /// Adds another shard's counts.
    pub(crate) fn add(&mut self, other: &MediaStatistics) {
        self.rooms += other.rooms;
        self.connections += other.connections;
        self.connections_established += other.connections_established;
        self.datagrams_in += other.datagrams_in;
        self.packets_in += other.packets_in;
        self.bytes_in += other.bytes_in;
        self.packets_out += other.packets_out;
        self.bytes_out += other.bytes_out;
        self.sends += other.sends;
        self.keyframe_requests += other.keyframe_requests;
        self.packets_tapped += other.packets_tapped;
        self.packets_lost += other.packets_lost;
        let (ours, theirs) = (&mut self.dropped, &other.dropped);
        ours.unknown_address += theirs.unknown_address;
        ours.stun_refused += theirs.stun_refused;
        ours.malformed += theirs.malformed;
        ours.not_established += theirs.not_established;
        ours.forged += theirs.forged;
        ours.replayed += theirs.replayed;
        ours.unencrypted += theirs.unencrypted;
        ours.not_negotiated += theirs.not_negotiated;
        ours.rate_limited += theirs.rate_limited;
        ours.not_decodable += theirs.not_decodable;
        ours.send_refused += theirs.send_refused;
        ours.tap_overflow += theirs.tap_overflow;
        ours.events += theirs.events;
    }
}
