//! The names by which the rest of the program speaks of rooms, people and their publications. They are plain numbers
//! without meaning here, so no personal datum enters the media plane.

use serde::{Deserialize, Serialize};

/// One live room in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RoomKey(pub u64);

/// One person's place in a room. It survives reconnection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ParticipantKey(pub u64);

/// One peer connection. A newer one of the same participant replaces the older.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConnectionKey(pub u64);

/// What a publication shows or lets hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The participant's voice.
    Microphone,
    /// The participant's picture.
    Camera,
    /// A window or screen the participant shares.
    Screen,
}

impl Source {
    /// Whether this source is heard or seen.
    pub fn kind(self) -> Kind {
        match self {
            Source::Microphone => Kind::Audio,
            Source::Camera | Source::Screen => Kind::Video,
        }
    }
}

/// Audio or video, as in the `m=` line of a session description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Heard.
    Audio,
    /// Seen.
    Video,
}

/// One source of one participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Publication {
    /// Whose it is.
    pub participant: ParticipantKey,
    /// What it carries.
    pub source: Source,
}
