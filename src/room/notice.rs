//! The notices (OMR 17; IM 14): versioned texts in `notices/`, delivered by the mediator, confirmed by each side with the
//! device key over the digest of the words that were shown.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::state::State;
use crate::{Event, Person, Refusal};

/// Which text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NoticeId {
    /// 权利义务: rights and duties, and that mediation is voluntary.
    Rights,
    /// 调解程序: how the mediation goes, and confidentiality.
    Procedure,
    /// 协议效力: the effect of an agreement and judicial confirmation.
    Effect,
    /// 虚假调解后果: the consequences of sham mediation.
    ShamMediation,
    /// 同意录制: the words that a consent to recording answers. Not among the delivered notices.
    RecordingConsent,
    /// 同意旁听: the words that a consent to an observer answers. Not among the delivered notices.
    ObserverConsent,
}

/// A text with its version, in the languages of the product. A changed text is a new version.
#[derive(Debug)]
pub struct Notice {
    /// Which.
    pub id: NoticeId,
    /// Version of the words.
    pub version: &'static str,
    /// The words in Chinese; the first line is the title.
    pub chinese: &'static str,
    /// The words in English; the first line is the title.
    pub english: &'static str,
}

impl Notice {
    /// The bytes that a confirmation is about: both languages, in order, as shown.
    pub fn words(&self) -> String {
        format!("{}\n{}\n{}", self.version, self.chinese, self.english)
    }

    /// Whether the mediator delivers it and each side confirms it.
    pub fn is_delivered(&self) -> bool {
        !matches!(self.id, NoticeId::RecordingConsent | NoticeId::ObserverConsent)
    }
}

macro_rules! notice {
    ($id:ident, $version:literal, $file:literal) => {
        Notice {
            id: NoticeId::$id,
            version: $version,
            chinese: include_str!(concat!("notices/", $file, ".zh.txt")),
            english: include_str!(concat!("notices/", $file, ".en.txt")),
        }
    };
}

/// All texts in force.
pub const NOTICES: &[Notice] = &[
    notice!(Rights, "2026-11", "rights"),
    notice!(Procedure, "2026-11", "procedure"),
    notice!(Effect, "2026-11", "effect"),
    notice!(ShamMediation, "2026-11", "sham_mediation"),
    notice!(RecordingConsent, "2026-11", "recording_consent"),
    notice!(ObserverConsent, "2026-11", "observer_consent"),
];

pub(crate) fn deliver(state: &State) -> Vec<Event> {
    if state.notices_delivered { Vec::new() } else { vec![Event::NoticesDelivered {}] }
}

pub(crate) fn confirm(
    state: &State,
    by: &Person,
    notice: NoticeId,
    digest: &str,
    statement: &Value,
) -> Result<Vec<Event>, Refusal> {
    let is_known = NOTICES.iter().any(|known| known.id == notice && known.is_delivered());
    if !is_known || !state.notices_delivered {
        return Err(Refusal::NoSuchNotice);
    }
    if state.notices_confirmed.contains(&(by.id, notice)) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::NoticeConfirmed {
        participant: by.id,
        notice,
        digest: digest.to_owned(),
        statement: statement.clone(),
    }])
}
