//! A client of `accord.v1` that can misbehave: it signs with a real device key and sends what it is told.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::{SinkExt as _, StreamExt as _};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;

use crate::server::{Invited, Server};

/// Bounds a wait for what must happen; nothing asserts it.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Device(EcdsaKeyPair);

impl Device {
    pub(crate) fn new() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap())
    }

    pub(crate) fn sign(&self, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.0.sign(&SystemRandom::new(), text.as_bytes()).unwrap())
    }

    pub(crate) fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.public_key())
    }
}

pub(crate) struct Visitor {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Everything the server said, in order.
    pub(crate) heard: Vec<Value>,
}

impl Visitor {
    /// A websocket with the server's own origin, before any `hello`.
    pub(crate) async fn connect(server: &Server) -> Self {
        let mut request = format!("ws://{}/ws", server.address).into_client_request().unwrap();
        request.headers_mut().insert("origin", server.origin.parse().unwrap());
        request.headers_mut().insert("sec-websocket-protocol", "accord.v1".parse().unwrap());
        let (socket, _) = connect_async(request).await.unwrap();
        Self { socket, heard: Vec::new() }
    }

    /// Redeems an invitation; ends with the first view or the refusal.
    pub(crate) async fn arrive(server: &Server, invited: &Invited, device: &Device) -> Self {
        let mut visitor = Self::connect(server).await;
        let challenge = visitor.hear("challenge").await;
        let proof = device.sign(&format!("accord.v1 hello {}", challenge["nonce"].as_str().unwrap()));
        let hello = json!({
            "type": "hello", "invitation": invited.secret, "device_key": device.public_key(), "proof": proof,
        });
        visitor.send(&hello).await;
        visitor.until(|message| matches!(message["type"].as_str(), Some("view" | "closed"))).await;
        visitor
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        // A server that has closed already will be heard to have done so.
        let _ = self.socket.send(Message::Text(message.to_string().into())).await;
    }

    /// Gives a command; returns `done` or `refused`.
    pub(crate) async fn command(&mut self, command: Value) -> Value {
        let id = Uuid::new_v4().to_string();
        self.send(&json!({ "type": "command", "id": id, "command": command })).await;
        self.until(|message| message["id"] == id || message["type"] == "closed").await
    }

    pub(crate) async fn hear(&mut self, kind: &str) -> Value {
        self.until(|message| message["type"] == kind).await
    }

    /// The next message that fits; every message on the way is kept.
    pub(crate) async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let Some(message) = self.next().await else {
                panic!("the connection ended; heard: {:?}", self.heard);
            };
            if fits(&message) {
                return message;
            }
        }
    }

    /// The next text message, or `None` once the server has closed.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            let received = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            match received.expect("the server said nothing for too long") {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    self.heard.push(message.clone());
                    return Some(message);
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    pub(crate) fn last(&self, kind: &str) -> &Value {
        self.heard.iter().rev().find(|message| message["type"] == kind).unwrap()
    }
}
