//! Several spans as one live Matroska stream: one after the other on one clock, tracks of the same person, kind and codec
//! joined.

use std::io::{self, Write};

use super::ExportError;
use crate::{
    Recording, RecordingError,
    ebml::{self, Element, Elements, Id, master, read_unsigned, unsigned, write_id},
    limits::TRACKS_MAX,
    matroska::{self, Block, SEGMENT, TRACKS},
};

const TRACK_ENTRY: Id = 0xAE;
const TRACK_NUMBER: Id = 0xD7;
const TRACK_UID: Id = 0x73C5;
const TRACK_TYPE: Id = 0x83;
const TRACK_NAME: Id = 0x536E;
const CODEC_ID: Id = 0x86;
const VIDEO: u64 = 1;

/// Spans to be read as one stream.
pub(super) struct Joined<'a> {
    spans: &'a [Recording],
    tracks: Vec<JoinedTrack>,
    /// For each span, its track numbers and what they become.
    numbers: Vec<Vec<(u8, u8)>>,
}

/// One track of the joined stream.
struct JoinedTrack {
    video: bool,
    /// The content of its `TrackEntry` as first met.
    entry: Vec<u8>,
}

/// Why the stream was not written to its end.
pub(super) enum WriteError {
    Recording(RecordingError),
    Pipe(io::Error),
}

impl<'a> Joined<'a> {
    pub(super) fn new(spans: &'a [Recording]) -> Result<Self, ExportError> {
        let mut joined = Self { spans, tracks: Vec::new(), numbers: Vec::new() };
        for span in spans {
            let tracks = span.tracks()?;
            let mut numbers: Vec<(u8, u8)> = Vec::new();
            for entry in Elements(&tracks).flat_map(|tracks| Elements(tracks.content)) {
                let taken: Vec<u8> = numbers.iter().map(|(_, joined)| *joined).collect();
                if let Some(number) = field(entry.content, TRACK_NUMBER).and_then(|number| u8::try_from(number).ok()) {
                    numbers.push((number, joined.number_of(&entry, &taken)?));
                }
            }
            joined.numbers.push(numbers);
        }
        if joined.tracks.is_empty() {
            return Err(ExportError::Empty);
        }
        Ok(joined)
    }

    pub(super) fn duration_ms(&self) -> u64 {
        self.spans.iter().map(Recording::duration_ms).sum()
    }

    pub(super) fn videos(&self) -> usize {
        self.tracks.iter().filter(|track| track.video).count()
    }

    pub(super) fn audios(&self) -> usize {
        self.tracks.len() - self.videos()
    }

    pub(super) fn write_to(&mut self, mut out: impl Write) -> Result<(), WriteError> {
        out.write_all(&self.head()).map_err(WriteError::Pipe)?;
        let mut offset_ms = 0;
        for (span, numbers) in self.spans.iter().zip(&self.numbers) {
            for place in span.clusters() {
                let cluster = span.cluster(place).map_err(WriteError::Recording)?;
                let content = Elements(&cluster).next().map(|element| element.content).unwrap_or_default();
                let mut blocks: Vec<Block> = matroska::blocks(content)
                    .filter_map(|(block, payload)| {
                        let (_, track) = numbers.iter().find(|(number, _)| *number == block.track)?;
                        Some(Block {
                            track: *track,
                            time_ms: offset_ms + block.time_ms,
                            keyframe: block.keyframe,
                            payload: payload.to_vec(),
                        })
                    })
                    .collect();
                out.write_all(&matroska::cluster(&mut blocks).0).map_err(WriteError::Pipe)?;
            }
            offset_ms += span.duration_ms();
        }
        out.flush().map_err(WriteError::Pipe)
    }

    /// The number of the joined track that an entry belongs to: the first of its person, kind and codec that this span
    /// has not taken yet, or a new one.
    fn number_of(&mut self, entry: &Element<'_>, taken: &[u8]) -> Result<u8, ExportError> {
        let alike = |track: &JoinedTrack| {
            [TRACK_NAME, CODEC_ID].iter().all(|id| content(&track.entry, *id) == content(entry.content, *id))
        };
        let known = (1..).zip(&self.tracks).find(|(number, track)| alike(track) && !taken.contains(number));
        if let Some((number, _)) = known {
            return Ok(number);
        }
        if self.tracks.len() >= TRACKS_MAX {
            return Err(ExportError::TooManyTracks(TRACKS_MAX));
        }
        self.tracks.push(JoinedTrack {
            video: field(entry.content, TRACK_TYPE) == Some(VIDEO),
            entry: entry.content.to_vec(),
        });
        u8::try_from(self.tracks.len()).map_err(|_| ExportError::TooManyTracks(TRACKS_MAX))
    }

    fn head(&self) -> Vec<u8> {
        let mut out = matroska::ebml_header();
        write_id(&mut out, SEGMENT);
        out.extend_from_slice(&ebml::UNKNOWN_SIZE);
        matroska::info(&mut out, self.spans.first().map_or(0, |span| span.header().started_at_ms), None);
        master(&mut out, TRACKS, |out| {
            for (number, track) in (1..).zip(&self.tracks) {
                master(out, TRACK_ENTRY, |out| {
                    for element in Elements(&track.entry) {
                        match element.id {
                            TRACK_NUMBER | TRACK_UID => unsigned(out, element.id, number),
                            _ => out.extend_from_slice(element.whole),
                        }
                    }
                });
            }
        });
        out
    }
}

fn content(entry: &[u8], id: Id) -> Option<&[u8]> {
    Elements(entry).find(|element| element.id == id).map(|element| element.content)
}

fn field(entry: &[u8], id: Id) -> Option<u64> {
    read_unsigned(content(entry, id)?)
}
