//! RTCP that we send, and everything else that happens by the clock.

use std::time::Instant;

use super::{Outlet, Shard};
use crate::connection::Connection;
use crate::event::DisconnectReason;
use crate::keys::Kind;
use crate::limits::{RECEIVER_REPORT_INTERVAL, RTCP_BYTES_MAX, TRANSPORT_FEEDBACK_INTERVAL};
use crate::rtcp;

/// A peer's clock that moved by more than this (in 1/2^32 s) was set anew.
const CLOCK_STEP_NTP: u64 = 1 << 32;

impl Shard {
    /// Time passed: retransmissions, expiry, feedback, reports, speakers.
    pub(crate) fn tick(&mut self, now: Instant, outlet: &mut dyn Outlet) {
        let connections: Vec<usize> = self.connections.iter().map(|(at, _)| at).collect();
        for at in connections {
            self.tick_transport(now, at, outlet);
            self.tick_feedback(now, at, outlet);
            self.tick_keyframes(now, at, outlet);
        }
        self.observe_publications(now);
        self.settle_all(now, outlet);
    }

    fn tick_transport(&mut self, now: Instant, at: usize, outlet: &mut dyn Outlet) {
        let Some(connection) = self.connections.get_mut(at) else { return };
        let by_address = &mut self.by_address;
        let cut_off = connection.ice.expire(now, |address| {
            if by_address.get(&address) == Some(&at) {
                by_address.remove(&address);
            }
        });
        let path = connection.ice.selected().or(connection.dtls_path);
        let mut end = None;
        if let (Some(dtls), Some(path)) = (connection.dtls.as_mut(), path) {
            let outcome = dtls.tick(now, &mut |datagram| {
                outlet.send(path, datagram, datagram.len());
            });
            end = outcome.err();
        }
        if let Some(end) = end {
            self.end_connection(at, end);
        } else if cut_off && connection.announced {
            self.announce_end(at, DisconnectReason::ConsentExpired);
        }
    }

    /// Transport-wide feedback and receiver reports to a publisher.
    fn tick_feedback(&mut self, now: Instant, at: usize, outlet: &mut dyn Outlet) {
        let Some(connection) = self.connections.get_mut(at).filter(|connection| connection.is_established()) else {
            return;
        };
        let media = connection.tracks.iter().find_map(|track| track.ssrc).unwrap_or(0);
        let due = now.saturating_duration_since(connection.transport_told_at) >= TRANSPORT_FEEDBACK_INTERVAL;
        if due || connection.transport.full() {
            connection.transport_told_at = now;
            while connection.transport.pending() {
                let mut packet = Vec::with_capacity(RTCP_BYTES_MAX);
                connection.transport.write(&mut packet, connection.reporter_ssrc, media);
                send_rtcp(connection, packet, outlet);
            }
        }
        if now.saturating_duration_since(connection.reported_at) >= RECEIVER_REPORT_INTERVAL {
            connection.reported_at = now;
            let receptions = connection.tracks.iter_mut().filter_map(|track| track.reception.as_mut());
            let blocks: Vec<_> = receptions.map(|reception| reception.report(now)).collect();
            if !blocks.is_empty() {
                let mut packet = Vec::with_capacity(RTCP_BYTES_MAX);
                rtcp::write_receiver_report(&mut packet, connection.reporter_ssrc, &blocks);
                rtcp::write_canonical_name(&mut packet, connection.reporter_ssrc, &connection.canonical_name());
                send_rtcp(connection, packet, outlet);
            }
        }
    }

    fn tick_keyframes(&mut self, now: Instant, at: usize, outlet: &mut dyn Outlet) {
        let tracks = self.connections.get(at).map_or(0, |connection| connection.tracks.len());
        for track in 0..tracks {
            let Some(known) = self.connections.get(at).and_then(|connection| connection.tracks.get(track)) else {
                return;
            };
            let Some(ssrc) = known.ssrc.filter(|_| known.source.kind() == Kind::Video && known.active) else {
                continue;
            };
            let awaited = known.tap_awaits_keyframe
                || known.routes.iter().any(|route| {
                    let slot = self.connections.get(route.connection).and_then(|c| c.slots.get(route.slot));
                    slot.is_some_and(|slot| !slot.rewriter.carries(ssrc))
                });
            let known = self.connections.get_mut(at).and_then(|connection| connection.tracks.get_mut(track));
            if known.is_some_and(|track| track.keyframes.tick(now, awaited)) {
                self.request_keyframe(at, track, outlet);
            }
        }
    }

    /// Asks a publisher for a keyframe. Whether it is time was decided before.
    pub(super) fn request_keyframe(&mut self, publisher: usize, track: usize, outlet: &mut dyn Outlet) {
        let Some(connection) = self.connections.get_mut(publisher) else { return };
        let Some(media) = connection.tracks.get(track).and_then(|track| track.ssrc) else { return };
        let mut packet = Vec::with_capacity(64);
        rtcp::write_picture_loss(&mut packet, connection.reporter_ssrc, media);
        self.statistics.keyframe_requests += 1;
        send_rtcp(connection, packet, outlet);
    }

    /// Passes a publisher's sender report on to its subscribers in terms of what they receive, on our clock, so that they
    /// play voice and picture in step and learn nothing of the publisher's clock.
    pub(super) fn relay_sender_report(
        &mut self,
        now: Instant,
        at: usize,
        ssrc: u32,
        ntp: u64,
        timestamp: u32,
        outlet: &mut dyn Outlet,
    ) {
        let our_ntp = self.epoch.ntp(now);
        let Some(connection) = self.connections.get_mut(at) else { return };
        let Some(track) = connection.track_of_source(ssrc) else { return };
        let fresh = our_ntp.wrapping_sub(ntp);
        let known = connection.clock_offset.filter(|known| {
            let difference = fresh.wrapping_sub(*known);
            difference < CLOCK_STEP_NTP || difference.wrapping_neg() < CLOCK_STEP_NTP
        });
        let offset = *connection.clock_offset.insert(known.unwrap_or(fresh));
        let Some(track) = connection.tracks.get_mut(track) else { return };
        if let Some(reception) = &mut track.reception {
            reception.note_sender_report(ntp, now);
        }
        let routes = track.routes.clone();
        for route in routes {
            let Some(subscriber) = self.connections.get_mut(route.connection) else { continue };
            let Some(slot) = subscriber.slots.get(route.slot) else { continue };
            let Some(timestamp) = slot.rewriter.timestamp(ssrc, timestamp) else { continue };
            let mut packet = Vec::with_capacity(128);
            let (packets, octets) = (slot.packets_sent, slot.octets_sent);
            let their_ntp = ntp.wrapping_add(offset);
            rtcp::write_sender_report(&mut packet, slot.ssrc, their_ntp, timestamp, packets, octets);
            rtcp::write_canonical_name(&mut packet, slot.ssrc, &subscriber.canonical_name());
            send_rtcp(subscriber, packet, outlet);
        }
    }
}

/// Seals and sends one RTCP packet.
fn send_rtcp(connection: &mut Connection, mut packet: Vec<u8>, outlet: &mut dyn Outlet) {
    let (Some(srtp), Some(path)) = (connection.srtp.as_mut(), connection.ice.selected()) else { return };
    if srtp.outbound.seal_rtcp(&mut packet).is_some() {
        outlet.send(path, &packet, packet.len());
    }
}
