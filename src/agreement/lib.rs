//! The words of a mediation: minutes and agreements, from the first keystroke to the signed paper.
//!
//! ```text
//! editor (Yjs) ─ guard ─ document ─ freeze ─ typeset ─ digest ─ signature page
//! ```
//!
//! A pure library: it owns no socket, clock, store or randomness. Bytes and facts come in; documents, refusals, PDFs and
//! digests go out.

pub mod civil_time;
pub mod content;
pub mod digest;
pub mod document;
pub mod facts;
pub mod freeze;
pub mod guard;
pub mod limits;
pub mod schema;
pub mod signature_page;
pub mod template;
mod tree;
pub mod typeset;
