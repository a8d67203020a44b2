//! The wall between Accord and the court platform (the *case service*). It holds no law and no state of a room.
//!
//! Inwards, [`api`]: a service authenticates with a token ([`authentication`]), creates rooms, hands out invitations
//! ([`secret`]) and fetches results; the program behind implements [`api::Rooms`]. Outwards, [`delivery`]: results leave the
//! outbox as signed webhooks; the program behind implements [`delivery::Outbox`]. [`token`] and
//! [`delivery::verify_webhook`] are the other sides of both, for case services written in Rust.

pub mod api;
pub mod authentication;
pub mod delivery;
pub mod limits;
mod problem;
mod ring_provider;
pub mod secret;
pub mod token;

pub use problem::Problem;
