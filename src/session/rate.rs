//! A token bucket: bursts are fine, floods end the session.

use accord_protocol::limits::{MESSAGES_BURST_MAX, MESSAGES_PER_SECOND_MAX};
use tokio::time::Instant;

pub(super) struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

impl Bucket {
    pub(super) fn full(now: Instant) -> Self {
        Self { tokens: f64::from(MESSAGES_BURST_MAX), filled_at: now }
    }

    /// Takes one message's worth; false when the client sent too many.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let gained = now.duration_since(self.filled_at).as_secs_f64() * f64::from(MESSAGES_PER_SECOND_MAX);
        self.tokens = (self.tokens + gained).min(f64::from(MESSAGES_BURST_MAX));
        self.filled_at = now;
        self.tokens -= 1.0;
        self.tokens >= 0.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_passes_a_flood_does_not_and_patience_is_rewarded() {
        let start = Instant::now();
        let mut bucket = Bucket::full(start);
        for _ in 0..MESSAGES_BURST_MAX {
            assert!(bucket.take(start));
        }
        assert!(!bucket.take(start));
        assert!(bucket.take(start + Duration::from_secs(1)));
    }
}
