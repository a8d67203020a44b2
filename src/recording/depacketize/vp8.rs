//! VP8 over RTP (RFC 7741).

use super::Malformed;
use crate::matroska::Setup;

/// Appends a packet's share of a frame.
pub(super) fn append(first: bool, packet: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed> {
    let (start, share) = descriptor(packet).ok_or(Malformed)?;
    if first != start || share.is_empty() {
        // A frame begins with the first byte of partition 0, and nothing else does.
        return Err(Malformed);
    }
    frame.extend_from_slice(share);
    Ok(())
}

/// Whether the packet begins a frame, and what follows its payload descriptor (section 4.2).
fn descriptor(packet: &[u8]) -> Option<(bool, &[u8])> {
    let (&required, mut rest) = packet.split_first()?;
    let start = required & 0x17 == 0x10;
    if required & 0x80 != 0 {
        let (&extended, after) = rest.split_first()?;
        rest = after;
        if extended & 0x80 != 0 {
            let long = rest.first()? & 0x80 != 0;
            rest = rest.get(if long { 2 } else { 1 }..)?; // picture id
        }
        if extended & 0x40 != 0 {
            rest = rest.get(1..)?; // TL0PICIDX
        }
        if extended & 0x30 != 0 {
            rest = rest.get(1..)?; // TID, Y, KEYIDX
        }
    }
    Some((start, rest))
}

/// The picture size, when the frame is a key frame (RFC 6386, section 9.1).
pub(super) fn keyframe(frame: &[u8]) -> Result<Option<Setup>, Malformed> {
    let first = frame.first().ok_or(Malformed)?;
    if first & 1 != 0 {
        return Ok(None);
    }
    let Some([_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1]) = frame.first_chunk::<10>() else {
        return Err(Malformed);
    };
    let size = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    let (width, height) = (size(*w0, *w1), size(*h0, *h1));
    if width == 0 || height == 0 {
        return Err(Malformed);
    }
    Ok(Some(Setup { codec_private: Vec::new(), width, height }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_descriptor_is_skipped() {
        for (packet, start) in [
            (&[0x10, 7][..], true),
            (&[0x00, 7], false),
            (&[0x11, 7], false),
            (&[0x90, 0x80, 0x05, 7], true),
            (&[0x90, 0x80, 0x85, 0x05, 7], true),
            (&[0x90, 0xe0, 0x85, 0x05, 1, 2, 7], true),
            (&[0x90, 0xf0, 0x05, 1, 2, 7], true),
        ] {
            assert_eq!(descriptor(packet), Some((start, &[7][..])));
        }
    }

    #[test]
    fn descriptors_cut_anywhere_are_refused_not_read_beyond() {
        let whole = [0x90, 0xf0, 0x85, 0x05, 1, 2];
        for end in 0..whole.len() {
            assert_eq!(append(true, &whole[..end], &mut vec![]), Err(Malformed));
        }
    }
}
