//! The floor: each person's own switches, raised hands, and the mediator's mute. Coming back from a lost connection or a
//! crash never switches anything on.

use crate::state::State;
use crate::{Event, ParticipantId, Permission, Person, Refusal, may};

pub(crate) fn switch(is_on: bool, on: bool, event: Event) -> Vec<Event> {
    if is_on == on { Vec::new() } else { vec![event] }
}

pub(crate) fn mute(state: &State, participant: ParticipantId) -> Result<Vec<Event>, Refusal> {
    let person = state.seated(participant).ok_or(Refusal::NoSuchPerson)?;
    if !may(person.role, Permission::Speak) {
        return Err(Refusal::NoSuchPerson);
    }
    Ok(switch(person.microphone_on, false, Event::Muted { participant }))
}

pub(crate) fn evolve(state: &mut State, participant: ParticipantId, change: impl FnOnce(&mut Person)) {
    if let Some(person) = state.people.get_mut(&participant) {
        change(person);
    }
}
