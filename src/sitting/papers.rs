//! Opening the papers from a template, freezing the agreement, and handing a paper's bytes to those who may read them.

use accord_agreement::document::Document;
use accord_agreement::facts::CaseFacts;
use accord_agreement::freeze::{FreezeRefusal, Version, freeze};
use accord_agreement::template::{Template, instantiate};
use accord_evidence::Digest;
use accord_protocol::frame::{DocumentKind, Frame, FrameKind};
use accord_room::{Action, Actor, Command, CommandId, Frozen, ParticipantId, Refusal};
use uuid::Uuid;

use super::words::{Draft, name};
use super::{Setback, Sitting};
use crate::clock::{civil_time, now_ms};
use crate::facts::facts;

impl Sitting {
    /// Fills the drafts in from the case, stores them, and only then records that the papers are open.
    pub(super) async fn open_papers(
        &mut self,
        participant: ParticipantId,
        id: CommandId,
        template: String,
    ) -> Result<(), Setback> {
        let command = Self::command(participant, id, Action::OpenPapers { template: template.clone() });
        if self.state.decide(&command, now_ms())?.is_empty() {
            return Ok(());
        }
        let template = serde_json::from_value::<Template>(template.into())
            .ok()
            .filter(|template| template.kind() == accord_agreement::schema::DocumentKind::Agreement)
            .ok_or_else(|| Setback::session("no_such_template", "there is no agreement template of that name"))?;
        let facts = self.facts()?;
        for (kind, template) in [(DocumentKind::Agreement, template), (DocumentKind::Minutes, Template::Minutes)] {
            let document = instantiate(template, &facts)
                .map_err(|error| Setback::session("template_refused", error.to_string()))?;
            self.store_draft(kind, &document).await?;
        }
        self.carry_out_command(&command, Vec::new()).await
    }

    /// A fresh draft in place of whatever an attempt that was not recorded has left.
    async fn store_draft(&mut self, kind: DocumentKind, document: &Document) -> Result<(), Setback> {
        let store = &self.house.store;
        let unavailable = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "a draft could not be stored");
            Setback::Unavailable
        };
        let stored = store.read_document(&self.key, name(kind)).await.map_err(|error| unavailable(&error))?;
        let (bytes, next_sequence) = (document.snapshot(), stored.next_sequence);
        let stored = if next_sequence == 0 {
            store.append_document_update(&self.key, self.lease, name(kind), now_ms(), bytes).await.map(|_| ())
        } else {
            store.compact_document(&self.key, self.lease, name(kind), now_ms(), next_sequence, bytes).await
        };
        stored.map_err(|error| unavailable(&error))?;
        let draft = Draft::load(&self.house, &self.key, kind).await.map_err(|error| unavailable(&error))?;
        self.words.drafts.insert(kind, draft);
        Ok(())
    }

    /// Checks, typesets and stores the agreement, and opens signing. The room is asked first, so that nobody who may not
    /// freeze can make the server typeset.
    pub(super) async fn freeze(
        &mut self,
        participant: ParticipantId,
        id: CommandId,
        in_part: bool,
    ) -> Result<(), Setback> {
        let placeholder = Frozen { content_digest: String::new(), document_digest: String::new(), in_part };
        let asked = Self::command(participant, id, Action::Freeze(placeholder));
        if self.state.decide(&asked, now_ms())?.is_empty() {
            return Ok(());
        }
        let facts = self.facts()?;
        let draft = self.words.drafts.get(&DocumentKind::Agreement).ok_or(Refusal::WrongPhase)?;
        let version = Version {
            tenant: self.key.tenant.0.clone(),
            room: self.key.room.to_string(),
            document: name(DocumentKind::Agreement).to_owned(),
            version: self.state.times_frozen + 1,
            frozen_at: civil_time(now_ms()),
        };
        // Setting a few pages takes a fraction of a second, in which this room waits and no other does.
        let frozen = tokio::task::block_in_place(|| {
            freeze(&draft.document, &facts, &version, &self.house.typesetter).map_err(|refusal| refused(&refusal))
        })?;
        for paper in [frozen.content_json, frozen.pdf] {
            self.house.store.put_paper(&self.key, self.lease, now_ms(), paper).await.map_err(|error| {
                tracing::error!(%error, "a frozen paper could not be stored");
                Setback::Unavailable
            })?;
        }
        let frozen = Frozen {
            content_digest: frozen.content_digest.to_string(),
            document_digest: frozen.document_digest.to_string(),
            in_part,
        };
        let command = Self::command(participant, id, Action::Freeze(frozen));
        self.carry_out_command(&command, Vec::new()).await
    }

    /// Sends the frozen agreement to somebody who may read it; any other paper is as if it did not exist.
    pub(super) async fn send_paper(&self, participant: ParticipantId, digest: &str) -> Result<(), Setback> {
        let missing = || Setback::session("no_such_paper", "there is no paper of that digest for you");
        let is_the_agreement =
            self.state.agreement.as_ref().is_some_and(|agreement| agreement.frozen.document_digest == digest);
        if !is_the_agreement || !self.state.may_read(participant) {
            return Err(missing());
        }
        let digest: Digest = digest.parse().map_err(|_| missing())?;
        let paper = self.house.store.read_paper(&self.key, digest.as_bytes()).await.map_err(|error| {
            tracing::error!(%error, "a paper could not be read");
            Setback::Unavailable
        })?;
        let payload = [digest.as_bytes().as_slice(), &paper.ok_or_else(missing)?].concat();
        self.frame(participant, &Frame { kind: FrameKind::Paper, document: None, number: 0, payload: &payload });
        Ok(())
    }

    fn facts(&self) -> Result<CaseFacts, Setback> {
        self.state.charter.as_deref().map(facts).ok_or(Setback::Refused(Refusal::WrongPhase))
    }

    fn command(participant: ParticipantId, id: CommandId, action: Action) -> Command {
        Command { id, actor: Actor::Person(participant), action, fresh: Uuid::new_v4() }
    }
}

/// What stands in the way, one JSON object a line, so that a client can say it in the reader's language.
fn refused(refusal: &FreezeRefusal) -> Setback {
    let detail = match refusal {
        FreezeRefusal::NotReady(problems) => {
            let lines: Vec<String> =
                problems.iter().filter_map(|problem| serde_json::to_string(problem).ok()).collect();
            lines.join("\n")
        }
        FreezeRefusal::NotTypeset(_) | FreezeRefusal::TooLarge | FreezeRefusal::NotWritten => refusal.to_string(),
    };
    Setback::session("freeze_refused", detail)
}
