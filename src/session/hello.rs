//! The greeting: a challenge, an invitation, a proof of the device key. Unknown, revoked and spent invitations get one
//! answer, in one class of time.

use std::time::Duration;

use accord_evidence::{DeviceKey, Signature};
use accord_protocol::limits::{HELLO_DEADLINE_MS, TEXT_MESSAGE_BYTES_MAX};
use accord_protocol::{Closed, FromClient, FromServer};
use accord_room::Refusal;
use axum::extract::ws::{Message, WebSocket};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};

use super::outgoing::Outlet;
use crate::docket::{Docket, OpenError};
use crate::sitting::Seat;

/// What the proof signs, before the nonce.
const PROOF_CONTEXT: &str = "accord.v1 hello ";
/// Characters of an invitation's secret; ours have 43.
const SECRET_CHARS_MAX: usize = 128;

/// Greets a client and takes its seat.
pub(super) async fn greet(socket: &mut WebSocket, docket: &Docket, outlet: Outlet) -> Result<Seat, Closed> {
    let mut nonce = [0; 32];
    SystemRandom::new().fill(&mut nonce).map_err(|_| Closed::Unavailable)?;
    let nonce = URL_SAFE_NO_PAD.encode(nonce);
    let challenge = serde_json::to_string(&FromServer::Challenge { nonce: nonce.clone() });
    super::send(socket, Message::Text(challenge.map_err(|_| Closed::Unavailable)?.into())).await?;

    let hello = tokio::time::timeout(Duration::from_millis(HELLO_DEADLINE_MS), first_text(socket));
    let text = hello.await.map_err(|_| Closed::Protocol)?.ok_or(Closed::Protocol)?;
    let Ok(FromClient::Hello { invitation, device_key, proof }) = serde_json::from_str(&text) else {
        return Err(Closed::Protocol);
    };
    let device_key: DeviceKey = device_key.parse().map_err(|_| Closed::Protocol)?;
    let proof: Signature = proof.parse().map_err(|_| Closed::Protocol)?;
    if !device_key.verifies(format!("{PROOF_CONTEXT}{nonce}").as_bytes(), &proof) {
        return Err(Closed::Protocol);
    }
    if invitation.len() > SECRET_CHARS_MAX {
        return Err(Closed::InvitationDead);
    }
    docket.arrive(&invitation, &device_key, outlet).await.map_err(|error| match error {
        OpenError::Refused(Refusal::LiveElsewhere) => Closed::LiveElsewhere,
        OpenError::Refused(_) | OpenError::NoSuchRoom => Closed::InvitationDead,
        OpenError::Unavailable => Closed::Unavailable,
    })
}

async fn first_text(socket: &mut WebSocket) -> Option<String> {
    loop {
        match socket.recv().await? {
            Ok(Message::Text(text)) if text.len() <= TEXT_MESSAGE_BYTES_MAX => return Some(text.as_str().to_owned()),
            Ok(Message::Ping(_) | Message::Pong(_)) => {}
            Ok(Message::Text(_) | Message::Binary(_) | Message::Close(_)) | Err(_) => return None,
        }
    }
}
