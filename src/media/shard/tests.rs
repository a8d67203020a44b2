//! A whole shard with simulated peers and virtual time: every claim about who receives what, and when.

mod audience;
mod hostile;
mod media;
pub(crate) mod world;
