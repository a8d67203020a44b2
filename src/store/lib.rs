//! What must survive: the log of every room, its invitations, drafts and papers, and what the case service is owed.
//!
//! In come events that a room has decided, as bytes with their commitments; whoever is answered may rely on them surviving
//! `kill -9` and a power cut. Out come the same bytes, for a process that takes a room over. The store understands none
//! of it: it knows tenants, rooms, sequence numbers and leases.
//!
//! `append` is the log and everything an event causes, in one transaction; `writer` shares one commit among many rooms;
//! `room` holds the leases that fence off a process that was replaced.

mod append;
mod document;
mod error;
mod invitation;
pub mod limits;
mod outbox;
mod paper;
mod room;
mod store;
mod writer;

pub use append::{Append, Effect, NewEvent, StoredEvent, StoredOpening};
pub use document::StoredDocument;
pub use error::StoreError;
pub use invitation::StoredInvitation;
pub use outbox::{NewDelivery, StoredDelivery};
pub use room::{Creation, LeaseGeneration, LiveRoom, NewRoom, RoomKey};
pub use store::Store;
