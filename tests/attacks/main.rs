//! Attacks on a running server: each test is a row of the list that the project keeps, and its name is what must hold.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test that cannot go on has failed, and says where"
)]

mod admission;
mod server;
mod signalling;
mod visitor;
