//! What this crate claims, tested. `sample` is one mediation with everything in it.

mod bundle;
mod canonical;
mod journal;
mod keys;
mod merkle;
mod outside;
mod sample;
mod statement;
