//! A person's editor: a Yjs document of its own that talks to the server's in updates.

use std::collections::BTreeSet;

use accord_agreement::content::{Content, Node};
use accord_agreement::document::{AppliedUpdate, Document};
use accord_agreement::guard::UpdateRefusal;
use accord_agreement::schema::{DocumentKind, ROOT_FIELD, SectionName};
use yrs::types::text::YChange;
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{
    ClientID, Doc, OffsetKind, Options, ReadTxn, Text, Transact, TransactionMut, Update, XmlFragment, XmlFragmentRef,
    XmlOut, XmlTextRef,
};

pub(crate) struct Editor {
    pub doc: Doc,
    pub root: XmlFragmentRef,
    pub client: u64,
}

impl Editor {
    pub(crate) fn new(client: u64) -> Self {
        let mut options = Options::with_client_id(ClientID::new(client));
        options.offset_kind = OffsetKind::Utf16;
        // A browser tells the others what it tidied; this editor tidies nothing.
        options.cleanup_formatting = false;
        let doc = Doc::with_options(options);
        let root = doc.get_or_insert_xml_fragment(ROOT_FIELD);
        Self { doc, root, client }
    }

    pub(crate) fn opening(document: &Document, client: u64) -> Self {
        let editor = Self::new(client);
        editor.receive(&document.updates_since(&editor.state_vector()).unwrap());
        editor
    }

    pub(crate) fn state_vector(&self) -> Vec<u8> {
        self.doc.transact().state_vector().encode_v1()
    }

    pub(crate) fn receive(&self, update: &[u8]) {
        self.doc.transact_mut().apply_update(Update::decode_v1(update).unwrap()).unwrap();
    }

    /// Everything it has, as one update.
    pub(crate) fn everything(&self) -> Vec<u8> {
        self.doc.transact().encode_diff_v1(&yrs::StateVector::default())
    }

    /// Edits, and answers the update that the edit makes.
    pub(crate) fn edit(&self, change: impl FnOnce(&XmlFragmentRef, &mut TransactionMut)) -> Vec<u8> {
        let mut txn = self.doc.transact_mut();
        change(&self.root, &mut txn);
        txn.encode_update_v1()
    }

    pub(crate) fn type_at(&self, index: u32, text: &str) -> Vec<u8> {
        self.edit(|root, txn| first_text(root, txn).insert(txn, index, text))
    }

    pub(crate) fn delete(&self, index: u32, len: u32) -> Vec<u8> {
        self.edit(|root, txn| first_text(root, txn).remove_range(txn, index, len))
    }

    pub(crate) fn text(&self) -> String {
        let txn = self.doc.transact();
        plain(&first_text(&self.root, &txn), &txn)
    }

    pub(crate) fn send(&self, document: &mut Document, update: &[u8]) -> Result<AppliedUpdate, UpdateRefusal> {
        document.apply(update, &BTreeSet::from([self.client]))
    }
}

/// The text of the first section's first paragraph.
pub(crate) fn first_text<T: ReadTxn>(root: &XmlFragmentRef, txn: &T) -> XmlTextRef {
    let Some(XmlOut::Element(section)) = root.get(txn, 0) else { panic!("a section") };
    let Some(XmlOut::Element(paragraph)) = section.get(txn, 0) else { panic!("a paragraph") };
    let Some(XmlOut::Text(text)) = paragraph.get(txn, 0) else { panic!("a text") };
    text
}

/// The text without its marks.
pub(crate) fn plain<T: ReadTxn>(text: &XmlTextRef, txn: &T) -> String {
    text.diff(txn, YChange::identity).into_iter().map(|run| run.insert.to_string(txn)).collect()
}

/// An agreement with one section that says `text`.
pub(crate) fn agreement_saying(text: &str) -> Document {
    let paragraph = Node::paragraph(vec![Node::text(text, Vec::new())]);
    let content = Content::new(vec![Node::section(SectionName::Facts, vec![paragraph])]);
    Document::from_content(DocumentKind::Agreement, &content).unwrap()
}

pub(crate) fn said(document: &Document) -> String {
    document.content().root.plain_text()
}
