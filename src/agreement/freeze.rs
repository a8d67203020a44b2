//! Freezing: from a draft that changes to a document that people sign.
//!
//! In come a document, the facts of its case and what names this version; out go the canonical content and the PDF with
//! their digests, or everything that stands in the way. `content_digest` is over the canonical JSON (RFC 8785) of content
//! and heading and is printed on every page; `document_digest` is over the bytes of the PDF. Signers sign both.

use serde::{Deserialize, Serialize};

use crate::civil_time::CivilTime;
use crate::content::Content;
use crate::digest::Digest;
use crate::document::Document;
use crate::facts::CaseFacts;
use crate::limits::PDF_BYTES_MAX;
use crate::schema::{DocumentKind, SectionName};
use crate::typeset::{Layout, TypesetError, Typesetter};

/// Names the format of the canonical content.
pub const CONTENT_FORMAT: &str = "accord.document.v1";

/// What makes this frozen document this one and no other: a signature over its digests cannot be moved to another
/// tenant, room, document or version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// The tenant.
    pub tenant: String,
    /// The room.
    pub room: String,
    /// The document in the room.
    pub document: String,
    /// Counts the times this document was frozen, from 1.
    pub version: u32,
    /// When it was frozen.
    pub frozen_at: CivilTime,
}

/// A frozen document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// The canonical JSON (RFC 8785) of heading and content, UTF-8.
    pub content_json: Vec<u8>,
    /// SHA-256 of `content_json`.
    pub content_digest: Digest,
    /// The typeset document.
    pub pdf: Vec<u8>,
    /// SHA-256 of `pdf`.
    pub document_digest: Digest,
    /// How many pages it has.
    pub pages: usize,
}

/// Why a document was not frozen. It can be edited on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FreezeRefusal {
    /// Things that the people in the room have to put right, in reading order.
    #[error("the document is not ready: {} things are to be put right first", .0.len())]
    NotReady(Vec<Problem>),
    /// It could not be typeset.
    #[error(transparent)]
    NotTypeset(#[from] TypesetError),
    /// Too large to be kept and sent.
    #[error("the typeset document has more than {PDF_BYTES_MAX} bytes: shorten it")]
    TooLarge,
    /// It could not be written as canonical JSON: a defect of this program.
    #[error("the content could not be written down")]
    NotWritten,
}

/// One thing that stands in the way of freezing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "problem", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Problem {
    /// A required section is not there.
    MissingSection {
        /// Which.
        section: SectionName,
    },
    /// A required section has nothing but headings.
    EmptySection {
        /// Which.
        section: SectionName,
    },
    /// A section is there twice; a reader could not tell which counts.
    RepeatedSection {
        /// Which.
        section: SectionName,
    },
    /// A blank was left: `____` or `【…】`.
    Blank {
        /// The section it stands in.
        section: Option<SectionName>,
        /// The block of the document, counted from 1.
        block: usize,
        /// The blank.
        blank: String,
    },
    /// A character that cannot be seen or that turns the reading direction.
    HiddenCharacter {
        /// Such as `U+202E`.
        code_point: String,
        /// The section it stands in; none in the heading of the pages.
        section: Option<SectionName>,
        /// The block of the document, counted from 1; 0 in the heading of the pages.
        block: usize,
    },
    /// A character that no font has.
    MissingGlyph {
        /// The character.
        character: char,
        /// Such as `U+1F600`.
        code_point: String,
        /// The section it stands in; none in the heading of the pages.
        section: Option<SectionName>,
        /// The block of the document, counted from 1; 0 in the heading of the pages.
        block: usize,
    },
}

/// Freezes the document as it is now.
///
/// # Errors
/// [`FreezeRefusal`], naming everything that is to be put right.
pub fn freeze(
    document: &Document,
    facts: &CaseFacts,
    version: &Version,
    typesetter: &Typesetter,
) -> Result<Frozen, FreezeRefusal> {
    let content = document.content();
    let problems = problems(document.kind(), content, facts, typesetter);
    if !problems.is_empty() {
        return Err(FreezeRefusal::NotReady(problems));
    }
    let canonical = Canonical { format: CONTENT_FORMAT, kind: document.kind(), version, facts, content };
    let content_json = serde_json_canonicalizer::to_vec(&canonical).map_err(|_| FreezeRefusal::NotWritten)?;
    let content_digest = Digest::of(&content_json);
    let sheet = DocumentSheet::new(document.kind(), content, facts, version, content_digest, typesetter);
    let identity = content_digest.to_string();
    let typeset = typesetter.set(Layout::Document, &sheet, &identity, version.frozen_at)?;
    if typeset.pdf.len() > PDF_BYTES_MAX {
        return Err(FreezeRefusal::TooLarge);
    }
    let document_digest = Digest::of(&typeset.pdf);
    Ok(Frozen { content_json, content_digest, pdf: typeset.pdf, document_digest, pages: typeset.pages })
}

/// Everything that stands in the way of freezing this content, in reading order: for a checklist beside the editor.
pub fn problems(kind: DocumentKind, content: &Content, facts: &CaseFacts, typesetter: &Typesetter) -> Vec<Problem> {
    let mut problems = section_problems(kind, content);
    for heading in [case_line(facts), facts.organisation.clone(), facts.mediator.clone()] {
        character_problems(&heading, None, 0, typesetter, &mut problems);
    }
    for party in &facts.parties {
        character_problems(&party.name, None, 0, typesetter, &mut problems);
    }
    let texts = content.texts();
    for run in texts.chunk_by(|a, b| a.block == b.block) {
        // A blank may run across a change of type.
        let whole: String = run.iter().map(|placed| placed.text).collect();
        let Some(placed) = run.first() else { continue };
        for blank in blanks(&whole) {
            problems.push(Problem::Blank { section: placed.section, block: placed.block, blank });
        }
        character_problems(&whole, placed.section, placed.block, typesetter, &mut problems);
    }
    problems
}

fn section_problems(kind: DocumentKind, content: &Content) -> Vec<Problem> {
    let mut problems = Vec::new();
    for section in SectionName::ALL {
        let required = kind.required_sections().contains(&section);
        let found: Vec<_> = content.sections(section).collect();
        match found.as_slice() {
            [] if required => problems.push(Problem::MissingSection { section }),
            [only] if required && !only.is_filled() => problems.push(Problem::EmptySection { section }),
            [] | [_] => {}
            [_, _, ..] => problems.push(Problem::RepeatedSection { section }),
        }
    }
    problems
}

fn character_problems(
    text: &str,
    section: Option<SectionName>,
    block: usize,
    typesetter: &Typesetter,
    problems: &mut Vec<Problem>,
) {
    for character in text.chars() {
        let code_point = format!("U+{:04X}", u32::from(character));
        let problem = if is_hidden(character) {
            Problem::HiddenCharacter { code_point, section, block }
        } else if character != '\t' && !typesetter.fonts().has(character) {
            Problem::MissingGlyph { character, code_point, section, block }
        } else {
            continue;
        };
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
}

/// Characters that print nothing, print by private agreement, stand for damage, or make text read in another order than it
/// is stored. None belongs into a contract.
fn is_hidden(character: char) -> bool {
    matches!(character,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{ffa0}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff0}'..='\u{ffff}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{e00ff}' | '\u{f0000}'..)
        || (character.is_control() && character != '\t')
}

/// Blanks left in a block: two or more underscores in a row, or anything in lenticular brackets, which templates use for
/// blanks and agreements therefore do without.
fn blanks(text: &str) -> Vec<String> {
    let mut blanks = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(['_', '＿', '【']) {
        let (_, from) = rest.split_at(start);
        let bracket = from.starts_with('【');
        let end = if bracket {
            from.find('】').map_or(from.len(), |end| end + '】'.len_utf8())
        } else {
            from.find(|character| character != '_' && character != '＿').unwrap_or(from.len())
        };
        let (blank, after) = from.split_at(end);
        if bracket || blank.chars().count() >= 2 {
            blanks.push(blank.chars().take(40).collect());
        }
        rest = after;
    }
    blanks
}

pub(crate) fn case_line(facts: &CaseFacts) -> String {
    if facts.case_numbers.is_empty() {
        facts.cause.clone()
    } else {
        format!("案号：{}", facts.case_numbers.join("、"))
    }
}

/// What the content digest is over.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Canonical<'a> {
    format: &'static str,
    kind: DocumentKind,
    #[serde(flatten)]
    version: &'a Version,
    #[serde(rename = "case")]
    facts: &'a CaseFacts,
    content: &'a Content,
}

/// What the layout of a document gets.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct DocumentSheet<'a> {
    title: &'static str,
    organisation: &'a str,
    families: &'a [String],
    case_line: String,
    digest_line: String,
    content: &'a Content,
    signature_note: String,
    signature_lines: Vec<String>,
}

impl<'a> DocumentSheet<'a> {
    fn new(
        kind: DocumentKind,
        content: &'a Content,
        facts: &'a CaseFacts,
        version: &Version,
        digest: Digest,
        typesetter: &'a Typesetter,
    ) -> Self {
        let mut signature_lines: Vec<String> =
            facts.parties.iter().map(|party| format!("{}：{}", party.standing.in_chinese(), party.name)).collect();
        signature_lines.push(format!("调解员：{}", facts.mediator));
        signature_lines.push(format!("调解组织：{}", facts.organisation));
        Self {
            title: kind.title(),
            organisation: &facts.organisation,
            families: typesetter.fonts().families(),
            case_line: case_line(facts),
            digest_line: format!("内容摘要 / content digest (SHA-256)：{digest}"),
            content,
            signature_note: format!(
                "本文书第{}版于{}定稿，由下列各方以电子方式签署，签署情况记载于随附的签署页。",
                version.version,
                version.frozen_at.in_chinese()
            ),
            signature_lines,
        }
    }
}
