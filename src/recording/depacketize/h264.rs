//! H.264 over RTP (RFC 6184), into NAL units with four-byte lengths as Matroska wants them (ISO 14496-15).

use super::{Malformed, bits::Bits};
use crate::matroska::Setup;

const IDR: u8 = 5;
const SPS: u8 = 7;
const PPS: u8 = 8;
const ACCESS_UNIT_DELIMITER: u8 = 9;
const FILLER: u8 = 12;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
const TYPE: u8 = 0x1f;

/// One picture's NAL units, and the parameter sets that were seen last.
#[derive(Debug, Default)]
pub(super) struct AccessUnit {
    /// Where in the frame the NAL unit begins that is arriving in fragments.
    fragmented: Option<usize>,
    sps: Vec<u8>,
    pps: Vec<u8>,
}

impl AccessUnit {
    /// Appends a packet's NAL units.
    pub(super) fn append(&mut self, packet: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed> {
        let (&header, rest) = packet.split_first().ok_or(Malformed)?;
        let kind = header & TYPE;
        if self.fragmented.is_some() && kind != FU_A {
            return Err(Malformed);
        }
        match kind {
            ACCESS_UNIT_DELIMITER | FILLER => Ok(()),
            1..=23 => push_unit(packet, frame),
            STAP_A => aggregate(rest, frame),
            FU_A => self.fragment(header, rest, frame),
            _ => Err(Malformed),
        }
    }

    /// One fragment of a NAL unit (section 5.8).
    fn fragment(&mut self, indicator: u8, rest: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed> {
        let (&header, share) = rest.split_first().ok_or(Malformed)?;
        let (start, end) = (header & 0x80 != 0, header & 0x40 != 0);
        if start {
            if self.fragmented.is_some() {
                return Err(Malformed);
            }
            self.fragmented = Some(frame.len());
            frame.extend_from_slice(&[0; 4]);
            frame.push(indicator & !TYPE | header & TYPE);
        }
        let begin = self.fragmented.ok_or(Malformed)?;
        frame.extend_from_slice(share);
        if end {
            self.fragmented = None;
            let length = u32::try_from(frame.len() - begin - 4).map_err(|_| Malformed)?;
            let prefix = frame.get_mut(begin..begin + 4).ok_or(Malformed)?;
            prefix.copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }

    /// Closes the picture; its decoder configuration when it is an IDR picture.
    pub(super) fn finish(&mut self, frame: &mut [u8]) -> Result<Option<Setup>, Malformed> {
        if self.fragmented.is_some() {
            return Err(Malformed);
        }
        let (mut rest, mut idr) = (&*frame, false);
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Malformed)?;
            let (unit, after) = after.split_at_checked(length).ok_or(Malformed)?;
            match unit.first().ok_or(Malformed)? & TYPE {
                SPS => self.sps = unit.to_vec(),
                PPS => self.pps = unit.to_vec(),
                IDR => idr = true,
                _ => {}
            }
            rest = after;
        }
        if idr { self.setup().map(Some) } else { Ok(None) }
    }

    /// Forgets the picture, not the parameter sets.
    pub(super) fn clear(&mut self) {
        self.fragmented = None;
    }

    fn setup(&self) -> Result<Setup, Malformed> {
        let Some([_, profile, constraints, level]) = self.sps.first_chunk::<4>() else {
            return Err(Malformed);
        };
        let sequence = Sequence::parse(&self.sps)?;
        let length = |unit: &[u8]| u16::try_from(unit.len()).map(u16::to_be_bytes).map_err(|_| Malformed);
        if self.pps.is_empty() {
            return Err(Malformed);
        }
        let mut record = vec![1, *profile, *constraints, *level, 0xff, 0xe1];
        record.extend_from_slice(&length(&self.sps)?);
        record.extend_from_slice(&self.sps);
        record.push(1);
        record.extend_from_slice(&length(&self.pps)?);
        record.extend_from_slice(&self.pps);
        if let Some([chroma, luma_depth, chroma_depth]) = sequence.high {
            record.extend_from_slice(&[0xfc | chroma, 0xf8 | luma_depth, 0xf8 | chroma_depth, 0]);
        }
        Ok(Setup { codec_private: record, width: sequence.width, height: sequence.height })
    }
}

fn push_unit(unit: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed> {
    let length = u32::try_from(unit.len()).map_err(|_| Malformed)?;
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(unit);
    Ok(())
}

/// Several small NAL units in one packet (section 5.7.1).
fn aggregate(mut rest: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed> {
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<2>().ok_or(Malformed)?;
        let (unit, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(Malformed)?;
        let kind = unit.first().ok_or(Malformed)? & TYPE;
        if kind != ACCESS_UNIT_DELIMITER && kind != FILLER {
            push_unit(unit, frame)?;
        }
        rest = after;
    }
    Ok(())
}

/// What the sequence parameter set says of the picture (H.264, section 7.3.2.1.1).
struct Sequence {
    width: u32,
    height: u32,
    /// Chroma format and bit depths beyond 8, for the profiles that have them.
    high: Option<[u8; 3]>,
}

impl Sequence {
    fn parse(unit: &[u8]) -> Result<Self, Malformed> {
        let raw = without_emulation_prevention(unit);
        let mut bits = Bits::new(raw.get(1..).ok_or(Malformed)?);
        let profile = bits.number(8)?;
        bits.skip(16)?; // constraints, level
        bits.exp_golomb()?; // id
        let mut chroma = 1;
        let mut high = None;
        if matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135) {
            chroma = bits.exp_golomb()?;
            if chroma == 3 {
                bits.skip(1)?;
            }
            let depths = [chroma, bits.exp_golomb()?, bits.exp_golomb()?];
            let [chroma, luma_depth, chroma_depth] = depths.map(|depth| u8::try_from(depth).unwrap_or(u8::MAX));
            if chroma > 3 || luma_depth > 6 || chroma_depth > 6 {
                return Err(Malformed);
            }
            high = Some([chroma, luma_depth, chroma_depth]);
            bits.skip(1)?;
            if bits.flag()? {
                skip_scaling_lists(&mut bits, if chroma == 3 { 12 } else { 8 })?;
            }
        }
        bits.exp_golomb()?; // log2_max_frame_num
        match bits.exp_golomb()? {
            0 => drop(bits.exp_golomb()?),
            1 => {
                bits.skip(1)?;
                bits.signed_exp_golomb()?;
                bits.signed_exp_golomb()?;
                for _ in 0..bits.exp_golomb()?.min(256) {
                    bits.signed_exp_golomb()?;
                }
            }
            _ => {}
        }
        bits.exp_golomb()?; // reference frames
        bits.skip(1)?;
        let across = bits.exp_golomb()?;
        let down = bits.exp_golomb()?;
        let fields = u32::from(!bits.flag()?);
        if fields == 1 {
            bits.skip(1)?;
        }
        bits.skip(1)?;
        let mut crop = [0; 4];
        if bits.flag()? {
            for side in &mut crop {
                *side = bits.exp_golomb()?;
            }
        }
        let [left, right, top, bottom] = crop;
        let (unit_x, unit_y) = (if matches!(chroma, 1 | 2) { 2 } else { 1 }, if chroma == 1 { 2 } else { 1 });
        let size = |blocks: u32, scale: u32, before: u32, after: u32, unit: u32| {
            let full = blocks.checked_add(1)?.checked_mul(16 * scale)?;
            full.checked_sub(before.checked_add(after)?.checked_mul(unit)?).filter(|size| (1..=16_384).contains(size))
        };
        Ok(Self {
            width: size(across, 1, left, right, unit_x).ok_or(Malformed)?,
            height: size(down, 1 + fields, top, bottom, unit_y * (1 + fields)).ok_or(Malformed)?,
            high,
        })
    }
}

fn skip_scaling_lists(bits: &mut Bits<'_>, lists: usize) -> Result<(), Malformed> {
    for list in 0..lists {
        if !bits.flag()? {
            continue;
        }
        let (mut last, mut next) = (8, 8);
        for _ in 0..if list < 6 { 16 } else { 64 } {
            if next != 0 {
                next = (last + bits.signed_exp_golomb()?).rem_euclid(256);
            }
            last = if next == 0 { last } else { next };
        }
    }
    Ok(())
}

/// Bytes 3 after two zeros are there only so that no start code appears (section 7.4.1).
fn without_emulation_prevention(unit: &[u8]) -> Vec<u8> {
    let mut zeros = 0;
    let mut raw = Vec::with_capacity(unit.len());
    for &byte in unit {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        raw.push(byte);
    }
    raw
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_aggregate_cut_after_half_a_length_is_refused() {
        // The packet on which other depacketizers index beyond the end.
        assert_eq!(AccessUnit::default().append(&[24, 0, 1, 0x65, 0], &mut vec![]), Err(Malformed));
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_taken_without_panic(packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..20)) {
            let (mut unit, mut frame) = (AccessUnit::default(), vec![]);
            for packet in packets {
                let _ = unit.append(&packet, &mut frame);
            }
            let _ = unit.finish(&mut frame);
        }

        #[test]
        fn any_parameter_set_is_refused_or_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), high: bool) {
            let mut set = vec![0x67, if high { 100 } else { 66 }];
            set.extend(bytes);
            let _ = Sequence::parse(&set);
        }
    }
}
