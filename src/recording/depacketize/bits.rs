//! Bits of a codec's header, most significant first.

use super::Malformed;

/// A cursor over bits.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// One bit.
    pub(super) fn flag(&mut self) -> Result<bool, Malformed> {
        let byte = self.bytes.get(self.at / 8).ok_or(Malformed)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Ok(bit == 1)
    }

    /// A number of up to 32 bits.
    pub(super) fn number(&mut self, bits: u32) -> Result<u32, Malformed> {
        (0..bits).try_fold(0u32, |value, _| Ok(value << 1 | u32::from(self.flag()?)))
    }

    /// Passes over bits.
    pub(super) fn skip(&mut self, bits: u32) -> Result<(), Malformed> {
        (0..bits).try_for_each(|_| self.flag().map(drop))
    }

    /// Exp-Golomb `ue(v)` of H.264 (section 9.1), AV1's `uvlc`.
    pub(super) fn exp_golomb(&mut self) -> Result<u32, Malformed> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return Err(Malformed);
            }
        }
        let rest = self.number(zeros)?;
        Ok((1u32 << zeros) - 1 + rest)
    }

    /// Exp-Golomb `se(v)`.
    pub(super) fn signed_exp_golomb(&mut self) -> Result<i64, Malformed> {
        let code = i64::from(self.exp_golomb()?);
        Ok(if code % 2 == 0 { -(code / 2) } else { code / 2 + 1 })
    }
}
