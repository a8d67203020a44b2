//! Private sessions (caucus, 单独调解; OMR 16): a subset of the people with a mediator. Everybody knows that one exists and
//! who is in it, nobody outside learns what is said. People are asked and accept. Whoever comes back to the joint session
//! by somebody else's act comes back with everything switched off, so that no private sentence ends before the others.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::limits::{CAUCUSES_EVER_MAX, CAUCUSES_MAX};
use crate::state::State;
use crate::{CaucusId, Event, ParticipantId, Permission, Person, Phase, Refusal, floor, may};

/// Where a person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Place {
    /// The joint session.
    Joint,
    /// A private session.
    Caucus {
        /// Which.
        caucus: CaucusId,
    },
}

/// A private session: who was asked and has not answered. Who is inside follows from each person's [`Place`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caucus {
    /// The mediator who holds it and enters with the first who accepts.
    pub mediator: ParticipantId,
    /// Asked, not yet answered.
    pub asked: BTreeSet<ParticipantId>,
}

pub(crate) fn ask(
    state: &State,
    by: &Person,
    caucus: CaucusId,
    members: &[ParticipantId],
) -> Result<Vec<Event>, Refusal> {
    if state.caucuses.len() >= CAUCUSES_MAX {
        return Err(Refusal::LimitReached { limit: "private sessions at once".to_owned() });
    }
    if state.caucuses_ever.len() >= CAUCUSES_EVER_MAX {
        return Err(Refusal::LimitReached { limit: "private sessions in all".to_owned() });
    }
    let members: BTreeSet<_> = members.iter().copied().filter(|id| *id != by.id).collect();
    let is_free = |person: &Person| {
        person.is_seated()
            && may(person.role, Permission::JoinCaucus)
            && person.place == Place::Joint
            && person.asked_into.is_none()
            && state.caucuses.values().all(|other| other.mediator != person.id)
    };
    let are_free = members.iter().all(|id| state.people.get(id).is_some_and(is_free));
    if members.is_empty() || !is_free(by) || !are_free || state.caucuses_ever.contains(&caucus) {
        return Err(Refusal::BadCaucus);
    }
    Ok(vec![Event::CaucusAsked { caucus, mediator: by.id, members: members.into_iter().collect() }])
}

pub(crate) fn answer(state: &State, by: &Person, caucus: CaucusId, accepts: bool) -> Result<Vec<Event>, Refusal> {
    let Some(open) = state.caucuses.get(&caucus).filter(|_| by.asked_into == Some(caucus)) else {
        return Err(Refusal::NoSuchCaucus);
    };
    let mut events = Vec::new();
    if accepts {
        if state.people.get(&open.mediator).is_some_and(|mediator| mediator.place == Place::Joint) {
            events.push(Event::CaucusEntered { caucus, participant: open.mediator });
        }
        events.push(Event::CaucusEntered { caucus, participant: by.id });
    } else {
        events.push(Event::CaucusDeclined { caucus, participant: by.id });
    }
    Ok(events)
}

pub(crate) fn leave(by: &Person) -> Result<Vec<Event>, Refusal> {
    match by.place {
        Place::Joint => Err(Refusal::NoSuchCaucus),
        Place::Caucus { caucus } => Ok(vec![Event::CaucusLeft { caucus, participant: by.id }]),
    }
}

pub(crate) fn end(state: &State, by: &Person, caucus: CaucusId) -> Result<Vec<Event>, Refusal> {
    match state.caucuses.get(&caucus) {
        Some(open) if open.mediator == by.id || may(by.role, Permission::Admit) => {
            Ok(vec![Event::CaucusEnded { caucus }])
        }
        _ => Err(Refusal::NoSuchCaucus),
    }
}

/// A private session without its mediator, or with nobody else inside or asked, is over; so is every one when the
/// mediation is concluded.
pub(crate) fn consequences(state: &State) -> Vec<Event> {
    let is_over = |(id, caucus): &(&CaucusId, &Caucus)| {
        let place = Place::Caucus { caucus: **id };
        let inside = |who: &Person| who.is_seated() && who.place == place;
        let mediator = state.people.get(&caucus.mediator);
        let guests = state.people.values().filter(|person| person.id != caucus.mediator && inside(person)).count();
        let mediator_gone = !mediator.is_some_and(Person::is_seated) || (guests > 0 && !mediator.is_some_and(inside));
        state.phase == Phase::Concluded || mediator_gone || (guests == 0 && caucus.asked.is_empty())
    };
    state.caucuses.iter().filter(is_over).map(|(id, _)| Event::CaucusEnded { caucus: *id }).collect()
}

pub(crate) fn evolve_asked(state: &mut State, caucus: CaucusId, mediator: ParticipantId, members: &[ParticipantId]) {
    for id in members {
        if let Some(person) = state.people.get_mut(id) {
            person.asked_into = Some(caucus);
        }
    }
    state.caucuses_ever.insert(caucus);
    state.caucuses.insert(caucus, Caucus { mediator, asked: members.iter().copied().collect() });
}

pub(crate) fn evolve_entered(state: &mut State, caucus: CaucusId, participant: ParticipantId) {
    evolve_unasked(state, caucus, participant);
    go_to(state, participant, Place::Caucus { caucus });
}

pub(crate) fn evolve_unasked(state: &mut State, caucus: CaucusId, participant: ParticipantId) {
    if let Some(open) = state.caucuses.get_mut(&caucus) {
        open.asked.remove(&participant);
    }
    if let Some(person) = state.people.get_mut(&participant) {
        person.asked_into = None;
    }
}

pub(crate) fn evolve_left(state: &mut State, participant: ParticipantId) {
    go_to(state, participant, Place::Joint);
}

/// `by` ended it and knows where they are now; everybody else is switched off.
pub(crate) fn evolve_ended(state: &mut State, caucus: CaucusId, by: Option<ParticipantId>) {
    state.caucuses.remove(&caucus);
    let inside: Vec<_> = state
        .people
        .values()
        .filter(|person| person.place == Place::Caucus { caucus })
        .map(|person| person.id)
        .collect();
    for id in inside {
        go_to(state, id, Place::Joint);
        if by != Some(id) {
            floor::evolve(state, id, Person::switch_off);
        }
    }
    for person in state.people.values_mut().filter(|person| person.asked_into == Some(caucus)) {
        person.asked_into = None;
    }
}

/// A shared screen and a raised hand were for the people of the old place.
fn go_to(state: &mut State, participant: ParticipantId, place: Place) {
    floor::evolve(state, participant, |person| {
        person.place = place;
        person.screen_on = false;
        person.hand_raised = false;
    });
}
