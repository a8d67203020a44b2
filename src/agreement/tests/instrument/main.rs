//! From a draft to the signed paper: templates, freezing, typesetting, the signature page.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names the case it expects")]

mod freezing;
mod paper;
mod sample;
mod signing;
mod templates;
