//! Everything that a batch of packets made due, sealed for its receivers and sent. Deliveries are sorted by receiver, so that
//! packets to one receiver lie one behind the other and leave with one system call where they have the same size.

use super::{Outlet, Shard};
use crate::ice::Path;
use crate::limits::{DELIVERIES_PER_FLUSH, SEGMENTED_SEND_BYTES_MAX, SEGMENTS_PER_SEND_MAX};
use crate::statistics::MediaStatistics;

impl Shard {
    /// Whether so much is due that it should be sent before more is read.
    pub(crate) fn is_full(&self) -> bool {
        self.deliveries.len() >= DELIVERIES_PER_FLUSH / 2
    }

    /// Seals and sends all that is due. `buffer` is the receive buffer that the packets lie in.
    pub(crate) fn flush(&mut self, buffer: &[u8], outlet: &mut dyn Outlet) {
        // The order of arrival is part of the key, so each receiver gets its packets in it.
        self.deliveries.sort_unstable();
        let mut rest = &self.deliveries[..];
        while let Some(first) = rest.first() {
            let count = rest.iter().take_while(|delivery| delivery.connection == first.connection).count();
            let (due, after) = rest.split_at(count);
            rest = after;
            let Some(connection) = self.connections.get_mut(first.connection) else { continue };
            let (Some(srtp), Some(path)) = (connection.srtp.as_ref(), connection.ice.selected()) else { continue };
            let mut run = Run::new(&mut self.arena, path);
            for delivery in due {
                let (Some(arrival), Some(slot)) =
                    (self.arrivals.get(delivery.arrival), connection.slots.get_mut(delivery.slot))
                else {
                    continue;
                };
                let payload = buffer.get(arrival.payload.clone()).unwrap_or_default();
                let before = run.arena.len();
                if slot.write(arrival, payload, &srtp.outbound, run.arena).is_some() {
                    run.add(before, &mut self.statistics, outlet);
                } else {
                    self.statistics.dropped.not_decodable += 1;
                }
            }
            run.send(&mut self.statistics, outlet);
        }
        self.deliveries.clear();
        self.arrivals.clear();
    }
}

/// Sealed packets to one receiver that go out together: all of one size, but for a shorter last.
struct Run<'a> {
    arena: &'a mut Vec<u8>,
    path: Path,
    segment_bytes: usize,
    segments: usize,
}

impl<'a> Run<'a> {
    fn new(arena: &'a mut Vec<u8>, path: Path) -> Run<'a> {
        arena.clear();
        Run { arena, path, segment_bytes: 0, segments: 0 }
    }

    /// Takes the packet that begins at `start` of the arena into the run; what does not fit together is sent before.
    fn add(&mut self, start: usize, statistics: &mut MediaStatistics, outlet: &mut dyn Outlet) {
        let bytes = self.arena.len() - start;
        if self.segments > 0 && bytes > self.segment_bytes {
            self.send_front(start, statistics, outlet);
        }
        if self.segments == 0 {
            self.segment_bytes = bytes;
        }
        self.segments += 1;
        let last = bytes < self.segment_bytes
            || self.segments >= SEGMENTS_PER_SEND_MAX
            || self.arena.len() + self.segment_bytes > SEGMENTED_SEND_BYTES_MAX;
        if last {
            self.send(statistics, outlet);
        }
    }

    fn send(&mut self, statistics: &mut MediaStatistics, outlet: &mut dyn Outlet) {
        self.send_front(self.arena.len(), statistics, outlet);
    }

    /// Sends the front of the arena and keeps the rest.
    fn send_front(&mut self, end: usize, statistics: &mut MediaStatistics, outlet: &mut dyn Outlet) {
        let segments = std::mem::take(&mut self.segments) as u64;
        if segments > 0 {
            let front = self.arena.get(..end).unwrap_or_default();
            statistics.sends += 1;
            if outlet.send(self.path, front, self.segment_bytes) {
                statistics.packets_out += segments;
                statistics.bytes_out += front.len() as u64;
            } else {
                statistics.dropped.send_refused += segments;
            }
        }
        self.arena.drain(..end);
    }
}
