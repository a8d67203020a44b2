//! When a failed delivery is tried again.

use crate::limits::{DELIVERY_OVERDUE_AFTER_MS, OVERDUE_RETRY_PAUSE_MS, RETRY_PAUSE_FIRST_MS, RETRY_PAUSE_MAX_MS};

/// The time of the next attempt, ms since the epoch, after `failures` failed ones. The pause doubles each time, up to a
/// limit; `random` takes away up to half of it, so that what failed together does not come back together. An overdue
/// delivery is never given up, only tried more rarely.
pub(super) fn next_attempt_at_ms(failures: u32, created_at_ms: u64, now_ms: u64, random: u32) -> u64 {
    let pause_ms = if is_overdue(created_at_ms, now_ms) {
        OVERDUE_RETRY_PAUSE_MS
    } else {
        let doublings = failures.saturating_sub(1).min(u64::BITS / 2);
        RETRY_PAUSE_FIRST_MS.saturating_mul(1 << doublings).min(RETRY_PAUSE_MAX_MS)
    };
    let jitter_ms = (pause_ms / 2).saturating_mul(u64::from(random)) / u64::from(u32::MAX);
    now_ms.saturating_add(pause_ms - jitter_ms)
}

/// Whether a delivery has waited for so long that somebody should look.
pub(super) const fn is_overdue(created_at_ms: u64, now_ms: u64) -> bool {
    now_ms.saturating_sub(created_at_ms) >= DELIVERY_OVERDUE_AFTER_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_its_limit() {
        let pauses: Vec<u64> = (1..=13).map(|failures| next_attempt_at_ms(failures, 0, 0, 0)).collect();
        assert_eq!(pauses[..4], [5_000, 10_000, 20_000, 40_000]);
        assert!(pauses.is_sorted());
        assert_eq!(pauses.last(), Some(&RETRY_PAUSE_MAX_MS));
        assert_eq!(next_attempt_at_ms(u32::MAX, 0, 0, 0), RETRY_PAUSE_MAX_MS);
    }

    #[test]
    fn jitter_takes_away_at_most_half() {
        assert_eq!(next_attempt_at_ms(2, 0, 100, 0), 10_100);
        assert_eq!(next_attempt_at_ms(2, 0, 100, u32::MAX), 5_100);
        assert_eq!(next_attempt_at_ms(2, 0, 100, u32::MAX / 2), 7_601);
    }

    #[test]
    fn three_days_see_dozens_of_attempts_and_after_them_it_is_tried_more_rarely_and_never_given_up() {
        let (mut now_ms, mut failures) = (0, 0);
        while !is_overdue(0, now_ms) {
            failures += 1;
            now_ms = next_attempt_at_ms(failures, 0, now_ms, 0);
        }
        assert!((40..60).contains(&failures), "{failures}");
        for _ in 0..1_000 {
            failures += 1;
            let next_ms = next_attempt_at_ms(failures, 0, now_ms, 0);
            assert_eq!(next_ms - now_ms, OVERDUE_RETRY_PAUSE_MS);
            now_ms = next_ms;
        }
    }
}
