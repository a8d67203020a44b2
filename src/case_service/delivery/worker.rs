//! The outbox worker: looks what is due, delivers it, and writes down how it went. It remembers nothing that the outbox
//! does not know, so it may be killed at any time.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use accord_room::{RoomId, TenantId};
use ring::rand::{SecureRandom, SystemRandom};
use thiserror::Error;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::sleep;
use uuid::Uuid;

use super::client::{DeliveryError, WebhookClient};
use super::destination::Destination;
use super::notice::ResultNotice;
use super::schedule::{is_overdue, next_attempt_at_ms};
use crate::limits::{DELIVERIES_AT_ONCE_MAX, DELIVERIES_PER_TENANT_MAX, DELIVERIES_READ_MAX, OUTBOX_INTERVAL_MS};

/// Something that is owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Whose room.
    pub tenant: TenantId,
    /// The room.
    pub room: RoomId,
    /// Its id, the `webhook-id` of every attempt.
    pub id: Uuid,
    /// The case that the result is for.
    pub case_number: Option<String>,
    /// Since when it is owed, ms since the epoch.
    pub created_at_ms: u64,
    /// How often it was tried in vain.
    pub failures: u32,
}

/// The durable outbox, and what makes a notice out of an entry.
pub trait Outbox: Send + Sync + 'static {
    /// What is due now, of all tenants, the most overdue first.
    fn due(&self, now_ms: u64, count_max: u32) -> impl Future<Output = Result<Vec<Delivery>, OutboxError>> + Send;

    /// What is to be said. It may be asked again for each attempt.
    fn notice(&self, delivery: &Delivery) -> impl Future<Output = Result<ResultNotice, OutboxError>> + Send;

    /// The receiver holds it: the entry is settled and the room learns of it. Idempotent.
    fn delivered(&self, delivery: &Delivery, at_ms: u64) -> impl Future<Output = Result<(), OutboxError>> + Send;

    /// Not received; the entry stays and is due again at the given time.
    fn failed(
        &self,
        delivery: &Delivery,
        next_attempt_at_ms: u64,
        failure: &str,
    ) -> impl Future<Output = Result<(), OutboxError>> + Send;
}

/// The outbox could not be read or written; the worker comes back to it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the outbox failed: {0}; the delivery stays in it")]
pub struct OutboxError(pub String);

/// Delivers until it is stopped.
pub struct DeliveryWorker<O> {
    shared: Arc<Shared<O>>,
    wake: Arc<Notify>,
}

struct Shared<O> {
    outbox: O,
    client: WebhookClient,
    destinations: BTreeMap<TenantId, Destination>,
}

impl<O: Outbox> DeliveryWorker<O> {
    /// A worker for these destinations.
    pub fn new(outbox: O, client: WebhookClient, destinations: BTreeMap<TenantId, Destination>) -> Self {
        Self { shared: Arc::new(Shared { outbox, client, destinations }), wake: Arc::new(Notify::new()) }
    }

    /// Notify this when something was put into the outbox, and it goes out at once.
    pub fn wake(&self) -> Arc<Notify> {
        self.wake.clone()
    }

    /// Delivers until `stop` resolves. Attempts under way are then abandoned; they stay in the outbox.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut attempts: JoinSet<(TenantId, Uuid)> = JoinSet::new();
        let mut under_way: HashMap<Uuid, TenantId> = HashMap::new();
        loop {
            self.start_due(&mut attempts, &mut under_way).await;
            tokio::select! {
                () = &mut stop => return,
                () = self.wake.notified() => {}
                () = sleep(Duration::from_millis(OUTBOX_INTERVAL_MS)) => {}
                Some(finished) = attempts.join_next() => match finished {
                    Ok((_, id)) => { under_way.remove(&id); }
                    // A panic in an attempt is a defect; forgetting which it was would stop its entry for good.
                    Err(error) => { tracing::error!(%error, "an attempt ended badly"); under_way.clear(); }
                },
            }
        }
    }

    async fn start_due(&self, attempts: &mut JoinSet<(TenantId, Uuid)>, under_way: &mut HashMap<Uuid, TenantId>) {
        if under_way.len() >= DELIVERIES_AT_ONCE_MAX {
            return;
        }
        let due = match self.shared.outbox.due(now_ms(), DELIVERIES_READ_MAX).await {
            Ok(due) => due,
            Err(error) => return tracing::warn!(%error, "what is due could not be read"),
        };
        for delivery in due {
            let of_tenant = under_way.values().filter(|tenant| **tenant == delivery.tenant).count();
            let is_full = under_way.len() >= DELIVERIES_AT_ONCE_MAX || of_tenant >= DELIVERIES_PER_TENANT_MAX;
            if is_full || under_way.contains_key(&delivery.id) {
                continue;
            }
            under_way.insert(delivery.id, delivery.tenant.clone());
            let shared = self.shared.clone();
            attempts.spawn(async move {
                shared.attempt(&delivery).await;
                (delivery.tenant, delivery.id)
            });
        }
    }
}

impl<O: Outbox> Shared<O> {
    async fn attempt(&self, delivery: &Delivery) {
        let outcome = self.deliver(delivery).await;
        let now_ms = now_ms();
        let recorded = match &outcome {
            Ok(()) => self.outbox.delivered(delivery, now_ms).await,
            Err(failure) => {
                let failures = delivery.failures.saturating_add(1);
                if is_overdue(delivery.created_at_ms, now_ms) {
                    tracing::warn!(delivery = %delivery.id, failures, failure, "a result is overdue; look at its receiver");
                } else {
                    tracing::info!(delivery = %delivery.id, failures, failure, "a result was not received");
                }
                let next_ms = next_attempt_at_ms(failures, delivery.created_at_ms, now_ms, random());
                self.outbox.failed(delivery, next_ms, failure).await
            }
        };
        if let Err(error) = recorded {
            tracing::warn!(delivery = %delivery.id, %error, "how a delivery went could not be recorded");
            // Still due: without a pause a failing disk would be met by a storm of webhooks.
            sleep(Duration::from_millis(OUTBOX_INTERVAL_MS)).await;
        }
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<(), String> {
        let destination = self.destinations.get(&delivery.tenant).ok_or(DeliveryError::NoDestination);
        let destination = destination.map_err(|error| error.to_string())?;
        let notice = self.outbox.notice(delivery).await.map_err(|error| error.to_string())?;
        let body = serde_json::to_vec(&notice).map_err(|error| error.to_string())?;
        let id = delivery.id.to_string();
        let sent = self.client.deliver(destination, &id, now_ms() / 1_000, body.into()).await;
        sent.map_err(|error| error.to_string())
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// For jitter only; without randomness there is none.
fn random() -> u32 {
    let mut bytes = [0; 4];
    let _ = SystemRandom::new().fill(&mut bytes);
    u32::from_le_bytes(bytes)
}
