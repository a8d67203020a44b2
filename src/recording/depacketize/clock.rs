//! Places the RTP timestamps of one stream on the span's clock.
//!
//! The first packet's arrival anchors the stream; from there its own timestamps count. They are believed as long as they stay near
//! the arrivals: media cannot be there before it arrives, and a stream that was paused or restarted is anchored again.

use crate::limits::{CLOCK_EARLY_MICROS_MAX, CLOCK_LATE_MICROS_MAX};

/// The clock of one stream.
#[derive(Debug)]
pub(crate) struct StreamClock {
    rate_hz: u32,
    /// Unwrapped timestamp of the frame before.
    last: Option<(u32, i64)>,
    /// Span time (µs) of unwrapped timestamp 0.
    origin_micros: i64,
    last_ms: Option<u64>,
}

impl StreamClock {
    pub(crate) fn new(rate_hz: u32) -> Self {
        Self { rate_hz, last: None, origin_micros: 0, last_ms: None }
    }

    /// Anchors the next frame by its arrival.
    pub(crate) fn restart(&mut self) {
        self.last = None;
    }

    /// Span time of a frame, in milliseconds, later than that of every frame before; `None` for a frame that cannot be placed
    /// because the stream sends more frames than time has milliseconds. `arrival_micros` counts from the span's begin.
    pub(crate) fn place(&mut self, timestamp: u32, arrival_micros: u64) -> Option<u64> {
        let arrival = i64::try_from(arrival_micros).ok()?;
        let unwrapped = match self.last {
            None => 0,
            Some((before, unwrapped)) => unwrapped + i64::from(timestamp.wrapping_sub(before).cast_signed()),
        };
        let media = unwrapped.saturating_mul(1_000_000) / i64::from(self.rate_hz);
        let ahead = self.origin_micros.saturating_add(media).saturating_sub(arrival);
        if self.last.is_none() || !(-CLOCK_LATE_MICROS_MAX..=CLOCK_EARLY_MICROS_MAX).contains(&ahead) {
            self.origin_micros = arrival.saturating_sub(media);
        }
        self.last = Some((timestamp, unwrapped));
        let micros = u64::try_from(self.origin_micros.saturating_add(media)).unwrap_or(0);
        let time_ms = self.last_ms.map_or(0, |last| last + 1).max(micros / 1000);
        let latest_ms = arrival_micros.saturating_add(CLOCK_EARLY_MICROS_MAX.unsigned_abs()) / 1000;
        (time_ms <= latest_ms).then(|| {
            self.last_ms = Some(time_ms);
            time_ms
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn steady_timestamps_stay_steady_over_jittered_arrivals_and_the_wrap() {
        let mut clock = StreamClock::new(48_000);
        let start = u32::MAX - 4000;
        for at in 0..500u32 {
            let jitter = u64::from(at * 7919 % 40) * 1000;
            let arrival = 1_000_000 + u64::from(at) * 20_000 + if at == 0 { 0 } else { jitter };
            assert_eq!(clock.place(start.wrapping_add(at * 960), arrival), Some(1000 + u64::from(at) * 20));
        }
    }

    #[test]
    fn a_pause_that_the_timestamps_did_not_count_is_placed_by_arrival() {
        let mut clock = StreamClock::new(90_000);
        assert_eq!(clock.place(7, 0), Some(0));
        assert_eq!(clock.place(7 + 3000, 60_000_000), Some(60_000));
        assert_eq!(clock.place(7 + 6000, 60_033_333), Some(60_033));
    }

    proptest! {
        #[test]
        fn hostile_timestamps_never_leave_the_neighbourhood_of_their_arrival(
            frames in prop::collection::vec((any::<u32>(), 0u64..100_000), 1..500),
        ) {
            let (mut clock, mut now, mut last) = (StreamClock::new(90_000), 0, None);
            for (timestamp, wait) in frames {
                now += wait;
                let Some(time) = clock.place(timestamp, now) else { continue };
                prop_assert!(time * 1000 <= now + 500_000);
                prop_assert!(last.is_none_or(|last| time > last));
                prop_assert!(now / 1000 <= time + 3001 );
                last = Some(time);
            }
        }
    }
}
