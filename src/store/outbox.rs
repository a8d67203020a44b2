//! The outbox: what the case service is owed, until it has said that it holds it. Nothing leaves it undelivered.

use accord_room::{RoomId, TenantId};
use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;

use crate::error::{from_sql, to_sql, within};
use crate::limits::{CASE_NUMBER_BYTES_MAX, DELIVERIES_LISTED_MAX, FAILURE_BYTES_MAX, KIND_BYTES_MAX};
use crate::writer::Write;
use crate::{RoomKey, Store, StoreError};

/// Something the case service is owed. One per room, kind and case number: a second one is the first again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// Its id, fresh; the receiver tells repetitions by it.
    pub delivery: Uuid,
    /// What sort, a short word of ours.
    pub kind: String,
    /// For which case; `None` for an application without a number.
    pub case_number: Option<String>,
    /// When, ms since the epoch; also when it is first due.
    pub at_ms: u64,
}

/// An entry of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDelivery {
    /// The room it is about.
    pub key: RoomKey,
    /// Its id.
    pub delivery: Uuid,
    /// What sort.
    pub kind: String,
    /// For which case.
    pub case_number: Option<String>,
    /// Since when it is owed, ms since the epoch.
    pub created_at_ms: u64,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// When it is tried next, ms since the epoch.
    pub next_attempt_at_ms: u64,
    /// Why it was not received the last time.
    pub last_failure: Option<String>,
}

impl Store {
    /// What is due, the most overdue first, of all tenants.
    ///
    /// # Errors
    /// The database's.
    pub async fn due_deliveries(&self, now_ms: u64, count_max: u32) -> Result<Vec<StoredDelivery>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT tenant, room, delivery, kind, case_number, created_at_ms, attempts, next_attempt_at_ms, last_failure \
             FROM outbox WHERE delivered_at_ms IS NULL AND next_attempt_at_ms <= $1 \
             ORDER BY next_attempt_at_ms LIMIT $2",
        )
        .bind(to_sql(now_ms)?)
        .bind(i64::from(count_max.min(DELIVERIES_LISTED_MAX)))
        .fetch_all(&self.reads)
        .await?;
        rows.into_iter().map(stored).collect()
    }

    /// Everything a tenant's case service is still owed, the oldest first: what an operator looks at.
    ///
    /// # Errors
    /// The database's.
    pub async fn undelivered(&self, tenant: &TenantId, count_max: u32) -> Result<Vec<StoredDelivery>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT tenant, room, delivery, kind, case_number, created_at_ms, attempts, next_attempt_at_ms, last_failure \
             FROM outbox WHERE tenant = $1 AND delivered_at_ms IS NULL ORDER BY created_at_ms LIMIT $2",
        )
        .bind(&tenant.0)
        .bind(i64::from(count_max.min(DELIVERIES_LISTED_MAX)))
        .fetch_all(&self.reads)
        .await?;
        rows.into_iter().map(stored).collect()
    }

    /// The receiver holds it. Idempotent: the first time counts.
    ///
    /// # Errors
    /// [`StoreError::NoSuchDelivery`], or the database's.
    pub async fn mark_delivered(&self, tenant: &TenantId, delivery: Uuid, at_ms: u64) -> Result<(), StoreError> {
        self.writer.write(MarkDelivered { tenant: tenant.clone(), delivery, at_ms }).await
    }

    /// The receiver does not hold it yet; `failure` says why, without secrets or personal data. What has been delivered
    /// stays delivered.
    ///
    /// # Errors
    /// [`StoreError::NoSuchDelivery`], or the database's.
    pub async fn mark_failed(
        &self,
        tenant: &TenantId,
        delivery: Uuid,
        next_attempt_at_ms: u64,
        failure: &str,
    ) -> Result<(), StoreError> {
        let failure = failure.get(..failure.floor_char_boundary(FAILURE_BYTES_MAX)).unwrap_or_default().to_owned();
        self.writer.write(MarkFailed { tenant: tenant.clone(), delivery, next_attempt_at_ms, failure }).await
    }
}

impl NewDelivery {
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        within("a delivery's kind", self.kind.len(), KIND_BYTES_MAX)?;
        within("a case number", self.case_number.as_ref().map_or(0, String::len), CASE_NUMBER_BYTES_MAX)
    }
}

pub(crate) async fn insert_delivery(
    connection: &mut SqliteConnection,
    key: &RoomKey,
    delivery: &NewDelivery,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO outbox (tenant, delivery, room, kind, case_number, created_at_ms, attempts, next_attempt_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, 0, $6) ON CONFLICT (tenant, room, kind, case_number) DO NOTHING",
    )
    .bind(&key.tenant.0)
    .bind(delivery.delivery)
    .bind(key.room.0)
    .bind(&delivery.kind)
    .bind(delivery.case_number.as_deref().unwrap_or_default())
    .bind(to_sql(delivery.at_ms)?)
    .execute(connection)
    .await?;
    Ok(())
}

type Row = (String, Uuid, Uuid, String, String, i64, i64, i64, Option<String>);

fn stored(row: Row) -> Result<StoredDelivery, StoreError> {
    let (tenant, room, delivery, kind, case_number, created_at_ms, attempts, next_attempt_at_ms, last_failure) = row;
    Ok(StoredDelivery {
        key: RoomKey { tenant: TenantId(tenant), room: RoomId(room) },
        delivery,
        kind,
        case_number: (!case_number.is_empty()).then_some(case_number),
        created_at_ms: from_sql(created_at_ms)?,
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        next_attempt_at_ms: from_sql(next_attempt_at_ms)?,
        last_failure,
    })
}

struct MarkDelivered {
    tenant: TenantId,
    delivery: Uuid,
    at_ms: u64,
}

impl Write for MarkDelivered {
    type Answer = ();

    fn bytes(&self) -> usize {
        0
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        let marked = sqlx::query(
            "UPDATE outbox SET delivered_at_ms = COALESCE(delivered_at_ms, $1) WHERE tenant = $2 AND delivery = $3",
        )
        .bind(to_sql(self.at_ms)?)
        .bind(&self.tenant.0)
        .bind(self.delivery)
        .execute(connection)
        .await?;
        if marked.rows_affected() == 1 { Ok(()) } else { Err(StoreError::NoSuchDelivery) }
    }
}

struct MarkFailed {
    tenant: TenantId,
    delivery: Uuid,
    next_attempt_at_ms: u64,
    failure: String,
}

impl Write for MarkFailed {
    type Answer = ();

    fn bytes(&self) -> usize {
        self.failure.len()
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        let marked = sqlx::query(
            "UPDATE outbox SET attempts = attempts + 1, next_attempt_at_ms = $1, last_failure = $2 \
             WHERE tenant = $3 AND delivery = $4",
        )
        .bind(to_sql(self.next_attempt_at_ms)?)
        .bind(&self.failure)
        .bind(&self.tenant.0)
        .bind(self.delivery)
        .execute(connection)
        .await?;
        if marked.rows_affected() == 1 { Ok(()) } else { Err(StoreError::NoSuchDelivery) }
    }
}
