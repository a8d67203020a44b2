//! The RTP header (RFC 3550, 5.1) and its extensions (RFC 8285), read in place.

use std::ops::Range;

const FIXED_HEADER_BYTES: usize = 12;

/// What forwarding reads of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RtpHeader {
    pub(crate) marker: bool,
    pub(crate) padding: bool,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    /// Where the payload begins.
    pub(crate) length: usize,
    profile: u16,
    extensions_at: usize,
    extensions_length: usize,
}

impl RtpHeader {
    /// Reads the header at the front of a packet; `None` if it is not one.
    pub(crate) fn parse(packet: &[u8]) -> Option<RtpHeader> {
        let fixed: &[u8; FIXED_HEADER_BYTES] = packet.first_chunk()?;
        if fixed[0] >> 6 != 2 {
            return None;
        }
        let contributors = usize::from(fixed[0] & 0x0f);
        let mut length = FIXED_HEADER_BYTES + 4 * contributors;
        let (mut profile, mut extensions_at, mut extensions_length) = (0, length, 0);
        if fixed[0] & 0x10 != 0 {
            let prefix: [u8; 4] = packet.get(length..length + 4)?.try_into().ok()?;
            profile = u16::from_be_bytes([prefix[0], prefix[1]]);
            extensions_at = length + 4;
            extensions_length = 4 * usize::from(u16::from_be_bytes([prefix[2], prefix[3]]));
            length = extensions_at + extensions_length;
        }
        if packet.len() < length {
            return None;
        }
        Some(RtpHeader {
            marker: fixed[1] & 0x80 != 0,
            padding: fixed[0] & 0x20 != 0,
            payload_type: fixed[1] & 0x7f,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            length,
            profile,
            extensions_at,
            extensions_length,
        })
    }

    /// The extensions of the packet this header was read from.
    pub(crate) fn extensions<'a>(&self, packet: &'a [u8]) -> Extensions<'a> {
        let bytes = packet.get(self.extensions_at..self.extensions_at + self.extensions_length).unwrap_or_default();
        match self.profile {
            0xbede => Extensions { bytes, two_byte: false },
            profile if profile & 0xfff0 == 0x1000 => Extensions { bytes, two_byte: true },
            _ => Extensions { bytes: &[], two_byte: false },
        }
    }

    /// The payload of a decrypted packet without its padding; `None` if the padding claims more than there is.
    pub(crate) fn payload(&self, packet: &[u8]) -> Option<Range<usize>> {
        let padding = if self.padding { usize::from(*packet.get(self.length..)?.last()?) } else { 0 };
        let end = packet.len().checked_sub(padding)?;
        (end >= self.length && !(self.padding && padding == 0)).then_some(self.length..end)
    }
}

/// Identifier and value of each extension.
pub(crate) struct Extensions<'a> {
    bytes: &'a [u8],
    two_byte: bool,
}

impl<'a> Iterator for Extensions<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (first, rest) = self.bytes.split_first()?;
            if *first == 0 {
                self.bytes = rest;
                continue;
            }
            let (identifier, length, rest) = if self.two_byte {
                let (length, rest) = rest.split_first()?;
                (*first, usize::from(*length), rest)
            } else if first >> 4 == 15 {
                // Reserved: reading stops here (RFC 8285, 4.2).
                self.bytes = &[];
                return None;
            } else {
                (first >> 4, usize::from(first & 0x0f) + 1, rest)
            };
            let Some((value, rest)) = rest.split_at_checked(length) else {
                self.bytes = &[];
                return None;
            };
            self.bytes = rest;
            return Some((identifier, value));
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A packet with one-byte extensions, as a browser sends it.
    pub(crate) fn packet(
        payload_type: u8,
        sequence: u16,
        timestamp: u32,
        ssrc: u32,
        extensions: &[(u8, &[u8])],
        payload: &[u8],
    ) -> Vec<u8> {
        let mut packet = vec![if extensions.is_empty() { 0x80 } else { 0x90 }, payload_type];
        packet.extend(sequence.to_be_bytes());
        packet.extend(timestamp.to_be_bytes());
        packet.extend(ssrc.to_be_bytes());
        if !extensions.is_empty() {
            let mut body = Vec::new();
            for (identifier, value) in extensions {
                body.push(identifier << 4 | u8::try_from(value.len() - 1).unwrap());
                body.extend(*value);
            }
            body.resize(body.len().next_multiple_of(4), 0);
            packet.extend([0xbe, 0xde]);
            packet.extend(u16::try_from(body.len() / 4).unwrap().to_be_bytes());
            packet.extend(body);
        }
        packet.extend(payload);
        packet
    }

    #[test]
    fn header_extensions_and_payload_are_found() {
        let bytes = packet(96, 7, 8, 9, &[(3, b"mid"), (1, &[0x85])], b"payload");
        let header = RtpHeader::parse(&bytes).unwrap();
        assert_eq!((header.payload_type, header.sequence, header.timestamp, header.ssrc), (96, 7, 8, 9));
        let extensions: Vec<_> = header.extensions(&bytes).collect();
        assert_eq!(extensions, [(3, &b"mid"[..]), (1, &[0x85][..])]);
        assert_eq!(&bytes[header.payload(&bytes).unwrap()], b"payload");
    }

    #[test]
    fn padding_is_not_payload_and_impossible_padding_is_refused() {
        let mut bytes = packet(96, 7, 8, 9, &[], b"payload\0\0\x03");
        bytes[0] |= 0x20;
        let header = RtpHeader::parse(&bytes).unwrap();
        assert_eq!(&bytes[header.payload(&bytes).unwrap()], b"payload");
        for impossible in [0, 11, 255] {
            *bytes.last_mut().unwrap() = impossible;
            assert_eq!(header.payload(&bytes), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(mut bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            if let Some(first) = bytes.first_mut() {
                *first = 0x80 | *first & 0x3f;
            }
            if let Some(header) = RtpHeader::parse(&bytes) {
                let _ = header.extensions(&bytes).count();
                let _ = header.payload(&bytes);
            }
        }
    }
}
