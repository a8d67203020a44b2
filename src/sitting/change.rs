//! Law 2, restriction before the record, permission after it: decide; narrow the media plane to what both the old and
//! the new state allow and wait for its word; make the events durable; widen; announce.

use accord_room::{Command, Handback, HandbackCase, Recorded, State};
use accord_store::{Append, Effect, NewDelivery};
use uuid::Uuid;

use super::log::{self, LogError};
use super::recorder::{Recorder, end_reason};
use super::{Setback, Sitting};
use crate::clock::now_ms;

impl Sitting {
    pub(super) async fn carry_out_command(&mut self, command: &Command, effects: Vec<Effect>) -> Result<(), Setback> {
        let now_ms = now_ms();
        let recorded = self.state.decide(command, now_ms)?;
        if recorded.is_empty() {
            return Ok(());
        }
        let mut next = self.state.clone();
        for event in &recorded {
            next.evolve(event);
        }

        let (before, after) = (self.state.audience(), next.audience());
        let both = before.intersection(&after);
        if both != before && !self.stage.apply(&both, self.recorder.as_ref()).await {
            // The media plane did not say that it has narrowed. Fail closed: nobody receives anything until they have
            // connected again.
            tracing::error!("the media plane did not acknowledge a restriction in time; its room was closed");
            self.fail_closed().await;
        }

        if let Err(error) = self.record(&recorded, &next, effects).await {
            tracing::error!(%error, "events could not be made durable");
            // The media plane stays narrowed: what was taken back is not given again because a disk failed. The next
            // command that becomes durable sets the table anew.
            self.is_broken = error.is_doubtful();
            return Err(Setback::Unavailable);
        }

        let before = std::mem::replace(&mut self.state, next);
        self.end_recorder(&before).await;
        self.begin_recorder();
        self.follow(&before).await;
        if !self.stage.apply(&after, self.recorder.as_ref()).await {
            tracing::error!("the media plane did not take the new audience table; its room was closed");
            self.fail_closed().await;
        }
        self.announce(&recorded);
        Ok(())
    }

    /// Events, their journal leaves and what they cause outside the room: one transaction.
    async fn record(&mut self, recorded: &[Recorded], next: &State, mut effects: Vec<Effect>) -> Result<(), LogError> {
        let mut journal = self.journal.clone();
        let expected_sequence = journal.size();
        let events = log::entries(&mut journal, recorded)?;
        if self.state.outcome.is_none() && next.outcome.is_some() {
            effects.extend(deliveries(next));
        }
        let (key, lease) = (self.key.clone(), self.lease);
        self.house.store.append(Append { key, lease, expected_sequence, events, effects }).await?;
        self.journal = journal;
        Ok(())
    }

    /// Connections follow the state: whoever came inside gets a place in the media plane, whoever went loses it.
    async fn follow(&mut self, before: &State) {
        let ids: Vec<_> = self.state.people.keys().copied().collect();
        for id in ids {
            let was_inside = before.seated(id).is_some();
            let is_inside = self.state.seated(id).is_some();
            match (was_inside, is_inside) {
                (false, true) => self.seat_on_stage(id).await,
                (true, false) => self.stage.disconnect(id).await,
                _ => {}
            }
        }
    }

    async fn end_recorder(&mut self, before: &State) {
        let was = before.recording.span.as_ref().map(|span| span.id);
        let is = self.state.recording.span.as_ref().map(|span| span.id);
        if was != is
            && let Some(recorder) = self.recorder.take()
        {
            let end = self.state.recording.ended.last().map(|(_, _, end)| *end);
            recorder.end(end_reason(end)).await;
        }
    }

    fn begin_recorder(&mut self) {
        if self.recorder.is_some() {
            return;
        }
        let Some(span) = &self.state.recording.span else { return };
        match Recorder::begin(&self.house, &self.key, self.lease, span, &mut self.stage) {
            Ok(recorder) => self.recorder = Some(recorder),
            Err(error) => {
                tracing::error!(%error, "a granted span could not be recorded");
                self.stage.door().recorder_failed(span.generation);
            }
        }
    }

    /// Closes the media room and everybody's connection to it; they come back by themselves, to what is allowed then.
    async fn fail_closed(&mut self) {
        for listener in self.listeners.values() {
            listener.outlet.close(accord_protocol::Closed::Unavailable);
        }
        if !self.stage.reset().await {
            self.is_broken = true;
        }
    }
}

/// One result owed for each case.
fn deliveries(state: &State) -> Vec<Effect> {
    let cases = Handback::of(state).map(|handback| handback.cases).unwrap_or_default();
    let owed = |case: HandbackCase| NewDelivery {
        delivery: Uuid::new_v4(),
        kind: "result".to_owned(),
        case_number: case.case_number,
        at_ms: now_ms(),
    };
    cases.into_iter().map(|case| Effect::Deliver(owed(case))).collect()
}
