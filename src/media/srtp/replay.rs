//! Which packets of a source were seen (RFC 3711, 3.3), and which 48-bit index a 16-bit sequence number means.

const WINDOW: u64 = 128;

/// A sliding window over packet indices.
#[derive(Debug, Clone, Default)]
pub(super) struct ReplayWindow {
    /// One above the highest index accepted; zero before the first.
    next: u64,
    /// Bit `n` stands for the index `next - 1 - n`.
    seen: u128,
}

impl ReplayWindow {
    /// Whether an index may be accepted.
    pub(super) fn admits(&self, index: u64) -> bool {
        if index >= self.next {
            return true;
        }
        let age = self.next - 1 - index;
        age < WINDOW && self.seen >> age & 1 == 0
    }

    /// Notes an index as accepted. Call it only for authenticated packets that the window admits.
    pub(super) fn note(&mut self, index: u64) {
        if index >= self.next {
            let advance = index + 1 - self.next;
            self.seen = if advance < WINDOW { self.seen << advance } else { 0 };
            self.next = index + 1;
        }
        let age = self.next - 1 - index;
        if age < WINDOW {
            self.seen |= 1 << age;
        }
    }

    /// The index nearest to the highest one seen that ends in this sequence number (RFC 3711, appendix A).
    pub(super) fn index_of(&self, sequence: u16) -> u64 {
        let sequence = u64::from(sequence);
        let Some(highest) = self.next.checked_sub(1) else { return sequence };
        let candidate = (highest & !0xffff) | sequence;
        if candidate > highest + 0x8000 && candidate >= 0x1_0000 {
            candidate - 0x1_0000
        } else if candidate + 0x8000 < highest {
            candidate + 0x1_0000
        } else {
            candidate
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn sequence_numbers_wrap_into_rising_indices_even_out_of_order() {
        let mut window = ReplayWindow::default();
        for (sequence, index) in [(65_534, 65_534), (0, 65_536), (65_535, 65_535), (1, 65_537), (30_000, 95_536)] {
            assert_eq!(window.index_of(sequence), index);
            window.note(index);
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_admitted_twice_and_nothing_new_within_the_window_is_refused(
            indices in proptest::collection::vec(0_u64..400, 1..300)
        ) {
            let mut window = ReplayWindow::default();
            let mut seen = BTreeSet::new();
            for index in indices {
                let highest = seen.last().copied().unwrap_or(0);
                let expected = !seen.contains(&index) && index + WINDOW > highest;
                proptest::prop_assert_eq!(window.admits(index), expected);
                if expected {
                    window.note(index);
                    seen.insert(index);
                }
            }
        }
    }
}
