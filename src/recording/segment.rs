//! One segment of a span on its way to the store: Matroska clusters in, sealed chunks appended.

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use crate::{
    ObjectKey, Objects, OperatorKey, RecordingError, Subject,
    envelope::{CHUNK_OVERHEAD_BYTES, Sealer},
    limits::CHUNK_BYTES,
    matroska::ClusterFacts,
};

/// Where a cluster is, and what can be told of it without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterPlace {
    /// The segment it is in.
    pub segment: u32,
    /// Number of its first chunk within the segment.
    pub chunk: u32,
    /// Offset of that chunk within the sealed object, in bytes.
    pub offset: u64,
    /// Plain length, in bytes.
    pub length: u64,
    /// Time of its first block on the span's clock.
    pub first_ms: u64,
    /// Time of its last block.
    pub last_ms: u64,
    /// Bit n: it holds a key frame of track n.
    pub keyframes: u64,
}

impl ClusterPlace {
    /// Length of its chunks within the sealed object, in bytes.
    pub(crate) fn sealed_length(&self) -> u64 {
        self.length + self.length.div_ceil(CHUNK_BYTES as u64) * CHUNK_OVERHEAD_BYTES as u64
    }
}

/// A closed segment, for the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentSummary {
    /// Length of the sealed object, in bytes.
    pub length: u64,
    /// SHA-256 over the sealed object, in hexadecimal.
    pub sha256: String,
}

/// A segment that is being written.
pub(crate) struct SegmentWriter {
    number: u32,
    key: ObjectKey,
    sealer: Sealer,
    /// Bytes in the store.
    length: u64,
    digest: Context,
    /// Header and head, to be appended with the first cluster.
    unwritten: Vec<u8>,
    pub(crate) opened_micros: u64,
    /// How many tracks its head names.
    pub(crate) tracks: usize,
}

impl SegmentWriter {
    pub(crate) fn new(
        operator: &OperatorKey,
        subject: &Subject,
        number: u32,
        head: &[u8],
        tracks: usize,
        opened_micros: u64,
    ) -> Result<Self, RecordingError> {
        let (mut sealer, mut unwritten) = Sealer::new(operator, subject)?;
        sealer.seal(head, &mut unwritten)?;
        Ok(Self {
            number,
            key: subject.object(),
            sealer,
            length: 0,
            digest: Context::new(&SHA256),
            unwritten,
            opened_micros,
            tracks,
        })
    }

    /// Bytes in the store.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Seals a cluster and appends it.
    pub(crate) fn write(
        &mut self,
        objects: &dyn Objects,
        cluster: &[u8],
        facts: ClusterFacts,
    ) -> Result<ClusterPlace, RecordingError> {
        let place = ClusterPlace {
            segment: self.number,
            chunk: self.sealer.chunks(),
            offset: self.length + self.unwritten.len() as u64,
            length: cluster.len() as u64,
            first_ms: facts.first_ms,
            last_ms: facts.last_ms,
            keyframes: facts.keyframes,
        };
        let mut bytes = std::mem::take(&mut self.unwritten);
        self.sealer.seal(cluster, &mut bytes)?;
        self.append(objects, &bytes)?;
        Ok(place)
    }

    /// Appends the final chunk.
    pub(crate) fn finish(mut self, objects: &dyn Objects) -> Result<SegmentSummary, RecordingError> {
        let mut bytes = std::mem::take(&mut self.unwritten);
        self.sealer.finish(&mut bytes)?;
        self.append(objects, &bytes)?;
        Ok(SegmentSummary { length: self.length, sha256: hex::encode(self.digest.finish()) })
    }

    fn append(&mut self, objects: &dyn Objects, bytes: &[u8]) -> Result<(), RecordingError> {
        objects.append(&self.key, self.length, bytes)?;
        self.digest.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }
}
