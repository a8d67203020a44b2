//! The recorder's way to see media: a bounded ring, allocated beforehand, that a shard fills only under a grant. A full ring
//! loses packets and counts them; it never makes the shard wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_queue::ArrayQueue;

use crate::codec::Codec;
use crate::keys::Publication;
use crate::limits::{TAP_PACKET_BYTES_MAX, TAP_RING_PACKETS_MAX};

/// Makes a ring for that many packets (at most [`TAP_RING_PACKETS_MAX`], at least one). Each takes about 1.5 kB at once.
pub fn tap_ring(packets: usize) -> (TapSender, TapReceiver) {
    let queue = ArrayQueue::new(packets.clamp(1, TAP_RING_PACKETS_MAX));
    let ring = Arc::new(Ring { queue, overflowed: AtomicU64::new(0) });
    (TapSender(Arc::clone(&ring)), TapReceiver(ring))
}

struct Ring {
    queue: ArrayQueue<TapPacket>,
    overflowed: AtomicU64,
}

/// The end that is put into a grant. Clones fill the same ring.
#[derive(Clone)]
pub struct TapSender(Arc<Ring>);

/// The recorder's end.
pub struct TapReceiver(Arc<Ring>);

/// One RTP packet of a granted publication, decrypted.
#[derive(Clone)]
pub struct TapPacket {
    /// The grant it was taken under.
    pub generation: u64,
    /// What it is of.
    pub publication: Publication,
    /// How to read its payload.
    pub codec: Codec,
    /// Microseconds since 1970 at its arrival, on a clock that never steps back within a process.
    pub arrival_micros: u64,
    /// Roll-over counter and RTP sequence number: rises by one per packet of a source, without wrapping.
    pub index: u64,
    /// The publisher's RTP timestamp.
    pub timestamp: u32,
    /// The publisher's synchronisation source; it changes when the publisher starts anew.
    pub ssrc: u32,
    /// End of a frame (video) or beginning of a talk spurt (audio).
    pub marker: bool,
    length: u16,
    bytes: [u8; TAP_PACKET_BYTES_MAX],
}

impl TapPacket {
    /// The RTP payload, without padding.
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// The RTP sequence number.
    #[allow(clippy::cast_possible_truncation)] // the lower half of the index
    pub fn sequence(&self) -> u16 {
        self.index as u16
    }

    /// Whether a decoder can begin at this packet: the first of a keyframe, or any audio.
    pub fn begins_decodable(&self) -> bool {
        self.codec.begins_decodable(self.payload())
    }

    /// A packet; `None` if the payload is larger than one in a ring may be.
    pub fn new(header: TapHeader, payload: &[u8]) -> Option<TapPacket> {
        let mut bytes = [0; TAP_PACKET_BYTES_MAX];
        bytes.get_mut(..payload.len())?.copy_from_slice(payload);
        let TapHeader { generation, publication, codec, arrival_micros, index, timestamp, ssrc, marker } = header;
        let length = u16::try_from(payload.len()).ok()?;
        Some(TapPacket {
            generation,
            publication,
            codec,
            arrival_micros,
            index,
            timestamp,
            ssrc,
            marker,
            length,
            bytes,
        })
    }
}

/// Everything of a [`TapPacket`] but its payload; see there.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct TapHeader {
    pub generation: u64,
    pub publication: Publication,
    pub codec: Codec,
    pub arrival_micros: u64,
    pub index: u64,
    pub timestamp: u32,
    pub ssrc: u32,
    pub marker: bool,
}

impl std::fmt::Debug for TapPacket {
    /// Without the payload: what people say belongs in no log.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = formatter.debug_struct("TapPacket");
        debug.field("generation", &self.generation).field("codec", &self.codec).field("index", &self.index);
        debug.field("timestamp", &self.timestamp).field("length", &self.length).finish_non_exhaustive()
    }
}

impl TapSender {
    /// Puts a packet into the ring; false, and counted, if it is full.
    pub fn push(&self, packet: TapPacket) -> bool {
        let pushed = self.0.queue.push(packet).is_ok();
        if !pushed {
            self.0.overflowed.fetch_add(1, Ordering::Relaxed);
        }
        pushed
    }

    /// Whether the other fills the same ring.
    pub(crate) fn is_same_ring(&self, other: &TapSender) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl std::fmt::Debug for TapSender {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("TapSender").finish_non_exhaustive()
    }
}

impl TapReceiver {
    /// The oldest packet in the ring. Never waits.
    pub fn pop(&self) -> Option<TapPacket> {
        self.0.queue.pop()
    }

    /// Packets waiting.
    pub fn len(&self) -> usize {
        self.0.queue.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.0.queue.is_empty()
    }

    /// Packets lost so far because the ring was full.
    pub fn overflowed(&self) -> u64 {
        self.0.overflowed.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{ParticipantKey, Source};

    fn packet(index: u64, payload: &[u8]) -> Option<TapPacket> {
        let publication = Publication { participant: ParticipantKey(1), source: Source::Camera };
        let header = TapHeader {
            generation: 1,
            publication,
            codec: Codec::Vp8,
            arrival_micros: 0,
            index,
            timestamp: 0,
            ssrc: 0,
            marker: false,
        };
        TapPacket::new(header, payload)
    }

    #[test]
    fn a_full_ring_loses_the_newest_and_counts_it() {
        let (sender, receiver) = tap_ring(2);
        let pushed: Vec<_> = (0..4).map(|index| sender.push(packet(index, b"x").unwrap())).collect();
        assert_eq!(pushed, [true, true, false, false]);
        assert_eq!((receiver.len(), receiver.overflowed()), (2, 2));
        assert_eq!(receiver.pop().unwrap().index, 0);
    }

    #[test]
    fn a_payload_too_large_for_the_ring_is_no_packet() {
        assert!(packet(0, &[0; TAP_PACKET_BYTES_MAX]).is_some());
        assert!(packet(0, &[0; TAP_PACKET_BYTES_MAX + 1]).is_none());
    }
}
