//! A meeting to test with: two parties, a representative of the first, two mediators, an observer and a seal officer. What
//! happens in it is checked after every command: the log replays to the state and no consequence is left open.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Action, Actor, Authority, CaucusId, Charter, ChatRecipient, Claim, Command, CommandId, Confidentiality,
    ConnectionId, Ending, Event, Expected, FailureReport, Frozen, Identity, InsideView, InvitationId, NoticeId,
    ParticipantId, Place, Presence, Recorded, RecordingPolicy, Refusal, RequestId, Role, State, TenantId, View,
};

pub(super) const ANNA: ParticipantId = person(1);
pub(super) const BEN: ParticipantId = person(2);
/// Speaks for Anna with special authority.
pub(super) const REPRESENTATIVE: ParticipantId = person(3);
pub(super) const MEDIATOR: ParticipantId = person(4);
pub(super) const ASSISTANT: ParticipantId = person(5);
pub(super) const OBSERVER: ParticipantId = person(6);
pub(super) const OFFICER: ParticipantId = person(7);
/// Nobody of this room.
pub(super) const STRANGER: ParticipantId = person(99);
pub(super) const EVERYBODY: [ParticipantId; 7] = [ANNA, BEN, REPRESENTATIVE, MEDIATOR, ASSISTANT, OBSERVER, OFFICER];

const fn person(number: u128) -> ParticipantId {
    ParticipantId(Uuid::from_u128(number))
}

pub(super) fn caucus(number: u128) -> CaucusId {
    CaucusId(Uuid::from_u128(number))
}

pub(super) fn request(number: u128) -> RequestId {
    RequestId(Uuid::from_u128(number))
}

pub(super) fn invitation(number: u128) -> InvitationId {
    InvitationId(Uuid::from_u128(number))
}

pub(super) fn connection(number: u128) -> ConnectionId {
    ConnectionId(Uuid::from_u128(number))
}

pub(super) fn statement() -> Value {
    json!({"signed": "words"})
}

pub(super) fn frozen(words: &str) -> Frozen {
    Frozen {
        content_digest: format!("content of {words}"),
        document_digest: format!("bytes of {words}"),
        in_part: false,
    }
}

pub(super) fn report() -> FailureReport {
    FailureReport {
        situation: "two sessions".to_owned(),
        reason: "the price".to_owned(),
        costly_conduct: String::new(),
        alert: "SECRET-ALERT".to_owned(),
    }
}

pub(super) fn charter() -> Charter {
    let expected = |id, name: &str, role| Expected {
        id,
        name: name.to_owned(),
        role,
        speaks_for: (role == Role::Representative).then_some(ANNA),
        authority: (role == Role::Representative).then_some(Authority::Special),
        identity: Identity { method: "身份证".to_owned(), document_masked: Some("****1234".to_owned()) },
    };
    Charter {
        tenant: TenantId("court".to_owned()),
        organisation: "滨海调解中心".to_owned(),
        court: Some("滨海法院".to_owned()),
        case_numbers: vec!["(2026)滨民初1号".to_owned(), "(2026)滨民初2号".to_owned()],
        cause: "著作权侵权纠纷".to_owned(),
        claims: vec![Claim { case_number: None, text: "赔偿一万元".to_owned() }],
        people: vec![
            expected(ANNA, "甲", Role::Party),
            expected(BEN, "乙", Role::Party),
            expected(REPRESENTATIVE, "甲律师", Role::Representative),
            expected(MEDIATOR, "主持人", Role::PresidingMediator),
            expected(ASSISTANT, "助理", Role::AssistingMediator),
            expected(OBSERVER, "旁听人", Role::Observer),
            expected(OFFICER, "用印人", Role::SealOfficer),
        ],
        confidentiality: Confidentiality::Confidential,
        recording: RecordingPolicy::UnanimousConsent,
    }
}

/// A room and its log.
#[derive(Clone, Debug, Default)]
pub(super) struct Meeting {
    pub(super) state: State,
    pub(super) log: Vec<Recorded>,
    pub(super) now_ms: u64,
    serial: u128,
}

impl Meeting {
    /// Founded by the case service; everybody holds an invitation and nobody has come.
    pub(super) fn scheduled() -> Self {
        Self::founded(charter())
    }

    pub(super) fn founded(charter: Charter) -> Self {
        let people: Vec<_> = charter.people.iter().map(|expected| expected.id).collect();
        let mut meeting = Self::default();
        meeting.serves(Action::Found(Box::new(charter)));
        for participant in people {
            meeting.serves(Action::Invite { participant, invitation: InvitationId(participant.0) });
        }
        meeting
    }

    /// In session with the presiding mediator and these people.
    pub(super) fn with(people: &[ParticipantId]) -> Self {
        let mut meeting = Self::scheduled();
        meeting.joined_by(people);
        meeting
    }

    /// The presiding mediator is here, and admits these people; an observer with the consent of the parties inside.
    pub(super) fn joined_by(&mut self, people: &[ParticipantId]) {
        if self.state.people[&MEDIATOR].connection.is_none() {
            self.arrives(MEDIATOR);
        }
        for who in people {
            self.arrives(*who);
            if *who == OBSERVER {
                self.answers_observer(ANNA, true);
                self.answers_observer(BEN, true);
            }
            if self.state.people[who].presence == Presence::Waiting {
                self.does(MEDIATOR, Action::Admit { participant: *who });
            }
        }
    }

    /// Opens a private session and everybody asked accepts.
    pub(super) fn goes_private(&mut self, mediator: ParticipantId, number: u128, guests: &[ParticipantId]) {
        self.does(mediator, Action::AskIntoCaucus { caucus: caucus(number), members: guests.to_vec() });
        for guest in guests {
            self.does(*guest, Action::AnswerCaucus { caucus: caucus(number), accepts: true });
        }
    }

    /// The mediator asks and everybody inside says yes.
    pub(super) fn recorded(&mut self, number: u128) {
        self.does(MEDIATOR, Action::AskRecording { request: request(number) });
        for who in EVERYBODY {
            if self.state.seated(who).is_some() {
                self.answers_recording(who, number, true);
            }
        }
        assert!(self.state.recording.span.is_some());
    }

    /// Papers opened and frozen as these words.
    pub(super) fn frozen_as(&mut self, words: &str) {
        if self.state.template.is_none() {
            self.does(MEDIATOR, Action::OpenPapers { template: "payment".to_owned() });
        }
        self.does(MEDIATOR, Action::Freeze(frozen(words)));
    }

    pub(super) fn arrives(&mut self, who: ParticipantId) -> Vec<Event> {
        self.arrives_from(who, "phone").unwrap()
    }

    /// Comes with their current invitation from a device of this name.
    pub(super) fn arrives_from(&mut self, who: ParticipantId, device: &str) -> Result<Vec<Event>, Refusal> {
        let current = self.state.people.get(&who).and_then(|person| person.invitation);
        self.arrives_with(who, current.unwrap_or(invitation(0)), device)
    }

    pub(super) fn arrives_with(
        &mut self,
        who: ParticipantId,
        invitation: InvitationId,
        device: &str,
    ) -> Result<Vec<Event>, Refusal> {
        let connection = connection(self.serial + 1);
        let device_key = format!("{device} of {who}");
        self.tries(Actor::System, Action::Arrive { participant: who, invitation, connection, device_key })
    }

    pub(super) fn loses(&mut self, who: ParticipantId) {
        if let Some(connection) = self.state.people[&who].connection {
            self.runs(Action::Lose { participant: who, connection });
        }
    }

    pub(super) fn answers_observer(&mut self, who: ParticipantId, agrees: bool) {
        self.does(who, Action::AnswerObserver { observer: OBSERVER, agrees, statement: statement() });
    }

    pub(super) fn answers_recording(&mut self, who: ParticipantId, number: u128, agrees: bool) {
        self.does(who, Action::AnswerRecording { request: request(number), agrees, statement: statement() });
    }

    pub(super) fn says(&mut self, who: ParticipantId, text: &str) {
        self.does(who, Action::Say { to: ChatRecipient::Everyone, text: text.to_owned() });
    }

    pub(super) fn signs(&mut self, who: ParticipantId, words: &str) -> Result<Vec<Event>, Refusal> {
        let Frozen { content_digest, document_digest, .. } = frozen(words);
        self.tries(Actor::Person(who), Action::Sign { content_digest, document_digest, statement: statement() })
    }

    pub(super) fn seals(&mut self, who: ParticipantId, words: &str) -> Result<Vec<Event>, Refusal> {
        let Frozen { content_digest, document_digest, .. } = frozen(words);
        self.tries(
            Actor::Person(who),
            Action::AuthoriseSeal { content_digest, document_digest, statement: statement() },
        )
    }

    pub(super) fn ends(&mut self) {
        self.does(MEDIATOR, Action::End { ending: Ending::DifferencesTooGreat, report: report() });
    }

    pub(super) fn confirms(&mut self, who: ParticipantId, notice: NoticeId) -> Result<Vec<Event>, Refusal> {
        let action = Action::ConfirmNotice { notice, digest: "digest".to_owned(), statement: statement() };
        self.tries(Actor::Person(who), action)
    }

    pub(super) fn does(&mut self, who: ParticipantId, action: Action) -> Vec<Event> {
        self.tries(Actor::Person(who), action).unwrap()
    }

    pub(super) fn refuses(&mut self, who: ParticipantId, action: Action) -> Refusal {
        let before = self.log.len();
        let refusal = self.tries(Actor::Person(who), action).unwrap_err();
        assert_eq!(self.log.len(), before);
        refusal
    }

    pub(super) fn serves(&mut self, action: Action) -> Vec<Event> {
        self.tries(Actor::Service, action).unwrap()
    }

    pub(super) fn runs(&mut self, action: Action) -> Vec<Event> {
        self.tries(Actor::System, action).unwrap()
    }

    pub(super) fn tries(&mut self, actor: Actor, action: Action) -> Result<Vec<Event>, Refusal> {
        self.time_passes();
        let id = CommandId(Uuid::from_u128(1_000_000 + self.serial));
        self.sends(&Command { id, actor, action, fresh: Uuid::from_u128(2_000_000 + self.serial) })
    }

    /// As long as one command takes, and nothing happens.
    pub(super) fn time_passes(&mut self) {
        self.serial += 1;
        self.now_ms += 10;
    }

    /// Decides and evolves; every promise that holds for every command is checked here.
    pub(super) fn sends(&mut self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let decided = self.state.decide(command, self.now_ms);
        assert_eq!(decided, self.state.decide(command, self.now_ms), "the same question has one answer");
        let recorded = decided?;
        for event in &recorded {
            self.state.evolve(event);
        }
        let open = self.state.consequences(Uuid::from_u128(3_000_000 + self.serial), self.now_ms);
        assert_eq!(open, [], "a consequence is left open after {command:?}");
        self.log.extend(recorded.iter().cloned());
        Ok(recorded.into_iter().map(|recorded| recorded.event).collect())
    }

    /// The log, written and read as the journal does, leads to the same state.
    pub(super) fn assert_replays(&self) {
        let written = serde_json::to_string(&self.log).unwrap();
        let read: Vec<Recorded> = serde_json::from_str(&written).unwrap();
        assert_eq!(State::replay(&read), self.state);
    }

    pub(super) fn place(&self, who: ParticipantId) -> Place {
        self.state.people[&who].place
    }

    pub(super) fn presence(&self, who: ParticipantId) -> Presence {
        self.state.people[&who].presence
    }

    pub(super) fn inside(&self, who: ParticipantId) -> InsideView {
        match self.state.view(who) {
            View::Inside(view) => *view,
            other @ (View::Outside { .. } | View::Waiting { .. } | View::Desk(_)) => panic!("not inside: {other:?}"),
        }
    }

    /// All that reaches a person from the room, as text: the view and the chat.
    pub(super) fn learnt_by(&self, who: ParticipantId) -> String {
        let chat: Vec<_> = self.state.chat_for(who).collect();
        format!("{}\n{}", serde_json::to_string(&self.state.view(who)).unwrap(), serde_json::to_string(&chat).unwrap())
    }

    /// Who hears or sees this person.
    pub(super) fn hearers(&self, who: ParticipantId) -> Vec<ParticipantId> {
        let audience = self.state.audience();
        let mut hearers: Vec<_> = audience
            .receivers
            .iter()
            .filter(|(publication, _)| publication.participant == who)
            .flat_map(|(_, receivers)| receivers.iter().copied())
            .collect();
        hearers.sort_unstable();
        hearers.dedup();
        hearers
    }
}

pub(super) fn names_in(events: &[Event]) -> Vec<String> {
    let name = |event| serde_json::to_value(event).unwrap()["type"].as_str().unwrap_or_default().to_owned();
    events.iter().map(name).collect()
}
