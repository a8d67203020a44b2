//! The log: events and everything they cause, in one transaction.

use accord_room::{InvitationId, ParticipantId};
use sqlx::sqlite::SqliteConnection;

use crate::error::{bytes_32, from_sql, to_sql, within};
use crate::invitation::{insert_invitation, revoke_invitations};
use crate::limits::{
    EFFECTS_PER_APPEND_MAX, EVENT_BYTES_MAX, EVENTS_PER_APPEND_MAX, EVENTS_PER_ROOM_MAX, KIND_BYTES_MAX,
};
use crate::outbox::{NewDelivery, insert_delivery};
use crate::room::fence;
use crate::writer::Write;
use crate::{LeaseGeneration, RoomKey, Store, StoreError};

/// Events for the end of a room's log.
#[derive(Clone, Debug)]
pub struct Append {
    /// Whose log.
    pub key: RoomKey,
    /// The caller's lease; an older one is refused.
    pub lease: LeaseGeneration,
    /// The sequence number of the first event, as the caller believes; any other state of the log is refused.
    pub expected_sequence: u64,
    /// The events, in order.
    pub events: Vec<NewEvent>,
    /// What they cause, durable together with them.
    pub effects: Vec<Effect>,
}

/// An event about to be recorded. The store takes the commitment as given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// When it was decided, ms since the epoch.
    pub at_ms: u64,
    /// What sort of event, a short word of ours: it outlives an erasure.
    pub kind: String,
    /// Canonical JSON.
    pub payload: Vec<u8>,
    /// Keeps the payload from being guessed out of its commitment.
    pub salt: [u8; 32],
    /// What the journal's tree holds.
    pub commitment: [u8; 32],
}

/// What an event causes outside the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// An invitation opens the room for a person; older ones of theirs are revoked.
    Invite {
        /// The invitation.
        invitation: InvitationId,
        /// Whose.
        participant: ParticipantId,
        /// SHA-256 of the secret in its link.
        secret_hash: [u8; 32],
        /// When, ms since the epoch.
        at_ms: u64,
    },
    /// Every invitation of a person is revoked.
    Revoke {
        /// Whose.
        participant: ParticipantId,
        /// When, ms since the epoch.
        at_ms: u64,
    },
    /// The case service is owed something.
    Deliver(NewDelivery),
    /// The room is over and need not be loaded any more.
    Close {
        /// When, ms since the epoch.
        at_ms: u64,
    },
}

/// An event as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place, from 0 without gaps.
    pub sequence: u64,
    /// When it was decided, ms since the epoch.
    pub at_ms: u64,
    /// What sort of event.
    pub kind: String,
    /// Who wrote it.
    pub lease: LeaseGeneration,
    /// What the journal's tree holds.
    pub commitment: [u8; 32],
    /// `None` once erased.
    pub opening: Option<StoredOpening>,
}

/// What a commitment hides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredOpening {
    /// Canonical JSON.
    pub payload: Vec<u8>,
    /// Its salt.
    pub salt: [u8; 32],
}

impl Store {
    /// Appends events and their effects in one transaction and returns once they are durable.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], [`StoreError::OtherSequence`], [`StoreError::NoSuchRoom`], [`StoreError::TooLarge`], or the
    /// database's. After [`StoreError::NotDurable`] the log must be read again.
    pub async fn append(&self, append: Append) -> Result<(), StoreError> {
        append.check()?;
        self.writer.write(append).await
    }

    /// A room's log from a sequence number on; bounded by [`EVENTS_PER_ROOM_MAX`].
    ///
    /// # Errors
    /// The database's, or [`StoreError::Damaged`].
    pub async fn read_events(&self, key: &RoomKey, from_sequence: u64) -> Result<Vec<StoredEvent>, StoreError> {
        type Row = (i64, i64, String, i64, Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>);
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT sequence, at_ms, kind, lease_generation, commitment, payload, salt FROM event \
             WHERE tenant = $1 AND room = $2 AND sequence >= $3 ORDER BY sequence",
        )
        .bind(&key.tenant.0)
        .bind(key.room.0)
        .bind(to_sql(from_sequence)?)
        .fetch_all(&self.reads)
        .await?;
        let mut events = Vec::with_capacity(rows.len());
        for (sequence, at_ms, kind, lease, commitment, payload, salt) in rows {
            let opening = match (payload, salt) {
                (Some(payload), Some(salt)) => Some(StoredOpening { payload, salt: bytes_32(&salt)? }),
                _ => None,
            };
            events.push(StoredEvent {
                sequence: from_sql(sequence)?,
                at_ms: from_sql(at_ms)?,
                kind,
                lease: LeaseGeneration(from_sql(lease)?),
                commitment: bytes_32(&commitment)?,
                opening,
            });
        }
        let is_whole = events.iter().zip(from_sequence..).all(|(event, expected)| event.sequence == expected);
        if is_whole { Ok(events) } else { Err(StoreError::Damaged("a room's log")) }
    }

    /// Erases payload and salt of events for good; their commitments stay, so the journal still holds. Idempotent.
    ///
    /// The bytes are overwritten in the database, and the write-ahead log is emptied before this returns unless a reader is
    /// in the way; then with the next commit.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], [`StoreError::NoSuchRoom`], or the database's.
    pub async fn erase_events(
        &self,
        key: &RoomKey,
        lease: LeaseGeneration,
        sequences: Vec<u64>,
    ) -> Result<(), StoreError> {
        self.writer.write(EraseEvents { key: key.clone(), lease, sequences }).await
    }
}

impl Append {
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        within("the events of one append", self.events.len(), EVENTS_PER_APPEND_MAX)?;
        within("the effects of one append", self.effects.len(), EFFECTS_PER_APPEND_MAX)?;
        for event in &self.events {
            within("an event", event.payload.len(), EVENT_BYTES_MAX)?;
            within("an event's kind", event.kind.len(), KIND_BYTES_MAX)?;
        }
        let deliveries = self.effects.iter().filter_map(|effect| match effect {
            Effect::Deliver(delivery) => Some(delivery),
            Effect::Invite { .. } | Effect::Revoke { .. } | Effect::Close { .. } => None,
        });
        for delivery in deliveries {
            delivery.check()?;
        }
        Ok(())
    }
}

impl Write for Append {
    type Answer = ();

    fn bytes(&self) -> usize {
        self.events.iter().map(|event| event.payload.len() + event.kind.len() + 64).sum()
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        apply_append(connection, self).await
    }
}

pub(crate) async fn apply_append(connection: &mut SqliteConnection, append: &Append) -> Result<(), StoreError> {
    claim_sequence(connection, append).await?;
    for (event, sequence) in append.events.iter().zip(append.expected_sequence..) {
        sqlx::query(
            "INSERT INTO event (tenant, room, sequence, at_ms, kind, lease_generation, commitment, payload, salt) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(&append.key.tenant.0)
        .bind(append.key.room.0)
        .bind(to_sql(sequence)?)
        .bind(to_sql(event.at_ms)?)
        .bind(&event.kind)
        .bind(to_sql(append.lease.0)?)
        .bind(event.commitment.as_slice())
        .bind(&event.payload)
        .bind(event.salt.as_slice())
        .execute(&mut *connection)
        .await?;
    }
    for effect in &append.effects {
        apply_effect(connection, &append.key, effect).await?;
    }
    Ok(())
}

/// Lease and sequence are checked and moved on in one statement, so no other writer can come between.
async fn claim_sequence(connection: &mut SqliteConnection, append: &Append) -> Result<(), StoreError> {
    let next_sequence = append.expected_sequence.saturating_add(append.events.len() as u64);
    if next_sequence > EVENTS_PER_ROOM_MAX {
        let (size, max) = (next_sequence, EVENTS_PER_ROOM_MAX);
        return Err(StoreError::TooLarge { what: "the events of one room", size, max });
    }
    let claimed = sqlx::query(
        "UPDATE room SET next_sequence = $1 \
         WHERE tenant = $2 AND room = $3 AND lease_generation = $4 AND next_sequence = $5",
    )
    .bind(to_sql(next_sequence)?)
    .bind(&append.key.tenant.0)
    .bind(append.key.room.0)
    .bind(to_sql(append.lease.0)?)
    .bind(to_sql(append.expected_sequence)?)
    .execute(&mut *connection)
    .await?;
    if claimed.rows_affected() == 1 {
        return Ok(());
    }
    fence(connection, &append.key, append.lease).await?;
    let (found,): (i64,) = sqlx::query_as("SELECT next_sequence FROM room WHERE tenant = $1 AND room = $2")
        .bind(&append.key.tenant.0)
        .bind(append.key.room.0)
        .fetch_one(connection)
        .await?;
    Err(StoreError::OtherSequence { expected: append.expected_sequence, found: from_sql(found)? })
}

async fn apply_effect(connection: &mut SqliteConnection, key: &RoomKey, effect: &Effect) -> Result<(), StoreError> {
    match effect {
        Effect::Invite { invitation, participant, secret_hash, at_ms } => {
            revoke_invitations(connection, key, *participant, *at_ms).await?;
            insert_invitation(connection, key, *invitation, *participant, secret_hash, *at_ms).await
        }
        Effect::Revoke { participant, at_ms } => revoke_invitations(connection, key, *participant, *at_ms).await,
        Effect::Deliver(delivery) => insert_delivery(connection, key, delivery).await,
        Effect::Close { at_ms } => {
            sqlx::query("UPDATE room SET closed_at_ms = COALESCE(closed_at_ms, $1) WHERE tenant = $2 AND room = $3")
                .bind(to_sql(*at_ms)?)
                .bind(&key.tenant.0)
                .bind(key.room.0)
                .execute(connection)
                .await?;
            Ok(())
        }
    }
}

struct EraseEvents {
    key: RoomKey,
    lease: LeaseGeneration,
    sequences: Vec<u64>,
}

impl Write for EraseEvents {
    type Answer = ();

    fn bytes(&self) -> usize {
        0
    }

    fn erases(&self) -> bool {
        true
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        fence(connection, &self.key, self.lease).await?;
        for sequence in &self.sequences {
            sqlx::query(
                "UPDATE event SET payload = NULL, salt = NULL WHERE tenant = $1 AND room = $2 AND sequence = $3",
            )
            .bind(&self.key.tenant.0)
            .bind(self.key.room.0)
            .bind(to_sql(*sequence)?)
            .execute(&mut *connection)
            .await?;
        }
        Ok(())
    }
}
