//! One person's websocket, from challenge to close.
//!
//! In come frames of `accord.v1`; what is understood goes to the person's [`crate::sitting`], what the sitting says comes
//! back through a bounded queue. A session decides nothing about the room: it checks origin, size, rate and silence, and
//! proves the device key before anybody else hears of the connection.

mod hello;
mod outgoing;
mod rate;

use std::sync::Arc;
use std::time::Duration;

use accord_protocol::frame::Frame;
use accord_protocol::limits::{BINARY_MESSAGE_BYTES_MAX, PING_INTERVAL_MS, SILENCE_MAX_MS, TEXT_MESSAGE_BYTES_MAX};
use accord_protocol::{Closed, FromClient, FromServer};
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

pub use outgoing::{Incoming, Outgoing, Outlet};

use crate::docket::Docket;
use crate::sitting::Seat;
use rate::Bucket;

/// Serves one websocket until it ends. Never fails: whatever goes wrong ends this session alone.
pub async fn serve(mut socket: WebSocket, docket: Arc<Docket>) {
    let (outlet, mut incoming) = outgoing::channel();
    let seat = match hello::greet(&mut socket, &docket, outlet).await {
        Ok(seat) => seat,
        Err(closed) => return close(socket, closed).await,
    };
    let closed = converse(&mut socket, &seat, &mut incoming).await;
    seat.lost().await;
    if let Some(closed) = closed {
        close(socket, closed).await;
    }
}

/// Frames both ways. Returns why the server ends it, or `None` if the client is gone.
async fn converse(socket: &mut WebSocket, seat: &Seat, incoming: &mut Incoming) -> Option<Closed> {
    let mut bucket = Bucket::full(Instant::now());
    let mut pings = interval(Duration::from_millis(PING_INTERVAL_MS));
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silent_until = Instant::now() + Duration::from_millis(SILENCE_MAX_MS);
    loop {
        tokio::select! {
            outgoing = incoming.next() => {
                let message = match outgoing {
                    Outgoing::Text(text) => Message::Text(text.into()),
                    Outgoing::Binary(bytes) => Message::Binary(bytes.into()),
                    Outgoing::Close(closed) => return Some(closed),
                };
                send(socket, message).await.ok()?;
            }
            received = socket.recv() => {
                silent_until = Instant::now() + Duration::from_millis(SILENCE_MAX_MS);
                match received {
                    Some(Ok(Message::Text(text))) => {
                        if !bucket.take(Instant::now()) || text.len() > TEXT_MESSAGE_BYTES_MAX {
                            return Some(Closed::Protocol);
                        }
                        match serde_json::from_str::<FromClient>(&text) {
                            Ok(FromClient::Hello { .. }) | Err(_) => return Some(Closed::Protocol),
                            Ok(message) => seat.tell(message).await,
                        }
                    }
                    Some(Ok(Message::Binary(bytes))) => {
                        if !bucket.take(Instant::now()) || bytes.len() > BINARY_MESSAGE_BYTES_MAX {
                            return Some(Closed::Protocol);
                        }
                        if Frame::parse(&bytes).is_none() {
                            return Some(Closed::Protocol);
                        }
                        seat.frame(bytes).await;
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Err(error)) => {
                        tracing::debug!(kind = %outgoing::fault(&error), "websocket ended by a fault");
                        return outgoing::is_the_clients_fault(&error).then_some(Closed::Protocol);
                    }
                    Some(Ok(Message::Close(_))) | None => return None,
                }
            }
            _ = pings.tick() => send(socket, Message::Ping(Vec::new().into())).await.ok()?,
            () = sleep_until(silent_until) => return None,
        }
    }
}

/// A client that does not read costs itself: past the deadline the session ends.
async fn send(socket: &mut WebSocket, message: Message) -> Result<(), Closed> {
    match tokio::time::timeout(Duration::from_millis(SILENCE_MAX_MS), socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Closed::TooSlow),
    }
}

async fn close(mut socket: WebSocket, reason: Closed) {
    let (code, message) = match reason {
        Closed::InvitationDead => (1008, "this invitation does not open a room; ask the organisation for a new one"),
        Closed::LiveElsewhere => (1008, "this invitation is in use on another device; leave there first"),
        Closed::Replaced => (1000, "this device connected again"),
        Closed::Out => (1000, "you are no longer in the room"),
        Closed::Protocol => (1008, "a message was malformed, too large, or there were too many"),
        Closed::TooSlow => (1008, "messages were not read in time"),
        Closed::Unavailable => (1013, "the server cannot serve now; come back shortly"),
    };
    let farewell = FromServer::Closed { reason, message: message.to_owned() };
    if let Ok(text) = serde_json::to_string(&farewell) {
        // Best effort: the peer may be gone or may not read, and there is nobody left to tell.
        let _ = send(&mut socket, Message::Text(text.into())).await;
    }
    let _ = send(&mut socket, Message::Close(Some(CloseFrame { code, reason: message.into() }))).await;
}
