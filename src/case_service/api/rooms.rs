//! What the API needs of the program behind it.

use accord_room::{InvitationId, ParticipantId, Refusal, RoomId, TenantId};
use axum::body::Bytes;
use thiserror::Error;

use crate::api::{Founding, RoomCreated, RoomStatus};

/// The rooms, as the API asks for them. The tenant is always the caller's own; an implementation answers
/// [`RoomsError::NotFound`] for a room of another tenant exactly as for one that does not exist.
pub trait Rooms: Send + Sync + 'static {
    /// Founds a room, durably. Idempotent by tenant and reference: with the same `request_digest` the first answer is
    /// returned again, with another one [`RoomsError::ReferenceTaken`].
    fn create(&self, founding: Founding) -> impl Future<Output = Result<Creation, RoomsError>> + Send;

    /// A room's status.
    fn status(&self, tenant: &TenantId, room: RoomId) -> impl Future<Output = Result<RoomStatus, RoomsError>> + Send;

    /// Gives a person a new invitation, known by the hash of its secret; an older one is dead.
    fn invite(
        &self,
        tenant: &TenantId,
        room: RoomId,
        participant: ParticipantId,
        secret_hash: [u8; 32],
    ) -> impl Future<Output = Result<InvitationId, RoomsError>> + Send;

    /// Takes a person's invitation back. Idempotent.
    fn revoke(
        &self,
        tenant: &TenantId,
        room: RoomId,
        participant: ParticipantId,
    ) -> impl Future<Output = Result<(), RoomsError>> + Send;

    /// The bundle of a room's result, numbered from 1 as in the status.
    fn result(
        &self,
        tenant: &TenantId,
        room: RoomId,
        number: usize,
    ) -> impl Future<Output = Result<Bytes, RoomsError>> + Send;
}

/// What became of a founding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Creation {
    /// The room is new.
    New(RoomCreated),
    /// The same request had created it before.
    Repeated(RoomCreated),
}

/// Why a room did not do it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RoomsError {
    /// No such room or person for this tenant.
    #[error("there is no such room or person")]
    NotFound,
    /// The reference names a room made from another request.
    #[error("the reference was used for a different request")]
    ReferenceTaken,
    /// The result is not there (yet).
    #[error("there is no such result yet")]
    NoResult,
    /// The room said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be made durable, or the server stops.
    #[error("it could not be made durable")]
    Unavailable,
}
