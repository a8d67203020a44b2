//! One peer connection: its transport (ICE, DTLS, SRTP), what it publishes, and its receive slots.

use std::time::Instant;

use crate::codec::Codec;
use crate::dtls::Association;
use crate::feedback::{KeyframeRequests, Reception, TransportFeedback};
use crate::ice::{IceAgent, Path};
use crate::keys::{ConnectionKey, Kind, ParticipantKey, Publication, RoomKey, Source};
use crate::limits::{DTLS_PACKETS_PER_SECOND_MAX, MEDIA_PACKETS_PER_SECOND_MAX, SOURCES_PER_CONNECTION_MAX};
use crate::rate::Allowance;
use crate::rewrite::Rewriter;
use crate::rtp::RtpHeader;
use crate::speaker::{ActiveSpeaker, Voice};
use crate::srtp::{Inbound, Outbound, TAG_BYTES};

/// One peer connection.
pub(crate) struct Connection {
    pub(crate) key: ConnectionKey,
    pub(crate) room: RoomKey,
    pub(crate) participant: ParticipantKey,
    pub(crate) ice: IceAgent,
    /// There is one from the first offer on.
    pub(crate) dtls: Option<Association>,
    /// Where the peer's last DTLS datagram came from: retransmissions go there until a path is chosen.
    pub(crate) dtls_path: Option<Path>,
    pub(crate) srtp: Option<Srtp>,
    /// Whether the rest of the program was told that media can flow.
    pub(crate) announced: bool,
    pub(crate) remote_user_fragment: String,
    pub(crate) session_id: u64,
    pub(crate) session_version: u64,
    /// The SSRC under which we report.
    pub(crate) reporter_ssrc: u32,
    pub(crate) extensions: ExtensionIds,
    pub(crate) tracks: Vec<Track>,
    pub(crate) slots: Vec<ReceiveSlot>,
    /// Which track an SSRC belongs to.
    sources: Vec<(u32, usize)>,
    pub(crate) transport: TransportFeedback,
    pub(crate) transport_told_at: Instant,
    pub(crate) reported_at: Instant,
    /// What to add to the peer's NTP time to get ours; one for all its media, so that they stay in step.
    pub(crate) clock_offset: Option<u64>,
    pub(crate) slot_version: u64,
    pub(crate) speaker: ActiveSpeaker,
    pub(crate) media_allowance: Allowance,
    pub(crate) dtls_allowance: Allowance,
}

/// The keys of both directions.
pub(crate) struct Srtp {
    pub(crate) inbound: Inbound,
    pub(crate) outbound: Outbound,
}

/// Identifiers of header extensions, the same in all sections of a bundle.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ExtensionIds {
    pub(crate) mid: Option<u8>,
    pub(crate) audio_level: Option<u8>,
    pub(crate) transport_sequence: Option<u8>,
}

/// A publication as it arrives.
pub(crate) struct Track {
    pub(crate) mid: String,
    pub(crate) source: Source,
    /// Codecs by payload type.
    pub(crate) codecs: Vec<(u8, Codec)>,
    /// The source that is arriving.
    pub(crate) ssrc: Option<u32>,
    pub(crate) reception: Option<Reception>,
    pub(crate) last_packet_at: Option<Instant>,
    /// Whether packets arrive.
    pub(crate) active: bool,
    pub(crate) voice: Voice,
    pub(crate) keyframes: KeyframeRequests,
    /// Where its packets go.
    pub(crate) routes: Vec<Route>,
    /// Under a recording grant.
    pub(crate) tapped: bool,
    /// The recorder has no keyframe yet.
    pub(crate) tap_awaits_keyframe: bool,
}

/// One receive slot of one connection on the same shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) connection: usize,
    pub(crate) slot: usize,
}

/// A media section on which we send whatever is assigned to it.
pub(crate) struct ReceiveSlot {
    pub(crate) mid: String,
    pub(crate) kind: Kind,
    pub(crate) ssrc: u32,
    payload_types: [Option<u8>; Codec::COUNT],
    /// The header extension block with the mid; empty if the client knows none.
    extension: Vec<u8>,
    pub(crate) publication: Option<Publication>,
    /// The slot map that brought the publication.
    pub(crate) assigned_version: u64,
    /// That map was acknowledged.
    pub(crate) acknowledged: bool,
    /// Packets are routed to it.
    pub(crate) routed: bool,
    pub(crate) rewriter: Rewriter,
    pub(crate) packets_sent: u32,
    pub(crate) octets_sent: u32,
}

/// A decrypted packet on its way to subscribers.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) ssrc: u32,
    pub(crate) index: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) codec: Codec,
    /// A decoder can begin here.
    pub(crate) begins: bool,
    pub(crate) at: Instant,
    /// Where its payload lies in the receive buffer.
    pub(crate) payload: std::ops::Range<usize>,
}

impl Connection {
    pub(crate) fn new(
        key: ConnectionKey,
        room: RoomKey,
        participant: ParticipantKey,
        ice: IceAgent,
        session_id: u64,
        reporter_ssrc: u32,
        now: Instant,
    ) -> Connection {
        Connection {
            key,
            room,
            participant,
            ice,
            dtls: None,
            dtls_path: None,
            srtp: None,
            announced: false,
            remote_user_fragment: String::new(),
            session_id,
            session_version: 0,
            reporter_ssrc,
            extensions: ExtensionIds::default(),
            tracks: Vec::new(),
            slots: Vec::new(),
            sources: Vec::new(),
            transport: TransportFeedback::default(),
            transport_told_at: now,
            reported_at: now,
            clock_offset: None,
            slot_version: 0,
            speaker: ActiveSpeaker::default(),
            media_allowance: Allowance::new(MEDIA_PACKETS_PER_SECOND_MAX, now),
            dtls_allowance: Allowance::new(DTLS_PACKETS_PER_SECOND_MAX, now),
        }
    }

    /// Keys are there and the peer chose a path.
    pub(crate) fn is_established(&self) -> bool {
        self.srtp.is_some() && self.ice.selected().is_some()
    }

    pub(crate) fn canonical_name(&self) -> String {
        format!("{:016x}", self.session_id)
    }

    pub(crate) fn publication(&self, track: &Track) -> Publication {
        Publication { participant: self.participant, source: track.source }
    }

    pub(crate) fn track_of(&self, source: Source) -> Option<usize> {
        self.tracks.iter().position(|track| track.source == source)
    }

    /// Reads a packet's header extensions: notes its arrival for the sender, and returns mid and audio level.
    pub(crate) fn note_extensions<'a>(
        &mut self,
        header: &RtpHeader,
        packet: &'a [u8],
        arrival_micros: u64,
    ) -> (Option<&'a [u8]>, Option<u8>) {
        let (mut mid, mut level) = (None, None);
        for (identifier, value) in header.extensions(packet) {
            let identifier = Some(identifier);
            if identifier == self.extensions.transport_sequence {
                if let Ok(sequence) = value.try_into() {
                    self.transport.note(u16::from_be_bytes(sequence), arrival_micros);
                }
            } else if identifier == self.extensions.audio_level {
                level = value.first().copied();
            } else if identifier == self.extensions.mid {
                mid = Some(value);
            }
        }
        (mid, level)
    }

    /// The track a packet belongs to, by its SSRC, or by its mid for an SSRC not seen before.
    pub(crate) fn track_of_packet(&mut self, ssrc: u32, mid: Option<&[u8]>) -> Option<usize> {
        if let Some((_, track)) = self.sources.iter().find(|(source, _)| *source == ssrc) {
            return Some(*track);
        }
        let mid = mid?;
        let track = self.tracks.iter().position(|track| track.mid.as_bytes() == mid)?;
        self.add_source(ssrc, track).then_some(track)
    }

    /// The track that sends from an SSRC.
    pub(crate) fn track_of_source(&self, ssrc: u32) -> Option<usize> {
        self.tracks.iter().position(|track| track.ssrc == Some(ssrc))
    }

    /// Replaces the tracks; `announced` are the SSRCs that the offer names for each.
    pub(crate) fn set_tracks(&mut self, tracks: Vec<Track>, announced: &[(u32, usize)]) {
        self.sources.clear();
        for (at, track) in tracks.iter().enumerate() {
            self.sources.extend(track.ssrc.map(|ssrc| (ssrc, at)));
        }
        self.tracks = tracks;
        for (ssrc, track) in announced {
            if self.sources.iter().all(|(source, _)| source != ssrc) {
                self.add_source(*ssrc, *track);
            }
        }
    }

    fn add_source(&mut self, ssrc: u32, track: usize) -> bool {
        let room = self.sources.len() < SOURCES_PER_CONNECTION_MAX;
        if room {
            self.sources.push((ssrc, track));
        }
        room
    }
}

impl Track {
    pub(crate) fn new(mid: &str, source: Source) -> Track {
        Track {
            mid: mid.to_owned(),
            source,
            codecs: Vec::new(),
            ssrc: None,
            reception: None,
            last_packet_at: None,
            active: false,
            voice: Voice::default(),
            keyframes: KeyframeRequests::default(),
            routes: Vec::new(),
            tapped: false,
            tap_awaits_keyframe: false,
        }
    }

    pub(crate) fn codec(&self, payload_type: u8) -> Option<Codec> {
        self.codecs.iter().find(|(known, _)| *known == payload_type).map(|(_, codec)| *codec)
    }
}

impl ReceiveSlot {
    pub(crate) fn new(mid: &str, kind: Kind, ssrc: u32, first_sequence: u16) -> ReceiveSlot {
        ReceiveSlot {
            mid: mid.to_owned(),
            kind,
            ssrc,
            payload_types: [None; Codec::COUNT],
            extension: Vec::new(),
            publication: None,
            assigned_version: 0,
            acknowledged: false,
            routed: false,
            rewriter: Rewriter::new(first_sequence),
            packets_sent: 0,
            octets_sent: 0,
        }
    }

    /// Takes over what an offer says of this section.
    pub(crate) fn negotiate(&mut self, payload_types: impl Iterator<Item = (Codec, u8)>, mid_extension: Option<u8>) {
        self.payload_types = [None; Codec::COUNT];
        for (codec, payload_type) in payload_types {
            if let Some(place) = self.payload_types.get_mut(codec.index()) {
                *place = Some(payload_type);
            }
        }
        self.extension.clear();
        let length = u8::try_from(self.mid.len().saturating_sub(1)).unwrap_or(15);
        if let Some(identifier) = mid_extension {
            let body = (1 + self.mid.len()).next_multiple_of(4);
            self.extension.extend([0xbe, 0xde]);
            self.extension.extend(u16::try_from(body / 4).unwrap_or(0).to_be_bytes());
            self.extension.push(identifier << 4 | length & 0x0f);
            self.extension.extend(self.mid.as_bytes());
            self.extension.resize(4 + body, 0);
        }
    }

    /// Puts another publication, or none, into the slot. Nothing is sent until the map of that version is acknowledged.
    pub(crate) fn assign(&mut self, publication: Option<Publication>, version: u64) {
        self.publication = publication;
        self.assigned_version = version;
        self.acknowledged = false;
        self.routed = false;
        self.rewriter.end();
    }

    /// Writes and seals one packet at the end of `out`; `None`, and nothing written, if the receiver cannot use it.
    pub(crate) fn write(
        &mut self,
        arrival: &Arrival,
        payload: &[u8],
        outbound: &Outbound,
        out: &mut Vec<u8>,
    ) -> Option<()> {
        // The slot may have been given away since the packet became due.
        let payload_type = self.payload_types.get(arrival.codec.index()).copied().flatten().filter(|_| self.routed)?;
        if !arrival.begins && !self.rewriter.carries(arrival.ssrc) {
            return None;
        }
        let clock_rate_hz = arrival.codec.clock_rate_hz();
        let place = self.rewriter.place(arrival.ssrc, arrival.index, arrival.timestamp, clock_rate_hz, arrival.at)?;
        let start = out.len();
        let has_extension = if self.extension.is_empty() { 0x80 } else { 0x90 };
        #[allow(clippy::cast_possible_truncation)] // the lower half of the index is the sequence number
        let sequence = place.index as u16;
        out.extend_from_slice(&[has_extension, u8::from(arrival.marker) << 7 | payload_type]);
        out.extend_from_slice(&sequence.to_be_bytes());
        out.extend_from_slice(&place.timestamp.to_be_bytes());
        out.extend_from_slice(&self.ssrc.to_be_bytes());
        out.extend_from_slice(&self.extension);
        let header_length = out.len() - start;
        out.extend_from_slice(payload);
        out.extend_from_slice(&[0; TAG_BYTES]);
        let sealed = outbound.seal_rtp(out.get_mut(start..)?, header_length, self.ssrc, place.index);
        if sealed.is_none() {
            out.truncate(start);
        }
        self.packets_sent = self.packets_sent.wrapping_add(1);
        self.octets_sent = self.octets_sent.wrapping_add(u32::try_from(payload.len()).unwrap_or(0));
        sealed
    }
}
