//! What a case service may ask: the API's [`Rooms`], carried out by the docket. Another tenant's room does not exist here.

use std::sync::Arc;

use accord_case_service::api::{
    Api, Creation, Founding, RoomCreated, RoomStatus, Rooms, RoomsError, router as api_router,
};
use accord_case_service::authentication::{KeySettingsError, ServiceKeys};
use accord_evidence::Journal;
use accord_room::{
    Action, Actor, Command, CommandId, Handback, InvitationId, ParticipantId, Refusal, RoomId, State, TenantId,
};
use accord_store::{Creation as StoreCreation, Effect, NewRoom, RoomKey};
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use uuid::Uuid;

use crate::clock::now_ms;
use crate::docket::{Docket, OpenError};
use crate::handback;
use crate::sitting::{Setback, log};

/// Why the API could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum RoomsSettingsError {
    /// A service's keys.
    #[error(transparent)]
    Keys(#[from] KeySettingsError),
    /// The public origin.
    #[error("public_origin is not an address: {0}; write scheme, host and port, for example https://accord.example")]
    Origin(#[from] url::ParseError),
}

/// The case services' API and the organisations' public keys.
///
/// # Errors
/// [`RoomsSettingsError`].
pub fn router(docket: Arc<Docket>) -> Result<Router, RoomsSettingsError> {
    let settings = &docket.house().settings;
    let api = Api {
        keys: ServiceKeys::new(&settings.services)?,
        public_url: settings.public_origin.parse()?,
        now_s: || now_ms() / 1000,
        rooms: CaseRooms(Arc::clone(&docket)),
    };
    let keys = Router::new().route("/.well-known/accord/keys/{tenant}", get(public_keys)).with_state(docket);
    Ok(api_router(Arc::new(api)).merge(keys))
}

/// What somebody needs to check a bundle: public keys alone, and only of organisations that this server works for.
async fn public_keys(Shared(docket): Shared<Arc<Docket>>, Path(tenant): Path<String>) -> impl IntoResponse {
    let settings = &docket.house().settings;
    let is_ours = settings.services.iter().flat_map(|service| &service.tenants).any(|ours| ours.0 == tenant);
    if !is_ours {
        return (StatusCode::NOT_FOUND, "there is no such organisation here\n").into_response();
    }
    match docket.house().keys.public_keys(&tenant) {
        Ok(keys) => Json(keys).into_response(),
        Err(error) => {
            tracing::error!(%error, "public keys cannot be read");
            (StatusCode::SERVICE_UNAVAILABLE, "the keys cannot be read now\n").into_response()
        }
    }
}

struct CaseRooms(Arc<Docket>);

impl CaseRooms {
    async fn serve(&self, key: &RoomKey, action: Action, effects: Vec<Effect>) -> Result<(), RoomsError> {
        let door = self.0.door(key).await?;
        door.serve(action, effects).await.map_err(|setback| match setback {
            Setback::Refused(Refusal::NoSuchPerson) => RoomsError::NotFound,
            Setback::Refused(refusal) => RoomsError::Refused(refusal),
            Setback::Session { .. } | Setback::Unavailable => RoomsError::Unavailable,
        })
    }
}

impl From<OpenError> for RoomsError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::NoSuchRoom => Self::NotFound,
            OpenError::Refused(refusal) => Self::Refused(refusal),
            OpenError::Unavailable => Self::Unavailable,
        }
    }
}

impl Rooms for CaseRooms {
    async fn create(&self, founding: Founding) -> Result<Creation, RoomsError> {
        let unavailable = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "a room could not be created");
            RoomsError::Unavailable
        };
        let key = RoomKey { tenant: founding.charter.tenant.clone(), room: founding.room() };
        let at_ms = now_ms();
        let command = Command {
            id: CommandId(Uuid::new_v4()),
            actor: Actor::Service,
            action: Action::Found(Box::new(founding.charter)),
            fresh: Uuid::new_v4(),
        };
        let recorded = State::default().decide(&command, at_ms)?;
        let mut journal = Journal::resume(key.tenant.0.clone(), key.room.to_string(), []);
        let room = NewRoom {
            events: log::entries(&mut journal, &recorded).map_err(|error| unavailable(&error))?,
            key,
            reference: founding.reference,
            request_digest: founding.request_digest,
            receipt: serde_json::to_vec(&founding.answer).map_err(|error| unavailable(&error))?,
            at_ms,
            effects: Vec::new(),
        };
        match self.0.house().store.create_room(room).await.map_err(|error| unavailable(&error))? {
            StoreCreation::Created { .. } => Ok(Creation::New(founding.answer)),
            StoreCreation::Existing { request_digest, receipt, .. } if request_digest == founding.request_digest => {
                let first: RoomCreated = serde_json::from_slice(&receipt).map_err(|error| unavailable(&error))?;
                Ok(Creation::Repeated(first))
            }
            StoreCreation::Existing { .. } => Err(RoomsError::ReferenceTaken),
        }
    }

    async fn status(&self, tenant: &TenantId, room: RoomId) -> Result<RoomStatus, RoomsError> {
        let state = self.0.state(&RoomKey { tenant: tenant.clone(), room }).await?;
        Ok(RoomStatus::of(room, &state))
    }

    async fn invite(
        &self,
        tenant: &TenantId,
        room: RoomId,
        participant: ParticipantId,
        secret_hash: [u8; 32],
    ) -> Result<InvitationId, RoomsError> {
        let invitation = InvitationId(Uuid::new_v4());
        let effect = Effect::Invite { invitation, participant, secret_hash, at_ms: now_ms() };
        let key = RoomKey { tenant: tenant.clone(), room };
        self.serve(&key, Action::Invite { participant, invitation }, vec![effect]).await?;
        Ok(invitation)
    }

    async fn revoke(&self, tenant: &TenantId, room: RoomId, participant: ParticipantId) -> Result<(), RoomsError> {
        let effect = Effect::Revoke { participant, at_ms: now_ms() };
        let key = RoomKey { tenant: tenant.clone(), room };
        self.serve(&key, Action::Revoke { participant }, vec![effect]).await
    }

    async fn result(&self, tenant: &TenantId, room: RoomId, number: usize) -> Result<Bytes, RoomsError> {
        let key = RoomKey { tenant: tenant.clone(), room };
        let state = self.0.state(&key).await?;
        let handback = Handback::of(&state).ok_or(RoomsError::NoResult)?;
        let case = number.checked_sub(1).and_then(|index| handback.cases.get(index)).ok_or(RoomsError::NoResult)?;
        match handback::bundle(self.0.house(), &key, case.case_number.as_deref()).await {
            Ok(bundle) => Ok(bundle.into()),
            Err(error) => {
                tracing::error!(%error, "a result could not be made");
                Err(RoomsError::Unavailable)
            }
        }
    }
}
