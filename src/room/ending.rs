//! How a mediation ends (OMR 25): the grounds are an enumeration, never free text alone. What goes back without an
//! agreement is the record of rule 25: the situation, the reason, conduct, and what the court should be alerted to.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::limits::REASON_CHARS_MAX;
use crate::state::State;
use crate::{Event, Handback, Phase, Refusal};

/// The grounds on which a mediation ends without an agreement made here (OMR 25 (2)–(8); (1) is [`Outcome::Agreed`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// 当事人自行和解，撤回调解申请.
    SettledAndWithdrawn,
    /// 调解期限内无法联系到当事人.
    PartyNotReached,
    /// 当事人一方明确表示不愿意继续调解.
    PartyUnwilling,
    /// 当事人分歧较大且难以达成调解协议.
    DifferencesTooGreat,
    /// 调解期限届满，未达成调解协议，且未达成延长合意.
    TimeExpired,
    /// 当事人一方拒绝在调解协议上签章.
    SignatureRefused,
    /// 其他导致调解无法进行的情形; the report says which.
    Other,
}

/// What the court is told when there is no agreement (S0 四.4.2; OMR 21).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct FailureReport {
    /// 基本情况.
    pub situation: String,
    /// 未达成的原因.
    pub reason: String,
    /// Conduct that raised other parties' costs; empty if none.
    pub costly_conduct: String,
    /// What the court should be alerted to; empty if nothing.
    pub alert: String,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// An agreement took effect.
    Agreed {
        /// On part of the claims only.
        in_part: bool,
        /// When, ms since the epoch.
        at_ms: u64,
    },
    /// No agreement was made here.
    NotAgreed {
        /// The ground.
        ending: Ending,
        /// The record.
        report: FailureReport,
        /// When, ms since the epoch.
        at_ms: u64,
    },
}

pub(crate) fn end(state: &State, ending: Ending, report: &FailureReport) -> Result<Vec<Event>, Refusal> {
    if !matches!(state.phase, Phase::InSession | Phase::Signing) {
        return Err(Refusal::WrongPhase);
    }
    let texts = [&report.situation, &report.reason, &report.costly_conduct, &report.alert];
    let is_too_long = texts.iter().any(|text| text.chars().count() > REASON_CHARS_MAX);
    if is_too_long || report.situation.trim().is_empty() || report.reason.trim().is_empty() {
        return Err(Refusal::BadText);
    }
    Ok(vec![Event::Ended { ending, report: report.clone() }])
}

pub(crate) fn receive(state: &State, case_number: Option<&String>) -> Result<Vec<Event>, Refusal> {
    let handback = Handback::of(state).ok_or(Refusal::WrongPhase)?;
    let is_due = handback.cases.iter().any(|case| case.case_number.as_ref() == case_number && !case.is_received);
    Ok(if is_due { vec![Event::ResultReceived { case_number: case_number.cloned() }] } else { Vec::new() })
}

pub(crate) fn evolve_ended(state: &mut State, ending: Ending, report: &FailureReport, at_ms: u64) {
    state.phase = Phase::Concluded;
    state.outcome = Some(Outcome::NotAgreed { ending, report: report.clone(), at_ms });
}
