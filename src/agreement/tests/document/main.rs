//! The shared document and its guard, from the bytes an editor sends to the content everybody sees.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names the case it expects")]

mod editing;
mod editor;
mod hostile;
mod mutated;
mod tiptap;
