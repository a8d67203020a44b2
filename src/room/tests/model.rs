//! A naive second room: who is where, who hears whom, whether it is recorded. Written from the rules with plain lists and no
//! events, so that a mistake in the real one is unlikely to be made here as well.
#![expect(clippy::wildcard_enum_match_arm, reason = "the model has no opinion on the rest")]

use super::meeting::*;
use crate::{Action, Actor, CaucusId, InvitationId, ParticipantId, Phase, Place, Presence, RequestId, Role, State};

#[derive(Clone, Debug)]
struct Seat {
    id: ParticipantId,
    role: Role,
    invitation: Option<InvitationId>,
    device: Option<String>,
    is_live: bool,
    presence: Presence,
    caucus: Option<CaucusId>,
    /// Microphone, camera, screen.
    on: [bool; 3],
}

#[derive(Clone, Debug)]
struct Talk {
    id: CaucusId,
    mediator: ParticipantId,
    asked: Vec<ParticipantId>,
}

#[derive(Clone, Debug)]
pub(super) struct Model {
    seats: Vec<Seat>,
    talks: Vec<Talk>,
    talks_ever: Vec<CaucusId>,
    invitations_ever: Vec<InvitationId>,
    /// The open request and who has said yes since they came in.
    request: Option<(RequestId, Vec<ParticipantId>)>,
    requests_ever: Vec<RequestId>,
    is_recording: bool,
    /// Observer consent: Anna's own, her representative's, Ben's.
    observer_answers: [Option<bool>; 3],
    is_over: bool,
}

impl Model {
    /// The room of [`charter`], with the invitations that [`Meeting::founded`] gives out.
    pub(super) fn founded() -> Self {
        let seat = |expected: crate::Expected| Seat {
            id: expected.id,
            role: expected.role,
            invitation: Some(InvitationId(expected.id.0)),
            device: None,
            is_live: false,
            presence: Presence::Absent,
            caucus: None,
            on: [false; 3],
        };
        let seats: Vec<_> = charter().people.into_iter().map(seat).collect();
        Self {
            invitations_ever: seats.iter().filter_map(|seat| seat.invitation).collect(),
            seats,
            talks: Vec::new(),
            talks_ever: Vec::new(),
            request: None,
            requests_ever: Vec::new(),
            is_recording: false,
            observer_answers: [None; 3],
            is_over: false,
        }
    }

    fn seat(&self, id: ParticipantId) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.id == id)
    }

    fn is_in(&self, id: ParticipantId) -> bool {
        self.seat(id).is_some_and(|seat| seat.presence == Presence::Admitted)
    }

    fn is_seated(&self, id: ParticipantId) -> bool {
        self.is_in(id) && id != OFFICER
    }

    fn is_at_the_door(&self, id: ParticipantId) -> bool {
        self.seat(id).is_some_and(|seat| seat.presence == Presence::Waiting)
    }

    fn caucus_of(&self, id: ParticipantId) -> Option<CaucusId> {
        self.seat(id).and_then(|seat| seat.caucus)
    }

    fn may_observe(&self) -> bool {
        let [anna, representative, ben] = self.observer_answers;
        let anna_agrees =
            (anna, representative) != (None, None) && anna != Some(false) && representative != Some(false);
        anna_agrees && ben == Some(true)
    }

    fn can_go_private(&self, id: ParticipantId) -> bool {
        [ANNA, BEN, REPRESENTATIVE, MEDIATOR, ASSISTANT].contains(&id)
            && self.is_seated(id)
            && self.caucus_of(id).is_none()
            && !self.talks.iter().any(|talk| talk.mediator == id || talk.asked.contains(&id))
    }

    /// Whether the room should carry it out; `None` where the model has no opinion.
    pub(super) fn expects(&self, actor: Actor, action: &Action) -> Option<bool> {
        let by = match (actor, action) {
            (Actor::System, Action::Arrive { participant, invitation, device_key, .. }) => {
                return Some(self.lets_in(*participant, *invitation, device_key));
            }
            (Actor::Service, Action::Invite { participant, invitation }) => {
                let is_current = self.seat(*participant).is_some_and(|seat| seat.invitation == Some(*invitation));
                return Some(!self.is_over && (is_current || !self.invitations_ever.contains(invitation)));
            }
            (Actor::Person(by), _) if self.is_in(by) => by,
            (Actor::Person(_), _) => return Some(false),
            (Actor::System | Actor::Service, _) => return None,
        };
        let presides = by == MEDIATOR;
        let mediates = presides || by == ASSISTANT;
        let speaks = mediates || [ANNA, BEN, REPRESENTATIVE].contains(&by);
        let is_open = |id: &RequestId| self.request.as_ref().is_some_and(|(open, _)| open == id);
        match action {
            Action::Leave => Some(true),
            Action::Remove { participant, .. } => Some(presides && *participant != by && self.is_seated(*participant)),
            Action::SetMicrophone { on } | Action::SetCamera { on } | Action::SetScreen { on } => {
                Some(speaks && !(self.is_over && *on))
            }
            _ if self.is_over => None,
            Action::Admit { participant } => {
                Some(presides && self.is_at_the_door(*participant) && (*participant != OBSERVER || self.may_observe()))
            }
            Action::Decline { participant, .. } => Some(presides && self.is_at_the_door(*participant)),
            Action::AskIntoCaucus { caucus, members } => {
                let mut guests = members.iter().filter(|id| **id != by).peekable();
                let is_new = !self.talks_ever.contains(caucus);
                let has_guests = guests.peek().is_some();
                Some(
                    mediates
                        && is_new
                        && has_guests
                        && self.can_go_private(by)
                        && guests.all(|id| self.can_go_private(*id)),
                )
            }
            Action::AnswerCaucus { caucus, .. } => {
                Some(self.talks.iter().any(|talk| talk.id == *caucus && talk.asked.contains(&by)))
            }
            Action::LeaveCaucus => Some(self.caucus_of(by).is_some()),
            Action::EndCaucus { caucus } => {
                Some(self.talks.iter().any(|talk| talk.id == *caucus && (talk.mediator == by || presides)))
            }
            Action::AskRecording { request } => {
                Some(presides && self.request.is_none() && !self.requests_ever.contains(request))
            }
            Action::AnswerRecording { request, .. } | Action::WithdrawRecording { request, .. } => {
                Some(by != OFFICER && is_open(request))
            }
            Action::StopRecording => Some(presides && self.request.is_some()),
            _ => None,
        }
    }

    fn lets_in(&self, id: ParticipantId, invitation: InvitationId, device: &str) -> bool {
        self.seat(id).is_some_and(|seat| {
            let is_same_device = seat.device.as_deref() == Some(device);
            let keeps_a_place = is_same_device && seat.presence != Presence::Absent;
            seat.invitation == Some(invitation)
                && (keeps_a_place || (!self.is_over && (is_same_device || !seat.is_live)))
        })
    }

    /// Follows what the room has carried out.
    pub(super) fn follows(&mut self, actor: Actor, action: &Action) {
        let by = match actor {
            Actor::Person(by) => Some(by),
            Actor::Service | Actor::System => None,
        };
        match action {
            Action::Arrive { participant, device_key, .. } => self.arrives(*participant, device_key),
            Action::Lose { participant, .. } => self.drops(*participant),
            Action::Restart => {
                self.is_recording = false;
                for who in EVERYBODY {
                    if self.seat(who).is_some_and(|seat| seat.is_live) {
                        self.drops(who);
                    }
                }
            }
            Action::Invite { participant, invitation } => {
                if self.seat(*participant).is_some_and(|seat| seat.invitation != Some(*invitation)) {
                    self.invitations_ever.push(*invitation);
                    self.goes(*participant, Presence::Absent);
                    self.change(*participant, |seat| (seat.invitation, seat.device) = (Some(*invitation), None));
                }
            }
            Action::Revoke { participant } => {
                if self.seat(*participant).is_some_and(|seat| seat.invitation.is_some()) {
                    self.goes(*participant, Presence::Removed);
                }
            }
            Action::Admit { participant } => self.change(*participant, |seat| seat.presence = Presence::Admitted),
            Action::Decline { participant, .. } => self.goes(*participant, Presence::Declined),
            Action::Remove { participant, .. } => self.goes(*participant, Presence::Removed),
            Action::End { .. } => self.is_over = true,
            Action::AskIntoCaucus { caucus, members } => {
                let mediator = by.unwrap_or(MEDIATOR);
                let asked = members.iter().copied().filter(|id| *id != mediator).collect();
                self.talks_ever.push(*caucus);
                self.talks.push(Talk { id: *caucus, mediator, asked });
            }
            _ => {
                if let Some(by) = by {
                    self.follows_person(by, action);
                }
            }
        }
        self.settles(by);
    }

    fn follows_person(&mut self, by: ParticipantId, action: &Action) {
        match action {
            Action::Leave => self.goes(by, Presence::Absent),
            Action::AnswerObserver { observer: OBSERVER, agrees, .. } => match by {
                ANNA => (self.observer_answers[0], self.observer_answers[1]) = (Some(*agrees), None),
                REPRESENTATIVE => self.observer_answers[1] = Some(*agrees),
                _ => self.observer_answers[2] = Some(*agrees),
            },
            Action::AnswerCaucus { caucus, accepts } => {
                let talk = self.talks.iter_mut().find(|talk| talk.id == *caucus).unwrap();
                talk.asked.retain(|id| *id != by);
                let mediator = talk.mediator;
                if *accepts {
                    for who in [mediator, by] {
                        if self.caucus_of(who) != Some(*caucus) {
                            self.change(who, |seat| (seat.caucus, seat.on[2]) = (Some(*caucus), false));
                        }
                    }
                }
            }
            Action::LeaveCaucus => self.change(by, |seat| (seat.caucus, seat.on[2]) = (None, false)),
            Action::EndCaucus { caucus } => self.closes(*caucus, Some(by)),
            Action::SetMicrophone { on } => self.change(by, |seat| seat.on[0] = *on),
            Action::SetCamera { on } => self.change(by, |seat| seat.on[1] = *on),
            Action::SetScreen { on } => self.change(by, |seat| seat.on[2] = *on),
            Action::Mute { participant } => self.change(*participant, |seat| seat.on[0] = false),
            Action::AskRecording { request } => {
                self.requests_ever.push(*request);
                self.request = Some((*request, Vec::new()));
            }
            Action::AnswerRecording { agrees: true, .. } => {
                if let Some((_, yes)) = &mut self.request {
                    yes.push(by);
                }
            }
            Action::AnswerRecording { agrees: false, .. }
            | Action::WithdrawRecording { .. }
            | Action::StopRecording => {
                self.request = None;
            }
            _ => {}
        }
    }

    fn change(&mut self, id: ParticipantId, change: impl FnOnce(&mut Seat)) {
        if let Some(seat) = self.seats.iter_mut().find(|seat| seat.id == id) {
            change(seat);
        }
    }

    fn arrives(&mut self, id: ParticipantId, device: &str) {
        let keeps_a_place = self
            .seat(id)
            .is_some_and(|seat| seat.device.as_deref() == Some(device) && seat.presence != Presence::Absent);
        if !keeps_a_place {
            let enters_at_once = id == MEDIATOR || id == OFFICER;
            self.goes(id, if enters_at_once { Presence::Admitted } else { Presence::Waiting });
        }
        self.change(id, |seat| (seat.is_live, seat.device) = (true, Some(device.to_owned())));
    }

    fn drops(&mut self, id: ParticipantId) {
        self.change(id, |seat| {
            (seat.is_live, seat.on[2]) = (false, false);
            if seat.presence == Presence::Waiting {
                seat.presence = Presence::Absent;
            }
        });
    }

    fn goes(&mut self, id: ParticipantId, presence: Presence) {
        for talk in &mut self.talks {
            talk.asked.retain(|asked| *asked != id);
        }
        if let Some((_, yes)) = &mut self.request {
            yes.retain(|who| *who != id);
        }
        self.change(id, |seat| {
            (seat.presence, seat.is_live, seat.caucus, seat.on) = (presence, false, None, [false; 3]);
            if matches!(presence, Presence::Declined | Presence::Removed) {
                seat.invitation = None;
            }
        });
    }

    fn closes(&mut self, caucus: CaucusId, by: Option<ParticipantId>) {
        self.talks.retain(|talk| talk.id != caucus);
        for seat in self.seats.iter_mut().filter(|seat| seat.caucus == Some(caucus)) {
            seat.caucus = None;
            seat.on = if by == Some(seat.id) { [seat.on[0], seat.on[1], false] } else { [false; 3] };
        }
    }

    fn settles(&mut self, by: Option<ParticipantId>) {
        for talk in self.talks.clone() {
            let is_inside = |id| self.caucus_of(id) == Some(talk.id);
            let guests = EVERYBODY.iter().filter(|id| **id != talk.mediator && is_inside(**id)).count();
            let lost_its_mediator = !self.is_in(talk.mediator) || (guests > 0 && !is_inside(talk.mediator));
            if self.is_over || lost_its_mediator || (guests == 0 && talk.asked.is_empty()) {
                self.closes(talk.id, by);
            }
        }
        if !self.is_over && self.is_in(OBSERVER) && !self.may_observe() {
            let is_live = self.seat(OBSERVER).is_some_and(|seat| seat.is_live);
            self.goes(OBSERVER, if is_live { Presence::Waiting } else { Presence::Absent });
            self.change(OBSERVER, |seat| seat.is_live = is_live);
        }
        if self.is_over {
            self.request = None;
            for who in EVERYBODY.into_iter().filter(|who| self.is_at_the_door(*who)).collect::<Vec<_>>() {
                self.goes(who, Presence::Absent);
            }
        }
        let seated: Vec<&Seat> = self.seats.iter().filter(|seat| self.is_seated(seat.id)).collect();
        let all_agree = self.request.as_ref().is_some_and(|(_, yes)| seated.iter().all(|seat| yes.contains(&seat.id)));
        let all_joint = seated.iter().all(|seat| seat.caucus.is_none());
        let all_live = seated.iter().all(|seat| seat.is_live);
        self.is_recording = all_agree && all_joint && (self.is_recording || (all_live && !seated.is_empty()));
    }

    /// The two rooms say the same of everybody.
    pub(super) fn assert_agrees_with(&self, state: &State) {
        for seat in &self.seats {
            let person = &state.people[&seat.id];
            assert_eq!(person.presence, seat.presence, "{}", seat.id);
            assert_eq!(person.connection.is_some(), seat.is_live, "{}", seat.id);
            assert_eq!(person.invitation, seat.invitation, "{}", seat.id);
            let place = seat.caucus.map_or(Place::Joint, |caucus| Place::Caucus { caucus });
            assert_eq!(person.place, place, "{}", seat.id);
            assert_eq!([person.microphone_on, person.camera_on, person.screen_on], seat.on, "{}", seat.id);
            assert_eq!(person.role, seat.role);
        }
        assert_eq!(state.caucuses.keys().count(), self.talks.len());
        assert_eq!(state.phase == Phase::Concluded, self.is_over);
        assert_eq!(state.audience().grant.is_some(), self.is_recording);
    }
}
