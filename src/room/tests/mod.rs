//! What the room promises, one file per part of a mediation; `random` walks meetings at random beside a naive model.

mod admission;
mod agreement;
mod audience;
mod caucus;
mod charter;
mod ending;
mod floor;
mod idempotency;
mod meeting;
mod model;
mod notices;
mod observers;
mod permissions;
mod random;
mod recording;
mod secrecy;
mod view;
