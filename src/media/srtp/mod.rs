//! SRTP and SRTCP with AES-GCM (RFC 3711, RFC 7714). `keys` derives session keys from what DTLS exported, `inbound` opens
//! and guards against replay, `outbound` seals. Both work in place. A further protection profile is a further arm of
//! [`Profile`] and of the two directions.

mod inbound;
mod keys;
mod outbound;
mod replay;

pub(crate) use inbound::Inbound;
pub(crate) use outbound::Outbound;

use keys::SessionKeys;

/// Bytes by which sealing an RTP packet makes it longer.
pub(crate) const TAG_BYTES: usize = 16;
/// Bytes by which sealing an RTCP packet makes it longer: tag, then the flag for encryption with the index.
pub(crate) const RTCP_TRAILER_BYTES: usize = TAG_BYTES + 4;
const NONCE_BYTES: usize = 12;

/// A protection profile that DTLS may settle on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    AeadAes128Gcm,
    AeadAes256Gcm,
}

impl Profile {
    fn key_bytes(self) -> usize {
        match self {
            Profile::AeadAes128Gcm => 16,
            Profile::AeadAes256Gcm => 32,
        }
    }
}

/// Why a packet was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SrtpRefusal {
    /// Too short, or no RTP or RTCP.
    Malformed,
    /// The tag does not fit: wrong key, or tampered with.
    Forged,
    /// Seen before, or too old to tell.
    Replayed,
    /// SRTCP that claims not to be encrypted.
    Unencrypted,
    /// The sender uses more synchronisation sources than one connection may.
    TooManySources,
}

/// The two directions for a DTLS server, from the exported keying material (client key, server key, client salt, server
/// salt; RFC 5764, 4.2). `None` if the material has the wrong length.
pub(crate) fn server_contexts(profile: Profile, material: &[u8]) -> Option<(Inbound, Outbound)> {
    let key = profile.key_bytes();
    let (client_key, rest) = material.split_at_checked(key)?;
    let (server_key, rest) = rest.split_at_checked(key)?;
    let (client_salt, rest) = rest.split_at_checked(NONCE_BYTES)?;
    let (server_salt, _) = rest.split_at_checked(NONCE_BYTES)?;
    let inbound = Inbound::new(SessionKeys::derive(profile, client_key, client_salt)?);
    let outbound = Outbound::new(SessionKeys::derive(profile, server_key, server_salt)?);
    Some((inbound, outbound))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn material(profile: Profile) -> Vec<u8> {
        (0..2 * (profile.key_bytes() + NONCE_BYTES)).map(|byte| u8::try_from(byte).unwrap()).collect()
    }

    /// The client's side of `server_contexts`.
    pub(crate) fn client_contexts(profile: Profile, material: &[u8]) -> (Inbound, Outbound) {
        let key = profile.key_bytes();
        let salts = 2 * key;
        let inbound = SessionKeys::derive(profile, &material[key..salts], &material[salts + 12..salts + 24]).unwrap();
        let outbound = SessionKeys::derive(profile, &material[..key], &material[salts..salts + 12]).unwrap();
        (Inbound::new(inbound), Outbound::new(outbound))
    }

    #[test]
    fn what_one_side_seals_the_other_opens_in_both_profiles() {
        for profile in [Profile::AeadAes128Gcm, Profile::AeadAes256Gcm] {
            let material = material(profile);
            let (mut server, _) = server_contexts(profile, &material).unwrap();
            let (_, client) = client_contexts(profile, &material);
            let plain = crate::rtp::tests::packet(96, 65_535, 1, 2, &[(1, b"x")], b"hello");
            let header = crate::rtp::RtpHeader::parse(&plain).unwrap();
            let mut sealed = plain.clone();
            sealed.resize(plain.len() + TAG_BYTES, 0);
            client.seal_rtp(&mut sealed, header.length, 2, 65_535).unwrap();
            assert_ne!(&sealed[header.length..plain.len()], b"hello");
            let opened = server.open_rtp(&mut sealed).unwrap();
            assert_eq!(&sealed[..opened.length], &plain[..]);
        }
    }
}
