//! One person, one view (law 3): all that a person learns of the room is what [`State::view`] says for them. Whoever is not
//! inside gets nothing of the room's people, talk or papers.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::permission::permissions;
use crate::state::State;
use crate::{
    Authority, CaucusId, ChatMessage, Ending, Frozen, Identity, NoticeId, Outcome, ParticipantId, Permission, Person,
    Phase, Place, Presence, RecordingPolicy, RequestId, Role,
};

/// What one person sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "where", rename_all = "snake_case")]
pub enum View {
    /// Not in the room and not at its door.
    Outside {
        /// Why.
        reason: OutsideReason,
    },
    /// At the door: one's own name and the organisation's, nothing else.
    Waiting {
        /// Oneself.
        you: You,
        /// Who holds the mediation.
        organisation: String,
    },
    /// The seal officer's desk: the signed agreement, nothing of the talk.
    Desk(Box<DeskView>),
    /// In the session.
    Inside(Box<InsideView>),
}

/// Why somebody is outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OutsideReason {
    /// Turned away at the door.
    Declined,
    /// Sent out, or the invitation was revoked.
    Removed,
    /// Left, or not here.
    Left,
}

/// What a person is told of themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[expect(clippy::struct_excessive_bools, reason = "four switches of one person, each independent of the others")]
pub struct You {
    /// One's id in this room.
    pub id: ParticipantId,
    /// One's name.
    pub name: String,
    /// One's role, as the server knows it.
    pub role: Role,
    /// All that one may do.
    pub may: Vec<Permission>,
    /// One's own microphone switch.
    pub microphone_on: bool,
    /// One's own camera switch.
    pub camera_on: bool,
    /// One's own screen share.
    pub screen_on: bool,
    /// Whether one asked to speak.
    pub hand_raised: bool,
}

/// The room, as somebody inside sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InsideView {
    /// Oneself.
    pub you: You,
    /// How far the mediation has come.
    pub phase: Phase,
    /// Who holds the mediation.
    pub organisation: String,
    /// The cases it serves.
    pub case_numbers: Vec<String>,
    /// The cause of action.
    pub cause: String,
    /// Everybody inside, oneself included.
    pub people: Vec<PersonView>,
    /// Where one is.
    pub place: Place,
    /// Private sessions: that they exist and who is in them.
    pub caucuses: Vec<CaucusView>,
    /// A private session one is asked into.
    pub caucus_invitation: Option<CaucusInvitationView>,
    /// The mediators' list of who waits; empty for everybody else.
    pub waiting: Vec<WaitingPersonView>,
    /// Observers that the parties are asked about or have agreed to; for parties and mediators.
    pub observers: Vec<ObserverView>,
    /// Notices delivered to oneself, and for mediators everyone's confirmations.
    pub notices: Vec<NoticeView>,
    /// Recording: whether it runs and what is asked of one.
    pub recording: RecordingView,
    /// The papers; `None` before they are opened, and for those who may not read them.
    pub agreement: Option<AgreementView>,
    /// How it ended.
    pub outcome: Option<OutcomeView>,
}

/// Somebody inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PersonView {
    /// Who.
    pub id: ParticipantId,
    /// Name.
    pub name: String,
    /// Role, as the server knows it.
    pub role: Role,
    /// For a representative: the party.
    pub speaks_for: Option<ParticipantId>,
    /// For a representative: its authority.
    pub authority: Option<Authority>,
    /// Where they are.
    pub place: Place,
    /// Whether they are connected now.
    pub connected: bool,
    /// Their microphone; for people in another place than one's own it is not told.
    pub microphone_on: Option<bool>,
    /// Their camera; likewise.
    pub camera_on: Option<bool>,
    /// Their screen; likewise.
    pub screen_on: Option<bool>,
    /// Whether they ask to speak; likewise.
    pub hand_raised: Option<bool>,
}

/// A private session, as everybody inside may know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CaucusView {
    /// Which.
    pub caucus: CaucusId,
    /// The mediator who holds it.
    pub mediator: ParticipantId,
    /// Who is in it.
    pub members: Vec<ParticipantId>,
}

/// A private session one is asked into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CaucusInvitationView {
    /// Which.
    pub caucus: CaucusId,
    /// Who asks.
    pub mediator: ParticipantId,
}

/// Somebody at the door, as a mediator sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WaitingPersonView {
    /// Who.
    pub id: ParticipantId,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// How identity was established.
    pub identity: Identity,
    /// Since when, ms since the epoch.
    pub waiting_since_ms: u64,
    /// Whether they may be admitted now; an observer only with every party's consent.
    pub admissible: bool,
}

/// An observer that the parties are asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ObserverView {
    /// Who.
    pub id: ParticipantId,
    /// Name.
    pub name: String,
    /// One's own side's answer; `None` if there is none, or one has no side.
    pub your_answer: Option<bool>,
    /// Whether every party has agreed.
    pub agreed: bool,
}

/// A notice, by id; its words are served beside the protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NoticeView {
    /// Which.
    pub notice: NoticeId,
    /// Whether one has confirmed it.
    pub confirmed: bool,
    /// For mediators: who has confirmed it; empty for everybody else.
    pub confirmed_by: Vec<ParticipantId>,
}

/// Recording, as one person sees it. Who said no is nobody's business.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RecordingView {
    /// Whether it may ever run.
    pub policy: RecordingPolicy,
    /// Whether it runs now.
    pub running: bool,
    /// The open request.
    pub request: Option<ConsentView>,
    /// Spans recorded so far.
    pub spans: usize,
}

/// An open request for recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConsentView {
    /// Which.
    pub request: RequestId,
    /// One's own answer.
    pub your_answer: Option<bool>,
    /// How many inside have not answered.
    pub outstanding: usize,
}

/// The papers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AgreementView {
    /// The template they were opened from.
    pub template: String,
    /// What is frozen; `None` while it is being drafted.
    pub frozen: Option<Frozen>,
    /// Whose signatures it needs.
    pub signers: Vec<SignerView>,
    /// Whether one's own signature is outstanding.
    pub you_sign: bool,
    /// Whether the seal is on it.
    pub sealed: bool,
    /// When it took effect, ms since the epoch.
    pub effective_at_ms: Option<u64>,
}

/// A signer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SignerView {
    /// Who.
    pub id: ParticipantId,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// When they signed, ms since the epoch.
    pub signed_at_ms: Option<u64>,
}

/// The seal officer's desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DeskView {
    /// Oneself.
    pub you: You,
    /// The organisation.
    pub organisation: String,
    /// The cases.
    pub case_numbers: Vec<String>,
    /// The agreement, once everybody has signed.
    pub agreement: Option<AgreementView>,
}

/// How it ended; the mediator's report is not part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OutcomeView {
    /// An agreement took effect.
    Agreed {
        /// On part of the claims only.
        in_part: bool,
    },
    /// No agreement was made here.
    NotAgreed {
        /// The ground.
        ending: Ending,
    },
}

impl State {
    /// What one person sees of this state.
    pub fn view(&self, participant: ParticipantId) -> View {
        let (Some(person), Some(charter)) = (self.people.get(&participant), &self.charter) else {
            return View::Outside { reason: OutsideReason::Left };
        };
        match person.presence {
            Presence::Absent => View::Outside { reason: OutsideReason::Left },
            Presence::Declined => View::Outside { reason: OutsideReason::Declined },
            Presence::Removed => View::Outside { reason: OutsideReason::Removed },
            Presence::Waiting => View::Waiting { you: you(person, &[]), organisation: charter.organisation.clone() },
            Presence::Admitted if person.role == Role::SealOfficer => View::Desk(Box::new(DeskView {
                you: you(person, permissions(person.role)),
                organisation: charter.organisation.clone(),
                case_numbers: charter.case_numbers.clone(),
                agreement: self.is_signed_by_all().then(|| self.agreement_view(person)).flatten(),
            })),
            Presence::Admitted => View::Inside(Box::new(InsideView {
                you: you(person, permissions(person.role)),
                phase: self.phase,
                organisation: charter.organisation.clone(),
                case_numbers: charter.case_numbers.clone(),
                cause: charter.cause.clone(),
                people: self.people_view(person),
                place: person.place,
                caucuses: self.caucuses_view(),
                caucus_invitation: person.asked_into.and_then(|caucus| {
                    let mediator = self.caucuses.get(&caucus)?.mediator;
                    Some(CaucusInvitationView { caucus, mediator })
                }),
                waiting: if may(person, Permission::Admit) { self.waiting_view() } else { Vec::new() },
                observers: self.observers_view(person),
                notices: self.notices_view(person),
                recording: self.recording_view(person, charter.recording),
                agreement: self.may_read_papers(person).then(|| self.agreement_view(person)).flatten(),
                outcome: self.outcome.as_ref().map(outcome_view),
            })),
        }
    }

    /// The messages that were said to this person, oldest first. Somebody at the door or outside reads nothing.
    pub fn chat_for(&self, participant: ParticipantId) -> impl Iterator<Item = &ChatMessage> {
        let is_seated = self.seated(participant).is_some();
        self.chat.iter().map(AsRef::as_ref).filter(move |message| is_seated && message.readers.contains(&participant))
    }

    /// Whether a person may read the drafts and the frozen agreement now.
    pub fn may_read(&self, participant: ParticipantId) -> bool {
        self.people.get(&participant).filter(|person| person.presence == Presence::Admitted).is_some_and(|person| {
            self.may_read_papers(person) || (person.role == Role::SealOfficer && self.is_signed_by_all())
        })
    }

    /// Whether a person may change the drafts now.
    pub fn may_write(&self, participant: ParticipantId) -> bool {
        self.phase == Phase::InSession && self.seated(participant).is_some_and(|person| self.may_read_papers(person))
    }

    fn may_read_papers(&self, person: &Person) -> bool {
        person.is_seated() && may(person, Permission::Draft) && self.template.is_some()
    }

    fn people_view(&self, viewer: &Person) -> Vec<PersonView> {
        let seated = self.people.values().filter(|person| person.is_seated());
        seated
            .map(|person| {
                let here = person.place == viewer.place;
                PersonView {
                    id: person.id,
                    name: person.name.clone(),
                    role: person.role,
                    speaks_for: person.speaks_for,
                    authority: person.authority,
                    place: person.place,
                    connected: person.connection.is_some(),
                    microphone_on: here.then_some(person.microphone_on),
                    camera_on: here.then_some(person.camera_on),
                    screen_on: here.then_some(person.screen_on),
                    hand_raised: here.then_some(person.hand_raised),
                }
            })
            .collect()
    }

    fn caucuses_view(&self) -> Vec<CaucusView> {
        let members = |id: CaucusId| -> Vec<ParticipantId> {
            self.people
                .values()
                .filter(|person| person.is_seated() && person.place == Place::Caucus { caucus: id })
                .map(|person| person.id)
                .collect()
        };
        self.caucuses
            .iter()
            .map(|(id, caucus)| CaucusView { caucus: *id, mediator: caucus.mediator, members: members(*id) })
            .filter(|caucus| !caucus.members.is_empty())
            .collect()
    }

    fn waiting_view(&self) -> Vec<WaitingPersonView> {
        let mut waiting: Vec<_> = self
            .people
            .values()
            .filter(|person| person.presence == Presence::Waiting && person.connection.is_some())
            .map(|person| WaitingPersonView {
                id: person.id,
                name: person.name.clone(),
                role: person.role,
                identity: person.identity.clone(),
                waiting_since_ms: person.waiting_since_ms,
                admissible: person.role != Role::Observer || self.every_party_agrees_to(person.id),
            })
            .collect();
        waiting.sort_by_key(|person| person.waiting_since_ms);
        waiting
    }

    /// Parties are asked about an observer who has come to the door, and may change their mind while one sits in.
    fn observers_view(&self, viewer: &Person) -> Vec<ObserverView> {
        if !viewer.role.is_side() && !viewer.role.is_mediator() {
            return Vec::new();
        }
        self.people
            .values()
            .filter(|person| person.role == Role::Observer)
            .filter(|person| matches!(person.presence, Presence::Waiting | Presence::Admitted))
            .map(|person| ObserverView {
                id: person.id,
                name: person.name.clone(),
                your_answer: self.answer_of_side(person.id, viewer.side()),
                agreed: self.every_party_agrees_to(person.id),
            })
            .collect()
    }

    fn notices_view(&self, viewer: &Person) -> Vec<NoticeView> {
        let is_addressee = may(viewer, Permission::ConfirmNotices);
        if !self.notices_delivered || !(is_addressee || viewer.role.is_mediator()) {
            return Vec::new();
        }
        let confirmed_by = |notice: NoticeId| -> Vec<ParticipantId> {
            self.notices_confirmed.iter().filter(|(_, other)| *other == notice).map(|(id, _)| *id).collect()
        };
        crate::NOTICES
            .iter()
            .filter(|notice| notice.is_delivered())
            .map(|notice| NoticeView {
                notice: notice.id,
                confirmed: self.notices_confirmed.contains(&(viewer.id, notice.id)),
                confirmed_by: if viewer.role.is_mediator() { confirmed_by(notice.id) } else { Vec::new() },
            })
            .collect()
    }

    fn recording_view(&self, viewer: &Person, policy: RecordingPolicy) -> RecordingView {
        let seated = || self.people.values().filter(|person| person.is_seated());
        RecordingView {
            policy,
            running: self.recording.span.is_some(),
            request: self.recording.request.as_ref().map(|(request, answers)| ConsentView {
                request: *request,
                your_answer: answers.get(&viewer.id).copied(),
                outstanding: seated().filter(|person| !answers.contains_key(&person.id)).count(),
            }),
            spans: self.recording.ended.len() + usize::from(self.recording.span.is_some()),
        }
    }

    fn agreement_view(&self, viewer: &Person) -> Option<AgreementView> {
        let template = self.template.clone()?;
        let agreement = self.agreement.as_ref();
        let signed_at = |id| agreement.and_then(|agreement| agreement.signatures.get(&id)).map(|given| given.at_ms);
        Some(AgreementView {
            template,
            frozen: agreement.map(|agreement| agreement.frozen.clone()),
            signers: self
                .signers()
                .map(|person| SignerView {
                    id: person.id,
                    name: person.name.clone(),
                    role: person.role,
                    signed_at_ms: signed_at(person.id),
                })
                .collect(),
            you_sign: self.phase == Phase::Signing && self.owes_signature(viewer),
            sealed: agreement.is_some_and(|agreement| agreement.seal.is_some()),
            effective_at_ms: agreement.and_then(|agreement| agreement.effective_at_ms),
        })
    }
}

fn may(person: &Person, permission: Permission) -> bool {
    crate::may(person.role, permission)
}

fn you(person: &Person, may: &[Permission]) -> You {
    You {
        id: person.id,
        name: person.name.clone(),
        role: person.role,
        may: may.iter().copied().filter(|permission| *permission != Permission::Sign || person.may_sign()).collect(),
        microphone_on: person.microphone_on,
        camera_on: person.camera_on,
        screen_on: person.screen_on,
        hand_raised: person.hand_raised,
    }
}

fn outcome_view(outcome: &Outcome) -> OutcomeView {
    match outcome {
        Outcome::Agreed { in_part, .. } => OutcomeView::Agreed { in_part: *in_part },
        Outcome::NotAgreed { ending, .. } => OutcomeView::NotAgreed { ending: *ending },
    }
}
