//! The one place that reads the wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

use accord_agreement::civil_time::CivilTime;

/// Now, ms since the epoch. A clock before 1970 reads as 0.
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A moment as papers write it. Mediations are held in China, so papers bear its time.
pub fn civil_time(at_ms: u64) -> CivilTime {
    CivilTime::in_china(i64::try_from(at_ms).unwrap_or(i64::MAX))
}
