//! DTLS-SRTP in the server role (RFC 5763, RFC 5764): one association per connection on the sans-IO engine `dimpl`.
//! Datagrams from ICE-validated addresses and the time come in; datagrams and, once, SRTP keys go out. The peer proves to be
//! who the signalling said by the fingerprint of its certificate.

use std::sync::Arc;
use std::time::Instant;

use dimpl::{Config, Dtls, DtlsCertificate, Output, SrtpProfile};
use ring::digest;

use crate::error::MediaError;
use crate::limits::{
    DTLS_FIRST_RETRANSMISSION, DTLS_HANDSHAKE, DTLS_MTU_BYTES, DTLS_OUTPUT_BYTES, DTLS_OUTPUT_BYTES_MAX,
};
use crate::srtp::{self, Inbound, Outbound, Profile};

/// The certificate of this process and the engine's settings; every association shares them.
#[derive(Clone)]
pub(crate) struct Identity {
    config: Arc<Config>,
    certificate: DtlsCertificate,
    fingerprint: Fingerprint,
}

impl Identity {
    /// Makes a fresh self-signed certificate. One serves the whole process: a peer recognises it by its fingerprint.
    pub(crate) fn generate() -> Result<Identity, MediaError> {
        let refused = |_| MediaError::Certificate;
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(refused)?;
        let mut parameters = rcgen::CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.distinguished_name.push(rcgen::DnType::CommonName, "accord");
        let certificate = parameters.self_signed(&key).map_err(refused)?.der().to_vec();
        let fingerprint = Fingerprint::of(Hash::Sha256, &certificate);
        let config = Config::builder()
            .mtu(DTLS_MTU_BYTES)
            .flight_start_rto(DTLS_FIRST_RETRANSMISSION)
            .handshake_timeout(DTLS_HANDSHAKE)
            .use_server_cookie(false)
            .require_client_certificate(true)
            .build()
            .map_err(|_| MediaError::Certificate)?;
        let certificate = DtlsCertificate { certificate, private_key: key.serialize_der() };
        Ok(Identity { config: Arc::new(config), certificate, fingerprint })
    }

    pub(crate) fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

/// A hash function that an `a=fingerprint` line may name (RFC 8122) and that still means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    const ALL: [(Hash, &'static str, &'static digest::Algorithm); 3] = [
        (Hash::Sha256, "sha-256", &digest::SHA256),
        (Hash::Sha384, "sha-384", &digest::SHA384),
        (Hash::Sha512, "sha-512", &digest::SHA512),
    ];

    fn row(self) -> (Hash, &'static str, &'static digest::Algorithm) {
        Hash::ALL.into_iter().find(|(hash, ..)| *hash == self).unwrap_or(Hash::ALL[0])
    }
}

/// The hash of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    hash: Hash,
    value: Vec<u8>,
}

impl Fingerprint {
    /// Reads the value of an `a=fingerprint` line; `None` if the hash is too weak or the value is not one of its.
    pub(crate) fn parse(line: &str) -> Option<Fingerprint> {
        let (name, digits) = line.trim().split_once(' ')?;
        let (hash, _, algorithm) = Hash::ALL.into_iter().find(|(_, known, _)| known.eq_ignore_ascii_case(name))?;
        let value = digits
            .trim()
            .split(':')
            .map(|pair| (pair.len() == 2).then(|| u8::from_str_radix(pair, 16).ok()).flatten())
            .collect::<Option<Vec<u8>>>()?;
        (value.len() == algorithm.output_len()).then_some(Fingerprint { hash, value })
    }

    fn of(hash: Hash, certificate: &[u8]) -> Fingerprint {
        let (_, _, algorithm) = hash.row();
        Fingerprint { hash, value: digest::digest(algorithm, certificate).as_ref().to_vec() }
    }

    fn fits(&self, certificate: &[u8]) -> bool {
        *self == Fingerprint::of(self.hash, certificate)
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (_, name, _) = self.hash.row();
        write!(formatter, "{name} ")?;
        for (at, byte) in self.value.iter().enumerate() {
            let separator = if at == 0 { "" } else { ":" };
            write!(formatter, "{separator}{byte:02X}")?;
        }
        Ok(())
    }
}

/// Why an association ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DtlsEnd {
    /// The peer said goodbye.
    Closed,
    /// The certificate is not the one the signalling announced.
    WrongCertificate,
    /// The handshake or a record broke the protocol, timed out, or settled on an SRTP profile we do not speak.
    Failed,
}

/// The DTLS association of one connection.
pub(crate) struct Association {
    dtls: Dtls,
    expected: Fingerprint,
    certificate_fits: bool,
    /// When the engine wants to be woken; `None` before the first datagram and after the end.
    deadline: Option<Instant>,
    output: Vec<u8>,
}

impl Association {
    pub(crate) fn new(identity: &Identity, expected: Fingerprint, now: Instant) -> Association {
        // DTLS 1.2: there the server picks the SRTP profile, and picks GCM. In 1.3 the engine takes the client's first,
        // which for Chromium is the slow AES-CM with HMAC-SHA1.
        let dtls = Dtls::new_12(Arc::clone(&identity.config), identity.certificate.clone(), now);
        Association { dtls, expected, certificate_fits: false, deadline: None, output: Vec::new() }
    }

    /// The fingerprint the peer must show.
    pub(crate) fn expected(&self) -> &Fingerprint {
        &self.expected
    }

    /// Takes a datagram from a validated address and hands what is to be sent to `send`.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        datagram: &[u8],
        send: &mut dyn FnMut(&[u8]),
    ) -> Result<Option<(Inbound, Outbound)>, DtlsEnd> {
        self.dtls.handle_timeout(now).map_err(|_| DtlsEnd::Failed)?;
        self.drain(send)?;
        self.dtls.handle_packet(datagram).map_err(|_| DtlsEnd::Failed)?;
        self.drain(send)
    }

    /// Retransmits and gives up in time.
    pub(crate) fn tick(&mut self, now: Instant, send: &mut dyn FnMut(&[u8])) -> Result<(), DtlsEnd> {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.deadline = None;
            self.dtls.handle_timeout(now).map_err(|_| DtlsEnd::Failed)?;
            self.drain(send)?;
        }
        Ok(())
    }

    /// Says goodbye to the peer.
    pub(crate) fn close(&mut self, send: &mut dyn FnMut(&[u8])) {
        if self.dtls.close().is_ok() {
            let _ = self.drain(send);
        }
    }

    /// Takes everything out of the engine, as it must be after each input.
    fn drain(&mut self, send: &mut dyn FnMut(&[u8])) -> Result<Option<(Inbound, Outbound)>, DtlsEnd> {
        let mut keys = None;
        self.output.resize(DTLS_OUTPUT_BYTES, 0);
        loop {
            let mut needed_bytes = 0;
            match self.dtls.poll_output(&mut self.output) {
                Output::Packet(datagram) => send(datagram),
                Output::BufferTooSmall { needed } => needed_bytes = needed,
                Output::Timeout(deadline) => {
                    self.deadline = Some(deadline);
                    break;
                }
                Output::PeerCert(certificate) => {
                    self.certificate_fits = self.expected.fits(certificate);
                    if !self.certificate_fits {
                        return Err(DtlsEnd::WrongCertificate);
                    }
                }
                Output::KeyingMaterial(material, profile) => {
                    let profile = match profile {
                        SrtpProfile::AEAD_AES_128_GCM => Profile::AeadAes128Gcm,
                        SrtpProfile::AEAD_AES_256_GCM => Profile::AeadAes256Gcm,
                        SrtpProfile::AES128_CM_SHA1_80 | _ => return Err(DtlsEnd::Failed),
                    };
                    keys = srtp::server_contexts(profile, &material);
                }
                Output::CloseNotify => return Err(DtlsEnd::Closed),
                // Of the connection the keys tell enough, and there are no data channels here.
                Output::Connected | Output::ApplicationData(_) | _ => {}
            }
            if needed_bytes > DTLS_OUTPUT_BYTES_MAX {
                return Err(DtlsEnd::Failed);
            }
            if needed_bytes > 0 {
                self.output.resize(needed_bytes, 0);
            }
        }
        // Between handshakes' bursts the buffer is not worth keeping for every connection.
        self.output = Vec::new();
        Ok(keys.filter(|_| self.certificate_fits))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::VecDeque;
    use std::time::Duration;

    use super::*;

    /// A DTLS client as a browser has one.
    pub(crate) struct Client {
        identity: Identity,
        dtls: Dtls,
        pub(crate) keys: Option<(Profile, Vec<u8>)>,
    }

    impl Client {
        pub(crate) fn new(now: Instant) -> Client {
            let identity = Identity::generate().unwrap();
            let mut dtls = Dtls::new_12(Arc::clone(&identity.config), identity.certificate.clone(), now);
            dtls.set_active(true);
            Client { identity, dtls, keys: None }
        }

        pub(crate) fn fingerprint(&self) -> &Fingerprint {
            self.identity.fingerprint()
        }

        /// Takes a datagram, if there is one, and the time, and returns what it sends.
        pub(crate) fn step(&mut self, now: Instant, datagram: Option<&[u8]>) -> Vec<Vec<u8>> {
            let _ = self.dtls.handle_timeout(now);
            let mut sent = self.drain();
            if let Some(datagram) = datagram {
                let _ = self.dtls.handle_packet(datagram);
                sent.extend(self.drain());
            }
            sent
        }

        fn drain(&mut self) -> Vec<Vec<u8>> {
            let (mut sent, mut buffer) = (Vec::new(), vec![0; 20_000]);
            loop {
                match self.dtls.poll_output(&mut buffer) {
                    Output::Packet(datagram) => sent.push(datagram.to_vec()),
                    Output::KeyingMaterial(material, SrtpProfile::AEAD_AES_256_GCM) => {
                        self.keys = Some((Profile::AeadAes256Gcm, material.to_vec()));
                    }
                    Output::KeyingMaterial(material, _) => {
                        self.keys = Some((Profile::AeadAes128Gcm, material.to_vec()));
                    }
                    Output::Timeout(_) => return sent,
                    _ => {}
                }
            }
        }
    }

    /// Runs a handshake over a link that `passes` decides on by the number of the datagram (and may duplicate: how often it
    /// arrives). Returns the virtual time both sides needed, or how the server's association ended.
    fn handshake(mut arrives: impl FnMut(usize) -> usize) -> Result<Duration, DtlsEnd> {
        let start = Instant::now();
        let server_identity = Identity::generate().unwrap();
        let mut client = Client::new(start);
        let mut server = Association::new(&server_identity, client.fingerprint().clone(), start);
        let (mut to_server, mut to_client): (VecDeque<Vec<u8>>, VecDeque<Vec<u8>>) = Default::default();
        let (mut number, mut server_done) = (0, false);
        for millisecond in 0..10_000 {
            let now = start + Duration::from_millis(millisecond);
            let mut sent_by_client = client.step(now, to_client.pop_front().as_deref());
            let mut sent_by_server: Vec<Vec<u8>> = Vec::new();
            server.tick(now, &mut |datagram| sent_by_server.push(datagram.to_vec()))?;
            if let Some(datagram) = to_server.pop_front() {
                let keys = server.receive(now, &datagram, &mut |answer| sent_by_server.push(answer.to_vec()))?;
                server_done |= keys.is_some();
            }
            for (sent, queue) in [(&mut sent_by_client, &mut to_server), (&mut sent_by_server, &mut to_client)] {
                for datagram in sent.drain(..) {
                    queue.extend(std::iter::repeat_n(datagram, arrives(number)));
                    number += 1;
                }
            }
            if server_done && client.keys.is_some() {
                return Ok(Duration::from_millis(millisecond));
            }
        }
        panic!("the handshake did not end in ten seconds");
    }

    #[test]
    fn every_single_lost_datagram_of_the_handshake_recovers() {
        for lost in 0..14 {
            let needed = handshake(|number| usize::from(number != lost)).unwrap();
            assert!(needed < Duration::from_secs(2), "losing datagram {lost} cost {needed:?}");
        }
    }

    #[test]
    fn any_two_lost_datagrams_recover() {
        for first in 0..8 {
            for second in first + 1..9 {
                let needed = handshake(|number| usize::from(number != first && number != second)).unwrap();
                assert!(needed < Duration::from_secs(4), "losing {first} and {second} cost {needed:?}");
            }
        }
    }

    #[test]
    fn duplicated_datagrams_do_no_harm() {
        assert!(handshake(|_| 2).is_ok());
    }

    #[test]
    fn a_certificate_other_than_the_announced_one_ends_the_association() {
        let now = Instant::now();
        let (mut client, stranger) = (Client::new(now), Identity::generate().unwrap());
        let mut server = Association::new(&Identity::generate().unwrap(), stranger.fingerprint.clone(), now);
        let mut to_server = client.step(now, None);
        for _ in 0..20 {
            let mut to_client: Vec<Vec<u8>> = Vec::new();
            for datagram in to_server.drain(..) {
                match server.receive(now, &datagram, &mut |answer| to_client.push(answer.to_vec())) {
                    Ok(keys) => assert!(keys.is_none()),
                    Err(end) => return assert_eq!(end, DtlsEnd::WrongCertificate),
                }
            }
            to_server = to_client.iter().flat_map(|datagram| client.step(now, Some(datagram))).collect();
        }
        panic!("the wrong certificate went unnoticed");
    }

    #[test]
    fn thirty_thousand_fragments_and_junk_of_every_length_cost_little() {
        let now = Instant::now();
        let identity = Identity::generate().unwrap();
        for length in 0..200_usize {
            let mut server = Association::new(&identity, identity.fingerprint.clone(), now);
            let junk: Vec<u8> = (0..length).map(|at| 20 + u8::try_from(at % 44).unwrap()).collect();
            let mut answered = 0;
            let _ = server.receive(now, &junk, &mut |answer| answered += answer.len());
            assert_eq!(answered, 0);
        }
        let mut server = Association::new(&identity, identity.fingerprint.clone(), now);
        for offset in 0..30_000_u32 {
            // A handshake record with one byte of a client hello of 60,000.
            let mut record = vec![22, 0xfe, 0xfd, 0, 0, 0, 0];
            record.extend(offset.to_be_bytes());
            record.extend([0, 13, 1, 0, 0xea, 0x60, 0, 0]);
            record.extend(&offset.to_be_bytes()[1..]);
            record.extend([0, 0, 1, 0xaa]);
            if server.receive(now, &record, &mut |_| {}).is_err() {
                return;
            }
        }
    }

    #[test]
    fn weak_or_malformed_fingerprints_are_refused() {
        let right = Identity::generate().unwrap().fingerprint.to_string();
        assert_eq!(Fingerprint::parse(&right).unwrap().to_string(), right);
        assert!(Fingerprint::parse(&right.to_lowercase()).is_some());
        assert!(Fingerprint::parse(&right.replace("sha-256", "sha-1")).is_none());
        assert!(Fingerprint::parse(&right[..right.len() - 3]).is_none());
        assert!(Fingerprint::parse("sha-256").is_none());
        assert!(Fingerprint::parse("sha-256 +1:02").is_none());
    }
}
