//! Matroska (RFC 9559), as far as a live recording needs it: a head with the tracks, then clusters of simple blocks.
//!
//! Live streams have a segment of unknown size and no seek table, so that they can be cut anywhere and still play. The
//! finalised form (see `playback`) puts a new head, with duration and cues, in front of the very same clusters.

use crate::{
    Codec, Kind, ebml,
    ebml::{Elements, Id, binary, float, master, read_unsigned, signed, text, unsigned},
};

pub(crate) const SEGMENT: Id = 0x1853_8067;
pub(crate) const INFO: Id = 0x1549_A966;
pub(crate) const TRACKS: Id = 0x1654_AE6B;
pub(crate) const CLUSTER: Id = 0x1F43_B675;
pub(crate) const CUES: Id = 0x1C53_BB6B;
pub(crate) const SEEK_HEAD: Id = 0x114D_9B74;
const EBML: Id = 0x1A45_DFA3;
const TIMESTAMP: Id = 0xE7;
const SIMPLE_BLOCK: Id = 0xA3;
const SIMPLE_BLOCK_KEYFRAME: u8 = 0x80;
const PROGRAM: &str = "Accord";
/// Matroska dates count from 2001-01-01 UTC.
const EPOCH_2001_MS: i64 = 978_307_200_000;
/// A decoder of Opus needs 80 ms before the point sought (RFC 7845, section 4.6).
const OPUS_SEEK_PRE_ROLL_NS: u64 = 80_000_000;

/// What a decoder must know before the first frame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Setup {
    pub(crate) codec_private: Vec<u8>,
    /// 0 for audio.
    pub(crate) width: u32,
    /// 0 for audio.
    pub(crate) height: u32,
}

/// One track of a recording.
#[derive(Debug, Clone)]
pub(crate) struct Track {
    /// 1 to 63.
    pub(crate) number: u8,
    pub(crate) codec: Codec,
    pub(crate) label: String,
    pub(crate) setup: Setup,
}

/// One encoded frame on the span's clock.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) track: u8,
    pub(crate) time_ms: u64,
    pub(crate) keyframe: bool,
    pub(crate) payload: Vec<u8>,
}

/// What can be told of a cluster without opening it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ClusterFacts {
    pub(crate) first_ms: u64,
    pub(crate) last_ms: u64,
    /// Bit n: a key frame of track n is in it.
    pub(crate) keyframes: u64,
}

/// The head of a live stream: everything before the first cluster.
pub(crate) fn live_head(started_at_ms: i64, tracks: &[Track]) -> Vec<u8> {
    let mut out = ebml_header();
    ebml::write_id(&mut out, SEGMENT);
    out.extend_from_slice(&ebml::UNKNOWN_SIZE);
    info(&mut out, started_at_ms, None);
    master(&mut out, TRACKS, |out| {
        for track in tracks {
            track_entry(out, track);
        }
    });
    out
}

pub(crate) fn ebml_header() -> Vec<u8> {
    let mut out = Vec::new();
    master(&mut out, EBML, |out| {
        unsigned(out, 0x4286, 1); // EBMLVersion
        unsigned(out, 0x42F7, 1); // EBMLReadVersion
        unsigned(out, 0x42F2, 4); // EBMLMaxIDLength
        unsigned(out, 0x42F3, 8); // EBMLMaxSizeLength
        text(out, 0x4282, "matroska"); // DocType
        unsigned(out, 0x4287, 4); // DocTypeVersion
        unsigned(out, 0x4285, 2); // DocTypeReadVersion
    });
    out
}

/// The segment's description; timestamps count milliseconds of the span.
pub(crate) fn info(out: &mut Vec<u8>, started_at_ms: i64, duration_ms: Option<u64>) {
    master(out, INFO, |out| {
        unsigned(out, 0x2A_D7B1, 1_000_000); // TimestampScale, in ns
        if let Some(duration_ms) = duration_ms {
            // Exact below 2⁵³ ms.
            #[allow(clippy::cast_precision_loss)]
            float(out, 0x4489, duration_ms as f64); // Duration
        }
        signed(out, 0x4461, started_at_ms.saturating_sub(EPOCH_2001_MS).saturating_mul(1_000_000)); // DateUTC
        text(out, 0x4D80, PROGRAM); // MuxingApp
        text(out, 0x5741, PROGRAM); // WritingApp
    });
}

fn track_entry(out: &mut Vec<u8>, track: &Track) {
    master(out, 0xAE, |out| {
        unsigned(out, 0xD7, track.number.into()); // TrackNumber
        unsigned(out, 0x73C5, track.number.into()); // TrackUID
        unsigned(out, 0x9C, 0); // FlagLacing
        text(out, 0x22_B59C, "und"); // Language
        text(out, 0x536E, &track.label); // Name
        text(out, 0x86, track.codec.matroska_id()); // CodecID
        if !track.setup.codec_private.is_empty() {
            binary(out, 0x63A2, &track.setup.codec_private); // CodecPrivate
        }
        match track.codec.kind() {
            Kind::Audio => {
                unsigned(out, 0x83, 2); // TrackType
                unsigned(out, 0x56BB, OPUS_SEEK_PRE_ROLL_NS); // SeekPreRoll
                master(out, 0xE1, |out| {
                    float(out, 0xB5, 48_000.0); // SamplingFrequency
                    unsigned(out, 0x9F, 2); // Channels
                });
            }
            Kind::Video => {
                unsigned(out, 0x83, 1); // TrackType
                master(out, 0xE0, |out| {
                    unsigned(out, 0xB0, track.setup.width.into()); // PixelWidth
                    unsigned(out, 0xBA, track.setup.height.into()); // PixelHeight
                });
            }
        }
    });
}

/// A cluster of known size. Blocks are put in the order of their times, and those of one track stay in theirs.
/// The times must lie within 32 s of each other, as they do within a flush interval.
pub(crate) fn cluster(blocks: &mut [Block]) -> (Vec<u8>, ClusterFacts) {
    blocks.sort_by_key(|block| block.time_ms);
    let mut facts = ClusterFacts {
        first_ms: blocks.first().map_or(0, |block| block.time_ms),
        last_ms: blocks.last().map_or(0, |block| block.time_ms),
        keyframes: 0,
    };
    let mut out = Vec::new();
    master(&mut out, CLUSTER, |out| {
        unsigned(out, TIMESTAMP, facts.first_ms);
        for block in blocks {
            let relative_ms = i16::try_from(block.time_ms.saturating_sub(facts.first_ms)).unwrap_or(i16::MAX);
            let flags = if block.keyframe { SIMPLE_BLOCK_KEYFRAME } else { 0 };
            if block.keyframe {
                facts.keyframes |= 1 << block.track;
            }
            ebml::write_id(out, SIMPLE_BLOCK);
            ebml::write_size(out, block.payload.len() as u64 + 4);
            out.push(0x80 | block.track);
            out.extend_from_slice(&relative_ms.to_be_bytes());
            out.push(flags);
            out.extend_from_slice(&block.payload);
        }
    });
    (out, facts)
}

/// The blocks of a cluster's content, their payloads borrowed.
pub(crate) fn blocks(cluster: &[u8]) -> impl Iterator<Item = (ClusterTime, &[u8])> {
    let mut base_ms = 0;
    Elements(cluster).filter_map(move |element| match element.id {
        TIMESTAMP => {
            base_ms = read_unsigned(element.content)?;
            None
        }
        SIMPLE_BLOCK => {
            let ([track, high, low, flags], payload) = element.content.split_first_chunk::<4>()?;
            let relative_ms = i64::from(i16::from_be_bytes([*high, *low]));
            let time_ms = base_ms.saturating_add_signed(relative_ms);
            let keyframe = flags & SIMPLE_BLOCK_KEYFRAME != 0;
            Some((ClusterTime { track: track & 0x3f, time_ms, keyframe }, payload))
        }
        _ => None,
    })
}

/// Where a block belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClusterTime {
    pub(crate) track: u8,
    pub(crate) time_ms: u64,
    pub(crate) keyframe: bool,
}

/// Reads the facts of a cluster back from its content.
pub(crate) fn facts(cluster: &[u8]) -> Option<ClusterFacts> {
    blocks(cluster).fold(None, |facts, (block, _)| {
        let facts = facts.unwrap_or(ClusterFacts { first_ms: block.time_ms, last_ms: 0, keyframes: 0 });
        Some(ClusterFacts {
            first_ms: facts.first_ms.min(block.time_ms),
            last_ms: facts.last_ms.max(block.time_ms),
            keyframes: facts.keyframes | u64::from(block.keyframe) << block.track,
        })
    })
}

/// The `Tracks` element of a live stream's head, as written.
pub(crate) fn tracks_of(head: &[u8]) -> Option<&[u8]> {
    let segment = Elements(head).find(|element| element.id == SEGMENT)?;
    Elements(segment.content).find(|element| element.id == TRACKS).map(|element| element.whole)
}
