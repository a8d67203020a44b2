//! How much one connection may send: a bucket that fills with time and empties with packets.

use std::time::Instant;

/// An allowance of packets per second, with bursts of half a second.
#[derive(Debug)]
pub(crate) struct Allowance {
    per_second: u32,
    /// Millionths of a packet.
    tokens: u64,
    filled_at: Instant,
}

impl Allowance {
    pub(crate) fn new(per_second: u32, now: Instant) -> Allowance {
        Allowance { per_second, tokens: Allowance::full(per_second), filled_at: now }
    }

    /// Takes one packet's worth; false if the bucket is empty.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let micros = u64::try_from(now.saturating_duration_since(self.filled_at).as_micros()).unwrap_or(u64::MAX);
        let gained = micros.saturating_mul(u64::from(self.per_second));
        self.tokens = self.tokens.saturating_add(gained).min(Allowance::full(self.per_second));
        self.filled_at = now;
        let enough = self.tokens >= 1_000_000;
        if enough {
            self.tokens -= 1_000_000;
        }
        enough
    }

    fn full(per_second: u32) -> u64 {
        u64::from(per_second) * 500_000
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flood_is_held_to_its_rate_and_an_honest_sender_is_not() {
        let start = Instant::now();
        let passed = |step: Duration, steps: u32| {
            let mut allowance = Allowance::new(1_000, start);
            (0..steps).filter(|n| allowance.take(start + step * *n)).count()
        };
        assert_eq!(passed(Duration::from_micros(10), 200_000), 500 + 2_000 - 1);
        assert_eq!(passed(Duration::from_millis(1), 2_000), 2_000);
    }
}
