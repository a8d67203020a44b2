//! A room that is sitting: one task per live room, one command at a time.
//!
//! In come what people, the case service and the media plane say, through one bounded mailbox; out go durable events,
//! audience tables to the media plane, and to each person what their view allows. The room's law is in
//! [`accord_room`]; here is only the order in which it is kept (law 2): restrict, record, permit, announce.

mod announce;
mod change;
pub(crate) mod log;
mod papers;
mod recorder;
mod stage;
mod statement;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use accord_evidence::{DeviceKey, Journal};
use accord_media::MediaEvent;
use accord_protocol::frame::Frame;
use accord_protocol::{Closed, FromClient, FromServer, PersonCommand, SessionRefusal};
use accord_room::{Action, Actor, Command, CommandId, ConnectionId, InvitationId, ParticipantId, Refusal, State};
use accord_store::{Effect, LeaseGeneration, RoomKey, StoreError};
use axum::body::Bytes;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::docket::OpenError;
use crate::house::House;
use crate::session::Outlet;
use announce::Listener;
use recorder::Recorder;
use stage::Stage;
use words::Words;

pub use stage::Rooms;

/// Messages that may wait for a room; past it whoever sends waits, and so reads no more of their socket.
const MAILBOX_MESSAGES_MAX: usize = 256;
/// A room nobody is connected to ends its task after this time, ms; the next to come replays it.
const IDLE_MAX_MS: u64 = 10 * 60 * 1000;

/// What reaches a room.
#[derive(Debug)]
pub(crate) enum Message {
    Arrive {
        participant: ParticipantId,
        invitation: InvitationId,
        device_key: DeviceKey,
        outlet: Outlet,
        reply: oneshot::Sender<Result<ConnectionId, OpenError>>,
    },
    Tell {
        participant: ParticipantId,
        connection: ConnectionId,
        message: Box<FromClient>,
    },
    Frame {
        participant: ParticipantId,
        connection: ConnectionId,
        bytes: Bytes,
    },
    Lost {
        participant: ParticipantId,
        connection: ConnectionId,
    },
    Serve {
        actor: Actor,
        action: Box<Action>,
        effects: Vec<Effect>,
        reply: oneshot::Sender<Result<(), Setback>>,
    },
    Status {
        reply: oneshot::Sender<State>,
    },
    Media(MediaEvent),
    RecorderFailed {
        generation: u64,
    },
    /// The process stops: close everybody calmly.
    Stop {
        done: oneshot::Sender<()>,
    },
}

/// Why a command had no effect.
#[derive(Debug, thiserror::Error)]
pub enum Setback {
    /// The room said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The session said no.
    #[error("{detail}")]
    Session {
        /// Its code in PROTOCOL.md.
        code: &'static str,
        /// What exactly.
        detail: String,
    },
    /// It could not be made durable; nothing has changed.
    #[error("the room cannot store this now; nothing has changed, try again shortly")]
    Unavailable,
}

impl Setback {
    pub(crate) fn session(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Session { code, detail: detail.into() }
    }
}

/// The way to a sitting room.
#[derive(Clone, Debug)]
pub struct Door {
    mailbox: mpsc::Sender<Message>,
}

impl Door {
    /// Brings a person to the room.
    ///
    /// # Errors
    /// What the room says, or that it is not to be had.
    pub async fn arrive(
        &self,
        participant: ParticipantId,
        invitation: InvitationId,
        device_key: DeviceKey,
        outlet: Outlet,
    ) -> Result<Seat, OpenError> {
        let (reply, answer) = oneshot::channel();
        let message = Message::Arrive { participant, invitation, device_key, outlet, reply };
        self.mailbox.send(message).await.map_err(|_| OpenError::Unavailable)?;
        let connection = answer.await.map_err(|_| OpenError::Unavailable)??;
        Ok(Seat { mailbox: self.mailbox.clone(), participant, connection })
    }

    /// Carries out what the case service asks.
    ///
    /// # Errors
    /// [`Setback`].
    pub async fn serve(&self, action: Action, effects: Vec<Effect>) -> Result<(), Setback> {
        self.ask(Actor::Service, action, effects).await
    }

    /// Carries out what the program itself has to say to the room.
    ///
    /// # Errors
    /// [`Setback`].
    pub(crate) async fn note(&self, action: Action) -> Result<(), Setback> {
        self.ask(Actor::System, action, Vec::new()).await
    }

    async fn ask(&self, actor: Actor, action: Action, effects: Vec<Effect>) -> Result<(), Setback> {
        let (reply, answer) = oneshot::channel();
        let message = Message::Serve { actor, action: Box::new(action), effects, reply };
        self.mailbox.send(message).await.map_err(|_| Setback::Unavailable)?;
        answer.await.map_err(|_| Setback::Unavailable)?
    }

    /// The room's state, for figures and results.
    ///
    /// # Errors
    /// [`Setback::Unavailable`].
    pub async fn status(&self) -> Result<State, Setback> {
        let (reply, answer) = oneshot::channel();
        self.mailbox.send(Message::Status { reply }).await.map_err(|_| Setback::Unavailable)?;
        answer.await.map_err(|_| Setback::Unavailable)
    }

    /// Hands on what the media plane tells. A room that is too busy misses a hint, never a rule.
    pub(crate) fn media(&self, event: MediaEvent) {
        let is_a_hint = matches!(event, MediaEvent::Speaker { .. });
        if let Err(mpsc::error::TrySendError::Full(message)) = self.mailbox.try_send(Message::Media(event)) {
            if is_a_hint {
                tracing::debug!("a speaker hint was dropped: the room is busy");
            } else {
                // A slot map is said once, and nobody is seen before it is acknowledged: it may come late, not never.
                let mailbox = self.mailbox.clone();
                tokio::spawn(async move { mailbox.send(message).await });
            }
        }
    }

    /// A recorder that cannot go on: the room must stop saying that it records.
    pub(crate) fn recorder_failed(&self, generation: u64) {
        let mailbox = self.mailbox.clone();
        tokio::spawn(async move { mailbox.send(Message::RecorderFailed { generation }).await });
    }

    /// Ends the room's task; returns once everybody has been told.
    pub(crate) async fn stop(&self) {
        let (done, stopped) = oneshot::channel();
        if self.mailbox.send(Message::Stop { done }).await.is_ok() {
            // Gone already is as good as stopped.
            let _ = stopped.await;
        }
    }

    /// As [`Self::recorder_failed`], from the recorder's own thread.
    pub(crate) fn recorder_failed_on_thread(&self, generation: u64) {
        // A room that is gone does not record.
        let _ = self.mailbox.blocking_send(Message::RecorderFailed { generation });
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.mailbox.is_closed()
    }
}

/// One connected person's way to the room.
#[derive(Debug)]
pub struct Seat {
    mailbox: mpsc::Sender<Message>,
    participant: ParticipantId,
    connection: ConnectionId,
}

impl Seat {
    /// Says something to the room; the answer comes through the outlet.
    pub async fn tell(&self, message: FromClient) {
        let (participant, connection) = (self.participant, self.connection);
        self.send(Message::Tell { participant, connection, message: Box::new(message) }).await;
    }

    /// Hands a binary frame to the room.
    pub async fn frame(&self, bytes: Bytes) {
        let (participant, connection) = (self.participant, self.connection);
        self.send(Message::Frame { participant, connection, bytes }).await;
    }

    /// The connection is gone.
    pub async fn lost(&self) {
        let (participant, connection) = (self.participant, self.connection);
        self.send(Message::Lost { participant, connection }).await;
    }

    async fn send(&self, message: Message) {
        // A room that has ended closes its outlets, so the session ends by itself.
        let _ = self.mailbox.send(message).await;
    }
}

/// The task's own state.
pub(crate) struct Sitting {
    house: Arc<House>,
    key: RoomKey,
    lease: LeaseGeneration,
    state: State,
    journal: Journal,
    stage: Stage,
    recorder: Option<Recorder>,
    words: Words,
    listeners: BTreeMap<ParticipantId, Listener>,
    /// What is in memory may not be what is stored: the task ends, and the next to come reads the log again.
    is_broken: bool,
}

impl Sitting {
    /// Takes a room over: a new lease, the log replayed, the grants and connections of the process before void.
    ///
    /// # Errors
    /// [`OpenError::NoSuchRoom`], or [`OpenError::Unavailable`] when store or media plane fail.
    pub(crate) async fn open(house: Arc<House>, key: RoomKey) -> Result<Door, OpenError> {
        let unavailable = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "a room could not be opened");
            OpenError::Unavailable
        };
        let lease = house.store.acquire_lease(&key).await.map_err(|error| {
            if matches!(error, StoreError::NoSuchRoom) { OpenError::NoSuchRoom } else { unavailable(&error) }
        })?;
        let log = log::read(&house, &key).await.map_err(|error| unavailable(&error))?;
        let state = State::replay(log.recorded.iter());
        let words = Words::load(&house, &key, &state).await.map_err(|error| unavailable(&error))?;
        let (mailbox, messages) = mpsc::channel(MAILBOX_MESSAGES_MAX);
        let door = Door { mailbox };
        let stage = Stage::open(&house, &door).await.map_err(|error| unavailable(&error))?;
        let mut sitting = Self {
            house,
            key,
            lease,
            state,
            journal: log.journal,
            stage,
            recorder: None,
            words,
            listeners: BTreeMap::new(),
            is_broken: false,
        };
        if let Err(error) = sitting.carry_out(Actor::System, Action::Restart).await {
            sitting.stop().await;
            return Err(unavailable(&error));
        }
        tokio::spawn(sitting.run(messages));
        Ok(door)
    }

    async fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        loop {
            let idle = Duration::from_millis(IDLE_MAX_MS);
            match tokio::time::timeout(idle, messages.recv()).await {
                Ok(Some(Message::Stop { done })) => {
                    self.stop().await;
                    // The asker may have given up waiting.
                    let _ = done.send(());
                    return;
                }
                Ok(Some(message)) => {
                    self.handle(message).await;
                    if self.is_broken {
                        return self.stop().await;
                    }
                }
                Ok(None) => return self.stop().await,
                Err(_) if self.listeners.is_empty() => return self.stop().await,
                Err(_) => {}
            }
        }
    }

    async fn handle(&mut self, message: Message) {
        match message {
            Message::Arrive { participant, invitation, device_key, outlet, reply } => {
                let arrived = self.arrive(participant, invitation, device_key, outlet).await;
                // A session that has gone meanwhile is noticed by its own silence.
                let _ = reply.send(arrived);
            }
            Message::Tell { participant, connection, message } => {
                if self.is_current(participant, connection) {
                    self.hear(participant, *message).await;
                }
            }
            Message::Frame { participant, connection, bytes } => {
                if let Some(frame) = Frame::parse(&bytes).filter(|_| self.is_current(participant, connection)) {
                    self.hear_frame(participant, &frame).await;
                }
            }
            Message::Lost { participant, connection } => {
                if self.is_current(participant, connection) {
                    self.listeners.remove(&participant);
                    self.words.forget(participant);
                    self.stage.disconnect(participant).await;
                    let lose = Action::Lose { participant, connection };
                    if let Err(error) = self.carry_out(Actor::System, lose).await {
                        tracing::warn!(%error, "a lost connection could not be recorded");
                        self.is_broken = true;
                    }
                }
            }
            Message::Serve { actor, action, effects, reply } => {
                let command = fresh_command(actor, *action);
                let served = self.carry_out_command(&command, effects).await;
                let _ = reply.send(served);
            }
            Message::Status { reply } => {
                let _ = reply.send(self.state.clone());
            }
            Message::Media(event) => self.hear_media(&event),
            Message::RecorderFailed { generation } => {
                let is_running = self.state.recording.span.as_ref().is_some_and(|span| span.generation == generation);
                if is_running && let Err(error) = self.carry_out(Actor::System, Action::FailRecording).await {
                    tracing::error!(%error, "a recording that failed could not be ended");
                    self.is_broken = true;
                }
            }
            Message::Stop { done } => {
                let _ = done.send(());
            }
        }
    }

    async fn arrive(
        &mut self,
        participant: ParticipantId,
        invitation: InvitationId,
        device_key: DeviceKey,
        outlet: Outlet,
    ) -> Result<ConnectionId, OpenError> {
        let connection = ConnectionId(Uuid::new_v4());
        let action = Action::Arrive { participant, invitation, connection, device_key: device_key.to_string() };
        // The new listener is in place before the room announces the arrival, and hears nothing if the room says no.
        let older = self.listeners.insert(participant, Listener::new(connection, device_key, outlet.clone()));
        outlet.say(&self.welcome(participant));
        match self.carry_out(Actor::System, action).await {
            Ok(()) => {
                if let Some(older) = older {
                    older.outlet.close(Closed::Replaced);
                }
                self.stage.disconnect(participant).await;
                self.seat_on_stage(participant).await;
                Ok(connection)
            }
            Err(setback) => {
                match older {
                    Some(older) => self.listeners.insert(participant, older),
                    None => self.listeners.remove(&participant),
                };
                Err(match setback {
                    Setback::Refused(refusal) => OpenError::Refused(refusal),
                    Setback::Session { .. } | Setback::Unavailable => OpenError::Unavailable,
                })
            }
        }
    }

    fn welcome(&self, participant: ParticipantId) -> FromServer {
        FromServer::Welcome {
            tenant: self.key.tenant.clone(),
            room: self.key.room,
            participant,
            ice_servers: self.house.settings.ice_servers(),
        }
    }

    fn is_current(&self, participant: ParticipantId, connection: ConnectionId) -> bool {
        self.listeners.get(&participant).is_some_and(|listener| listener.connection == connection)
    }

    async fn hear(&mut self, participant: ParticipantId, message: FromClient) {
        match message {
            FromClient::Hello { .. } => {}
            FromClient::Command { id, command } => {
                let done = self.obey(participant, id, command).await;
                self.answer(participant, id, done);
            }
            FromClient::Statement { id, signed } => {
                let done = match self.understand(participant, signed) {
                    Ok(action) => self.act(participant, id, action).await,
                    Err(setback) => Err(setback),
                };
                self.answer(participant, id, done);
            }
            FromClient::Offer { id, sdp, publications } => {
                let is_inside = self.state.seated(participant).is_some();
                let answered = if is_inside {
                    self.stage.offer(participant, sdp, publications).await
                } else {
                    Err(Setback::Refused(Refusal::NotInside))
                };
                match answered {
                    Ok(sdp) => self.say(participant, &FromServer::Answer { id, sdp }),
                    Err(setback) => self.answer(participant, id, Err(setback)),
                }
            }
            FromClient::SlotsAcknowledged { version } => self.stage.acknowledge_slots(participant, version),
            FromClient::ReadPaper { id, document_digest } => {
                if let Err(setback) = self.send_paper(participant, &document_digest).await {
                    self.answer(participant, id, Err(setback));
                }
            }
        }
    }

    /// Opening and freezing papers take more than the room.
    async fn obey(&mut self, participant: ParticipantId, id: CommandId, command: PersonCommand) -> Result<(), Setback> {
        if let PersonCommand::FreezeAgreement { in_part } = command {
            self.freeze(participant, id, in_part).await
        } else if let PersonCommand::OpenPapers { template } = command {
            self.open_papers(participant, id, template).await
        } else {
            self.act(participant, id, statement::action(command)).await
        }
    }

    async fn act(&mut self, participant: ParticipantId, id: CommandId, action: Action) -> Result<(), Setback> {
        let command = Command { id, actor: Actor::Person(participant), action, fresh: Uuid::new_v4() };
        self.carry_out_command(&command, Vec::new()).await
    }

    async fn carry_out(&mut self, actor: Actor, action: Action) -> Result<(), Setback> {
        self.carry_out_command(&fresh_command(actor, action), Vec::new()).await
    }

    fn answer(&self, participant: ParticipantId, id: CommandId, done: Result<(), Setback>) {
        let message = match done {
            Ok(()) => FromServer::Done { id },
            Err(setback) => refused(id, setback),
        };
        self.say(participant, &message);
    }

    fn say(&self, participant: ParticipantId, message: &FromServer) {
        if let Some(listener) = self.listeners.get(&participant) {
            listener.outlet.say(message);
        }
    }

    /// Everybody is told that the server stops; what is durable stays.
    async fn stop(&mut self) {
        if let Some(recorder) = self.recorder.take() {
            self.stage.close().await;
            recorder.end(accord_recording::EndReason::Shutdown).await;
        } else {
            self.stage.close().await;
        }
        for listener in self.listeners.values() {
            listener.outlet.close(Closed::Unavailable);
        }
        self.listeners.clear();
    }

    /// Gives a person inside their place in the media plane.
    async fn seat_on_stage(&mut self, participant: ParticipantId) {
        if self.state.seated(participant).is_some() && self.listeners.contains_key(&participant) {
            self.stage.connect(participant).await;
        }
    }
}

fn fresh_command(actor: Actor, action: Action) -> Command {
    Command { id: CommandId(Uuid::new_v4()), actor, action, fresh: Uuid::new_v4() }
}

fn refused(id: CommandId, setback: Setback) -> FromServer {
    let message = setback.to_string();
    let refusal = match setback {
        Setback::Refused(refusal) => SessionRefusal::Room(refusal),
        Setback::Session { code, detail } => SessionRefusal::Session { code: code.to_owned(), detail },
        Setback::Unavailable => SessionRefusal::Session { code: "unavailable".to_owned(), detail: message.clone() },
    };
    FromServer::Refused { id, refusal, message }
}
