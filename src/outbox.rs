//! Results on their way out: the store's outbox, brought to each organisation's case service until it says that it holds
//! them, and the room told then.

use std::collections::BTreeMap;
use std::sync::Arc;

use accord_case_service::api::OutcomeFact;
use accord_case_service::delivery::{
    BadDestination, BadWebhookSecret, Delivery, DeliveryWorker, Destination, Outbox, OutboxError, ResultNotice,
    WebhookClient, WebhookSecret,
};
use accord_room::{Action, Handback, TenantId};
use accord_store::RoomKey;
use tokio::sync::watch;
use url::Url;

use crate::docket::Docket;
use crate::handback;

/// Why deliveries cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum OutboxSettingsError {
    /// An address.
    #[error("a webhook's address does not hold: {0}")]
    Destination(#[from] BadDestination),
    /// A secret.
    #[error("a webhook's secret does not hold: {0}")]
    Secret(#[from] BadWebhookSecret),
    /// The public origin.
    #[error("public_origin is not an address: {0}")]
    Origin(#[from] url::ParseError),
}

/// The worker, ready to run until told to stop.
///
/// # Errors
/// [`OutboxSettingsError`].
pub fn run(
    docket: Arc<Docket>,
    mut stop: watch::Receiver<bool>,
) -> Result<impl Future<Output = ()> + Send, OutboxSettingsError> {
    let settings = &docket.house().settings;
    let public_url: Url = settings.public_origin.parse()?;
    let mut destinations: BTreeMap<TenantId, Destination> = BTreeMap::new();
    for webhook in &settings.webhooks {
        let secret: WebhookSecret = webhook.secret.parse()?;
        let destination = Destination::new(&webhook.url, secret, &settings.private_webhook_hosts)?;
        destinations.insert(webhook.tenant.clone(), destination);
    }
    let worker = DeliveryWorker::new(Owed { docket, public_url }, WebhookClient::new(), destinations);
    Ok(worker.run(async move {
        // Only an end of the channel is an error, and that is a stop as well.
        let _ = stop.wait_for(|stop| *stop).await;
    }))
}

/// What is owed, as the delivery worker asks for it.
struct Owed {
    docket: Arc<Docket>,
    public_url: Url,
}

impl Outbox for Owed {
    async fn due(&self, now_ms: u64, count_max: u32) -> Result<Vec<Delivery>, OutboxError> {
        let due = self.docket.house().store.due_deliveries(now_ms, count_max).await.map_err(failed)?;
        let delivery = |stored: accord_store::StoredDelivery| Delivery {
            tenant: stored.key.tenant,
            room: stored.key.room,
            id: stored.delivery,
            case_number: stored.case_number,
            created_at_ms: stored.created_at_ms,
            failures: stored.attempts,
        };
        Ok(due.into_iter().map(delivery).collect())
    }

    async fn notice(&self, delivery: &Delivery) -> Result<ResultNotice, OutboxError> {
        let key = key(delivery);
        let state = self.docket.state(&key).await.map_err(failed)?;
        let handback = Handback::of(&state).ok_or_else(|| failed("the mediation is not concluded"))?;
        let number = handback.cases.iter().position(|case| case.case_number == delivery.case_number);
        let number = number.ok_or_else(|| failed("the case is not one of the room's"))? + 1;
        let reference = self.docket.house().store.room_reference(&key).await.map_err(failed)?;
        let bundle =
            handback::bundle(self.docket.house(), &key, delivery.case_number.as_deref()).await.map_err(failed)?;
        Ok(ResultNotice::new(
            &self.public_url,
            (&key.tenant, key.room),
            reference,
            (number, delivery.case_number.clone()),
            OutcomeFact::of(&handback.outcome),
            bundle,
        ))
    }

    async fn delivered(&self, delivery: &Delivery, at_ms: u64) -> Result<(), OutboxError> {
        let key = key(delivery);
        let door = self.docket.door(&key).await.map_err(failed)?;
        door.note(Action::Receive { case_number: delivery.case_number.clone() }).await.map_err(failed)?;
        self.docket.house().store.mark_delivered(&key.tenant, delivery.id, at_ms).await.map_err(failed)
    }

    async fn failed(&self, delivery: &Delivery, next_attempt_at_ms: u64, failure: &str) -> Result<(), OutboxError> {
        let store = &self.docket.house().store;
        store.mark_failed(&delivery.tenant, delivery.id, next_attempt_at_ms, failure).await.map_err(failed)
    }
}

fn key(delivery: &Delivery) -> RoomKey {
    RoomKey { tenant: delivery.tenant.clone(), room: delivery.room }
}

fn failed(error: impl std::fmt::Display) -> OutboxError {
    OutboxError(error.to_string())
}
