//! How a mediation ended, for the case service: `result.json` and `record.json` of a bundle.
//!
//! The fact of settlement ([`Outcome`]) stands apart from its terms ([`Terms`]), so that one can be told without the
//! other (Uniform Mediation Act §7).

use serde::{Deserialize, Serialize};

use crate::Digest;

/// The version of `result.json` that this crate writes and reads.
pub const RESULT_SCHEMA: &str = "accord.result.v1";

/// The result of one mediation, for one case or for several of the same parties.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediationResult {
    /// [`RESULT_SCHEMA`].
    pub schema: String,
    /// The organisation.
    pub tenant: String,
    /// The room.
    pub room: String,
    /// The case numbers that this result is for; none where the application came to the organisation directly.
    pub case_numbers: Vec<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// What was agreed, by digest; only with an agreement.
    pub terms: Option<Terms>,
}

/// The fact of the ending, without what was said or agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Which of the eight endings.
    pub ending: Ending,
    /// Whether an agreement covers all claims; only with an agreement.
    pub scope: Option<Scope>,
    /// When the mediation ended, ms since the epoch.
    pub concluded_at_ms: u64,
    /// When the agreement took effect, ms since the epoch: the moment of the last signature or the seal, whichever came
    /// last; only with an agreement.
    pub effective_at_ms: Option<u64>,
}

/// The ways in which an online mediation ends (OMR 25, in its order).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// (1) The parties reached a mediation agreement.
    Agreement,
    /// (2) The parties settled between themselves and withdrew the application.
    WithdrawnAfterSettlement,
    /// (3) A party could not be reached within the time for mediation.
    PartyUnreachable,
    /// (4) A party declared that it will not go on.
    PartyUnwilling,
    /// (5) The differences are too wide for an agreement.
    DifferencesTooWide,
    /// (6) The time ran out and the parties did not agree to extend it.
    TimeExpired,
    /// (7) A party refused to sign or seal the agreement.
    SignatureRefused,
    /// (8) Something else made mediation impossible.
    OtherImpossibility,
}

impl Ending {
    /// In plain words, for reports.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Agreement => "the parties reached an agreement",
            Self::WithdrawnAfterSettlement => "the parties settled between themselves and withdrew",
            Self::PartyUnreachable => "a party could not be reached in time",
            Self::PartyUnwilling => "a party did not want to go on",
            Self::DifferencesTooWide => "the differences were too wide",
            Self::TimeExpired => "the time ran out and was not extended",
            Self::SignatureRefused => "a party refused to sign",
            Self::OtherImpossibility => "something else made mediation impossible",
        }
    }
}

/// How much of the dispute an agreement settles (OMR 19).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All claims.
    Full,
    /// Some of them.
    Part,
}

/// What was agreed, and by whom it had to be signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Digest of the canonical content (`agreement/content.json`); `None` for an uploaded agreement.
    pub content_digest: Option<Digest>,
    /// SHA-256 of the frozen PDF (`agreement/frozen.pdf`).
    pub document_digest: Digest,
    /// Everyone whose signature the agreement needed, in the order of the bundle's signatures.
    pub signatories: Vec<Signatory>,
}

/// Somebody who had to sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signatory {
    /// Id in the room.
    pub participant: String,
    /// Name.
    pub name: String,
    /// Role, in the room's words.
    pub role: String,
}

/// What goes to the court when there is no agreement (rule 25; OMR 21).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoAgreementRecord {
    /// The basic situation of the mediation.
    pub basic_situation: String,
    /// Why it ended without agreement.
    pub reason: String,
    /// Conduct that plainly raised other parties' costs; `None` when there was none.
    pub costly_conduct: Option<String>,
    /// What the court should be alerted to; `None` when nothing.
    pub alerts: Option<String>,
    /// Facts that the parties jointly confirmed as undisputed (OMR 18), each with its text.
    pub undisputed_facts: Vec<String>,
}

impl MediationResult {
    /// Whether the fields fit each other.
    ///
    /// # Errors
    /// What does not fit, in plain words.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.schema != RESULT_SCHEMA {
            return Err("it is of another version than this program reads");
        }
        let agreed = self.outcome.ending == Ending::Agreement;
        if agreed != self.terms.is_some() {
            return Err("terms belong to an agreement, and an agreement has terms");
        }
        if agreed != self.outcome.scope.is_some() || agreed != self.outcome.effective_at_ms.is_some() {
            return Err("an agreement has a scope and takes effect at a time, and nothing else does");
        }
        let Some(terms) = &self.terms else { return Ok(()) };
        let mut people: Vec<_> = terms.signatories.iter().map(|signatory| &signatory.participant).collect();
        people.sort_unstable();
        people.dedup();
        if people.is_empty() || people.len() != terms.signatories.len() {
            return Err("an agreement names at least one signatory, and nobody twice");
        }
        Ok(())
    }
}
