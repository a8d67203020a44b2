//! Encryption at rest: one sealed object is a header and a run of chunks under a data key of its own.
//!
//! ```text
//! object  = "ACCORDR" version(1)  length(u16) subject(JSON)  operator key id(8)  wrapped data key(60)  chunk*
//! chunk   = word(u32: final bit, ciphertext length)  ciphertext, tag(16)
//! nonce   = 0(7)  counter(u32)  final(1)          associated data = SHA-256(header) word
//! ```
//! All numbers are big-endian. This is the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): the counter refuses reordered
//! and repeated chunks, the final bit a cut tail, the header's digest chunks of another object. Each object of each
//! process has a fresh data key, so that a counter that starts again after a crash never repeats a nonce.

use ring::{
    aead::{Aad, LessSafeKey, Nonce},
    digest::{SHA256, digest},
};
use serde::{Deserialize, Serialize};

use crate::{
    Identifier, ObjectKey, OperatorKey, Part, RecordingError, SpanAddress, Tampering,
    limits::{CHUNK_BYTES, ENVELOPE_HEADER_BYTES_MAX},
    operator_key::{KEY_BYTES, KEY_ID_BYTES, WRAPPED_BYTES, aes_256_gcm, random},
};

const MAGIC: [u8; 8] = *b"ACCORDR\x01";
const TAG_BYTES: usize = 16;
const WORD_BYTES: usize = 4;
const FINAL: u32 = 1 << 31;
/// What a chunk adds to its plaintext.
pub(crate) const CHUNK_OVERHEAD_BYTES: usize = WORD_BYTES + TAG_BYTES;

/// What a sealed object is, readable without any key and authenticated with each of its chunks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The organisation or case service.
    pub tenant: Identifier,
    /// The room.
    pub room: Identifier,
    /// The span.
    pub span: Identifier,
    /// Generation of the grant that the span rests on.
    pub generation: u64,
    /// The room's lease.
    pub lease_generation: u64,
    /// Which object of the span.
    pub part: Part,
}

impl Subject {
    /// Where an object with this subject belongs.
    pub fn address(&self) -> SpanAddress {
        SpanAddress {
            tenant: self.tenant.clone(),
            room: self.room.clone(),
            span: self.span.clone(),
            lease_generation: self.lease_generation,
        }
    }

    pub(crate) fn object(&self) -> ObjectKey {
        self.address().object(self.part)
    }
}

/// Seals one object, chunk after chunk.
pub(crate) struct Sealer {
    key: LessSafeKey,
    binding: [u8; 32],
    counter: u32,
}

impl Sealer {
    /// A sealer under a fresh data key, and the header that goes in front of its chunks.
    pub(crate) fn new(operator: &OperatorKey, subject: &Subject) -> Result<(Self, Vec<u8>), RecordingError> {
        let data_key = random::<KEY_BYTES>()?;
        let subject = serde_json::to_vec(subject)?;
        let length = u16::try_from(subject.len()).map_err(|_| RecordingError::Identifier)?;
        let mut header = [&MAGIC[..], &length.to_be_bytes(), &subject, &operator.id()].concat();
        let wrapped = operator.wrap(&data_key, &header)?;
        header.extend_from_slice(&wrapped);
        let binding = sha256(&header);
        Ok((Self { key: aes_256_gcm(&data_key)?, binding, counter: 0 }, header))
    }

    /// A whole object in one go.
    pub(crate) fn seal_whole(
        operator: &OperatorKey,
        subject: &Subject,
        plain: &[u8],
    ) -> Result<Vec<u8>, RecordingError> {
        let (mut sealer, mut object) = Self::new(operator, subject)?;
        sealer.seal(plain, &mut object)?;
        sealer.finish(&mut object)?;
        Ok(object)
    }

    /// How many chunks were sealed.
    pub(crate) fn chunks(&self) -> u32 {
        self.counter
    }

    /// Appends `plain` to `out`, in as many chunks as it takes.
    pub(crate) fn seal(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<(), RecordingError> {
        plain.chunks(CHUNK_BYTES).try_for_each(|chunk| self.seal_chunk(chunk, 0, out))
    }

    /// Appends the final, empty chunk. Nothing may follow it.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), RecordingError> {
        self.seal_chunk(&[], FINAL, out)
    }

    fn seal_chunk(&mut self, plain: &[u8], last: u32, out: &mut Vec<u8>) -> Result<(), RecordingError> {
        let length = u32::try_from(plain.len() + TAG_BYTES).map_err(|_| RecordingError::Cryptography)?;
        let word = length | last;
        let mut sealed = plain.to_vec();
        self.key
            .seal_in_place_append_tag(
                nonce(self.counter, word),
                Aad::from(associated(&self.binding, word)),
                &mut sealed,
            )
            .map_err(|_| RecordingError::Cryptography)?;
        // Two billion chunks of half a second each do not happen; a segment is closed long before.
        self.counter = self.counter.checked_add(1).ok_or(RecordingError::Failed)?;
        out.extend_from_slice(&word.to_be_bytes());
        out.extend_from_slice(&sealed);
        Ok(())
    }
}

/// Whether bytes begin as a sealed object does.
pub(crate) fn is_sealed(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// The header of a sealed object, not yet believed.
pub(crate) struct Header<'a> {
    pub(crate) subject: Subject,
    /// Bytes up to the first chunk.
    pub(crate) length: usize,
    context: &'a [u8],
    key_id: [u8; KEY_ID_BYTES],
    wrapped: &'a [u8],
    binding: [u8; 32],
}

/// Why there is no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoHeader {
    /// The bytes end before it does, as after a crash while it was written.
    Torn,
    /// These bytes were never a header of ours.
    Foreign,
}

impl<'a> Header<'a> {
    pub(crate) fn parse(object: &'a [u8]) -> Result<Self, NoHeader> {
        let magic = object.get(..MAGIC.len().min(object.len())).unwrap_or_default();
        if !MAGIC.starts_with(magic) {
            return Err(NoHeader::Foreign);
        }
        let (_, rest) = object.split_at_checked(MAGIC.len()).ok_or(NoHeader::Torn)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(NoHeader::Torn)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length > ENVELOPE_HEADER_BYTES_MAX {
            return Err(NoHeader::Foreign);
        }
        let (subject, rest) = rest.split_at_checked(length).ok_or(NoHeader::Torn)?;
        let (key_id, rest) = rest.split_first_chunk::<KEY_ID_BYTES>().ok_or(NoHeader::Torn)?;
        let (wrapped, _) = rest.split_at_checked(WRAPPED_BYTES).ok_or(NoHeader::Torn)?;
        let subject = serde_json::from_slice(subject).map_err(|_| NoHeader::Foreign)?;
        let context_length = MAGIC.len() + 2 + length + KEY_ID_BYTES;
        let length = context_length + WRAPPED_BYTES;
        Ok(Self {
            subject,
            length,
            context: object.get(..context_length).ok_or(NoHeader::Torn)?,
            key_id: *key_id,
            wrapped,
            binding: sha256(object.get(..length).ok_or(NoHeader::Torn)?),
        })
    }
}

/// Opens the chunks of one object.
pub(crate) struct Opener {
    key: LessSafeKey,
    binding: [u8; 32],
    /// Bytes up to the first chunk.
    pub(crate) header_length: usize,
}

impl Opener {
    /// Unwraps the data key behind a header.
    pub(crate) fn new(operator: &OperatorKey, header: &Header<'_>) -> Result<Self, RecordingError> {
        let object = header.subject.object();
        if header.key_id != operator.id() {
            return Err(RecordingError::WrongOperatorKey {
                object,
                wanted: hex::encode(header.key_id),
                given: hex::encode(operator.id()),
            });
        }
        let data_key = operator.unwrap(header.wrapped, header.context).ok_or(RecordingError::Tampered {
            part: header.subject.part,
            object,
            finding: Tampering::Key,
        })?;
        Ok(Self { key: aes_256_gcm(&data_key)?, binding: header.binding, header_length: header.length })
    }

    /// Opens a run of chunks that begins at number `counter`, giving each one's plaintext and offset within `sealed`.
    pub(crate) fn open(
        &self,
        sealed: &[u8],
        mut counter: u32,
        mut take: impl FnMut(Chunk<'_>),
    ) -> Result<Ending, Tampering> {
        let mut offset = 0;
        loop {
            let whole_bytes = offset;
            let rest = sealed.get(offset..).unwrap_or_default();
            let Some((word, rest)) = rest.split_first_chunk::<WORD_BYTES>() else {
                return Ok(Ending::Torn { whole_bytes });
            };
            let word = u32::from_be_bytes(*word);
            let length = usize::try_from(word & !FINAL).map_err(|_| Tampering::Chunk(counter))?;
            if !(TAG_BYTES..=CHUNK_BYTES + TAG_BYTES).contains(&length) {
                return Err(Tampering::Chunk(counter));
            }
            let Some((chunk, rest)) = rest.split_at_checked(length) else {
                return Ok(Ending::Torn { whole_bytes });
            };
            let mut chunk = chunk.to_vec();
            let plain = self
                .key
                .open_in_place(nonce(counter, word), Aad::from(associated(&self.binding, word)), &mut chunk)
                .map_err(|_| Tampering::Chunk(counter))?;
            take(Chunk { counter, offset, plain });
            if word & FINAL != 0 {
                return if rest.is_empty() { Ok(Ending::Final) } else { Err(Tampering::Appended) };
            }
            counter = counter.checked_add(1).ok_or(Tampering::Appended)?;
            offset += WORD_BYTES + length;
        }
    }

    /// Opens a whole object that must be complete.
    pub(crate) fn open_whole(&self, object: &[u8]) -> Result<Vec<u8>, Tampering> {
        let mut plain = Vec::new();
        let sealed = object.get(self.header_length..).unwrap_or_default();
        match self.open(sealed, 0, |chunk| plain.extend_from_slice(chunk.plain))? {
            Ending::Final => Ok(plain),
            Ending::Torn { .. } => Err(Tampering::Truncated),
        }
    }
}

/// One opened chunk.
pub(crate) struct Chunk<'a> {
    pub(crate) counter: u32,
    /// Where it begins, in bytes from the first chunk opened.
    pub(crate) offset: usize,
    pub(crate) plain: &'a [u8],
}

/// How a run of chunks ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With the final chunk.
    Final,
    /// Without, after so many bytes of whole chunks: the writer was cut off, or the run was only a part.
    Torn { whole_bytes: usize },
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut sum = [0; 32];
    for (to, from) in sum.iter_mut().zip(digest(&SHA256, bytes).as_ref()) {
        *to = *from;
    }
    sum
}

fn nonce(counter: u32, word: u32) -> Nonce {
    let [a, b, c, d] = counter.to_be_bytes();
    Nonce::assume_unique_for_key([0, 0, 0, 0, 0, 0, 0, a, b, c, d, u8::from(word & FINAL != 0)])
}

fn associated(binding: &[u8; 32], word: u32) -> [u8; 36] {
    let mut data = [0; 36];
    for (to, from) in data.iter_mut().zip(binding.iter().chain(&word.to_be_bytes())) {
        *to = *from;
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(part: Part) -> Subject {
        let identifier = |text: &str| text.parse().unwrap();
        Subject {
            tenant: identifier("court"),
            room: identifier("room-1"),
            span: identifier("span-1"),
            generation: 7,
            lease_generation: 3,
            part,
        }
    }

    fn operator() -> OperatorKey {
        OperatorKey::from_bytes(&[9; 32]).unwrap()
    }

    fn opener(operator: &OperatorKey, object: &[u8]) -> Opener {
        Opener::new(operator, &Header::parse(object).unwrap()).unwrap()
    }

    #[test]
    fn no_two_segments_share_a_data_key_even_of_the_same_name() {
        let operator = operator();
        let mut keys: Vec<[u8; 32]> = (0..64)
            .map(|number| {
                let (_, header) = Sealer::new(&operator, &subject(Part::Segment(number / 2))).unwrap();
                let header = Header::parse(&header).unwrap();
                operator.unwrap(header.wrapped, header.context).unwrap()
            })
            .collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 64);
    }

    #[test]
    fn what_was_sealed_opens_again_over_many_chunks() {
        let operator = operator();
        for length in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES] {
            let plain: Vec<u8> = (0..length).map(|at| at.to_le_bytes()[0]).collect();
            let object = Sealer::seal_whole(&operator, &subject(Part::Begin), &plain).unwrap();
            assert_eq!(opener(&operator, &object).open_whole(&object).unwrap(), plain);
        }
    }

    #[test]
    fn chunks_swapped_repeated_dropped_or_appended_are_refused() {
        let operator = operator();
        let (mut sealer, header) = Sealer::new(&operator, &subject(Part::Segment(0))).unwrap();
        let mut chunks: Vec<Vec<u8>> = vec![];
        for text in [b"one", b"two", b"six"] {
            let mut chunk = vec![];
            sealer.seal(text, &mut chunk).unwrap();
            chunks.push(chunk);
        }
        let mut last = vec![];
        sealer.finish(&mut last).unwrap();
        chunks.push(last);
        let opened = |order: &[usize]| {
            let parts = order.iter().map(|at| chunks[*at].as_slice());
            let object = [header.as_slice()].into_iter().chain(parts).collect::<Vec<_>>().concat();
            opener(&operator, &object).open_whole(&object)
        };
        assert_eq!(opened(&[0, 1, 2, 3]).unwrap(), b"onetwosix");
        assert_eq!(opened(&[1, 0, 2, 3]), Err(Tampering::Chunk(0)));
        assert_eq!(opened(&[0, 0, 2, 3]), Err(Tampering::Chunk(1)));
        assert_eq!(opened(&[0, 2, 3]), Err(Tampering::Chunk(1)));
        assert_eq!(opened(&[0, 1, 2]), Err(Tampering::Truncated));
        assert_eq!(opened(&[0, 1, 3]), Err(Tampering::Chunk(2)));
        assert_eq!(opened(&[0, 1, 2, 3, 3]), Err(Tampering::Appended));
    }

    #[test]
    fn a_chunk_of_another_object_is_refused() {
        let operator = operator();
        let one = Sealer::seal_whole(&operator, &subject(Part::Segment(0)), b"same words").unwrap();
        let two = Sealer::seal_whole(&operator, &subject(Part::Segment(1)), b"same words").unwrap();
        let (head_one, head_two) = (Header::parse(&one).unwrap().length, Header::parse(&two).unwrap().length);
        let mixed = [&one[..head_one], &two[head_two..]].concat();
        assert_eq!(opener(&operator, &mixed).open_whole(&mixed), Err(Tampering::Chunk(0)));
    }

    #[test]
    fn every_flipped_byte_of_an_object_is_refused() {
        let operator = operator();
        let object = Sealer::seal_whole(&operator, &subject(Part::Begin), b"words of the parties").unwrap();
        for at in 0..object.len() {
            let mut flipped = object.clone();
            flipped[at] ^= 1;
            let opened = Header::parse(&flipped)
                .map_err(|_| ())
                .and_then(|header| Opener::new(&operator, &header).map_err(|_| ()))
                .and_then(|opener| opener.open_whole(&flipped).map_err(|_| ()));
            assert!(opened.is_err(), "byte {at} was flipped and nobody saw");
        }
    }

    #[test]
    fn another_operators_key_is_named_not_tried() {
        let object = Sealer::seal_whole(&operator(), &subject(Part::Begin), b"x").unwrap();
        let other = OperatorKey::from_bytes(&[8; 32]).unwrap();
        let refused = Opener::new(&other, &Header::parse(&object).unwrap());
        assert!(matches!(refused, Err(RecordingError::WrongOperatorKey { .. })));
    }
}
