//! A walk over the bytes of a Yjs update (version 1) that allocates no more than the bytes justify.
//!
//! In come bytes from the network; out goes an [`Outline`]: whose blocks, where they attach, what kind they are and what
//! is deleted. The engine's own decoder reserves memory by counts it is told, accepts overflowing integers and content
//! no editor writes; so nothing reaches it that this walk has not accepted to the last byte.

use std::collections::HashSet;

use crate::limits::{
    CLIENT_CLOCK_MAX, CLIENT_ID_MAX, DOCUMENT_CLIENTS_MAX, UPDATE_BLOCKS_MAX, UPDATE_CLIENTS_MAX,
    UPDATE_DELETE_RANGES_MAX, UPDATE_DELETING_CLIENTS_MAX, UPDATE_ERASED_UNITS_MAX,
};
use crate::schema::{Mark, NodeKind, ROOT_FIELD};

/// What an update would do, without its text.
#[derive(Debug)]
pub(crate) struct Outline {
    pub runs: Vec<ClientRun>,
    pub deletions: Vec<Deletion>,
}

/// Consecutive blocks of one client.
#[derive(Debug)]
pub(crate) struct ClientRun {
    pub client: u64,
    pub start: u32,
    pub blocks: Vec<BlockOutline>,
}

/// One block: `len` clock units, attached to what was there before.
#[derive(Debug)]
pub(crate) struct BlockOutline {
    pub len: u32,
    pub origin: Option<BlockId>,
    pub right_origin: Option<BlockId>,
    pub parent: Parent,
    pub slot: Slot,
    pub content: BlockContent,
}

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BlockContent {
    /// Nothing any more.
    Erased,
    /// A run of text, the beginning or end of a mark, an element or a text: a child of something.
    Child,
    /// A plain value: an attribute.
    Value,
}

/// Where a block hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parent {
    /// Where its neighbours hang.
    OfNeighbour,
    /// At the root of the document.
    Root,
    /// In this element or text.
    Node(BlockId),
    /// Nowhere: it was collected after deletion.
    Gone,
}

/// Whether a block is a child of its parent or an attribute; what attaches to a neighbour is what the neighbour is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    OfNeighbour,
    Child,
    Attribute,
}

/// A unit of a client's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct BlockId {
    pub client: u64,
    pub clock: u32,
}

/// A range of a client's history that is deleted.
#[derive(Debug)]
pub(crate) struct Deletion {
    pub client: u64,
    pub end: u32,
}

/// Where the walk stopped and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub offset: usize,
    pub reason: &'static str,
}

const HAS_ORIGIN: u8 = 0b1000_0000;
const HAS_RIGHT_ORIGIN: u8 = 0b0100_0000;
const HAS_PARENT_SUB: u8 = 0b0010_0000;
const CONTENT_BITS: u8 = 0b0001_1111;

impl Outline {
    /// Reads an editor's update.
    pub(crate) fn read(update: &[u8]) -> Result<Self, Malformed> {
        Self::read_within(update, &Bounds::UPDATE)
    }

    /// Reads a whole document that this program encoded.
    pub(crate) fn read_own(snapshot: &[u8]) -> Result<Self, Malformed> {
        Self::read_within(snapshot, &Bounds::WHOLE_DOCUMENT)
    }

    fn read_within(update: &[u8], bounds: &Bounds) -> Result<Self, Malformed> {
        let mut walk = Walk { bytes: update, offset: 0, blocks: 0, bounds };
        let runs = walk.runs()?;
        let deletions = walk.deletions()?;
        if walk.offset != update.len() {
            return Err(walk.malformed("bytes follow the end of the update"));
        }
        Ok(Self { runs, deletions })
    }
}

/// How much is read.
struct Bounds {
    clients: usize,
    blocks: usize,
    erased_units: u32,
    delete_ranges: usize,
}

impl Bounds {
    const UPDATE: Self = Self {
        clients: UPDATE_CLIENTS_MAX,
        blocks: UPDATE_BLOCKS_MAX,
        erased_units: UPDATE_ERASED_UNITS_MAX,
        delete_ranges: UPDATE_DELETE_RANGES_MAX,
    };

    /// Bounded by its bytes, which the document's history limit bounds.
    const WHOLE_DOCUMENT: Self = Self {
        clients: DOCUMENT_CLIENTS_MAX + 1,
        blocks: usize::MAX,
        erased_units: CLIENT_CLOCK_MAX,
        delete_ranges: usize::MAX,
    };
}

struct Walk<'a> {
    bytes: &'a [u8],
    offset: usize,
    blocks: usize,
    bounds: &'a Bounds,
}

impl<'a> Walk<'a> {
    fn runs(&mut self) -> Result<Vec<ClientRun>, Malformed> {
        let count = self.count(self.bounds.clients, "more clients than one editor has")?;
        let mut seen = HashSet::new();
        let mut runs = Vec::new();
        for _ in 0..count {
            let blocks_left = self.bounds.blocks - self.blocks;
            let blocks = self.count(blocks_left, "more blocks than one update may have")?;
            let client = self.client()?;
            if !seen.insert(client) {
                return Err(self.malformed("one client's blocks come in two parts"));
            }
            if blocks == 0 {
                return Err(self.malformed("a client without blocks"));
            }
            self.blocks += blocks;
            let start = self.clock()?;
            let mut run = ClientRun { client, start, blocks: Vec::new() };
            let mut clock = start;
            for _ in 0..blocks {
                let block = self.block()?;
                clock = self.advance(clock, block.len)?;
                run.blocks.push(block);
            }
            runs.push(run);
        }
        Ok(runs)
    }

    fn block(&mut self) -> Result<BlockOutline, Malformed> {
        let info = self.byte()?;
        if info == 0 {
            let len = self.erased_len()?;
            let (parent, slot, content) = (Parent::Gone, Slot::Child, BlockContent::Erased);
            return Ok(BlockOutline { len, origin: None, right_origin: None, parent, slot, content });
        }
        let origin = if info & HAS_ORIGIN == 0 { None } else { Some(self.block_id()?) };
        let right_origin = if info & HAS_RIGHT_ORIGIN == 0 { None } else { Some(self.block_id()?) };
        let has_key = info & HAS_PARENT_SUB != 0;
        let mut parent = Parent::OfNeighbour;
        let mut slot = Slot::OfNeighbour;
        if origin.is_none() && right_origin.is_none() {
            parent = match self.unsigned()? {
                0 => Parent::Node(self.block_id()?),
                1 if self.string()? == ROOT_FIELD => Parent::Root,
                1 => return Err(self.malformed("a root that no editor has")),
                _ => return Err(self.malformed("neither a root nor a parent")),
            };
            slot = if has_key { Slot::Attribute } else { Slot::Child };
            if has_key {
                self.string()?;
                if parent == Parent::Root {
                    return Err(self.malformed("an attribute of the root"));
                }
            }
        }
        let (len, content) = self.content(info & CONTENT_BITS)?;
        match (slot, content) {
            (Slot::Child, BlockContent::Value) => Err(self.malformed("a plain value among children")),
            (Slot::Attribute, BlockContent::Child) => Err(self.malformed("an attribute that is no plain value")),
            _ => Ok(BlockOutline { len, origin, right_origin, parent, slot, content }),
        }
    }

    /// Reads a block's content; answers its length in clock units.
    fn content(&mut self, content_ref: u8) -> Result<(u32, BlockContent), Malformed> {
        const DELETED: u8 = 1;
        const STRING: u8 = 4;
        const FORMAT: u8 = 6;
        const TYPE: u8 = 7;
        const ANY: u8 = 8;
        match content_ref {
            DELETED => Ok((self.erased_len()?, BlockContent::Erased)),
            ANY => Ok((self.attribute_value()?, BlockContent::Value)),
            STRING => Ok((self.text_len()?, BlockContent::Child)),
            FORMAT => Ok((self.format()?, BlockContent::Child)),
            TYPE => Ok((self.node()?, BlockContent::Child)),
            _ => Err(self.malformed("content that no editor writes")),
        }
    }

    fn text_len(&mut self) -> Result<u32, Malformed> {
        let units = self.string()?.encode_utf16().count();
        if units == 0 {
            return Err(self.malformed("an empty run of text"));
        }
        u32::try_from(units).map_err(|_| self.malformed("a run of text that is too long"))
    }

    fn format(&mut self) -> Result<u32, Malformed> {
        if Mark::from_name(self.string()?).is_none() {
            return Err(self.malformed("a mark that the editor does not have"));
        }
        // `{}` switches a mark on, `null` off: y-prosemirror stores a mark's attributes, and ours have none.
        match self.string()? {
            "{}" | "null" => Ok(1),
            _ => Err(self.malformed("a mark with attributes")),
        }
    }

    fn node(&mut self) -> Result<u32, Malformed> {
        const XML_ELEMENT: u8 = 3;
        const XML_TEXT: u8 = 6;
        match self.byte()? {
            XML_TEXT => Ok(1),
            XML_ELEMENT if NodeKind::from_element_name(self.string()?).is_some() => Ok(1),
            XML_ELEMENT => Err(self.malformed("a node that the editor does not have")),
            _ => Err(self.malformed("a shared type that no editor writes")),
        }
    }

    /// One plain value: attributes are short strings, integers, booleans or null; never lists, maps or bytes.
    fn attribute_value(&mut self) -> Result<u32, Malformed> {
        const UNDEFINED: u8 = 127;
        const NULL: u8 = 126;
        const INTEGER: u8 = 125;
        const TRUE: u8 = 120;
        const FALSE: u8 = 121;
        const STRING: u8 = 119;
        if self.unsigned()? != 1 {
            return Err(self.malformed("an attribute with several values"));
        }
        match self.byte()? {
            UNDEFINED | NULL | TRUE | FALSE => {}
            INTEGER => self.skip_signed()?,
            STRING => {
                self.string()?;
            }
            _ => return Err(self.malformed("an attribute value that no editor writes")),
        }
        Ok(1)
    }

    fn deletions(&mut self) -> Result<Vec<Deletion>, Malformed> {
        let count = self.count(UPDATE_DELETING_CLIENTS_MAX, "deletes from more clients than a document has")?;
        let mut seen = HashSet::new();
        let mut deletions = Vec::new();
        for _ in 0..count {
            let client = self.client()?;
            if !seen.insert(client) {
                return Err(self.malformed("one client's deletions come in two parts"));
            }
            let ranges_left = self.bounds.delete_ranges - deletions.len();
            let ranges = self.count(ranges_left, "more deletions than one update may have")?;
            let mut previous_end = 0;
            for _ in 0..ranges {
                let start = self.clock()?;
                let len = self.clock()?;
                if len == 0 || start < previous_end {
                    return Err(self.malformed("deletions that are empty or out of order"));
                }
                let end = self.advance(start, len)?;
                deletions.push(Deletion { client, end });
                previous_end = end;
            }
        }
        Ok(deletions)
    }

    fn erased_len(&mut self) -> Result<u32, Malformed> {
        let len = self.clock()?;
        if len == 0 || len > self.bounds.erased_units {
            return Err(self.malformed("an empty or far too long deleted block"));
        }
        Ok(len)
    }

    fn block_id(&mut self) -> Result<BlockId, Malformed> {
        Ok(BlockId { client: self.client()?, clock: self.clock()? })
    }

    fn client(&mut self) -> Result<u64, Malformed> {
        let client = self.unsigned()?;
        if client > CLIENT_ID_MAX {
            return Err(self.malformed("a client identifier that JavaScript cannot hold"));
        }
        Ok(client)
    }

    fn clock(&mut self) -> Result<u32, Malformed> {
        match u32::try_from(self.unsigned()?) {
            Ok(clock) if clock <= CLIENT_CLOCK_MAX => Ok(clock),
            _ => Err(self.malformed("a clock beyond all typing")),
        }
    }

    fn advance(&self, clock: u32, len: u32) -> Result<u32, Malformed> {
        match clock.checked_add(len) {
            Some(end) if end <= CLIENT_CLOCK_MAX => Ok(end),
            _ => Err(self.malformed("a clock beyond all typing")),
        }
    }

    fn count(&mut self, max: usize, reason: &'static str) -> Result<usize, Malformed> {
        match usize::try_from(self.unsigned()?) {
            Ok(count) if count <= max => Ok(count),
            _ => Err(self.malformed(reason)),
        }
    }

    fn string(&mut self) -> Result<&'a str, Malformed> {
        let len = self.count(self.bytes.len() - self.offset, "a string longer than the update")?;
        let bytes = self.take(len)?;
        std::str::from_utf8(bytes).map_err(|_| self.malformed("a string that is not UTF-8"))
    }

    fn byte(&mut self) -> Result<u8, Malformed> {
        let byte = *self.bytes.get(self.offset).ok_or(self.malformed("the update ends too early"))?;
        self.offset += 1;
        Ok(byte)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let end = self.offset.checked_add(len).ok_or(self.malformed("the update ends too early"))?;
        let taken = self.bytes.get(self.offset..end).ok_or(self.malformed("the update ends too early"))?;
        self.offset = end;
        Ok(taken)
    }

    /// An unsigned lib0 integer: seven bits a byte, least significant first, at most 63 bits.
    fn unsigned(&mut self) -> Result<u64, Malformed> {
        let mut number = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(self.malformed("an integer that is too long"))
    }

    /// A signed lib0 integer: its first byte has the sign and six bits. Bounded to what a 32-bit integer needs.
    fn skip_signed(&mut self) -> Result<(), Malformed> {
        for _ in 0..5 {
            if self.byte()? & 0x80 == 0 {
                return Ok(());
            }
        }
        Err(self.malformed("an integer that is too long"))
    }

    fn malformed(&self, reason: &'static str) -> Malformed {
        Malformed { offset: self.offset, reason }
    }
}

/// Reads a Yjs state vector: how far an editor knows each client.
pub(crate) fn read_state_vector(bytes: &[u8], clients_max: usize) -> Result<Vec<(u64, u32)>, Malformed> {
    let mut walk = Walk { bytes, offset: 0, blocks: 0, bounds: &Bounds::UPDATE };
    let count = walk.count(clients_max, "more clients than a document has")?;
    let mut clocks = Vec::new();
    for _ in 0..count {
        clocks.push((walk.client()?, walk.clock()?));
    }
    if walk.offset != bytes.len() {
        return Err(walk.malformed("bytes follow the end of the state vector"));
    }
    Ok(clocks)
}
