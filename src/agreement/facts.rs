//! What the case service told us about a case, as far as documents name it.

use serde::{Deserialize, Serialize};

/// The facts of a case that templates are filled from and that head a frozen document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseFacts {
    /// The case numbers; several in a series, none when the parties applied to the organisation directly.
    pub case_numbers: Vec<String>,
    /// The cause of action (案由), such as 侵害作品放映权纠纷.
    pub cause: String,
    /// The mediation organisation.
    pub organisation: String,
    /// The court that entrusted the case.
    pub court: Option<String>,
    /// The presiding mediator's name.
    pub mediator: String,
    /// The parties, in the order in which they are named.
    pub parties: Vec<Party>,
    /// The claims.
    pub claims: Vec<Claim>,
}

/// A party as a document names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Party {
    /// Full name of the person or company.
    pub name: String,
    /// Its place in the dispute.
    pub standing: Standing,
    /// Document and number that identify it, such as 统一社会信用代码 91….
    pub identity: Option<String>,
    /// Address (住所地).
    pub address: Option<String>,
    /// Who represents it here.
    pub representative: Option<Representative>,
}

/// Who acts for a party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Representative {
    /// The name.
    pub name: String,
    /// The authority, in words: conceding and signing need a special one (rules.md 7).
    pub authority: String,
}

/// A claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// The claim in words.
    pub text: String,
    /// The case it belongs to, in a series.
    pub case_number: Option<String>,
}

/// A party's place in the dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// Asks for something.
    Applicant,
    /// Is asked for it.
    Respondent,
    /// Has an interest in the outcome.
    ThirdParty,
}

impl Standing {
    /// As documents write it.
    pub fn in_chinese(self) -> &'static str {
        match self {
            Self::Applicant => "申请人",
            Self::Respondent => "被申请人",
            Self::ThirdParty => "第三人",
        }
    }
}
