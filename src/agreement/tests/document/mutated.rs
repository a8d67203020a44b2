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

/// Whoever was there and heard the update, and whoever opens the document later, read the same.
fn still_one_document(document: &Document, before: &[u8], heard: &[u8]) {
    let heard = Document::load(DocumentKind::Agreement, before, [heard]).unwrap();
    assert_eq!(heard.content(), document.content());
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
        if let Ok(applied) = document.apply(&update, &BTreeSet::from([11])) {
            still_one_document(&document, &before, &applied.update);
        } else {
            prop_assert_eq!(document.snapshot(), before);
        }
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut document = agreement_saying("甲");
        let before = document.snapshot();
        let _ = document.updates_since(&bytes);
        if let Ok(applied) = document.apply(&bytes, &BTreeSet::from([11, 22])) {
            still_one_document(&document, &before, &applied.update);
        }
    }

    /// Well-formed blocks with references chosen at random among what exists: parents, origins and contents that do not
    /// belong together.
    #[test]
    fn well_formed_blocks_in_senseless_places_never_break_the_document(
        blocks in prop::collection::vec((0..5_u8, 0..6_u8, existing(), existing()), 1..5),
        deletion in prop::option::of((0..10_u8, 1..3_u8)),
    ) {
        let (mut document, _) = good_update();
        let mut update = vec![1, u8::try_from(blocks.len()).unwrap(), 33, 0];
        for (content, attach, left, right) in blocks {
            let (flags, place) = match attach {
                0 | 1 => (0x80, left.to_vec()),
                2 => (0x40, right.to_vec()),
                3 => (0xc0, [left, right].concat()),
                4 if content == 4 => (0x20, [&[0], left.as_slice(), b"\x04name"].concat()),
                _ => (0, [&[0], left.as_slice()].concat()),
            };
            let (content_ref, content): (u8, &[u8]) = match content {
                0 => (4, b"\x02hi"),
                1 => (6, b"\x04bold\x02{}"),
                2 => (7, &[6]),
                3 => (7, b"\x03\x09paragraph"),
                _ => (8, b"\x01\x77\x05facts"),
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
        if let Ok(applied) = document.apply(&update, &BTreeSet::from([33])) {
            still_one_document(&document, &before, &applied.update);
        } else {
            prop_assert_eq!(document.snapshot(), before);
        }
    }
}

/// What one person does next.
#[derive(Debug, Clone)]
enum Deed {
    Type(u32, String),
    Delete(u32, u32),
    Embolden(u32, u32, bool),
    AddParagraph(u32),
    DeleteParagraph(u32),
    Hear,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0..40_u32, "[甲乙丙丁𠮷a]{1,4}").prop_map(|(at, text)| Deed::Type(at, text)),
        3 => (0..40_u32, 1..6_u32).prop_map(|(at, len)| Deed::Delete(at, len)),
        2 => (0..40_u32, 1..9_u32, any::<bool>()).prop_map(|(at, len, on)| Deed::Embolden(at, len, on)),
        1 => (0..4_u32).prop_map(Deed::AddParagraph),
        1 => (1..4_u32).prop_map(Deed::DeleteParagraph),
        3 => Just(Deed::Hear),
    ]
}

fn do_it(deed: &Deed, root: &yrs::XmlFragmentRef, txn: &mut yrs::TransactionMut) {
    let Some(yrs::XmlOut::Element(section)) = root.get(txn, 0) else { panic!("a section") };
    let text = crate::editor::first_text(root, txn);
    let written = crate::editor::plain(&text, txn);
    // Positions count characters: no editor cuts one in two.
    let units = |chars: u32| -> u32 {
        written.chars().take(usize::try_from(chars).unwrap()).map(|c| u32::try_from(c.len_utf16()).unwrap()).sum()
    };
    let range = |at: u32, len: u32| (units(at), units(at + len) - units(at));
    match deed {
        Deed::Type(at, typed) => yrs::Text::insert(&text, txn, units(*at), typed),
        Deed::Delete(at, wanted) => {
            let (at, len) = range(*at, *wanted);
            yrs::Text::remove_range(&text, txn, at, len);
        }
        Deed::Embolden(at, wanted, on) => {
            let (at, len) = range(*at, *wanted);
            let value = if *on { yrs::Any::Map(std::sync::Arc::default()) } else { yrs::Any::Null };
            yrs::Text::format(&text, txn, at, len, [("bold".into(), value)].into());
        }
        Deed::AddParagraph(at) => {
            let at = 1 + (*at).min(section.len(txn) - 1);
            let paragraph = section.insert(txn, at, yrs::XmlElementPrelim::empty("paragraph"));
            paragraph.push_back(txn, yrs::XmlTextPrelim::new("新段"));
        }
        Deed::DeleteParagraph(at) if *at < section.len(txn) => section.remove(txn, *at),
        Deed::DeleteParagraph(_) | Deed::Hear => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_honest_editing_is_refused_and_all_copies_agree(deeds in prop::collection::vec((0..3_usize, deed()), 1..60)) {
        let mut document = agreement_saying("申请人与被申请人");
        let editors = [11, 22, 33].map(|client| Editor::opening(&document, client));
        let mut applied: Vec<(usize, Vec<u8>)> = Vec::new();
        let mut heard = [0; 3];
        for (who, deed) in deeds {
            if matches!(deed, Deed::Hear) {
                hear(&editors[who], who, &applied, &mut heard[who]);
                continue;
            }
            let update = editors[who].edit(|root, txn| do_it(&deed, root, txn));
            applied.push((who, editors[who].send(&mut document, &update).unwrap().update));
        }
        for (who, editor) in editors.iter().enumerate() {
            hear(editor, who, &applied, &mut heard[who]);
            prop_assert_eq!(editor.text(), editors[0].text());
        }
        let reopened = Document::load(DocumentKind::Agreement, &document.snapshot(), []).unwrap();
        prop_assert_eq!(reopened.content(), document.content());
        let seen = Document::load(DocumentKind::Agreement, &editors[0].everything(), []).unwrap();
        prop_assert_eq!(seen.content(), document.content());
    }
}

fn hear(editor: &Editor, who: usize, applied: &[(usize, Vec<u8>)], heard: &mut usize) {
    for (author, update) in &applied[*heard..] {
        if *author != who {
            editor.receive(update);
        }
    }
    *heard = applied.len();
}

/// A unit that exists in the document: 12 of the server's (section, name, paragraph, text, eight characters), 4 of client
/// 11's.
fn existing() -> impl Strategy<Value = [u8; 2]> {
    (0..16_u8).prop_map(|unit| if unit < 12 { [1, unit] } else { [11, unit - 12] })
}
