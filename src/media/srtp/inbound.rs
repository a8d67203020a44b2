//! Opens what a peer sends. Nothing is remembered of a packet, nor of its source, before its tag has proven genuine.

use ring::aead::Aad;

use super::keys::SessionKeys;
use super::replay::ReplayWindow;
use super::{RTCP_TRAILER_BYTES, SrtpRefusal, TAG_BYTES};
use crate::limits::SOURCES_PER_CONNECTION_MAX;
use crate::rtp::RtpHeader;

const RTCP_HEADER_BYTES: usize = 8;
const ENCRYPTED: u32 = 0x8000_0000;

/// The receiving half of a connection's SRTP.
pub(crate) struct Inbound {
    keys: SessionKeys,
    rtp: Windows,
    rtcp: Windows,
}

/// An opened RTP packet: the front `length` bytes of the buffer it came in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opened {
    pub(crate) header: RtpHeader,
    pub(crate) length: usize,
    /// Roll-over counter and sequence number: unique and rising per source.
    pub(crate) index: u64,
}

impl Inbound {
    pub(super) fn new(keys: SessionKeys) -> Inbound {
        Inbound { keys, rtp: Windows::default(), rtcp: Windows::default() }
    }

    /// Authenticates and decrypts an RTP packet in place.
    pub(crate) fn open_rtp(&mut self, packet: &mut [u8]) -> Result<Opened, SrtpRefusal> {
        let header = RtpHeader::parse(packet).ok_or(SrtpRefusal::Malformed)?;
        if packet.len() < header.length + TAG_BYTES {
            return Err(SrtpRefusal::Malformed);
        }
        let known = self.rtp.find(header.ssrc);
        let fresh = ReplayWindow::default();
        let window = known.and_then(|at| self.rtp.get(at)).unwrap_or(&fresh);
        let index = window.index_of(header.sequence);
        if !window.admits(index) {
            return Err(SrtpRefusal::Replayed);
        }
        let nonce = self.keys.rtp.rtp_nonce(header.ssrc, index);
        let (associated, sealed) = packet.split_at_mut(header.length);
        let payload = self
            .keys
            .rtp
            .key()
            .open_in_place(nonce, Aad::from(&*associated), sealed)
            .map_err(|_| SrtpRefusal::Forged)?;
        let length = header.length + payload.len();
        self.rtp.note(known, header.ssrc, index)?;
        Ok(Opened { header, length, index })
    }

    /// Authenticates and decrypts an RTCP packet in place and returns its plain part.
    pub(crate) fn open_rtcp<'a>(&mut self, packet: &'a mut [u8]) -> Result<&'a [u8], SrtpRefusal> {
        let body = packet.len().checked_sub(4).ok_or(SrtpRefusal::Malformed)?;
        if packet.len() < RTCP_HEADER_BYTES + RTCP_TRAILER_BYTES {
            return Err(SrtpRefusal::Malformed);
        }
        let (message, trailer) = packet.split_at_mut(body);
        let trailer: [u8; 4] = (&*trailer).try_into().map_err(|_| SrtpRefusal::Malformed)?;
        let word = u32::from_be_bytes(trailer);
        if word & ENCRYPTED == 0 {
            return Err(SrtpRefusal::Unencrypted);
        }
        let index = word & !ENCRYPTED;
        let (header, sealed) = message.split_at_mut(RTCP_HEADER_BYTES);
        let ssrc = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        let known = self.rtcp.find(ssrc);
        if known.and_then(|at| self.rtcp.get(at)).is_some_and(|window| !window.admits(u64::from(index))) {
            return Err(SrtpRefusal::Replayed);
        }
        let mut associated = [0_u8; RTCP_HEADER_BYTES + 4];
        associated[..RTCP_HEADER_BYTES].copy_from_slice(header);
        associated[RTCP_HEADER_BYTES..].copy_from_slice(&trailer);
        let nonce = self.keys.rtcp.rtcp_nonce(ssrc, index);
        let opened = self
            .keys
            .rtcp
            .key()
            .open_in_place(nonce, Aad::from(associated), sealed)
            .map_err(|_| SrtpRefusal::Forged)?
            .len();
        self.rtcp.note(known, ssrc, u64::from(index))?;
        packet.get(..RTCP_HEADER_BYTES + opened).ok_or(SrtpRefusal::Malformed)
    }

    /// How many sources have proven genuine.
    #[cfg(test)]
    pub(crate) fn sources(&self) -> usize {
        self.rtp.0.len() + self.rtcp.0.len()
    }
}

/// One window per source; a connection has a handful, so a list is quicker than a map.
#[derive(Default)]
struct Windows(Vec<(u32, ReplayWindow)>);

impl Windows {
    fn find(&self, ssrc: u32) -> Option<usize> {
        self.0.iter().position(|(source, _)| *source == ssrc)
    }

    fn get(&self, at: usize) -> Option<&ReplayWindow> {
        self.0.get(at).map(|(_, window)| window)
    }

    fn note(&mut self, known: Option<usize>, ssrc: u32, index: u64) -> Result<(), SrtpRefusal> {
        if let Some((_, window)) = known.and_then(|at| self.0.get_mut(at)) {
            window.note(index);
        } else if self.0.len() < SOURCES_PER_CONNECTION_MAX {
            let mut window = ReplayWindow::default();
            window.note(index);
            self.0.push((ssrc, window));
        } else {
            return Err(SrtpRefusal::TooManySources);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{client_contexts, material};
    use super::super::{Outbound, Profile, server_contexts};
    use super::*;
    use crate::rtp::tests::packet;

    const PROFILE: Profile = Profile::AeadAes128Gcm;

    fn pair() -> (Inbound, Outbound) {
        let material = material(PROFILE);
        (server_contexts(PROFILE, &material).unwrap().0, client_contexts(PROFILE, &material).1)
    }

    fn sealed(client: &Outbound, ssrc: u32, index: u64) -> Vec<u8> {
        let sequence = u16::try_from(index & 0xffff).unwrap();
        let mut bytes = packet(96, sequence, 1, ssrc, &[], b"some payload");
        bytes.extend([0; TAG_BYTES]);
        client.seal_rtp(&mut bytes, 12, ssrc, index).unwrap();
        bytes
    }

    /// A picture loss indication, sealed.
    fn sealed_pli(client: &mut Outbound) -> Vec<u8> {
        let mut bytes = vec![0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2];
        client.seal_rtcp(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_replayed_packet_is_refused() {
        let (mut server, client) = pair();
        let bytes = sealed(&client, 5, 1_000);
        assert!(server.open_rtp(&mut bytes.clone()).is_ok());
        assert_eq!(server.open_rtp(&mut bytes.clone()).unwrap_err(), SrtpRefusal::Replayed);
        assert!(server.open_rtp(&mut sealed(&client, 5, 1_200)).is_ok());
        assert_eq!(server.open_rtp(&mut sealed(&client, 5, 1_001)).unwrap_err(), SrtpRefusal::Replayed);
    }

    #[test]
    fn the_roll_over_counter_is_followed() {
        let (mut server, client) = pair();
        for index in [65_530, 65_537, 65_535, 65_536, 98_000, 130_000] {
            assert_eq!(server.open_rtp(&mut sealed(&client, 5, index)).unwrap().index, index);
        }
    }

    #[test]
    fn a_forged_srtcp_packet_without_encryption_is_refused() {
        let (mut server, mut client) = pair();
        let mut forged = vec![0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2];
        forged.extend([0xaa; TAG_BYTES]);
        forged.extend(7_u32.to_be_bytes());
        assert_eq!(server.open_rtcp(&mut forged).unwrap_err(), SrtpRefusal::Unencrypted);
        let mut cleared = sealed_pli(&mut client);
        let flag = cleared.len() - 4;
        cleared[flag] &= 0x7f;
        assert_eq!(server.open_rtcp(&mut cleared).unwrap_err(), SrtpRefusal::Unencrypted);
        assert_eq!(server.sources(), 0, "the replay window was touched");
        assert!(server.open_rtcp(&mut sealed_pli(&mut client)).is_ok());
    }

    #[test]
    fn a_replayed_srtcp_packet_is_refused() {
        let (mut server, mut client) = pair();
        let bytes = sealed_pli(&mut client);
        assert_eq!(server.open_rtcp(&mut bytes.clone()).unwrap().len(), 12);
        assert_eq!(server.open_rtcp(&mut bytes.clone()).unwrap_err(), SrtpRefusal::Replayed);
    }

    #[test]
    fn forged_sources_leave_no_state_and_genuine_ones_are_bounded() {
        let (mut server, client) = pair();
        for ssrc in 0..1_000 {
            let mut bytes = packet(96, 1, 1, ssrc, &[], &[0; 40]);
            assert_eq!(server.open_rtp(&mut bytes).unwrap_err(), SrtpRefusal::Forged);
        }
        assert_eq!(server.sources(), 0);
        for ssrc in 0..1_000 {
            let _ = server.open_rtp(&mut sealed(&client, ssrc, 1));
        }
        assert_eq!(server.sources(), SOURCES_PER_CONNECTION_MAX);
    }

    #[test]
    fn malformed_and_truncated_packets_of_every_length_are_refused() {
        let (mut server, mut client) = pair();
        let rtp = sealed(&client, 5, 1);
        let rtcp = sealed_pli(&mut client);
        for length in 0..200 {
            let mut junk: Vec<u8> = (0..length).map(|at| 0x80 | u8::try_from(at).unwrap()).collect();
            assert!(server.open_rtp(&mut junk.clone()).is_err());
            assert!(server.open_rtcp(&mut junk).is_err());
            if length < rtp.len() {
                assert!(server.open_rtp(&mut rtp[..length].to_vec()).is_err());
            }
            if length < rtcp.len() {
                assert!(server.open_rtcp(&mut rtcp[..length].to_vec()).is_err());
            }
        }
    }
}
