//! The editor's schema: which nodes and marks a document has, what they may contain and which attributes they carry.
//!
//! The web app builds its editor from the same table (names are tiptap's where it has them); a document that does not fit
//! is refused here, because an editor silently deletes what it does not know, for everyone.
//!
//! | node | content (ProseMirror expression) | attributes |
//! |---|---|---|
//! | `doc` | `(block \| section)+` | – |
//! | `section` | `block+`, isolating, defining | `name`: one of [`SectionName`], required, never changed |
//! | `heading` | `inline*` | `level`: 1, 2 or 3 (default 1) |
//! | `paragraph` | `inline*` | – |
//! | `bulletList` | `listItem+` | – |
//! | `orderedList` | `listItem+` | `start`: 1 to 9999 (default 1); `type`: null only |
//! | `listItem` | `(paragraph \| bulletList \| orderedList)+` | – |
//! | `blockquote` | `(paragraph \| bulletList \| orderedList)+` | – |
//! | `horizontalRule` | – | – |
//! | `hardBreak` | – | – |
//! | `text` | – | – |
//!
//! `block` is `heading`, `paragraph`, `bulletList`, `orderedList`, `blockquote`, `horizontalRule`; `inline` is `text`,
//! `hardBreak`. Marks: `bold`, `italic`, `underline`, on text only, without attributes.
//!
//! Nesting, attributes and marks are checked at every update: no honest editor can produce a wrong one, alone or by
//! merging. *Numbers* of children are not: two people may each delete one of two list items, and the empty list that is
//! left is nobody's fault. Required sections are checked when the document is frozen.
//!
//! In Yjs (as y-prosemirror and @tiptap/y-tiptap store it): the root is the XML fragment [`ROOT_FIELD`]; a node is an
//! XML element named after it, its attributes plain values; a run of text is an XML text whose formatting attributes
//! are the marks, each with the value `{}`.

use serde::{Deserialize, Serialize};

use crate::limits::NESTING_DEPTH_MAX;

/// Name of the root XML fragment (tiptap's `field` option, its default).
pub const ROOT_FIELD: &str = "default";

/// A kind of node, named as in the editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NodeKind {
    /// The whole document.
    Doc,
    /// A named part of an agreement or of minutes.
    Section,
    /// A heading, level 1 to 3.
    Heading,
    /// A paragraph.
    Paragraph,
    /// An unordered list.
    BulletList,
    /// A numbered list.
    OrderedList,
    /// An item of a list.
    ListItem,
    /// A quotation.
    Blockquote,
    /// A dividing line.
    HorizontalRule,
    /// A line break inside a paragraph.
    HardBreak,
    /// A run of text with the same marks.
    Text,
}

impl NodeKind {
    /// All kinds that Yjs stores as XML elements: everything but the root and text.
    pub const ELEMENTS: [Self; 9] = [
        Self::Section,
        Self::Heading,
        Self::Paragraph,
        Self::BulletList,
        Self::OrderedList,
        Self::ListItem,
        Self::Blockquote,
        Self::HorizontalRule,
        Self::HardBreak,
    ];

    /// The node's name in the editor and in Yjs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Doc => "doc",
            Self::Section => "section",
            Self::Heading => "heading",
            Self::Paragraph => "paragraph",
            Self::BulletList => "bulletList",
            Self::OrderedList => "orderedList",
            Self::ListItem => "listItem",
            Self::Blockquote => "blockquote",
            Self::HorizontalRule => "horizontalRule",
            Self::HardBreak => "hardBreak",
            Self::Text => "text",
        }
    }

    /// The kind of an XML element of this name.
    pub fn from_element_name(name: &str) -> Option<Self> {
        Self::ELEMENTS.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether `child` may stand directly inside this node.
    pub fn may_contain(self, child: Self) -> bool {
        match self {
            Self::Doc => child == Self::Section || child.is_block(),
            Self::Section => child.is_block(),
            Self::Heading | Self::Paragraph => matches!(child, Self::Text | Self::HardBreak),
            Self::BulletList | Self::OrderedList => child == Self::ListItem,
            Self::ListItem | Self::Blockquote => {
                matches!(child, Self::Paragraph | Self::BulletList | Self::OrderedList)
            }
            Self::HorizontalRule | Self::HardBreak | Self::Text => false,
        }
    }

    fn is_block(self) -> bool {
        matches!(
            self,
            Self::Heading
                | Self::Paragraph
                | Self::BulletList
                | Self::OrderedList
                | Self::Blockquote
                | Self::HorizontalRule
        )
    }
}

/// A mark on text, serialised as ProseMirror does: `{"type":"bold"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Mark {
    /// Heavy.
    Bold,
    /// Slanted in the editor; emphasis dots or the like in print.
    Italic,
    /// Underlined.
    Underline,
}

impl Mark {
    /// All marks, in the order in which they are stored in canonical content.
    pub const ALL: [Self; 3] = [Self::Bold, Self::Italic, Self::Underline];

    /// The mark's name in the editor and in Yjs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bold => "bold",
            Self::Italic => "italic",
            Self::Underline => "underline",
        }
    }

    /// The mark of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mark| mark.name() == name)
    }
}

/// The named parts of a document of the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SectionName {
    /// Who the parties and their representatives are.
    Parties,
    /// The main facts.
    Facts,
    /// What is in dispute.
    Issues,
    /// What was agreed.
    Result,
    /// The way of performance.
    Performance,
    /// The deadline of performance.
    Deadline,
    /// A licence granted instead of damages.
    Licence,
    /// The withdrawal of the suit.
    Withdrawal,
    /// Who bears the costs.
    Costs,
    /// Judicial confirmation, service, effect, copies.
    Closing,
    /// Minutes: time, place, who was present.
    Attendance,
    /// Minutes: notices given and answers to them.
    Notices,
    /// Minutes: what happened and was said.
    Proceedings,
    /// Minutes: how the session ended.
    Outcome,
}

impl SectionName {
    /// Every section.
    pub const ALL: [Self; 14] = [
        Self::Parties,
        Self::Facts,
        Self::Issues,
        Self::Result,
        Self::Performance,
        Self::Deadline,
        Self::Licence,
        Self::Withdrawal,
        Self::Costs,
        Self::Closing,
        Self::Attendance,
        Self::Notices,
        Self::Proceedings,
        Self::Outcome,
    ];

    /// The section's name in the editor, in Yjs and in templates.
    pub fn name(self) -> &'static str {
        match self {
            Self::Parties => "parties",
            Self::Facts => "facts",
            Self::Issues => "issues",
            Self::Result => "result",
            Self::Performance => "performance",
            Self::Deadline => "deadline",
            Self::Licence => "licence",
            Self::Withdrawal => "withdrawal",
            Self::Costs => "costs",
            Self::Closing => "closing",
            Self::Attendance => "attendance",
            Self::Notices => "notices",
            Self::Proceedings => "proceedings",
            Self::Outcome => "outcome",
        }
    }

    /// The section of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.name() == name)
    }
}

/// Which document of the room this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DocumentKind {
    /// The mediation agreement (调解协议书).
    Agreement,
    /// The minutes (调解笔录).
    Minutes,
    /// Undisputed facts, jointly confirmed (无争议事实记载).
    UndisputedFacts,
}

impl DocumentKind {
    /// The document's title in print.
    pub fn title(self) -> &'static str {
        match self {
            Self::Agreement => "调解协议书",
            Self::Minutes => "调解笔录",
            Self::UndisputedFacts => "无争议事实记载",
        }
    }

    /// Sections that must be there and be filled in before the document is frozen (rules.md 13 and 18: IM 24,
    /// 人民调解法 29).
    pub fn required_sections(self) -> &'static [SectionName] {
        match self {
            Self::Agreement => &[
                SectionName::Parties,
                SectionName::Facts,
                SectionName::Issues,
                SectionName::Result,
                SectionName::Performance,
                SectionName::Deadline,
            ],
            Self::Minutes => &[
                SectionName::Parties,
                SectionName::Attendance,
                SectionName::Notices,
                SectionName::Proceedings,
                SectionName::Outcome,
            ],
            Self::UndisputedFacts => &[SectionName::Parties, SectionName::Facts],
        }
    }
}

/// Why a tree is no document of this schema. `place` is a path of node names and positions, without any text of theirs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaViolation {
    /// A node, attribute or mark that the editor does not know.
    #[error("{place}: the editor knows no {what}; synchronise the document again")]
    Unknown {
        /// Where.
        place: String,
        /// What was found.
        what: &'static str,
    },
    /// A node where it may not stand.
    #[error("{place}: a {} may not stand in a {}", child.name(), parent.name())]
    Misplaced {
        /// Where.
        place: String,
        /// The node around it.
        parent: NodeKind,
        /// The node.
        child: NodeKind,
    },
    /// An attribute that is missing or has a value of the wrong type or range.
    #[error("{place}: the attribute {attribute} of {} has a wrong value", node.name())]
    WrongAttribute {
        /// Where.
        place: String,
        /// The node.
        node: NodeKind,
        /// The attribute.
        attribute: &'static str,
    },
    /// A character that was cut in two: Yjs leaves U+FFFD on both sides of the cut, and not in every copy alike.
    #[error("{place}: a character was cut in two, or came damaged (U+FFFD): type it again")]
    CutCharacter {
        /// Where.
        place: String,
    },
    /// Too deep.
    #[error("{place}: more than {NESTING_DEPTH_MAX} nodes nested in one another")]
    TooDeep {
        /// Where.
        place: String,
    },
    /// Too much text or too many nodes.
    #[error("the document would become too large: shorten it, or start a second one")]
    TooLarge,
}
