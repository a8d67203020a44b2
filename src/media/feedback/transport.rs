//! Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): tells a sender when each
//! of its packets arrived. Without it, once negotiated, browsers fall to a trickle, so it is always sent.

use crate::limits::{TRANSPORT_FEEDBACK_GAP_MAX, TRANSPORT_FEEDBACK_PACKETS_MAX};
use crate::rtcp::write_header;

const TRANSPORT_LAYER_FEEDBACK: u8 = 205;
const TRANSPORT_WIDE: u8 = 15;
/// The reference time counts in 64 ms.
const REFERENCE_MICROS: u64 = 64_000;
/// Arrival differences count in 250 µs.
const DELTA_MICROS: i64 = 250;
const VECTOR_SYMBOLS: usize = 7;
const RUN_MAX: usize = 0x1fff;

/// Arrivals not yet told to one sender.
#[derive(Debug, Default)]
pub(crate) struct TransportFeedback {
    /// Extended sequence number and time of arrival, in the order of arrival.
    arrivals: Vec<(u64, u64)>,
    highest: Option<u64>,
    /// One above the last sequence number told.
    told: Option<u64>,
    count: u8,
}

impl TransportFeedback {
    /// Notes an arrival; `arrival_micros` is on a steady clock.
    pub(crate) fn note(&mut self, sequence: u16, arrival_micros: u64) {
        let extended = self.extend(sequence);
        if self.arrivals.len() < TRANSPORT_FEEDBACK_PACKETS_MAX {
            self.arrivals.push((extended, arrival_micros));
        }
    }

    /// Whether there is something to tell.
    pub(crate) fn pending(&self) -> bool {
        !self.arrivals.is_empty()
    }

    /// Whether there is so much to tell that waiting would lose some.
    pub(crate) fn full(&self) -> bool {
        self.arrivals.len() >= TRANSPORT_FEEDBACK_PACKETS_MAX
    }

    /// Appends one feedback message and forgets what it tells. Call it while something is pending; rarely one message is
    /// not enough, when arrivals lie too far apart.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>, reporter: u32, media: u32) {
        self.arrivals.sort_unstable_by_key(|(sequence, _)| *sequence);
        self.arrivals.dedup_by_key(|(sequence, _)| *sequence);
        let Some((first, first_micros)) = self.arrivals.first().copied() else { return };
        // Gaps since the last message are told as losses, unless the sender has simply skipped ahead.
        let base =
            self.told.filter(|told| *told <= first && first - told <= TRANSPORT_FEEDBACK_GAP_MAX).unwrap_or(first);
        let reference = first_micros / REFERENCE_MICROS;
        let mut last_micros = i64::try_from(reference * REFERENCE_MICROS).unwrap_or(0);
        let mut symbols: Vec<u8> = Vec::with_capacity(self.arrivals.len() + 16);
        let mut deltas: Vec<u8> = Vec::with_capacity(self.arrivals.len() * 2);
        let mut written = 0;
        let mut next = base;
        for (sequence, micros) in &self.arrivals {
            let gap = sequence - next;
            let ticks = (i64::try_from(*micros).unwrap_or(0) - last_micros) / DELTA_MICROS;
            let Ok(delta) = i16::try_from(ticks) else { break };
            if symbols.len() as u64 + gap >= TRANSPORT_FEEDBACK_PACKETS_MAX as u64 {
                break;
            }
            symbols.extend((next..*sequence).map(|_| 0));
            if let Ok(small) = u8::try_from(delta) {
                symbols.push(1);
                deltas.push(small);
            } else {
                symbols.push(2);
                deltas.extend(delta.to_be_bytes());
            }
            // What rounding took away is not lost for the next difference.
            last_micros += ticks * DELTA_MICROS;
            next = sequence + 1;
            written += 1;
        }
        // The first arrival lies within its own reference time, so at least it was written.
        self.arrivals.drain(..written.max(1).min(self.arrivals.len()));
        self.told = Some(self.told.map_or(next, |told| told.max(next)));
        let mut chunks = Vec::with_capacity(symbols.len() / 2);
        write_chunks(&symbols, &mut chunks);
        let body = 4 + 4 + 8 + chunks.len() + deltas.len();
        let padding = body.next_multiple_of(4) - body;
        let start = out.len();
        write_header(out, TRANSPORT_WIDE, TRANSPORT_LAYER_FEEDBACK, body + padding);
        out.extend(reporter.to_be_bytes());
        out.extend(media.to_be_bytes());
        #[allow(clippy::cast_possible_truncation)] // sequence numbers have 16 bits on the wire, the reference time 24
        {
            out.extend((base as u16).to_be_bytes());
            out.extend((symbols.len() as u16).to_be_bytes());
            out.extend(((reference as u32) << 8 | u32::from(self.count)).to_be_bytes());
        }
        out.extend(chunks);
        out.extend(deltas);
        if let Ok(padding @ 1..) = u8::try_from(padding) {
            out.resize(out.len() + usize::from(padding) - 1, 0);
            out.push(padding);
            if let Some(first) = out.get_mut(start) {
                *first |= 0x20;
            }
        }
        self.count = self.count.wrapping_add(1);
    }

    fn extend(&mut self, sequence: u16) -> u64 {
        // Starting one turn up keeps numbers positive when the first packets come out of order.
        let highest = *self.highest.get_or_insert(0x1_0000 | u64::from(sequence));
        #[allow(clippy::cast_possible_truncation)]
        let difference = i64::from(sequence.wrapping_sub(highest as u16).cast_signed());
        let extended = highest.saturating_add_signed(difference);
        self.highest = Some(highest.max(extended));
        extended
    }
}

/// Packs status symbols: runs where they are long, vectors of seven two-bit symbols elsewhere.
fn write_chunks(mut symbols: &[u8], out: &mut Vec<u8>) {
    while let Some(first) = symbols.first() {
        let run = symbols.iter().take_while(|symbol| *symbol == first).take(RUN_MAX).count();
        if run >= VECTOR_SYMBOLS || run == symbols.len() {
            let length = u16::try_from(run).unwrap_or(0);
            out.extend((u16::from(*first) << 13 | length).to_be_bytes());
            symbols = symbols.get(run..).unwrap_or_default();
        } else {
            let vector = symbols.get(..VECTOR_SYMBOLS).unwrap_or(symbols);
            let packed = vector
                .iter()
                .enumerate()
                .fold(0xc000_u16, |chunk, (at, symbol)| chunk | u16::from(*symbol) << (12 - 2 * at));
            out.extend(packed.to_be_bytes());
            symbols = symbols.get(vector.len()..).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use rtc_rtcp::transport_feedbacks::transport_layer_cc::{PacketStatusChunk, SymbolTypeTcc, TransportLayerCc};

    use super::*;

    /// Sequence numbers and arrival times that the webrtc family reads out of a message.
    fn decode(bytes: &[u8]) -> Vec<(u16, i64)> {
        let packets = rtc_rtcp::packet::unmarshal(&mut &bytes[..]).unwrap();
        let mut arrivals = Vec::new();
        for packet in packets {
            let feedback = packet.as_any().downcast_ref::<TransportLayerCc>().unwrap();
            let mut symbols = Vec::new();
            for chunk in &feedback.packet_chunks {
                match chunk {
                    PacketStatusChunk::RunLengthChunk(run) => {
                        symbols.extend((0..run.run_length).map(|_| run.packet_status_symbol));
                    }
                    PacketStatusChunk::StatusVectorChunk(vector) => symbols.extend(&vector.symbol_list),
                }
            }
            let mut micros = i64::from(feedback.reference_time) * 64_000;
            let mut deltas = feedback.recv_deltas.iter();
            for (at, symbol) in (0..feedback.packet_status_count).zip(symbols) {
                if symbol != SymbolTypeTcc::PacketNotReceived {
                    micros += deltas.next().unwrap().delta;
                    arrivals.push((feedback.base_sequence_number.wrapping_add(at), micros));
                }
            }
            assert!(deltas.next().is_none());
        }
        arrivals
    }

    fn tell(feedback: &mut TransportFeedback) -> Vec<(u16, i64)> {
        let mut told = Vec::new();
        while feedback.pending() {
            let mut out = Vec::new();
            feedback.write(&mut out, 1, 2);
            told.extend(decode(&out));
        }
        told
    }

    #[test]
    fn arrivals_are_told_with_gaps_and_across_the_wrap() {
        let mut feedback = TransportFeedback::default();
        for (sequence, micros) in [(65_534, 1_000_000), (65_535, 1_000_500), (2, 1_020_000), (1, 1_021_000)] {
            feedback.note(sequence, micros);
        }
        let told = tell(&mut feedback);
        assert_eq!(told, [(65_534, 1_000_000), (65_535, 1_000_500), (1, 1_021_000), (2, 1_020_000)]);
    }

    #[test]
    fn a_loss_between_two_messages_is_told() {
        let mut feedback = TransportFeedback::default();
        feedback.note(10, 1_000_000);
        tell(&mut feedback);
        feedback.note(12, 1_100_000);
        let mut out = Vec::new();
        feedback.write(&mut out, 1, 2);
        assert_eq!(u16::from_be_bytes([out[12], out[13]]), 11, "the lost packet is not the base");
    }

    #[test]
    fn a_flood_keeps_bounded_state() {
        let mut feedback = TransportFeedback::default();
        for packet in 0..50_000_u32 {
            feedback.note(u16::try_from(packet & 0xffff).unwrap(), u64::from(packet));
        }
        assert!(feedback.full() && feedback.arrivals.len() == TRANSPORT_FEEDBACK_PACKETS_MAX);
    }

    proptest::proptest! {
        #[test]
        fn every_arrival_is_told_to_a_quarter_millisecond(
            first in proptest::num::u16::ANY,
            steps in proptest::collection::vec((1_u16..60, 0_u64..3_000_000), 1..200)
        ) {
            let mut feedback = TransportFeedback::default();
            let (mut sequence, mut micros) = (first, 1_000_000_000);
            let mut noted = Vec::new();
            for (step, wait) in steps {
                feedback.note(sequence, micros);
                noted.push((sequence, micros));
                sequence = sequence.wrapping_add(step);
                micros += wait;
            }
            let told = tell(&mut feedback);
            proptest::prop_assert_eq!(told.len(), noted.len());
            for ((sequence, micros), (told_sequence, told_micros)) in noted.into_iter().zip(told) {
                proptest::prop_assert_eq!(sequence, told_sequence);
                let error = i64::try_from(micros).unwrap() - told_micros;
                proptest::prop_assert!((0..250).contains(&error), "{}", error);
            }
        }
    }
}
