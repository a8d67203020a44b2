//! Every limit of a room, with its unit.

/// People a room can expect in all, present or not.
pub const PEOPLE_MAX: usize = 64;
/// Case numbers that one session may serve (series cases).
pub const CASES_MAX: usize = 64;
/// Claims listed in a charter.
pub const CLAIMS_MAX: usize = 64;
/// Characters of a person's name.
pub const NAME_CHARS_MAX: usize = 80;
/// Characters of one case number.
pub const CASE_NUMBER_CHARS_MAX: usize = 80;
/// Characters of any other short text of a charter (organisation, court, claim, cause).
pub const TEXT_CHARS_MAX: usize = 2_000;
/// Characters of one chat message.
pub const CHAT_CHARS_MAX: usize = 4_000;
/// Chat messages that one person may write in a room. Counted per writer, so that the limit tells nobody how much was
/// said where they were not.
pub const CHAT_MESSAGES_PER_PERSON_MAX: usize = 1_000;
/// Private sessions open at once.
pub const CAUCUSES_MAX: usize = 8;
/// Private sessions that a room may see in all; no id ever serves twice.
pub const CAUCUSES_EVER_MAX: usize = 1_024;
/// Requests for recording that a room may see in all; no id ever serves twice.
pub const REQUESTS_EVER_MAX: usize = 1_024;
/// Spans that a room may record in all; past it nothing more is recorded.
pub const SPANS_MAX: usize = 4_096;
/// Invitations that a room may issue in all; no id ever serves twice.
pub const INVITATIONS_EVER_MAX: usize = 1_024;
/// Applied command ids remembered per person, so that a repeated command has no second effect.
pub const COMMANDS_REMEMBERED_MAX: usize = 256;
/// Characters of a written reason (declining, removing, ending).
pub const REASON_CHARS_MAX: usize = 2_000;
/// Bytes of one device public key in text form.
pub const DEVICE_KEY_BYTES_MAX: usize = 256;
/// Connections of one person that may have written in the drafts, each under a CRDT client id of its own.
pub const WRITERS_PER_PERSON_MAX: usize = 512;
