//! A shard: some rooms, their connections, one socket. This module is the shard as a state machine without a socket and
//! without a clock: datagrams, commands and the time come in; datagrams, answers and events go out. `run` drives it on a
//! thread of its own. The packet path is `inbound` (one datagram in), then `outbound` (everything that is due, sealed and
//! sent); the rest happens a few times a second.

mod command;
mod inbound;
mod negotiation;
mod outbound;
mod reporting;
mod routing;
pub(crate) mod run;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use ring::rand::SystemRandom;
use slab::Slab;

use crate::audience::AudienceTable;
use crate::connection::{Arrival, Connection};
use crate::dtls::Identity;
use crate::event::{DisconnectReason, MediaEvent};
use crate::feedback::Reception;
use crate::ice::{Path, UserFragment};
use crate::keys::{ConnectionKey, ParticipantKey, RoomKey};
use crate::limits::{DELIVERIES_PER_FLUSH, EVENTS_BACKLOG_MAX, SEGMENTED_SEND_BYTES_MAX};
use crate::statistics::MediaStatistics;

pub(crate) use command::Command;

/// Seconds from 1900, where NTP counts from, to 1970.
const NTP_TO_UNIX_SECONDS: u64 = 2_208_988_800;

/// Where datagrams go out.
pub(crate) trait Outlet {
    /// Sends one datagram, or several of `segment_bytes` each (the last may be shorter) that lie one behind the other.
    /// False if the kernel would not take them.
    fn send(&mut self, path: Path, contents: &[u8], segment_bytes: usize) -> bool;
}

/// Rooms and connections of one thread.
pub(crate) struct Shard {
    identity: Identity,
    /// Where browsers reach this shard.
    candidates: Vec<SocketAddr>,
    random: SystemRandom,
    epoch: Epoch,
    rooms: HashMap<RoomKey, Room>,
    connections: Slab<Connection>,
    by_key: HashMap<ConnectionKey, usize>,
    by_user_fragment: HashMap<UserFragment, usize>,
    /// Only addresses that passed an integrity-checked connectivity check.
    by_address: HashMap<SocketAddr, usize>,
    /// Rooms whose slots are to be assigned anew.
    unsettled: BTreeSet<RoomKey>,
    speaker_considered_at: Instant,
    arrivals: Vec<Arrival>,
    deliveries: Vec<Delivery>,
    /// Sealed packets for one receiver, one behind the other.
    arena: Vec<u8>,
    events: VecDeque<MediaEvent>,
    statistics: MediaStatistics,
}

/// One room.
#[derive(Default)]
struct Room {
    members: BTreeMap<ParticipantKey, usize>,
    table: AudienceTable,
    /// The highest grant ever in force.
    generation: u64,
}

/// A packet that is due at a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Delivery {
    connection: usize,
    arrival: usize,
    slot: usize,
}

/// Ties the steady clock to the calendar once, so that it never steps.
#[derive(Debug, Clone, Copy)]
struct Epoch {
    instant: Instant,
    unix_micros: u64,
}

impl Epoch {
    fn unix_micros(&self, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.instant).as_micros();
        self.unix_micros.saturating_add(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    /// Seconds since 1900 in the upper half, fractions in the lower.
    fn ntp(&self, now: Instant) -> u64 {
        let micros = self.unix_micros(now);
        ((micros / 1_000_000 + NTP_TO_UNIX_SECONDS) << 32) | (((micros % 1_000_000) << 32) / 1_000_000)
    }
}

impl Shard {
    /// An empty shard. The steady clock reads `now` when the calendar reads `calendar`.
    pub(crate) fn new(identity: Identity, candidates: Vec<SocketAddr>, now: Instant, calendar: SystemTime) -> Shard {
        let unix_micros = calendar.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
        Shard {
            identity,
            candidates,
            random: SystemRandom::new(),
            epoch: Epoch { instant: now, unix_micros: u64::try_from(unix_micros).unwrap_or(0) },
            rooms: HashMap::new(),
            connections: Slab::new(),
            by_key: HashMap::new(),
            by_user_fragment: HashMap::new(),
            by_address: HashMap::new(),
            unsettled: BTreeSet::new(),
            speaker_considered_at: now,
            arrivals: Vec::with_capacity(1_024),
            deliveries: Vec::with_capacity(DELIVERIES_PER_FLUSH),
            arena: Vec::with_capacity(SEGMENTED_SEND_BYTES_MAX + 4_096),
            events: VecDeque::new(),
            statistics: MediaStatistics::default(),
        }
    }

    /// Whether time must be told to it regularly.
    pub(crate) fn is_busy(&self) -> bool {
        !self.connections.is_empty()
    }

    /// Whether events wait to be taken.
    pub(crate) fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// The oldest event not yet taken.
    pub(crate) fn next_event(&mut self) -> Option<MediaEvent> {
        self.events.pop_front()
    }

    /// Puts an event back that could not be handed on.
    pub(crate) fn return_event(&mut self, event: MediaEvent) {
        self.events.push_front(event);
    }

    fn emit(&mut self, event: MediaEvent) {
        if self.events.len() < EVENTS_BACKLOG_MAX {
            self.events.push_back(event);
        } else {
            self.statistics.dropped.events += 1;
        }
    }

    /// Tells that media can flow, once keys and a path are there.
    fn announce_if_established(&mut self, at: usize) {
        let Some(connection) = self.connections.get_mut(at) else { return };
        if connection.announced || !connection.is_established() {
            return;
        }
        connection.announced = true;
        let (room, participant, connection) = (connection.room, connection.participant, connection.key);
        self.emit(MediaEvent::Connected { room, participant, connection });
        self.unsettled.insert(room);
    }

    /// Tells that media can no longer flow.
    fn announce_end(&mut self, at: usize, reason: DisconnectReason) {
        let Some(connection) = self.connections.get_mut(at) else { return };
        connection.announced = false;
        let (room, participant, connection) = (connection.room, connection.participant, connection.key);
        self.emit(MediaEvent::Disconnected { room, participant, connection, reason });
        self.unsettled.insert(room);
    }

    /// Forgets a connection and everything that leads to it.
    fn remove_connection(&mut self, at: usize) {
        let Some(connection) = self.connections.try_remove(at) else { return };
        self.by_key.remove(&connection.key);
        for fragment in connection.ice.user_fragments() {
            self.by_user_fragment.remove(&fragment);
        }
        for address in connection.ice.addresses() {
            if self.by_address.get(&address) == Some(&at) {
                self.by_address.remove(&address);
            }
        }
        for track in connection.tracks.iter().filter(|track| track.active) {
            let publication = connection.publication(track);
            self.statistics.packets_lost += track.reception.as_ref().map_or(0, Reception::lost);
            self.emit(MediaEvent::Publishing { room: connection.room, publication, active: false });
        }
        if let Some(room) = self.rooms.get_mut(&connection.room) {
            if room.members.get(&connection.participant) == Some(&at) {
                room.members.remove(&connection.participant);
            }
            // The index may be given to another connection, so nothing may point to it any more.
            self.settle(connection.room);
            self.unsettled.insert(connection.room);
        }
    }
}
