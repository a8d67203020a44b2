//! AV1 over RTP (the payload format of the Alliance for Open Media), into temporal units of sized OBUs as Matroska wants them.

use super::{Malformed, bits::Bits};
use crate::{limits::FRAME_BYTES_MAX, matroska::Setup};

const SEQUENCE_HEADER: u8 = 1;
const TEMPORAL_DELIMITER: u8 = 2;
const FRAME_HEADER: u8 = 3;
const FRAME: u8 = 6;
const TILE_LIST: u8 = 8;
const PADDING: u8 = 15;
const HAS_EXTENSION: u8 = 0x04;
const HAS_SIZE: u8 = 0x02;

/// The OBUs of one temporal unit.
#[derive(Debug, Default)]
pub(super) struct TemporalUnit {
    /// The OBU that goes on in the next packet.
    fragment: Option<Vec<u8>>,
    /// The sequence header, sized, when the unit has one.
    sequence: Option<Vec<u8>>,
    /// Whether the first frame is a key frame.
    keyframe: Option<bool>,
}

impl TemporalUnit {
    /// Appends a packet's OBU elements (section 4.4).
    pub(super) fn append(&mut self, packet: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed> {
        let (&aggregation, mut rest) = packet.split_first().ok_or(Malformed)?;
        let (continues, goes_on) = (aggregation & 0x80 != 0, aggregation & 0x40 != 0);
        let count = usize::from(aggregation >> 4 & 3);
        if continues != self.fragment.is_some() {
            return Err(Malformed);
        }
        let mut number = 0;
        while !rest.is_empty() {
            number += 1;
            let element;
            if number == count {
                (element, rest) = (rest, &[][..]);
            } else {
                let (length, after) = read_leb128(rest).ok_or(Malformed)?;
                (element, rest) = after.split_at_checked(length).ok_or(Malformed)?;
            }
            let mut unit = self.fragment.take().unwrap_or_default();
            unit.extend_from_slice(element);
            if unit.len() > FRAME_BYTES_MAX {
                return Err(Malformed);
            }
            if rest.is_empty() && goes_on {
                self.fragment = Some(unit);
            } else {
                self.take(&unit, frame)?;
            }
        }
        if count != 0 && number != count { Err(Malformed) } else { Ok(()) }
    }

    /// Closes the unit; its decoder configuration when it begins a coded video sequence.
    pub(super) fn finish(&mut self) -> Result<Option<Setup>, Malformed> {
        if self.fragment.is_some() {
            return Err(Malformed);
        }
        match &self.sequence {
            Some(sequence) if self.keyframe == Some(true) => setup(sequence).map(Some),
            _ => Ok(None),
        }
    }

    fn take(&mut self, unit: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed> {
        let (&header, mut rest) = unit.split_first().ok_or(Malformed)?;
        let mut head = vec![header | HAS_SIZE];
        if header & HAS_EXTENSION != 0 {
            let (&extension, after) = rest.split_first().ok_or(Malformed)?;
            head.push(extension);
            rest = after;
        }
        if header & HAS_SIZE != 0 {
            let (size, after) = read_leb128(rest).ok_or(Malformed)?;
            rest = after.get(..size).ok_or(Malformed)?;
        }
        let kind = header >> 3 & 15;
        if matches!(kind, TEMPORAL_DELIMITER | TILE_LIST | PADDING) {
            return Ok(());
        }
        write_leb128(&mut head, rest.len());
        head.extend_from_slice(rest);
        if kind == SEQUENCE_HEADER {
            self.sequence = Some(head.clone());
        }
        if kind == FRAME || kind == FRAME_HEADER {
            // show_existing_frame 0, frame_type 0 (KEY_FRAME)
            self.keyframe.get_or_insert(rest.first().ok_or(Malformed)? >> 5 == 0);
        }
        frame.extend_from_slice(&head);
        if frame.len() > FRAME_BYTES_MAX { Err(Malformed) } else { Ok(()) }
    }
}

/// The `av1C` record around a sequence header, and the picture size (AV1 bitstream, section 5.5).
fn setup(sequence: &[u8]) -> Result<Setup, Malformed> {
    let payload = if sequence.first().ok_or(Malformed)? & HAS_EXTENSION != 0 { 2 } else { 1 };
    let (_, content) = read_leb128(sequence.get(payload..).ok_or(Malformed)?).ok_or(Malformed)?;
    let mut bits = Bits::new(content);
    let profile = byte(bits.number(3)?);
    bits.skip(1)?; // still_picture
    let reduced = bits.flag()?;
    let (level, tier) = if reduced { (byte(bits.number(5)?), 0) } else { operating_points(&mut bits)? };
    let (width_bits, height_bits) = (bits.number(4)? + 1, bits.number(4)? + 1);
    let (width, height) = (bits.number(width_bits)? + 1, bits.number(height_bits)? + 1);
    skip_tools(&mut bits, reduced)?;
    let colour = colour(&mut bits, profile)?;
    let mut record = vec![0x81, profile << 5 | level, tier << 7 | colour, 0];
    record.extend_from_slice(sequence);
    Ok(Setup { codec_private: record, width, height })
}

/// Level and tier of the first operating point.
fn operating_points(bits: &mut Bits<'_>) -> Result<(u8, u8), Malformed> {
    let mut delay_bits = None;
    if bits.flag()? {
        bits.skip(64)?; // timing: units and scale
        if bits.flag()? {
            bits.exp_golomb()?;
        }
        if bits.flag()? {
            delay_bits = Some(bits.number(5)? + 1);
            bits.skip(32 + 5 + 5)?;
        }
    }
    let display_delay = bits.flag()?;
    let points = bits.number(5)? + 1;
    let mut first = None;
    for _ in 0..points {
        bits.skip(12)?;
        let level = byte(bits.number(5)?);
        let tier = u8::from(level > 7 && bits.flag()?);
        first.get_or_insert((level, tier));
        if let Some(delay_bits) = delay_bits
            && bits.flag()?
        {
            bits.skip(2 * delay_bits + 1)?;
        }
        if display_delay && bits.flag()? {
            bits.skip(4)?;
        }
    }
    first.ok_or(Malformed)
}

fn skip_tools(bits: &mut Bits<'_>, reduced: bool) -> Result<(), Malformed> {
    if !reduced && bits.flag()? {
        bits.skip(4 + 3)?; // frame ids
    }
    bits.skip(3)?; // superblock, filter_intra, intra_edge
    if !reduced {
        bits.skip(4)?; // interintra, masked, warped, dual filter
        let order_hint = bits.flag()?;
        if order_hint {
            bits.skip(2)?;
        }
        let screen_content = bits.flag()? || bits.flag()?;
        if screen_content && !bits.flag()? {
            bits.skip(1)?;
        }
        if order_hint {
            bits.skip(3)?;
        }
    }
    bits.skip(3) // superres, cdef, restoration
}

/// The colour bits of `av1C`: high bit depth, twelve bits, monochrome, subsampling x and y, sample position.
fn colour(bits: &mut Bits<'_>, profile: u8) -> Result<u8, Malformed> {
    const SRGB: u32 = 1 << 16 | 13 << 8;
    let high = bits.flag()?;
    let twelve = profile == 2 && high && bits.flag()?;
    let mono = profile != 1 && bits.flag()?;
    let description = if bits.flag()? { bits.number(24)? } else { 2 << 16 | 2 << 8 | 2 };
    let (mut x, mut y, mut position) = (true, true, 0);
    if mono {
        bits.skip(1)?;
    } else if description == SRGB {
        (x, y) = (false, false);
    } else {
        bits.skip(1)?; // range
        (x, y) = match profile {
            0 => (true, true),
            1 => (false, false),
            _ if twelve => {
                let x = bits.flag()?;
                (x, x && bits.flag()?)
            }
            _ => (true, false),
        };
        if x && y {
            position = byte(bits.number(2)?);
        }
    }
    Ok(u8::from(high) << 6
        | u8::from(twelve) << 5
        | u8::from(mono) << 4
        | u8::from(x) << 3
        | u8::from(y) << 2
        | position)
}

/// A number that was read from at most eight bits.
fn byte(number: u32) -> u8 {
    number.to_be_bytes()[3]
}

/// A size and what follows it; sizes here are below 2³².
fn read_leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0u64;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(value).ok()?, bytes.get(at + 1..)?));
        }
    }
    None
}

fn write_leb128(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let low = byte(u32::try_from(value & 0x7f).unwrap_or(0));
        value >>= 7;
        if value == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_taken_without_panic(packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..20)) {
            let (mut unit, mut frame) = (TemporalUnit::default(), vec![]);
            for packet in packets {
                let _ = unit.append(&packet, &mut frame);
            }
            let _ = unit.finish();
        }

        #[test]
        fn any_sequence_header_is_refused_or_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let mut sequence = vec![0x0a];
            write_leb128(&mut sequence, bytes.len());
            sequence.extend(bytes);
            let _ = setup(&sequence);
        }

        #[test]
        fn sizes_read_back_as_written(size in 0usize..1 << 28) {
            let mut out = vec![];
            write_leb128(&mut out, size);
            prop_assert_eq!(read_leb128(&out), Some((size, &[][..])));
        }
    }
}
