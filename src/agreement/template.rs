//! Templates of agreements and minutes, filled from the case.
//!
//! A template is a text file of ours beside this one, one block a line:
//!
//! | line | means |
//! |---|---|
//! | `# …`, `## …`, `### …` | a heading |
//! | `@name` | opens the section of that name ([`SectionName`]) |
//! | `1. …`, `- …` | an item of a numbered or plain list |
//! | `%each party`, `claim` or `case` … `%end` | the lines between, once for each |
//! | `%with court`, `%without court` … `%end` | the lines between, when a court entrusted the case, or when none did |
//! | anything else | a paragraph |
//!
//! `**…**` is bold; `{{field}}` is replaced by a fact; `【…】` is a blank for the people in the room to fill in. A line of
//! which a field is absent is left out. Facts are put into finished text nodes: whatever they contain, they stay text.

use crate::content::{Content, Node};
use crate::document::Document;
use crate::facts::{CaseFacts, Claim, Party, Standing};
use crate::limits::FACT_CHARS_MAX;
use crate::schema::{DocumentKind, Mark, NodeKind, SchemaViolation, SectionName};

/// The templates there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Template {
    /// A payment settles the dispute.
    Payment,
    /// A licence is taken instead of damages, for a case or a series (rules.md 22).
    Licence,
    /// Performed on the spot, the suit is withdrawn (rules.md 22).
    Withdrawal,
    /// The minutes of a session (rules.md 13).
    Minutes,
    /// Facts that the parties jointly confirm (rules.md 12).
    UndisputedFacts,
}

/// Why a template was not filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A fact is too long or has control characters.
    #[error(
        "the fact {field} is longer than {FACT_CHARS_MAX} characters or has control characters: correct it in the case"
    )]
    UnusableFact {
        /// Which.
        field: String,
    },
    /// The template itself is wrong.
    #[error("line {line} of the template: {reason}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// What came out does not fit the schema.
    #[error(transparent)]
    Schema(#[from] SchemaViolation),
}

impl Template {
    /// Every template.
    pub const ALL: [Self; 5] = [Self::Payment, Self::Licence, Self::Withdrawal, Self::Minutes, Self::UndisputedFacts];

    /// Which document it makes.
    pub fn kind(self) -> DocumentKind {
        match self {
            Self::Payment | Self::Licence | Self::Withdrawal => DocumentKind::Agreement,
            Self::Minutes => DocumentKind::Minutes,
            Self::UndisputedFacts => DocumentKind::UndisputedFacts,
        }
    }

    fn source(self) -> &'static str {
        match self {
            Self::Payment => include_str!("templates/payment.txt"),
            Self::Licence => include_str!("templates/licence.txt"),
            Self::Withdrawal => include_str!("templates/withdrawal.txt"),
            Self::Minutes => include_str!("templates/minutes.txt"),
            Self::UndisputedFacts => include_str!("templates/undisputed_facts.txt"),
        }
    }
}

/// A new document, filled in as far as the case goes.
///
/// # Errors
/// [`TemplateError`] when a fact cannot be written into a document.
pub fn instantiate(template: Template, facts: &CaseFacts) -> Result<Document, TemplateError> {
    let content = fill(template, facts)?;
    Ok(Document::from_content(template.kind(), &content)?)
}

/// The content that [`instantiate`] starts a document with.
///
/// # Errors
/// As there.
pub fn fill(template: Template, facts: &CaseFacts) -> Result<Content, TemplateError> {
    let lines: Vec<Line> =
        template.source().lines().enumerate().map(|(i, text)| Line { number: i + 1, text }).collect();
    let mut filling = Filling { facts, blocks: Vec::new(), section: None };
    filling.lines(&lines, Subject::Case)?;
    filling.close_section();
    Ok(Content::new(filling.blocks))
}

#[derive(Clone, Copy)]
struct Line<'a> {
    number: usize,
    text: &'a str,
}

impl Line<'_> {
    fn wrong(self, reason: &'static str) -> TemplateError {
        TemplateError::Line { line: self.number, reason }
    }
}

/// Whose fields a line may name besides the case's.
#[derive(Clone, Copy)]
enum Subject<'a> {
    Case,
    Party(&'a Party),
    Claim(&'a Claim),
    CaseNumber(&'a str),
}

struct Filling<'a> {
    facts: &'a CaseFacts,
    blocks: Vec<Node>,
    section: Option<(SectionName, Vec<Node>)>,
}

impl Filling<'_> {
    fn lines(&mut self, mut lines: &[Line], subject: Subject) -> Result<(), TemplateError> {
        while let Some((&line, rest)) = lines.split_first() {
            lines = rest;
            let Some(directive) = line.text.strip_prefix('%') else {
                self.line(line, subject)?;
                continue;
            };
            let end = rest.iter().position(|line| line.text == "%end").ok_or_else(|| line.wrong("nothing ends it"))?;
            let (inner, after) = rest.split_at(end);
            lines = after.get(1..).unwrap_or_default();
            self.directive(line, directive, inner)?;
        }
        Ok(())
    }

    fn directive(&mut self, line: Line, directive: &str, inner: &[Line]) -> Result<(), TemplateError> {
        let facts = self.facts;
        match directive {
            "each party" => facts.parties.iter().try_for_each(|party| self.lines(inner, Subject::Party(party))),
            "each claim" => facts.claims.iter().try_for_each(|claim| self.lines(inner, Subject::Claim(claim))),
            "each case" => facts.case_numbers.iter().try_for_each(|case| self.lines(inner, Subject::CaseNumber(case))),
            "with court" if facts.court.is_none() => Ok(()),
            "without court" if facts.court.is_some() => Ok(()),
            "with court" | "without court" => self.lines(inner, Subject::Case),
            _ => Err(line.wrong("no such directive")),
        }
    }

    fn line(&mut self, line: Line, subject: Subject) -> Result<(), TemplateError> {
        if line.text.is_empty() {
            return Ok(());
        }
        if let Some(name) = line.text.strip_prefix('@') {
            let name = SectionName::from_name(name).ok_or_else(|| line.wrong("no such section"))?;
            self.close_section();
            self.section = Some((name, Vec::new()));
            return Ok(());
        }
        let (shape, text) = Shape::of(line.text);
        let Some(inline) = self.inline(line, text, subject)? else { return Ok(()) };
        let blocks = self.section.as_mut().map_or(&mut self.blocks, |(_, blocks)| blocks);
        match shape {
            Shape::Heading(level) => blocks.push(Node::heading(level, inline)),
            Shape::Paragraph => blocks.push(Node::paragraph(inline)),
            Shape::Item(list) => {
                let item = Node::of(NodeKind::ListItem, vec![Node::paragraph(inline)]);
                match blocks.last_mut() {
                    Some(last) if last.kind == list => last.content.push(item),
                    _ => blocks.push(new_list(list, item)),
                }
            }
        }
        Ok(())
    }

    /// The inline nodes of a line; none when a field of it is absent.
    fn inline(&self, line: Line, text: &str, subject: Subject) -> Result<Option<Vec<Node>>, TemplateError> {
        let mut nodes = Vec::new();
        for (i, part) in text.split("**").enumerate() {
            let marks = if i % 2 == 1 { vec![Mark::Bold] } else { Vec::new() };
            let mut filled = String::new();
            let mut rest = part;
            while let Some((before, after)) = rest.split_once("{{") {
                let (field, after) = after.split_once("}}").ok_or_else(|| line.wrong("a field that does not end"))?;
                let Some(value) = self.value(line, field, subject)? else { return Ok(None) };
                if value.chars().count() > FACT_CHARS_MAX || value.chars().any(char::is_control) {
                    return Err(TemplateError::UnusableFact { field: field.to_owned() });
                }
                filled.push_str(before);
                filled.push_str(&value);
                rest = after;
            }
            filled.push_str(rest);
            if !filled.is_empty() {
                nodes.push(Node::text(filled, marks));
            }
        }
        Ok(Some(nodes))
    }

    fn value(&self, line: Line, field: &str, subject: Subject) -> Result<Option<String>, TemplateError> {
        let facts = self.facts;
        let value = match (field, subject) {
            ("case_numbers", _) => Some(facts.case_numbers.join("、")).filter(|joined| !joined.is_empty()),
            ("cause", _) => Some(facts.cause.clone()),
            ("organisation", _) => Some(facts.organisation.clone()),
            ("court", _) => facts.court.clone(),
            ("mediator", _) => Some(facts.mediator.clone()),
            ("applicants", _) => Some(self.names(Standing::Applicant)),
            ("respondents", _) => Some(self.names(Standing::Respondent)),
            ("party.standing", Subject::Party(party)) => Some(party.standing.in_chinese().to_owned()),
            ("party.name", Subject::Party(party)) => Some(party.name.clone()),
            ("party.identity", Subject::Party(party)) => party.identity.clone(),
            ("party.address", Subject::Party(party)) => party.address.clone(),
            ("party.representative", Subject::Party(party)) => party.representative.as_ref().map(|r| r.name.clone()),
            ("party.authority", Subject::Party(party)) => party.representative.as_ref().map(|r| r.authority.clone()),
            ("claim.text", Subject::Claim(claim)) => Some(claim.text.clone()),
            ("claim.case", Subject::Claim(claim)) => {
                Some(claim.case_number.as_ref().map_or_else(String::new, |number| format!("{number}：")))
            }
            ("case.number", Subject::CaseNumber(number)) => Some(number.to_owned()),
            _ => return Err(line.wrong("no such field here")),
        };
        Ok(value)
    }

    /// The names of all parties of a standing; the standing itself when there are none.
    fn names(&self, standing: Standing) -> String {
        let parties = self.facts.parties.iter().filter(|party| party.standing == standing);
        let names: Vec<&str> = parties.map(|party| party.name.as_str()).collect();
        if names.is_empty() { standing.in_chinese().to_owned() } else { names.join("、") }
    }

    fn close_section(&mut self) {
        if let Some((name, blocks)) = self.section.take() {
            self.blocks.push(Node::section(name, blocks));
        }
    }
}

enum Shape {
    Heading(u8),
    Item(NodeKind),
    Paragraph,
}

impl Shape {
    fn of(line: &str) -> (Self, &str) {
        let shapes = [
            ("### ", Self::Heading(3)),
            ("## ", Self::Heading(2)),
            ("# ", Self::Heading(1)),
            ("1. ", Self::Item(NodeKind::OrderedList)),
            ("- ", Self::Item(NodeKind::BulletList)),
        ];
        for (prefix, shape) in shapes {
            if let Some(text) = line.strip_prefix(prefix) {
                return (shape, text);
            }
        }
        (Self::Paragraph, line)
    }
}

fn new_list(kind: NodeKind, item: Node) -> Node {
    let mut list = Node::of(kind, vec![item]);
    if kind == NodeKind::OrderedList {
        list.attrs.start = Some(1);
    }
    list
}
