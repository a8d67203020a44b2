//! The room of a mediation as a pure state machine: who may be where, see what, and keep what.
//!
//! In comes a [`Command`] with the time and the actor; [`State::decide`] answers with [`Event`]s or a [`Refusal`].
//! [`State::evolve`] applies a recorded event and cannot fail. Out go projections: [`View`] (all that one person learns
//! of the room), [`Audience`] (which publication may reach whom, and what may be recorded) and [`Handback`] (what the
//! case service receives). The crate knows no clock, randomness, socket or store, so hours of meeting can be tested in
//! a second.
//!
//! Where a rule lives: `permission` is the one table of what each role may do; `admission`, `caucus`, `floor`, `notice`,
//! `recording`, `agreement` and `ending` each hold one part of the mediation, its decisions above its evolution.

mod admission;
mod agreement;
mod audience;
mod caucus;
mod charter;
mod chat;
mod command;
mod ending;
mod event;
mod floor;
mod handback;
mod ids;
pub mod limits;
mod notice;
mod permission;
mod person;
mod recording;
mod refusal;
mod state;
#[cfg(test)]
mod tests;
mod view;

pub use agreement::{Agreement, Frozen, SignatureGiven};
pub use audience::{Audience, Publication, RecordingGrant, Source};
pub use caucus::{Caucus, Place};
pub use charter::{Charter, Claim, Confidentiality, Expected, RecordingPolicy};
pub use chat::{ChatMessage, ChatRecipient};
pub use command::{Action, Actor, Command};
pub use ending::{Ending, FailureReport, Outcome};
pub use event::{Event, Recorded};
pub use handback::{Handback, HandbackCase};
pub use ids::{CaucusId, CommandId, ConnectionId, InvitationId, ParticipantId, RequestId, RoomId, SpanId, TenantId};
pub use notice::{NOTICES, Notice, NoticeId};
pub use permission::{Permission, may};
pub use person::{Authority, Identity, Person, Presence, Role};
pub use recording::{Recording, Span, SpanEnd};
pub use refusal::Refusal;
pub use state::{Phase, State};
pub use view::{
    AgreementView, CaucusInvitationView, CaucusView, ConsentView, DeskView, InsideView, NoticeView, ObserverView,
    OutcomeView, OutsideReason, PersonView, RecordingView, SignerView, View, WaitingPersonView, You,
};
