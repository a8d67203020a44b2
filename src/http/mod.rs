//! What is served over HTTP: the web app, the websocket, the notices, and the case services' API.

mod headers;
pub mod serve;

use std::sync::Arc;

use accord_protocol::SUBPROTOCOL;
use accord_protocol::limits::{BINARY_MESSAGE_BYTES_MAX, TEXT_MESSAGE_BYTES_MAX};
use axum::extract::{State, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router, middleware};

use crate::docket::Docket;
use crate::{assets, notices, session};

/// Bytes that a websocket may hold back for a client that does not read, before its session is closed.
const WRITE_BUFFER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Everything this server answers.
pub fn router(docket: Arc<Docket>, case_service: Router) -> Router {
    Router::new()
        .route("/ws", get(websocket))
        .route("/api/v1/notices", get(published_notices))
        .route("/healthz", get(|| async { "ok\n" }))
        .with_state(docket)
        .merge(case_service)
        .fallback(web_app)
        .layer(middleware::map_response(headers::protect))
}

async fn websocket(
    State(docket): State<Arc<Docket>>,
    held: Option<Extension<serve::Held>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    if origin != Some(docket.house().settings.public_origin.as_str()) {
        return (StatusCode::FORBIDDEN, "this websocket is only for the server's own web app\n").into_response();
    }
    let bytes_max = TEXT_MESSAGE_BYTES_MAX.max(BINARY_MESSAGE_BYTES_MAX);
    upgrade
        .protocols([SUBPROTOCOL])
        .max_message_size(bytes_max)
        .max_frame_size(bytes_max)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .on_upgrade(async move |socket| {
            session::serve(socket, docket).await;
            drop(held);
        })
}

async fn published_notices() -> impl IntoResponse {
    Json(notices::published())
}

/// The app's files; every other path without a dot is a page of the app.
async fn web_app(uri: Uri) -> Response {
    let path = uri.path();
    let is_page = !path.contains('.') && !path.starts_with("/api/");
    let asset = if is_page { assets::find("/index.html") } else { assets::find(path) };
    let Some(asset) = asset else {
        return (StatusCode::NOT_FOUND, "there is nothing here\n").into_response();
    };
    let kept = if asset.is_hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = asset.bytes.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    response
}
