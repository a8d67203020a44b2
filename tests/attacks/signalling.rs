//! The websocket and HTTP themselves: origins, sizes, floods, headers.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures_util::SinkExt as _;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::server::Server;
use crate::visitor::{Device, Visitor};

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_from_a_foreign_or_missing_origin_is_refused_before_the_upgrade() {
    let server = Server::start().await;
    for origin in [None, Some("http://evil.example"), Some("null"), Some("http://localhost")] {
        let mut request = Request::builder()
            .uri("/ws")
            .header("host", server.address.to_string())
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let (status, _, _) = server.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{origin:?}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oversized_message_ends_its_sender_alone() {
    let server = Server::start().await;
    let room = server.room().await;
    let mut mediator = Visitor::arrive(&server, &room.mediator, &Device::new()).await;
    let mut a = Visitor::arrive(&server, &room.a, &Device::new()).await;
    let _ = a.socket.send(Message::Text("x".repeat(2 * 1024 * 1024).into())).await;
    while let Some(message) = a.next().await {
        assert_eq!(message["reason"], "protocol");
    }
    assert_eq!(mediator.command(json!({ "type": "deliver_notices" })).await["type"], "done");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_messages_ends_its_sender_alone() {
    let server = Server::start().await;
    let room = server.room().await;
    let mut mediator = Visitor::arrive(&server, &room.mediator, &Device::new()).await;
    let mut a = Visitor::arrive(&server, &room.a, &Device::new()).await;
    let command = json!({ "type": "slots_acknowledged", "version": 0 }).to_string();
    for _ in 0..5_000 {
        if a.socket.feed(Message::Text(command.clone().into())).await.is_err() {
            break;
        }
    }
    let _ = a.socket.flush().await;
    while let Some(message) = a.next().await {
        if message["type"] == "closed" {
            assert_eq!(message["reason"], "protocol");
        }
    }
    assert_eq!(mediator.command(json!({ "type": "deliver_notices" })).await["type"], "done");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_json_unknown_messages_and_malformed_frames_end_their_sender_alone() {
    let server = Server::start().await;
    let room = server.room().await;
    let mut mediator = Visitor::arrive(&server, &room.mediator, &Device::new()).await;
    for bad in [
        Message::Text("{".into()),
        Message::Text(r#"{"type":"become_mediator"}"#.into()),
        Message::Text(r#"{"type":"hello","invitation":"","device_key":"","proof":""}"#.into()),
        Message::Binary(vec![9, 9, 9].into()),
    ] {
        let mut a = Visitor::arrive(&server, &room.a, &Device::new()).await;
        a.socket.send(bad).await.unwrap();
        assert_eq!(a.hear("closed").await["reason"], "protocol");
    }
    assert_eq!(mediator.command(json!({ "type": "deliver_notices" })).await["type"], "done");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_forbids_framing_foreign_content_and_being_kept() {
    let server = Server::start().await;
    for path in ["/", "/join", "/api/v1/notices", "/nothing.txt"] {
        let request = Request::builder().uri(path).header("host", "localhost").body(Body::empty()).unwrap();
        let (_, headers, _) = server.send(request).await;
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"), "{path}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("unsafe-eval"), "{path}");
        for name in ["permissions-policy", "referrer-policy", "x-content-type-options", "cache-control"] {
            assert!(headers.contains_key(name), "{path} lacks {name}");
        }
    }
    server.stop().await;
}
