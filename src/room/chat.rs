//! Written words in the room. A message carries the people it was said to, fixed when it was said, so that no later
//! change of place can widen it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::limits::{CHAT_CHARS_MAX, CHAT_MESSAGES_PER_PERSON_MAX};
use crate::state::State;
use crate::{Event, ParticipantId, Person, Place, Refusal};

/// Whom a message is for, within the place it is said in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ChatRecipient {
    /// Everybody in the same place.
    Everyone,
    /// The mediators of the same place.
    Mediator,
}

/// A message, as kept and as shown to those it was said to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// When, ms since the epoch.
    pub at_ms: u64,
    /// Who said it.
    pub from: ParticipantId,
    /// Where it was said.
    pub place: Place,
    /// To whom.
    pub to: ChatRecipient,
    /// Everybody who may read it, the speaker included.
    pub readers: BTreeSet<ParticipantId>,
    /// The words, plain text.
    pub text: String,
}

pub(crate) fn say(
    state: &State,
    by: &Person,
    to: ChatRecipient,
    text: &str,
    at_ms: u64,
) -> Result<Vec<Event>, Refusal> {
    let is_plain = text.chars().all(|character| !character.is_control() || matches!(character, '\n' | '\t'));
    if text.trim().is_empty() || text.chars().count() > CHAT_CHARS_MAX || !is_plain {
        return Err(Refusal::BadText);
    }
    if state.chat.iter().filter(|message| message.from == by.id).count() >= CHAT_MESSAGES_PER_PERSON_MAX {
        return Err(Refusal::LimitReached { limit: "chat messages of one person".to_owned() });
    }
    let readers = state
        .people
        .values()
        .filter(|person| person.is_seated() && person.place == by.place)
        .filter(|person| to == ChatRecipient::Everyone || person.role.is_mediator() || person.id == by.id)
        .map(|person| person.id)
        .collect();
    let message = ChatMessage { at_ms, from: by.id, place: by.place, to, readers, text: text.to_owned() };
    Ok(vec![Event::Said { message }])
}
