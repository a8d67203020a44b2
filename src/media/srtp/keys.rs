//! Session keys from a master key (RFC 3711, 4.3; with GCM's 96-bit salt, RFC 7714, 11).

use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes256};
use ring::aead;

use super::{NONCE_BYTES, Profile};

const LABEL_RTP_KEY: u8 = 0;
const LABEL_RTP_SALT: u8 = 2;
const LABEL_RTCP_KEY: u8 = 3;
const LABEL_RTCP_SALT: u8 = 5;

/// Keys of one direction.
pub(super) struct SessionKeys {
    pub(super) rtp: AeadKey,
    pub(super) rtcp: AeadKey,
}

/// A GCM key and the salt its nonces are made with.
pub(super) struct AeadKey {
    key: aead::LessSafeKey,
    salt: [u8; NONCE_BYTES],
}

impl SessionKeys {
    /// `None` if key or salt have the wrong length for the profile.
    pub(super) fn derive(profile: Profile, master_key: &[u8], master_salt: &[u8]) -> Option<SessionKeys> {
        let derivation = Derivation::new(profile, master_key, master_salt)?;
        Some(SessionKeys {
            rtp: derivation.key(profile, LABEL_RTP_KEY, LABEL_RTP_SALT)?,
            rtcp: derivation.key(profile, LABEL_RTCP_KEY, LABEL_RTCP_SALT)?,
        })
    }
}

impl AeadKey {
    /// RFC 7714, 8.1: two zero bytes, SSRC, roll-over counter and sequence number, combined with the salt.
    pub(super) fn rtp_nonce(&self, ssrc: u32, index: u64) -> aead::Nonce {
        let mut nonce = [0_u8; NONCE_BYTES];
        nonce[2..6].copy_from_slice(&ssrc.to_be_bytes());
        nonce[6..12].copy_from_slice(&index.to_be_bytes()[2..]);
        self.salted(nonce)
    }

    /// RFC 7714, 9.1: two zero bytes, SSRC, two zero bytes, index, combined with the salt.
    pub(super) fn rtcp_nonce(&self, ssrc: u32, index: u32) -> aead::Nonce {
        let mut nonce = [0_u8; NONCE_BYTES];
        nonce[2..6].copy_from_slice(&ssrc.to_be_bytes());
        nonce[8..12].copy_from_slice(&index.to_be_bytes());
        self.salted(nonce)
    }

    pub(super) fn key(&self) -> &aead::LessSafeKey {
        &self.key
    }

    fn salted(&self, mut nonce: [u8; NONCE_BYTES]) -> aead::Nonce {
        for (byte, salt) in nonce.iter_mut().zip(self.salt) {
            *byte ^= salt;
        }
        aead::Nonce::assume_unique_for_key(nonce)
    }
}

struct Derivation {
    cipher: BlockCipher,
    salt: [u8; NONCE_BYTES],
}

enum BlockCipher {
    Aes128(Aes128),
    Aes256(Aes256),
}

impl Derivation {
    fn new(profile: Profile, master_key: &[u8], master_salt: &[u8]) -> Option<Derivation> {
        let cipher = match profile {
            Profile::AeadAes128Gcm => BlockCipher::Aes128(Aes128::new_from_slice(master_key).ok()?),
            Profile::AeadAes256Gcm => BlockCipher::Aes256(Aes256::new_from_slice(master_key).ok()?),
        };
        Some(Derivation { cipher, salt: master_salt.try_into().ok()? })
    }

    fn key(&self, profile: Profile, key_label: u8, salt_label: u8) -> Option<AeadKey> {
        let algorithm = match profile {
            Profile::AeadAes128Gcm => &aead::AES_128_GCM,
            Profile::AeadAes256Gcm => &aead::AES_256_GCM,
        };
        let bytes = self.stream(key_label);
        let key = aead::UnboundKey::new(algorithm, bytes.get(..algorithm.key_len())?).ok()?;
        let salt = *self.stream(salt_label).first_chunk()?;
        Some(AeadKey { key: aead::LessSafeKey::new(key), salt })
    }

    /// The first two blocks of the AES counter stream for a label: enough for the longest key.
    fn stream(&self, label: u8) -> [u8; 32] {
        let mut stream = [0_u8; 32];
        for (counter, block) in (0_u8..).zip(stream.chunks_exact_mut(16)) {
            let mut input = [0_u8; 16];
            input[..NONCE_BYTES].copy_from_slice(&self.salt);
            input[7] ^= label;
            input[15] = counter;
            let mut state = input.into();
            match &self.cipher {
                BlockCipher::Aes128(cipher) => cipher.encrypt_block(&mut state),
                BlockCipher::Aes256(cipher) => cipher.encrypt_block(&mut state),
            }
            block.copy_from_slice(&state);
        }
        stream
    }
}
