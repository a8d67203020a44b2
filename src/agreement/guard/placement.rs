//! Whether the two neighbours that a block names go together: the left one left of the right one, in the same list.
//!
//! Yjs trusts them. A block whose neighbours are swapped, or in two paragraphs, is put in one place by those who hear it
//! now and in another by those who load the document later: they would read different agreements. An editor takes both
//! neighbours from one list, so what cannot be shown to be in order is not taken on trust.

use std::cmp::Ordering;

use yrs::branch::BranchID;
use yrs::{Assoc, ClientID, ID, IndexScope, ReadTxn, StickyIndex};

use super::outline::{BlockId, Outline};
use crate::limits::PLACEMENTS_CHECKED_MAX;

/// How an update's blocks lie among their neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    /// Each between its neighbours.
    InOrder,
    /// Some between neighbours that cannot be neighbours.
    Senseless,
    /// Deleted text hides the order, or there are too many to look at each.
    Unclear,
}

/// Looks at an update's blocks after they were applied.
pub(crate) fn placement<T: ReadTxn>(outline: &Outline, txn: &T) -> Placement {
    let blocks = outline.runs.iter().flat_map(|run| &run.blocks);
    let pairs: Vec<_> = blocks.filter_map(|block| block.origin.zip(block.right_origin)).collect();
    if pairs.len() > PLACEMENTS_CHECKED_MAX {
        return Placement::Unclear;
    }
    let mut placement = Placement::InOrder;
    for (left, right) in pairs {
        match (Place::of(left, txn), Place::of(right, txn)) {
            (Some(left), Some(right)) if left.list != right.list => return Placement::Senseless,
            // Visible units before each: a difference proves the order, whatever is deleted in between.
            (Some(left), Some(right)) => match left.index.cmp(&right.index) {
                Ordering::Less => {}
                Ordering::Equal => placement = Placement::Unclear,
                Ordering::Greater => return Placement::Senseless,
            },
            // Both were collected with what they stood in.
            (None, None) => {}
            (None, Some(_)) | (Some(_), None) => placement = Placement::Unclear,
        }
    }
    placement
}

struct Place {
    list: BranchID,
    index: u32,
}

impl Place {
    fn of<T: ReadTxn>(id: BlockId, txn: &T) -> Option<Self> {
        let scope = IndexScope::Relative(ID::new(ClientID::new(id.client), id.clock));
        let offset = StickyIndex::new(scope, Assoc::After).get_offset(txn)?;
        Some(Self { list: offset.branch.id(), index: offset.index })
    }
}
