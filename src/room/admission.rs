//! The door: invitations, waiting, one-by-one admission, leaving, and coming back (OMR 17; field notes "lobby bypass").
//! Arriving early, reconnecting or holding an old link never lets anybody past the mediator.

use std::sync::Arc;

use serde_json::Value;

use crate::limits::{DEVICE_KEY_BYTES_MAX, INVITATIONS_EVER_MAX, REASON_CHARS_MAX};
use crate::state::State;
use crate::{
    Charter, Confidentiality, ConnectionId, Event, InvitationId, ParticipantId, Person, Phase, Place, Presence,
    Refusal, Role, SpanEnd,
};

pub(crate) fn invite(
    state: &State,
    participant: ParticipantId,
    invitation: InvitationId,
) -> Result<Vec<Event>, Refusal> {
    if state.phase == Phase::Concluded {
        return Err(Refusal::Concluded);
    }
    let person = state.people.get(&participant).ok_or(Refusal::NoSuchPerson)?;
    if person.invitation == Some(invitation) {
        return Ok(Vec::new());
    }
    if state.invitations_ever.contains(&invitation) {
        return Err(Refusal::InvitationDead);
    }
    if state.invitations_ever.len() >= INVITATIONS_EVER_MAX {
        return Err(Refusal::LimitReached { limit: "invitations in all".to_owned() });
    }
    Ok(vec![Event::Invited { participant, invitation }])
}

pub(crate) fn revoke(state: &State, participant: ParticipantId) -> Result<Vec<Event>, Refusal> {
    let person = state.people.get(&participant).ok_or(Refusal::NoSuchPerson)?;
    Ok(if person.invitation.is_some() { vec![Event::InvitationRevoked { participant }] } else { Vec::new() })
}

pub(crate) fn arrive(
    state: &State,
    participant: ParticipantId,
    invitation: InvitationId,
    connection: ConnectionId,
    device_key: &str,
) -> Result<Vec<Event>, Refusal> {
    let person = state.people.get(&participant).ok_or(Refusal::InvitationDead)?;
    let is_out = matches!(person.presence, Presence::Declined | Presence::Removed);
    if person.invitation != Some(invitation) || is_out {
        return Err(Refusal::InvitationDead);
    }
    if device_key.is_empty() || device_key.len() > DEVICE_KEY_BYTES_MAX {
        return Err(Refusal::BadText);
    }
    let is_same_device = person.device_key.as_deref() == Some(device_key);
    if is_same_device && person.presence != Presence::Absent {
        return Ok(vec![Event::Reconnected { participant, connection }]);
    }
    if !is_same_device && person.connection.is_some() {
        return Err(Refusal::LiveElsewhere);
    }
    if state.phase == Phase::Concluded {
        return Err(Refusal::Concluded);
    }
    let mut events = vec![Event::Arrived { participant, connection, device_key: device_key.to_owned() }];
    match person.role {
        Role::PresidingMediator => {
            events.push(Event::Admitted { participant });
            if state.phase == Phase::Scheduled {
                events.push(Event::SessionOpened {});
            }
        }
        Role::SealOfficer => events.push(Event::Admitted { participant }),
        Role::Party | Role::Representative | Role::AssistingMediator | Role::Observer => {}
    }
    Ok(events)
}

pub(crate) fn lose(state: &State, participant: ParticipantId, connection: ConnectionId) -> Vec<Event> {
    let is_current = state.people.get(&participant).is_some_and(|person| person.connection == Some(connection));
    if is_current { vec![Event::ConnectionLost { participant }] } else { Vec::new() }
}

/// A new process: connections and grants of the one before are void (law 5).
pub(crate) fn restart(state: &State) -> Vec<Event> {
    let mut events = Vec::new();
    if let Some(span) = &state.recording.span {
        events.push(Event::SpanEnded { span: span.id, end: SpanEnd::ProcessEnded });
    }
    if state.people.values().any(|person| person.connection.is_some()) {
        events.push(Event::Restarted {});
    }
    events
}

pub(crate) fn admit(state: &State, participant: ParticipantId) -> Result<Vec<Event>, Refusal> {
    let person = at_the_door(state, participant)?;
    if person.role == Role::Observer && !state.every_party_agrees_to(participant) {
        return Err(Refusal::ObserverNeedsConsent);
    }
    Ok(vec![Event::Admitted { participant }])
}

pub(crate) fn decline(state: &State, participant: ParticipantId, reason: &str) -> Result<Vec<Event>, Refusal> {
    at_the_door(state, participant)?;
    check_reason(reason)?;
    Ok(vec![Event::Declined { participant, reason: reason.to_owned() }])
}

pub(crate) fn remove(
    state: &State,
    by: &Person,
    participant: ParticipantId,
    reason: &str,
) -> Result<Vec<Event>, Refusal> {
    let person = state.seated(participant).ok_or(Refusal::NoSuchPerson)?;
    if person.id == by.id {
        return Err(Refusal::NoSuchPerson);
    }
    check_reason(reason)?;
    Ok(vec![Event::Removed { participant, reason: reason.to_owned() }])
}

pub(crate) fn leave(by: &Person) -> Vec<Event> {
    vec![Event::Left { participant: by.id }]
}

pub(crate) fn answer_observer(
    state: &State,
    by: &Person,
    observer: ParticipantId,
    agrees: bool,
    statement: &Value,
) -> Result<Vec<Event>, Refusal> {
    let is_observer = state.people.get(&observer).is_some_and(|person| person.role == Role::Observer);
    if !is_observer {
        return Err(Refusal::NoSuchPerson);
    }
    Ok(vec![Event::ObserverAnswered { observer, party: by.side(), agrees, statement: statement.clone() }])
}

/// An observer whom a party no longer agrees to goes back to the door; nobody is kept waiting when it is over.
pub(crate) fn consequences(state: &State) -> Vec<Event> {
    if state.phase == Phase::Concluded {
        let waiting = state.people.values().filter(|person| person.presence == Presence::Waiting);
        return waiting.map(|person| Event::Left { participant: person.id }).collect();
    }
    state
        .people
        .values()
        .filter(|person| person.role == Role::Observer && person.is_seated() && !state.every_party_agrees_to(person.id))
        .map(|person| Event::ObserverWithdrawn { observer: person.id })
        .collect()
}

impl State {
    /// A mediation is not public unless the parties agree (民诉法解释 146): each party, or who speaks for it, said yes
    /// and none of that side said no.
    pub(crate) fn every_party_agrees_to(&self, observer: ParticipantId) -> bool {
        let is_strict = self.charter.as_ref().is_none_or(|charter| charter.confidentiality == Confidentiality::Strict);
        !is_strict
            && self
                .people
                .values()
                .filter(|person| person.role == Role::Party)
                .all(|party| self.answer_of_side(observer, party.id) == Some(true))
    }

    /// What a side says to an observer: a no of the party or of anybody who speaks for it outweighs a yes.
    pub(crate) fn answer_of_side(&self, observer: ParticipantId, party: ParticipantId) -> Option<bool> {
        self.people
            .values()
            .filter(|person| person.role.is_side() && person.side() == party)
            .filter_map(|person| self.observer_answers.get(&(observer, person.id)).copied())
            .reduce(|all, one| all && one)
    }
}

fn at_the_door(state: &State, participant: ParticipantId) -> Result<&Person, Refusal> {
    state
        .people
        .get(&participant)
        .filter(|person| person.presence == Presence::Waiting && person.connection.is_some())
        .ok_or(Refusal::NoSuchPerson)
}

fn check_reason(reason: &str) -> Result<(), Refusal> {
    if reason.chars().count() > REASON_CHARS_MAX { Err(Refusal::BadText) } else { Ok(()) }
}

pub(crate) fn evolve_founded(state: &mut State, charter: &Charter) {
    state.people = charter
        .people
        .iter()
        .map(|expected| {
            let person = Person {
                id: expected.id,
                name: expected.name.clone(),
                role: expected.role,
                speaks_for: expected.speaks_for,
                authority: expected.authority,
                identity: expected.identity.clone(),
                invitation: None,
                presence: Presence::Absent,
                waiting_since_ms: 0,
                connection: None,
                device_key: None,
                place: Place::Joint,
                asked_into: None,
                microphone_on: false,
                camera_on: false,
                screen_on: false,
                hand_raised: false,
            };
            (expected.id, person)
        })
        .collect();
    state.charter = Some(Arc::new(charter.clone()));
}

/// A new invitation: whoever held the place before is out, and comes to the door like anybody else.
pub(crate) fn evolve_invited(state: &mut State, participant: ParticipantId, invitation: InvitationId) {
    evolve_out(state, participant, Presence::Absent);
    state.invitations_ever.insert(invitation);
    if let Some(person) = state.people.get_mut(&participant) {
        person.invitation = Some(invitation);
        person.device_key = None;
    }
}

pub(crate) fn evolve_arrived(
    state: &mut State,
    participant: ParticipantId,
    connection: ConnectionId,
    device_key: &str,
    at_ms: u64,
) {
    evolve_out(state, participant, Presence::Waiting);
    if let Some(person) = state.people.get_mut(&participant) {
        person.connection = Some(connection);
        person.device_key = Some(device_key.to_owned());
        person.waiting_since_ms = at_ms;
    }
}

/// Back to the door with everything switched off; who is not connected is not at the door either.
pub(crate) fn evolve_to_door(state: &mut State, participant: ParticipantId, at_ms: u64) {
    let connection = state.people.get(&participant).and_then(|person| person.connection);
    evolve_out(state, participant, if connection.is_some() { Presence::Waiting } else { Presence::Absent });
    if let Some(person) = state.people.get_mut(&participant) {
        person.connection = connection;
        person.waiting_since_ms = at_ms;
    }
}

/// A party's own word replaces whatever was said for it before; a representative's stands beside it.
pub(crate) fn evolve_answered_observer(
    state: &mut State,
    observer: ParticipantId,
    party: ParticipantId,
    by: ParticipantId,
    agrees: bool,
) {
    if by == party {
        let people = &state.people;
        let speaks_for_it = |id: &ParticipantId| people.get(id).is_some_and(|person| person.side() == party);
        state.observer_answers.retain(|(asked, who), _| *asked != observer || !speaks_for_it(who));
    }
    state.observer_answers.insert((observer, by), agrees);
}

pub(crate) fn evolve_admitted(state: &mut State, participant: ParticipantId) {
    if let Some(person) = state.people.get_mut(&participant) {
        person.presence = Presence::Admitted;
        person.place = Place::Joint;
    }
}

/// A lost connection keeps the place and the switches of somebody inside; somebody at the door has left it.
pub(crate) fn evolve_lost(state: &mut State, participant: ParticipantId) {
    if let Some(person) = state.people.get_mut(&participant) {
        person.connection = None;
        person.screen_on = false;
        if person.presence == Presence::Waiting {
            person.presence = Presence::Absent;
        }
    }
}

pub(crate) fn evolve_restarted(state: &mut State) {
    let connected: Vec<_> =
        state.people.values().filter(|person| person.connection.is_some()).map(|person| person.id).collect();
    for id in connected {
        evolve_lost(state, id);
    }
}

/// Out of every place and every question: whoever comes in again is asked again.
pub(crate) fn evolve_out(state: &mut State, participant: ParticipantId, presence: Presence) {
    for caucus in state.caucuses.values_mut() {
        caucus.asked.remove(&participant);
    }
    if let Some((_, answers)) = &mut state.recording.request {
        answers.remove(&participant);
    }
    if let Some(person) = state.people.get_mut(&participant) {
        person.presence = presence;
        person.connection = None;
        person.place = Place::Joint;
        person.asked_into = None;
        person.switch_off();
        person.hand_raised = false;
        if matches!(presence, Presence::Declined | Presence::Removed) {
            person.invitation = None;
        }
    }
}
