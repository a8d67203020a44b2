//! What a case service may know of a room: how far it is and whether it settled. Never what was said (Uniform Mediation
//! Act §7), and no ending's ground either: that is part of the record in the result.

use accord_room::{Handback, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::Phase;

/// A room from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoomStatus {
    /// The room.
    pub room: Uuid,
    /// How far the mediation has come.
    pub phase: Phase,
    /// The fact of the outcome, once there is one.
    pub outcome: Option<OutcomeFact>,
    /// How many people are expected in all.
    pub people_expected: usize,
    /// How many wait at the door.
    pub people_waiting: usize,
    /// How many are inside.
    pub people_inside: usize,
    /// One result for each case, once the mediation is over.
    pub results: Vec<ResultStatus>,
}

/// Whether the matter settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeFact {
    /// On all claims.
    Agreed,
    /// On some of them.
    AgreedInPart,
    /// No agreement was made here.
    NotAgreed,
}

/// A case's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResultStatus {
    /// Its number in this room, from 1.
    pub number: usize,
    /// The case; none for an application made directly to the organisation.
    pub case_number: Option<String>,
    /// Whether the webhook's receiver has confirmed that it holds it.
    pub is_received: bool,
}

impl RoomStatus {
    /// The status of a room's state.
    pub fn of(room: accord_room::RoomId, state: &State) -> Self {
        use accord_room::Presence;
        let count = |presence| state.people.values().filter(|person| person.presence == presence).count();
        let cases = Handback::of(state).map(|handback| handback.cases).unwrap_or_default();
        Self {
            room: room.0,
            phase: state.phase.into(),
            outcome: state.outcome.as_ref().map(OutcomeFact::of),
            people_expected: state.people.len(),
            people_waiting: count(Presence::Waiting),
            people_inside: count(Presence::Admitted),
            results: cases
                .into_iter()
                .zip(1..)
                .map(|(case, number)| ResultStatus {
                    number,
                    case_number: case.case_number,
                    is_received: case.is_received,
                })
                .collect(),
        }
    }
}

impl OutcomeFact {
    /// The fact without the ground.
    pub const fn of(outcome: &accord_room::Outcome) -> Self {
        match outcome {
            accord_room::Outcome::Agreed { in_part: false, .. } => Self::Agreed,
            accord_room::Outcome::Agreed { in_part: true, .. } => Self::AgreedInPart,
            accord_room::Outcome::NotAgreed { .. } => Self::NotAgreed,
        }
    }
}
