//! Puts the packets of one RTP stream back in order, for a bounded time and in bounded memory.

use std::collections::BTreeMap;

use crate::{
    MediaPacket,
    limits::{REORDER_PACKETS_MAX, REORDER_WAIT_MICROS, SEQUENCE_JUMP_MAX},
};

/// What of a packet is needed once its order is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ordered {
    pub(crate) timestamp: u32,
    pub(crate) arrival_micros: u64,
    pub(crate) marker: bool,
    pub(crate) payload: Vec<u8>,
    /// Packets before this one are gone for good.
    pub(crate) after_loss: bool,
}

/// The order of one stream.
#[derive(Debug, Default)]
pub(crate) struct Reorder {
    /// The extended sequence number that goes out next; `None` before the first packet.
    next: Option<u64>,
    held: BTreeMap<u64, Ordered>,
    /// The sequence number that would confirm that the stream has jumped.
    jump_confirmed_by: Option<u16>,
    lost: u64,
}

impl Reorder {
    /// Takes a packet; what is in order now goes to `out`.
    pub(crate) fn push(&mut self, packet: &MediaPacket<'_>, out: &mut Vec<Ordered>) {
        // Starting above zero leaves room for packets from before the first.
        let next = *self.next.get_or_insert(u64::from(packet.sequence) + (1 << 16));
        let [.., high, low] = next.to_be_bytes();
        let ahead = packet.sequence.wrapping_sub(u16::from_be_bytes([high, low]));
        let behind = ahead.wrapping_neg();
        let place = if ahead < SEQUENCE_JUMP_MAX {
            next + u64::from(ahead)
        } else if behind <= SEQUENCE_JUMP_MAX {
            return; // a duplicate, or too late: its place has been given up
        } else if self.jump_confirmed_by == Some(packet.sequence) {
            self.release_all(out);
            let place = next + (1 << 16) + u64::from(ahead);
            self.next = Some(place);
            self.lost += 1;
            self.jump_confirmed_by = None;
            self.hold(place, packet).after_loss = true;
            self.release(out);
            return;
        } else {
            self.jump_confirmed_by = Some(packet.sequence.wrapping_add(1));
            return;
        };
        self.jump_confirmed_by = None;
        self.hold(place, packet);
        self.release(out);
        while self.held.len() > REORDER_PACKETS_MAX {
            self.give_up(out);
        }
        self.expire(packet.arrival_micros, out);
    }

    /// Gives up on gaps that have been waited for long enough.
    pub(crate) fn expire(&mut self, now_micros: u64, out: &mut Vec<Ordered>) {
        let overdue = |packet: &Ordered| now_micros.saturating_sub(packet.arrival_micros) >= REORDER_WAIT_MICROS;
        while self.held.values().any(overdue) {
            self.give_up(out);
        }
    }

    /// Everything that is held, gaps or not.
    pub(crate) fn release_all(&mut self, out: &mut Vec<Ordered>) {
        while !self.held.is_empty() {
            self.give_up(out);
        }
    }

    /// Forgets the numbers of a source that has ended.
    pub(crate) fn restart(&mut self) {
        self.next = None;
        self.jump_confirmed_by = None;
        self.held.clear();
    }

    /// Packets that never came.
    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    fn hold(&mut self, place: u64, packet: &MediaPacket<'_>) -> &mut Ordered {
        self.held.entry(place).or_insert_with(|| Ordered {
            timestamp: packet.timestamp,
            arrival_micros: packet.arrival_micros,
            marker: packet.marker,
            payload: packet.payload.to_vec(),
            after_loss: false,
        })
    }

    fn release(&mut self, out: &mut Vec<Ordered>) {
        while let Some(next) = self.next
            && let Some(packet) = self.held.remove(&next)
        {
            self.next = Some(next + 1);
            out.push(packet);
        }
    }

    /// Skips the gap in front of what is held.
    fn give_up(&mut self, out: &mut Vec<Ordered>) {
        if let Some(mut first) = self.held.first_entry() {
            first.get_mut().after_loss = true;
            let place = *first.key();
            self.lost += place - self.next.unwrap_or(place);
            self.next = Some(place);
        }
        self.release(out);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Codec, Kind, TrackKey};

    fn packet(sequence: u16, arrival_micros: u64) -> MediaPacket<'static> {
        MediaPacket {
            generation: 1,
            track: TrackKey { publication: 1, kind: Kind::Audio },
            codec: Codec::Opus,
            source: 1,
            arrival_micros,
            sequence,
            timestamp: u32::from(sequence),
            marker: false,
            payload: b"x",
        }
    }

    fn sequences(out: &[Ordered]) -> Vec<u32> {
        out.iter().map(|packet| packet.timestamp).collect()
    }

    proptest! {
        #[test]
        fn shuffled_and_doubled_packets_come_out_once_and_in_order_across_the_wrap(
            start: u16, swaps in prop::collection::vec((0usize..300, 1usize..40), 0..200), doubled: bool,
        ) {
            let mut order: Vec<u16> = (1..300).map(|at| start.wrapping_add(at)).collect();
            for (at, distance) in swaps {
                let other = at + distance;
                if other < order.len() { order.swap(at, other); }
            }
            order.insert(0, start);
            let (mut reorder, mut out) = (Reorder::default(), vec![]);
            for sequence in order {
                reorder.push(&packet(sequence, 0), &mut out);
                if doubled { reorder.push(&packet(sequence, 0), &mut out); }
            }
            let wanted: Vec<u32> = (0..300).map(|at| u32::from(start.wrapping_add(at))).collect();
            prop_assert_eq!(sequences(&out), wanted);
            prop_assert!(out.iter().all(|packet| !packet.after_loss));
        }

        #[test]
        fn whatever_arrives_nothing_is_given_twice_and_memory_is_bounded(
            arrivals in prop::collection::vec((any::<u16>(), 0u64..50_000), 0..2000),
        ) {
            let (mut reorder, mut out, mut now) = (Reorder::default(), vec![], 0);
            for (sequence, wait) in &arrivals {
                now += wait;
                reorder.push(&packet(*sequence, now), &mut out);
                prop_assert!(reorder.held.len() <= REORDER_PACKETS_MAX);
            }
            reorder.release_all(&mut out);
            prop_assert!(out.len() <= arrivals.len());
            prop_assert!(reorder.held.is_empty());
        }

        #[test]
        fn a_lost_packet_is_waited_for_and_then_named(lost_at in 1u16..50, start: u16) {
            let (mut reorder, mut out) = (Reorder::default(), vec![]);
            for at in (0..100u16).filter(|at| *at != lost_at) {
                reorder.push(&packet(start.wrapping_add(at), 1000), &mut out);
            }
            prop_assert_eq!(out.len(), usize::from(lost_at));
            reorder.expire(1000 + REORDER_WAIT_MICROS, &mut out);
            prop_assert_eq!(out.len(), 99);
            prop_assert!(out[usize::from(lost_at)].after_loss);
            prop_assert_eq!(out.iter().filter(|packet| packet.after_loss).count(), 1);
            prop_assert_eq!(reorder.lost(), 1);
        }
    }

    #[test]
    fn one_stray_number_moves_nothing_but_a_restarted_stream_is_followed() {
        let (mut reorder, mut out) = (Reorder::default(), vec![]);
        for sequence in [10, 11, 30_000, 12, 40_000, 40_001, 40_002] {
            reorder.push(&packet(sequence, 0), &mut out);
        }
        assert_eq!(sequences(&out), [10, 11, 12, 40_001, 40_002]);
        assert_eq!(out.iter().map(|packet| packet.after_loss).collect::<Vec<_>>(), [false, false, false, true, false]);
    }
}
