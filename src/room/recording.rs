//! Recording only by everyone's consent (OMR 22; 个人信息保护法 14, 15, 29; rules 13, 15).
//!
//! A request is open until the mediator ends it or one person says no or takes a yes back. A span runs exactly while a
//! request is open, everybody inside has said yes, and nobody is in a private session: a newcomer pauses it until they
//! have answered. A span starts only when everybody it rests on is connected, so after a crash the grant is gone and
//! nothing is taken until all are back (law 5).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;
use uuid::Uuid;

use crate::limits::{REQUESTS_EVER_MAX, SPANS_MAX};
use crate::state::State;
use crate::{Event, ParticipantId, Person, Phase, RecordingPolicy, Refusal, RequestId, SpanId};

/// What is recorded, on whose word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// The open request: its id and each answer so far.
    pub request: Option<(RequestId, BTreeMap<ParticipantId, bool>)>,
    /// The running span.
    pub span: Option<Span>,
    /// The last grant's generation; it only grows.
    pub generation: u64,
    /// Spans that have ended, oldest first.
    pub ended: Vec<(Span, u64, SpanEnd)>,
    /// Every request there has been; an answer to one can never count for another.
    pub requests_ever: BTreeSet<RequestId>,
}

/// One uninterrupted stretch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Which.
    pub id: SpanId,
    /// The generation of its grant.
    pub generation: u64,
    /// Everybody whose consent it rests on.
    pub consenting: Vec<ParticipantId>,
    /// When it began, ms since the epoch.
    pub started_at_ms: u64,
}

/// Why a span ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SpanEnd {
    /// Somebody said no, took their consent back, or the mediator ended it.
    ConsentEnded,
    /// Somebody came in who has not answered.
    Newcomer,
    /// A private session began.
    PrivateSession,
    /// The mediation was concluded.
    Concluded,
    /// The process ended; no grant survives it.
    ProcessEnded,
}

pub(crate) fn ask(state: &State, request: RequestId) -> Result<Vec<Event>, Refusal> {
    let policy = state.charter.as_ref().map(|charter| charter.recording);
    if policy != Some(RecordingPolicy::UnanimousConsent) {
        return Err(Refusal::NeverRecorded);
    }
    if state.recording.request.is_some() {
        return Err(Refusal::AlreadyAsked);
    }
    if state.recording.requests_ever.contains(&request) {
        return Err(Refusal::NoSuchRequest);
    }
    if state.recording.requests_ever.len() >= REQUESTS_EVER_MAX {
        return Err(Refusal::LimitReached { limit: "requests for recording in all".to_owned() });
    }
    Ok(vec![Event::RecordingAsked { request }])
}

pub(crate) fn answer(
    state: &State,
    by: &Person,
    request: RequestId,
    agrees: bool,
    statement: &Value,
) -> Result<Vec<Event>, Refusal> {
    let answers = answers_to(state, request)?;
    if agrees && answers.get(&by.id) == Some(&true) {
        return Ok(Vec::new());
    }
    let mut events =
        vec![Event::RecordingAnswered { request, participant: by.id, agrees, statement: statement.clone() }];
    if !agrees {
        events.push(Event::RecordingClosed { request });
    }
    Ok(events)
}

pub(crate) fn withdraw(
    state: &State,
    by: &Person,
    request: RequestId,
    statement: &Value,
) -> Result<Vec<Event>, Refusal> {
    answers_to(state, request)?;
    Ok(vec![
        Event::RecordingWithdrawn { request, participant: by.id, statement: statement.clone() },
        Event::RecordingClosed { request },
    ])
}

pub(crate) fn stop(state: &State) -> Result<Vec<Event>, Refusal> {
    let (request, _) = state.recording.request.as_ref().ok_or(Refusal::NoSuchRequest)?;
    Ok(vec![Event::RecordingClosed { request: *request }])
}

/// A span ends when something stands against it and starts when nothing does; with the mediation the question ends.
pub(crate) fn consequences(state: &State, fresh: Uuid) -> Vec<Event> {
    match (&state.recording.span, obstacle(state)) {
        (Some(span), Some(end)) => vec![Event::SpanEnded { span: span.id, end }],
        (None, None) => start(state, fresh).into_iter().collect(),
        (None, Some(SpanEnd::Concluded)) => stop(state).unwrap_or_default(),
        (Some(_), None) | (None, Some(_)) => Vec::new(),
    }
}

/// Why nothing may be recorded now, or `None` if it may.
fn obstacle(state: &State) -> Option<SpanEnd> {
    let Some((_, answers)) = &state.recording.request else {
        return Some(SpanEnd::ConsentEnded);
    };
    if !matches!(state.phase, Phase::InSession | Phase::Signing) {
        return Some(SpanEnd::Concluded);
    }
    if state.is_anybody_private() {
        return Some(SpanEnd::PrivateSession);
    }
    let mut seated = state.people.values().filter(|person| person.is_seated());
    seated.any(|person| answers.get(&person.id) != Some(&true)).then_some(SpanEnd::Newcomer)
}

fn start(state: &State, fresh: Uuid) -> Option<Event> {
    let (request, _) = state.recording.request.as_ref()?;
    let seated: Vec<&Person> = state.people.values().filter(|person| person.is_seated()).collect();
    let is_fresh = state.recording.ended.iter().all(|(span, ..)| span.id != SpanId(fresh));
    let is_within_limit = state.recording.ended.len() < SPANS_MAX;
    (is_fresh && is_within_limit && !seated.is_empty() && seated.iter().all(|person| person.is_live())).then(|| {
        Event::SpanStarted {
            span: SpanId(fresh),
            request: *request,
            generation: state.recording.generation.saturating_add(1),
            consenting: seated.iter().map(|person| person.id).collect(),
        }
    })
}

fn answers_to(state: &State, request: RequestId) -> Result<&BTreeMap<ParticipantId, bool>, Refusal> {
    match &state.recording.request {
        Some((open, answers)) if *open == request => Ok(answers),
        _ => Err(Refusal::NoSuchRequest),
    }
}

pub(crate) fn evolve_asked(state: &mut State, request: RequestId) {
    state.recording.requests_ever.insert(request);
    state.recording.request = Some((request, BTreeMap::new()));
}

pub(crate) fn evolve_answered(state: &mut State, participant: ParticipantId, agrees: bool) {
    if let Some((_, answers)) = &mut state.recording.request {
        answers.insert(participant, agrees);
    }
}

pub(crate) fn evolve_started(
    state: &mut State,
    span: SpanId,
    generation: u64,
    consenting: &[ParticipantId],
    at_ms: u64,
) {
    state.recording.generation = state.recording.generation.max(generation);
    state.recording.span = Some(Span { id: span, generation, consenting: consenting.to_vec(), started_at_ms: at_ms });
}

pub(crate) fn evolve_ended(state: &mut State, end: SpanEnd, at_ms: u64) {
    if let Some(span) = state.recording.span.take() {
        state.recording.ended.push((span, at_ms, end));
    }
}
