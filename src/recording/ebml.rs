//! EBML (RFC 8794): the elements that Matroska is made of, written into a buffer and read from a slice.

/// An element's identifier as it is written, its length marker included.
pub(crate) type Id = u32;

/// A size that says "until the next element that cannot be in here" (RFC 8794, section 6.2).
pub(crate) const UNKNOWN_SIZE: [u8; 8] = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

/// Writes `id`, the size and whatever `content` writes.
pub(crate) fn master(out: &mut Vec<u8>, id: Id, content: impl FnOnce(&mut Vec<u8>)) {
    let mut inner = Vec::new();
    content(&mut inner);
    binary(out, id, &inner);
}

/// Writes an element of raw bytes.
pub(crate) fn binary(out: &mut Vec<u8>, id: Id, bytes: &[u8]) {
    write_id(out, id);
    write_size(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Writes a text.
pub(crate) fn text(out: &mut Vec<u8>, id: Id, text: &str) {
    binary(out, id, text.as_bytes());
}

/// Writes an unsigned number in as few bytes as it takes.
pub(crate) fn unsigned(out: &mut Vec<u8>, id: Id, value: u64) {
    let bytes = value.to_be_bytes();
    let leading = bytes.iter().take(7).take_while(|byte| **byte == 0).count();
    binary(out, id, bytes.get(leading..).unwrap_or_default());
}

/// Writes an unsigned number in eight bytes, so that its size does not depend on its value.
pub(crate) fn unsigned_wide(out: &mut Vec<u8>, id: Id, value: u64) {
    binary(out, id, &value.to_be_bytes());
}

/// Writes a signed number (dates) in eight bytes.
pub(crate) fn signed(out: &mut Vec<u8>, id: Id, value: i64) {
    binary(out, id, &value.to_be_bytes());
}

/// Writes a floating-point number.
pub(crate) fn float(out: &mut Vec<u8>, id: Id, value: f64) {
    binary(out, id, &value.to_be_bytes());
}

/// Writes an identifier.
pub(crate) fn write_id(out: &mut Vec<u8>, id: Id) {
    out.extend(id.to_be_bytes().into_iter().skip_while(|byte| *byte == 0));
}

/// Writes a size in as few bytes as it takes; all ones are kept for the unknown size.
pub(crate) fn write_size(out: &mut Vec<u8>, size: u64) {
    let bytes = (1..=8).find(|bytes| size < (1 << (7 * bytes)) - 1).unwrap_or(8);
    write_size_in(out, size, bytes);
}

/// Writes a size in eight bytes, so that its length does not depend on its value.
pub(crate) fn write_size_wide(out: &mut Vec<u8>, size: u64) {
    write_size_in(out, size, 8);
}

fn write_size_in(out: &mut Vec<u8>, size: u64, bytes: usize) {
    let marked = size | 1 << (7 * bytes);
    out.extend_from_slice(marked.to_be_bytes().get(8 - bytes..).unwrap_or_default());
}

/// One element of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) id: Id,
    /// The element's content; everything that is left when its size is unknown.
    pub(crate) content: &'a [u8],
    /// Identifier, size and content as they are written.
    pub(crate) whole: &'a [u8],
}

/// The elements of a buffer, up to its end or the first that is cut or malformed.
pub(crate) struct Elements<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (id, id_bytes) = read_vint(self.0, 4, true)?;
        let rest = self.0.get(id_bytes..)?;
        let (size, size_bytes) = read_vint(rest, 8, false)?;
        let rest = rest.get(size_bytes..)?;
        let size = if size == u64::MAX { rest.len() } else { usize::try_from(size).ok()? };
        let content = rest.get(..size)?;
        let (whole, rest) = self.0.split_at_checked(id_bytes + size_bytes + size)?;
        self.0 = rest;
        Some(Element { id: u32::try_from(id).ok()?, content, whole })
    }
}

/// An element's unsigned content.
pub(crate) fn read_unsigned(content: &[u8]) -> Option<u64> {
    (content.len() <= 8).then(|| content.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

/// A variable-length number and its length; the size of all ones reads as `u64::MAX`.
fn read_vint(bytes: &[u8], longest: usize, keep_marker: bool) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let length = first.leading_zeros() as usize + 1;
    if length > longest {
        return None;
    }
    let value = read_unsigned(bytes.get(..length)?)?;
    if keep_marker {
        return Some((value, length));
    }
    let mask = (1 << (7 * length)) - 1;
    let value = value & mask;
    Some((if value == mask { u64::MAX } else { value }, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_every_length_read_back_as_written() {
        for size in [0, 1, 126, 127, 128, 16_382, 16_383, 2_097_150, 2_097_151, 1 << 40] {
            let mut out = vec![];
            write_size(&mut out, size);
            assert_eq!(read_vint(&out, 8, false), Some((size, out.len())));
            out.clear();
            write_size_wide(&mut out, size);
            assert_eq!(read_vint(&out, 8, false), Some((size, 8)));
        }
        assert_eq!(read_vint(&UNKNOWN_SIZE, 8, false), Some((u64::MAX, 8)));
    }

    #[test]
    fn malformed_bytes_end_the_walk() {
        for bytes in [&[0u8; 4][..], &[0x42], &[0x42, 0x86, 0x85, 1], &[0xff; 3]] {
            let walked = Elements(bytes).map(|element| element.whole.len()).sum::<usize>();
            assert!(walked <= bytes.len());
        }
    }
}
