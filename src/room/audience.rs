//! Who may receive whom, and what may be recorded: the only thing the media plane is told of the room.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::state::State;
use crate::{ParticipantId, Permission, Person, Place, SpanId, may};

/// What a person sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Voice.
    Microphone,
    /// Picture.
    Camera,
    /// Shared screen.
    Screen,
}

/// One thing one person sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
pub struct Publication {
    /// Who sends.
    pub participant: ParticipantId,
    /// What.
    pub source: Source,
}

/// A licence to record, and exactly what: no grant, no packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingGrant {
    /// The span that the packets go to.
    pub span: SpanId,
    /// Grows with each grant; an older one is worthless.
    pub generation: u64,
    /// What may be taken.
    pub publications: BTreeSet<Publication>,
}

/// Which publication may reach whom. A publication that is not in it reaches nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience {
    /// Receivers per publication; never empty sets.
    pub receivers: BTreeMap<Publication, BTreeSet<ParticipantId>>,
    /// The licence to record, if there is one.
    pub grant: Option<RecordingGrant>,
}

impl Audience {
    /// What both tables allow: what holds while a change is on its way to the record (law 2).
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let receivers = self
            .receivers
            .iter()
            .filter_map(|(publication, mine)| {
                let both: BTreeSet<_> = mine.intersection(other.receivers.get(publication)?).copied().collect();
                (!both.is_empty()).then_some((*publication, both))
            })
            .collect();
        let grant = match (&self.grant, &other.grant) {
            (Some(mine), Some(theirs)) if mine.generation == theirs.generation => Some(RecordingGrant {
                publications: mine.publications.intersection(&theirs.publications).copied().collect(),
                ..mine.clone()
            }),
            _ => None,
        };
        Self { receivers, grant }
    }
}

impl State {
    /// The audience table that this state allows.
    pub fn audience(&self) -> Audience {
        let mut receivers = BTreeMap::new();
        for sender in self.people.values().filter(|person| person.is_seated()) {
            let here: BTreeSet<_> = self
                .people
                .values()
                .filter(|person| person.is_seated() && person.place == sender.place && person.id != sender.id)
                .map(|person| person.id)
                .collect();
            if here.is_empty() {
                continue;
            }
            for source in sources_on(sender) {
                receivers.insert(Publication { participant: sender.id, source }, here.clone());
            }
        }
        let grant = self.recording.span.as_ref().map(|span| RecordingGrant {
            span: span.id,
            generation: span.generation,
            publications: self
                .people
                .values()
                .filter(|person| person.is_seated() && person.place == Place::Joint)
                .flat_map(|person| {
                    sources_on(person).map(|source| Publication { participant: person.id, source }).collect::<Vec<_>>()
                })
                .collect(),
        });
        Audience { receivers, grant }
    }
}

fn sources_on(person: &Person) -> impl Iterator<Item = Source> {
    let may_speak = may(person.role, Permission::Speak);
    [(Source::Microphone, person.microphone_on), (Source::Camera, person.camera_on), (Source::Screen, person.screen_on)]
        .into_iter()
        .filter_map(move |(source, on)| (on && may_speak).then_some(source))
}
