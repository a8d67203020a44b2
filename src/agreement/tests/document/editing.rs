use std::collections::BTreeSet;

use accord_agreement::content::{Content, Node};
use accord_agreement::document::{Document, LoadError};
use accord_agreement::schema::{DocumentKind, Mark, NodeKind, SectionName};
use yrs::updates::encoder::Encode;
use yrs::{StateVector, XmlFragment};

use crate::editor::{Editor, agreement_saying, said};

#[test]
fn a_document_may_move_between_threads() {
    fn moves<T: Send>() {}
    moves::<Document>();
}

#[test]
fn two_people_typing_chinese_at_once_converge() {
    let mut document = agreement_saying("双方同意：");
    let a = Editor::opening(&document, 11);
    let b = Editor::opening(&document, 22);
    let mut from_a = Vec::new();
    let mut from_b = Vec::new();
    for (i, character) in "被告于三十日内付款。".chars().enumerate() {
        from_a.push(a.type_at(5 + u32::try_from(i).unwrap(), &character.to_string()));
    }
    let mut at = 0;
    for (i, character) in "原告收款后撤诉𠮷。".chars().enumerate() {
        from_b.push(b.type_at(at, &character.to_string()));
        at += u32::try_from(character.len_utf16()).unwrap();
        if i == 4 {
            from_b.push(b.delete(1, 2));
            from_b.push(b.type_at(1, "告收"));
        }
    }
    // The server hears them interleaved, each hears the other late.
    let mut applied = Vec::new();
    for i in 0..from_a.len().max(from_b.len()) {
        for (editor, updates) in [(&a, &from_a), (&b, &from_b)] {
            if let Some(update) = updates.get(i) {
                applied.push((editor.client, editor.send(&mut document, update).unwrap().update));
            }
        }
    }
    for (author, update) in &applied {
        for editor in [&a, &b].into_iter().filter(|editor| editor.client != *author) {
            editor.receive(update);
        }
    }
    assert_eq!(a.text(), b.text());
    assert_eq!(a.text(), said(&document));
    for part in ["被告于三十日内付款。", "双方同意：", "原告收款后撤诉𠮷。"] {
        assert!(a.text().contains(part), "{}", a.text());
    }
}

#[test]
fn an_editor_that_was_away_catches_up_and_hands_in_what_it_wrote() {
    let mut document = agreement_saying("甲");
    let away = Editor::opening(&document, 11);
    let here = Editor::opening(&document, 22);
    for character in ["乙", "丙"] {
        let update = here.type_at(1, character);
        here.send(&mut document, &update).unwrap();
    }
    away.type_at(0, "离线所写");
    away.delete(0, 1);
    // Synchronisation both ways, as y-protocols does it.
    away.receive(&document.updates_since(&away.state_vector()).unwrap());
    let theirs = {
        use yrs::updates::decoder::Decode;
        use yrs::{ReadTxn, Transact};
        let server = StateVector::decode_v1(&document.state_vector()).unwrap();
        away.doc.transact().encode_diff_v1(&server)
    };
    let applied = away.send(&mut document, &theirs).unwrap();
    here.receive(&applied.update);
    assert_eq!(here.text(), away.text());
    assert_eq!(said(&document), away.text());
    assert_eq!(away.text(), "线所写甲丙乙");
}

#[test]
fn an_update_that_comes_twice_changes_nothing_the_second_time() {
    let mut document = agreement_saying("甲");
    let editor = Editor::opening(&document, 11);
    let first = editor.type_at(1, "乙");
    let second = editor.type_at(2, "丙");
    assert!(editor.send(&mut document, &first).unwrap().changed);
    let everything = {
        use yrs::updates::decoder::Decode;
        use yrs::{ReadTxn, Transact};
        let server = document.state_vector();
        editor.send(&mut document, &second).unwrap();
        // What the editor would have answered to the older state vector: partly known by now.
        editor.doc.transact().encode_diff_v1(&StateVector::decode_v1(&server).unwrap())
    };
    assert!(!editor.send(&mut document, &first).unwrap().changed);
    assert!(!editor.send(&mut document, &everything).unwrap().changed);
    assert_eq!(said(&document), "甲乙丙");
}

#[test]
fn an_update_that_overlaps_what_is_known_adds_only_the_rest() {
    let mut document = agreement_saying("甲");
    let editor = Editor::opening(&document, 11);
    let before = yrs::ReadTxn::state_vector(&yrs::Transact::transact(&editor.doc));
    let first = editor.type_at(1, "乙");
    editor.type_at(2, "丙丁");
    editor.send(&mut document, &first).unwrap();
    let overlapping = yrs::ReadTxn::encode_diff_v1(&yrs::Transact::transact(&editor.doc), &before);
    assert!(editor.send(&mut document, &overlapping).unwrap().changed);
    assert_eq!(said(&document), "甲乙丙丁");
}

#[test]
fn a_stored_document_opens_as_it_was() {
    let mut document = agreement_saying("甲");
    let snapshot = document.snapshot();
    let editor = Editor::opening(&document, 11);
    let mut log = Vec::new();
    for update in [editor.type_at(1, "乙丙"), editor.delete(0, 1), editor.type_at(2, "丁")] {
        log.push(editor.send(&mut document, &update).unwrap().update);
    }
    let opened = Document::load(DocumentKind::Agreement, &snapshot, log.iter().map(Vec::as_slice)).unwrap();
    assert_eq!(opened.content(), document.content());
    assert_eq!(opened.state_vector(), document.state_vector());
    let compacted = Document::load(DocumentKind::Agreement, &document.snapshot(), []).unwrap();
    assert_eq!(compacted.content(), document.content());
    assert!(matches!(Document::load(DocumentKind::Agreement, &snapshot, [log[2].as_slice()]), Err(LoadError::Damaged)));
}

#[test]
fn a_document_opened_again_takes_the_next_keystroke() {
    let mut document = agreement_saying("甲");
    let editor = Editor::opening(&document, 11);
    let first = editor.type_at(1, "乙");
    editor.send(&mut document, &first).unwrap();
    let mut opened = Document::load(DocumentKind::Agreement, &document.snapshot(), []).unwrap();
    let next = editor.type_at(2, "丙");
    editor.send(&mut opened, &next).unwrap();
    assert_eq!(said(&opened), "甲乙丙");
}

#[test]
fn synchronisation_carries_no_deleted_text() {
    let mut document = agreement_saying("公开");
    let editor = Editor::opening(&document, 11);
    for update in [editor.type_at(2, "secret-of-the-caucus"), editor.delete(2, 20)] {
        editor.send(&mut document, &update).unwrap();
    }
    for bytes in [document.snapshot(), document.updates_since(&StateVector::default().encode_v1()).unwrap()] {
        assert!(!bytes.windows(6).any(|window| window == b"secret"));
        assert!(bytes.windows(6).any(|window| window == "公开".as_bytes()));
    }
}

#[test]
fn content_copied_fresh_has_no_trace_of_who_wrote_it() {
    let mut document = agreement_saying("甲");
    let editor = Editor::opening(&document, 0x00ab_cdef);
    let update = editor.type_at(1, "乙");
    editor.send(&mut document, &update).unwrap();
    let fresh = Document::from_content(DocumentKind::Agreement, document.content()).unwrap();
    assert_eq!(fresh.content(), document.content());
    assert!(document.has_client(editor.client));
    assert!(!fresh.has_client(editor.client));
}

#[test]
fn every_node_and_mark_survives_the_way_through_yjs() {
    let text = |text: &str, marks: &[Mark]| Node::text(text, marks.to_vec());
    let item = |blocks| Node::of(NodeKind::ListItem, blocks);
    let mut numbered = Node::of(NodeKind::OrderedList, vec![item(vec![Node::paragraph(vec![text("一", &[])])])]);
    numbered.attrs.start = Some(3);
    let bullets = Node::of(
        NodeKind::BulletList,
        vec![item(vec![Node::paragraph(vec![text("乙", &[Mark::Italic])]), numbered.clone()])],
    );
    let line = Node::paragraph(vec![
        text("甲", &[]),
        text("重", &[Mark::Bold, Mark::Underline]),
        Node::of(NodeKind::HardBreak, Vec::new()),
        text("末", &[Mark::Italic]),
    ]);
    let quotation = Node::of(NodeKind::Blockquote, vec![Node::paragraph(Vec::new())]);
    let blocks = vec![line, bullets, quotation, Node::of(NodeKind::HorizontalRule, Vec::new())];
    let content =
        Content::new(vec![Node::heading(1, vec![text("调解协议书", &[])]), Node::section(SectionName::Result, blocks)]);
    let document = Document::from_content(DocumentKind::Agreement, &content).unwrap();
    let opened = Document::load(DocumentKind::Agreement, &document.snapshot(), []).unwrap();
    assert_eq!(opened.content(), &content);
}

#[test]
fn a_person_may_delete_what_another_wrote() {
    let mut document = agreement_saying("");
    let a = Editor::opening(&document, 11);
    let update = a.edit(|root, txn| {
        let Some(yrs::XmlOut::Element(section)) = root.get(txn, 0) else { panic!("a section") };
        section.push_back(txn, yrs::XmlElementPrelim::empty("paragraph"));
    });
    a.send(&mut document, &update).unwrap();
    let b = Editor::opening(&document, 22);
    let update = b.edit(|root, txn| root.remove(txn, 0));
    document.apply(&update, &BTreeSet::from([22])).unwrap();
    assert_eq!(document.content(), &Content::new(Vec::new()));
}

#[test]
fn two_people_deleting_the_two_items_of_a_list_leave_an_empty_list_not_a_refusal() {
    let item = |text: &str| Node::of(NodeKind::ListItem, vec![Node::paragraph(vec![Node::text(text, Vec::new())])]);
    let list = Node::of(NodeKind::BulletList, vec![item("甲"), item("乙")]);
    let mut document = Document::from_content(DocumentKind::Agreement, &Content::new(vec![list])).unwrap();
    let (a, b) = (Editor::opening(&document, 11), Editor::opening(&document, 22));
    for (editor, index) in [(&a, 0), (&b, 1)] {
        let update = editor.edit(|root, txn| {
            let Some(yrs::XmlOut::Element(list)) = root.get(txn, 0) else { panic!("a list") };
            list.remove(txn, index);
        });
        editor.send(&mut document, &update).unwrap();
    }
    assert_eq!(document.content(), &Content::new(vec![Node::of(NodeKind::BulletList, Vec::new())]));
}
