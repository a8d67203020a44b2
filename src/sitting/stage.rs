//! The room's side of the media plane: names people by the plane's numbers, carries offers, and applies audience tables
//! with a deadline. It adds no rule of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use accord_media::{
    AudienceTable, ConnectionKey, MediaError, MediaEvent, Offer, OfferError, ParticipantKey, RoomKey, TapGrant,
};
use accord_protocol::PublicationOffer;
use accord_room::{Audience, ParticipantId, Publication, RecordingGrant, Source};
use dashmap::DashMap;

use super::recorder::Recorder;
use super::{Door, Setback};
use crate::house::House;

/// How long the media plane may take to acknowledge a table, ms; past it the room fails closed.
const ACKNOWLEDGEMENT_DEADLINE_MS: u64 = 2_000;

/// Numbers that name rooms, people and connections to the media plane; unique in this process and meaningless.
static NEXT_KEY: AtomicU64 = AtomicU64::new(1);

fn next_key() -> u64 {
    NEXT_KEY.fetch_add(1, Ordering::Relaxed)
}

/// Which room the media plane's events belong to.
#[derive(Default)]
pub struct Rooms {
    doors: DashMap<RoomKey, Door>,
    connections: DashMap<ConnectionKey, RoomKey>,
}

impl Rooms {
    /// Hands an event to the room it concerns, if that room still sits.
    pub fn hand_on(&self, event: MediaEvent) {
        let room = match &event {
            MediaEvent::Connected { room, .. }
            | MediaEvent::Disconnected { room, .. }
            | MediaEvent::Publishing { room, .. } => Some(*room),
            MediaEvent::SlotMap { connection, .. } | MediaEvent::Speaker { connection, .. } => {
                self.connections.get(connection).map(|room| *room)
            }
        };
        let door = room.and_then(|room| self.doors.get(&room).map(|door| door.clone()));
        if let Some(door) = door {
            door.media(event);
        }
    }
}

pub(super) struct Stage {
    house: Arc<House>,
    door: Door,
    room: RoomKey,
    version: u64,
    people: BTreeMap<ParticipantId, ParticipantKey>,
    connections: BTreeMap<ParticipantId, ConnectionKey>,
}

impl Stage {
    pub(super) async fn open(house: &Arc<House>, door: &Door) -> Result<Self, MediaError> {
        let room = RoomKey(next_key());
        answered(house.media.open_room(room)).await?;
        house.media_rooms.doors.insert(room, door.clone());
        Ok(Self {
            house: Arc::clone(house),
            door: door.clone(),
            room,
            version: 0,
            people: BTreeMap::new(),
            connections: BTreeMap::new(),
        })
    }

    /// Gives a person a connection to the media plane, in place of an older one.
    pub(super) async fn connect(&mut self, participant: ParticipantId) {
        let person = *self.people.entry(participant).or_insert_with(|| ParticipantKey(next_key()));
        let connection = ConnectionKey(next_key());
        match answered(self.house.media.connect(self.room, person, connection)).await {
            Ok(()) => {
                self.house.media_rooms.connections.insert(connection, self.room);
                self.connections.insert(participant, connection);
            }
            Err(error) => tracing::error!(%error, "a person could not be connected to the media plane"),
        }
    }

    pub(super) async fn disconnect(&mut self, participant: ParticipantId) {
        let Some(connection) = self.connections.remove(&participant) else { return };
        self.house.media_rooms.connections.remove(&connection);
        if let Err(error) = answered(self.house.media.disconnect(connection)).await {
            tracing::debug!(%error, "a connection of the media plane had ended before");
        }
    }

    /// Answers an offer. A browser that starts over comes with a new certificate, which needs a new connection.
    pub(super) async fn offer(
        &mut self,
        participant: ParticipantId,
        sdp: String,
        publications: Vec<PublicationOffer>,
    ) -> Result<String, Setback> {
        let publications: Vec<_> =
            publications.into_iter().map(|offered| (offered.mid, media_source(offered.source))).collect();
        let offer = || Offer { sdp: sdp.clone(), publications: publications.clone() };
        let bad = |error: OfferError| Setback::session("bad_offer", error.to_string());
        let first = match self.connections.get(&participant) {
            Some(connection) => self.ask(*connection, offer()).await,
            None => Err(OfferError::CertificateChanged),
        };
        match first {
            Err(OfferError::CertificateChanged) => {
                self.disconnect(participant).await;
                self.connect(participant).await;
                let connection = self.connections.get(&participant).ok_or(Setback::Unavailable)?;
                self.ask(*connection, offer()).await.map_err(bad)
            }
            other => other.map_err(bad),
        }
    }

    pub(super) fn acknowledge_slots(&self, participant: ParticipantId, version: u64) {
        if let Some(connection) = self.connections.get(&participant)
            && let Err(error) = self.house.media.acknowledge_slots(*connection, version)
        {
            tracing::debug!(%error, "an acknowledgement came too late");
        }
    }

    /// Applies a table; true once the media plane says that nothing outside it leaves any more.
    pub(super) async fn apply(&mut self, audience: &Audience, recorder: Option<&Recorder>) -> bool {
        self.version += 1;
        let table = AudienceTable {
            version: self.version,
            audience: audience
                .receivers
                .iter()
                .map(|(publication, receivers)| {
                    let receivers: BTreeSet<_> = receivers.iter().map(|id| self.key(*id)).collect();
                    (self.media_publication(*publication), receivers)
                })
                .collect(),
            grant: self.grant(audience.grant.as_ref(), recorder),
        };
        match answered(self.house.media.apply(self.room, table)).await {
            Ok(version) => version == self.version,
            Err(error) => {
                tracing::error!(%error, "the media plane did not take an audience table");
                false
            }
        }
    }

    /// A grant without its own recorder is no grant.
    fn grant(&mut self, grant: Option<&RecordingGrant>, recorder: Option<&Recorder>) -> Option<TapGrant> {
        let grant = grant?;
        let recorder = recorder.filter(|recorder| recorder.generation() == grant.generation)?;
        Some(TapGrant {
            generation: grant.generation,
            publications: grant.publications.iter().map(|publication| self.media_publication(*publication)).collect(),
            ring: recorder.ring(),
        })
    }

    /// Closes the media room for good and opens an empty one; false if that failed. People keep their numbers, so that
    /// a running recording still knows whom it hears.
    pub(super) async fn reset(&mut self) -> bool {
        self.close().await;
        match Self::open(&self.house, &self.door).await {
            Ok(fresh) => {
                let people = std::mem::take(&mut self.people);
                *self = Self { people, ..fresh };
                true
            }
            Err(error) => {
                tracing::error!(%error, "the media room could not be opened again");
                false
            }
        }
    }

    pub(super) async fn close(&mut self) {
        self.house.media_rooms.doors.remove(&self.room);
        for connection in self.connections.values() {
            self.house.media_rooms.connections.remove(connection);
        }
        if let Err(error) = answered(self.house.media.close_room(self.room)).await {
            tracing::warn!(%error, "the media room had ended before, or did not answer");
        }
        self.connections.clear();
    }

    /// The way to the room that this stage belongs to.
    pub(super) const fn door(&self) -> &Door {
        &self.door
    }

    async fn ask(&self, connection: ConnectionKey, offer: Offer) -> Result<String, OfferError> {
        let answer = self.house.media.offer(connection, offer);
        let deadline = Duration::from_millis(ACKNOWLEDGEMENT_DEADLINE_MS);
        tokio::time::timeout(deadline, answer).await.unwrap_or(Err(OfferError::Connection(MediaError::Busy)))
    }

    pub(super) fn participant_of(&self, connection: ConnectionKey) -> Option<ParticipantId> {
        self.connections.iter().find(|(_, key)| **key == connection).map(|(id, _)| *id)
    }

    pub(super) fn person_of(&self, key: ParticipantKey) -> Option<ParticipantId> {
        self.people.iter().find(|(_, person)| **person == key).map(|(id, _)| *id)
    }

    pub(super) fn publication_of(&self, publication: accord_media::Publication) -> Option<Publication> {
        let source = match publication.source {
            accord_media::Source::Microphone => Source::Microphone,
            accord_media::Source::Camera => Source::Camera,
            accord_media::Source::Screen => Source::Screen,
        };
        Some(Publication { participant: self.person_of(publication.participant)?, source })
    }

    fn key(&mut self, participant: ParticipantId) -> ParticipantKey {
        *self.people.entry(participant).or_insert_with(|| ParticipantKey(next_key()))
    }

    pub(super) fn media_publication(&mut self, publication: Publication) -> accord_media::Publication {
        accord_media::Publication {
            participant: self.key(publication.participant),
            source: media_source(publication.source),
        }
    }
}

/// A media plane that does not answer must not hold the room.
async fn answered<T>(asked: impl Future<Output = Result<T, MediaError>>) -> Result<T, MediaError> {
    let deadline = Duration::from_millis(ACKNOWLEDGEMENT_DEADLINE_MS);
    tokio::time::timeout(deadline, asked).await.unwrap_or(Err(MediaError::Busy))
}

const fn media_source(source: Source) -> accord_media::Source {
    match source {
        Source::Microphone => accord_media::Source::Microphone,
        Source::Camera => accord_media::Source::Camera,
        Source::Screen => accord_media::Source::Screen,
    }
}
