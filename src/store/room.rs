//! Rooms: which there are, and which process may write to them.

use accord_room::{RoomId, TenantId};
use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;

use crate::append::apply_append;
use crate::error::{bytes_32, from_sql, to_sql, within};
use crate::limits::{RECEIPT_BYTES_MAX, REFERENCE_BYTES_MAX, TENANT_BYTES_MAX};
use crate::writer::Write;
use crate::{Append, Effect, NewEvent, Store, StoreError};

/// A room's full name: no key of the store is without its tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomKey {
    /// The organisation.
    pub tenant: TenantId,
    /// The room.
    pub room: RoomId,
}

/// Who may write to a room: a taker-over gets the next number, and the one before it can write no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseGeneration(pub u64);

impl std::fmt::Display for LeaseGeneration {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A room about to exist, with the first events of its log.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// Its name.
    pub key: RoomKey,
    /// The case service's name for it; used again, it names the same room (idempotency).
    pub reference: String,
    /// SHA-256 of the request, so that a repetition can be told from another request under the same reference.
    pub request_digest: [u8; 32],
    /// What the creator is answered, kept as it is for repetitions.
    pub receipt: Vec<u8>,
    /// When, ms since the epoch.
    pub at_ms: u64,
    /// The first events, from sequence 0.
    pub events: Vec<NewEvent>,
    /// What they cause.
    pub effects: Vec<Effect>,
}

/// What became of a [`NewRoom`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Creation {
    /// It exists now, and the caller holds its first lease.
    Created {
        /// The lease.
        lease: LeaseGeneration,
    },
    /// The reference was used before; nothing was written.
    Existing {
        /// The room of that reference.
        room: RoomId,
        /// The digest of the request that created it.
        request_digest: [u8; 32],
        /// What its creator was answered.
        receipt: Vec<u8>,
    },
}

/// A room that is not closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRoom {
    /// Its name.
    pub key: RoomKey,
    /// The generation that wrote last.
    pub lease: LeaseGeneration,
    /// How many events its log has.
    pub next_sequence: u64,
}

impl Store {
    /// Creates a room with its first events and their effects, all or nothing. Idempotent by the tenant's reference.
    ///
    /// # Errors
    /// [`StoreError::BadTenant`], [`StoreError::TooLarge`], or the database's.
    pub async fn create_room(&self, room: NewRoom) -> Result<Creation, StoreError> {
        check_tenant(&room.key.tenant)?;
        within("a room's reference", room.reference.len(), REFERENCE_BYTES_MAX)?;
        within("a room's receipt", room.receipt.len(), RECEIPT_BYTES_MAX)?;
        let NewRoom { key, reference, request_digest, receipt, at_ms, events, effects } = room;
        let founding = Append { key, lease: FIRST_LEASE, expected_sequence: 0, events, effects };
        founding.check()?;
        self.writer.write(CreateRoom { reference, request_digest, receipt, at_ms, founding }).await
    }

    /// Takes a room over: from now on whoever held it before can write nothing more to it.
    ///
    /// # Errors
    /// [`StoreError::NoSuchRoom`], or the database's.
    pub async fn acquire_lease(&self, key: &RoomKey) -> Result<LeaseGeneration, StoreError> {
        self.writer.write(AcquireLease(key.clone())).await
    }

    /// Every room that is not closed, of all tenants, for a process that starts.
    ///
    /// # Errors
    /// The database's.
    pub async fn rooms_live(&self) -> Result<Vec<LiveRoom>, StoreError> {
        let rows: Vec<(String, Uuid, i64, i64)> = sqlx::query_as(
            "SELECT tenant, room, lease_generation, next_sequence FROM room WHERE closed_at_ms IS NULL \
             ORDER BY created_at_ms",
        )
        .fetch_all(&self.reads)
        .await?;
        rows.into_iter()
            .map(|(tenant, room, lease, next_sequence)| {
                Ok(LiveRoom {
                    key: RoomKey { tenant: TenantId(tenant), room: RoomId(room) },
                    lease: LeaseGeneration(from_sql(lease)?),
                    next_sequence: from_sql(next_sequence)?,
                })
            })
            .collect()
    }

    /// The room of a tenant's reference.
    ///
    /// # Errors
    /// The database's.
    pub async fn find_room(&self, tenant: &TenantId, reference: &str) -> Result<Option<RoomId>, StoreError> {
        let row: Option<(Uuid,)> = sqlx::query_as("SELECT room FROM room WHERE tenant = $1 AND reference = $2")
            .bind(&tenant.0)
            .bind(reference)
            .fetch_optional(&self.reads)
            .await?;
        Ok(row.map(|(room,)| RoomId(room)))
    }

    /// The case service's reference of a room.
    ///
    /// # Errors
    /// [`StoreError::NoSuchRoom`], or the database's.
    pub async fn room_reference(&self, key: &RoomKey) -> Result<String, StoreError> {
        let row: Option<(String,)> = sqlx::query_as("SELECT reference FROM room WHERE tenant = $1 AND room = $2")
            .bind(&key.tenant.0)
            .bind(key.room.0)
            .fetch_optional(&self.reads)
            .await?;
        row.map(|(reference,)| reference).ok_or(StoreError::NoSuchRoom)
    }
}

/// The generation of a room's creator.
const FIRST_LEASE: LeaseGeneration = LeaseGeneration(1);

struct CreateRoom {
    reference: String,
    request_digest: [u8; 32],
    receipt: Vec<u8>,
    at_ms: u64,
    founding: Append,
}

impl Write for CreateRoom {
    type Answer = Creation;

    fn bytes(&self) -> usize {
        self.receipt.len() + self.founding.bytes()
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Creation, StoreError> {
        let key = &self.founding.key;
        let inserted = sqlx::query(
            "INSERT INTO room (tenant, room, reference, request_digest, receipt, created_at_ms, lease_generation, \
             next_sequence) VALUES ($1, $2, $3, $4, $5, $6, $7, 0) ON CONFLICT (tenant, reference) DO NOTHING",
        )
        .bind(&key.tenant.0)
        .bind(key.room.0)
        .bind(&self.reference)
        .bind(self.request_digest.as_slice())
        .bind(&self.receipt)
        .bind(to_sql(self.at_ms)?)
        .bind(to_sql(FIRST_LEASE.0)?)
        .execute(&mut *connection)
        .await?;
        if inserted.rows_affected() == 1 {
            apply_append(connection, &self.founding).await?;
            return Ok(Creation::Created { lease: FIRST_LEASE });
        }
        let (room, request_digest, receipt): (Uuid, Vec<u8>, Vec<u8>) =
            sqlx::query_as("SELECT room, request_digest, receipt FROM room WHERE tenant = $1 AND reference = $2")
                .bind(&key.tenant.0)
                .bind(&self.reference)
                .fetch_one(connection)
                .await?;
        Ok(Creation::Existing { room: RoomId(room), request_digest: bytes_32(&request_digest)?, receipt })
    }
}

struct AcquireLease(RoomKey);

impl Write for AcquireLease {
    type Answer = LeaseGeneration;

    fn bytes(&self) -> usize {
        0
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<LeaseGeneration, StoreError> {
        let row: Option<(i64,)> = sqlx::query_as(
            "UPDATE room SET lease_generation = lease_generation + 1 WHERE tenant = $1 AND room = $2 \
             RETURNING lease_generation",
        )
        .bind(&self.0.tenant.0)
        .bind(self.0.room.0)
        .fetch_optional(connection)
        .await?;
        let (generation,) = row.ok_or(StoreError::NoSuchRoom)?;
        Ok(LeaseGeneration(from_sql(generation)?))
    }
}

/// Refuses to write for a lease that is over. (Under PostgreSQL this row is read `FOR SHARE`.)
pub(crate) async fn fence(
    connection: &mut SqliteConnection,
    key: &RoomKey,
    held: LeaseGeneration,
) -> Result<(), StoreError> {
    let row: Option<(i64,)> = sqlx::query_as("SELECT lease_generation FROM room WHERE tenant = $1 AND room = $2")
        .bind(&key.tenant.0)
        .bind(key.room.0)
        .fetch_optional(connection)
        .await?;
    let (current,) = row.ok_or(StoreError::NoSuchRoom)?;
    let current = LeaseGeneration(from_sql(current)?);
    if current == held { Ok(()) } else { Err(StoreError::LeaseLost { held, current }) }
}

/// A tenant names a folder, so it is held to a short plain alphabet.
fn check_tenant(tenant: &TenantId) -> Result<(), StoreError> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    let is_good = (1..=TENANT_BYTES_MAX).contains(&tenant.0.len()) && tenant.0.bytes().all(is_plain);
    if is_good { Ok(()) } else { Err(StoreError::BadTenant) }
}
