//! The audience table (laws 2, 4): what the media plane is told.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::meeting::*;
use crate::{Action, Audience, ParticipantId, Publication, RecordingGrant, Source, SpanId};

#[test]
fn nobody_receives_themselves_and_everybody_else_in_the_place_does() {
    let mut meeting = Meeting::with(&[ANNA, BEN, OBSERVER]);
    meeting.does(ANNA, Action::SetCamera { on: true });
    let audience = meeting.state.audience();
    assert_eq!(audience.receivers.len(), 1);
    assert_eq!(meeting.hearers(ANNA), [BEN, MEDIATOR, OBSERVER]);
}

#[test]
fn somebody_alone_in_a_place_is_sent_to_nobody() {
    let mut meeting = Meeting::with(&[]);
    meeting.does(MEDIATOR, Action::SetMicrophone { on: true });
    assert!(meeting.state.audience().receivers.is_empty());
}

/// While people go private, what holds is what both the old and the new table allow: nobody new hears anybody.
#[test]
fn on_the_way_into_a_private_session_nobody_hears_more_than_before_or_after() {
    let mut meeting = Meeting::with(&[ANNA, BEN]);
    meeting.does(ANNA, Action::SetMicrophone { on: true });
    meeting.recorded(1);
    let before = meeting.state.audience();
    meeting.goes_private(MEDIATOR, 1, &[ANNA]);
    let between = before.intersection(&meeting.state.audience());
    let microphone = Publication { participant: ANNA, source: Source::Microphone };
    assert_eq!(between.receivers[&microphone], BTreeSet::from([MEDIATOR]));
    assert_eq!(between.grant, None);
}

fn arbitrary_audience() -> impl Strategy<Value = Audience> {
    let who = || (1_u128..5).prop_map(|number| ParticipantId(uuid::Uuid::from_u128(number)));
    let source = prop_oneof![Just(Source::Microphone), Just(Source::Camera), Just(Source::Screen)];
    let publication = (who(), source).prop_map(|(participant, source)| Publication { participant, source }).boxed();
    let receivers =
        proptest::collection::btree_map(publication.clone(), proptest::collection::btree_set(who(), 1..4), 0..6);
    let publications = proptest::collection::btree_set(publication, 0..6);
    // A generation names its span: no two spans share one.
    let grant = (1_u64..3, publications).prop_map(|(generation, publications)| RecordingGrant {
        span: SpanId(uuid::Uuid::from_u128(u128::from(generation))),
        generation,
        publications,
    });
    (receivers, proptest::option::of(grant)).prop_map(|(receivers, grant)| Audience { receivers, grant })
}

fn pairs(audience: &Audience) -> BTreeSet<(Publication, ParticipantId)> {
    let flatten = |(publication, receivers): (&Publication, &BTreeSet<ParticipantId>)| {
        receivers.iter().map(|receiver| (*publication, *receiver)).collect::<Vec<_>>()
    };
    audience.receivers.iter().flat_map(flatten).collect()
}

fn taken(audience: &Audience) -> BTreeSet<(u64, SpanId, Publication)> {
    let grants = audience.grant.iter();
    grants.flat_map(|grant| grant.publications.iter().map(|taken| (grant.generation, grant.span, *taken))).collect()
}

proptest! {
    #[test]
    fn an_intersection_is_exactly_what_both_tables_allow(one in arbitrary_audience(), other in arbitrary_audience()) {
        let both = one.intersection(&other);
        prop_assert_eq!(pairs(&both), pairs(&one).intersection(&pairs(&other)).copied().collect());
        prop_assert_eq!(taken(&both), taken(&one).intersection(&taken(&other)).copied().collect());
        prop_assert!(both.receivers.values().all(|receivers| !receivers.is_empty()));
        prop_assert_eq!(&both, &other.intersection(&one));
        prop_assert_eq!(&both.intersection(&one), &both);
        let nothing = Audience { receivers: BTreeMap::new(), grant: None };
        prop_assert_eq!(one.intersection(&nothing), nothing);
    }
}
