//! STUN (RFC 8489), as much of it as an ICE-lite agent meets: binding requests in, success and error responses out.
//! Parsing borrows the datagram and allocates nothing; a request whose integrity is unproven costs one HMAC at most.

use std::net::{IpAddr, SocketAddr};

use ring::hmac;

use crate::limits::STUN_BYTES_MAX;

const HEADER_BYTES: usize = 20;
const MAGIC_COOKIE: u32 = 0x2112_A442;
const FINGERPRINT_XOR: u32 = 0x5354_554e;
const INTEGRITY_BYTES: usize = 20;

const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const BINDING_ERROR: u16 = 0x0111;

const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;
const ICE_CONTROLLED: u16 = 0x8029;
const ICE_CONTROLLING: u16 = 0x802a;

/// Unknown comprehension-required attributes that a 420 names; more would only help an attacker amplify.
const UNKNOWN_ATTRIBUTES_MAX: usize = 8;

/// A binding request whose FINGERPRINT is right. Its integrity is proven separately, once its user is known.
#[derive(Debug)]
pub(crate) struct BindingRequest<'a> {
    datagram: &'a [u8],
    /// Where MESSAGE-INTEGRITY begins.
    integrity_at: usize,
    username: &'a [u8],
    /// The peer takes the pair into use.
    pub(crate) use_candidate: bool,
    /// The peer believes that it is controlled, as we are.
    pub(crate) controlled: bool,
    unknown: [u16; UNKNOWN_ATTRIBUTES_MAX],
    unknown_count: usize,
}

impl<'a> BindingRequest<'a> {
    /// Reads a datagram. `None` for whatever is no binding request with user, integrity and a right fingerprint: such a
    /// datagram gets no answer.
    pub(crate) fn parse(datagram: &'a [u8]) -> Option<BindingRequest<'a>> {
        if datagram.len() > STUN_BYTES_MAX || datagram.len() < HEADER_BYTES {
            return None;
        }
        let declared = usize::from(read_u16(datagram, 2)?);
        if read_u16(datagram, 0)? != BINDING_REQUEST
            || read_u32(datagram, 4)? != MAGIC_COOKIE
            || declared + HEADER_BYTES != datagram.len()
            || declared % 4 != 0
        {
            return None;
        }
        let mut request = BindingRequest {
            datagram,
            integrity_at: 0,
            username: &[],
            use_candidate: false,
            controlled: false,
            unknown: [0; UNKNOWN_ATTRIBUTES_MAX],
            unknown_count: 0,
        };
        let mut fingerprint_right = false;
        let mut at = HEADER_BYTES;
        while at < datagram.len() {
            let kind = read_u16(datagram, at)?;
            let length = usize::from(read_u16(datagram, at + 2)?);
            let value = datagram.get(at + 4..at + 4 + length)?;
            if kind == FINGERPRINT {
                let expected = crc32(datagram.get(..at)?) ^ FINGERPRINT_XOR;
                fingerprint_right = length == 4 && read_u32(value, 0)? == expected && at + 8 == datagram.len();
                break;
            }
            // After MESSAGE-INTEGRITY only FINGERPRINT counts (RFC 8489, 14.5).
            if request.integrity_at == 0 {
                request.note(kind, value, at)?;
            }
            at += 4 + length.next_multiple_of(4);
        }
        (fingerprint_right && request.integrity_at != 0 && !request.username.is_empty()).then_some(request)
    }

    fn note(&mut self, kind: u16, value: &'a [u8], at: usize) -> Option<()> {
        match kind {
            USERNAME => self.username = value,
            MESSAGE_INTEGRITY => {
                if value.len() != INTEGRITY_BYTES {
                    return None;
                }
                self.integrity_at = at;
            }
            USE_CANDIDATE => self.use_candidate = true,
            ICE_CONTROLLED => self.controlled = true,
            PRIORITY | ICE_CONTROLLING | XOR_MAPPED_ADDRESS => {}
            comprehension_optional if comprehension_optional & 0x8000 != 0 => {}
            unknown => {
                if let Some(place) = self.unknown.get_mut(self.unknown_count) {
                    *place = unknown;
                    self.unknown_count += 1;
                }
            }
        }
        Some(())
    }

    /// The part of USERNAME that names our side: what stands before the colon.
    pub(crate) fn local_user(&self) -> Option<&'a [u8]> {
        let colon = self.username.iter().position(|byte| *byte == b':')?;
        self.username.get(..colon)
    }

    /// Whether MESSAGE-INTEGRITY was made with this key.
    pub(crate) fn is_from_holder_of(&self, key: &hmac::Key) -> bool {
        let mut message = [0_u8; STUN_BYTES_MAX];
        let (Some(covered), Some(copy)) =
            (self.datagram.get(..self.integrity_at), message.get_mut(..self.integrity_at))
        else {
            return false;
        };
        copy.copy_from_slice(covered);
        // The HMAC is taken as if the message ended with MESSAGE-INTEGRITY.
        let length = self.integrity_at + 4 + INTEGRITY_BYTES - HEADER_BYTES;
        let Ok(length) = u16::try_from(length) else { return false };
        copy[2..4].copy_from_slice(&length.to_be_bytes());
        let tag_at = self.integrity_at + 4;
        self.datagram.get(tag_at..tag_at + INTEGRITY_BYTES).is_some_and(|tag| hmac::verify(key, copy, tag).is_ok())
    }

    /// Comprehension-required attributes that we do not know.
    pub(crate) fn unknown_attributes(&self) -> &[u16] {
        self.unknown.get(..self.unknown_count).unwrap_or_default()
    }

    /// The success response, with the address the request came from.
    pub(crate) fn success(&self, from: SocketAddr, key: &hmac::Key) -> Vec<u8> {
        let mut response = self.response(BINDING_SUCCESS);
        let mut value = vec![0];
        let cookie = MAGIC_COOKIE.to_be_bytes();
        #[allow(clippy::cast_possible_truncation)] // the upper half of the cookie is what the port is combined with
        let port = from.port() ^ (MAGIC_COOKIE >> 16) as u16;
        match from.ip().to_canonical() {
            IpAddr::V4(address) => {
                value.push(1);
                value.extend(port.to_be_bytes());
                value.extend(address.octets().iter().zip(cookie).map(|(octet, mask)| octet ^ mask));
            }
            IpAddr::V6(address) => {
                value.push(2);
                value.extend(port.to_be_bytes());
                let mask = cookie.into_iter().chain(self.transaction().iter().copied());
                value.extend(address.octets().iter().zip(mask).map(|(octet, mask)| octet ^ mask));
            }
        }
        push_attribute(&mut response, XOR_MAPPED_ADDRESS, &value);
        finish(response, key)
    }

    /// 487: the peer must take the controlling role, since a lite agent never can.
    pub(crate) fn role_conflict(&self, key: &hmac::Key) -> Vec<u8> {
        let mut response = self.response(BINDING_ERROR);
        push_attribute(&mut response, ERROR_CODE, b"\0\0\x04\x57Role Conflict");
        finish(response, key)
    }

    /// 420 with the attributes we did not understand.
    pub(crate) fn unknown_attribute_error(&self, key: &hmac::Key) -> Vec<u8> {
        let mut response = self.response(BINDING_ERROR);
        push_attribute(&mut response, ERROR_CODE, b"\0\0\x04\x14Unknown Attribute");
        let names: Vec<u8> = self.unknown_attributes().iter().flat_map(|kind| kind.to_be_bytes()).collect();
        push_attribute(&mut response, UNKNOWN_ATTRIBUTES, &names);
        finish(response, key)
    }

    fn transaction(&self) -> &[u8] {
        self.datagram.get(8..HEADER_BYTES).unwrap_or_default()
    }

    fn response(&self, kind: u16) -> Vec<u8> {
        let mut response = Vec::with_capacity(128);
        response.extend(kind.to_be_bytes());
        response.extend([0, 0]);
        response.extend(MAGIC_COOKIE.to_be_bytes());
        response.extend(self.transaction());
        response
    }
}

/// Appends MESSAGE-INTEGRITY and FINGERPRINT.
fn finish(mut message: Vec<u8>, key: &hmac::Key) -> Vec<u8> {
    set_length(&mut message, 4 + INTEGRITY_BYTES);
    let tag = hmac::sign(key, &message);
    push_attribute(&mut message, MESSAGE_INTEGRITY, tag.as_ref());
    set_length(&mut message, 8);
    let fingerprint = crc32(&message) ^ FINGERPRINT_XOR;
    push_attribute(&mut message, FINGERPRINT, &fingerprint.to_be_bytes());
    message
}

/// Writes the length the message will have once `to_come` more bytes are there.
fn set_length(message: &mut [u8], to_come: usize) {
    let length = u16::try_from(message.len() - HEADER_BYTES + to_come).unwrap_or(u16::MAX);
    message[2..4].copy_from_slice(&length.to_be_bytes());
}

fn push_attribute(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

fn read_u16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// CRC-32 as of ISO 3309, which FINGERPRINT uses.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0_u32; 256];
        let mut index = 0;
        while index < 256 {
            #[allow(clippy::cast_possible_truncation)] // below 256
            let mut value = index as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 != 0 { 0xedb8_8320 ^ (value >> 1) } else { value >> 1 };
                bit += 1;
            }
            table[index] = value;
            index += 1;
        }
        table
    };
    !bytes.iter().fold(!0_u32, |crc, byte| TABLE[((crc ^ u32::from(*byte)) & 0xff) as usize] ^ (crc >> 8))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn key(password: &str) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes())
    }

    /// A binding request as a browser sends it.
    pub(crate) fn request(username: &str, password: &str, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut message = BINDING_REQUEST.to_be_bytes().to_vec();
        message.extend([0, 0]);
        message.extend(MAGIC_COOKIE.to_be_bytes());
        message.extend(*b"transaction!");
        push_attribute(&mut message, USERNAME, username.as_bytes());
        for (kind, value) in attributes {
            push_attribute(&mut message, *kind, value);
        }
        finish(message, &key(password))
    }

    pub(crate) const CONTROLLING: (u16, &[u8]) = (ICE_CONTROLLING, &[0, 0, 0, 0, 0, 0, 0, 1]);
    pub(crate) const CONTROLLED: (u16, &[u8]) = (ICE_CONTROLLED, &[0xff; 8]);
    pub(crate) const NOMINATION: (u16, &[u8]) = (USE_CANDIDATE, &[]);

    #[test]
    fn a_request_is_read_and_its_integrity_proven() {
        let datagram = request("server:client", "secret", &[CONTROLLING, NOMINATION]);
        let parsed = BindingRequest::parse(&datagram).unwrap();
        assert_eq!(parsed.local_user(), Some(&b"server"[..]));
        assert!(parsed.use_candidate && !parsed.controlled);
        assert!(parsed.is_from_holder_of(&key("secret")));
        assert!(!parsed.is_from_holder_of(&key("guess")));
    }

    #[test]
    fn the_sample_request_of_rfc_5769_is_genuine() {
        let mut datagram = vec![0, 1, 0, 0x58, 0x21, 0x12, 0xa4, 0x42];
        datagram.extend([0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae]);
        datagram.extend(b"\x80\x22\0\x10STUN test client\0\x24\0\x04\x6e\0\x01\xff");
        datagram.extend(b"\x80\x29\0\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36\0\x06\0\x09evtj:h6vY   ");
        datagram.extend(b"\0\x08\0\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5\xb2\xd3\xf2\x49");
        datagram.extend(b"\xc1\xb5\x71\xa2\x80\x28\0\x04\xe5\x7a\x3b\xcf");
        let parsed = BindingRequest::parse(&datagram).unwrap();
        assert_eq!(parsed.local_user(), Some(&b"evtj"[..]));
        assert!(parsed.controlled && parsed.is_from_holder_of(&key("VOkJxbRl1RmTxUk/WvJxBt")));
    }

    #[test]
    fn the_webrtc_family_reads_our_answers() {
        use rtc_stun::fingerprint::FINGERPRINT;
        use rtc_stun::message::{Getter, Message};
        use rtc_stun::xoraddr::XorMappedAddress;
        let datagram = request("server:client", "secret", &[CONTROLLING]);
        let parsed = BindingRequest::parse(&datagram).unwrap();
        for from in ["127.0.0.1:4242", "[2001:db8::7]:4242"] {
            let from: SocketAddr = from.parse().unwrap();
            let mut message = Message { raw: parsed.success(from, &key("secret")), ..Message::default() };
            message.decode().unwrap();
            FINGERPRINT.check(&message).unwrap();
            let mut mapped = XorMappedAddress::default();
            mapped.get_from(&message).unwrap();
            assert_eq!((mapped.ip, mapped.port), (from.ip(), from.port()));
        }
    }

    #[test]
    fn unknown_attributes_that_must_be_understood_are_named() {
        let datagram = request("server:client", "secret", &[(0x7f01, b"abcd"), (0xc001, b"fine")]);
        let parsed = BindingRequest::parse(&datagram).unwrap();
        assert_eq!(parsed.unknown_attributes(), &[0x7f01]);
        let answer = parsed.unknown_attribute_error(&key("secret"));
        assert!(answer.windows(4).any(|bytes| bytes == [0, 0, 4, 20]));
        assert!(answer.windows(2).any(|bytes| bytes == [0x7f, 0x01]));
    }

    #[test]
    fn malformed_datagrams_of_every_length_are_ignored() {
        let right = request("server:client", "secret", &[CONTROLLING, NOMINATION]);
        for length in 0..right.len() {
            assert!(BindingRequest::parse(&right[..length]).is_none());
        }
        for at in 0..right.len() {
            let mut flipped = right.clone();
            flipped[at] ^= 0x40;
            let proven = BindingRequest::parse(&flipped).is_some_and(|r| r.is_from_holder_of(&key("secret")));
            assert!(!proven, "a flipped bit at {at} went unnoticed");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let mut framed = request("a:b", "c", &[]);
            framed.splice(20.., bytes.iter().copied());
            let length = u16::try_from(framed.len() - 20).unwrap();
            framed[2..4].copy_from_slice(&length.to_be_bytes());
            let _ = BindingRequest::parse(&framed);
            let _ = BindingRequest::parse(&bytes);
        }
    }
}
