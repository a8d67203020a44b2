//! A real server on loopback with a fresh data folder, and the case service's side of its API.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

use accord::server;
use accord::settings::{MediaPart, Settings};
use accord_case_service::authentication::{ServiceSettings, SharedSecretSettings};
use accord_case_service::token::TokenSigner;
use accord_room::TenantId;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;

const SECRET: &str = "a shared secret of more than thirty-two bytes";

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) origin: String,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
    _data: TempDir,
}

/// A room of two parties, a mediator, an observer and a seal officer, and each one's secret.
pub(crate) struct Room {
    pub(crate) id: String,
    pub(crate) a: Invited,
    pub(crate) b: Invited,
    pub(crate) mediator: Invited,
}

#[derive(Clone)]
pub(crate) struct Invited {
    pub(crate) participant: String,
    pub(crate) secret: String,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let address = free_tcp();
        let origin = format!("http://localhost:{}", address.port());
        let settings = Settings {
            listen: address,
            public_origin: origin.clone(),
            data: data.path().to_owned(),
            media: MediaPart { listen: free_udp(), announced: Vec::new(), shards: 1 },
            ice: Vec::new(),
            services: ["one", "two"].into_iter().map(service).collect(),
            webhooks: Vec::new(),
            private_webhook_hosts: Vec::new(),
        };
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(async move { server::run(settings, stopped).await.unwrap() });
        let server = Self { address, origin, stop, running, _data: data };
        for _ in 0..200 {
            if TcpStream::connect(address).await.is_ok() {
                return server;
            }
            assert!(!server.running.is_finished(), "the server ended");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server did not come up");
    }

    pub(crate) async fn stop(self) {
        self.stop.send(true).unwrap();
        self.running.await.unwrap();
    }

    pub(crate) async fn room(&self) -> Room {
        let person = |reference: &str, name: &str, role: &str| json!({ "reference": reference, "name": name, "role": role, "identity": { "method": "证件核验" } });
        let request = json!({
            "reference": uuid::Uuid::new_v4().to_string(),
            "organisation": "调解委员会",
            "case_numbers": ["（2026）民初1号"],
            "cause": "合同纠纷",
            "people": [
                person("a", "甲方当事人", "party"),
                person("b", "乙方当事人", "party"),
                person("m", "主持调解员", "presiding_mediator"),
                person("s", "用印人", "seal_officer"),
            ],
            "confidentiality": "confidential",
            "recording": "unanimous_consent",
        });
        let (status, created) = self.call("one", Method::POST, "/api/v1/rooms", request).await;
        assert_eq!(status, StatusCode::CREATED, "{created}");
        let id = created["room"].as_str().unwrap().to_owned();
        let mut invited = Vec::new();
        for index in 0..3 {
            let participant = created["people"][index]["participant"].as_str().unwrap().to_owned();
            invited.push(self.invite(&id, &participant).await);
        }
        let [a, b, mediator] = invited.try_into().unwrap_or_else(|_| panic!("three people"));
        Room { id, a, b, mediator }
    }

    pub(crate) async fn invite(&self, room: &str, participant: &str) -> Invited {
        let path = format!("/api/v1/rooms/{room}/invitations");
        let (status, invitation) = self.call("one", Method::POST, &path, json!({ "participant": participant })).await;
        assert_eq!(status, StatusCode::CREATED, "{invitation}");
        let secret = invitation["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
        Invited { participant: participant.to_owned(), secret }
    }

    /// A call of a tenant's case service.
    pub(crate) async fn call(&self, tenant: &str, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let now_s = accord::clock::now_ms() / 1000;
        let signer = TokenSigner::with_shared_secret(tenant, tenant, SECRET);
        let token = signer.token(&TenantId(tenant.to_owned()), now_s).unwrap();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.address.to_string())
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let (status, _, bytes) = self.send(request).await;
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> (StatusCode, axum::http::HeaderMap, Vec<u8>) {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        let answer = sender.send_request(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(Body::new(body), 1 << 20).await.unwrap();
        connection.abort();
        (parts.status, parts.headers, bytes.to_vec())
    }
}

fn service(tenant: &str) -> ServiceSettings {
    ServiceSettings {
        issuer: tenant.to_owned(),
        tenants: vec![TenantId(tenant.to_owned())],
        key_set: None,
        shared_secret: Some(SharedSecretSettings { key_id: tenant.to_owned(), secret: SECRET.to_owned() }),
    }
}

fn free_tcp() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn free_udp() -> SocketAddr {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
