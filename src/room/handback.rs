//! What goes back to the case service: one result per case number, or one without a number.

use crate::state::State;
use crate::{Charter, Outcome};

/// The hand-back of a concluded room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handback {
    /// How it ended.
    pub outcome: Outcome,
    /// One result each (S4: four cases, four results).
    pub cases: Vec<HandbackCase>,
}

/// One case's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandbackCase {
    /// `None` for an application made directly to the organisation.
    pub case_number: Option<String>,
    /// Whether the case service has confirmed that it holds it.
    pub is_received: bool,
}

impl Handback {
    /// The hand-back of a state, once it is concluded.
    pub fn of(state: &State) -> Option<Self> {
        let outcome = state.outcome.clone()?;
        let numbers = state.charter.as_deref().map(case_numbers)?;
        let cases = numbers
            .into_iter()
            .map(|case_number| HandbackCase { is_received: state.received.contains(&case_number), case_number })
            .collect();
        Some(Self { outcome, cases })
    }
}

fn case_numbers(charter: &Charter) -> Vec<Option<String>> {
    if charter.case_numbers.is_empty() { vec![None] } else { charter.case_numbers.iter().cloned().map(Some).collect() }
}
