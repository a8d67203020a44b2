//! Updates recorded from a real tiptap editor (@tiptap 3 on Yjs 13, in node): typing, marks, lists, undo, deletion.

use std::collections::BTreeSet;

use accord_agreement::content::Content;
use accord_agreement::document::Document;
use accord_agreement::schema::DocumentKind;

struct Session {
    client: u64,
    updates: Vec<Vec<u8>>,
    content: Content,
}

fn session() -> Session {
    let recorded: serde_json::Value = serde_json::from_str(include_str!("tiptap_session.json")).unwrap();
    let updates = recorded["updates"].as_array().unwrap();
    Session {
        client: recorded["client"].as_u64().unwrap(),
        updates: updates.iter().map(|update| hex::decode(update.as_str().unwrap()).unwrap()).collect(),
        content: serde_json::from_value(recorded["content"].clone()).unwrap(),
    }
}

#[test]
fn a_recorded_tiptap_session_is_accepted_step_by_step_and_read_as_tiptap_reads_it() {
    let session = session();
    let mut document = Document::new(DocumentKind::Agreement);
    let writers = BTreeSet::from([session.client]);
    for update in &session.updates {
        document.apply(update, &writers).unwrap();
    }
    assert_eq!(document.content(), &session.content);
    assert!(document.content().root.plain_text().contains("歌厅𠮷"));
}

#[test]
fn the_same_session_is_refused_to_anybody_else() {
    let session = session();
    let mut document = Document::new(DocumentKind::Agreement);
    for update in &session.updates {
        document.apply(update, &BTreeSet::from([session.client + 1])).unwrap_err();
    }
    assert_eq!(document.content(), &Content::new(Vec::new()));
}
