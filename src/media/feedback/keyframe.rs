//! When a publisher is asked for a keyframe. A keyframe costs everybody who watches, so requests are spaced; but somebody who
//! has no picture yet never waits for the spacing.

use std::time::Instant;

use crate::limits::{KEYFRAME_REQUEST_INTERVAL, KEYFRAME_REQUEST_REPEAT};

/// The requests for one publication.
#[derive(Debug, Default)]
pub(crate) struct KeyframeRequests {
    sent_at: Option<Instant>,
    /// A request is on its way and no keyframe has come since.
    outstanding: bool,
    /// Somebody asked within the interval and is served at its end.
    postponed: bool,
}

impl KeyframeRequests {
    /// Somebody begins to watch and has no picture. True if a request is to be sent now; a request that is on its way
    /// serves the newcomer too.
    pub(crate) fn for_newcomer(&mut self, now: Instant) -> bool {
        let on_its_way = self.outstanding && self.since(now).is_some_and(|age| age < KEYFRAME_REQUEST_REPEAT);
        !on_its_way && self.send(now)
    }

    /// Somebody who watches lost the picture. True if a request is to be sent now.
    pub(crate) fn for_loss(&mut self, now: Instant) -> bool {
        if self.since(now).is_some_and(|age| age < KEYFRAME_REQUEST_INTERVAL) {
            self.postponed = true;
            return false;
        }
        self.send(now)
    }

    /// A keyframe began to arrive.
    pub(crate) fn arrived(&mut self) {
        self.outstanding = false;
        self.postponed = false;
    }

    /// Time passed. True if a request is to be sent now; `awaited` says whether somebody still waits for a first picture.
    pub(crate) fn tick(&mut self, now: Instant, awaited: bool) -> bool {
        let Some(age) = self.since(now) else { return awaited && self.send(now) };
        let repeat = awaited && age >= KEYFRAME_REQUEST_REPEAT;
        let postponed = self.postponed && age >= KEYFRAME_REQUEST_INTERVAL;
        (repeat || postponed) && self.send(now)
    }

    fn since(&self, now: Instant) -> Option<std::time::Duration> {
        self.sent_at.map(|sent| now.saturating_duration_since(sent))
    }

    fn send(&mut self, now: Instant) -> bool {
        *self = KeyframeRequests { sent_at: Some(now), outstanding: true, postponed: false };
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_newcomers_first_request_never_waits_but_rides_on_one_under_way() {
        let (mut requests, now) = (KeyframeRequests::default(), Instant::now());
        assert!(requests.for_newcomer(now));
        assert!(!requests.for_newcomer(now + Duration::from_millis(1)), "the first request serves both");
        requests.arrived();
        assert!(requests.for_newcomer(now + Duration::from_millis(2)));
    }

    #[test]
    fn a_storm_of_loss_becomes_one_request_per_interval() {
        let (mut requests, start) = (KeyframeRequests::default(), Instant::now());
        let mut sent = 0;
        for millisecond in 0..5_000 {
            let now = start + Duration::from_millis(millisecond);
            sent += u32::from(requests.for_loss(now)) + u32::from(requests.tick(now, false));
            requests.arrived();
        }
        assert_eq!(sent, 10);
    }

    #[test]
    fn a_request_that_was_lost_is_repeated_while_somebody_waits() {
        let (mut requests, now) = (KeyframeRequests::default(), Instant::now());
        assert!(requests.for_newcomer(now));
        assert!(!requests.tick(now + KEYFRAME_REQUEST_REPEAT / 2, true));
        assert!(requests.tick(now + KEYFRAME_REQUEST_REPEAT, true));
        assert!(!requests.tick(now + 3 * KEYFRAME_REQUEST_REPEAT, false));
    }

    #[test]
    fn a_postponed_request_is_sent_when_the_interval_ends_unless_a_keyframe_came() {
        let (mut requests, now) = (KeyframeRequests::default(), Instant::now());
        assert!(requests.for_loss(now));
        requests.arrived();
        assert!(!requests.for_loss(now + Duration::from_millis(10)));
        assert!(requests.tick(now + KEYFRAME_REQUEST_INTERVAL, false));
    }
}
