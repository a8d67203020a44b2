//! What the room tells the media plane: who may receive what, and whether a recorder may. It is all the law the media plane
//! ever sees.

use std::collections::{BTreeMap, BTreeSet};

use crate::keys::{ParticipantKey, Publication};
use crate::tap::TapSender;

/// Which publication goes to whom. One that is not in it goes to nobody.
#[derive(Debug, Clone, Default)]
pub struct AudienceTable {
    /// Rises with every table of a room.
    pub version: u64,
    /// The people who may receive each publication.
    pub audience: BTreeMap<Publication, BTreeSet<ParticipantKey>>,
    /// The recorder's permission, if there is one.
    pub grant: Option<TapGrant>,
}

impl AudienceTable {
    /// Whether this person may receive that publication. Nobody receives themselves.
    pub(crate) fn admits(&self, publication: Publication, listener: ParticipantKey) -> bool {
        publication.participant != listener
            && self.audience.get(&publication).is_some_and(|people| people.contains(&listener))
    }
}

/// Permission to record. A newer generation makes an older one worthless; once withdrawn, a generation never returns.
#[derive(Debug, Clone)]
pub struct TapGrant {
    /// Rises with every grant of a room.
    pub generation: u64,
    /// What may be recorded.
    pub publications: BTreeSet<Publication>,
    /// Where to.
    pub ring: TapSender,
}
