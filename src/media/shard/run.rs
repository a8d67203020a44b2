//! A shard's thread: its socket, its clock, its loop. Sleeps until a datagram, a command or a timer is due; then reads what
//! is there in batches, lets the shard work, and sends.

use std::io::IoSliceMut;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use mio::{Events, Interest, Poll, Token, Waker};
use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use tokio::sync::mpsc;

use super::{Command, Outlet, Shard};
use crate::dtls::Identity;
use crate::error::MediaError;
use crate::event::MediaEvent;
use crate::ice::Path;
use crate::limits::{
    BATCHES_PER_TURN_MAX, COMMANDS_QUEUED_MAX, RECEIVE_BATCH, RECEIVE_BUFFER_BYTES, SOCKET_BUFFER_BYTES, TICK,
};

const SOCKET: Token = Token(0);
const COMMANDS: Token = Token(1);

/// How the rest of the program reaches a shard.
pub(crate) struct ShardHandle {
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) waker: Arc<Waker>,
    pub(crate) thread: Option<std::thread::JoinHandle<()>>,
    pub(crate) address: SocketAddr,
}

/// Binds a socket and starts a shard on it.
pub(crate) fn start(
    number: usize,
    bind: SocketAddr,
    announced: &[IpAddr],
    identity: Identity,
    events: mpsc::Sender<MediaEvent>,
) -> Result<ShardHandle, MediaError> {
    let socket = UdpSocket::bind(bind)?;
    let address = socket.local_addr()?;
    let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
    // What the kernel does not grant costs throughput, not correctness.
    let _ = state.set_recv_buffer_size(UdpSockRef::from(&socket), SOCKET_BUFFER_BYTES);
    let _ = state.set_send_buffer_size(UdpSockRef::from(&socket), SOCKET_BUFFER_BYTES);
    let poll = Poll::new()?;
    let mut wire = Wire { socket: mio::net::UdpSocket::from_std(socket), state };
    poll.registry().register(&mut wire.socket, SOCKET, Interest::READABLE)?;
    let waker = Arc::new(Waker::new(poll.registry(), COMMANDS)?);
    let (commands, inbox) = mpsc::channel(COMMANDS_QUEUED_MAX);
    let candidates = announced.iter().map(|ip| SocketAddr::new(*ip, address.port())).collect();
    let shard = Shard::new(identity, candidates, Instant::now(), SystemTime::now());
    let turns = Turns { shard, wire, poll, inbox, events };
    let thread = std::thread::Builder::new().name(format!("media-{number}")).spawn(move || turns.run())?;
    Ok(ShardHandle { commands, waker, thread: Some(thread), address })
}

/// The socket, with what the kernel can do for it.
struct Wire {
    socket: mio::net::UdpSocket,
    state: UdpSocketState,
}

impl Outlet for Wire {
    fn send(&mut self, path: Path, contents: &[u8], segment_bytes: usize) -> bool {
        let several = contents.len() > segment_bytes;
        if several && self.state.max_gso_segments() <= 1 {
            // A kernel without segmentation gets them one by one.
            let sent = contents.chunks(segment_bytes.max(1)).map(|one| self.send_one(path, one, None));
            return sent.filter(|sent| !sent).count() == 0;
        }
        self.send_one(path, contents, several.then_some(segment_bytes))
    }
}

impl Wire {
    fn send_one(&self, path: Path, contents: &[u8], segment_size: Option<usize>) -> bool {
        let transmit = Transmit { destination: path.remote, ecn: None, contents, segment_size, src_ip: path.local };
        self.state.try_send(UdpSockRef::from(&self.socket), &transmit).is_ok()
    }
}

struct Turns {
    shard: Shard,
    wire: Wire,
    poll: Poll,
    inbox: mpsc::Receiver<Command>,
    events: mpsc::Sender<MediaEvent>,
}

impl Turns {
    /// Runs until every handle is gone.
    fn run(mut self) {
        let mut buffer = vec![0_u8; RECEIVE_BATCH * RECEIVE_BUFFER_BYTES];
        let mut happened = Events::with_capacity(4);
        let mut ticked_at = Instant::now();
        // More may be waiting on the socket than one turn reads.
        let mut more = false;
        loop {
            let sleep = self.sleep(ticked_at, more);
            if self.poll.poll(&mut happened, sleep).is_err() {
                // Interrupted by a signal: look again.
                continue;
            }
            if !self.carry_out_commands() {
                return;
            }
            more = self.read(&mut buffer);
            let now = Instant::now();
            if self.shard.is_busy() && now.saturating_duration_since(ticked_at) >= TICK {
                ticked_at = now;
                self.shard.tick(now, &mut self.wire);
            }
            self.hand_on_events();
        }
    }

    fn sleep(&self, ticked_at: Instant, more: bool) -> Option<Duration> {
        if more {
            Some(Duration::ZERO)
        } else if self.shard.is_busy() || self.shard.has_events() {
            Some(TICK.saturating_sub(ticked_at.elapsed()).max(Duration::from_millis(1)))
        } else {
            None
        }
    }

    /// False when nobody can command any more.
    fn carry_out_commands(&mut self) -> bool {
        loop {
            match self.inbox.try_recv() {
                Ok(command) => self.shard.command(Instant::now(), command, &mut self.wire),
                Err(mpsc::error::TryRecvError::Empty) => return true,
                Err(mpsc::error::TryRecvError::Disconnected) => return false,
            }
        }
    }

    /// Reads what is there, up to a bound; true if there may be more.
    fn read(&mut self, buffer: &mut [u8]) -> bool {
        for _ in 0..BATCHES_PER_TURN_MAX {
            let mut metas = [RecvMeta::default(); RECEIVE_BATCH];
            let received = {
                let mut chunks = buffer.chunks_exact_mut(RECEIVE_BUFFER_BYTES);
                let mut slices: [IoSliceMut<'_>; RECEIVE_BATCH] =
                    std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
                self.wire.state.recv(UdpSockRef::from(&self.wire.socket), &mut slices, &mut metas)
            };
            // Most errors here are ICMP's answers to what we sent; the next read goes on behind them.
            let Ok(received) = received else { return false };
            let now = Instant::now();
            for (at, meta) in metas.iter().take(received).enumerate() {
                let path = Path { remote: meta.addr, local: meta.dst_ip };
                let begin = at * RECEIVE_BUFFER_BYTES;
                // The kernel may have joined several datagrams of one sender.
                let stride = meta.stride.max(1);
                for start in (0..meta.len).step_by(stride) {
                    let range = begin + start..begin + (start + stride).min(meta.len);
                    self.shard.receive(now, path, buffer, range, &mut self.wire);
                    if self.shard.is_full() {
                        self.shard.flush(buffer, &mut self.wire);
                    }
                }
            }
            self.shard.flush(buffer, &mut self.wire);
            self.shard.settle_all(now, &mut self.wire);
            if received < RECEIVE_BATCH {
                return false;
            }
        }
        true
    }

    fn hand_on_events(&mut self) {
        while let Some(event) = self.shard.next_event() {
            // A reader that is gone for good gets nothing; the program is ending.
            if let Err(mpsc::error::TrySendError::Full(event)) = self.events.try_send(event) {
                return self.shard.return_event(event);
            }
        }
    }
}
