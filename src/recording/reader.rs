//! Reads spans back: lists them, opens and checks them, erases them.
//!
//! A span with an `end` is held to it: every part it names must be there, as long as it says and, on [`Recording::verify`],
//! byte for byte. A span without one was cut off by a crash: all whole chunks of it count, and only its very last
//! segment may lack an end.

use std::sync::Arc;

use crate::{
    ClusterPlace, ObjectKey, Objects, ObjectsError, OperatorKey, Part, Playback, RecordingError, SpanAddress, SpanEnd,
    SpanHeader, SpanWriter, Tampering,
    ebml::Elements,
    envelope::{Ending, Header, NoHeader, Opener, sha256},
    limits::{CHUNK_BYTES, ENVELOPE_HEADER_BYTES_MAX, OBJECT_BYTES_MAX},
    matroska,
};

/// The last frame of a span that was cut off lasts about as long as a packet of sound.
const LAST_FRAME_MS: u64 = 20;

/// All recordings in a store, under one operator's key.
#[derive(Clone)]
pub struct Recordings {
    objects: Arc<dyn Objects>,
    operator: Arc<OperatorKey>,
}

impl Recordings {
    /// The recordings in a store.
    pub fn new(objects: Arc<dyn Objects>, operator: Arc<OperatorKey>) -> Self {
        Self { objects, operator }
    }

    /// Begins a span.
    ///
    /// # Errors
    /// As [`SpanWriter::begin`].
    pub fn begin(&self, header: SpanHeader) -> Result<SpanWriter, RecordingError> {
        SpanWriter::begin(header, self.objects.clone(), self.operator.clone())
    }

    /// The spans under a folder: `""` for all, `"tenant"` or `"tenant/room"`.
    ///
    /// # Errors
    /// [`RecordingError::Objects`] when the store fails.
    pub fn spans(&self, folder: &str) -> Result<Vec<SpanAddress>, RecordingError> {
        let keys = self.objects.list(folder)?;
        let mut spans: Vec<_> = keys.iter().filter_map(SpanAddress::parse).map(|(address, _)| address).collect();
        spans.sort();
        spans.dedup();
        Ok(spans)
    }

    /// Opens a span.
    ///
    /// # Errors
    /// [`RecordingError::NotFound`], [`RecordingError::Tampered`] naming the part, [`RecordingError::WrongOperatorKey`], or a failure of the
    /// store.
    pub fn open(&self, address: &SpanAddress) -> Result<Recording, RecordingError> {
        Recording::open(self, address)
    }

    /// Erases a span, its `begin` last, so that an erasure that was interrupted is found and can be repeated. The data keys
    /// are in what is erased, so no copy of the ciphertext alone can be read afterwards.
    ///
    /// # Errors
    /// [`RecordingError::Objects`] when the store fails.
    pub fn erase(&self, address: &SpanAddress) -> Result<(), RecordingError> {
        let mut parts = parts(&*self.objects, address)?;
        parts.sort_by_key(|part| std::cmp::Reverse(*part));
        for part in parts {
            self.objects.delete(&address.object(part))?;
        }
        Ok(())
    }
}

/// One span, opened.
pub struct Recording {
    objects: Arc<dyn Objects>,
    operator: Arc<OperatorKey>,
    address: SpanAddress,
    header: SpanHeader,
    end: Option<SpanEnd>,
    /// The openers of its segments, by number.
    segments: Vec<Opener>,
    clusters: Vec<ClusterPlace>,
    /// SHA-256 over the sealed `end`.
    digest: Option<[u8; 32]>,
    torn_bytes: u64,
}

impl Recording {
    fn open(recordings: &Recordings, address: &SpanAddress) -> Result<Self, RecordingError> {
        let Recordings { objects, operator } = recordings;
        let parts = parts(&**objects, address)?;
        if parts.is_empty() {
            return Err(RecordingError::NotFound(address.object(Part::Begin)));
        }
        let source = Source { objects: &**objects, operator, address };
        let begin = source.load(Part::Begin)?;
        let header: SpanHeader = source.content(Part::Begin, &begin)?;
        let mut recording = Self {
            address: address.clone(),
            header,
            end: None,
            segments: Vec::new(),
            clusters: Vec::new(),
            digest: None,
            torn_bytes: 0,
            objects: objects.clone(),
            operator: operator.clone(),
        };
        let numbers: Vec<u32> = parts
            .iter()
            .filter_map(|part| match part {
                Part::Segment(number) => Some(*number),
                Part::Begin | Part::End => None,
            })
            .collect();
        if let Some((number, _)) = (0..).zip(&numbers).find(|(wanted, number)| wanted != *number) {
            return Err(source.tampered(Part::Segment(number), Tampering::Missing));
        }
        if parts.contains(&Part::End) {
            recording.hold_to_end(&source, &begin, numbers.len())?;
        } else {
            recording.take_what_is_whole(&source, &numbers)?;
        }
        Ok(recording)
    }

    /// Where it is.
    pub fn address(&self) -> &SpanAddress {
        &self.address
    }

    /// What it is and rests on.
    pub fn header(&self) -> &SpanHeader {
        &self.header
    }

    /// How it ended; `None` when a crash cut it off.
    pub fn end(&self) -> Option<&SpanEnd> {
        self.end.as_ref()
    }

    /// Bytes at its end that a crash left of a chunk, and that cannot be read. 0 for a span that ended in order.
    pub fn torn_bytes(&self) -> u64 {
        self.torn_bytes
    }

    /// Its clusters, in their order.
    pub fn clusters(&self) -> &[ClusterPlace] {
        &self.clusters
    }

    /// From begin to end, or to the last frame that can be read.
    pub fn duration_ms(&self) -> u64 {
        let last = self.clusters.iter().map(|cluster| cluster.last_ms + LAST_FRAME_MS).max();
        self.end.as_ref().map_or(last.unwrap_or(0), |end| end.duration_ms)
    }

    /// The span as one finalised, seekable Matroska stream.
    ///
    /// # Errors
    /// [`RecordingError::Tampered`] or a failure of the store.
    pub fn playback(self) -> Result<Playback, RecordingError> {
        Playback::new(self)
    }

    /// Opens every chunk of every part. Returns the span's digest, to be compared with the evidence; `None` for a span that a crash
    /// cut off, which has none.
    ///
    /// # Errors
    /// [`RecordingError::Tampered`] naming the first part that is not what was written.
    pub fn verify(&self) -> Result<Option<[u8; 32]>, RecordingError> {
        let source = self.source();
        let begin = source.load(Part::Begin)?;
        source.content::<SpanHeader>(Part::Begin, &begin)?;
        for (number, opener) in (0..).zip(&self.segments) {
            let part = Part::Segment(number);
            let object = source.load(part)?;
            let sealed = object.get(opener.header_length..).unwrap_or_default();
            let ending = opener.open(sealed, 0, |_| {}).map_err(|finding| source.tampered(part, finding))?;
            let Some(end) = &self.end else { continue };
            if ending != Ending::Final {
                return Err(source.tampered(part, Tampering::Truncated));
            }
            let named = usize::try_from(number).ok().and_then(|number| end.segments.get(number));
            if named.is_none_or(|named| named.sha256 != hex::encode(sha256(&object))) {
                return Err(source.tampered(part, Tampering::Digest));
            }
        }
        if self.end.is_some() {
            let sealed = source.load(Part::End)?;
            source.content::<SpanEnd>(Part::End, &sealed)?;
            if Some(sha256(&sealed)) != self.digest {
                return Err(source.tampered(Part::End, Tampering::Digest));
            }
        }
        Ok(self.digest)
    }

    /// One segment as it was written: a live Matroska stream of its own.
    ///
    /// # Errors
    /// [`RecordingError::Tampered`] or a failure of the store.
    pub fn segment(&self, number: u32) -> Result<Vec<u8>, RecordingError> {
        let (source, part) = (self.source(), Part::Segment(number));
        let opener = self.opener(number)?;
        let object = source.load(part)?;
        let mut plain = Vec::new();
        opener
            .open(object.get(opener.header_length..).unwrap_or_default(), 0, |chunk| {
                plain.extend_from_slice(chunk.plain);
            })
            .map_err(|finding| source.tampered(part, finding))?;
        Ok(plain)
    }

    /// A cluster's Matroska element.
    pub(crate) fn cluster(&self, place: &ClusterPlace) -> Result<Vec<u8>, RecordingError> {
        self.run(place.segment, place.offset, place.chunk, place.sealed_length(), place.length)
    }

    /// The `Tracks` element that names the tracks of all clusters: that of the last segment which has one.
    pub(crate) fn tracks(&self) -> Result<Vec<u8>, RecordingError> {
        let Some(last) = self.clusters.last() else {
            return Ok(Vec::new());
        };
        let first = self.clusters.iter().find(|cluster| cluster.segment == last.segment).unwrap_or(last);
        let offset = self.opener(last.segment)?.header_length as u64;
        let sealed_length = first.offset.saturating_sub(offset);
        let head = self.run(last.segment, offset, 0, sealed_length, sealed_length)?;
        let tracks = matroska::tracks_of(&head);
        tracks.map(<[u8]>::to_vec).ok_or_else(|| self.malformed(last.segment))
    }

    /// Opens a run of a segment's chunks; `length` is only a hint.
    fn run(&self, segment: u32, offset: u64, chunk: u32, sealed: u64, length: u64) -> Result<Vec<u8>, RecordingError> {
        let (source, part) = (self.source(), Part::Segment(segment));
        if sealed > OBJECT_BYTES_MAX {
            return Err(self.malformed(segment));
        }
        let sealed = source.read(part, offset, offset.saturating_add(sealed))?;
        let mut plain = Vec::with_capacity(usize::try_from(length).unwrap_or(CHUNK_BYTES).min(sealed.len()));
        self.opener(segment)?
            .open(&sealed, chunk, |chunk| plain.extend_from_slice(chunk.plain))
            .map_err(|finding| source.tampered(part, finding))?;
        Ok(plain)
    }

    fn opener(&self, segment: u32) -> Result<&Opener, RecordingError> {
        let opener = usize::try_from(segment).ok().and_then(|number| self.segments.get(number));
        opener.ok_or_else(|| self.source().tampered(Part::Segment(segment), Tampering::Missing))
    }

    pub(crate) fn malformed(&self, segment: u32) -> RecordingError {
        self.source().tampered(Part::Segment(segment), Tampering::Content)
    }

    fn source(&self) -> Source<'_> {
        Source { objects: &*self.objects, operator: &self.operator, address: &self.address }
    }

    /// A span that ended in order: its `end` says what must be there.
    fn hold_to_end(&mut self, source: &Source<'_>, begin: &[u8], segments: usize) -> Result<(), RecordingError> {
        let sealed = source.load(Part::End)?;
        let end: SpanEnd = source.content(Part::End, &sealed)?;
        if end.begin_sha256 != hex::encode(sha256(begin)) {
            return Err(source.tampered(Part::Begin, Tampering::Digest));
        }
        for (number, named) in (0..).zip(&end.segments) {
            let part = Part::Segment(number);
            if source.length(part)? != named.length {
                return Err(source.tampered(part, Tampering::Digest));
            }
            let head = source.read(part, 0, named.length.min(HEADER_READ_BYTES))?;
            self.segments.push(source.opener(part, &head)?);
        }
        if let Some(beyond) = (0..).take(segments).nth(end.segments.len()) {
            return Err(source.tampered(Part::Segment(beyond), Tampering::Digest));
        }
        self.digest = Some(sha256(&sealed));
        self.clusters.clone_from(&end.clusters);
        self.end = Some(end);
        Ok(())
    }

    /// A span that a crash cut off: everything up to the last whole chunk.
    fn take_what_is_whole(&mut self, source: &Source<'_>, numbers: &[u32]) -> Result<(), RecordingError> {
        for &number in numbers {
            let part = Part::Segment(number);
            let last = numbers.last() == Some(&number);
            let object = source.load(part)?;
            if last && Header::parse(&object).is_err_and(|error| error == NoHeader::Torn) {
                self.torn_bytes = object.len() as u64;
                return Ok(());
            }
            let opener = source.opener(part, &object)?;
            let sealed = object.get(opener.header_length..).unwrap_or_default();
            let mut reader = ClusterReader { segment: number, ..ClusterReader::default() };
            let ending = opener
                .open(sealed, 0, |chunk| {
                    reader.take(chunk.counter, opener.header_length + chunk.offset, chunk.plain);
                })
                .map_err(|finding| source.tampered(part, finding))?;
            self.clusters.append(&mut reader.clusters);
            self.segments.push(opener);
            match ending {
                Ending::Final => {}
                Ending::Torn { .. } if !last => return Err(source.tampered(part, Tampering::Truncated)),
                Ending::Torn { whole_bytes } => self.torn_bytes = (sealed.len() - whole_bytes) as u64,
            }
        }
        Ok(())
    }
}

/// Enough for any header of ours.
const HEADER_READ_BYTES: u64 = ENVELOPE_HEADER_BYTES_MAX as u64 + 128;

/// Finds the clusters of a segment, behind its head, each of which begins with a chunk.
#[derive(Default)]
struct ClusterReader {
    segment: u32,
    head: Vec<u8>,
    head_passed: bool,
    /// First chunk, its offset, and what there is of the cluster.
    partial: Option<(u32, u64, Vec<u8>)>,
    clusters: Vec<ClusterPlace>,
}

impl ClusterReader {
    fn take(&mut self, counter: u32, offset: usize, plain: &[u8]) {
        if !self.head_passed {
            self.head.extend_from_slice(plain);
            self.head_passed = matroska::tracks_of(&self.head).is_some();
            return;
        }
        let (chunk, offset, bytes) = self.partial.get_or_insert((counter, offset as u64, Vec::new()));
        bytes.extend_from_slice(plain);
        let Some(element) = Elements(bytes).next() else { return };
        if let Some(facts) = matroska::facts(element.content) {
            self.clusters.push(ClusterPlace {
                segment: self.segment,
                chunk: *chunk,
                offset: *offset,
                length: element.whole.len() as u64,
                first_ms: facts.first_ms,
                last_ms: facts.last_ms,
                keyframes: facts.keyframes,
            });
        }
        self.partial = None;
    }
}

/// The objects of one span.
struct Source<'a> {
    objects: &'a dyn Objects,
    operator: &'a OperatorKey,
    address: &'a SpanAddress,
}

impl Source<'_> {
    fn load(&self, part: Part) -> Result<Vec<u8>, RecordingError> {
        let length = self.length(part)?;
        if length > OBJECT_BYTES_MAX {
            return Err(self.tampered(part, Tampering::Content));
        }
        self.read(part, 0, length)
    }

    fn length(&self, part: Part) -> Result<u64, RecordingError> {
        self.objects.length(&self.address.object(part))?.ok_or_else(|| self.tampered(part, Tampering::Missing))
    }

    fn read(&self, part: Part, from: u64, to: u64) -> Result<Vec<u8>, RecordingError> {
        Ok(self.objects.read(&self.address.object(part), from..to)?)
    }

    /// The opener of an object that says to be what it must be.
    fn opener(&self, part: Part, object: &[u8]) -> Result<Opener, RecordingError> {
        let header = Header::parse(object).map_err(|_| self.tampered(part, Tampering::Header))?;
        if header.subject.address() != *self.address || header.subject.part != part {
            return Err(self.tampered(part, Tampering::Subject));
        }
        Opener::new(self.operator, &header)
    }

    fn content<T: serde::de::DeserializeOwned>(&self, part: Part, object: &[u8]) -> Result<T, RecordingError> {
        let opener = self.opener(part, object)?;
        let plain = opener.open_whole(object).map_err(|finding| self.tampered(part, finding))?;
        serde_json::from_slice(&plain).map_err(|_| self.tampered(part, Tampering::Content))
    }

    fn tampered(&self, part: Part, finding: Tampering) -> RecordingError {
        RecordingError::Tampered { part, object: self.address.object(part), finding }
    }
}

fn parts(objects: &dyn Objects, address: &SpanAddress) -> Result<Vec<Part>, ObjectsError> {
    let keys = objects.list(&address.folder())?;
    let part = |key: &ObjectKey| SpanAddress::parse(key).filter(|(found, _)| found == address).map(|(_, part)| part);
    let mut parts: Vec<Part> = keys.iter().filter_map(part).collect();
    parts.sort();
    Ok(parts)
}
