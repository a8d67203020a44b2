//! Between the shared tree (Yjs XML types) and [`Content`]: reading validates against the schema, writing builds afresh.

use yrs::types::Attrs;
use yrs::types::text::YChange;
use yrs::{
    Any, Number, Out, ReadTxn, Text, TransactionMut, Xml, XmlElementPrelim, XmlElementRef, XmlFragment, XmlFragmentRef,
    XmlOut, XmlTextPrelim, XmlTextRef,
};

use crate::content::{Attributes, Content, Node};
use crate::limits::{DOCUMENT_NODES_MAX, DOCUMENT_TEXT_CHARS_MAX, NESTING_DEPTH_MAX};
use crate::schema::{Mark, NodeKind, SchemaViolation, SectionName};

/// Reads and validates the whole tree.
pub(crate) fn read<T: ReadTxn>(root: &XmlFragmentRef, txn: &T) -> Result<Content, SchemaViolation> {
    let mut reading = Reading { txn, path: Vec::new(), nodes: 0, chars: 0 };
    let root = reading.children(NodeKind::Doc, root.children(txn), root.len(txn))?;
    Ok(Content { root: Node::of(NodeKind::Doc, root) })
}

/// Appends the content's blocks to an empty root.
pub(crate) fn write(root: &XmlFragmentRef, txn: &mut TransactionMut, content: &Content) {
    write_children(root, txn, &content.root.content);
}

struct Reading<'a, T> {
    txn: &'a T,
    path: Vec<(NodeKind, usize)>,
    nodes: usize,
    chars: usize,
}

impl<T: ReadTxn> Reading<'_, T> {
    fn children(
        &mut self,
        parent: NodeKind,
        children: impl Iterator<Item = XmlOut>,
        len: u32,
    ) -> Result<Vec<Node>, SchemaViolation> {
        let mut nodes: Vec<Node> = Vec::new();
        let mut seen = 0;
        for child in children {
            seen += 1;
            match child {
                XmlOut::Element(element) => nodes.push(self.element(parent, &element, nodes.len())?),
                XmlOut::Text(text) => self.text(parent, &text, &mut nodes)?,
                XmlOut::Fragment(_) => return Err(self.unknown("fragment inside the tree")),
            }
        }
        // The iterator stops at, and the editor stumbles over, a child that is neither an element nor text.
        if seen != len {
            return Err(self.unknown("child that is neither an element nor text"));
        }
        Ok(nodes)
    }

    fn element(&mut self, parent: NodeKind, element: &XmlElementRef, position: usize) -> Result<Node, SchemaViolation> {
        let Some(kind) = element.try_tag().and_then(|tag| NodeKind::from_element_name(tag)) else {
            return Err(self.unknown("node of this name"));
        };
        self.count_node()?;
        if !parent.may_contain(kind) {
            return Err(SchemaViolation::Misplaced { place: self.place(), parent, child: kind });
        }
        self.path.push((kind, position));
        if self.path.len() > NESTING_DEPTH_MAX {
            return Err(SchemaViolation::TooDeep { place: self.place() });
        }
        let attrs = self.attributes(kind, element)?;
        let content = self.children(kind, element.children(self.txn), element.len(self.txn))?;
        self.path.pop();
        Ok(Node { attrs, ..Node::of(kind, content) })
    }

    fn attributes(&self, kind: NodeKind, element: &XmlElementRef) -> Result<Attributes, SchemaViolation> {
        let wrong = |attribute| SchemaViolation::WrongAttribute { place: self.place(), node: kind, attribute };
        let mut attrs = Attributes::default();
        for (key, value) in element.attributes(self.txn) {
            match (kind, key) {
                (NodeKind::Section, "name") => {
                    attrs.name = Some(string(&value).and_then(SectionName::from_name).ok_or_else(|| wrong("name"))?);
                }
                (NodeKind::Heading, "level") => {
                    attrs.level = Some(integer(&value, 1, 3).ok_or_else(|| wrong("level"))?);
                }
                (NodeKind::OrderedList, "start") => {
                    attrs.start = Some(integer(&value, 1, 9_999).ok_or_else(|| wrong("start"))?);
                }
                (NodeKind::OrderedList, "type") if matches!(value, Out::Any(Any::Null | Any::Undefined)) => {}
                _ => return Err(self.unknown("attribute of this name")),
            }
        }
        match kind {
            NodeKind::Section if attrs.name.is_none() => return Err(wrong("name")),
            NodeKind::Heading => attrs.level = attrs.level.or(Some(1)),
            NodeKind::OrderedList => attrs.start = attrs.start.or(Some(1)),
            NodeKind::Doc
            | NodeKind::Section
            | NodeKind::Paragraph
            | NodeKind::BulletList
            | NodeKind::ListItem
            | NodeKind::Blockquote
            | NodeKind::HorizontalRule
            | NodeKind::HardBreak
            | NodeKind::Text => {}
        }
        Ok(attrs)
    }

    fn text(&mut self, parent: NodeKind, text: &XmlTextRef, nodes: &mut Vec<Node>) -> Result<(), SchemaViolation> {
        if text.attributes(self.txn).next().is_some() {
            return Err(self.unknown("attribute of text"));
        }
        for run in text.diff(self.txn, YChange::identity) {
            let Out::Any(Any::String(string)) = run.insert else {
                return Err(self.unknown("child of text"));
            };
            if !parent.may_contain(NodeKind::Text) {
                return Err(SchemaViolation::Misplaced { place: self.place(), parent, child: NodeKind::Text });
            }
            if string.contains(char::REPLACEMENT_CHARACTER) {
                return Err(SchemaViolation::CutCharacter { place: self.place() });
            }
            self.chars += string.chars().count();
            if self.chars > DOCUMENT_TEXT_CHARS_MAX {
                return Err(SchemaViolation::TooLarge);
            }
            let marks = self.marks(run.attributes.as_deref())?;
            match nodes.last_mut() {
                Some(last) if last.kind == NodeKind::Text && last.marks == marks => last.text.push_str(&string),
                _ => {
                    self.count_node()?;
                    nodes.push(Node::text(&*string, marks));
                }
            }
        }
        Ok(())
    }

    fn marks(&self, attributes: Option<&Attrs>) -> Result<Vec<Mark>, SchemaViolation> {
        let mut marks = Vec::new();
        for (key, value) in attributes.into_iter().flatten() {
            match (Mark::from_name(key), value) {
                (Some(_), Any::Null | Any::Undefined) => {}
                (Some(mark), Any::Map(attributes)) if attributes.is_empty() => marks.push(mark),
                _ => return Err(self.unknown("mark of this name and value")),
            }
        }
        marks.sort_unstable();
        Ok(marks)
    }

    fn count_node(&mut self) -> Result<(), SchemaViolation> {
        self.nodes += 1;
        if self.nodes > DOCUMENT_NODES_MAX {
            return Err(SchemaViolation::TooLarge);
        }
        Ok(())
    }

    fn unknown(&self, what: &'static str) -> SchemaViolation {
        SchemaViolation::Unknown { place: self.place(), what }
    }

    fn place(&self) -> String {
        let steps = self.path.iter().map(|(kind, position)| format!(" > {} {}", kind.name(), position + 1));
        std::iter::once(NodeKind::Doc.name().to_owned()).chain(steps).collect()
    }
}

fn string(value: &Out) -> Option<&str> {
    if let Out::Any(Any::String(string)) = value { Some(string) } else { None }
}

/// JavaScript knows one kind of number, so a whole float is an integer too.
fn integer<I: TryFrom<i64>>(value: &Out, min: i64, max: i64) -> Option<I> {
    let Out::Any(Any::Number(number)) = value else {
        return None;
    };
    let integer = number.as_i64().filter(|integer| (min..=max).contains(integer))?;
    I::try_from(integer).ok()
}

fn write_children<P: XmlFragment>(parent: &P, txn: &mut TransactionMut, nodes: &[Node]) {
    let mut nodes = nodes.iter().peekable();
    while let Some(node) = nodes.next() {
        if node.kind != NodeKind::Text {
            write_element(parent, txn, node);
            continue;
        }
        // One XML text holds all runs up to the next element, as y-prosemirror does it.
        let text = parent.push_back(txn, XmlTextPrelim::new(""));
        write_run(&text, txn, node);
        while let Some(run) = nodes.next_if(|next| next.kind == NodeKind::Text) {
            write_run(&text, txn, run);
        }
    }
}

fn write_element<P: XmlFragment>(parent: &P, txn: &mut TransactionMut, node: &Node) {
    let element = parent.push_back(txn, XmlElementPrelim::empty(node.kind.name()));
    if let Some(name) = node.attrs.name {
        element.insert_attribute(txn, "name", name.name());
    }
    if let Some(level) = node.attrs.level {
        element.insert_attribute(txn, "level", Any::Number(Number::Int(level.into())));
    }
    if let Some(start) = node.attrs.start {
        element.insert_attribute(txn, "start", Any::Number(Number::Int(start.into())));
    }
    write_children(&element, txn, &node.content);
}

fn write_run(text: &XmlTextRef, txn: &mut TransactionMut, run: &Node) {
    let marks: Attrs = run.marks.iter().map(|mark| (mark.name().into(), Any::Map(std::sync::Arc::default()))).collect();
    let end = text.len(txn);
    text.insert_with_attributes(txn, end, &run.text, marks);
}
