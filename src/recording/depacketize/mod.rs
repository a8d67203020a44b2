//! RTP packets in, encoded frames on the span's clock out; one [`Stream`] per track.
//!
//! A gap costs what it hides: the sound of its packets, the pictures until the next key frame. Payload formats are read
//! by our own parsers, since those at hand index beyond short packets; theirs packetize in our tests.

mod av1;
mod bits;
mod clock;
mod h264;
mod reorder;
mod vp8;
mod vp9;

use crate::{
    Codec, Kind, MediaPacket,
    limits::{CODEC_PRIVATE_BYTES_MAX, FRAME_BYTES_MAX, REORDER_WAIT_MICROS},
    matroska::Setup,
};
use clock::StreamClock;
use reorder::{Ordered, Reorder};

/// An encoded frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) time_ms: u64,
    /// Given with every key frame.
    pub(crate) setup: Option<Setup>,
    pub(crate) payload: Vec<u8>,
}

/// A payload that its format does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// The packets of one track on their way to frames.
#[derive(Debug)]
pub(crate) struct Stream {
    source: Option<u32>,
    /// The synchronisation source before it, whose stragglers are late, and when it ended.
    source_before: Option<(u32, u64)>,
    reorder: Reorder,
    clock: StreamClock,
    assembly: Assembly,
    needs_keyframe: bool,
    dropped: u64,
    /// Timestamp of the frame that was dropped last, so that its other packets do not count again.
    dropped_timestamp: Option<u32>,
}

impl Stream {
    pub(crate) fn new(codec: Codec) -> Self {
        Self {
            source: None,
            source_before: None,
            reorder: Reorder::default(),
            clock: StreamClock::new(codec.clock_rate_hz()),
            assembly: Assembly::new(codec),
            needs_keyframe: codec.kind() == Kind::Video,
            dropped: 0,
            dropped_timestamp: None,
        }
    }

    /// Takes a packet that arrived `arrival_micros` (of the packet) after the span's begin.
    pub(crate) fn push(&mut self, packet: &MediaPacket<'_>, out: &mut Vec<Frame>) {
        let straggles = |(source, ended_micros): (u32, u64)| {
            source == packet.source && packet.arrival_micros.saturating_sub(ended_micros) < REORDER_WAIT_MICROS
        };
        if self.source_before.is_some_and(straggles) {
            return;
        }
        if self.source.is_some_and(|source| source != packet.source) {
            self.finish(out);
            self.break_off();
            self.reorder.restart();
            self.clock.restart();
            self.source_before = self.source.map(|source| (source, packet.arrival_micros));
        }
        self.source = Some(packet.source);
        self.with_reorder(out, |reorder, ordered| reorder.push(packet, ordered));
    }

    /// Gives up on gaps that time has closed.
    pub(crate) fn expire(&mut self, now_micros: u64, out: &mut Vec<Frame>) {
        self.with_reorder(out, |reorder, ordered| reorder.expire(now_micros, ordered));
    }

    /// Everything that is complete.
    pub(crate) fn finish(&mut self, out: &mut Vec<Frame>) {
        self.with_reorder(out, Reorder::release_all);
    }

    /// Whether pictures are being dropped for want of a key frame.
    pub(crate) fn needs_keyframe(&self) -> bool {
        self.needs_keyframe
    }

    /// Packets that never came.
    pub(crate) fn lost_packets(&self) -> u64 {
        self.reorder.lost()
    }

    /// Frames that came but could not be used.
    pub(crate) fn dropped_frames(&self) -> u64 {
        self.dropped
    }

    fn with_reorder(&mut self, out: &mut Vec<Frame>, step: impl FnOnce(&mut Reorder, &mut Vec<Ordered>)) {
        let mut ordered = Vec::new();
        step(&mut self.reorder, &mut ordered);
        for packet in ordered {
            self.take(&packet, out);
        }
    }

    fn take(&mut self, packet: &Ordered, out: &mut Vec<Frame>) {
        if packet.after_loss {
            self.break_off();
        }
        if packet.payload.is_empty() {
            return; // padding, sent to probe the bandwidth
        }
        if self.assembly.begun.is_some_and(|(timestamp, _)| timestamp != packet.timestamp) {
            self.complete(out);
        }
        if self.assembly.append(packet).is_err() {
            self.break_off();
        } else if packet.marker || self.assembly.format.is_whole_in_one_packet() {
            self.complete(out);
        }
    }

    /// Drops the frame at hand, and with it whatever would refer to it.
    fn break_off(&mut self) {
        if let Some((timestamp, _)) = self.assembly.clear() {
            self.count_dropped(timestamp);
        }
        self.needs_keyframe = self.assembly.format.kind() == Kind::Video;
    }

    fn count_dropped(&mut self, timestamp: u32) {
        if self.dropped_timestamp.replace(timestamp) != Some(timestamp) {
            self.dropped += 1;
        }
    }

    fn complete(&mut self, out: &mut Vec<Frame>) {
        let Ok((payload, setup)) = self.assembly.finish() else { return self.break_off() };
        let Some((timestamp, arrival_micros)) = self.assembly.clear() else { return };
        if payload.is_empty() {
            return; // delimiters and filler only
        }
        self.needs_keyframe &= setup.is_none();
        match self.clock.place(timestamp, arrival_micros) {
            Some(time_ms) if !self.needs_keyframe => out.push(Frame { time_ms, setup, payload }),
            Some(_) => self.count_dropped(timestamp),
            None => {
                self.count_dropped(timestamp);
                self.needs_keyframe = self.assembly.format.kind() == Kind::Video;
            }
        }
    }
}

/// A frame in the making.
#[derive(Debug)]
struct Assembly {
    format: Format,
    /// Timestamp and arrival of its first packet.
    begun: Option<(u32, u64)>,
    payload: Vec<u8>,
}

impl Assembly {
    fn new(codec: Codec) -> Self {
        let format = match codec {
            Codec::Opus => Format::Opus,
            Codec::Vp8 => Format::Vp8,
            Codec::Vp9 => Format::Vp9(vp9::Picture::default()),
            Codec::H264 => Format::H264(h264::AccessUnit::default()),
            Codec::Av1 => Format::Av1(av1::TemporalUnit::default()),
        };
        Self { format, begun: None, payload: Vec::new() }
    }

    fn append(&mut self, packet: &Ordered) -> Result<(), Malformed> {
        let first = self.begun.is_none();
        self.begun.get_or_insert((packet.timestamp, packet.arrival_micros));
        if self.payload.len() + packet.payload.len() > FRAME_BYTES_MAX {
            return Err(Malformed);
        }
        self.format.append(first, &packet.payload, &mut self.payload)
    }

    /// The whole frame, with its setup if it is a key frame.
    fn finish(&mut self) -> Result<(Vec<u8>, Option<Setup>), Malformed> {
        let mut payload = std::mem::take(&mut self.payload);
        let setup = self.format.finish(&mut payload)?;
        Ok((payload, setup))
    }

    /// Makes room for the next frame; timestamp and arrival of the one that was at hand.
    fn clear(&mut self) -> Option<(u32, u64)> {
        self.format.clear();
        self.payload.clear();
        self.begun.take()
    }
}

/// The payload formats: how packets become a frame, and which frames are key frames.
#[derive(Debug)]
enum Format {
    Opus,
    Vp8,
    Vp9(vp9::Picture),
    H264(h264::AccessUnit),
    Av1(av1::TemporalUnit),
}

impl Format {
    fn kind(&self) -> Kind {
        match self {
            Self::Opus => Kind::Audio,
            Self::Vp8 | Self::Vp9(_) | Self::H264(_) | Self::Av1(_) => Kind::Video,
        }
    }

    /// Opus sets the marker only after silence (RFC 7587, section 4.2).
    fn is_whole_in_one_packet(&self) -> bool {
        matches!(self, Self::Opus)
    }

    fn append(&mut self, first: bool, packet: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed> {
        match self {
            Self::Opus => {
                frame.extend_from_slice(packet);
                Ok(())
            }
            Self::Vp8 => vp8::append(first, packet, frame),
            Self::Vp9(picture) => picture.append(first, packet, frame),
            Self::H264(unit) => unit.append(packet, frame),
            Self::Av1(unit) => unit.append(packet, frame),
        }
    }

    /// Completes a frame; the setup of a key frame.
    fn finish(&mut self, frame: &mut Vec<u8>) -> Result<Option<Setup>, Malformed> {
        let setup = match self {
            Self::Opus => Some(opus_setup()),
            Self::Vp8 => vp8::keyframe(frame)?,
            Self::Vp9(picture) => picture.finish(frame)?,
            Self::H264(unit) => unit.finish(frame)?,
            Self::Av1(unit) => unit.finish()?,
        };
        if setup.as_ref().is_some_and(|setup| setup.codec_private.len() > CODEC_PRIVATE_BYTES_MAX) {
            return Err(Malformed);
        }
        Ok(setup)
    }

    fn clear(&mut self) {
        match self {
            Self::Opus | Self::Vp8 => {}
            Self::Vp9(picture) => *picture = vp9::Picture::default(),
            Self::H264(unit) => unit.clear(),
            Self::Av1(unit) => *unit = av1::TemporalUnit::default(),
        }
    }
}

/// The `OpusHead` of WebRTC's Opus (RFC 7845, section 5.1): two channels, 48 kHz, nothing to skip, as the tap starts
/// in the middle of a stream. A decoder makes two channels of mono packets by itself.
fn opus_setup() -> Setup {
    let mut head = b"OpusHead\x01\x02".to_vec();
    head.extend_from_slice(&0u16.to_le_bytes()); // pre-skip
    head.extend_from_slice(&48_000u32.to_le_bytes()); // input sample rate
    head.extend_from_slice(&[0, 0, 0]); // output gain, mapping family
    Setup { codec_private: head, width: 0, height: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TrackKey, limits::PACKET_BYTES_MAX};

    /// Packets of one frame that never ends.
    fn endless(codec: Codec, payload: &[u8], first: &[u8]) -> Stream {
        let mut stream = Stream::new(codec);
        let mut out = Vec::new();
        for sequence in 0..3000u16 {
            let packet = MediaPacket {
                generation: 1,
                track: TrackKey { publication: 1, kind: Kind::Video },
                codec,
                source: 1,
                arrival_micros: 0,
                sequence,
                timestamp: 1,
                marker: false,
                payload: if sequence == 0 { first } else { payload },
            };
            stream.push(&packet, &mut out);
            assert!(stream.assembly.payload.len() <= FRAME_BYTES_MAX);
        }
        assert!(out.is_empty());
        stream
    }

    #[test]
    fn a_frame_that_never_ends_is_dropped_once_and_its_memory_bounded() {
        let packet = |head: &[u8]| {
            let mut packet = head.to_vec();
            packet.resize(PACKET_BYTES_MAX, 1);
            packet
        };
        for (codec, first, next) in [
            (Codec::Vp8, &[0x10, 0][..], &[0x00][..]),
            (Codec::Vp9, &[0x08, 0x84], &[0x00]),
            (Codec::H264, &[0x7c, 0x85], &[0x7c, 0x05]),
            (Codec::Av1, &[0x50, 0x30], &[0xd0]),
        ] {
            let stream = endless(codec, &packet(next), &packet(first));
            assert_eq!(stream.dropped_frames(), 1, "{codec:?}");
            assert!(stream.needs_keyframe(), "{codec:?}");
        }
    }
}
