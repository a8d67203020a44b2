//! The Merkle tree of RFC 6962 §2.1 over SHA-256, as a transparency log uses it.
//!
//! In come leaf hashes in order; out come roots, proofs that a leaf is in a tree ([`InclusionProof`]) and that an older
//! tree is the beginning of a newer one ([`ConsistencyProof`]). Leaves and nodes are hashed under different prefixes, so
//! neither can pose as the other.

use serde::{Deserialize, Serialize};

use crate::Digest;
use crate::limits::PROOF_HASHES_MAX;

/// The hash of a leaf: SHA-256(0x00 ‖ input).
pub fn leaf_hash(input: &[u8]) -> Digest {
    Digest::of_joined(&[&[0x00], input])
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
fn node_hash(left: Digest, right: Digest) -> Digest {
    Digest::of_joined(&[&[0x01], left.as_bytes(), right.as_bytes()])
}

/// The right edge of a growing tree: enough to append and to know the root, without the leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the complete subtrees from left to right, one for each bit set in `size`.
    peaks: Vec<Digest>,
}

impl Frontier {
    /// The frontier of a tree with these leaf hashes.
    pub fn of(leaves: impl IntoIterator<Item = Digest>) -> Self {
        let mut frontier = Self::default();
        leaves.into_iter().for_each(|leaf| frontier.append(leaf));
        frontier
    }

    /// Adds a leaf hash at the right; costs as many hashes as `size` has trailing one bits.
    pub fn append(&mut self, leaf: Digest) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            // There is one peak for each bit set, so the loop ends before the peaks do.
            if let Some(left) = self.peaks.pop() {
                node = node_hash(left, node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// How many leaves there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root; of an empty tree, SHA-256 of nothing.
    pub fn root(&self) -> Digest {
        self.peaks.iter().copied().rev().reduce(|right, left| node_hash(left, right)).unwrap_or_else(|| Digest::of(&[]))
    }
}

/// The root of a tree with these leaf hashes.
pub fn root(leaves: &[Digest]) -> Digest {
    Frontier::of(leaves.iter().copied()).root()
}

/// Proof that a leaf is at a place in a tree, by the siblings on its way to the root (RFC 6962 §2.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InclusionProof {
    /// The leaf's place, from 0.
    pub index: u64,
    /// The size of the tree.
    pub size: u64,
    /// Siblings from the leaf upwards.
    pub path: Vec<Digest>,
}

impl InclusionProof {
    /// Proves the leaf at `index`; `None` when there is none.
    pub fn of(leaves: &[Digest], index: usize) -> Option<Self> {
        (index < leaves.len()).then(|| {
            let mut path = Vec::new();
            inclusion_path(leaves, index, &mut path);
            Self { index: index as u64, size: leaves.len() as u64, path }
        })
    }

    /// Whether the proof leads from this leaf hash to this root.
    pub fn proves(&self, leaf: Digest, root: Digest) -> bool {
        if self.index >= self.size || self.path.len() > PROOF_HASHES_MAX {
            return false;
        }
        let mut climb = Climb { node: self.index, last: self.size - 1 };
        let mut hash = leaf;
        for sibling in &self.path {
            if climb.last == 0 {
                return false;
            }
            hash = if climb.sibling_is_left() { node_hash(*sibling, hash) } else { node_hash(hash, *sibling) };
            climb.up();
        }
        climb.last == 0 && hash == root
    }
}

fn inclusion_path(leaves: &[Digest], index: usize, path: &mut Vec<Digest>) {
    if leaves.len() <= 1 {
        return;
    }
    let (left, right) = leaves.split_at(split_point(leaves.len()));
    if index < left.len() {
        inclusion_path(left, index, path);
        path.push(root(right));
    } else {
        inclusion_path(right, index - left.len(), path);
        path.push(root(left));
    }
}

/// Proof that the tree of `first_size` leaves is the beginning of the tree of `second_size` (RFC 6962 §2.1.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyProof {
    /// The older size.
    pub first_size: u64,
    /// The newer size.
    pub second_size: u64,
    /// The nodes that both roots can be rebuilt from.
    pub path: Vec<Digest>,
}

impl ConsistencyProof {
    /// Proves that the first `first_size` of these leaf hashes begin the whole; `None` when there are fewer.
    pub fn of(leaves: &[Digest], first_size: usize) -> Option<Self> {
        (first_size <= leaves.len()).then(|| {
            let mut path = Vec::new();
            if first_size > 0 {
                consistency_path(leaves, first_size, true, &mut path);
            }
            Self { first_size: first_size as u64, second_size: leaves.len() as u64, path }
        })
    }

    /// Whether the proof holds between these two roots. An empty tree begins every tree.
    pub fn proves(&self, first_root: Digest, second_root: Digest) -> bool {
        if self.first_size > self.second_size || self.path.len() > PROOF_HASHES_MAX {
            return false;
        }
        if self.first_size == 0 {
            return self.path.is_empty() && first_root == Digest::of(&[]);
        }
        if self.first_size == self.second_size {
            return self.path.is_empty() && first_root == second_root;
        }
        // A complete first tree is itself a node of the second, so the proof need not repeat its root.
        let repeated = self.first_size.is_power_of_two().then_some(first_root);
        let mut nodes = repeated.into_iter().chain(self.path.iter().copied());
        let Some(start) = nodes.next() else { return false };

        let mut climb = Climb { node: self.first_size - 1, last: self.second_size - 1 };
        while climb.node & 1 == 1 {
            climb.node >>= 1;
            climb.last >>= 1;
        }
        let (mut first, mut second) = (start, start);
        for node in nodes {
            if climb.last == 0 {
                return false;
            }
            if climb.sibling_is_left() {
                first = node_hash(node, first);
                second = node_hash(node, second);
            } else {
                second = node_hash(second, node);
            }
            climb.up();
        }
        climb.last == 0 && first == first_root && second == second_root
    }
}

/// `whole` says that the subtree in hand is the older tree itself, whose root the verifier knows.
fn consistency_path(leaves: &[Digest], first_size: usize, whole: bool, path: &mut Vec<Digest>) {
    if first_size == leaves.len() {
        if !whole {
            path.push(root(leaves));
        }
        return;
    }
    let (left, right) = leaves.split_at(split_point(leaves.len()));
    if first_size <= left.len() {
        consistency_path(left, first_size, whole, path);
        path.push(root(right));
    } else {
        consistency_path(right, first_size - left.len(), false, path);
        path.push(root(left));
    }
}

/// The largest power of two below `size`, for a size of at least two.
const fn split_point(size: usize) -> usize {
    1 << (usize::BITS - 1 - (size - 1).leading_zeros())
}

/// A place on the way from a leaf to the root, by its number in its level and that of the level's last node.
struct Climb {
    node: u64,
    last: u64,
}

impl Climb {
    const fn sibling_is_left(&self) -> bool {
        self.node & 1 == 1 || self.node == self.last
    }

    /// To the next level on which the node has a sibling: a lone last node is carried up without a hash.
    const fn up(&mut self) {
        if self.node == self.last {
            while self.node & 1 == 0 && self.node != 0 {
                self.node >>= 1;
                self.last >>= 1;
            }
        }
        self.node >>= 1;
        self.last >>= 1;
    }
}
