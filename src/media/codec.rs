//! The codecs that are forwarded, and the little that forwarding must know of their payloads.

use crate::keys::Kind;

/// A codec that passes through the media plane unchanged. H.264, VP9 and AV1 join here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Codec {
    /// RFC 7587.
    Opus,
    /// RFC 7741.
    Vp8,
}

impl Codec {
    /// How many codecs there are; `index` is below it.
    pub(crate) const COUNT: usize = 2;
    /// All codecs in the order in which an answer prefers them.
    pub(crate) const PREFERENCE: [Codec; Codec::COUNT] = [Codec::Opus, Codec::Vp8];

    /// A small number for tables by codec.
    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// Whether it is heard or seen.
    pub fn kind(self) -> Kind {
        match self {
            Codec::Opus => Kind::Audio,
            Codec::Vp8 => Kind::Video,
        }
    }

    /// Ticks of the RTP timestamp per second.
    pub fn clock_rate_hz(self) -> u32 {
        match self {
            Codec::Opus => 48_000,
            Codec::Vp8 => 90_000,
        }
    }

    /// The encoding as `a=rtpmap` writes it.
    pub(crate) fn rtpmap(self) -> &'static str {
        match self {
            Codec::Opus => "opus/48000/2",
            Codec::Vp8 => "VP8/90000",
        }
    }

    /// The codec that an `a=rtpmap` encoding names, if it is one of ours.
    pub(crate) fn from_rtpmap(encoding: &str) -> Option<Codec> {
        Codec::PREFERENCE.into_iter().find(|codec| codec.rtpmap().eq_ignore_ascii_case(encoding))
    }

    /// Format parameters of an answer: what we ask the sender to do.
    pub(crate) fn answer_parameters(self) -> Option<&'static str> {
        match self {
            Codec::Opus => Some("minptime=10;useinbandfec=1;usedtx=1"),
            Codec::Vp8 => None,
        }
    }

    /// Whether a decoder that has nothing can begin at this payload. Any audio packet will do.
    pub(crate) fn begins_decodable(self, payload: &[u8]) -> bool {
        match self {
            Codec::Opus => true,
            Codec::Vp8 => vp8_begins_keyframe(payload),
        }
    }
}

/// RFC 7741, 4.2 and 4.3: start of the first partition of a frame whose inverse key frame flag is zero.
fn vp8_begins_keyframe(payload: &[u8]) -> bool {
    const EXTENDED: u8 = 0x80;
    const START_OF_PARTITION: u8 = 0x10;
    const PARTITION: u8 = 0x07;
    let begins = || -> Option<bool> {
        let first = *payload.first()?;
        if first & START_OF_PARTITION == 0 || first & PARTITION != 0 {
            return Some(false);
        }
        let mut at = 1;
        if first & EXTENDED != 0 {
            let extensions = *payload.get(at)?;
            at += 1;
            if extensions & 0x80 != 0 {
                // The picture identifier has one byte, or two when its first bit is set.
                at += if *payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
            }
            if extensions & 0x40 != 0 {
                at += 1;
            }
            if extensions & 0x30 != 0 {
                at += 1;
            }
        }
        Some(*payload.get(at)? & 0x01 == 0)
    };
    begins().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vp8_keyframe_is_recognised_behind_every_descriptor() {
        assert!(Codec::Vp8.begins_decodable(&[0x10, 0x00, 0, 0]));
        assert!(Codec::Vp8.begins_decodable(&[0x90, 0x80, 0x11, 0x00]));
        assert!(Codec::Vp8.begins_decodable(&[0x90, 0x80, 0x91, 0x12, 0x00]));
        assert!(Codec::Vp8.begins_decodable(&[0x90, 0xf0, 0x91, 0x12, 7, 0x20, 0x00]));
    }

    #[test]
    fn a_delta_frame_a_later_partition_and_a_truncated_descriptor_are_no_keyframe() {
        assert!(!Codec::Vp8.begins_decodable(&[0x10, 0x01]));
        assert!(!Codec::Vp8.begins_decodable(&[0x00, 0x00]));
        assert!(!Codec::Vp8.begins_decodable(&[0x11, 0x00]));
        for length in 0..6 {
            assert!(!Codec::Vp8.begins_decodable(&[0x90, 0xf0, 0x91, 0x12, 7, 0x20][..length]));
        }
    }
}
