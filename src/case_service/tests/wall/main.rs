//! What the wall promises, from both sides. All traffic stays on 127.0.0.1.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]
#![allow(clippy::needless_pass_by_value, reason = "a test hands over what it made for the call")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names the case it expects")]

mod api;
mod authentication;
mod delivery;
mod http_exchange;
mod webhook;
