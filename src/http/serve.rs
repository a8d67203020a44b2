//! Accepting connections: deadlines and caps that a plain accept loop lacks, so that idle and half-open clients cost
//! themselves.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use dashmap::DashMap;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::Service as _;

/// Connections at once.
const CONNECTIONS_MAX: usize = 10_000;
/// Connections at once from one address. Courts and companies share one. Loopback, where a proxy in front comes from, is
/// not counted: the proxy counts.
const CONNECTIONS_PER_ADDRESS_MAX: u32 = 512;
/// From connecting, or from the end of a request, to the end of the next request's headers, ms.
const HEADERS_DEADLINE_MS: u64 = 15_000;
/// From its headers to the end of a request's body and the beginning of its answer, ms.
const REQUEST_DEADLINE_MS: u64 = 60_000;
/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// How long connections may take to end once the server stops, ms.
const STOP_DEADLINE_MS: u64 = 5_000;

/// Serves until told to stop; returns when the last connection has ended or the deadline has passed.
pub async fn serve(listener: TcpListener, app: Router, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let per_address: Arc<DashMap<IpAddr, u32>> = Arc::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stop) => break,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: ending connections will free some.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let Some(guest) = Guest::enter(&per_address, address) else { continue };
        let held = Held(Arc::new((place, guest)));
        tokio::spawn(connection(stream, app.clone(), stop.clone(), held));
    }
    let everybody = u32::try_from(CONNECTIONS_MAX).unwrap_or(u32::MAX);
    let ended = tokio::time::timeout(Duration::from_millis(STOP_DEADLINE_MS), places.acquire_many(everybody)).await;
    if ended.is_err() {
        tracing::info!("some connections did not end in time");
    }
}

/// A connection's place among the counted ones. A websocket, which outlives its HTTP connection, takes a share of it.
#[derive(Clone)]
pub struct Held(#[expect(dead_code, reason = "counted while it lives")] Arc<(OwnedSemaphorePermit, Guest)>);

async fn connection(stream: TcpStream, app: Router, mut stop: watch::Receiver<bool>, held: Held) {
    // Interactive messages are small and must not wait for each other.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let (mut app, held) = (app.clone(), held.clone());
        async move {
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(held);
            let answer = tokio::time::timeout(Duration::from_millis(REQUEST_DEADLINE_MS), app.call(request)).await;
            answer.unwrap_or_else(|_| {
                let mut late = axum::response::Response::new(Body::empty());
                *late.status_mut() = axum::http::StatusCode::REQUEST_TIMEOUT;
                Ok(late)
            })
        }
    });
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(HEADERS_DEADLINE_MS))
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut serving = std::pin::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stopped(&mut stop) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(kind = if error.is_timeout() { "timeout" } else { "fault" }, "a connection ended early");
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Only an end of the channel is an error, and that is a stop as well.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// One connection of an address, counted while it lasts.
struct Guest {
    per_address: Arc<DashMap<IpAddr, u32>>,
    address: IpAddr,
}

impl Guest {
    fn enter(per_address: &Arc<DashMap<IpAddr, u32>>, address: SocketAddr) -> Option<Self> {
        let address = address.ip();
        let mut count = per_address.entry(address).or_default();
        if *count >= CONNECTIONS_PER_ADDRESS_MAX && !address.is_loopback() {
            return None;
        }
        *count += 1;
        Some(Self { per_address: Arc::clone(per_address), address })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        if let Some(mut count) = self.per_address.get_mut(&self.address) {
            *count = count.saturating_sub(1);
        }
        self.per_address.remove_if(&self.address, |_, count| *count == 0);
    }
}
