//! The messages of `accord.v1`: JSON text frames both ways ([`FromClient`], [`FromServer`]) and binary frames for the
//! shared documents ([`frame`]). `PROTOCOL.md` is their prose; `web/src/protocol.ts` is generated from here.

pub mod frame;
mod from_client;
mod from_server;
pub mod limits;
pub mod typescript;

pub use from_client::{FromClient, PersonCommand, PublicationOffer, SignedWords};
pub use from_server::{ChatLine, Closed, FromServer, IceServer, SessionRefusal, SlotView};

/// The websocket subprotocol.
pub const SUBPROTOCOL: &str = "accord.v1";
