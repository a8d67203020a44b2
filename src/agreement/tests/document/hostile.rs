//! Updates that no editor sends. Each is refused, and the document and the next keystroke are as before.

use std::collections::BTreeSet;

use accord_agreement::content::{Content, Node};
use accord_agreement::document::Document;
use accord_agreement::guard::UpdateRefusal;
use accord_agreement::limits::{NESTING_DEPTH_MAX, UPDATE_BYTES_MAX};
use accord_agreement::schema::{DocumentKind, NodeKind, SchemaViolation, SectionName};
use yrs::{Any, Text, Xml, XmlElementPrelim, XmlFragment, XmlOut, XmlTextPrelim};

use crate::editor::{Editor, agreement_saying, first_text, said};

/// Sends the update under client 11 and asserts that nothing but the refusal came of it.
fn refusal_of(document: &mut Document, update: &[u8]) -> UpdateRefusal {
    let before = (document.content().clone(), document.snapshot(), document.state_vector());
    let refusal = document.apply(update, &BTreeSet::from([11])).unwrap_err();
    assert_eq!((document.content().clone(), document.snapshot(), document.state_vector()), before);
    let other = Editor::opening(document, 99);
    let update = other.type_at(0, "仍可编辑");
    other.send(document, &update).unwrap();
    refusal
}

fn assert_malformed(update: &[u8]) {
    let refusal = refusal_of(&mut agreement_saying("甲"), update);
    assert!(matches!(refusal, UpdateRefusal::Malformed { .. }), "{refusal}");
}

/// An update of one block by client 11, `clock` 0, and no deletions.
fn one_block(block: &[u8]) -> Vec<u8> {
    [&[1, 1, 11, 0], block, &[0]].concat()
}

/// `info`, then "parent is the root `default`".
fn at_root(content_ref: u8) -> Vec<u8> {
    [&[content_ref, 1, 7], b"default".as_slice()].concat()
}

/// What an honest editor's change does, edited as client 11.
fn refusal_of_change(
    document: &mut Document,
    change: impl FnOnce(&yrs::XmlFragmentRef, &mut yrs::TransactionMut),
) -> UpdateRefusal {
    let editor = Editor::opening(document, 11);
    let update = editor.edit(change);
    refusal_of(document, &update)
}

#[test]
fn the_update_that_makes_the_engine_reserve_133_megabytes_is_refused() {
    assert_malformed(&hex::decode("93bc952e1058ec8ff4d1384eb27d").unwrap());
}

#[test]
fn counts_that_promise_more_than_the_bytes_hold_are_refused() {
    let huge = [0xff, 0xff, 0xff, 0xff, 0x07];
    assert_malformed(&huge); // clients
    assert_malformed(&[&[1], huge.as_slice()].concat()); // blocks
    assert_malformed(&[&[1, 1, 11], huge.as_slice()].concat()); // clock
    assert_malformed(&[&[0], huge.as_slice()].concat()); // deleting clients
    assert_malformed(&[&[0, 1, 11], huge.as_slice()].concat()); // ranges
    assert_malformed(&one_block(&[at_root(8), huge.to_vec()].concat())); // values
    assert_malformed(&one_block(&[at_root(2), huge.to_vec()].concat())); // JSON values
    assert_malformed(&one_block(&[at_root(4), huge.to_vec()].concat())); // text
    assert_malformed(&one_block(&[&[0], huge.as_slice()].concat())); // collected
    assert_malformed(&one_block(&[at_root(1), huge.to_vec()].concat())); // deleted
    assert_malformed(&[1, 1, 11, 0, 10, 0xff, 0xff, 0x03, 0]); // skipped
}

#[test]
fn every_prefix_of_a_good_update_is_refused() {
    let mut document = agreement_saying("甲");
    let editor = Editor::opening(&document, 11);
    let update = editor.type_at(0, "乙");
    for len in 0..update.len() {
        document.apply(&update[..len], &BTreeSet::from([11])).unwrap_err();
    }
    assert!(matches!(
        document.apply(&[update.as_slice(), &[0]].concat(), &BTreeSet::from([11])),
        Err(UpdateRefusal::Malformed { .. })
    ));
    editor.send(&mut document, &update).unwrap();
    assert_eq!(said(&document), "乙甲");
}

#[test]
fn an_update_over_the_size_limit_is_refused() {
    let mut document = agreement_saying("甲");
    let editor = Editor::opening(&document, 11);
    let update = editor.type_at(0, &"字".repeat(UPDATE_BYTES_MAX / 3));
    assert!(matches!(refusal_of(&mut document, &update), UpdateRefusal::TooLarge { .. }));
}

#[test]
fn a_document_cannot_grow_without_end() {
    let mut document = agreement_saying("甲");
    let editor = Editor::opening(&document, 11);
    let refusal = (0..10).find_map(|_| {
        let update = editor.type_at(0, &"字".repeat(40_000));
        editor.send(&mut document, &update).err()
    });
    assert_eq!(refusal, Some(UpdateRefusal::Schema(SchemaViolation::TooLarge)));
    assert!(said(&document).chars().count() > 50_000);
}

#[test]
fn writing_under_another_persons_identifier_is_refused() {
    let mut document = agreement_saying("甲");
    let forged = Editor::opening(&document, 22).type_at(0, "乙");
    assert_eq!(refusal_of(&mut document, &forged), UpdateRefusal::ForeignClient { client: 22 });
    let server = Editor::opening(&document, accord_agreement::document::SERVER_CLIENT_ID);
    let forged = server.type_at(0, "乙");
    assert!(matches!(refusal_of(&mut document, &forged), UpdateRefusal::ForeignClient { .. }));
}

#[test]
fn an_update_whose_past_is_missing_is_refused_and_nothing_of_it_is_kept() {
    let mut document = agreement_saying("甲");
    let editor = Editor::opening(&document, 11);
    let first = editor.type_at(1, "乙");
    let second = editor.type_at(2, "丙");
    let refusal = refusal_of(&mut document, &second);
    assert_eq!(refusal, UpdateRefusal::MissingDependency { client: 11 });
    editor.send(&mut document, &first).unwrap();
    assert!(!said(&document).contains('丙'));
    editor.send(&mut document, &second).unwrap();
    assert!(said(&document).contains("甲乙丙"));
}

#[test]
fn deleting_what_is_not_there_yet_is_refused() {
    let mut document = agreement_saying("甲");
    // One range of one unit of client 11, who never wrote; then one past the end of the server's writing.
    assert!(matches!(refusal_of(&mut document, &[0, 1, 11, 1, 0, 1]), UpdateRefusal::MissingDependency { client: 11 }));
    assert!(matches!(refusal_of(&mut document, &[0, 1, 1, 1, 0, 100]), UpdateRefusal::MissingDependency { client: 1 }));
}

#[test]
fn two_clients_that_wait_for_each_other_are_refused() {
    let mut document = agreement_saying("甲");
    // Block (11,0) after (12,0), block (12,0) after (11,0): neither can be first.
    let update = [2, 1, 11, 0, 0x84, 12, 0, 1, b'x', 1, 12, 0, 0x84, 11, 0, 1, b'y', 0];
    let refusal = document.apply(&update, &BTreeSet::from([11, 12])).unwrap_err();
    assert!(matches!(refusal, UpdateRefusal::MissingDependency { .. }));
}

#[test]
fn nodes_marks_and_attributes_that_the_editor_would_delete_are_refused() {
    let mut document = agreement_saying("甲");
    let refusal = refusal_of_change(&mut document, |root, txn| {
        root.push_back(txn, XmlElementPrelim::empty("script"));
    });
    assert!(matches!(refusal, UpdateRefusal::Malformed { .. }));
    let refusal = refusal_of_change(&mut document, |root, txn| {
        first_text(root, txn).format(txn, 0, 1, [("link".into(), Any::from("javascript:0"))].into());
    });
    assert!(matches!(refusal, UpdateRefusal::Malformed { .. }));
    let refusal = refusal_of_change(&mut document, |root, txn| {
        let Some(XmlOut::Element(section)) = root.get(txn, 0) else { panic!("a section") };
        section.insert_attribute(txn, "onclick", "alert(1)");
    });
    assert!(matches!(refusal, UpdateRefusal::Schema(SchemaViolation::Unknown { .. })), "{refusal}");
    let refusal = refusal_of_change(&mut document, |root, txn| {
        root.push_back(txn, XmlElementPrelim::empty("heading")).insert_attribute(txn, "level", 7_i64);
    });
    assert!(matches!(refusal, UpdateRefusal::Schema(SchemaViolation::WrongAttribute { attribute: "level", .. })));
}

#[test]
fn nodes_where_they_may_not_stand_are_refused() {
    let mut document = agreement_saying("甲");
    for (parent, child) in [
        (None, "listItem"),
        (None, "hardBreak"),
        (Some("paragraph"), "paragraph"),
        (Some("bulletList"), "paragraph"),
        (Some("paragraph"), "section"),
        (Some("horizontalRule"), "hardBreak"),
    ] {
        let refusal = refusal_of_change(&mut document, |root, txn| match parent {
            None => drop(root.push_back(txn, XmlElementPrelim::empty(child))),
            Some(parent) => {
                let parent = root.push_back(txn, XmlElementPrelim::empty(parent));
                parent.push_back(txn, XmlElementPrelim::empty(child));
            }
        });
        assert!(matches!(refusal, UpdateRefusal::Schema(SchemaViolation::Misplaced { .. })), "{child}: {refusal}");
    }
    let refusal = refusal_of_change(&mut document, |root, txn| {
        root.push_back(txn, XmlTextPrelim::new("裸露的文字"));
    });
    assert!(matches!(refusal, UpdateRefusal::Schema(SchemaViolation::Misplaced { .. })));
}

#[test]
fn taking_a_sections_name_away_is_refused_because_editors_would_delete_the_section() {
    let mut document = agreement_saying("甲");
    let refusal = refusal_of_change(&mut document, |root, txn| {
        let Some(XmlOut::Element(section)) = root.get(txn, 0) else { panic!("a section") };
        section.remove_attribute(txn, &"name");
    });
    assert!(matches!(refusal, UpdateRefusal::Schema(SchemaViolation::WrongAttribute { attribute: "name", .. })));
    let refusal = refusal_of_change(&mut document, |root, txn| {
        let Some(XmlOut::Element(section)) = root.get(txn, 0) else { panic!("a section") };
        section.insert_attribute(txn, "name", "appendix");
    });
    assert!(matches!(refusal, UpdateRefusal::Schema(SchemaViolation::WrongAttribute { attribute: "name", .. })));
}

#[test]
fn a_plain_value_or_text_among_elements_is_refused() {
    let mut document = agreement_saying("甲");
    let editor = Editor::opening(&document, 11);
    let update = editor.edit(|root, txn| {
        root.push_back(txn, XmlElementPrelim::empty("paragraph"));
    });
    editor.send(&mut document, &update).unwrap();
    // A run of text, then a plain value, as right neighbour of that paragraph, in the list of the root's children.
    let text = [1, 1, 11, 1, 0x84, 11, 0, 1, b'x', 0];
    assert!(matches!(refusal_of(&mut document, &text), UpdateRefusal::Schema(SchemaViolation::Unknown { .. })));
    let value = [1, 1, 11, 1, 0x88, 11, 0, 1, 126, 0];
    assert_eq!(refusal_of(&mut document, &value), UpdateRefusal::Senseless);
}

#[test]
fn text_in_the_place_of_a_sections_name_is_refused_because_browsers_read_it_otherwise() {
    let mut document = agreement_saying("甲");
    // The server wrote: section 0, its name 1. The engine here would read "facts", a browser the last letter.
    let update = one_block(b"\x84\x01\x01\x05facts");
    assert_eq!(refusal_of(&mut document, &update), UpdateRefusal::Senseless);
}

#[test]
fn neighbours_that_cannot_be_neighbours_are_refused_because_copies_would_differ() {
    let two_paragraphs = ["甲乙丙丁", "戊己庚辛"].map(|text| Node::paragraph(vec![Node::text(text, Vec::new())]));
    let section = Node::section(SectionName::Facts, two_paragraphs.to_vec());
    let mut document = Document::from_content(DocumentKind::Agreement, &Content::new(vec![section])).unwrap();
    // The server wrote: section 0, its name 1, paragraph 2, text 3, characters 4 to 7; paragraph 8, text 9, characters
    // 10 to 13. Between: swapped, the same twice, of two paragraphs, a text and what it stands in.
    for (left, right) in [(6, 4), (5, 5), (5, 12), (12, 5), (3, 5), (13, 2)] {
        let update = one_block(&[0xc4, 1, left, 1, right, 2, b'h', b'i']);
        let refusal = refusal_of(&mut document, &update);
        assert!(matches!(refusal, UpdateRefusal::Senseless | UpdateRefusal::Schema(_)), "{left}, {right}: {refusal}");
    }
    let update = one_block(&[0xc4, 1, 5, 1, 6, 2, b'h', b'i']);
    document.apply(&update, &BTreeSet::from([11])).unwrap();
    assert!(said(&document).contains("甲乙hi丙丁"));
}

#[test]
fn another_root_or_a_parent_that_is_text_is_refused() {
    assert_malformed(&one_block(&[&[7, 1, 6], b"hidden".as_slice(), &[6]].concat()));
    assert_malformed(&one_block(&[&[0x27, 1, 7], b"default".as_slice(), &[1, b'k', 6]].concat()));
    let mut document = agreement_saying("甲");
    // The server wrote: section 0, its name 1, paragraph 2, text 3, character 4. Neither a name nor a character holds nodes.
    for clock in [1, 4] {
        let update = one_block(&[&[7, 0, 1, clock], [3, 9].as_slice(), b"paragraph"].concat());
        assert_eq!(refusal_of(&mut document, &update), UpdateRefusal::NotApplicable);
    }
}

#[test]
fn nesting_without_end_is_refused_before_it_is_built() {
    let mut document = agreement_saying("甲");
    let deep = |root: &yrs::XmlFragmentRef, txn: &mut yrs::TransactionMut| {
        let mut list = root.push_back(txn, XmlElementPrelim::empty("bulletList"));
        for _ in 0..5_000 {
            let item = list.push_back(txn, XmlElementPrelim::empty("listItem"));
            list = item.push_back(txn, XmlElementPrelim::empty("bulletList"));
        }
    };
    assert!(matches!(refusal_of_change(&mut document, deep), UpdateRefusal::Schema(SchemaViolation::TooDeep { .. })));
}

#[test]
fn nesting_step_by_step_ends_at_the_limit() {
    let list = Node::of(NodeKind::BulletList, Vec::new());
    let section = Node::section(SectionName::Facts, vec![list]);
    let mut document = Document::from_content(DocumentKind::Agreement, &Content::new(vec![section])).unwrap();
    let editor = Editor::opening(&document, 11);
    let mut levels = 0;
    let refusal = loop {
        let update = editor.edit(|root, txn| {
            let Some(XmlOut::Element(section)) = root.get(txn, 0) else { panic!("a section") };
            let Some(XmlOut::Element(mut list)) = section.get(txn, 0) else { panic!("a list") };
            while let Some(XmlOut::Element(inner)) = list.get(txn, 0) {
                list = inner;
            }
            let tag = if list.tag().as_ref() == "bulletList" { "listItem" } else { "bulletList" };
            list.push_back(txn, XmlElementPrelim::empty(tag));
        });
        match editor.send(&mut document, &update) {
            Ok(_) => levels += 1,
            Err(refusal) => break refusal,
        }
    };
    assert!(matches!(refusal, UpdateRefusal::Schema(SchemaViolation::TooDeep { .. })));
    assert_eq!(levels, NESTING_DEPTH_MAX - 2);
}

#[test]
fn a_cut_through_a_rare_character_is_refused_because_copies_would_differ() {
    let mut document = agreement_saying("甲");
    let editor = Editor::opening(&document, 11);
    let update = editor.type_at(0, "𠮷𠮷");
    editor.send(&mut document, &update).unwrap();
    // Deletes the second half of the first surrogate pair of client 11; then types between the halves.
    for cut in [vec![0, 1, 11, 1, 1, 1], vec![1, 1, 11, 4, 0xc4, 11, 0, 11, 1, 1, b'x', 0]] {
        let refusal = refusal_of(&mut document, &cut);
        assert!(matches!(refusal, UpdateRefusal::Schema(SchemaViolation::CutCharacter { .. })), "{refusal}");
    }
    assert!(said(&document).contains("𠮷𠮷甲"));
}

#[test]
fn a_hostile_state_vector_is_refused() {
    let document = agreement_saying("甲");
    for bytes in
        [hex::decode("93bc952e1058").unwrap(), vec![1], vec![], vec![0, 0], vec![1, 11, 0xff, 0xff, 0xff, 0xff, 0x7f]]
    {
        assert!(matches!(document.updates_since(&bytes), Err(UpdateRefusal::Malformed { .. })), "{bytes:?}");
    }
}
