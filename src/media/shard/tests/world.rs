//! A room with peers that speak ICE, DTLS and SRTP as browsers do, without sockets and at any speed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::oneshot;

use crate::audience::{AudienceTable, TapGrant};
use crate::dtls::Identity;
use crate::dtls::tests::Client;
use crate::error::{MediaError, OfferError};
use crate::event::MediaEvent;
use crate::ice::Path;
use crate::keys::{ConnectionKey, Kind, ParticipantKey, Publication, RoomKey, Source};
use crate::plane::Offer;
use crate::rtp::RtpHeader;
use crate::rtp::tests::packet;
use crate::sdp::{AUDIO_LEVEL_URI, MID_URI, TRANSPORT_SEQUENCE_URI};
use crate::shard::{Command, Outlet, Shard};
use crate::srtp::tests::client_contexts;
use crate::srtp::{Inbound, Outbound, TAG_BYTES};
use crate::stun::tests::{CONTROLLING, NOMINATION, request};

pub(crate) const ROOM: RoomKey = RoomKey(1);
pub(crate) const MICROPHONE_MID: &str = "m";
pub(crate) const CAMERA_MID: &str = "c";

/// What was sent, datagram by datagram.
#[derive(Default)]
pub(crate) struct Sent(pub(crate) Vec<(SocketAddr, Vec<u8>)>);

impl Outlet for Sent {
    fn send(&mut self, path: Path, contents: &[u8], segment_bytes: usize) -> bool {
        self.0.extend(contents.chunks(segment_bytes).map(|datagram| (path.remote, datagram.to_vec())));
        true
    }
}

/// One shard with one room.
pub(crate) struct World {
    pub(crate) shard: Shard,
    pub(crate) now: Instant,
    pub(crate) sent: Sent,
    pub(crate) events: Vec<MediaEvent>,
    version: u64,
}

/// A browser.
pub(crate) struct Peer {
    pub(crate) who: ParticipantKey,
    pub(crate) connection: ConnectionKey,
    pub(crate) address: SocketAddr,
    pub(crate) answer: String,
    pub(crate) dtls: Client,
    pub(crate) inbound: Option<Inbound>,
    pub(crate) outbound: Option<Outbound>,
    /// Packets received, decrypted.
    pub(crate) received: Vec<Vec<u8>>,
    /// RTCP received, decrypted.
    pub(crate) rtcp: Vec<Vec<u8>>,
    next_sequence: BTreeMap<u32, u64>,
    transport_sequence: u16,
}

impl World {
    pub(crate) fn new() -> World {
        let now = Instant::now();
        let candidates = vec!["192.0.2.1:4000".parse().unwrap()];
        let shard = Shard::new(Identity::generate().unwrap(), candidates, now, SystemTime::UNIX_EPOCH);
        let mut world = World { shard, now, sent: Sent::default(), events: Vec::new(), version: 0 };
        world.command(|reply| Command::OpenRoom(ROOM, reply)).unwrap();
        world
    }

    pub(crate) fn command<T, E>(
        &mut self,
        command: impl FnOnce(oneshot::Sender<Result<T, E>>) -> Command,
    ) -> Result<T, E> {
        let (reply, mut outcome) = oneshot::channel();
        self.shard.command(self.now, command(reply), &mut self.sent);
        self.collect_events();
        outcome.try_recv().unwrap()
    }

    /// Lets everybody hear and see everybody.
    pub(crate) fn apply_open_table(&mut self, people: &[ParticipantKey]) {
        let rows: Vec<_> = people
            .iter()
            .flat_map(|who| [(*who, Source::Microphone), (*who, Source::Camera), (*who, Source::Screen)])
            .map(|(participant, source)| (Publication { participant, source }, people.to_vec()))
            .collect();
        self.apply(&rows, None).unwrap();
    }

    pub(crate) fn apply(
        &mut self,
        rows: &[(Publication, Vec<ParticipantKey>)],
        grant: Option<TapGrant>,
    ) -> Result<u64, MediaError> {
        self.version += 1;
        let audience =
            rows.iter().map(|(publication, people)| (*publication, people.iter().copied().collect::<BTreeSet<_>>()));
        let table = AudienceTable { version: self.version, audience: audience.collect(), grant };
        self.command(|reply| Command::Apply(ROOM, table, reply))
    }

    /// A peer that has an answer, but has sent nothing yet.
    pub(crate) fn invite(&mut self, number: u16) -> Peer {
        let mut peer = Peer::new(number, self.now);
        self.command(|reply| Command::Connect(ROOM, peer.who, peer.connection, reply)).unwrap();
        peer.answer = self.offer(&peer, &peer.offer("abcd", 3, 3)).unwrap();
        peer
    }

    pub(crate) fn offer(&mut self, peer: &Peer, sdp: &str) -> Result<String, OfferError> {
        let publications =
            vec![(MICROPHONE_MID.to_owned(), Source::Microphone), (CAMERA_MID.to_owned(), Source::Camera)];
        let offer = Offer { sdp: sdp.to_owned(), publications };
        self.command(|reply| Command::Offer(peer.connection, offer, reply))
    }

    /// A peer whose media can flow.
    pub(crate) fn join(&mut self, number: u16) -> Peer {
        let mut peer = self.invite(number);
        self.check(&peer, &[CONTROLLING, NOMINATION]);
        self.shake_hands(&mut peer);
        assert!(peer.outbound.is_some(), "no keys");
        peer
    }

    /// Sends a connectivity check.
    pub(crate) fn check(&mut self, peer: &Peer, attributes: &[(u16, &[u8])]) {
        let username = format!("{}:abcd", peer.answered("ice-ufrag"));
        let datagram = request(&username, &peer.answered("ice-pwd"), attributes);
        self.receive(peer.address, datagram);
    }

    pub(crate) fn shake_hands(&mut self, peer: &mut Peer) {
        for _ in 0..40 {
            let arrived = self.take_sent(peer.address);
            let dtls: Vec<_> = arrived.into_iter().filter(|datagram| (20..64).contains(&datagram[0])).collect();
            let mut out = peer.dtls.step(self.now, None);
            out.extend(dtls.iter().flat_map(|datagram| peer.dtls.step(self.now, Some(datagram))));
            for datagram in out {
                self.receive(peer.address, datagram);
            }
        }
        peer.take_keys();
    }

    /// One datagram in, and everything that it makes due out.
    pub(crate) fn receive(&mut self, from: SocketAddr, datagram: Vec<u8>) {
        self.receive_batch(vec![(from, datagram)]);
    }

    /// Several datagrams read at once.
    pub(crate) fn receive_batch(&mut self, batch: Vec<(SocketAddr, Vec<u8>)>) {
        let mut buffer = Vec::new();
        let mut ranges = Vec::new();
        for (from, datagram) in batch {
            ranges.push((from, buffer.len()..buffer.len() + datagram.len()));
            buffer.extend(datagram);
        }
        for (remote, range) in ranges {
            let path = Path { remote, local: None };
            self.shard.receive(self.now, path, &mut buffer, range, &mut self.sent);
        }
        self.shard.flush(&buffer, &mut self.sent);
        self.shard.settle_all(self.now, &mut self.sent);
        self.collect_events();
    }

    /// Lets time pass in steps of the shard's own.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now = end.min(self.now + crate::limits::TICK);
            self.shard.tick(self.now, &mut self.sent);
        }
        self.collect_events();
    }

    /// Acknowledges the newest slot map of a peer.
    pub(crate) fn acknowledge(&mut self, peer: &Peer) {
        if let Some((version, _)) = self.slot_map(peer) {
            let command = Command::AcknowledgeSlots(peer.connection, version);
            self.shard.command(self.now, command, &mut self.sent);
            self.collect_events();
        }
    }

    /// The newest slot map of a peer: its version, and what is in its slots.
    pub(crate) fn slot_map(&self, peer: &Peer) -> Option<(u64, Vec<Publication>)> {
        self.events.iter().rev().find_map(|event| match event {
            MediaEvent::SlotMap { connection, version, slots } if *connection == peer.connection => {
                Some((*version, slots.iter().filter_map(|slot| slot.publication).collect()))
            }
            _ => None,
        })
    }

    /// Hands what was sent to a peer over to it.
    pub(crate) fn deliver(&mut self, peer: &mut Peer) {
        for datagram in self.take_sent(peer.address) {
            peer.take(datagram);
        }
    }

    pub(crate) fn take_sent(&mut self, to: SocketAddr) -> Vec<Vec<u8>> {
        let (taken, kept) = std::mem::take(&mut self.sent.0).into_iter().partition(|(address, _)| *address == to);
        self.sent.0 = kept;
        let taken: Vec<(SocketAddr, Vec<u8>)> = taken;
        taken.into_iter().map(|(_, datagram)| datagram).collect()
    }

    fn collect_events(&mut self) {
        self.events.extend(std::iter::from_fn(|| self.shard.next_event()));
    }
}

impl Peer {
    pub(crate) fn new(number: u16, now: Instant) -> Peer {
        Peer {
            who: ParticipantKey(u64::from(number)),
            connection: ConnectionKey(1_000 + u64::from(number)),
            address: SocketAddr::from(([127, 0, 0, 1], 10_000 + number)),
            answer: String::new(),
            dtls: Client::new(now),
            inbound: None,
            outbound: None,
            received: Vec::new(),
            rtcp: Vec::new(),
            next_sequence: BTreeMap::new(),
            transport_sequence: 0,
        }
    }

    /// A connectivity check that nominates its path.
    pub(crate) fn nomination(&self) -> Vec<u8> {
        let username = format!("{}:abcd", self.answered("ice-ufrag"));
        request(&username, &self.answered("ice-pwd"), &[CONTROLLING, NOMINATION])
    }

    /// Takes the keys once the handshake is through.
    pub(crate) fn take_keys(&mut self) {
        if let Some((profile, material)) = self.dtls.keys.take() {
            let (inbound, outbound) = client_contexts(profile, &material);
            (self.inbound, self.outbound) = (Some(inbound), Some(outbound));
        }
    }

    /// Takes a datagram off the wire.
    pub(crate) fn take(&mut self, mut datagram: Vec<u8>) {
        let Some(inbound) = self.inbound.as_mut() else { return };
        match datagram[..] {
            [128..=255, 192..=223, ..] => self.rtcp.push(inbound.open_rtcp(&mut datagram).unwrap().to_vec()),
            [128..=255, ..] => {
                let opened = inbound.open_rtp(&mut datagram).unwrap();
                datagram.truncate(opened.length);
                self.received.push(datagram);
            }
            _ => {}
        }
    }

    pub(crate) fn publication(&self, source: Source) -> Publication {
        Publication { participant: self.who, source }
    }

    /// An offer with a microphone, a camera and pools of slots.
    pub(crate) fn offer(&self, user_fragment: &str, audio_slots: usize, video_slots: usize) -> String {
        let slot =
            |kind: &'static str, count: usize| (0..count).map(move |at| (kind, format!("{kind}-{at}"), "recvonly"));
        let own = [("audio", MICROPHONE_MID.to_owned(), "sendonly"), ("video", CAMERA_MID.to_owned(), "sendonly")];
        let sections: Vec<_> =
            own.into_iter().chain(slot("audio", audio_slots)).chain(slot("video", video_slots)).collect();
        let mids: Vec<_> = sections.iter().map(|(_, mid, _)| mid.as_str()).collect();
        let mut text =
            format!("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n", mids.join(" "));
        for (kind, mid, direction) in &sections {
            let (payload_type, encoding) = if *kind == "audio" { (111, "opus/48000/2") } else { (96, "VP8/90000") };
            text += &format!("m={kind} 9 UDP/TLS/RTP/SAVPF {payload_type}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\n");
            text += &format!("a=ice-ufrag:{user_fragment}\r\na=ice-pwd:0123456789012345678901\r\na=setup:actpass\r\n");
            text += &format!("a=fingerprint:{}\r\na=rtcp-mux\r\na={direction}\r\n", self.dtls.fingerprint());
            text += &format!("a=extmap:1 {AUDIO_LEVEL_URI}\r\na=extmap:3 {TRANSPORT_SEQUENCE_URI}\r\n");
            text += &format!("a=extmap:4 {MID_URI}\r\na=rtpmap:{payload_type} {encoding}\r\n");
            text += &format!("a=rtcp-fb:{payload_type} transport-cc\r\na=rtcp-fb:{payload_type} nack pli\r\n");
        }
        text
    }

    /// The value of an attribute of the answer.
    pub(crate) fn answered(&self, name: &str) -> String {
        let prefix = format!("a={name}:");
        self.answer.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap().to_owned()
    }

    /// A sealed packet of a publication, with the next sequence number.
    pub(crate) fn packet(&mut self, source: Source, payload: &[u8]) -> Vec<u8> {
        self.packet_of(source, 0x100 * u32::try_from(self.who.0).unwrap() + source as u32, payload)
    }

    pub(crate) fn packet_of(&mut self, source: Source, ssrc: u32, payload: &[u8]) -> Vec<u8> {
        let (payload_type, mid) = match source.kind() {
            Kind::Audio => (111, MICROPHONE_MID),
            Kind::Video => (96, CAMERA_MID),
        };
        self.packet_with(payload_type, mid, ssrc, payload)
    }

    pub(crate) fn packet_with(&mut self, payload_type: u8, mid: &str, ssrc: u32, payload: &[u8]) -> Vec<u8> {
        let index = self.next_sequence.entry(ssrc).or_insert(100);
        let sequence = u16::try_from(*index & 0xffff).unwrap();
        self.transport_sequence += 1;
        let transport = self.transport_sequence.to_be_bytes();
        let timestamp = u32::try_from(*index * 960).unwrap();
        let extensions: [(u8, &[u8]); 3] = [(1, &[10]), (3, &transport), (4, mid.as_bytes())];
        let mut bytes = packet(payload_type, sequence, timestamp, ssrc, &extensions, payload);
        let header = RtpHeader::parse(&bytes).unwrap().length;
        bytes.resize(bytes.len() + TAG_BYTES, 0);
        self.outbound.as_ref().unwrap().seal_rtp(&mut bytes, header, ssrc, *index).unwrap();
        *index += 1;
        bytes
    }

    pub(crate) fn rtcp(&mut self, mut plain: Vec<u8>) -> Vec<u8> {
        self.outbound.as_mut().unwrap().seal_rtcp(&mut plain).unwrap();
        plain
    }

    /// Payloads received so far.
    pub(crate) fn payloads(&self) -> Vec<Vec<u8>> {
        let payload = |bytes: &Vec<u8>| bytes[RtpHeader::parse(bytes).unwrap().payload(bytes).unwrap()].to_vec();
        self.received.iter().map(payload).collect()
    }

    /// Keyframes this peer was asked for.
    pub(crate) fn keyframe_requests(&self) -> usize {
        self.rtcp.iter().filter(|packet| packet[1] == 206 && packet[0] & 0x1f == 1).count()
    }
}

/// The first packet of a VP8 keyframe, and one of another frame.
pub(crate) const KEYFRAME: &[u8] = &[0x10, 0x00, b'k', b'e', b'y'];
pub(crate) const DELTA_FRAME: &[u8] = &[0x10, 0x01, b'd'];
