//! From the audience table to routes: which publication fills which slot, who is told, and who counts as the speaker. Runs
//! when something changed, never per packet.

use std::time::Instant;

use super::{Outlet, Shard};
use crate::connection::Route;
use crate::event::{MediaEvent, SlotAssignment};
use crate::keys::{Kind, ParticipantKey, Publication, RoomKey, Source};
use crate::limits::{PUBLICATION_SILENCE, SCREEN_SILENCE, SPEAKER_INTERVAL};
use crate::slots::{Candidate, Rank, assign};

impl Shard {
    /// Settles every room in which something changed.
    pub(crate) fn settle_all(&mut self, now: Instant, outlet: &mut dyn Outlet) {
        while let Some(room) = self.unsettled.pop_first() {
            self.settle(room);
            self.serve_newcomers(now, room, outlet);
            self.settle_taps(now, room, outlet);
        }
    }

    /// Assigns slots anew and rebuilds all routes of a room. What the table does not admit is routed nowhere afterwards.
    pub(super) fn settle(&mut self, key: RoomKey) {
        let Some(room) = self.rooms.get(&key) else { return };
        let members: Vec<usize> = room.members.values().copied().collect();
        for listener in &members {
            self.assign_slots(key, *listener);
        }
        for at in &members {
            if let Some(connection) = self.connections.get_mut(*at) {
                connection.tracks.iter_mut().for_each(|track| track.routes.clear());
            }
        }
        for listener in members {
            self.route_slots(key, listener);
        }
    }

    /// Decides what one listener's slots carry, and tells if that changed.
    fn assign_slots(&mut self, key: RoomKey, listener: usize) {
        let Some(connection) = self.connections.get(listener) else { return };
        let candidates = self.candidates_for(key, listener);
        let mut assigned: Vec<Option<Publication>> = vec![None; connection.slots.len()];
        // Audio first: its place in the pool is what a picture of the same person follows.
        for kind in [Kind::Audio, Kind::Video] {
            let places: Vec<usize> =
                (0..connection.slots.len()).filter(|at| connection.slots[*at].kind == kind).collect();
            let current: Vec<_> = places.iter().map(|at| connection.slots[*at].publication).collect();
            let wanted: Vec<_> =
                candidates.iter().filter(|candidate| candidate.publication.source.kind() == kind).copied().collect();
            let companion = |publication: Publication| {
                let source = match publication.source {
                    Source::Microphone => Source::Camera,
                    Source::Camera => Source::Microphone,
                    Source::Screen => return None,
                };
                let other = Publication { source, ..publication };
                let slots = connection.slots.iter().zip(&assigned);
                let mut others = slots.filter(|(slot, _)| slot.kind != kind);
                others.position(|(slot, fresh)| slot.publication == Some(other) || *fresh == Some(other))
            };
            let fresh = assign(&current, &wanted, companion);
            for (at, publication) in places.into_iter().zip(fresh) {
                assigned[at] = publication;
            }
        }
        let Some(connection) = self.connections.get_mut(listener) else { return };
        let changed = connection.slots.iter().zip(&assigned).any(|(slot, fresh)| slot.publication != *fresh);
        if !changed {
            return;
        }
        connection.slot_version += 1;
        let version = connection.slot_version;
        for (slot, fresh) in connection.slots.iter_mut().zip(assigned) {
            if slot.publication != fresh {
                slot.assign(fresh, version);
            }
        }
        let assignment = |slot: &crate::connection::ReceiveSlot| SlotAssignment {
            mid: slot.mid.clone(),
            publication: slot.publication,
        };
        let slots = connection.slots.iter().map(assignment).collect();
        let connection = connection.key;
        self.emit(MediaEvent::SlotMap { connection, version, slots });
    }

    /// What a listener may receive and what is really being sent.
    fn candidates_for(&self, key: RoomKey, listener: usize) -> Vec<Candidate> {
        let (Some(room), Some(connection)) = (self.rooms.get(&key), self.connections.get(listener)) else {
            return Vec::new();
        };
        let mut candidates = Vec::new();
        for publication in room.table.audience.keys() {
            if !room.table.admits(*publication, connection.participant) {
                continue;
            }
            let Some(publisher) = room.members.get(&publication.participant).and_then(|at| self.connections.get(*at))
            else {
                continue;
            };
            let Some(track) = publisher.track_of(publication.source).map(|at| &publisher.tracks[at]) else { continue };
            if !track.active || !publisher.announced {
                continue;
            }
            // Only what this listener may hear counts for the order in which they see people.
            let microphone = Publication { source: Source::Microphone, ..*publication };
            let heard = room.table.admits(microphone, connection.participant);
            let voice = publisher.tracks.iter().find(|track| track.source == Source::Microphone && heard);
            let spoke_at = voice.and_then(|track| track.voice.spoke_at());
            let rank = Rank {
                screen: publication.source == Source::Screen,
                speaking: connection.speaker.current() == Some(publication.participant),
                spoke_micros: spoke_at.map_or(0, |at| self.epoch.unix_micros(at)),
            };
            candidates.push(Candidate { publication: *publication, rank });
        }
        candidates
    }

    /// Routes to one listener's slots what they carry and the listener acknowledged.
    fn route_slots(&mut self, key: RoomKey, listener: usize) {
        let Some(connection) = self.connections.get(listener) else { return };
        if !connection.is_established() {
            return;
        }
        let due: Vec<(usize, Publication)> = connection
            .slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.acknowledged)
            .filter_map(|(at, slot)| Some((at, slot.publication?)))
            .collect();
        for (slot, publication) in due {
            let publisher = self.rooms.get(&key).and_then(|room| room.members.get(&publication.participant)).copied();
            let Some(publisher) = publisher.and_then(|at| self.connections.get_mut(at)) else { continue };
            let Some(track) = publisher.track_of(publication.source).and_then(|at| publisher.tracks.get_mut(at)) else {
                continue;
            };
            track.routes.push(Route { connection: listener, slot });
        }
    }

    /// Asks for a keyframe on behalf of slots that packets are routed to for the first time.
    fn serve_newcomers(&mut self, now: Instant, key: RoomKey, outlet: &mut dyn Outlet) {
        let Some(room) = self.rooms.get(&key) else { return };
        let members: Vec<usize> = room.members.values().copied().collect();
        for publisher in members {
            let tracks = self.connections.get(publisher).map_or(0, |connection| connection.tracks.len());
            for track in 0..tracks {
                let routes = self.connections[publisher].tracks[track].routes.clone();
                let mut newcomers = false;
                for route in routes {
                    let slot = self.connections.get_mut(route.connection).and_then(|c| c.slots.get_mut(route.slot));
                    newcomers |= slot.is_some_and(|slot| !std::mem::replace(&mut slot.routed, true));
                }
                let Some(known) = self.connections.get_mut(publisher).and_then(|c| c.tracks.get_mut(track)) else {
                    continue;
                };
                let video = known.source.kind() == Kind::Video;
                if newcomers && video && known.keyframes.for_newcomer(now) {
                    self.request_keyframe(publisher, track, outlet);
                }
            }
        }
    }

    /// Opens the recorder's view of what the grant in force names. It closes without this: each packet is held against the
    /// grant of its moment.
    fn settle_taps(&mut self, now: Instant, key: RoomKey, outlet: &mut dyn Outlet) {
        let Some(room) = self.rooms.get(&key) else { return };
        let members: Vec<usize> = room.members.values().copied().collect();
        for at in members {
            let tracks = self.connections.get(at).map_or(0, |connection| connection.tracks.len());
            for track in 0..tracks {
                let (Some(room), Some(connection)) = (self.rooms.get(&key), self.connections.get_mut(at)) else {
                    return;
                };
                let participant = connection.participant;
                let known = &mut connection.tracks[track];
                let publication = Publication { participant, source: known.source };
                let tapped = room.table.grant.as_ref().is_some_and(|grant| grant.publications.contains(&publication));
                let begins = tapped && !known.tapped;
                known.tapped = tapped;
                known.tap_awaits_keyframe = tapped && (begins || known.tap_awaits_keyframe);
                if begins && known.source.kind() == Kind::Video && known.keyframes.for_newcomer(now) {
                    self.request_keyframe(at, track, outlet);
                }
            }
        }
    }

    /// Notices publications that fell silent, and considers who speaks.
    pub(super) fn observe_publications(&mut self, now: Instant) {
        let mut stopped = Vec::new();
        for (_, connection) in &mut self.connections {
            let (room, participant) = (connection.room, connection.participant);
            for track in &mut connection.tracks {
                let patience = if track.source == Source::Screen { SCREEN_SILENCE } else { PUBLICATION_SILENCE };
                let silence = track.last_packet_at.map(|at| now.saturating_duration_since(at));
                let silent = silence.is_none_or(|silence| silence >= patience);
                if track.active && silent {
                    track.active = false;
                    stopped.push((room, Publication { participant, source: track.source }));
                }
            }
        }
        for (room, publication) in stopped {
            self.emit(MediaEvent::Publishing { room, publication, active: false });
            self.unsettled.insert(room);
        }
        if now.saturating_duration_since(self.speaker_considered_at) >= SPEAKER_INTERVAL {
            self.speaker_considered_at = now;
            let rooms: Vec<RoomKey> = self.rooms.keys().copied().collect();
            for room in rooms {
                self.consider_speakers(now, room);
            }
        }
    }

    /// Decides for each listener of a room who speaks, among those whom that listener may hear.
    pub(super) fn consider_speakers(&mut self, now: Instant, key: RoomKey) {
        let Some(room) = self.rooms.get(&key) else { return };
        let mut voices: Vec<(ParticipantKey, f32)> = Vec::with_capacity(room.members.len());
        for (participant, at) in &room.members {
            let connection = self.connections.get(*at);
            let microphone = connection.and_then(|c| c.tracks.iter().find(|track| track.source == Source::Microphone));
            if let Some(track) = microphone.filter(|track| track.active) {
                voices.push((*participant, track.voice.loudness(now)));
            }
        }
        let mut changes = Vec::new();
        for (listener, at) in &room.members {
            let Some(connection) = self.connections.get_mut(*at) else { continue };
            let audible: Vec<_> = voices
                .iter()
                .filter(|(participant, _)| {
                    let publication = Publication { participant: *participant, source: Source::Microphone };
                    room.table.admits(publication, *listener)
                })
                .copied()
                .collect();
            if connection.speaker.consider(now, &audible) {
                changes.push(MediaEvent::Speaker {
                    connection: connection.key,
                    participant: connection.speaker.current(),
                });
            }
        }
        if !changes.is_empty() {
            self.unsettled.insert(key);
        }
        for change in changes {
            self.emit(change);
        }
    }
}
