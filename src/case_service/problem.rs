//! Errors of the API as problem details (RFC 9457): a stable `type` for programs, a `remedy` for people.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::authentication::TokenRefusal;

/// A problem, as `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// What kind; stable, for programs: `urn:accord:problem:` and a slug.
    #[serde(rename = "type")]
    #[schema(example = "urn:accord:problem:not-found")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// What exactly.
    pub detail: String,
    /// What to do.
    pub remedy: String,
}

/// The kinds of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    Unauthenticated,
    NotFound,
    NoResult,
    Malformed,
    TooLarge,
    BadCharter,
    ReferenceTaken,
    Refused,
    Unavailable,
}

impl Problem {
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        let (status, slug, title, remedy) = kind.row();
        Self {
            kind: format!("urn:accord:problem:{slug}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            remedy: remedy.to_owned(),
        }
    }

    /// The one answer for what does not exist and for what exists in another tenant: byte for byte the same.
    pub(crate) fn not_found() -> Self {
        Self::new(ProblemKind::NotFound, "there is no such room or person")
    }
}

impl ProblemKind {
    const fn row(self) -> (StatusCode, &'static str, &'static str, &'static str) {
        match self {
            Self::Unauthenticated => (
                StatusCode::UNAUTHORIZED,
                "unauthenticated",
                "The service is not authenticated",
                "send a fresh token signed with a key that the operator has for you",
            ),
            Self::NotFound => {
                (StatusCode::NOT_FOUND, "not-found", "Not found", "use an identifier that creating the room returned")
            }
            Self::NoResult => (
                StatusCode::NOT_FOUND,
                "no-result",
                "There is no such result",
                "wait for the webhook, or look at the room's results",
            ),
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                "malformed",
                "The request cannot be understood",
                "send JSON as described in the OpenAPI document",
            ),
            Self::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The request is too large", "send at most 1 MiB")
            }
            Self::BadCharter => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "bad-charter",
                "No room can be founded on this",
                "correct what the detail names and create the room again",
            ),
            Self::ReferenceTaken => (
                StatusCode::CONFLICT,
                "reference-taken",
                "The reference names another room",
                "use a new reference, or repeat the first request unchanged",
            ),
            Self::Refused => (
                StatusCode::CONFLICT,
                "refused",
                "The room does not allow this now",
                "look at the room's phase; nothing has changed",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Not available now",
                "nothing has changed; try again shortly",
            ),
        }
    }
}

impl From<TokenRefusal> for Problem {
    fn from(refusal: TokenRefusal) -> Self {
        Self::new(ProblemKind::Unauthenticated, refusal.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
