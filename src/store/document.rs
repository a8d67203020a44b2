//! Shared drafts: every update as it came, folded into a snapshot from time to time.

use sqlx::sqlite::SqliteConnection;

use crate::error::{from_sql, to_sql, within};
use crate::limits::{DOCUMENT_NAME_BYTES_MAX, DOCUMENT_SNAPSHOT_BYTES_MAX, DOCUMENT_UPDATE_BYTES_MAX};
use crate::room::fence;
use crate::writer::Write;
use crate::{LeaseGeneration, RoomKey, Store, StoreError};

/// A draft as it stands: the snapshot first, then the updates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredDocument {
    /// Everything up to some update, folded into one; `None` before the first compaction.
    pub snapshot: Option<Vec<u8>>,
    /// The updates since, in order.
    pub updates: Vec<Vec<u8>>,
    /// The sequence number of the next update; what a compaction of all this is told.
    pub next_sequence: u64,
}

impl Store {
    /// Appends an update to a draft and returns its sequence number once it is durable.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], [`StoreError::NoSuchRoom`], [`StoreError::TooLarge`], or the database's.
    pub async fn append_document_update(
        &self,
        key: &RoomKey,
        lease: LeaseGeneration,
        document: &str,
        at_ms: u64,
        update: Vec<u8>,
    ) -> Result<u64, StoreError> {
        within("a document's name", document.len(), DOCUMENT_NAME_BYTES_MAX)?;
        within("a document update", update.len(), DOCUMENT_UPDATE_BYTES_MAX)?;
        let draft = Draft { key: key.clone(), lease, document: document.to_owned(), at_ms };
        self.writer.write(AppendUpdate { draft, update }).await
    }

    /// A draft; empty if nothing was ever written to it.
    ///
    /// # Errors
    /// The database's.
    pub async fn read_document(&self, key: &RoomKey, document: &str) -> Result<StoredDocument, StoreError> {
        // One transaction: a compaction must not come between snapshot and updates.
        let mut transaction = self.reads.begin().await?;
        let snapshot: Option<(Vec<u8>, i64)> = sqlx::query_as(
            "SELECT bytes, next_sequence FROM document_snapshot WHERE tenant = $1 AND room = $2 AND document = $3",
        )
        .bind(&key.tenant.0)
        .bind(key.room.0)
        .bind(document)
        .fetch_optional(&mut *transaction)
        .await?;
        let updates: Vec<(Vec<u8>,)> = sqlx::query_as(
            "SELECT bytes FROM document_update WHERE tenant = $1 AND room = $2 AND document = $3 ORDER BY sequence",
        )
        .bind(&key.tenant.0)
        .bind(key.room.0)
        .bind(document)
        .fetch_all(&mut *transaction)
        .await?;
        transaction.rollback().await?;
        let (snapshot, folded) = snapshot.map_or((None, 0), |(bytes, folded)| (Some(bytes), folded));
        let next_sequence = from_sql(folded)? + updates.len() as u64;
        Ok(StoredDocument { snapshot, updates: updates.into_iter().map(|(bytes,)| bytes).collect(), next_sequence })
    }

    /// Replaces every update before `next_sequence` by a snapshot that holds them all. Idempotent: an older snapshot never
    /// replaces a newer one.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], [`StoreError::NoSuchRoom`], [`StoreError::OtherSequence`] if there is no update before
    /// `next_sequence` yet, [`StoreError::TooLarge`], or the database's.
    pub async fn compact_document(
        &self,
        key: &RoomKey,
        lease: LeaseGeneration,
        document: &str,
        at_ms: u64,
        next_sequence: u64,
        snapshot: Vec<u8>,
    ) -> Result<(), StoreError> {
        within("a document's name", document.len(), DOCUMENT_NAME_BYTES_MAX)?;
        within("a document's snapshot", snapshot.len(), DOCUMENT_SNAPSHOT_BYTES_MAX)?;
        let draft = Draft { key: key.clone(), lease, document: document.to_owned(), at_ms };
        self.writer.write(Compact { draft, next_sequence, snapshot }).await
    }
}

struct Draft {
    key: RoomKey,
    lease: LeaseGeneration,
    document: String,
    at_ms: u64,
}

impl Draft {
    async fn next_sequence(&self, connection: &mut SqliteConnection) -> Result<u64, StoreError> {
        let (next,): (i64,) = sqlx::query_as(
            "SELECT COALESCE( \
             (SELECT MAX(sequence) + 1 FROM document_update WHERE tenant = $1 AND room = $2 AND document = $3), \
             (SELECT next_sequence FROM document_snapshot WHERE tenant = $1 AND room = $2 AND document = $3), 0)",
        )
        .bind(&self.key.tenant.0)
        .bind(self.key.room.0)
        .bind(&self.document)
        .fetch_one(connection)
        .await?;
        from_sql(next)
    }
}

struct AppendUpdate {
    draft: Draft,
    update: Vec<u8>,
}

impl Write for AppendUpdate {
    type Answer = u64;

    fn bytes(&self) -> usize {
        self.update.len()
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<u64, StoreError> {
        let draft = &self.draft;
        fence(connection, &draft.key, draft.lease).await?;
        let sequence = draft.next_sequence(connection).await?;
        sqlx::query(
            "INSERT INTO document_update (tenant, room, document, sequence, lease_generation, at_ms, bytes) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&draft.key.tenant.0)
        .bind(draft.key.room.0)
        .bind(&draft.document)
        .bind(to_sql(sequence)?)
        .bind(to_sql(draft.lease.0)?)
        .bind(to_sql(draft.at_ms)?)
        .bind(&self.update)
        .execute(connection)
        .await?;
        Ok(sequence)
    }
}

struct Compact {
    draft: Draft,
    next_sequence: u64,
    snapshot: Vec<u8>,
}

impl Write for Compact {
    type Answer = ();

    fn bytes(&self) -> usize {
        self.snapshot.len()
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        let draft = &self.draft;
        fence(connection, &draft.key, draft.lease).await?;
        let found = draft.next_sequence(connection).await?;
        if self.next_sequence > found {
            return Err(StoreError::OtherSequence { expected: self.next_sequence, found });
        }
        sqlx::query(
            "INSERT INTO document_snapshot (tenant, room, document, next_sequence, lease_generation, at_ms, bytes) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (tenant, room, document) DO UPDATE SET next_sequence = excluded.next_sequence, \
             lease_generation = excluded.lease_generation, at_ms = excluded.at_ms, bytes = excluded.bytes \
             WHERE document_snapshot.next_sequence < excluded.next_sequence",
        )
        .bind(&draft.key.tenant.0)
        .bind(draft.key.room.0)
        .bind(&draft.document)
        .bind(to_sql(self.next_sequence)?)
        .bind(to_sql(draft.lease.0)?)
        .bind(to_sql(draft.at_ms)?)
        .bind(&self.snapshot)
        .execute(&mut *connection)
        .await?;
        sqlx::query("DELETE FROM document_update WHERE tenant = $1 AND room = $2 AND document = $3 AND sequence < $4")
            .bind(&draft.key.tenant.0)
            .bind(draft.key.room.0)
            .bind(&draft.document)
            .bind(to_sql(self.next_sequence)?)
            .execute(connection)
            .await?;
        Ok(())
    }
}
