//! What the media plane's tap hands over.

use serde::{Deserialize, Serialize};

/// One RTP packet, authenticated and decrypted, without its header, taken from the media plane under a grant.
#[derive(Debug, Clone, Copy)]
pub struct MediaPacket<'a> {
    /// Generation of the grant that the packet was tapped under.
    pub generation: u64,
    /// The publication it belongs to.
    pub track: TrackKey,
    /// The codec of its payload type.
    pub codec: Codec,
    /// When it arrived, in microseconds of the clock that the span's begin was read from.
    pub arrival_micros: u64,
    /// RTP synchronisation source; another one means that the publisher started anew.
    pub source: u32,
    /// RTP sequence number.
    pub sequence: u16,
    /// RTP timestamp, in units of [`Codec::clock_rate_hz`].
    pub timestamp: u32,
    /// RTP marker bit.
    pub marker: bool,
    /// RTP payload without padding. May be empty (padding only).
    pub payload: &'a [u8],
}

/// A publication's audio or video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TrackKey {
    /// The media plane's number for the publication.
    pub publication: u64,
    /// Which half of it.
    pub kind: Kind,
}

/// Audio or video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Sound.
    Audio,
    /// Pictures: a camera or a screen.
    Video,
}

/// The codecs that can be recorded without transcoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    /// RFC 7587.
    Opus,
    /// RFC 7741.
    Vp8,
    /// RFC 9628.
    Vp9,
    /// RFC 6184, packetization modes 0 and 1.
    H264,
    /// The RTP payload format of the Alliance for Open Media.
    Av1,
}

impl Codec {
    /// What the codec carries.
    pub fn kind(self) -> Kind {
        match self {
            Self::Opus => Kind::Audio,
            Self::Vp8 | Self::Vp9 | Self::H264 | Self::Av1 => Kind::Video,
        }
    }

    /// Units of the RTP timestamp per second.
    pub fn clock_rate_hz(self) -> u32 {
        match self {
            Self::Opus => 48_000,
            Self::Vp8 | Self::Vp9 | Self::H264 | Self::Av1 => 90_000,
        }
    }

    /// Matroska's name of the codec.
    pub(crate) fn matroska_id(self) -> &'static str {
        match self {
            Self::Opus => "A_OPUS",
            Self::Vp8 => "V_VP8",
            Self::Vp9 => "V_VP9",
            Self::H264 => "V_MPEG4/ISO/AVC",
            Self::Av1 => "V_AV1",
        }
    }
}
