//! Invitations: a link's secret opens one person's place. Only its hash is stored.

use accord_room::{InvitationId, ParticipantId, RoomId, TenantId};
use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;

use crate::error::{from_sql, to_sql};
use crate::{RoomKey, Store, StoreError};

/// What a secret opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredInvitation {
    /// The room.
    pub key: RoomKey,
    /// The invitation.
    pub invitation: InvitationId,
    /// Whose place.
    pub participant: ParticipantId,
    /// Since when it opens nothing any more, ms since the epoch.
    pub revoked_at_ms: Option<u64>,
}

impl Store {
    /// Finds an invitation by the SHA-256 of its secret. Whether it still opens the room is the room's to decide.
    ///
    /// # Errors
    /// The database's.
    pub async fn find_invitation(&self, secret_hash: &[u8; 32]) -> Result<Option<StoredInvitation>, StoreError> {
        let row: Option<(String, Uuid, Uuid, Uuid, Option<i64>)> = sqlx::query_as(
            "SELECT tenant, room, invitation, participant, revoked_at_ms FROM invitation WHERE secret_hash = $1",
        )
        .bind(secret_hash.as_slice())
        .fetch_optional(&self.reads)
        .await?;
        let Some((tenant, room, invitation, participant, revoked_at_ms)) = row else { return Ok(None) };
        Ok(Some(StoredInvitation {
            key: RoomKey { tenant: TenantId(tenant), room: RoomId(room) },
            invitation: InvitationId(invitation),
            participant: ParticipantId(participant),
            revoked_at_ms: revoked_at_ms.map(from_sql).transpose()?,
        }))
    }
}

pub(crate) async fn insert_invitation(
    connection: &mut SqliteConnection,
    key: &RoomKey,
    invitation: InvitationId,
    participant: ParticipantId,
    secret_hash: &[u8; 32],
    at_ms: u64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO invitation (tenant, room, invitation, participant, secret_hash, created_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&key.tenant.0)
    .bind(key.room.0)
    .bind(invitation.0)
    .bind(participant.0)
    .bind(secret_hash.as_slice())
    .bind(to_sql(at_ms)?)
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn revoke_invitations(
    connection: &mut SqliteConnection,
    key: &RoomKey,
    participant: ParticipantId,
    at_ms: u64,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE invitation SET revoked_at_ms = $1 \
         WHERE tenant = $2 AND room = $3 AND participant = $4 AND revoked_at_ms IS NULL",
    )
    .bind(to_sql(at_ms)?)
    .bind(&key.tenant.0)
    .bind(key.room.0)
    .bind(participant.0)
    .execute(connection)
    .await?;
    Ok(())
}
