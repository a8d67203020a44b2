//! VP9 over RTP (RFC 9628).

use super::{Malformed, bits::Bits};
use crate::matroska::Setup;

/// The frames of one picture: one, or one per spatial layer.
#[derive(Debug, Default)]
pub(super) struct Picture {
    /// Bytes of the picture before the layer frame at hand, for each layer frame.
    starts: Vec<usize>,
}

/// Spatial layers of VP9, and so frames in a superframe here.
const LAYERS_MAX: usize = 8;

impl Picture {
    /// Appends a packet's share of a picture.
    pub(super) fn append(&mut self, first: bool, packet: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed> {
        let (begin, share) = descriptor(packet).ok_or(Malformed)?;
        if share.is_empty() || (first && !begin) {
            return Err(Malformed);
        }
        if begin {
            self.starts.push(frame.len());
        }
        if self.starts.len() > LAYERS_MAX {
            return Err(Malformed);
        }
        frame.extend_from_slice(share);
        Ok(())
    }

    /// Closes the picture: several layer frames become a superframe (VP9 bitstream, annex B).
    pub(super) fn finish(&mut self, frame: &mut Vec<u8>) -> Result<Option<Setup>, Malformed> {
        let setup = keyframe(frame)?;
        if self.starts.len() > 1 {
            let ends = self.starts.iter().skip(1).copied().chain([frame.len()]);
            let sizes: Vec<usize> = self.starts.iter().zip(ends).map(|(start, end)| end - start).collect();
            let count = u8::try_from(sizes.len() - 1).map_err(|_| Malformed)?;
            let marker = 0b1100_0000 | 3 << 3 | count; // sizes in four bytes
            frame.push(marker);
            for size in sizes {
                frame.extend_from_slice(&u32::try_from(size).map_err(|_| Malformed)?.to_le_bytes());
            }
            frame.push(marker);
        }
        Ok(setup)
    }
}

/// The colour space without subsampling.
const RGB: u32 = 7;

/// Whether the packet begins a layer frame, and what follows its payload descriptor (section 4.2).
fn descriptor(packet: &[u8]) -> Option<(bool, &[u8])> {
    let (&flags, mut rest) = packet.split_first()?;
    let has = |bit: u8| flags & bit != 0;
    let (picture_id, inter, layers, flexible, begin, structure) =
        (has(0x80), has(0x40), has(0x20), has(0x10), has(0x08), has(0x02));
    if picture_id {
        let long = rest.first()? & 0x80 != 0;
        rest = rest.get(if long { 2 } else { 1 }..)?;
    }
    if layers {
        rest = rest.get(if flexible { 1 } else { 2 }..)?; // TID, U, SID, D; TL0PICIDX
    }
    if flexible && inter {
        for reference in 0..3 {
            let (&difference, after) = rest.split_first()?;
            rest = after;
            match (difference & 1, reference) {
                (0, _) => break,
                (_, 2) => return None, // there are at most three
                _ => {}
            }
        }
    }
    if structure {
        rest = scalability_structure(rest)?;
    }
    Some((begin, rest))
}

/// Passes over the scalability structure (section 4.2.1).
fn scalability_structure(bytes: &[u8]) -> Option<&[u8]> {
    let (&flags, mut rest) = bytes.split_first()?;
    let layers = usize::from(flags >> 5) + 1;
    if flags & 0x10 != 0 {
        rest = rest.get(layers * 4..)?;
    }
    if flags & 0x08 != 0 {
        let (&pictures, after) = rest.split_first()?;
        rest = after;
        for _ in 0..pictures {
            let (&picture, after) = rest.split_first()?;
            rest = after.get(usize::from(picture >> 2 & 3)..)?;
        }
    }
    Some(rest)
}

/// The picture size, when the frame is a key frame (VP9 bitstream, section 6.2).
fn keyframe(frame: &[u8]) -> Result<Option<Setup>, Malformed> {
    let mut bits = Bits::new(frame);
    if bits.number(2)? != 2 {
        return Err(Malformed);
    }
    let profile = u32::from(bits.flag()?) | u32::from(bits.flag()?) << 1;
    if profile == 3 {
        bits.skip(1)?;
    }
    let shows_existing = bits.flag()?;
    if shows_existing || bits.flag()? {
        return Ok(None); // an inter frame
    }
    bits.skip(2)?; // show_frame, error_resilient_mode
    if bits.number(24)? != 0x49_83_42 {
        return Err(Malformed);
    }
    if profile >= 2 {
        bits.skip(1)?; // ten or twelve bits
    }
    if bits.number(3)? == RGB {
        if profile & 1 == 0 {
            return Err(Malformed);
        }
        bits.skip(1)?;
    } else {
        bits.skip(1)?; // colour range
        if profile & 1 == 1 {
            bits.skip(3)?; // subsampling
        }
    }
    let (width, height) = (bits.number(16)? + 1, bits.number(16)? + 1);
    Ok(Some(Setup { codec_private: Vec::new(), width, height }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_cut_anywhere_are_refused_not_read_beyond() {
        // Picture id, layers, flexible with one reference, structure of two sized layers and one described picture.
        let whole = [0xfa, 0x81, 0x02, 0x00, 0x02, 0x38, 1, 1, 1, 1, 2, 2, 2, 2, 1, 0x04, 9, 7];
        assert_eq!(descriptor(&whole), Some((true, &[7][..])));
        for end in 0..whole.len() {
            assert_eq!(Picture::default().append(true, &whole[..end], &mut vec![]), Err(Malformed));
        }
    }

    #[test]
    fn layer_frames_of_one_picture_become_a_superframe() {
        let (mut picture, mut frame) = (Picture::default(), vec![]);
        picture.append(true, &[0x08, 0x84, 1, 2], &mut frame).unwrap();
        picture.append(false, &[0x08, 0x84, 3], &mut frame).unwrap();
        picture.finish(&mut frame).unwrap();
        assert_eq!(frame, [0x84, 1, 2, 0x84, 3, 0xd9, 3, 0, 0, 0, 2, 0, 0, 0, 0xd9]);
    }
}
