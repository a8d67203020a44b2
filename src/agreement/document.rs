//! The shared document that people in the room edit together: Yjs in their browsers, `yrs` here.
//!
//! In come updates of editors (after the [guard](crate::guard)); out go updates for the other editors and for the store,
//! and the content at this moment. The document keeps a *rehearsal* beside the live replica: an update is tried there
//! first, and reaches the live one only when the tree it leaves fits the schema. A refused update costs a rebuilt
//! rehearsal; an accepted one is applied twice, which for typing is cheaper than any copy.

use std::collections::{BTreeSet, HashMap};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};

use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{ClientID, Doc, OffsetKind, Options, ReadTxn, StateVector, Transact, Update, XmlFragmentRef};

use crate::content::Content;
use crate::guard::outline::Outline;
use crate::guard::placement::{Placement, placement};
use crate::guard::{self, Known, UpdateRefusal};
use crate::limits::{DOCUMENT_CLIENTS_MAX, DOCUMENT_HISTORY_BYTES_MAX};
use crate::schema::{DocumentKind, ROOT_FIELD, SchemaViolation};
use crate::tree;

/// The client identifier under which the server itself writes (templates). Never bound to a session.
pub const SERVER_CLIENT_ID: u64 = 1;

/// A document of a room, with its history.
pub struct Document {
    kind: DocumentKind,
    live: Replica,
    rehearsal: Replica,
    content: Content,
    known: Known,
    history_bytes: usize,
}

/// An update that was applied: store it, then send it to the other editors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedUpdate {
    /// The change in Yjs's encoding, version 1, as the engine wrote it: nothing the sender hid in its bytes is passed on.
    pub update: Vec<u8>,
    /// Whether it changed anything; a repeated update does not.
    pub changed: bool,
}

/// A stored document that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The bytes are no Yjs update, or one misses what it builds on.
    #[error("the stored document is damaged: restore it from its backup")]
    Damaged,
    /// It does not fit the editor's schema.
    #[error("the stored document does not fit the schema: {0}")]
    Schema(#[from] SchemaViolation),
}

impl Document {
    /// An empty document.
    pub fn new(kind: DocumentKind) -> Self {
        let (live, rehearsal) = (Replica::new(), Replica::new());
        Self { kind, live, rehearsal, content: Content::new(Vec::new()), known: Known::default(), history_bytes: 0 }
    }

    /// A new document with this content, written by the server and free of anybody's history: templates, and what is
    /// taken from a caucus into the joint session.
    ///
    /// # Errors
    /// [`SchemaViolation`] when the content does not fit the schema.
    pub fn from_content(kind: DocumentKind, content: &Content) -> Result<Self, SchemaViolation> {
        let live = Replica::new();
        {
            let mut txn = live.doc.transact_mut();
            tree::write(&live.root, &mut txn, content);
        }
        // What this program has just written it can read back, unless it is beyond all limits.
        Self::around(kind, live).map_err(|error| match error {
            LoadError::Schema(violation) => violation,
            LoadError::Damaged => SchemaViolation::TooLarge,
        })
    }

    /// Opens a stored document: a snapshot and the updates that were applied after it, in order.
    ///
    /// # Errors
    /// [`LoadError`] when the bytes are damaged; the store is ours, so nothing is skipped silently.
    pub fn load<'a>(
        kind: DocumentKind,
        snapshot: &'a [u8],
        updates: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, LoadError> {
        let live = Replica::new();
        for update in std::iter::once(snapshot).chain(updates) {
            live.apply(update).map_err(|_| LoadError::Damaged)?;
        }
        Self::around(kind, live)
    }

    fn around(kind: DocumentKind, live: Replica) -> Result<Self, LoadError> {
        let snapshot = live.encoded();
        let content = live.content()?;
        let known = Known::of(&snapshot).map_err(|_| LoadError::Damaged)?;
        let rehearsal = live.copied();
        Ok(Self { kind, live, rehearsal, content, known, history_bytes: snapshot.len() })
    }

    /// Which document of the room this is.
    pub fn kind(&self) -> DocumentKind {
        self.kind
    }

    /// Applies an editor's update, or refuses it and changes nothing. `writers` are the client identifiers bound to the
    /// session that sent it: only under them may it contain writing. It may delete anybody's.
    ///
    /// # Errors
    /// [`UpdateRefusal`], with the remedy for the sender.
    pub fn apply(&mut self, update: &[u8], writers: &BTreeSet<u64>) -> Result<AppliedUpdate, UpdateRefusal> {
        let judged = guard::judge(update, writers, &self.known)?;
        self.make_room(update.len())?;
        match self.rehearsal.rehearse(update, &judged.outline) {
            Rehearsal::Fits(content) => self.content = content,
            Rehearsal::Refused(refusal) => {
                self.rehearsal = self.live.copied();
                return Err(refusal);
            }
            Rehearsal::Panicked => {
                // Its links may be broken, so it is leaked rather than torn down.
                std::mem::forget(std::mem::replace(&mut self.rehearsal, self.live.copied()));
                return Err(UpdateRefusal::NotApplicable);
            }
        }
        let applied = self.live.apply(update).map_err(|_| UpdateRefusal::NotApplicable)?;
        self.known.attributes.extend(judged.attributes);
        self.known.clocks = self.live.clocks();
        self.history_bytes += applied.len();
        Ok(AppliedUpdate { changed: applied != Update::EMPTY_V1, update: applied })
    }

    /// What this document knows, as a Yjs state vector: sent to an editor so that it answers with what is new.
    pub fn state_vector(&self) -> Vec<u8> {
        self.live.doc.transact().state_vector().encode_v1()
    }

    /// What an editor with this state vector lacks, as one update. Deleted text is not in it, only that something was.
    ///
    /// # Errors
    /// [`UpdateRefusal::Malformed`] when the state vector is none.
    pub fn updates_since(&self, state_vector: &[u8]) -> Result<Vec<u8>, UpdateRefusal> {
        let clocks = guard::outline::read_state_vector(state_vector, DOCUMENT_CLIENTS_MAX)?;
        let known = clocks.into_iter().map(|(client, clock)| (ClientID::new(client), clock)).collect();
        Ok(self.live.doc.transact().encode_diff_v1(&known))
    }

    /// The whole document with its history, for the store.
    pub fn snapshot(&self) -> Vec<u8> {
        self.live.encoded()
    }

    /// Its content at this moment.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Whether this client identifier has written here: then it may be bound only to the person it was bound to before.
    pub fn has_client(&self, client: u64) -> bool {
        client == SERVER_CLIENT_ID || self.known.clocks.contains_key(&client)
    }

    /// Keeps the encoded history within its limit. What is counted are bytes received; when they reach the limit the
    /// true size is measured, which merging and collecting have made smaller.
    fn make_room(&mut self, update_bytes: usize) -> Result<(), UpdateRefusal> {
        if self.history_bytes + update_bytes > DOCUMENT_HISTORY_BYTES_MAX {
            self.history_bytes = self.snapshot().len();
            if self.history_bytes + update_bytes > DOCUMENT_HISTORY_BYTES_MAX {
                return Err(UpdateRefusal::DocumentFull);
            }
        }
        Ok(())
    }
}

/// One copy of the document in the engine.
struct Replica {
    doc: Doc,
    root: XmlFragmentRef,
}

/// How trying an update ended.
enum Rehearsal {
    Fits(Content),
    Refused(UpdateRefusal),
    Panicked,
}

/// The engine refused an update.
struct NotApplied;

impl Replica {
    fn new() -> Self {
        let mut options = Options::with_client_id(ClientID::new(SERVER_CLIENT_ID));
        options.offset_kind = OffsetKind::Utf16;
        // Tidying marks deletes on one's own account. Editors do it and say so in an update; the server only listens.
        options.cleanup_formatting = false;
        let doc = Doc::with_options(options);
        let root = doc.get_or_insert_xml_fragment(ROOT_FIELD);
        Self { doc, root }
    }

    /// A second replica in the same state.
    fn copied(&self) -> Self {
        let copy = Self::new();
        // The engine reads back what it has just written; if it did not, the copy would lack what updates build on and
        // each would be refused: nothing wrong could pass.
        let _ = copy.apply(&self.encoded());
        copy
    }

    fn encoded(&self) -> Vec<u8> {
        self.doc.transact().encode_diff_v1(&StateVector::default())
    }

    /// Applies an update and answers what it changed.
    fn apply(&self, update: &[u8]) -> Result<Vec<u8>, NotApplied> {
        let update = Update::decode_v1(update).map_err(|_| NotApplied)?;
        let mut txn = self.doc.transact_mut();
        txn.apply_update(update).map_err(|_| NotApplied)?;
        if txn.has_missing_updates() {
            return Err(NotApplied);
        }
        Ok(txn.encode_update_v1())
    }

    /// Applies an update and answers the content it leaves. The engine has arithmetic and invariants that panic; the
    /// guard leaves no known way there, and should there be one, the panic ends here as a refusal.
    fn rehearse(&self, update: &[u8], outline: &Outline) -> Rehearsal {
        catch_unwind(AssertUnwindSafe(|| {
            let Ok(update) = Update::decode_v1(update) else {
                return Rehearsal::Refused(UpdateRefusal::NotApplicable);
            };
            // Dropping a transaction commits it; while unwinding that could panic again, and end the process.
            let mut txn = ManuallyDrop::new(self.doc.transact_mut());
            let applied = txn.apply_update(update);
            txn.commit();
            let complete = applied.is_ok() && !txn.has_missing_updates();
            let placement = if complete { placement(outline, &*txn) } else { Placement::Senseless };
            drop(ManuallyDrop::into_inner(txn));
            if !complete {
                return Rehearsal::Refused(UpdateRefusal::NotApplicable);
            }
            match (self.content(), placement) {
                (Err(violation), _) => Rehearsal::Refused(violation.into()),
                (Ok(content), Placement::InOrder) => Rehearsal::Fits(content),
                (Ok(content), Placement::Unclear) if self.copied().content().as_ref() == Ok(&content) => {
                    Rehearsal::Fits(content)
                }
                (Ok(_), Placement::Unclear | Placement::Senseless) => Rehearsal::Refused(UpdateRefusal::Senseless),
            }
        }))
        .unwrap_or(Rehearsal::Panicked)
    }

    fn content(&self) -> Result<Content, SchemaViolation> {
        tree::read(&self.root, &self.doc.transact())
    }

    fn clocks(&self) -> HashMap<u64, u32> {
        self.doc.transact().state_vector().iter().map(|(client, clock)| (client.get(), *clock)).collect()
    }
}

impl From<NotApplied> for UpdateRefusal {
    fn from(_: NotApplied) -> Self {
        Self::NotApplicable
    }
}
