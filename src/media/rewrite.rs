//! One receive slot's RTP stream as its receiver sees it: whatever publication the slot carries, sequence numbers run on
//! without a gap and timestamps never go back (RFC 3550, 5.1).

use std::time::Instant;

/// The outgoing side of a slot.
#[derive(Debug)]
pub(crate) struct Rewriter {
    /// One above the highest packet index sent.
    next_index: u64,
    last: Option<(u32, Instant)>,
    stream: Option<Stream>,
}

/// How the source that is being forwarded maps to the outgoing stream.
#[derive(Debug, Clone, Copy)]
struct Stream {
    ssrc: u32,
    first_index: u64,
    index_offset: u64,
    timestamp_offset: u32,
}

/// A packet's place in the outgoing stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Roll-over counter and sequence number.
    pub(crate) index: u64,
    pub(crate) timestamp: u32,
}

impl Rewriter {
    /// Begins at a sequence number that leaves room before the first wrap, so that both ends agree on the roll-over counter
    /// even when the first packets are lost (RFC 3711, 3.3.1).
    pub(crate) fn new(first_sequence: u16) -> Rewriter {
        Rewriter { next_index: u64::from(first_sequence & 0x3fff), last: None, stream: None }
    }

    /// Ends the present stream: the next packet begins another.
    pub(crate) fn end(&mut self) {
        self.stream = None;
    }

    /// Whether packets of this source are under way, so that the next need not begin a picture.
    pub(crate) fn carries(&self, ssrc: u32) -> bool {
        self.stream.is_some_and(|stream| stream.ssrc == ssrc)
    }

    /// The place of a packet that arrived at `now`; `None` for one that is older than the stream's beginning. Each source
    /// index may be given once only, as SRTP's replay protection ensures; then no outgoing index repeats.
    pub(crate) fn place(
        &mut self,
        ssrc: u32,
        source_index: u64,
        timestamp: u32,
        clock_rate_hz: u32,
        now: Instant,
    ) -> Option<Place> {
        let stream = match self.stream.filter(|stream| stream.ssrc == ssrc) {
            Some(stream) => stream,
            None => self.begin(ssrc, source_index, timestamp, clock_rate_hz, now),
        };
        if source_index < stream.first_index {
            return None;
        }
        let index = source_index.wrapping_add(stream.index_offset);
        let timestamp = timestamp.wrapping_add(stream.timestamp_offset);
        if index >= self.next_index {
            self.next_index = index + 1;
            self.last = Some((timestamp, now));
        }
        Some(Place { index, timestamp })
    }

    /// A source's timestamp as the receiver knows it; `None` while nothing of it was sent.
    pub(crate) fn timestamp(&self, ssrc: u32, timestamp: u32) -> Option<u32> {
        let stream = self.stream.filter(|stream| stream.ssrc == ssrc)?;
        Some(timestamp.wrapping_add(stream.timestamp_offset))
    }

    fn begin(&mut self, ssrc: u32, index: u64, timestamp: u32, clock_rate_hz: u32, now: Instant) -> Stream {
        let continued = self.last.map_or(timestamp, |(last, at)| {
            let elapsed = now.saturating_duration_since(at).as_micros() * u128::from(clock_rate_hz) / 1_000_000;
            #[allow(clippy::cast_possible_truncation)] // timestamps wrap
            let ticks = elapsed as u32;
            last.wrapping_add(ticks.max(1))
        });
        let stream = Stream {
            ssrc,
            first_index: index,
            index_offset: self.next_index.wrapping_sub(index),
            timestamp_offset: continued.wrapping_sub(timestamp),
        };
        self.stream = Some(stream);
        stream
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;

    #[test]
    fn sequence_numbers_run_on_and_timestamps_advance_by_the_time_that_passed() {
        let (mut rewriter, now) = (Rewriter::new(100), Instant::now());
        assert_eq!(rewriter.place(1, 5_000, 70_000, 90_000, now), Some(Place { index: 100, timestamp: 70_000 }));
        assert_eq!(rewriter.place(1, 5_001, 73_000, 90_000, now), Some(Place { index: 101, timestamp: 73_000 }));
        rewriter.end();
        let later = now + Duration::from_millis(500);
        assert_eq!(rewriter.place(2, 9, 1, 90_000, later), Some(Place { index: 102, timestamp: 73_000 + 45_000 }));
        assert_eq!(rewriter.timestamp(2, 3_001), Some(73_000 + 48_000));
    }

    #[test]
    fn a_loss_stays_a_gap_and_what_came_before_the_beginning_is_dropped() {
        let (mut rewriter, now) = (Rewriter::new(0), Instant::now());
        rewriter.place(1, 10, 0, 90_000, now);
        assert_eq!(rewriter.place(1, 13, 0, 90_000, now).unwrap().index, 3);
        assert_eq!(rewriter.place(1, 11, 0, 90_000, now).unwrap().index, 1);
        assert_eq!(rewriter.place(1, 9, 0, 90_000, now), None);
    }

    proptest::proptest! {
        #[test]
        fn no_outgoing_index_ever_repeats(
            packets in proptest::collection::vec((0_u32..3, 0_u64..40, proptest::bool::ANY), 0..300)
        ) {
            let (mut rewriter, now) = (Rewriter::new(7), Instant::now());
            let mut arrived = BTreeSet::new();
            let mut sent = BTreeSet::new();
            for (ssrc, ahead, ends) in packets {
                // Replay protection lets each index of a source pass once.
                let index = 1_000 + ahead + arrived.len() as u64;
                if !arrived.insert((ssrc, index)) {
                    continue;
                }
                if ends {
                    rewriter.end();
                }
                if let Some(place) = rewriter.place(ssrc, index, 0, 90_000, now) {
                    proptest::prop_assert!(sent.insert(place.index));
                }
            }
        }
    }
}
