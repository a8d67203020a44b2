//! One datagram in: who it is from, what it is, and what becomes of it. Nothing here waits, locks, or allocates for media.

use std::ops::Range;
use std::time::Instant;

use super::{Delivery, Outlet, Shard};
use crate::connection::{Arrival, Connection, Srtp};
use crate::demux::{DatagramKind, classify};
use crate::dtls::DtlsEnd;
use crate::event::{DisconnectReason, MediaEvent};
use crate::feedback::Reception;
use crate::ice::Path;
use crate::keys::{Publication, RoomKey};
use crate::limits::{ICE_ADDRESS_HELD, RTP_BYTES_MAX};
use crate::rtcp::{self, Rtcp};
use crate::srtp::SrtpRefusal;
use crate::statistics::Dropped;
use crate::stun::BindingRequest;
use crate::tap::{TapHeader, TapPacket};

impl Shard {
    /// Takes a datagram that lies at `range` of the receive buffer. Media is decrypted in place and must stay there until
    /// the next `flush`.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        path: Path,
        buffer: &mut [u8],
        range: Range<usize>,
        outlet: &mut dyn Outlet,
    ) {
        self.statistics.datagrams_in += 1;
        let Some(datagram) = buffer.get_mut(range.clone()) else { return };
        let kind = classify(datagram);
        if kind == DatagramKind::Stun {
            return self.receive_stun(now, path, datagram, outlet);
        }
        let Some(at) = self.by_address.get(&path.remote).copied() else {
            self.statistics.dropped.unknown_address += 1;
            return;
        };
        match kind {
            DatagramKind::Rtp => self.receive_rtp(now, at, datagram, range.start),
            DatagramKind::Rtcp => self.receive_rtcp(now, at, datagram, outlet),
            DatagramKind::Dtls => self.receive_dtls(now, at, path, datagram, outlet),
            DatagramKind::Stun | DatagramKind::Unknown => self.statistics.dropped.malformed += 1,
        }
    }

    fn receive_stun(&mut self, now: Instant, path: Path, datagram: &[u8], outlet: &mut dyn Outlet) {
        let Some(at) = self.check(now, path, datagram, outlet) else {
            self.statistics.dropped.stun_refused += 1;
            return;
        };
        self.announce_if_established(at);
    }

    /// Handles a connectivity check and returns its connection; `None` if it was not one for anybody here.
    fn check(&mut self, now: Instant, path: Path, datagram: &[u8], outlet: &mut dyn Outlet) -> Option<usize> {
        let request = BindingRequest::parse(datagram)?;
        let at = *self.by_user_fragment.get(request.local_user()?)?;
        // Who holds credentials of one connection cannot take an address from another that lives on it.
        let owner = self.by_address.get(&path.remote).copied().filter(|owner| *owner != at);
        let held_at = owner.and_then(|owner| self.connections.get(owner)?.ice.checked_at(path.remote));
        if held_at.is_some_and(|held| now.saturating_duration_since(held) < ICE_ADDRESS_HELD) {
            return None;
        }
        let connection = self.connections.get_mut(at)?;
        let checked = connection.ice.check(now, path, &request)?;
        outlet.send(path, &checked.answer, checked.answer.len());
        if let Some(displaced) = checked.displaced {
            self.by_address.remove(&displaced);
        }
        if checked.validated {
            self.by_address.insert(path.remote, at);
        }
        if let Some(retired) = checked.retired {
            self.by_user_fragment.remove(&retired);
        }
        Some(at)
    }

    fn receive_dtls(&mut self, now: Instant, at: usize, path: Path, datagram: &[u8], outlet: &mut dyn Outlet) {
        let Some(connection) = self.connections.get_mut(at) else { return };
        if !connection.dtls_allowance.take(now) {
            self.statistics.dropped.rate_limited += 1;
            return;
        }
        connection.dtls_path = Some(path);
        let Some(dtls) = connection.dtls.as_mut() else {
            self.statistics.dropped.not_established += 1;
            return;
        };
        let outcome = dtls.receive(now, datagram, &mut |answer| {
            outlet.send(path, answer, answer.len());
        });
        match outcome {
            Ok(None) => {}
            Ok(Some((inbound, outbound))) => {
                connection.srtp = Some(Srtp { inbound, outbound });
                self.announce_if_established(at);
            }
            Err(end) => self.end_connection(at, end),
        }
    }

    /// The DTLS association ended, and the connection with it.
    pub(super) fn end_connection(&mut self, at: usize, end: DtlsEnd) {
        let reason = match end {
            DtlsEnd::Closed => DisconnectReason::ClosedByPeer,
            DtlsEnd::WrongCertificate => DisconnectReason::WrongCertificate,
            DtlsEnd::Failed => DisconnectReason::TransportFailed,
        };
        self.announce_end(at, reason);
        self.remove_connection(at);
    }

    fn receive_rtp(&mut self, now: Instant, at: usize, datagram: &mut [u8], offset: usize) {
        let Some(connection) = self.connections.get_mut(at) else { return };
        let dropped = &mut self.statistics.dropped;
        if !connection.media_allowance.take(now) {
            dropped.rate_limited += 1;
            return;
        }
        let (Some(srtp), true) = (connection.srtp.as_mut(), connection.ice.selected().is_some()) else {
            dropped.not_established += 1;
            return;
        };
        if datagram.len() > RTP_BYTES_MAX {
            dropped.malformed += 1;
            return;
        }
        let opened = match srtp.inbound.open_rtp(datagram) {
            Ok(opened) => opened,
            Err(refusal) => return count_refusal(dropped, refusal),
        };
        let Some(packet) = datagram.get(..opened.length) else { return };
        let header = opened.header;
        let micros = self.epoch.unix_micros(now);
        let (mid, level) = connection.note_extensions(&header, packet, micros);
        let found = connection.track_of_packet(header.ssrc, mid);
        let (room, participant) = (connection.room, connection.participant);
        let Some(track) = found.and_then(|found| connection.tracks.get_mut(found)) else {
            dropped.not_negotiated += 1;
            return;
        };
        let Some(codec) = track.codec(header.payload_type) else {
            dropped.not_negotiated += 1;
            return;
        };
        let Some(payload) = header.payload(packet) else {
            dropped.malformed += 1;
            return;
        };
        if track.ssrc != Some(header.ssrc) {
            track.ssrc = Some(header.ssrc);
            let before = track.reception.replace(Reception::new(header.ssrc, codec.clock_rate_hz(), opened.index));
            self.statistics.packets_lost += before.as_ref().map_or(0, Reception::lost);
        }
        if let Some(reception) = &mut track.reception {
            reception.note(opened.index, header.timestamp, micros);
        }
        self.statistics.packets_in += 1;
        self.statistics.bytes_in += payload.len() as u64;
        track.last_packet_at = Some(now);
        if let Some(level) = level {
            track.voice.note(level, now);
        }
        let bytes = packet.get(payload.clone()).unwrap_or_default();
        let begins = !bytes.is_empty() && codec.begins_decodable(bytes);
        if begins {
            track.keyframes.arrived();
        }
        let publication = Publication { participant, source: track.source };
        if track.tapped && !bytes.is_empty() {
            track.tap_awaits_keyframe &= !begins;
            // Held against the grant of this very moment: without it, no packet.
            let grant = self.rooms.get(&room).and_then(|room| room.table.grant.as_ref());
            if let Some(grant) = grant.filter(|grant| grant.publications.contains(&publication)) {
                let header = TapHeader {
                    generation: grant.generation,
                    publication,
                    codec,
                    arrival_micros: micros,
                    index: opened.index,
                    timestamp: header.timestamp,
                    ssrc: header.ssrc,
                    marker: header.marker,
                };
                let taken = TapPacket::new(header, bytes).is_some_and(|packet| grant.ring.push(packet));
                self.statistics.packets_tapped += u64::from(taken);
                self.statistics.dropped.tap_overflow += u64::from(!taken);
            }
        }
        if !track.routes.is_empty() {
            let arrival = self.arrivals.len();
            self.arrivals.push(Arrival {
                ssrc: header.ssrc,
                index: opened.index,
                timestamp: header.timestamp,
                marker: header.marker,
                codec,
                begins,
                at: now,
                payload: offset + payload.start..offset + payload.end,
            });
            for route in &track.routes {
                self.deliveries.push(Delivery { connection: route.connection, arrival, slot: route.slot });
            }
        }
        if !std::mem::replace(&mut track.active, true) {
            self.begin_publication(room, publication);
        }
    }

    fn begin_publication(&mut self, room: RoomKey, publication: Publication) {
        self.emit(MediaEvent::Publishing { room, publication, active: true });
        self.unsettled.insert(room);
    }

    fn receive_rtcp(&mut self, now: Instant, at: usize, datagram: &mut [u8], outlet: &mut dyn Outlet) {
        let Some(connection) = self.connections.get_mut(at) else { return };
        let dropped = &mut self.statistics.dropped;
        if !connection.media_allowance.take(now) {
            dropped.rate_limited += 1;
            return;
        }
        let Some(srtp) = connection.srtp.as_mut() else {
            dropped.not_established += 1;
            return;
        };
        let compound = match srtp.inbound.open_rtcp(datagram) {
            Ok(compound) => compound,
            Err(refusal) => return count_refusal(dropped, refusal),
        };
        rtcp::read(compound, |told| match told {
            Rtcp::SenderReport { ssrc, ntp, timestamp } => {
                self.relay_sender_report(now, at, ssrc, ntp, timestamp, outlet);
            }
            Rtcp::KeyframeRequest { ssrc } => self.relay_keyframe_request(now, at, ssrc, outlet),
        });
    }

    /// A receiver lost the picture of a slot.
    fn relay_keyframe_request(&mut self, now: Instant, at: usize, ssrc: u32, outlet: &mut dyn Outlet) {
        let Some((publisher, track)) = self.connections.get(at).and_then(|c| self.routed_track(c, ssrc)) else {
            return;
        };
        let known = self.connections.get_mut(publisher).and_then(|c| c.tracks.get_mut(track));
        if known.is_some_and(|track| track.keyframes.for_loss(now)) {
            self.request_keyframe(publisher, track, outlet);
        }
    }

    /// The publisher and track whose packets are routed to the slot that sends from this SSRC.
    fn routed_track(&self, subscriber: &Connection, ssrc: u32) -> Option<(usize, usize)> {
        let slot = subscriber.slots.iter().find(|slot| slot.ssrc == ssrc && slot.routed)?;
        let publication = slot.publication?;
        let publisher = *self.rooms.get(&subscriber.room)?.members.get(&publication.participant)?;
        Some((publisher, self.connections.get(publisher)?.track_of(publication.source)?))
    }
}

fn count_refusal(dropped: &mut Dropped, refusal: SrtpRefusal) {
    let counter = match refusal {
        SrtpRefusal::Malformed => &mut dropped.malformed,
        SrtpRefusal::Forged => &mut dropped.forged,
        SrtpRefusal::Replayed => &mut dropped.replayed,
        SrtpRefusal::Unencrypted => &mut dropped.unencrypted,
        SrtpRefusal::TooManySources => &mut dropped.not_negotiated,
    };
    *counter += 1;
}
