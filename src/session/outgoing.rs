//! What waits to be sent to one person: a bounded queue that never makes the room wait. A client that does not read
//! fills its own queue and is closed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use accord_protocol::limits::OUTGOING_MESSAGES_MAX;
use accord_protocol::{Closed, FromServer};
use tokio::sync::{Notify, mpsc};

/// One message for one person.
#[derive(Debug)]
pub enum Outgoing {
    /// JSON text.
    Text(String),
    /// A binary frame.
    Binary(Vec<u8>),
    /// Nothing more; the session says why and ends.
    Close(Closed),
}

/// The room's end: says things, never waits.
#[derive(Clone, Debug)]
pub struct Outlet {
    queue: mpsc::Sender<Outgoing>,
    ending: Arc<Ending>,
}

/// The session's end.
#[derive(Debug)]
pub struct Incoming {
    queue: mpsc::Receiver<Outgoing>,
    ending: Arc<Ending>,
}

#[derive(Debug, Default)]
struct Ending {
    reason: AtomicU8,
    notify: Notify,
    queued_bytes: AtomicUsize,
}

/// Bytes that may wait for one client; a single larger paper passes alone.
const QUEUED_BYTES_MAX: usize = 8 * 1024 * 1024;

pub(super) fn channel() -> (Outlet, Incoming) {
    let (sender, receiver) = mpsc::channel(OUTGOING_MESSAGES_MAX);
    let ending = Arc::new(Ending::default());
    (Outlet { queue: sender, ending: Arc::clone(&ending) }, Incoming { queue: receiver, ending })
}

impl Outgoing {
    const fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
            Self::Close(_) => 0,
        }
    }
}

impl Outlet {
    /// Says something.
    pub fn say(&self, message: &FromServer) {
        match serde_json::to_string(message) {
            Ok(text) => self.push(Outgoing::Text(text)),
            Err(error) => {
                tracing::error!(%error, "a message could not be written as JSON");
                self.end(Closed::Unavailable);
            }
        }
    }

    /// Sends a binary frame.
    pub fn frame(&self, bytes: Vec<u8>) {
        self.push(Outgoing::Binary(bytes));
    }

    /// Ends the session after what is queued.
    pub fn close(&self, reason: Closed) {
        self.push(Outgoing::Close(reason));
    }

    fn push(&self, message: Outgoing) {
        let bytes = message.bytes();
        let waiting = self.ending.queued_bytes.fetch_add(bytes, Ordering::AcqRel);
        if waiting > 0 && waiting + bytes > QUEUED_BYTES_MAX {
            return self.end(Closed::TooSlow);
        }
        match self.queue.try_send(message) {
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => {}
            Err(mpsc::error::TrySendError::Full(_)) => self.end(Closed::TooSlow),
        }
    }

    /// Ends the session now, past whatever is queued.
    fn end(&self, reason: Closed) {
        self.ending.reason.store(if reason == Closed::TooSlow { 1 } else { 2 }, Ordering::Release);
        self.ending.notify.notify_one();
    }
}

impl Incoming {
    pub(super) async fn next(&mut self) -> Outgoing {
        tokio::select! {
            biased;
            () = self.ending.notify.notified() => {
                let is_slow = self.ending.reason.load(Ordering::Acquire) == 1;
                Outgoing::Close(if is_slow { Closed::TooSlow } else { Closed::Unavailable })
            }
            message = self.queue.recv() => {
                let message = message.unwrap_or(Outgoing::Close(Closed::Unavailable));
                self.ending.queued_bytes.fetch_sub(message.bytes(), Ordering::AcqRel);
                message
            }
        }
    }
}

/// A fault's kind, without anything of its content.
pub(super) fn fault(error: &axum::Error) -> &'static str {
    if is_the_clients_fault(error) { "protocol" } else { "connection" }
}

/// Whether the websocket layer refused what the client sent (size, malformed frames), so that a farewell makes sense.
pub(super) fn is_the_clients_fault(error: &axum::Error) -> bool {
    let text = error.to_string();
    !(text.contains("Connection") || text.contains("connection") || text.contains("IO error"))
}
