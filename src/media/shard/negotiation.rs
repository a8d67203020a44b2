//! Offers: what a client wants to send and receive becomes tracks, receive slots and an answer. An offer that is refused
//! leaves the connection as it was.

use std::collections::BTreeMap;
use std::time::Instant;

use super::Shard;
use crate::connection::{Connection, ExtensionIds, ReceiveSlot, Track};
use crate::dtls::Association;
use crate::error::{MediaError, OfferError};
use crate::event::MediaEvent;
use crate::feedback::Reception;
use crate::ice::Credentials;
use crate::keys::{ConnectionKey, Kind, Publication, Source};
use crate::limits::{PUBLICATIONS_PER_CONNECTION_MAX, SLOTS_PER_CONNECTION_MAX};
use crate::plane::Offer;
use crate::sdp::{
    AUDIO_LEVEL_URI, Answer, AnsweredSection, Direction, MID_URI, RemoteDescription, RemoteSection, Role, SlotLine,
    TRANSPORT_SEQUENCE_URI,
};

/// What a media section is used for.
enum Use {
    Publication(Source),
    Slot(Kind),
    Idle,
    Rejected,
}

impl Shard {
    /// Answers an offer.
    pub(super) fn offer(&mut self, now: Instant, key: ConnectionKey, offer: &Offer) -> Result<String, OfferError> {
        let at = *self.by_key.get(&key).ok_or(MediaError::UnknownConnection)?;
        let remote = RemoteDescription::parse(&offer.sdp)?;
        let publications = publications(&remote, offer)?;
        let uses = uses(&remote, &publications);
        let fresh = Credentials::generate(&self.random).ok_or(MediaError::Certificate)?;
        let numbers: Option<Vec<u64>> = uses.iter().map(|_| self.random_number()).collect();
        let numbers = numbers.ok_or(MediaError::Certificate)?;
        let connection = self.connections.get_mut(at).ok_or(MediaError::UnknownConnection)?;
        if connection.dtls.as_ref().is_some_and(|dtls| *dtls.expected() != remote.fingerprint) {
            return Err(OfferError::CertificateChanged);
        }
        // From here on nothing fails.
        if connection.dtls.is_none() {
            connection.dtls = Some(Association::new(&self.identity, remote.fingerprint.clone(), now));
        } else if connection.remote_user_fragment != remote.ice_user_fragment {
            self.by_user_fragment.insert(fresh.user_fragment(), at);
            if let Some(forgotten) = connection.ice.restart(fresh) {
                self.by_user_fragment.remove(&forgotten);
            }
        }
        connection.remote_user_fragment.clone_from(&remote.ice_user_fragment);
        connection.extensions = extensions(&remote);
        connection.session_version += 1;
        set_slots(connection, &remote, &uses, &numbers);
        let ended = set_tracks(connection, &remote, &uses);
        let (room, participant) = (connection.room, connection.participant);
        let answer = write_answer(connection, &remote, &uses, &self.candidates, self.identity.fingerprint());
        for track in ended {
            let publication = Publication { participant, source: track.source };
            self.statistics.packets_lost += track.reception.as_ref().map_or(0, Reception::lost);
            self.emit(MediaEvent::Publishing { room, publication, active: false });
        }
        // Nothing may be routed to a slot that is no longer where it was.
        self.settle(room);
        self.unsettled.insert(room);
        Ok(answer)
    }
}

/// The publications of an offer by mid, checked against its sections.
fn publications<'a>(remote: &RemoteDescription, offer: &'a Offer) -> Result<BTreeMap<&'a str, Source>, OfferError> {
    if offer.publications.len() > PUBLICATIONS_PER_CONNECTION_MAX {
        return Err(OfferError::DuplicateSource);
    }
    let mut by_mid = BTreeMap::new();
    for (at, (mid, source)) in offer.publications.iter().enumerate() {
        let section = remote.sections.iter().find(|section| section.mid == *mid);
        let section = section.filter(|section| section.direction != Direction::ReceiveOnly);
        let section = section.ok_or(OfferError::UnknownPublication)?;
        if section.kind.is_some_and(|kind| kind != source.kind()) {
            return Err(OfferError::WrongKind);
        }
        let again = offer.publications.iter().take(at).any(|(_, before)| before == source);
        if again || by_mid.insert(mid.as_str(), *source).is_some() {
            return Err(OfferError::DuplicateSource);
        }
    }
    Ok(by_mid)
}

fn uses(remote: &RemoteDescription, publications: &BTreeMap<&str, Source>) -> Vec<Use> {
    let mut slots = 0;
    let mut use_of = |section: &RemoteSection| {
        let Some(kind) = section.kind.filter(|_| !section.codecs.is_empty()) else { return Use::Rejected };
        match publications.get(section.mid.as_str()) {
            Some(source) if section.direction.sends() => Use::Publication(*source),
            None if section.direction == Direction::ReceiveOnly && slots < SLOTS_PER_CONNECTION_MAX => {
                slots += 1;
                Use::Slot(kind)
            }
            _ => Use::Idle,
        }
    };
    remote.sections.iter().map(&mut use_of).collect()
}

fn extensions(remote: &RemoteDescription) -> ExtensionIds {
    let of_any = |uri| remote.sections.iter().find_map(|section| section.extension(uri));
    ExtensionIds {
        mid: of_any(MID_URI),
        audio_level: of_any(AUDIO_LEVEL_URI),
        transport_sequence: of_any(TRANSPORT_SEQUENCE_URI),
    }
}

/// Keeps the slots whose sections are still there and adds new ones.
fn set_slots(connection: &mut Connection, remote: &RemoteDescription, uses: &[Use], numbers: &[u64]) {
    let mut before = std::mem::take(&mut connection.slots);
    for ((section, used), number) in remote.sections.iter().zip(uses).zip(numbers) {
        let Use::Slot(kind) = *used else { continue };
        let known = before.iter().position(|slot| slot.mid == section.mid && slot.kind == kind);
        #[allow(clippy::cast_possible_truncation)] // parts of a random number
        let (ssrc, sequence) = (*number as u32, (*number >> 32) as u16);
        let mut slot = match known {
            Some(at) => before.swap_remove(at),
            None => ReceiveSlot::new(&section.mid, kind, ssrc, sequence),
        };
        let payload_types = section.codecs.iter().map(|offered| (offered.codec, offered.payload_type));
        slot.negotiate(payload_types, section.extension(MID_URI));
        connection.slots.push(slot);
    }
}

/// Keeps the tracks whose sections still publish and adds new ones. Returns those that were arriving and are gone.
fn set_tracks(connection: &mut Connection, remote: &RemoteDescription, uses: &[Use]) -> Vec<Track> {
    let mut before = std::mem::take(&mut connection.tracks);
    let mut tracks = Vec::new();
    let mut announced = Vec::new();
    for (section, used) in remote.sections.iter().zip(uses) {
        let Use::Publication(source) = *used else { continue };
        let known = before.iter().position(|track| track.mid == section.mid && track.source == source);
        let mut track = match known {
            Some(at) => before.swap_remove(at),
            None => Track::new(&section.mid, source),
        };
        track.codecs = section.codecs.iter().map(|offered| (offered.payload_type, offered.codec)).collect();
        announced.extend(section.ssrcs.iter().map(|ssrc| (*ssrc, tracks.len())));
        tracks.push(track);
    }
    connection.set_tracks(tracks, &announced);
    before.retain(|track| track.active);
    before
}

fn write_answer(
    connection: &Connection,
    remote: &RemoteDescription,
    uses: &[Use],
    candidates: &[std::net::SocketAddr],
    fingerprint: &crate::dtls::Fingerprint,
) -> String {
    // The slots of the same number are one media stream, so that voice and picture are played in step.
    let stream_of = |mid: &str, kind: Kind| {
        let of_kind = connection.slots.iter().filter(|slot| slot.kind == kind);
        format!("slot-{}", of_kind.take_while(|slot| slot.mid != mid).count())
    };
    let streams: Vec<String> = remote
        .sections
        .iter()
        .map(|section| section.kind.map_or_else(String::new, |kind| stream_of(&section.mid, kind)))
        .collect();
    let sections = remote.sections.iter().zip(uses).zip(&streams).map(|((offered, used), stream)| {
        let ssrc = || connection.slots.iter().find(|slot| slot.mid == offered.mid).map_or(0, |slot| slot.ssrc);
        let role = match used {
            Use::Publication(_) => Role::Publication,
            Use::Slot(_) => Role::Slot(SlotLine { ssrc: ssrc(), stream }),
            Use::Idle => Role::Idle,
            Use::Rejected => Role::Rejected,
        };
        AnsweredSection { offered, role }
    });
    Answer {
        session_id: connection.session_id,
        session_version: connection.session_version,
        credentials: connection.ice.local(),
        fingerprint,
        candidates,
        canonical_name: &connection.canonical_name(),
        sections: sections.collect(),
    }
    .to_string()
}
