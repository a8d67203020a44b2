//! Commands of the rest of the program, carried out between batches of packets: nothing collected before a command is
//! waiting to be sent when it is carried out.

use std::time::Instant;

use ring::rand::SecureRandom;
use tokio::sync::oneshot;

use super::{Outlet, Shard};
use crate::audience::{AudienceTable, TapGrant};
use crate::connection::Connection;
use crate::error::{MediaError, OfferError};
use crate::feedback::Reception;
use crate::ice::{Credentials, IceAgent};
use crate::keys::{ConnectionKey, ParticipantKey, RoomKey};
use crate::limits::{PARTICIPANTS_PER_ROOM_MAX, ROOMS_PER_SHARD_MAX};
use crate::plane::Offer;
use crate::statistics::MediaStatistics;

type Reply<T, E = MediaError> = oneshot::Sender<Result<T, E>>;

/// A command, with where its outcome goes.
pub(crate) enum Command {
    OpenRoom(RoomKey, Reply<()>),
    CloseRoom(RoomKey, Reply<()>),
    Connect(RoomKey, ParticipantKey, ConnectionKey, Reply<()>),
    Disconnect(ConnectionKey, Reply<()>),
    Offer(ConnectionKey, Offer, Reply<String, OfferError>),
    Apply(RoomKey, AudienceTable, Reply<u64>),
    AcknowledgeSlots(ConnectionKey, u64),
    Statistics(Reply<MediaStatistics>),
}

impl Shard {
    /// Carries out a command. Whoever asked may have gone; then its outcome is lost, not the command.
    pub(crate) fn command(&mut self, now: Instant, command: Command, outlet: &mut dyn Outlet) {
        match command {
            Command::OpenRoom(room, reply) => drop(reply.send(self.open_room(room))),
            Command::CloseRoom(room, reply) => drop(reply.send(self.close_room(room, outlet))),
            Command::Connect(room, participant, connection, reply) => {
                drop(reply.send(self.connect(now, room, participant, connection, outlet)));
            }
            Command::Disconnect(connection, reply) => drop(reply.send(self.disconnect(connection, outlet))),
            Command::Offer(connection, offer, reply) => drop(reply.send(self.offer(now, connection, &offer))),
            Command::Apply(room, table, reply) => drop(reply.send(self.apply(room, table))),
            Command::AcknowledgeSlots(connection, version) => {
                self.acknowledge_slots(connection, version);
            }
            Command::Statistics(reply) => drop(reply.send(Ok(self.count()))),
        }
        self.settle_all(now, outlet);
    }

    fn open_room(&mut self, key: RoomKey) -> Result<(), MediaError> {
        if self.rooms.contains_key(&key) {
            return Err(MediaError::RoomOpen);
        }
        if self.rooms.len() >= ROOMS_PER_SHARD_MAX {
            return Err(MediaError::Full);
        }
        self.rooms.insert(key, super::Room::default());
        Ok(())
    }

    fn close_room(&mut self, key: RoomKey, outlet: &mut dyn Outlet) -> Result<(), MediaError> {
        let room = self.rooms.remove(&key).ok_or(MediaError::UnknownRoom)?;
        for at in room.members.into_values() {
            self.close_connection(at, outlet);
        }
        Ok(())
    }

    fn connect(
        &mut self,
        now: Instant,
        room: RoomKey,
        participant: ParticipantKey,
        key: ConnectionKey,
        outlet: &mut dyn Outlet,
    ) -> Result<(), MediaError> {
        let members = &self.rooms.get(&room).ok_or(MediaError::UnknownRoom)?.members;
        if self.by_key.contains_key(&key) {
            return Err(MediaError::ConnectionInUse);
        }
        let before = members.get(&participant).copied();
        if before.is_none() && members.len() >= PARTICIPANTS_PER_ROOM_MAX {
            return Err(MediaError::Full);
        }
        let (Some(credentials), Some(session), Some(reporter)) =
            (Credentials::generate(&self.random), self.random_number(), self.random_number())
        else {
            return Err(MediaError::Certificate);
        };
        if let Some(before) = before {
            self.close_connection(before, outlet);
        }
        let fragment = credentials.user_fragment();
        #[allow(clippy::cast_possible_truncation)] // any 32 random bits
        let reporter_ssrc = reporter as u32;
        // Session identifiers are at most 63 bits (RFC 8829, 5.2.1).
        let (agent, session) = (IceAgent::new(credentials), session >> 1);
        let connection = Connection::new(key, room, participant, agent, session, reporter_ssrc, now);
        let at = self.connections.insert(connection);
        self.by_key.insert(key, at);
        self.by_user_fragment.insert(fragment, at);
        if let Some(room) = self.rooms.get_mut(&room) {
            room.members.insert(participant, at);
        }
        Ok(())
    }

    fn disconnect(&mut self, key: ConnectionKey, outlet: &mut dyn Outlet) -> Result<(), MediaError> {
        let at = *self.by_key.get(&key).ok_or(MediaError::UnknownConnection)?;
        self.close_connection(at, outlet);
        Ok(())
    }

    /// Says goodbye and forgets the connection.
    fn close_connection(&mut self, at: usize, outlet: &mut dyn Outlet) {
        if let Some(connection) = self.connections.get_mut(at) {
            let path = connection.ice.selected().or(connection.dtls_path);
            if let (Some(dtls), Some(path)) = (connection.dtls.as_mut(), path) {
                dtls.close(&mut |datagram| {
                    outlet.send(path, datagram, datagram.len());
                });
            }
        }
        self.remove_connection(at);
    }

    /// Puts a table into force. When this returns, no packet outside the table is waiting anywhere in the program.
    fn apply(&mut self, key: RoomKey, table: AudienceTable) -> Result<u64, MediaError> {
        let room = self.rooms.get_mut(&key).ok_or(MediaError::UnknownRoom)?;
        if table.version <= room.table.version {
            return Err(MediaError::StaleTable(room.table.version));
        }
        if let Some(grant) = &table.grant {
            // A generation that was withdrawn never returns, and one in force does not change its ring.
            let continues = room.table.grant.as_ref().is_some_and(|before| continues(before, grant));
            if grant.generation < room.generation || (grant.generation == room.generation && !continues) {
                return Err(MediaError::StaleGrant(room.generation));
            }
            room.generation = grant.generation;
        }
        let version = table.version;
        room.table = table;
        self.settle(key);
        self.unsettled.insert(key);
        Ok(version)
    }

    fn acknowledge_slots(&mut self, key: ConnectionKey, version: u64) {
        let Some(connection) = self.by_key.get(&key).and_then(|at| self.connections.get_mut(*at)) else { return };
        if version > connection.slot_version {
            return;
        }
        for slot in &mut connection.slots {
            slot.acknowledged |= slot.publication.is_some() && slot.assigned_version <= version;
        }
        self.unsettled.insert(connection.room);
    }

    fn count(&self) -> MediaStatistics {
        let gauge = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let mut statistics = self.statistics;
        statistics.rooms = gauge(self.rooms.len());
        statistics.connections = gauge(self.connections.len());
        statistics.connections_established = gauge(self.connections.iter().filter(|(_, c)| c.announced).count());
        for (_, connection) in &self.connections {
            let receptions = connection.tracks.iter().filter_map(|track| track.reception.as_ref());
            statistics.packets_lost += receptions.map(Reception::lost).sum::<u64>();
        }
        statistics
    }

    pub(super) fn random_number(&self) -> Option<u64> {
        let mut bytes = [0; 8];
        self.random.fill(&mut bytes).ok()?;
        Some(u64::from_be_bytes(bytes))
    }
}

fn continues(before: &TapGrant, grant: &TapGrant) -> bool {
    before.generation == grant.generation && before.ring.is_same_ring(&grant.ring)
}
