//! Good updates, damaged at random: whatever comes of them, nothing panics and the document stays one an editor can show.

use std::collections::BTreeSet;

use accord_agreement::document::Document;
use accord_agreement::schema::DocumentKind;
use proptest::prelude::*;
use yrs::XmlFragment;

use crate::editor::{Editor, agreement_saying};

/// A document with some history, and an update to it that has blocks, marks, a new element and deletions.
fn good_update() -> (Document, Vec<u8>) {
    let mut document = agreement_saying("申请人与被申请人");
    let editor = Editor::opening(&document, 11);
    for update in [editor.type_at(2, "甲乙𠮷"), editor.delete(1, 2)] {
        editor.send(&mut document, &update).unwrap();
    }
    let update = editor.edit(|root, txn| {
        let paragraph = root.push_back(txn, yrs::XmlElementPrelim::empty("paragraph"));
        let text = paragraph.push_back(txn, yrs::XmlTextPrelim::new(""));
        let bold = [("bold".into(), yrs::Any::Map(std::sync::Arc::default()))].into();
        yrs::Text::insert_with_attributes(&text, txn, 0, "重要", bold);
        let heading = root.push_back(txn, yrs::XmlElementPrelim::empty("heading"));
        yrs::Xml::insert_attribute(&heading, txn, "level", 2_i64);
        yrs::Text::remove_range(&crate::editor::first_text(root, txn), txn, 0, 2);
    });
    (document, update)
}

fn still_a_document(document: &Document) {
    let reopened = Document::load(DocumentKind::Agreement, &document.snapshot(), []).unwrap();
    assert_eq!(reopened.content(), document.content());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_damaged_update_never_panics_and_never_leaves_a_broken_document(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..4),
    ) {
        let (mut document, mut update) = good_update();
        for (at, byte, how) in damage {
            let index = at.index(update.len());
            match how {
                0 => update[index] = byte,
                1 => update.insert(index, byte),
                2 if update.len() > 1 => { update.remove(index); }
                _ => update[index] ^= 1 << (byte % 8),
            }
        }
        let before = document.snapshot();
        match document.apply(&update, &BTreeSet::from([11])) {
            Ok(_) => still_a_document(&document),
            Err(_) => prop_assert_eq!(document.snapshot(), before),
        }
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut document = agreement_saying("甲");
        let _ = document.apply(&bytes, &BTreeSet::from([11, 22]));
        let _ = document.updates_since(&bytes);
        still_a_document(&document);
    }

    /// Well-formed blocks with references chosen at random: parents, origins and contents that do not belong together.
    #[test]
    fn well_formed_blocks_in_senseless_places_never_break_the_document(
        blocks in prop::collection::vec((0..5_u8, 0..8_u8, 0..24_u8, 0..24_u8, 0..2_u8), 1..6),
        deletion in prop::option::of((0..20_u8, 1..6_u8)),
    ) {
        let (mut document, _) = good_update();
        let mut update = vec![1, u8::try_from(blocks.len()).unwrap(), 33, 0];
        for (content, attach, left, right, whose) in blocks {
            let client = [1, 11][usize::from(whose)];
            let (flags, place): (u8, Vec<u8>) = match attach {
                0 | 1 => (0x80, vec![client, left]),
                2 => (0x40, vec![client, right]),
                3 | 4 => (0xc0, vec![client, left, 12 - client, right]),
                5 => (0x20, vec![0, client, left, 4, b'n', b'a', b'm', b'e']),
                _ => (0, vec![0, client, left]),
            };
            let (content_ref, content): (u8, &[u8]) = match content {
                0 => (4, &[2, b'h', b'i']),
                1 => (6, &[4, b'b', b'o', b'l', b'd', 2, b'{', b'}']),
                2 => (7, &[6]),
                3 => (7, b"\x03\x09paragraph"),
                _ => (8, &[1, 125, 2]),
            };
            update.push(flags | content_ref);
            update.extend(place);
            update.extend(content);
        }
        match deletion {
            None => update.push(0),
            Some((start, len)) => update.extend([1, 1, 1, start, len]),
        }
        let before = document.snapshot();
        match document.apply(&update, &BTreeSet::from([33])) {
            Ok(_) => still_a_document(&document),
            Err(_) => prop_assert_eq!(document.snapshot(), before),
        }
    }
}
