//! The handlers, generic over [`Rooms`].

use std::sync::Arc;

use accord_room::{ParticipantId, RoomId};
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{DefaultBodyLimit, FromRequestParts, Json, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::{CreateRoom, Creation, RoomCreated, RoomStatus, Rooms, RoomsError};
use crate::authentication::{Caller, ServiceKeys, TokenRefusal};
use crate::limits::REQUEST_BYTES_MAX;
use crate::problem::{Problem, ProblemKind};
use crate::secret::InvitationSecret;

/// What the handlers share.
pub struct Api<R> {
    /// The rooms.
    pub rooms: R,
    /// The keys that open the API.
    pub keys: ServiceKeys,
    /// Where browsers reach this server; links begin with it.
    pub public_url: Url,
    /// The time, s since the epoch.
    pub now_s: fn() -> u64,
}

/// The API under `/api/v1`.
pub fn router<R: Rooms>(api: Arc<Api<R>>) -> Router {
    Router::new()
        .route("/api/v1/rooms", post(create_room::<R>))
        .route("/api/v1/rooms/{room}", get(room_status::<R>))
        .route("/api/v1/rooms/{room}/invitations", post(invite::<R>))
        .route("/api/v1/rooms/{room}/invitations/{participant}", delete(revoke::<R>))
        .route("/api/v1/rooms/{room}/results/{number}", get(result::<R>))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(api)
}

/// Who gets an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// The person, as creating the room named them.
    pub participant: Uuid,
}

/// An invitation. Its link is shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    /// Its id.
    pub invitation: Uuid,
    /// The link for the person; the secret is in its fragment. Whoever has it is that person to the server until the
    /// mediator looks.
    #[schema(example = "https://accord.example/join#oS7…")]
    pub link: String,
}

/// Creates a room for a case.
///
/// Idempotent by `reference`: sent again, the same request is answered with the same room and status 200.
#[utoipa::path(
    post,
    path = "/api/v1/rooms",
    tag = "rooms",
    request_body = CreateRoom,
    responses(
        (status = 201, description = "The room exists.", body = RoomCreated),
        (status = 200, description = "The same request had created it before.", body = RoomCreated),
        (status = 400, description = "Not understood.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Not authenticated.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The reference names another room.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No room can be founded on this.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not now; try again.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create_room<R: Rooms>(
    State(api): State<Arc<Api<R>>>,
    caller: Caller,
    body: Result<Json<CreateRoom>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(request) = body?;
    let founding = request
        .into_founding(caller.tenant)
        .map_err(|error| Problem::new(ProblemKind::BadCharter, error.to_string()))?;
    Ok(match api.rooms.create(founding).await? {
        Creation::New(created) => (StatusCode::CREATED, Json(created)).into_response(),
        Creation::Repeated(created) => Json(created).into_response(),
    })
}

/// How far a room is, and whether it settled. Never what was said.
#[utoipa::path(
    get,
    path = "/api/v1/rooms/{room}",
    tag = "rooms",
    params(("room" = Uuid, Path, description = "The room.")),
    responses(
        (status = 200, description = "The room.", body = RoomStatus),
        (status = 401, description = "Not authenticated.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such room of this tenant.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not now; try again.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn room_status<R: Rooms>(
    State(api): State<Arc<Api<R>>>,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(room) = path?;
    let status = api.rooms.status(&caller.tenant, room_id(&room)?).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(status)).into_response())
}

/// Gives a person a new invitation; an older one of theirs opens nothing any more.
#[utoipa::path(
    post,
    path = "/api/v1/rooms/{room}/invitations",
    tag = "invitations",
    params(("room" = Uuid, Path, description = "The room.")),
    request_body = NewInvitation,
    responses(
        (status = 201, description = "The invitation, with its link, shown this once.", body = Invitation),
        (status = 400, description = "Not understood.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Not authenticated.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such room or person of this tenant.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The room does not allow it now.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not now; try again.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn invite<R: Rooms>(
    State(api): State<Arc<Api<R>>>,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
    body: Result<Json<NewInvitation>, JsonRejection>,
) -> Result<Response, Problem> {
    let Path(room) = path?;
    let room = room_id(&room)?;
    let Json(NewInvitation { participant }) = body?;
    let secret = InvitationSecret::fresh().ok_or(RoomsError::Unavailable)?;
    let invitation = api.rooms.invite(&caller.tenant, room, ParticipantId(participant), secret.hash()).await?;
    let answer = Invitation { invitation: invitation.0, link: secret.link(&api.public_url).into() };
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

/// Takes a person's invitation back; the person is out at once. Idempotent.
#[utoipa::path(
    delete,
    path = "/api/v1/rooms/{room}/invitations/{participant}",
    tag = "invitations",
    params(
        ("room" = Uuid, Path, description = "The room."),
        ("participant" = Uuid, Path, description = "The person."),
    ),
    responses(
        (status = 204, description = "No invitation of theirs opens the room."),
        (status = 401, description = "Not authenticated.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such room or person of this tenant.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not now; try again.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn revoke<R: Rooms>(
    State(api): State<Arc<Api<R>>>,
    caller: Caller,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path((room, participant)) = path?;
    let participant = participant.parse().map_err(|_| Problem::not_found())?;
    api.rooms.revoke(&caller.tenant, room_id(&room)?, participant).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The bundle of a result: outcome, papers, signatures, evidence; `accord verify` checks it offline.
#[utoipa::path(
    get,
    path = "/api/v1/rooms/{room}/results/{number}",
    tag = "results",
    params(
        ("room" = Uuid, Path, description = "The room."),
        ("number" = usize, Path, description = "The result's number, from 1, as in the room's status."),
    ),
    responses(
        (status = 200, description = "The bundle.", body = [u8], content_type = "application/zip"),
        (status = 401, description = "Not authenticated.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such room of this tenant, or no such result yet.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not now; try again.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn result<R: Rooms>(
    State(api): State<Arc<Api<R>>>,
    caller: Caller,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let Path((room, number)) = path?;
    let room = room_id(&room)?;
    let number = number.parse().map_err(|_| RoomsError::NoResult);
    // An unknown room comes before a bad number, so that the number tells nothing about rooms of others.
    let bundle: Bytes = match number {
        Ok(number) => api.rooms.result(&caller.tenant, room, number).await?,
        Err(error) => {
            api.rooms.status(&caller.tenant, room).await?;
            return Err(error.into());
        }
    };
    Ok(([(CONTENT_TYPE, "application/zip"), (CACHE_CONTROL, "no-store")], bundle).into_response())
}

/// A malformed id is as unknown as any other.
fn room_id(text: &str) -> Result<RoomId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

impl<R: Rooms> FromRequestParts<Arc<Api<R>>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api<R>>) -> Result<Self, Problem> {
        let token = bearer(&parts.headers).ok_or(TokenRefusal::Missing)?;
        Ok(api.keys.check(token, (api.now_s)())?)
    }
}

/// The one bearer token (RFC 6750); two `Authorization` headers are none.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl From<RoomsError> for Problem {
    fn from(error: RoomsError) -> Self {
        let detail = error.to_string();
        match error {
            RoomsError::NotFound | RoomsError::Refused(accord_room::Refusal::NoSuchPerson) => Self::not_found(),
            RoomsError::ReferenceTaken => Self::new(ProblemKind::ReferenceTaken, detail),
            RoomsError::NoResult => Self::new(ProblemKind::NoResult, detail),
            RoomsError::Refused(accord_room::Refusal::BadCharter { detail }) => {
                Self::new(ProblemKind::BadCharter, detail)
            }
            RoomsError::Refused(_) => Self::new(ProblemKind::Refused, detail),
            RoomsError::Unavailable => Self::new(ProblemKind::Unavailable, detail),
        }
    }
}

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::not_found()
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let kind = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ProblemKind::TooLarge,
            _ => ProblemKind::Malformed,
        };
        Self::new(kind, rejection.body_text())
    }
}
