//! What each person is told: their view when it changed, the chat said to them, the certificate on coming inside.

use accord_evidence::{DeviceCertificate, DeviceKey, Purpose, Signed};
use accord_media::MediaEvent;
use accord_protocol::{ChatLine, Closed, FromServer, SlotView};
use accord_room::{ChatMessage, ConnectionId, Event, ParticipantId, Person, Place, Recorded, View};

use super::Sitting;
use crate::clock::now_ms;
use crate::session::Outlet;

/// How long a device certificate counts, ms: one long day of mediation. A reconnect brings a new one.
const CERTIFICATE_VALIDITY_MS: u64 = 16 * 60 * 60 * 1000;

/// Somebody connected, and what they were told.
pub(super) struct Listener {
    pub(super) connection: ConnectionId,
    pub(super) device_key: DeviceKey,
    pub(super) outlet: Outlet,
    pub(super) certificate: Option<Signed<DeviceCertificate>>,
    version: u64,
    view: Option<View>,
}

impl Listener {
    pub(super) fn new(connection: ConnectionId, device_key: DeviceKey, outlet: Outlet) -> Self {
        Self { connection, device_key, outlet, certificate: None, version: 0, view: None }
    }
}

impl Sitting {
    /// Tells everybody whose view has changed and what was said to them, and closes whoever is outside now.
    pub(super) fn announce(&mut self, recorded: &[Recorded]) {
        let mut gone = Vec::new();
        let ids: Vec<ParticipantId> = self.listeners.keys().copied().collect();
        for id in ids {
            self.certify(id);
            let view = self.state.view(id);
            let Some(listener) = self.listeners.get_mut(&id) else { continue };
            let is_inside = matches!(view, View::Inside(_));
            let has_entered = is_inside && !matches!(listener.view, Some(View::Inside(_)));
            if listener.view.as_ref() != Some(&view) {
                listener.version += 1;
                let message = FromServer::View { version: listener.version, view: Box::new(view.clone()) };
                listener.outlet.say(&message);
            }
            let messages: Vec<ChatLine> = if has_entered {
                self.state.chat_for(id).map(chat_line).collect()
            } else {
                said(recorded).filter(|message| is_inside && message.readers.contains(&id)).map(chat_line).collect()
            };
            if !messages.is_empty() {
                listener.outlet.say(&FromServer::Chat { messages });
            }
            if matches!(view, View::Outside { .. }) {
                listener.outlet.close(Closed::Out);
                gone.push(id);
            }
            listener.view = Some(view);
        }
        for id in gone {
            self.listeners.remove(&id);
        }
    }

    /// Binds the device key to the person (dear decision "a device key at admission").
    fn certify(&mut self, id: ParticipantId) {
        let Some(person) = self.state.people.get(&id).filter(|person| is_inside(person)) else { return };
        let Some(listener) = self.listeners.get_mut(&id).filter(|listener| listener.certificate.is_none()) else {
            return;
        };
        let issued_at_ms = now_ms();
        let role = serde_json::to_value(person.role).ok().and_then(|role| role.as_str().map(str::to_owned));
        let body = DeviceCertificate {
            tenant: self.key.tenant.0.clone(),
            room: self.key.room.to_string(),
            participant: id.to_string(),
            name: person.name.clone(),
            role: role.unwrap_or_default(),
            public_key: listener.device_key,
            issued_at_ms,
            expires_at_ms: issued_at_ms + CERTIFICATE_VALIDITY_MS,
        };
        let signed = self
            .house
            .keys
            .signer(&self.key.tenant.0, Purpose::DeviceCertificate)
            .and_then(|signer| Signed::sign(body, signer.as_ref()));
        match signed.map(|certificate| (serde_json::to_value(&certificate), certificate)) {
            Ok((Ok(value), certificate)) => {
                listener.certificate = Some(certificate);
                listener.outlet.say(&FromServer::Certificate { certificate: value });
            }
            Ok((Err(error), _)) => tracing::error!(%error, "a certificate could not be written"),
            Err(error) => tracing::error!(%error, "a certificate could not be signed"),
        }
    }

    /// What the media plane tells, to the one person it concerns.
    pub(super) fn hear_media(&self, event: &MediaEvent) {
        match event {
            MediaEvent::SlotMap { connection, version, slots } => {
                let Some(id) = self.stage.participant_of(*connection) else { return };
                let slots = slots
                    .iter()
                    .map(|slot| SlotView {
                        mid: slot.mid.clone(),
                        publication: slot.publication.and_then(|publication| self.stage.publication_of(publication)),
                    })
                    .collect();
                self.say(id, &FromServer::Slots { version: *version, slots });
            }
            MediaEvent::Speaker { connection, participant } => {
                let Some(id) = self.stage.participant_of(*connection) else { return };
                let participant = participant.and_then(|key| self.stage.person_of(key));
                self.say(id, &FromServer::Speaker { participant });
            }
            MediaEvent::Connected { .. } | MediaEvent::Disconnected { .. } | MediaEvent::Publishing { .. } => {}
        }
    }
}

fn said(recorded: &[Recorded]) -> impl Iterator<Item = &ChatMessage> {
    recorded
        .iter()
        .filter_map(|recorded| if let Event::Said { message } = &recorded.event { Some(message) } else { None })
}

fn is_inside(person: &Person) -> bool {
    person.presence == accord_room::Presence::Admitted
}

fn chat_line(message: &ChatMessage) -> ChatLine {
    ChatLine {
        at_ms: message.at_ms,
        from: message.from,
        to: message.to,
        private: message.place != Place::Joint,
        text: message.text.clone(),
    }
}
