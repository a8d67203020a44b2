//! Accord: a real-time video mediation server. A WebRTC SFU with a websocket signalling layer; rooms that keep the law of
//! mediation. `ARCHITECTURE.md` walks through it.
//!
//! This crate is where the rooms of the house meet: [`session`] (a person's websocket), [`sitting`] (a live room, which
//! keeps the order of law 2), [`docket`] (which rooms are live), [`http`] (what is served), [`handback`] (results on their
//! way to the case service), [`demo`]. What they work with are crates of their own: the room's law, the media plane,
//! the store, the papers, the recordings, the evidence, the case service's API.

pub mod assets;
pub mod clock;
pub mod demo;
pub mod docket;
mod facts;
pub mod handback;
pub mod house;
pub mod http;
pub mod notices;
pub mod outbox;
pub mod recordings;
pub mod rooms;
pub mod server;
pub mod session;
pub mod settings;
pub mod sitting;
