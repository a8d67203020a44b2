//! One POST to one checked address: no proxy, no redirect, no pool, no reading of the answer's body.

use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::destination::Destination;
use super::guard::resolve;
use super::webhook::{WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP};
use crate::limits::{ANSWER_HEAD_BYTES_MAX, CONNECT_DEADLINE_MS, DELIVERY_DEADLINE_MS};

/// Sends webhooks.
#[derive(Clone)]
pub struct WebhookClient {
    /// `None` where nobody is trusted: then https is not spoken at all.
    tls: Option<Arc<ClientConfig>>,
}

impl WebhookClient {
    /// Trusts the certificate authorities of this machine (`SSL_CERT_FILE` names others).
    #[expect(clippy::new_without_default, reason = "it reads files")]
    pub fn new() -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let client = if roots.is_empty() { Self { tls: None } } else { Self::with_roots(roots) };
        if client.tls.is_none() {
            tracing::warn!("{}", DeliveryError::NoTrust);
        }
        client
    }

    /// Trusts these certificate authorities.
    pub fn with_roots(roots: RootCertStore) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok().map(|builder| {
                let mut tls = builder.with_root_certificates(roots).with_no_client_auth();
                tls.alpn_protocols = vec![b"http/1.1".to_vec()];
                Arc::new(tls)
            });
        Self { tls }
    }

    /// Signs a body and sends it; returns once the receiver has answered that it holds it (2xx).
    ///
    /// # Errors
    /// [`DeliveryError`]; the receiver may or may not have it, and tells repetitions by the id.
    pub async fn deliver(
        &self,
        destination: &Destination,
        id: &str,
        now_s: u64,
        body: Bytes,
    ) -> Result<(), DeliveryError> {
        let request = request(destination, id, now_s, body)?;
        let answered = timeout(Duration::from_millis(DELIVERY_DEADLINE_MS), self.send(destination, request));
        let status = answered.await.map_err(|_| DeliveryError::TimedOut)??;
        if status.is_success() { Ok(()) } else { Err(DeliveryError::Refused(status.as_u16())) }
    }

    async fn send(
        &self,
        destination: &Destination,
        request: Request<Full<Bytes>>,
    ) -> Result<StatusCode, DeliveryError> {
        let connecting = async {
            let addresses = resolve(destination).await?;
            TcpStream::connect(addresses.as_slice()).await.map_err(|_| DeliveryError::Unreachable)
        };
        let connected = timeout(Duration::from_millis(CONNECT_DEADLINE_MS), connecting);
        let stream = connected.await.map_err(|_| DeliveryError::TimedOut)??;
        if destination.url().scheme() == "http" {
            return exchange(stream, request).await;
        }
        let name = destination.url().host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(name).map_err(|_| DeliveryError::Untrusted)?;
        let connector = TlsConnector::from(self.tls.clone().ok_or(DeliveryError::NoTrust)?);
        let stream = connector.connect(name, stream).await.map_err(|_| DeliveryError::Untrusted)?;
        exchange(stream, request).await
    }
}

fn request(
    destination: &Destination,
    id: &str,
    now_s: u64,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, DeliveryError> {
    let url = destination.url();
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let target: Uri = target.parse().map_err(|_| DeliveryError::Unresolved)?;
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => return Err(DeliveryError::Unresolved),
    };
    Request::builder()
        .method(Method::POST)
        .uri(target)
        .header(HOST, host)
        .header(USER_AGENT, HeaderValue::from_static("accord"))
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header(WEBHOOK_ID, id)
        .header(WEBHOOK_TIMESTAMP, now_s)
        .header(WEBHOOK_SIGNATURE, destination.secret().sign(id, now_s, &body))
        .body(Full::new(body))
        .map_err(|_| DeliveryError::Unresolved)
}

/// Sends the request and reads the answer's head. The connection is dropped with whatever body follows.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<StatusCode, DeliveryError> {
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(ANSWER_HEAD_BYTES_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| DeliveryError::Broken)?;
    let mut answer = std::pin::pin!(sender.send_request(request));
    let answer = tokio::select! {
        answer = &mut answer => answer,
        // The connection may end in the same moment in which the answer arrives.
        _ = connection => answer.await,
    };
    answer.map(|answer| answer.status()).map_err(|_| DeliveryError::Broken)
}

/// Why a webhook was not received. No variant names an address: these words reach logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DeliveryError {
    /// This machine trusts nobody.
    #[error("no certificate authority is trusted here; install ca-certificates or set SSL_CERT_FILE")]
    NoTrust,
    /// No address is configured.
    #[error("no webhook address is configured for this tenant; add one to the settings")]
    NoDestination,
    /// The name has no address.
    #[error("the receiver's name cannot be resolved; check the webhook address")]
    Unresolved,
    /// The name leads to an address that is not public.
    #[error("the receiver's name leads to a private address; list the host in private_webhook_hosts if that is meant")]
    Forbidden,
    /// Nobody answers there.
    #[error("the receiver cannot be reached; it is tried again")]
    Unreachable,
    /// TLS failed.
    #[error("the receiver's certificate is not trusted or names another host; renew it, or trust its authority here")]
    Untrusted,
    /// The connection ended before the answer.
    #[error("the receiver closed the connection without an answer; it is tried again")]
    Broken,
    /// It took too long.
    #[error("the receiver did not answer in time; it is tried again")]
    TimedOut,
    /// It answered, but not with 2xx. A redirect is no receipt.
    #[error("the receiver answered {0}, not 2xx; it is tried again")]
    Refused(u16),
}
