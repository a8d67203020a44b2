//! The content of a document at one moment, as a tree without history: ProseMirror's JSON.
//!
//! It comes out of a shared document or a template; it goes into validation, typesetting and the content digest.

use serde::{Deserialize, Serialize};

use crate::schema::{Mark, NodeKind, SectionName};

/// A document's content: the root node, of kind `doc`. Serialises as ProseMirror's `toJSON`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Content {
    /// The root.
    pub root: Node,
}

/// A node of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: NodeKind,
    /// Its attributes.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attrs: Attributes,
    /// Its children, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<Node>,
    /// The text of a text node; empty on all others.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The marks of a text node, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
}

/// Attributes of a node; which of them a node has is the schema's business.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// Of a section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<SectionName>,
    /// Of a heading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// Of a numbered list: its first number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<u16>,
}

impl Attributes {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Content {
    /// A document of these blocks.
    pub fn new(blocks: Vec<Node>) -> Self {
        Self { root: Node::of(NodeKind::Doc, blocks) }
    }

    /// All sections of this name. Usually one; merging two people's edits can leave two.
    pub fn sections(&self, name: SectionName) -> impl Iterator<Item = &Node> {
        self.root.content.iter().filter(move |node| node.kind == NodeKind::Section && node.attrs.name == Some(name))
    }

    /// Every text node in reading order, with the innermost section it stands in and its position among the blocks of
    /// the document (counted from 1, sections opened).
    pub fn texts(&self) -> Vec<PlacedText<'_>> {
        let mut texts = Vec::new();
        let mut block = 0;
        for node in &self.root.content {
            if node.kind == NodeKind::Section {
                for inner in &node.content {
                    block += 1;
                    inner.collect_texts(node.attrs.name, block, &mut texts);
                }
            } else {
                block += 1;
                node.collect_texts(None, block, &mut texts);
            }
        }
        texts
    }
}

/// A text node and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct PlacedText<'a> {
    /// The section around it.
    pub section: Option<SectionName>,
    /// Which block of the document, counted from 1.
    pub block: usize,
    /// The text.
    pub text: &'a str,
}

impl Node {
    /// A node with children and no attributes.
    pub fn of(kind: NodeKind, content: Vec<Node>) -> Self {
        Self { kind, attrs: Attributes::default(), content, text: String::new(), marks: Vec::new() }
    }

    /// A text node.
    pub fn text(text: impl Into<String>, marks: Vec<Mark>) -> Self {
        Self { text: text.into(), marks, ..Self::of(NodeKind::Text, Vec::new()) }
    }

    /// A paragraph of inline nodes.
    pub fn paragraph(inline: Vec<Node>) -> Self {
        Self::of(NodeKind::Paragraph, inline)
    }

    /// A heading of inline nodes; `level` is 1, 2 or 3.
    pub fn heading(level: u8, inline: Vec<Node>) -> Self {
        Self {
            attrs: Attributes { level: Some(level), ..Attributes::default() },
            ..Self::of(NodeKind::Heading, inline)
        }
    }

    /// A named section.
    pub fn section(name: SectionName, blocks: Vec<Node>) -> Self {
        Self { attrs: Attributes { name: Some(name), ..Attributes::default() }, ..Self::of(NodeKind::Section, blocks) }
    }

    /// Whether anything but headings and white space is written in it.
    pub fn is_filled(&self) -> bool {
        match self.kind {
            NodeKind::Heading => false,
            NodeKind::Text => self.text.chars().any(|c| !c.is_whitespace()),
            NodeKind::Doc
            | NodeKind::Section
            | NodeKind::Paragraph
            | NodeKind::BulletList
            | NodeKind::OrderedList
            | NodeKind::ListItem
            | NodeKind::Blockquote
            | NodeKind::HorizontalRule
            | NodeKind::HardBreak => self.content.iter().any(Self::is_filled),
        }
    }

    /// All its text, without separators.
    pub fn plain_text(&self) -> String {
        let mut texts = Vec::new();
        self.collect_texts(None, 0, &mut texts);
        texts.into_iter().map(|placed| placed.text).collect()
    }

    fn collect_texts<'a>(&'a self, section: Option<SectionName>, block: usize, texts: &mut Vec<PlacedText<'a>>) {
        if self.kind == NodeKind::Text {
            texts.push(PlacedText { section, block, text: &self.text });
        }
        for child in &self.content {
            child.collect_texts(section, block, texts);
        }
    }
}
