//! Writes one span: an unbroken stretch of unanimous consent, from its grant to the end of it.
//!
//! Packets come in with the generation of their grant; only those of this span's grant, of a publication that it names,
//! and from after its begin are taken. Sealed segments go out at least twice a second, so that a kill loses less than
//! the last second, and `end` with the digests of all when the span ends in order.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    Codec, Identifier, MediaPacket, Objects, OperatorKey, Part, RecordingError, SpanAddress, Subject, TrackKey,
    depacketize::{Frame, Stream},
    envelope::{Sealer, sha256},
    limits::{
        CLUSTER_BYTES_MAX, FLUSH_INTERVAL_MICROS, KEYFRAME_REQUEST_INTERVAL_MICROS, LABEL_BYTES_MAX, PACKET_BYTES_MAX,
        SEGMENT_BYTES_MAX, SEGMENT_MICROS_MAX, TRACKS_MAX,
    },
    matroska,
    matroska::{Block, Track},
    segment::{ClusterPlace, SegmentSummary, SegmentWriter},
};

/// What a span is and rests on. Sealed as its `begin`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanHeader {
    /// The organisation or case service.
    pub tenant: Identifier,
    /// The room.
    pub room: Identifier,
    /// The span within the room; never used twice.
    pub span: Identifier,
    /// Generation of the grant.
    pub generation: u64,
    /// The room's lease.
    pub lease_generation: u64,
    /// When it began, in milliseconds of Unix time.
    pub started_at_ms: i64,
    /// The same moment on the clock of [`MediaPacket::arrival_micros`].
    pub started_micros: u64,
    /// Whose media may be recorded.
    pub publications: Vec<Publication>,
}

impl SpanHeader {
    /// Where the span's objects live.
    pub fn address(&self) -> SpanAddress {
        SpanAddress {
            tenant: self.tenant.clone(),
            room: self.room.clone(),
            span: self.span.clone(),
            lease_generation: self.lease_generation,
        }
    }

    fn subject(&self, part: Part) -> Subject {
        Subject {
            tenant: self.tenant.clone(),
            room: self.room.clone(),
            span: self.span.clone(),
            generation: self.generation,
            lease_generation: self.lease_generation,
            part,
        }
    }
}

/// A track that may be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// The media plane's name for it.
    pub track: TrackKey,
    /// The track's name in the file: opaque to us; tracks of one person share it.
    pub label: String,
}

/// Why a span ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Somebody withdrew their consent.
    ConsentWithdrawn,
    /// Somebody entered who has not answered yet.
    Newcomer,
    /// Somebody it rests on lost their connection.
    ParticipantAbsent,
    /// The mediator stopped it.
    Stopped,
    /// A private talk began.
    Caucus,
    /// The session was paused or ended.
    SessionOver,
    /// The program shuts down.
    Shutdown,
}

/// How a span ended. Sealed as its `end`; its digest pins everything before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanEnd {
    /// When it ended, in milliseconds of Unix time.
    pub ended_at_ms: i64,
    /// From begin to end.
    pub duration_ms: u64,
    /// Why.
    pub reason: EndReason,
    /// SHA-256 over the sealed `begin`, in hexadecimal.
    pub begin_sha256: String,
    /// Its segments, from number 0.
    pub segments: Vec<SegmentSummary>,
    /// Its tracks in the order of their numbers, from 1.
    pub tracks: Vec<TrackSummary>,
    /// Packets that were handed over and not taken.
    pub refusals: Refusals,
    /// Its clusters in their order.
    pub clusters: Vec<ClusterPlace>,
}

/// A recorded track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackSummary {
    /// The publication it came from.
    pub track: TrackKey,
    /// Its codec.
    pub codec: Codec,
    /// Its name.
    pub label: String,
    /// Frames written.
    pub frames: u64,
    /// Packets that never came.
    pub lost_packets: u64,
    /// Frames that came but could not be decoded for want of others, or were malformed.
    pub dropped_frames: u64,
}

/// Packets that were handed over and not taken, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusals {
    /// Tapped under an older grant.
    pub older_generation: u64,
    /// Tapped under a newer grant.
    pub newer_generation: u64,
    /// Arrived before the span began.
    pub before_begin: u64,
    /// Of a publication that the span does not name, or of a codec of the other kind.
    pub unnamed_publication: u64,
    /// Longer than a packet can be.
    pub oversized: u64,
    /// Of one track too many.
    pub too_many_tracks: u64,
}

/// A span that ended in order.
#[derive(Debug, Clone)]
pub struct SealedSpan {
    /// Where it is.
    pub address: SpanAddress,
    /// How it ended.
    pub end: SpanEnd,
    /// SHA-256 over the sealed `end`, which names the digests of all other parts: the one value that the evidence needs.
    pub digest: [u8; 32],
}

/// Writes a span. Dropped without [`SpanWriter::end`] it leaves what a crash would leave.
pub struct SpanWriter {
    header: SpanHeader,
    objects: Arc<dyn Objects>,
    operator: Arc<OperatorKey>,
    begin_sha256: [u8; 32],
    /// By publication and codec; a publication that changes its codec gets another track.
    streams: BTreeMap<(TrackKey, Codec), Recorded>,
    /// Those that have had a frame, by number.
    tracks: Vec<Track>,
    pending: Vec<Block>,
    pending_bytes: usize,
    /// When the oldest pending block came.
    pending_since_micros: Option<u64>,
    segment: Option<SegmentWriter>,
    segments: Vec<SegmentSummary>,
    clusters: Vec<ClusterPlace>,
    refusals: Refusals,
    failed: bool,
}

/// One publication's packets in one codec.
struct Recorded {
    stream: Stream,
    /// Its number in the file, from its first frame on.
    number: Option<u8>,
    frames: u64,
    keyframe_requested_micros: Option<u64>,
}

impl SpanWriter {
    /// Begins a span: seals and stores its `begin`. Refused when the span was begun before.
    ///
    /// # Errors
    /// [`RecordingError`] when the header is not acceptable or the store fails.
    pub fn begin(
        header: SpanHeader,
        objects: Arc<dyn Objects>,
        operator: Arc<OperatorKey>,
    ) -> Result<Self, RecordingError> {
        header.publications.iter().try_for_each(|publication| acceptable(&publication.label))?;
        if header.publications.len() > TRACKS_MAX {
            return Err(RecordingError::TooManyPublications(TRACKS_MAX));
        }
        let subject = header.subject(Part::Begin);
        let begin = Sealer::seal_whole(&operator, &subject, &serde_json::to_vec(&header)?)?;
        objects.put(&subject.object(), &begin)?;
        Ok(Self {
            header,
            objects,
            operator,
            begin_sha256: sha256(&begin),
            streams: BTreeMap::new(),
            tracks: Vec::new(),
            pending: Vec::new(),
            pending_bytes: 0,
            pending_since_micros: None,
            segment: None,
            segments: Vec::new(),
            clusters: Vec::new(),
            refusals: Refusals::default(),
            failed: false,
        })
    }

    /// What the span is.
    pub fn header(&self) -> &SpanHeader {
        &self.header
    }

    /// SHA-256 over the sealed `begin`, for the evidence that a span was begun, even if it never ends in order.
    pub fn begin_digest(&self) -> [u8; 32] {
        self.begin_sha256
    }

    /// Packets that were not taken so far.
    pub fn refusals(&self) -> Refusals {
        self.refusals
    }

    /// Names one more publication of somebody whom the grant names.
    ///
    /// # Errors
    /// [`RecordingError`] when the label is not acceptable or the span is full.
    pub fn publish(&mut self, publication: Publication) -> Result<(), RecordingError> {
        acceptable(&publication.label)?;
        if let Some(known) = self.header.publications.iter_mut().find(|known| known.track == publication.track) {
            *known = publication;
        } else if self.header.publications.len() >= TRACKS_MAX {
            return Err(RecordingError::TooManyPublications(TRACKS_MAX));
        } else {
            self.header.publications.push(publication);
        }
        Ok(())
    }

    /// Takes a packet, or counts why it was refused.
    ///
    /// # Errors
    /// [`RecordingError`] when the store fails; the span then takes nothing more and is to be dropped.
    pub fn push(&mut self, packet: &MediaPacket<'_>) -> Result<(), RecordingError> {
        self.alive()?;
        if let Some(refused) = self.refuse(packet) {
            *refused += 1;
            return Ok(());
        }
        let mut frames = Vec::new();
        let key = (packet.track, packet.codec);
        let recorded = self.streams.entry(key).or_insert_with(|| Recorded {
            stream: Stream::new(packet.codec),
            number: None,
            frames: 0,
            keyframe_requested_micros: None,
        });
        let since_begin = MediaPacket { arrival_micros: packet.arrival_micros - self.header.started_micros, ..*packet };
        recorded.stream.push(&since_begin, &mut frames);
        self.collect(key, frames);
        self.flush_if_due(since_begin.arrival_micros)
    }

    /// Lets time pass: gives up on lost packets and writes what has waited. To be called every 100 ms or so, with the
    /// time on the clock of [`MediaPacket::arrival_micros`].
    ///
    /// # Errors
    /// [`RecordingError`] when the store fails; the span then takes nothing more and is to be dropped.
    pub fn tick(&mut self, now_micros: u64) -> Result<(), RecordingError> {
        self.alive()?;
        let now_micros = now_micros.saturating_sub(self.header.started_micros);
        self.drain(|stream, frames| stream.expire(now_micros, frames));
        self.flush_if_due(now_micros)
    }

    /// The tracks that cannot go on, or begin, without a key frame, each at most once a second. The caller asks the
    /// publisher for one.
    pub fn keyframe_requests(&mut self, now_micros: u64) -> Vec<TrackKey> {
        let due = |recorded: &Recorded| {
            recorded.stream.needs_keyframe()
                && recorded
                    .keyframe_requested_micros
                    .is_none_or(|asked| now_micros.saturating_sub(asked) >= KEYFRAME_REQUEST_INTERVAL_MICROS)
        };
        let due = self.streams.iter_mut().filter(|(_, recorded)| due(recorded));
        due.map(|((track, _), recorded)| {
            recorded.keyframe_requested_micros = Some(now_micros);
            *track
        })
        .collect()
    }

    /// Ends the span in order: everything taken is written, and the digests sealed.
    ///
    /// # Errors
    /// [`RecordingError`] when the store fails; what was written before stays readable.
    pub fn end(mut self, reason: EndReason, now_micros: u64) -> Result<SealedSpan, RecordingError> {
        self.alive()?;
        let duration_micros = now_micros.saturating_sub(self.header.started_micros);
        self.drain(Stream::finish);
        self.flush(duration_micros)?;
        self.close_segment()?;
        let duration_ms = duration_micros / 1000;
        let end = SpanEnd {
            ended_at_ms: self.header.started_at_ms.saturating_add_unsigned(duration_ms),
            duration_ms,
            reason,
            begin_sha256: hex::encode(self.begin_sha256),
            tracks: self.track_summaries(),
            segments: std::mem::take(&mut self.segments),
            refusals: self.refusals,
            clusters: std::mem::take(&mut self.clusters),
        };
        let subject = self.header.subject(Part::End);
        let sealed = Sealer::seal_whole(&self.operator, &subject, &serde_json::to_vec(&end)?)?;
        self.objects.put(&subject.object(), &sealed)?;
        Ok(SealedSpan { address: self.header.address(), end, digest: sha256(&sealed) })
    }

    fn alive(&self) -> Result<(), RecordingError> {
        if self.failed { Err(RecordingError::Failed) } else { Ok(()) }
    }

    /// The counter of the reason why a packet is not taken.
    fn refuse(&mut self, packet: &MediaPacket<'_>) -> Option<&mut u64> {
        let refusals = &mut self.refusals;
        let named = || self.header.publications.iter().any(|publication| publication.track == packet.track);
        let known = self.streams.contains_key(&(packet.track, packet.codec));
        if packet.generation < self.header.generation {
            Some(&mut refusals.older_generation)
        } else if packet.generation > self.header.generation {
            Some(&mut refusals.newer_generation)
        } else if packet.arrival_micros < self.header.started_micros {
            Some(&mut refusals.before_begin)
        } else if packet.codec.kind() != packet.track.kind || !named() {
            Some(&mut refusals.unnamed_publication)
        } else if packet.payload.len() > PACKET_BYTES_MAX {
            Some(&mut refusals.oversized)
        } else if !known && self.streams.len() >= TRACKS_MAX {
            Some(&mut refusals.too_many_tracks)
        } else {
            None
        }
    }

    fn drain(&mut self, mut step: impl FnMut(&mut Stream, &mut Vec<Frame>)) {
        let keys: Vec<_> = self.streams.keys().copied().collect();
        for key in keys {
            let mut frames = Vec::new();
            if let Some(recorded) = self.streams.get_mut(&key) {
                step(&mut recorded.stream, &mut frames);
            }
            self.collect(key, frames);
        }
    }

    /// Puts frames among the pending ones, under the number of their track.
    fn collect(&mut self, key: (TrackKey, Codec), frames: Vec<Frame>) {
        let (track, codec) = key;
        let Some(recorded) = self.streams.get_mut(&key) else {
            return;
        };
        for frame in frames {
            let number = match (recorded.number, &frame.setup) {
                (Some(number), _) => number,
                // No stream gives a frame before one with its setup.
                (None, None) => continue,
                (None, Some(setup)) => {
                    let Ok(number) = u8::try_from(self.tracks.len() + 1) else {
                        continue;
                    };
                    let label = self.header.publications.iter().find(|publication| publication.track == track);
                    self.tracks.push(Track {
                        number,
                        codec,
                        label: label.map(|publication| publication.label.clone()).unwrap_or_default(),
                        setup: setup.clone(),
                    });
                    recorded.number = Some(number);
                    number
                }
            };
            recorded.frames += 1;
            self.pending_bytes += frame.payload.len();
            self.pending.push(Block {
                track: number,
                time_ms: frame.time_ms,
                keyframe: frame.setup.is_some(),
                payload: frame.payload,
            });
        }
    }

    fn flush_if_due(&mut self, now_micros: u64) -> Result<(), RecordingError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let since = *self.pending_since_micros.get_or_insert(now_micros);
        if now_micros.saturating_sub(since) < FLUSH_INTERVAL_MICROS && self.pending_bytes < CLUSTER_BYTES_MAX {
            return Ok(());
        }
        self.flush(now_micros)
    }

    /// Writes the pending blocks as one cluster, into a new segment when theirs is full or does not know their track.
    fn flush(&mut self, now_micros: u64) -> Result<(), RecordingError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.failed = true; // unless all of this succeeds
        self.pending_since_micros = None;
        self.pending_bytes = 0;
        let (cluster, facts) = matroska::cluster(&mut self.pending);
        self.pending.clear();
        if self.segment.as_ref().is_some_and(|segment| {
            segment.tracks < self.tracks.len()
                || segment.length() >= SEGMENT_BYTES_MAX
                || now_micros.saturating_sub(segment.opened_micros) >= SEGMENT_MICROS_MAX
        }) {
            self.close_segment()?;
        }
        let mut segment = match self.segment.take() {
            Some(segment) => segment,
            None => self.open_segment(now_micros)?,
        };
        self.clusters.push(segment.write(&*self.objects, &cluster, facts)?);
        self.segment = Some(segment);
        self.failed = false;
        Ok(())
    }

    fn open_segment(&self, now_micros: u64) -> Result<SegmentWriter, RecordingError> {
        let number = u32::try_from(self.segments.len()).map_err(|_| RecordingError::Failed)?;
        let head = matroska::live_head(self.header.started_at_ms, &self.tracks);
        let subject = self.header.subject(Part::Segment(number));
        SegmentWriter::new(&self.operator, &subject, number, &head, self.tracks.len(), now_micros)
    }

    fn close_segment(&mut self) -> Result<(), RecordingError> {
        if let Some(segment) = self.segment.take() {
            self.segments.push(segment.finish(&*self.objects)?);
        }
        Ok(())
    }

    fn track_summaries(&self) -> Vec<TrackSummary> {
        let mut numbered: Vec<_> = self.streams.iter().filter(|(_, recorded)| recorded.number.is_some()).collect();
        numbered.sort_by_key(|(_, recorded)| recorded.number);
        let summary = |(((track, codec), recorded), written): ((&(TrackKey, Codec), &Recorded), &Track)| TrackSummary {
            track: *track,
            codec: *codec,
            label: written.label.clone(),
            frames: recorded.frames,
            lost_packets: recorded.stream.lost_packets(),
            dropped_frames: recorded.stream.dropped_frames(),
        };
        numbered.into_iter().zip(&self.tracks).map(summary).collect()
    }
}

fn acceptable(label: &str) -> Result<(), RecordingError> {
    if label.len() > LABEL_BYTES_MAX || label.chars().any(char::is_control) {
        return Err(RecordingError::Label);
    }
    Ok(())
}
