//! Judges an editor's update before the shared document sees it.
//!
//! In come the bytes, the identifiers the sender may write under and what the document already has; out goes a refusal or
//! nothing. Three things are asked here: is it well-formed and bounded ([`outline`]); is it the sender's own writing; and
//! does all it builds on exist already, as the same kind of thing and not too deep. What it makes of the document is
//! checked afterwards on a rehearsal copy ([`crate::document`], [`placement`]).

pub(crate) mod outline;
pub(crate) mod placement;

use std::collections::{BTreeSet, HashMap, HashSet};

use self::outline::{BlockContent, BlockId, BlockOutline, Malformed, Outline, Parent, Slot};
use crate::limits::{DOCUMENT_CLIENTS_MAX, NESTING_DEPTH_MAX, UPDATE_BYTES_MAX};
use crate::schema::SchemaViolation;

/// Why an update was refused. The document is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpdateRefusal {
    /// More bytes than an update may have.
    #[error("the update has {bytes} bytes; at most {UPDATE_BYTES_MAX} are taken: send it in smaller steps")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// No Yjs update of version 1, or one that no editor writes.
    #[error("the update is malformed at byte {offset}: {reason}; synchronise the document again")]
    Malformed {
        /// Where.
        offset: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// It contains writing under an identifier that is not the sender's.
    #[error("the update writes as client {client}, which is not this session's: bind the identifier first")]
    ForeignClient {
        /// The identifier.
        client: u64,
    },
    /// It builds on something the document does not have.
    #[error("the update builds on writing of client {client} that is not here: synchronise the document first")]
    MissingDependency {
        /// Whose writing is missing.
        client: u64,
    },
    /// The document would no longer fit the editor's schema.
    #[error(transparent)]
    Schema(#[from] SchemaViolation),
    /// The document's history is full.
    #[error("the document's history is full: copy its content into a new document")]
    DocumentFull,
    /// It attaches writing to places that do not go together; copies of the document would come to differ.
    #[error("the update attaches writing where it cannot belong: synchronise the document again")]
    Senseless,
    /// The engine did not accept it.
    #[error("the update cannot be applied: synchronise the document again")]
    NotApplicable,
}

impl UpdateRefusal {
    /// A stable name for the protocol and the metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "update_too_large",
            Self::Malformed { .. } => "update_malformed",
            Self::ForeignClient { .. } => "update_foreign_client",
            Self::MissingDependency { .. } => "update_missing_dependency",
            Self::Schema(_) => "update_breaks_schema",
            Self::DocumentFull => "document_full",
            Self::Senseless => "update_senseless",
            Self::NotApplicable => "update_not_applicable",
        }
    }
}

impl From<Malformed> for UpdateRefusal {
    fn from(Malformed { offset, reason }: Malformed) -> Self {
        Self::Malformed { offset, reason }
    }
}

/// What the document already has, as far as judging an update needs it.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// How far it knows each client.
    pub clocks: HashMap<u64, u32>,
    /// The units that are attributes. What attaches to one replaces it; what attaches to anything else is its sibling.
    pub attributes: HashSet<BlockId>,
}

/// An update that may be rehearsed.
pub(crate) struct Judged {
    pub outline: Outline,
    /// The attributes it sets.
    pub attributes: Vec<BlockId>,
}

impl Known {
    /// Learns what a document that this program encoded has.
    pub(crate) fn of(snapshot: &[u8]) -> Result<Self, UpdateRefusal> {
        let outline = Outline::read_own(snapshot)?;
        let nothing = Self::default();
        let mut causality = Causality::after(&nothing);
        causality.place_all(&outline)?;
        let clocks = outline.runs.iter().map(|run| (run.client, causality.clock_of(run.client))).collect();
        Ok(Self { clocks, attributes: causality.attributes })
    }
}

/// Accepts or refuses an update by its bytes alone, given who sends it and what the document has.
pub(crate) fn judge(update: &[u8], writers: &BTreeSet<u64>, known: &Known) -> Result<Judged, UpdateRefusal> {
    if update.len() > UPDATE_BYTES_MAX {
        return Err(UpdateRefusal::TooLarge { bytes: update.len() });
    }
    let outline = Outline::read(update)?;
    if let Some(run) = outline.runs.iter().find(|run| !writers.contains(&run.client)) {
        return Err(UpdateRefusal::ForeignClient { client: run.client });
    }
    let newcomers = outline.runs.iter().filter(|run| !known.clocks.contains_key(&run.client)).count();
    if known.clocks.len() + newcomers > DOCUMENT_CLIENTS_MAX {
        return Err(UpdateRefusal::DocumentFull);
    }
    let mut causality = Causality::after(known);
    causality.place_all(&outline)?;
    for deletion in &outline.deletions {
        if deletion.end > causality.clock_of(deletion.client) {
            return Err(UpdateRefusal::MissingDependency { client: deletion.client });
        }
    }
    let attributes = causality.attributes.into_iter().collect();
    Ok(Judged { outline, attributes })
}

/// Places an update's blocks in causal order: each after what it builds on. The engine would park blocks that cannot be
/// placed, in memory and for ever; here they are refused.
struct Causality<'a> {
    known: &'a Known,
    placed: HashMap<u64, Vec<Placed>>,
    attributes: HashSet<BlockId>,
}

/// A placed block: where it ends and how deep it hangs.
struct Placed {
    end: u32,
    depth: usize,
}

impl<'a> Causality<'a> {
    fn after(known: &'a Known) -> Self {
        Self { known, placed: HashMap::new(), attributes: HashSet::new() }
    }

    fn place_all(&mut self, outline: &Outline) -> Result<(), UpdateRefusal> {
        for run in &outline.runs {
            // A gap before the run means that earlier writing of the same client never arrived.
            if run.start > self.known.clocks.get(&run.client).copied().unwrap_or(0) {
                return Err(UpdateRefusal::MissingDependency { client: run.client });
            }
            self.placed.insert(run.client, vec![Placed { end: run.start, depth: 0 }]);
        }
        let mut next = vec![0; outline.runs.len()];
        loop {
            let mut progressed = false;
            let mut missing = None;
            for (run, next) in outline.runs.iter().zip(&mut next) {
                while let Some(block) = run.blocks.get(*next) {
                    if let Some(client) = self.missing_for(block) {
                        missing = Some(client);
                        break;
                    }
                    self.place(run.client, block)?;
                    *next += 1;
                    progressed = true;
                }
            }
            match missing {
                None => return Ok(()),
                Some(client) if !progressed => return Err(UpdateRefusal::MissingDependency { client }),
                Some(_) => {}
            }
        }
    }

    fn missing_for(&self, block: &BlockOutline) -> Option<u64> {
        let parent = match block.parent {
            Parent::Node(id) => Some(id),
            Parent::Root | Parent::OfNeighbour | Parent::Gone => None,
        };
        let needed = [block.origin, block.right_origin, parent];
        needed.into_iter().flatten().find(|id| id.clock >= self.clock_of(id.client)).map(|id| id.client)
    }

    fn place(&mut self, client: u64, block: &BlockOutline) -> Result<(), UpdateRefusal> {
        let depth = match (block.parent, block.origin.or(block.right_origin)) {
            (Parent::Node(id), _) => self.depth_of(id) + 1,
            (Parent::OfNeighbour, Some(neighbour)) => self.depth_of(neighbour),
            (Parent::OfNeighbour | Parent::Root | Parent::Gone, _) => 1,
        };
        if depth > NESTING_DEPTH_MAX {
            return Err(SchemaViolation::TooDeep { place: "doc".to_owned() }.into());
        }
        let is_attribute = self.is_attribute(block)?;
        let placed = self.placed.entry(client).or_default();
        let start = placed.last().map_or(0, |last| last.end);
        let end = start + block.len;
        placed.push(Placed { end, depth });
        if is_attribute {
            self.attributes.extend((start..end).map(|clock| BlockId { client, clock }));
        }
        Ok(())
    }

    /// Whether a block is an attribute. A browser and this engine read anything but a plain value there differently, and
    /// a plain value anywhere else makes an editor stumble.
    fn is_attribute(&self, block: &BlockOutline) -> Result<bool, UpdateRefusal> {
        let knows = |id: BlockId| self.known.attributes.contains(&id) || self.attributes.contains(&id);
        let is_attribute = match block.slot {
            Slot::Attribute => true,
            Slot::Child => false,
            Slot::OfNeighbour => block.origin.is_some_and(knows) || block.right_origin.is_some_and(knows),
        };
        let fits = match block.content {
            BlockContent::Erased => true,
            BlockContent::Value => is_attribute && block.right_origin.is_none(),
            BlockContent::Child => !is_attribute,
        };
        if fits { Ok(is_attribute) } else { Err(UpdateRefusal::Senseless) }
    }

    /// How deep a block hangs, as far as this update tells: what was there before counts as zero, so the sum with the
    /// document's own depth, which is bounded likewise, stays small.
    fn depth_of(&self, id: BlockId) -> usize {
        let Some(placed) = self.placed.get(&id.client) else {
            return 0;
        };
        let index = placed.partition_point(|block| block.end <= id.clock);
        placed.get(index).map_or(0, |block| block.depth)
    }

    fn clock_of(&self, client: u64) -> u32 {
        let known = self.known.clocks.get(&client).copied().unwrap_or(0);
        let placed = self.placed.get(&client).and_then(|placed| placed.last()).map_or(0, |last| last.end);
        known.max(placed)
    }
}
