//! Which publication goes to which receive slot: a pure function of what is there and what is wanted. Slots are offered
//! once; people come and go in them, so the number of media sections tells nobody how many are in the room.

use crate::keys::Publication;

/// A publication that a listener may receive and that is being sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) publication: Publication,
    /// Higher goes first when slots are scarce.
    pub(crate) rank: Rank,
}

/// Why one publication goes before another: screens, then who speaks, then who spoke last (microseconds on the plane's clock).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Rank {
    pub(crate) screen: bool,
    pub(crate) speaking: bool,
    pub(crate) spoke_micros: u64,
}

/// Assigns publications to slots of one kind. Whoever has a slot keeps it while chosen; newcomers take the slot that
/// `companion` prefers if it is free (the same number as the participant's other slot, so that voice and picture stay in
/// one media stream), else the first free one.
pub(crate) fn assign(
    current: &[Option<Publication>],
    wanted: &[Candidate],
    companion: impl Fn(Publication) -> Option<usize>,
) -> Vec<Option<Publication>> {
    let mut chosen: Vec<Candidate> = wanted.to_vec();
    let seated = |publication| current.contains(&Some(publication));
    // Among equals those who are seen stay: people must not jump about.
    chosen.sort_by(|a, b| {
        let by_rank = b.rank.cmp(&a.rank);
        by_rank
            .then_with(|| seated(b.publication).cmp(&seated(a.publication)))
            .then_with(|| a.publication.cmp(&b.publication))
    });
    chosen.truncate(current.len());
    let is_chosen = |publication: Publication| chosen.iter().any(|candidate| candidate.publication == publication);
    let mut slots: Vec<_> = current.iter().map(|slot| slot.filter(|publication| is_chosen(*publication))).collect();
    for Candidate { publication, .. } in &chosen {
        if slots.contains(&Some(*publication)) {
            continue;
        }
        let preferred = companion(*publication).filter(|at| slots.get(*at) == Some(&None));
        let free = preferred.or_else(|| slots.iter().position(Option::is_none));
        if let Some(slot) = free.and_then(|at| slots.get_mut(at)) {
            *slot = Some(*publication);
        }
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{ParticipantKey, Source};

    fn camera(participant: u64) -> Publication {
        Publication { participant: ParticipantKey(participant), source: Source::Camera }
    }

    fn candidate(publication: Publication, spoke_micros: u64) -> Candidate {
        let screen = publication.source == Source::Screen;
        Candidate { publication, rank: Rank { screen, speaking: false, spoke_micros } }
    }

    #[test]
    fn whoever_has_a_slot_keeps_it_when_others_come_and_go() {
        let current = [Some(camera(1)), Some(camera(2)), None];
        let wanted = [candidate(camera(2), 0), candidate(camera(3), 0)];
        assert_eq!(assign(&current, &wanted, |_| None), [Some(camera(3)), Some(camera(2)), None]);
    }

    #[test]
    fn the_last_speakers_are_seen_when_slots_are_scarce_and_screens_go_first() {
        let current = [Some(camera(1)), Some(camera(2))];
        let screen = Publication { participant: ParticipantKey(4), source: Source::Screen };
        let wanted = [candidate(camera(1), 10), candidate(camera(2), 5), candidate(camera(3), 20)];
        assert_eq!(assign(&current, &wanted, |_| None), [Some(camera(1)), Some(camera(3))]);
        let wanted = [candidate(camera(1), 10), candidate(camera(3), 20), candidate(screen, 0)];
        assert_eq!(assign(&[Some(camera(1)), Some(camera(3))], &wanted, |_| None), [Some(screen), Some(camera(3))]);
    }

    #[test]
    fn voice_and_picture_of_one_person_share_a_number_where_they_can() {
        let wanted = [candidate(camera(1), 0), candidate(camera(2), 0)];
        let slots = assign(&[None, None, None], &wanted, |publication| (publication == camera(1)).then_some(2));
        assert_eq!(slots, [Some(camera(2)), None, Some(camera(1))]);
    }

    proptest::proptest! {
        #[test]
        fn nobody_is_in_two_slots_nor_in_one_unasked_and_no_slot_stays_free_in_vain(
            current in proptest::collection::vec(proptest::option::of(0_u64..12), 0..8),
            wanted in proptest::collection::btree_map(0_u64..12, 0_u64..5, 0..12)
        ) {
            let mut seen = std::collections::BTreeSet::new();
            let current: Vec<_> =
                current.into_iter().map(|slot| slot.filter(|who| seen.insert(*who)).map(camera)).collect();
            let wanted: Vec<_> = wanted.into_iter().map(|(who, spoke)| candidate(camera(who), spoke)).collect();
            let slots = assign(&current, &wanted, |publication| {
                usize::try_from(publication.participant.0).ok()
            });
            let assigned: Vec<_> = slots.iter().flatten().collect();
            let unique: std::collections::BTreeSet<_> = assigned.iter().collect();
            proptest::prop_assert_eq!(assigned.len(), wanted.len().min(current.len()));
            proptest::prop_assert_eq!(unique.len(), assigned.len());
            proptest::prop_assert!(assigned.iter().all(|p| wanted.iter().any(|c| c.publication == **p)));
            proptest::prop_assert_eq!(assign(&slots, &wanted, |_| None), slots);
        }
    }
}
