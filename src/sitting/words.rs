//! The shared drafts of a room: from a person's frame through the guard to the store, and from there to everybody who may
//! read it. An update is answered with `saved` only once it is durable.

use std::collections::{BTreeMap, BTreeSet};

use accord_agreement::document::Document;
use accord_agreement::guard::UpdateRefusal;
use accord_protocol::frame::{DocumentKind, Frame, FrameKind};
use accord_room::{Action, Actor, CommandId, ParticipantId, Refusal, State};
use accord_store::{RoomKey, StoreError};
use uuid::Uuid;

use super::{Setback, Sitting, refused};
use crate::clock::now_ms;
use crate::house::House;

/// Identifiers that one update may newly write under: its own connection's, and the one of work done while offline.
const NEW_WRITERS_PER_UPDATE_MAX: usize = 2;
/// Updates after which a draft is folded into a snapshot.
const UPDATES_PER_SNAPSHOT: u64 = 512;

/// The drafts, by kind; none before the papers are opened.
pub(super) struct Words {
    pub(super) drafts: BTreeMap<DocumentKind, Draft>,
}

/// A draft and where its log goes on.
pub(super) struct Draft {
    pub(super) document: Document,
    next_sequence: u64,
    since_snapshot: u64,
    /// Who has it open, and hears of changes.
    readers: BTreeSet<ParticipantId>,
}

/// Why drafts could not be loaded.
#[derive(Debug, thiserror::Error)]
pub(super) enum WordsError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Load(#[from] accord_agreement::document::LoadError),
}

pub(super) const KINDS: [DocumentKind; 2] = [DocumentKind::Agreement, DocumentKind::Minutes];

pub(super) const fn name(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Agreement => "agreement",
        DocumentKind::Minutes => "minutes",
    }
}

pub(super) const fn schema_kind(kind: DocumentKind) -> accord_agreement::schema::DocumentKind {
    match kind {
        DocumentKind::Agreement => accord_agreement::schema::DocumentKind::Agreement,
        DocumentKind::Minutes => accord_agreement::schema::DocumentKind::Minutes,
    }
}

impl Words {
    pub(super) async fn load(house: &House, key: &RoomKey, state: &State) -> Result<Self, WordsError> {
        let mut drafts = BTreeMap::new();
        if state.template.is_some() {
            for kind in KINDS {
                drafts.insert(kind, Draft::load(house, key, kind).await?);
            }
        }
        Ok(Self { drafts })
    }

    /// Somebody who is gone, or may read no more, hears of no change.
    pub(super) fn forget(&mut self, participant: ParticipantId) {
        for draft in self.drafts.values_mut() {
            draft.readers.remove(&participant);
        }
    }
}

impl Draft {
    pub(super) async fn load(house: &House, key: &RoomKey, kind: DocumentKind) -> Result<Self, WordsError> {
        let stored = house.store.read_document(key, name(kind)).await?;
        // The first bytes are the snapshot, or before the first compaction the update that began the draft.
        let mut updates = stored.snapshot.iter().chain(&stored.updates).map(Vec::as_slice);
        let document = match updates.next() {
            Some(first) => Document::load(schema_kind(kind), first, updates)?,
            None => Document::new(schema_kind(kind)),
        };
        let since_snapshot = stored.updates.len() as u64;
        Ok(Self { document, next_sequence: stored.next_sequence, since_snapshot, readers: BTreeSet::new() })
    }
}

impl Sitting {
    pub(super) async fn hear_frame(&mut self, participant: ParticipantId, frame: &Frame<'_>) {
        let Some(kind) = frame.document else { return };
        match frame.kind {
            FrameKind::SyncRequest => self.open_draft(participant, kind, frame.payload),
            FrameKind::Update => match self.update(participant, kind, frame.payload).await {
                Ok(()) => {
                    let saved =
                        Frame { kind: FrameKind::Saved, document: Some(kind), number: frame.number, payload: &[] };
                    self.frame(participant, &saved);
                }
                Err(setback) => {
                    let id = CommandId(Uuid::from_u128(u128::from(frame.number)));
                    self.say(participant, &refused(id, setback));
                }
            },
            FrameKind::Cursor => self.relay_cursor(participant, kind, frame),
            FrameKind::SyncState | FrameKind::Saved | FrameKind::Paper => {}
        }
    }

    /// Sends what the person lacks and asks for what they have; from now on they hear of changes.
    fn open_draft(&mut self, participant: ParticipantId, kind: DocumentKind, state_vector: &[u8]) {
        let may_read = self.state.seated(participant).is_some() && self.state.may_read(participant);
        let Some(draft) = self.words.drafts.get_mut(&kind).filter(|_| may_read) else { return };
        let Ok(missing) = draft.document.updates_since(state_vector) else { return };
        draft.readers.insert(participant);
        let known = draft.document.state_vector();
        let frame = |frame_kind, payload| Frame { kind: frame_kind, document: Some(kind), number: 0, payload };
        self.frame(participant, &frame(FrameKind::SyncState, &missing));
        self.frame(participant, &frame(FrameKind::SyncRequest, &known));
    }

    async fn update(&mut self, participant: ParticipantId, kind: DocumentKind, update: &[u8]) -> Result<(), Setback> {
        if !self.state.may_write(participant) {
            return Err(Setback::Refused(Refusal::WrongPhase));
        }
        let applied = self.judge(participant, kind, update).await?;
        let Some(draft) = self.words.drafts.get_mut(&kind).filter(|_| applied.changed) else { return Ok(()) };
        let (key, lease) = (self.key.clone(), self.lease);
        let stored =
            self.house.store.append_document_update(&key, lease, name(kind), now_ms(), applied.update.clone()).await;
        match stored {
            Ok(sequence) => {
                draft.next_sequence = sequence + 1;
                draft.since_snapshot += 1;
            }
            Err(error) => {
                tracing::error!(%error, "a document update could not be made durable");
                self.reload(kind).await;
                return Err(Setback::Unavailable);
            }
        }
        let readers: Vec<_> = draft.readers.iter().copied().filter(|reader| *reader != participant).collect();
        let news = Frame { kind: FrameKind::Update, document: Some(kind), number: 0, payload: &applied.update };
        for reader in readers.into_iter().filter(|reader| self.state.may_read(*reader)) {
            self.frame(reader, &news);
        }
        self.compact(kind).await;
        Ok(())
    }

    /// Applies an update, binding an identifier that nobody has written under to the person who does now.
    async fn judge(
        &mut self,
        participant: ParticipantId,
        kind: DocumentKind,
        update: &[u8],
    ) -> Result<accord_agreement::document::AppliedUpdate, Setback> {
        for _ in 0..=NEW_WRITERS_PER_UPDATE_MAX {
            let writers = self.state.writers(participant);
            let draft = self.words.drafts.get_mut(&kind).ok_or(Refusal::WrongPhase)?;
            match draft.document.apply(update, &writers) {
                Ok(applied) => return Ok(applied),
                Err(UpdateRefusal::ForeignClient { client }) if !draft.document.has_client(client) => {
                    self.carry_out(Actor::System, Action::BindWriter { participant, client }).await?;
                }
                Err(refusal) => return Err(Setback::session("bad_update", refusal.to_string())),
            }
        }
        Err(Setback::session("bad_update", "the update writes under too many new client ids"))
    }

    fn relay_cursor(&self, participant: ParticipantId, kind: DocumentKind, frame: &Frame<'_>) {
        let Some(person) = self.state.seated(participant).filter(|_| self.state.may_read(participant)) else { return };
        let Some(draft) = self.words.drafts.get(&kind) else { return };
        let cursor = Frame { kind: FrameKind::Cursor, document: Some(kind), number: 0, payload: frame.payload };
        for reader in draft.readers.iter().filter(|reader| **reader != participant) {
            let is_here = self.state.seated(*reader).is_some_and(|other| other.place == person.place);
            if is_here && self.state.may_read(*reader) {
                self.frame(*reader, &cursor);
            }
        }
    }

    /// What is in memory and not durable is dropped; whoever wrote it is told, and everybody opens the draft anew.
    pub(super) async fn reload(&mut self, kind: DocumentKind) {
        match Draft::load(&self.house, &self.key, kind).await {
            Ok(mut draft) => {
                if let Some(old) = self.words.drafts.get(&kind) {
                    draft.readers.clone_from(&old.readers);
                }
                self.words.drafts.insert(kind, draft);
            }
            Err(error) => {
                tracing::error!(%error, "a draft could not be read again; the room stops");
                self.is_broken = true;
            }
        }
    }

    async fn compact(&mut self, kind: DocumentKind) {
        let Some(draft) = self.words.drafts.get_mut(&kind) else { return };
        if draft.since_snapshot < UPDATES_PER_SNAPSHOT {
            return;
        }
        let snapshot = draft.document.snapshot();
        let next_sequence = draft.next_sequence;
        draft.since_snapshot = 0;
        let (key, lease) = (self.key.clone(), self.lease);
        let compacted =
            self.house.store.compact_document(&key, lease, name(kind), now_ms(), next_sequence, snapshot).await;
        if let Err(error) = compacted {
            tracing::warn!(%error, "a draft could not be folded; its updates stay as they are");
        }
    }

    pub(super) fn frame(&self, participant: ParticipantId, frame: &Frame<'_>) {
        if let Some(listener) = self.listeners.get(&participant) {
            listener.outlet.frame(frame.to_bytes());
        }
    }
}
