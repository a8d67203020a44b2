//! The case service's calls to the server: JSON over HTTP/1.1, with a fresh token each.

use std::net::SocketAddr;

use accord_case_service::token::TokenSigner;
use accord_room::TenantId;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::case_service::CaseServiceError;
use super::{ISSUER, KEY_ID, TENANT};
use crate::clock::now_ms;

/// Bytes of an answer; ours are far smaller.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// The way to the server's API.
pub(super) struct Client {
    server: SocketAddr,
    signer: TokenSigner,
}

impl Client {
    pub(super) fn new(server: SocketAddr, shared_secret: &str) -> Self {
        Self { server, signer: TokenSigner::with_shared_secret(ISSUER, KEY_ID, shared_secret) }
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, CaseServiceError> {
        self.call(Method::GET, path, Body::empty()).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, CaseServiceError> {
        self.call(Method::POST, path, Body::from(body.to_string())).await
    }

    async fn call(&self, method: Method, path: &str, body: Body) -> Result<Value, CaseServiceError> {
        let failed = |error: &dyn std::fmt::Display| CaseServiceError::Call(format!("{path}: {error}"));
        let token = self.signer.token(&TenantId(TENANT.to_owned()), now_ms() / 1000).map_err(|error| failed(&error))?;
        let stream = TcpStream::connect(self.server).await.map_err(|error| failed(&error))?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
        let connection = tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.server.to_string())
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|error| failed(&error))?;
        let answer = sender.send_request(request).await.map_err(|error| failed(&error))?;
        let status = answer.status();
        let bytes = to_bytes(Body::new(answer.into_body()), ANSWER_BYTES_MAX).await.map_err(|error| failed(&error))?;
        connection.abort();
        if !matches!(status, StatusCode::OK | StatusCode::CREATED) {
            return Err(failed(&format!("{status} {}", String::from_utf8_lossy(&bytes))));
        }
        serde_json::from_slice(&bytes).map_err(|error| failed(&error))
    }
}
