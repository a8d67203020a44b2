use proptest::prelude::*;
use ring::digest::{SHA256, digest};

use crate::Digest;
use crate::merkle::{self, ConsistencyProof, Frontier, InclusionProof, leaf_hash};

/// The definition of RFC 6962 §2.1 word for word, without anything shared with the code under test.
fn reference(inputs: &[Vec<u8>]) -> Vec<u8> {
    match inputs {
        [] => digest(&SHA256, b"").as_ref().to_vec(),
        [one] => digest(&SHA256, &[&[0], one.as_slice()].concat()).as_ref().to_vec(),
        many => {
            let mut k = 1;
            while k * 2 < many.len() {
                k *= 2;
            }
            let pair = [vec![1], reference(&many[..k]), reference(&many[k..])].concat();
            digest(&SHA256, &pair).as_ref().to_vec()
        }
    }
}

/// The leaf inputs that certificate transparency's own tests use.
fn known_inputs() -> Vec<Vec<u8>> {
    let inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    inputs.iter().map(|input| hex::decode(input).unwrap()).collect()
}

#[test]
fn roots_are_those_of_the_known_certificate_transparency_vectors() {
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let leaves: Vec<_> = known_inputs().iter().map(|input| leaf_hash(input)).collect();
    for (size, root) in roots.iter().enumerate() {
        assert_eq!(merkle::root(&leaves[..size]).to_string(), *root, "of {size} leaves");
    }
}

#[test]
fn an_inclusion_path_is_that_of_the_known_vectors() {
    let leaves: Vec<_> = known_inputs().iter().map(|input| leaf_hash(input)).collect();
    let path = InclusionProof::of(&leaves, 0).unwrap().path;
    let known = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ];
    assert_eq!(path.iter().map(Digest::to_string).collect::<Vec<_>>(), known);
}

#[test]
fn every_proof_of_every_small_tree_holds_and_no_other_leaf_place_or_size_passes() {
    let leaves: Vec<_> = (0_u8..33).map(|byte| leaf_hash(&[byte])).collect();
    for size in 1..leaves.len() {
        let (tree, root) = (&leaves[..size], merkle::root(&leaves[..size]));
        for index in 0..size {
            let proof = InclusionProof::of(tree, index).unwrap();
            assert!(proof.proves(tree[index], root));
            for other in (0..size).filter(|other| *other != index) {
                assert!(!proof.proves(tree[other], root));
                assert!(!InclusionProof { index: other as u64, ..proof.clone() }.proves(tree[index], root));
            }
        }
        assert!(InclusionProof::of(tree, size).is_none());
        for first in 0..=size {
            let proof = ConsistencyProof::of(tree, first).unwrap();
            let first_root = merkle::root(&tree[..first]);
            assert!(proof.proves(first_root, root), "{first} of {size}");
            if first > 0 {
                assert!(!proof.proves(merkle::root(&leaves[1..=first]), root), "{first} of {size}");
                assert!(first == size || !proof.proves(first_root, first_root), "{first} of {size}");
            }
        }
        assert!(ConsistencyProof::of(tree, size + 1).is_none());
    }
}

#[test]
fn a_proof_of_nonsense_sizes_is_refused_without_panic() {
    let leaf = leaf_hash(b"a");
    for (index, size) in [(0, 0), (1, 1), (u64::MAX, u64::MAX), (5, 2)] {
        assert!(!InclusionProof { index, size, path: vec![leaf; 3] }.proves(leaf, leaf));
    }
    for (first_size, second_size) in [(2, 1), (u64::MAX, 1), (1, u64::MAX), (3, u64::MAX), (0, 7)] {
        assert!(!ConsistencyProof { first_size, second_size, path: vec![leaf; 3] }.proves(leaf, leaf));
        assert!(!ConsistencyProof { first_size, second_size, path: vec![] }.proves(leaf, leaf));
    }
}

proptest! {
    #[test]
    fn appending_gives_the_reference_root_at_every_size(inputs in proptest::collection::vec(any::<Vec<u8>>(), 0..70)) {
        let mut frontier = Frontier::default();
        for (size, input) in inputs.iter().enumerate() {
            let expected = reference(&inputs[..size]);
            prop_assert_eq!(frontier.root().as_bytes().to_vec(), expected);
            frontier.append(leaf_hash(input));
        }
        let expected = reference(&inputs);
        prop_assert_eq!(frontier.root().as_bytes().to_vec(), expected);
    }

    #[test]
    fn a_proof_with_any_change_fails(
        size in 2_usize..300, place in any::<prop::sample::Index>(), first in any::<prop::sample::Index>(),
        bent in any::<prop::sample::Index>(), byte in 0_usize..32, flip in 1_u8..,
    ) {
        let leaves: Vec<_> = (0..size as u64).map(|number| leaf_hash(&number.to_be_bytes())).collect();
        let root = merkle::root(&leaves);
        let index = place.index(size);
        let sound = InclusionProof::of(&leaves, index).unwrap();
        prop_assert!(sound.proves(leaves[index], root));
        let mut wrong = sound.clone();
        bend(&mut wrong.path, bent, byte, flip);
        prop_assert!(!wrong.proves(leaves[index], root));
        for path in shorter_and_longer(&sound.path) {
            let wrong = InclusionProof { path, ..sound.clone() };
            prop_assert!(!wrong.proves(leaves[index], root));
        }

        let first = 1 + first.index(size - 1);
        let first_root = merkle::root(&leaves[..first]);
        let sound = ConsistencyProof::of(&leaves, first).unwrap();
        prop_assert!(sound.proves(first_root, root));
        let mut wrong = sound.clone();
        bend(&mut wrong.path, bent, byte, flip);
        prop_assert!(!wrong.proves(first_root, root));
        for path in shorter_and_longer(&sound.path) {
            let wrong = ConsistencyProof { path, ..sound.clone() };
            prop_assert!(!wrong.proves(first_root, root));
        }
    }
}

fn bend(path: &mut [Digest], at: prop::sample::Index, byte: usize, flip: u8) {
    let hash = &mut path[at.index(path.len())];
    let mut bytes = *hash.as_bytes();
    bytes[byte] ^= flip;
    *hash = Digest::from_bytes(bytes);
}

fn shorter_and_longer(path: &[Digest]) -> [Vec<Digest>; 3] {
    let longer = [path, &[leaf_hash(b"more")]].concat();
    [path[1..].to_vec(), path[..path.len() - 1].to_vec(), longer]
}
