//! A span as one finalised Matroska stream, decrypted piece by piece as it is read.
//!
//! The clusters are those that were written; a new head with duration, all tracks and a seek table goes in front of them. So the
//! stream's length is known, any byte range of it can be read, and nothing of it is ever written to a disk.

use std::io::{self, Read, Seek, SeekFrom};

use crate::{
    ClusterPlace, Recording, RecordingError,
    ebml::{Elements, Id, binary, master, read_unsigned, unsigned, unsigned_wide, write_id, write_size_wide},
    limits::CUE_INTERVAL_MS,
    matroska::{self, CUES, INFO, SEEK_HEAD, SEGMENT, TRACKS},
};

/// A finalised stream: `Read` and `Seek`, with a known length.
pub struct Playback {
    recording: Recording,
    head: Vec<u8>,
    /// Where each cluster begins in the stream.
    starts: Vec<u64>,
    length: u64,
    position: u64,
    /// The cluster that was read last, with its index.
    opened: Option<(usize, Vec<u8>)>,
}

impl Playback {
    pub(crate) fn new(recording: Recording) -> Result<Self, RecordingError> {
        let head = head(&recording)?;
        let mut length = head.len() as u64;
        let starts = recording.clusters().iter().map(|cluster| {
            let start = length;
            length = length.saturating_add(cluster.length);
            start
        });
        Ok(Self { starts: starts.collect(), head, length, position: 0, opened: None, recording })
    }

    /// Length of the stream, in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The recording that is played.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Reads some bytes from `offset` on; 0 at the end.
    ///
    /// # Errors
    /// [`RecordingError::Tampered`] naming the segment, or a failure of the store.
    pub fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> Result<usize, RecordingError> {
        if offset >= self.length {
            return Ok(0);
        }
        if offset < self.head.len() as u64 {
            return Ok(copy_from(&self.head, offset, buffer));
        }
        let Some(index) = self.starts.partition_point(|start| *start <= offset).checked_sub(1) else {
            return Ok(0);
        };
        let (Some(start), Some(place)) = (self.starts.get(index), self.recording.clusters().get(index)) else {
            return Ok(0);
        };
        if self.opened.as_ref().is_none_or(|(opened, _)| *opened != index) {
            let cluster = self.recording.cluster(place)?;
            if cluster.len() as u64 != place.length {
                return Err(self.recording.malformed(place.segment));
            }
            self.opened = Some((index, cluster));
        }
        let cluster = self.opened.as_ref().map_or(&[][..], |(_, cluster)| cluster);
        Ok(copy_from(cluster, offset - start, buffer))
    }
}

fn copy_from(bytes: &[u8], offset: u64, buffer: &mut [u8]) -> usize {
    let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or_default();
    let count = rest.len().min(buffer.len());
    for (to, from) in buffer.iter_mut().zip(rest) {
        *to = *from;
    }
    count
}

impl Read for Playback {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.read_at(self.position, buffer).map_err(io::Error::other)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Playback {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(distance) => self.length.checked_add_signed(distance),
            SeekFrom::Current(distance) => self.position.checked_add_signed(distance),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// Everything before the first cluster.
fn head(recording: &Recording) -> Result<Vec<u8>, RecordingError> {
    let tracks = recording.tracks()?;
    let mut info = Vec::new();
    matroska::info(&mut info, recording.header().started_at_ms, Some(recording.duration_ms()));
    let clusters = recording.clusters();
    let cue_points = cue_points(clusters, video_tracks(&tracks));
    // Positions are written in eight bytes each, so that lengths do not depend on them.
    let cues_length = cues(&cue_points, 0).len();
    let seek = |from: usize| {
        let places = [(INFO, from, info.len()), (TRACKS, from + info.len(), tracks.len())];
        seek_head(places.into_iter().chain([(CUES, from + info.len() + tracks.len(), cues_length)]))
    };
    let seek_length = seek(0).len();
    let clusters_at = seek_length + info.len() + tracks.len() + cues_length;
    let clusters_length = clusters.iter().fold(0u64, |length, cluster| length.saturating_add(cluster.length));

    let mut out = matroska::ebml_header();
    write_id(&mut out, SEGMENT);
    write_size_wide(&mut out, clusters_length.saturating_add(clusters_at as u64));
    out.extend(seek(seek_length));
    out.extend_from_slice(&info);
    out.extend(tracks);
    out.extend(cues(&cue_points, clusters_at as u64));
    Ok(out)
}

/// Names the elements that there are, each by identifier, place and length.
fn seek_head(elements: impl Iterator<Item = (Id, usize, usize)>) -> Vec<u8> {
    let mut out = Vec::new();
    master(&mut out, SEEK_HEAD, |out| {
        for (id, at, _) in elements.filter(|(_, _, length)| *length > 0) {
            master(out, 0x4DBB, |out| {
                binary(out, 0x53AB, &Id::to_be_bytes(id)); // SeekID
                unsigned_wide(out, 0x53AC, at as u64); // SeekPosition
            });
        }
    });
    out
}

/// An entry of the seek table.
struct CuePoint {
    time_ms: u64,
    /// Bit n: track n can be entered here.
    tracks: u64,
    /// From the first cluster.
    position: u64,
}

/// Clusters with a key frame of a video, or, when there is only sound, one every few seconds.
fn cue_points(clusters: &[ClusterPlace], video: u64) -> Vec<CuePoint> {
    let mut points: Vec<CuePoint> = Vec::new();
    let mut position = 0u64;
    for cluster in clusters {
        let tracks = if video == 0 { cluster.keyframes } else { cluster.keyframes & video };
        let far = points.last().is_none_or(|last| cluster.first_ms >= last.time_ms + CUE_INTERVAL_MS);
        let forward = points.last().is_none_or(|last| cluster.first_ms > last.time_ms);
        if tracks != 0 && forward && (video != 0 || far) {
            points.push(CuePoint { time_ms: cluster.first_ms, tracks, position });
        }
        position = position.saturating_add(cluster.length);
    }
    points
}

fn cues(points: &[CuePoint], clusters_at: u64) -> Vec<u8> {
    let mut out = Vec::new();
    if points.is_empty() {
        return out;
    }
    master(&mut out, CUES, |out| {
        for point in points {
            master(out, 0xBB, |out| {
                unsigned(out, 0xB3, point.time_ms); // CueTime
                for track in (1..64).filter(|track| point.tracks >> track & 1 == 1) {
                    master(out, 0xB7, |out| {
                        unsigned(out, 0xF7, track); // CueTrack
                        unsigned_wide(out, 0xF1, clusters_at.saturating_add(point.position)); // CueClusterPosition
                    });
                }
            });
        }
    });
    out
}

/// Bit n: track n is a video.
fn video_tracks(tracks: &[u8]) -> u64 {
    const VIDEO: u64 = 1;
    let entries = Elements(tracks).flat_map(|tracks| Elements(tracks.content));
    entries.fold(0, |set, entry| {
        let field = |id| {
            let found = Elements(entry.content).find(|element| element.id == id);
            found.and_then(|element| read_unsigned(element.content))
        };
        match (field(0xD7), field(0x83)) {
            (Some(number @ 1..64), Some(VIDEO)) => set | 1 << number,
            _ => set,
        }
    })
}
