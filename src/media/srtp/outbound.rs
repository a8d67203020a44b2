//! Seals what we send. RTP needs no state here: whoever writes the packets counts them and never uses an index twice.

use ring::aead::Aad;

use super::keys::SessionKeys;
use super::{RTCP_TRAILER_BYTES, TAG_BYTES};

const RTCP_HEADER_BYTES: usize = 8;
const ENCRYPTED: u32 = 0x8000_0000;

/// The sending half of a connection's SRTP.
pub(crate) struct Outbound {
    keys: SessionKeys,
    rtcp_index: u32,
}

impl Outbound {
    pub(super) fn new(keys: SessionKeys) -> Outbound {
        Outbound { keys, rtcp_index: 0 }
    }

    /// Seals an RTP packet in place. The buffer ends with `TAG_BYTES` to be overwritten by the tag; `index` is roll-over
    /// counter and sequence number and must never repeat for a source. `None` if the buffer is too short.
    pub(crate) fn seal_rtp(&self, packet: &mut [u8], header_length: usize, ssrc: u32, index: u64) -> Option<()> {
        let (header, rest) = packet.split_at_mut_checked(header_length)?;
        let (payload, tag_place) = rest.split_at_mut_checked(rest.len().checked_sub(TAG_BYTES)?)?;
        let nonce = self.keys.rtp.rtp_nonce(ssrc, index);
        let tag = self.keys.rtp.key().seal_in_place_separate_tag(nonce, Aad::from(&*header), payload).ok()?;
        tag_place.copy_from_slice(tag.as_ref());
        Some(())
    }

    /// Seals an RTCP packet, which grows by `RTCP_TRAILER_BYTES`. `None` if it is no RTCP or the index is used up.
    pub(crate) fn seal_rtcp(&mut self, packet: &mut Vec<u8>) -> Option<()> {
        if packet.len() < RTCP_HEADER_BYTES || self.rtcp_index >= ENCRYPTED {
            return None;
        }
        let word = ENCRYPTED | self.rtcp_index;
        let (header, payload) = packet.split_at_mut(RTCP_HEADER_BYTES);
        let ssrc = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        let mut associated = [0_u8; RTCP_HEADER_BYTES + 4];
        associated[..RTCP_HEADER_BYTES].copy_from_slice(header);
        associated[RTCP_HEADER_BYTES..].copy_from_slice(&word.to_be_bytes());
        let nonce = self.keys.rtcp.rtcp_nonce(ssrc, self.rtcp_index);
        let tag = self.keys.rtcp.key().seal_in_place_separate_tag(nonce, Aad::from(associated), payload).ok()?;
        packet.reserve(RTCP_TRAILER_BYTES);
        packet.extend(tag.as_ref());
        packet.extend(word.to_be_bytes());
        self.rtcp_index += 1;
        Some(())
    }
}
