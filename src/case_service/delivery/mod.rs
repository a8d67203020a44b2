//! What the case service is owed, brought to it: signed webhooks out of the outbox, as often as it takes.
//!
//! `worker` decides when, `notice` what is said, `webhook` signs it (and checks it at the receiver), `destination` and
//! `guard` decide which address may be spoken to, `client` speaks.

mod client;
mod destination;
mod guard;
mod notice;
mod schedule;
mod webhook;
mod worker;

pub use client::{DeliveryError, WebhookClient};
pub use destination::{BadDestination, Destination};
pub use notice::{BundleText, ResultNotice};
pub use webhook::{
    BadWebhookSecret, Received, WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP, WebhookRefusal, WebhookSecret,
    verify_webhook,
};
pub use worker::{Delivery, DeliveryWorker, Outbox, OutboxError};
