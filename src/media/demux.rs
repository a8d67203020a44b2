//! What a datagram is, by its first bytes (RFC 7983; RTP and RTCP apart by RFC 5761).

/// Kinds of datagrams that share the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DatagramKind {
    Stun,
    Dtls,
    Rtp,
    Rtcp,
    Unknown,
}

/// Tells the kind without looking deeper.
pub(crate) fn classify(datagram: &[u8]) -> DatagramKind {
    match datagram {
        [0..=3, ..] => DatagramKind::Stun,
        [20..=63, ..] => DatagramKind::Dtls,
        [128..=191, 192..=223, ..] => DatagramKind::Rtcp,
        [128..=191, _, ..] => DatagramKind::Rtp,
        _ => DatagramKind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_the_first_bytes() {
        let kinds = [
            (&[0, 1][..], DatagramKind::Stun),
            (&[22], DatagramKind::Dtls),
            (&[0x80, 200], DatagramKind::Rtcp),
            (&[0x80, 96], DatagramKind::Rtp),
            (&[0x90, 0xef], DatagramKind::Rtp),
            (&[64], DatagramKind::Unknown),
            (&[0x80], DatagramKind::Unknown),
            (&[], DatagramKind::Unknown),
        ];
        for (datagram, kind) in kinds {
            assert_eq!(classify(datagram), kind);
        }
    }
}
