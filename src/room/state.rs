//! The state of a room and the one way through it: decide, then evolve.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use crate::limits::COMMANDS_REMEMBERED_MAX;
use crate::permission::{needed, outlasts_conclusion};
use crate::{
    Action, Actor, Agreement, Caucus, CaucusId, Charter, ChatMessage, Command, CommandId, Event, InvitationId,
    NoticeId, Outcome, ParticipantId, Person, Place, Presence, Recorded, Recording, Refusal, admission, agreement,
    caucus, chat, ending, floor, may, notice, recording,
};

/// How far the mediation has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Founded; the presiding mediator has not been here yet. People may wait at the door.
    #[default]
    Scheduled,
    /// The presiding mediator has opened the session.
    InSession,
    /// The agreement is frozen and being signed.
    Signing,
    /// Over: agreed, or ended without an agreement.
    Concluded,
}

/// Everything that is so in a room. Built from its events and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The founding facts; `None` before [`Event::Founded`].
    pub charter: Option<Arc<Charter>>,
    /// How far the mediation has come.
    pub phase: Phase,
    /// Everybody expected, present or not.
    pub people: BTreeMap<ParticipantId, Person>,
    /// Open private sessions.
    pub caucuses: BTreeMap<CaucusId, Caucus>,
    /// Every private session there has been.
    pub(crate) caucuses_ever: BTreeSet<CaucusId>,
    /// Every invitation there has been; a dead one never opens the room again.
    pub(crate) invitations_ever: BTreeSet<InvitationId>,
    /// Who answered about which observer: (observer, the party or representative who answered) → agrees.
    pub observer_answers: BTreeMap<(ParticipantId, ParticipantId), bool>,
    /// Written words, oldest first.
    pub chat: VecDeque<Arc<ChatMessage>>,
    /// Whether the notices have been delivered.
    pub notices_delivered: bool,
    /// Who confirmed which notice.
    pub notices_confirmed: BTreeSet<(ParticipantId, NoticeId)>,
    /// Consent to recording and what was recorded.
    pub recording: Recording,
    /// The template that the papers were opened from.
    pub template: Option<String>,
    /// Who writes in the drafts under which CRDT client id.
    pub writers: BTreeMap<u64, ParticipantId>,
    /// How often the agreement was frozen; each time is a version of its own.
    pub times_frozen: u32,
    /// The frozen agreement and its signatures.
    pub agreement: Option<Agreement>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Cases whose result the case service has confirmed to hold.
    pub received: BTreeSet<Option<String>>,
    applied: BTreeMap<ParticipantId, VecDeque<CommandId>>,
}

/// Rounds of consequences after one command; each round settles at least one thing, and there are few.
const CONSEQUENCE_ROUNDS_MAX: usize = 64;

impl State {
    /// Decides what a command brings about. The events include its consequences (a private session whose mediator went
    /// ends, a recording that lost its consent stops), so that no state in between is ever recorded.
    ///
    /// # Errors
    /// A [`Refusal`] for the sender; nothing has changed.
    pub fn decide(&self, command: &Command, now_ms: u64) -> Result<Vec<Recorded>, Refusal> {
        let by = match command.actor {
            Actor::Person(id) => Some(id),
            Actor::Service | Actor::System => None,
        };
        if by.is_some_and(|id| self.applied.get(&id).is_some_and(|applied| applied.contains(&command.id))) {
            return Ok(Vec::new());
        }
        let record = |event| Recorded { at_ms: now_ms, command: command.id, by, event };
        let mut recorded: Vec<Recorded> = self.primary(command, now_ms)?.into_iter().map(record).collect();
        let mut next = self.clone();
        for event in &recorded {
            next.evolve(event);
        }
        for _ in 0..CONSEQUENCE_ROUNDS_MAX {
            let consequences: Vec<Recorded> =
                next.consequences(command.fresh, now_ms).into_iter().map(record).collect();
            if consequences.is_empty() {
                break;
            }
            for event in &consequences {
                next.evolve(event);
            }
            recorded.extend(consequences);
        }
        Ok(recorded)
    }

    fn primary(&self, command: &Command, now_ms: u64) -> Result<Vec<Event>, Refusal> {
        match command.actor {
            Actor::Service => self.serve(&command.action),
            Actor::System => self.run(&command.action),
            Actor::Person(id) => {
                let by = self.people.get(&id).filter(|person| person.presence == Presence::Admitted);
                let by = by.ok_or(Refusal::NotInside)?;
                if needed(&command.action)?.is_some_and(|permission| !may(by.role, permission)) {
                    return Err(Refusal::NotAllowed);
                }
                if self.phase == Phase::Concluded && !outlasts_conclusion(&command.action) {
                    return Err(Refusal::Concluded);
                }
                self.act(by, &command.action, now_ms)
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "what is not named here is refused, whatever is added")]
    fn serve(&self, action: &Action) -> Result<Vec<Event>, Refusal> {
        match action {
            Action::Found(_) if self.charter.is_some() => Err(Refusal::AlreadyFounded),
            Action::Found(charter) => {
                charter.check()?;
                Ok(vec![Event::Founded { charter: charter.clone() }])
            }
            Action::Invite { participant, invitation } => admission::invite(self, *participant, *invitation),
            Action::Revoke { participant } => admission::revoke(self, *participant),
            _ => Err(Refusal::NotAllowed),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "what is not named here is refused, whatever is added")]
    fn run(&self, action: &Action) -> Result<Vec<Event>, Refusal> {
        match action {
            Action::Arrive { participant, invitation, connection, device_key } => {
                admission::arrive(self, *participant, *invitation, *connection, device_key)
            }
            Action::Lose { participant, connection } => Ok(admission::lose(self, *participant, *connection)),
            Action::Restart => Ok(admission::restart(self)),
            Action::BindWriter { participant, client } => agreement::bind_writer(self, *participant, *client),
            Action::Receive { case_number } => ending::receive(self, case_number.as_ref()),
            Action::FailRecording => recording::stop(self),
            _ => Err(Refusal::NotAllowed),
        }
    }

    /// What a person does, once [`needed`] has allowed it.
    fn act(&self, by: &Person, action: &Action, now_ms: u64) -> Result<Vec<Event>, Refusal> {
        let participant = by.id;
        match action {
            Action::Admit { participant } => admission::admit(self, *participant),
            Action::Decline { participant, reason } => admission::decline(self, *participant, reason),
            Action::Remove { participant, reason } => admission::remove(self, by, *participant, reason),
            Action::Leave => Ok(admission::leave(by)),
            Action::AnswerObserver { observer, agrees, statement } => {
                admission::answer_observer(self, by, *observer, *agrees, statement)
            }

            Action::AskIntoCaucus { caucus, members } => caucus::ask(self, by, *caucus, members),
            Action::AnswerCaucus { caucus, accepts } => caucus::answer(self, by, *caucus, *accepts),
            Action::LeaveCaucus => caucus::leave(by),
            Action::EndCaucus { caucus } => caucus::end(self, by, *caucus),

            Action::SetMicrophone { on } => {
                Ok(floor::switch(by.microphone_on, *on, Event::MicrophoneSwitched { participant, on: *on }))
            }
            Action::SetCamera { on } => {
                Ok(floor::switch(by.camera_on, *on, Event::CameraSwitched { participant, on: *on }))
            }
            Action::SetScreen { on } => {
                Ok(floor::switch(by.screen_on, *on, Event::ScreenSwitched { participant, on: *on }))
            }
            Action::RaiseHand { raised } => {
                Ok(floor::switch(by.hand_raised, *raised, Event::HandRaised { participant, raised: *raised }))
            }
            Action::Mute { participant } => floor::mute(self, *participant),
            Action::Say { to, text } => chat::say(self, by, *to, text, now_ms),

            Action::DeliverNotices => Ok(notice::deliver(self)),
            Action::ConfirmNotice { notice, digest, statement } => {
                notice::confirm(self, by, *notice, digest, statement)
            }

            Action::AskRecording { request } => recording::ask(self, *request),
            Action::AnswerRecording { request, agrees, statement } => {
                recording::answer(self, by, *request, *agrees, statement)
            }
            Action::WithdrawRecording { request, statement } => recording::withdraw(self, by, *request, statement),
            Action::StopRecording => recording::stop(self),

            Action::OpenPapers { template } => agreement::open(self, template),
            Action::Freeze(frozen) => agreement::freeze(self, frozen),
            Action::Reopen { reason } => agreement::reopen(self, reason),
            Action::Sign { content_digest, document_digest, statement } => {
                agreement::sign(self, by, content_digest, document_digest, statement)
            }
            Action::AuthoriseSeal { content_digest, document_digest, statement } => {
                agreement::authorise_seal(self, by, content_digest, document_digest, statement)
            }

            Action::End { ending, report } => ending::end(self, *ending, report),

            Action::Found(_)
            | Action::Invite { .. }
            | Action::Revoke { .. }
            | Action::Arrive { .. }
            | Action::Lose { .. }
            | Action::Restart
            | Action::BindWriter { .. }
            | Action::FailRecording
            | Action::Receive { .. } => Err(Refusal::NotAllowed),
        }
    }

    pub(crate) fn consequences(&self, fresh: Uuid, now_ms: u64) -> Vec<Event> {
        let mut events = caucus::consequences(self);
        events.extend(admission::consequences(self));
        if events.is_empty() {
            events.extend(agreement::consequences(self, now_ms));
        }
        if events.is_empty() {
            events.extend(recording::consequences(self, fresh));
        }
        events
    }

    /// Applies what has happened. Never fails: an event that names somebody unknown changes nothing.
    pub fn evolve(&mut self, recorded: &Recorded) {
        if let Some(id) = recorded.by {
            let applied = self.applied.entry(id).or_default();
            if applied.back() != Some(&recorded.command) {
                applied.push_back(recorded.command);
                if applied.len() > COMMANDS_REMEMBERED_MAX {
                    applied.pop_front();
                }
            }
        }
        match &recorded.event {
            Event::Founded { charter } => admission::evolve_founded(self, charter),
            Event::Invited { participant, invitation } => admission::evolve_invited(self, *participant, *invitation),
            Event::Arrived { participant, connection, device_key } => {
                admission::evolve_arrived(self, *participant, *connection, device_key, recorded.at_ms);
            }
            Event::Reconnected { participant, connection } => {
                floor::evolve(self, *participant, |person| person.connection = Some(*connection));
            }
            Event::ConnectionLost { participant } => admission::evolve_lost(self, *participant),
            Event::Restarted {} => admission::evolve_restarted(self),
            Event::SessionOpened {} => self.phase = Phase::InSession,
            Event::Admitted { participant } => admission::evolve_admitted(self, *participant),
            Event::Declined { participant, .. } => admission::evolve_out(self, *participant, Presence::Declined),
            Event::Removed { participant, .. } | Event::InvitationRevoked { participant } => {
                admission::evolve_out(self, *participant, Presence::Removed);
            }
            Event::Left { participant } => admission::evolve_out(self, *participant, Presence::Absent),
            Event::ObserverAnswered { observer, party, agrees, .. } => {
                let by = recorded.by.unwrap_or(*party);
                admission::evolve_answered_observer(self, *observer, *party, by, *agrees);
            }
            Event::ObserverWithdrawn { observer } => admission::evolve_to_door(self, *observer, recorded.at_ms),

            Event::CaucusAsked { caucus, mediator, members } => {
                caucus::evolve_asked(self, *caucus, *mediator, members);
            }
            Event::CaucusEntered { caucus, participant } => caucus::evolve_entered(self, *caucus, *participant),
            Event::CaucusDeclined { caucus, participant } => caucus::evolve_unasked(self, *caucus, *participant),
            Event::CaucusLeft { participant, .. } => caucus::evolve_left(self, *participant),
            Event::CaucusEnded { caucus } => caucus::evolve_ended(self, *caucus, recorded.by),

            Event::MicrophoneSwitched { participant, on } => {
                floor::evolve(self, *participant, |person| person.microphone_on = *on);
            }
            Event::CameraSwitched { participant, on } => {
                floor::evolve(self, *participant, |person| person.camera_on = *on);
            }
            Event::ScreenSwitched { participant, on } => {
                floor::evolve(self, *participant, |person| person.screen_on = *on);
            }
            Event::HandRaised { participant, raised } => {
                floor::evolve(self, *participant, |person| person.hand_raised = *raised);
            }
            Event::Muted { participant } => {
                floor::evolve(self, *participant, |person| person.microphone_on = false);
            }
            Event::Said { message } => self.chat.push_back(Arc::new(message.clone())),

            Event::NoticesDelivered {} => self.notices_delivered = true,
            Event::NoticeConfirmed { participant, notice, .. } => {
                self.notices_confirmed.insert((*participant, *notice));
            }

            Event::RecordingAsked { request } => recording::evolve_asked(self, *request),
            Event::RecordingAnswered { participant, agrees, .. } => {
                recording::evolve_answered(self, *participant, *agrees);
            }
            Event::RecordingWithdrawn { participant, .. } => recording::evolve_answered(self, *participant, false),
            Event::RecordingClosed { .. } => self.recording.request = None,
            Event::SpanStarted { span, generation, consenting, .. } => {
                recording::evolve_started(self, *span, *generation, consenting, recorded.at_ms);
            }
            Event::SpanEnded { end, .. } => recording::evolve_ended(self, *end, recorded.at_ms),

            Event::PapersOpened { template } => self.template = Some(template.clone()),
            Event::WriterBound { participant, client } => {
                self.writers.insert(*client, *participant);
            }
            Event::Frozen { frozen } => agreement::evolve_frozen(self, frozen, recorded.at_ms),
            Event::Reopened { .. } => agreement::evolve_reopened(self),
            Event::Signed { participant, statement, .. } => {
                agreement::evolve_signed(self, *participant, statement, recorded.at_ms);
            }
            Event::SealAuthorised { officer, statement, .. } => {
                agreement::evolve_sealed(self, *officer, statement, recorded.at_ms);
            }
            Event::AgreementEffective { at_ms } => agreement::evolve_effective(self, *at_ms),

            Event::Ended { ending, report } => ending::evolve_ended(self, *ending, report, recorded.at_ms),
            Event::ResultReceived { case_number } => {
                self.received.insert(case_number.clone());
            }
        }
    }

    /// Replays a log.
    pub fn replay<'a>(events: impl IntoIterator<Item = &'a Recorded>) -> Self {
        let mut state = Self::default();
        for event in events {
            state.evolve(event);
        }
        state
    }

    /// A person with a seat inside, if they have one.
    pub fn seated(&self, id: ParticipantId) -> Option<&Person> {
        self.people.get(&id).filter(|person| person.is_seated())
    }

    /// Whether anybody is in a private session now.
    pub(crate) fn is_anybody_private(&self) -> bool {
        self.people.values().any(|person| person.is_seated() && person.place != Place::Joint)
    }
}
