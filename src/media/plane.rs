//! The handle by which the rest of the program commands the media plane. A room lives on one shard, found by its key.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};

use crate::audience::AudienceTable;
use crate::dtls::Identity;
use crate::error::{MediaError, OfferError};
use crate::event::MediaEvent;
use crate::keys::{ConnectionKey, ParticipantKey, RoomKey, Source};
use crate::limits::{EVENTS_QUEUED_MAX, SHARDS_MAX};
use crate::settings::MediaSettings;
use crate::shard::Command;
use crate::shard::run::{ShardHandle, start};
use crate::statistics::MediaStatistics;

/// An offer of a client. Sections named in `publications` are sent by the client; every other section that is `recvonly` is
/// a receive slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What `createOffer` returned.
    pub sdp: String,
    /// The mid of each section the client publishes on, and what it publishes.
    pub publications: Vec<(String, Source)>,
}

/// The media plane. Clones command the same one; it ends when the last is dropped.
#[derive(Clone)]
pub struct MediaPlane(Arc<Inner>);

struct Inner {
    shards: Vec<ShardHandle>,
    /// In which room each connection is. Touched when people come and go, never by packets.
    connections: Mutex<BTreeMap<ConnectionKey, (RoomKey, ParticipantKey)>>,
}

impl MediaPlane {
    /// Binds the sockets and starts the shards. Events come out of the receiver; read it steadily.
    pub fn start(settings: MediaSettings) -> Result<(MediaPlane, mpsc::Receiver<MediaEvent>), MediaError> {
        let MediaSettings { bind, mut announced, shards } = settings;
        if !(1..=SHARDS_MAX).contains(&shards) {
            return Err(MediaError::Shards);
        }
        if announced.is_empty() {
            announced.push(bind.ip());
        }
        if announced.iter().any(IpAddr::is_unspecified) {
            return Err(MediaError::NothingAnnounced);
        }
        let identity = Identity::generate()?;
        let (events, receiver) = mpsc::channel(EVENTS_QUEUED_MAX);
        let start_one = |number: usize| {
            let offset = if bind.port() == 0 { Some(0) } else { u16::try_from(number).ok() };
            let port = offset.and_then(|offset| bind.port().checked_add(offset)).ok_or(MediaError::Shards)?;
            start(number, SocketAddr::new(bind.ip(), port), &announced, identity.clone(), events.clone())
        };
        let shards = (0..shards).map(start_one).collect::<Result<Vec<_>, _>>()?;
        Ok((MediaPlane(Arc::new(Inner { shards, connections: Mutex::default() })), receiver))
    }

    /// The addresses the shards listen on.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.0.shards.iter().map(|shard| shard.address).collect()
    }

    /// Opens a room. Nobody receives anything in it before a table was applied.
    pub async fn open_room(&self, room: RoomKey) -> Result<(), MediaError> {
        self.ask(room, |reply| Command::OpenRoom(room, reply)).await
    }

    /// Closes a room and all its connections.
    pub async fn close_room(&self, room: RoomKey) -> Result<(), MediaError> {
        self.connections().retain(|_, (of, _)| *of != room);
        self.ask(room, |reply| Command::CloseRoom(room, reply)).await
    }

    /// Makes place for a peer connection. An older one of the same participant is closed.
    pub async fn connect(
        &self,
        room: RoomKey,
        participant: ParticipantKey,
        connection: ConnectionKey,
    ) -> Result<(), MediaError> {
        self.ask(room, |reply| Command::Connect(room, participant, connection, reply)).await?;
        let mut connections = self.connections();
        connections.retain(|_, place| *place != (room, participant));
        connections.insert(connection, (room, participant));
        Ok(())
    }

    /// Closes a connection. When this returns, nothing more is sent to it nor accepted from it.
    pub async fn disconnect(&self, connection: ConnectionKey) -> Result<(), MediaError> {
        let place = self.connections().remove(&connection);
        let (room, _) = place.ok_or(MediaError::UnknownConnection)?;
        self.ask(room, |reply| Command::Disconnect(connection, reply)).await
    }

    /// Answers a client's offer: the first one, a renegotiation, or an ICE restart.
    pub async fn offer(&self, connection: ConnectionKey, offer: Offer) -> Result<String, OfferError> {
        let room = self.room_of(connection)?;
        self.ask(room, |reply| Command::Offer(connection, offer, reply)).await
    }

    /// Puts an audience table into force and returns its version. When this returns, no packet outside the table will leave
    /// any more, and without a grant none reaches the recorder's ring.
    pub async fn apply(&self, room: RoomKey, table: AudienceTable) -> Result<u64, MediaError> {
        self.ask(room, |reply| Command::Apply(room, table, reply)).await
    }

    /// The client knows what this version of its slot map says; what it assigned may be sent.
    pub fn acknowledge_slots(&self, connection: ConnectionKey, version: u64) -> Result<(), MediaError> {
        let shard = self.shard(self.room_of(connection)?)?;
        shard.commands.try_send(Command::AcknowledgeSlots(connection, version)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => MediaError::Busy,
            mpsc::error::TrySendError::Closed(_) => MediaError::Stopped,
        })?;
        shard.waker.wake()?;
        Ok(())
    }

    /// Counters of all shards.
    pub async fn statistics(&self) -> Result<MediaStatistics, MediaError> {
        let mut sum = MediaStatistics::default();
        for shard in &self.0.shards {
            sum.add(&ask_shard(shard, Command::Statistics).await?);
        }
        Ok(sum)
    }

    async fn ask<T, E: From<MediaError>>(
        &self,
        room: RoomKey,
        command: impl FnOnce(oneshot::Sender<Result<T, E>>) -> Command,
    ) -> Result<T, E> {
        ask_shard(self.shard(room)?, command).await
    }

    fn shard(&self, room: RoomKey) -> Result<&ShardHandle, MediaError> {
        let count = self.0.shards.len() as u64;
        let at = room.0.checked_rem(count).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.0.shards.get(at)).ok_or(MediaError::Stopped)
    }

    fn room_of(&self, connection: ConnectionKey) -> Result<RoomKey, MediaError> {
        self.connections().get(&connection).map(|(room, _)| *room).ok_or(MediaError::UnknownConnection)
    }

    fn connections(&self) -> std::sync::MutexGuard<'_, BTreeMap<ConnectionKey, (RoomKey, ParticipantKey)>> {
        // Every change is a single call that leaves the map whole.
        self.0.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn ask_shard<T, E: From<MediaError>>(
    shard: &ShardHandle,
    command: impl FnOnce(oneshot::Sender<Result<T, E>>) -> Command,
) -> Result<T, E> {
    let (reply, outcome) = oneshot::channel();
    shard.commands.send(command(reply)).await.map_err(|_| MediaError::Stopped)?;
    shard.waker.wake().map_err(MediaError::from)?;
    outcome.await.map_err(|_| MediaError::Stopped)?
}

impl Drop for Inner {
    fn drop(&mut self) {
        for shard in &mut self.shards {
            // Closing the channel is the command to end; the shard must wake to see it.
            shard.commands = mpsc::channel(1).0;
            let _ = shard.waker.wake();
        }
        for shard in &mut self.shards {
            if let Some(thread) = shard.thread.take() {
                let _ = thread.join();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::keys::Publication;
    use crate::shard::tests::world::{CAMERA_MID, MICROPHONE_MID, Peer, ROOM};

    /// Generous: on a loaded machine a failure is a failure however late.
    const PATIENCE: Duration = Duration::from_mins(1);

    /// A peer on a socket of its own.
    async fn join(plane: &MediaPlane, number: u16) -> (Peer, UdpSocket) {
        let mut peer = Peer::new(number, Instant::now());
        plane.connect(ROOM, peer.who, peer.connection).await.unwrap();
        let sections = [(MICROPHONE_MID, Source::Microphone), (CAMERA_MID, Source::Camera)];
        let publications = sections.map(|(mid, source)| (mid.to_owned(), source)).to_vec();
        let offer = Offer { sdp: peer.offer("abcd", 2, 2), publications };
        peer.answer = plane.offer(peer.connection, offer).await.unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(plane.addresses()[0]).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        socket.send(&peer.nomination()).unwrap();
        let start = Instant::now();
        while peer.outbound.is_none() {
            assert!(start.elapsed() < PATIENCE, "no handshake");
            let arrived = receive(&socket).filter(|datagram| (20..64).contains(&datagram[0]));
            for datagram in peer.dtls.step(Instant::now(), arrived.as_deref()) {
                socket.send(&datagram).unwrap();
            }
            peer.take_keys();
        }
        (peer, socket)
    }

    fn receive(socket: &UdpSocket) -> Option<Vec<u8>> {
        let mut buffer = [0; 2_000];
        socket.recv(&mut buffer).ok().map(|length| buffer[..length].to_vec())
    }

    #[tokio::test]
    async fn peers_on_real_sockets_hear_each_other_only_as_the_table_says() {
        let (plane, mut events) = MediaPlane::start(MediaSettings::loopback()).unwrap();
        plane.open_room(ROOM).await.unwrap();
        let (mut anna, annas) = join(&plane, 1).await;
        let (mut ben, bens) = join(&plane, 2).await;
        let voice = Publication { participant: anna.who, source: Source::Microphone };
        let open = AudienceTable { version: 1, audience: [(voice, [ben.who].into())].into(), grant: None };
        assert_eq!(plane.apply(ROOM, open).await.unwrap(), 1);
        let start = Instant::now();
        while ben.received.is_empty() {
            assert!(start.elapsed() < PATIENCE, "nothing was heard");
            annas.send(&anna.packet(Source::Microphone, b"word")).unwrap();
            while let Ok(event) = events.try_recv() {
                if let MediaEvent::SlotMap { connection, version, .. } = event {
                    plane.acknowledge_slots(connection, version).unwrap();
                }
            }
            if let Some(datagram) = receive(&bens) {
                ben.take(datagram);
            }
        }
        assert_eq!(ben.payloads()[0], b"word");
        plane.apply(ROOM, AudienceTable { version: 2, ..AudienceTable::default() }).await.unwrap();
        let before = plane.statistics().await.unwrap();
        while plane.statistics().await.unwrap().packets_in < before.packets_in + 20 {
            assert!(start.elapsed() < 2 * PATIENCE, "the control: Anna is no longer received");
            annas.send(&anna.packet(Source::Microphone, b"unheard")).unwrap();
        }
        assert_eq!(plane.statistics().await.unwrap().packets_out, before.packets_out);
        plane.disconnect(anna.connection).await.unwrap();
        assert_eq!(
            plane.offer(anna.connection, Offer { sdp: String::new(), publications: vec![] }).await,
            Err(OfferError::Connection(MediaError::UnknownConnection))
        );
        plane.close_room(ROOM).await.unwrap();
        let after = plane.statistics().await.unwrap();
        assert_eq!((after.rooms, after.connections), (0, 0));
    }

    #[tokio::test]
    async fn settings_that_cannot_work_are_refused() {
        let refused = |settings| MediaPlane::start(settings).err();
        let loopback = MediaSettings::loopback;
        assert_eq!(refused(MediaSettings { shards: 0, ..loopback() }), Some(MediaError::Shards));
        let bind = "0.0.0.0:0".parse().unwrap();
        assert_eq!(refused(MediaSettings { bind, ..loopback() }), Some(MediaError::NothingAnnounced));
        let bind = "127.0.0.1:65535".parse().unwrap();
        assert_eq!(refused(MediaSettings { bind, shards: 2, ..loopback() }), Some(MediaError::Shards));
    }
}
