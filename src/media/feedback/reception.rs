//! How well a source is received: loss and jitter as receiver reports tell them (RFC 3550, A.3 and A.8).

use std::time::Instant;

use crate::rtcp::ReportBlock;

/// Reception of one source.
#[derive(Debug)]
pub(crate) struct Reception {
    ssrc: u32,
    clock_rate_hz: u32,
    first_index: u64,
    highest_index: u64,
    received: u64,
    expected_before: u64,
    received_before: u64,
    /// Relative transit time of the last packet, in ticks.
    transit: Option<i64>,
    /// Sixteen times the jitter, in ticks.
    jitter_16: i64,
    sender_report: Option<(u32, Instant)>,
}

impl Reception {
    /// Begins with the first packet of the source.
    pub(crate) fn new(ssrc: u32, clock_rate_hz: u32, index: u64) -> Reception {
        Reception {
            ssrc,
            clock_rate_hz,
            first_index: index,
            highest_index: index,
            received: 0,
            expected_before: 0,
            received_before: 0,
            transit: None,
            jitter_16: 0,
            sender_report: None,
        }
    }

    /// Notes a packet; `arrival_micros` is on any steady clock.
    pub(crate) fn note(&mut self, index: u64, timestamp: u32, arrival_micros: u64) {
        self.received += 1;
        self.first_index = self.first_index.min(index);
        self.highest_index = self.highest_index.max(index);
        let ticks = i64::try_from(u128::from(arrival_micros) * u128::from(self.clock_rate_hz) / 1_000_000);
        let transit = ticks.unwrap_or(0).wrapping_sub(i64::from(timestamp));
        if let Some(before) = self.transit {
            // Timestamps wrap at 32 bits; what matters is the nearest difference.
            #[allow(clippy::cast_possible_truncation)]
            let difference = i64::from(transit.wrapping_sub(before) as i32).abs();
            self.jitter_16 += difference - ((self.jitter_16 + 8) >> 4);
        }
        self.transit = Some(transit);
    }

    /// Notes a sender report, so that the sender can measure the round trip.
    pub(crate) fn note_sender_report(&mut self, ntp: u64, now: Instant) {
        #[allow(clippy::cast_possible_truncation)] // the middle 32 bits are what is echoed
        let middle = (ntp >> 16) as u32;
        self.sender_report = Some((middle, now));
    }

    /// The report on what came since the last one.
    pub(crate) fn report(&mut self, now: Instant) -> ReportBlock {
        let expected = self.highest_index - self.first_index + 1;
        let lost = expected.saturating_sub(self.received);
        let expected_now = expected.saturating_sub(self.expected_before);
        let lost_now = expected_now.saturating_sub(self.received - self.received_before);
        self.expected_before = expected;
        self.received_before = self.received;
        let fraction = (lost_now * 256).checked_div(expected_now).unwrap_or(0).min(255);
        let (last_sender_report, delay) = self.sender_report.map_or((0, 0), |(middle, at)| {
            let micros = now.saturating_duration_since(at).as_micros();
            (middle, u32::try_from(micros * 65_536 / 1_000_000).unwrap_or(u32::MAX))
        });
        #[allow(clippy::cast_possible_truncation)] // the extended highest sequence number has 32 bits on the wire
        let highest_sequence = self.highest_index as u32;
        ReportBlock {
            ssrc: self.ssrc,
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            packets_lost: u32::try_from(lost).unwrap_or(u32::MAX).min(0x007f_ffff),
            highest_sequence,
            jitter: u32::try_from(self.jitter_16 >> 4).unwrap_or(0),
            last_sender_report,
            delay,
        }
    }

    /// Packets lost since the beginning.
    pub(crate) fn lost(&self) -> u64 {
        (self.highest_index - self.first_index + 1).saturating_sub(self.received)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn loss_is_told_since_the_last_report_and_in_all() {
        let now = Instant::now();
        let mut reception = Reception::new(1, 90_000, 65_530);
        for index in (65_530..65_630).filter(|index| index % 4 != 0) {
            reception.note(index, 0, 0);
        }
        let report = reception.report(now);
        assert_eq!((report.fraction_lost, report.packets_lost, report.highest_sequence), (64, 25, 65_629));
        for index in 65_630..65_730 {
            reception.note(index, 0, 0);
        }
        let report = reception.report(now);
        assert_eq!((report.fraction_lost, report.packets_lost), (0, 25));
    }

    #[test]
    fn an_even_stream_has_no_jitter_even_when_timestamps_wrap() {
        let mut reception = Reception::new(1, 90_000, 0);
        for packet in 0..200_u32 {
            let timestamp = (u32::MAX - 90_000).wrapping_add(packet * 900);
            reception.note(u64::from(packet), timestamp, u64::from(packet) * 10_000);
        }
        assert_eq!(reception.report(Instant::now()).jitter, 0);
        reception.note(200, (u32::MAX - 90_000).wrapping_add(200 * 900), 2_040_000);
        assert_eq!(reception.report(Instant::now()).jitter, 3_600 / 16);
    }

    #[test]
    fn the_last_sender_report_and_its_age_are_echoed() {
        let now = Instant::now();
        let mut reception = Reception::new(1, 90_000, 0);
        reception.note_sender_report(0x0000_1234_5678_0000, now);
        let report = reception.report(now + Duration::from_millis(500));
        assert_eq!((report.last_sender_report, report.delay), (0x1234_5678, 32_768));
    }
}
