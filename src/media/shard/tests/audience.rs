//! Who receives what: tables, slots, speakers and the recorder's tap.

use std::time::Duration;

use super::world::{DELTA_FRAME, KEYFRAME, World};
use crate::audience::TapGrant;
use crate::error::MediaError;
use crate::event::MediaEvent;
use crate::keys::{ParticipantKey, Publication, Source};
use crate::shard::Command;
use crate::tap::{TapPacket, tap_ring};

#[test]
fn without_a_table_nobody_receives_anything() {
    let mut world = World::new();
    let (mut a, mut b) = (world.join(1), world.join(2));
    for _ in 0..5 {
        let packet = a.packet(Source::Microphone, b"voice");
        world.receive(a.address, packet);
    }
    world.deliver(&mut b);
    assert!(b.received.is_empty() && world.slot_map(&b).is_none());
}

#[test]
fn a_slot_is_not_sent_before_its_map_was_acknowledged() {
    let mut world = World::new();
    let (mut a, mut b) = (world.join(1), world.join(2));
    world.apply_open_table(&[a.who, b.who]);
    for _ in 0..3 {
        let packet = a.packet(Source::Microphone, b"early");
        world.receive(a.address, packet);
    }
    world.deliver(&mut b);
    assert!(b.received.is_empty());
    assert_eq!(world.slot_map(&b), Some((1, vec![a.publication(Source::Microphone)])));
    // An acknowledgement of a map that was never sent, or of an older one, means nothing.
    for version in [0, 99] {
        let command = Command::AcknowledgeSlots(b.connection, version);
        world.shard.command(world.now, command, &mut world.sent);
    }
    let packet = a.packet(Source::Microphone, b"early");
    world.receive(a.address, packet);
    world.deliver(&mut b);
    assert!(b.received.is_empty());
    world.acknowledge(&b);
    let packet = a.packet(Source::Microphone, b"voice");
    world.receive(a.address, packet);
    world.deliver(&mut b);
    assert_eq!(b.payloads(), [b"voice"]);
}

#[test]
fn narrowing_is_acknowledged_only_when_no_packet_outside_the_table_will_leave() {
    let mut world = World::new();
    let (mut a, mut b, mut c) = (world.join(1), world.join(2), world.join(3));
    world.apply_open_table(&[a.who, b.who, c.who]);
    let packet = a.packet(Source::Microphone, b"joint");
    world.receive(a.address, packet);
    world.acknowledge(&b);
    world.acknowledge(&c);
    let packet = a.packet(Source::Microphone, b"joint");
    world.receive(a.address, packet);
    // A and B go private.
    let voice = a.publication(Source::Microphone);
    world.apply(&[(voice, vec![b.who])], None).unwrap();
    world.deliver(&mut c);
    assert_eq!(c.payloads(), [b"joint"], "the control: C was in the joint talk");
    for _ in 0..5 {
        let packet = a.packet(Source::Microphone, b"private");
        world.receive(a.address, packet);
        world.pass(Duration::from_millis(200));
    }
    world.deliver(&mut b);
    world.deliver(&mut c);
    assert_eq!(b.payloads().iter().filter(|payload| *payload == b"private").count(), 5);
    assert_eq!(c.received.len(), 1);
    assert_eq!(world.slot_map(&c).unwrap().1, []);
}

#[test]
fn who_returns_to_the_talk_must_acknowledge_anew() {
    let mut world = World::new();
    let (mut a, mut b) = (world.join(1), world.join(2));
    let people = [a.who, b.who];
    world.apply_open_table(&people);
    let packet = a.packet(Source::Microphone, b"one");
    world.receive(a.address, packet);
    world.acknowledge(&b);
    world.apply(&[], None).unwrap();
    world.apply_open_table(&people);
    let packet = a.packet(Source::Microphone, b"unheard");
    world.receive(a.address, packet);
    world.deliver(&mut b);
    assert!(b.received.is_empty());
    world.acknowledge(&b);
    let packet = a.packet(Source::Microphone, b"two");
    world.receive(a.address, packet);
    world.deliver(&mut b);
    assert_eq!(b.payloads(), [b"two"]);
}

#[test]
fn a_table_that_is_not_newer_is_refused() {
    let mut world = World::new();
    assert_eq!(world.apply(&[], None).unwrap(), 1);
    let table = crate::audience::AudienceTable { version: 1, ..Default::default() };
    let outcome = world.command(|reply| Command::Apply(super::world::ROOM, table, reply));
    assert!(matches!(outcome, Err(MediaError::StaleTable(1))));
}

#[test]
fn the_speaker_is_told_only_to_those_who_may_hear() {
    let mut world = World::new();
    let (mut a, b, c) = (world.join(1), world.join(2), world.join(3));
    world.apply(&[(a.publication(Source::Microphone), vec![b.who])], None).unwrap();
    for _ in 0..30 {
        let packet = a.packet(Source::Microphone, b"loud");
        world.receive(a.address, packet);
        world.pass(Duration::from_millis(25));
    }
    let told = |connection| {
        let mut speakers = world.events.iter().filter_map(|event| match event {
            MediaEvent::Speaker { connection: to, participant } if *to == connection => Some(*participant),
            _ => None,
        });
        speakers.next_back()
    };
    assert_eq!(told(b.connection), Some(Some(a.who)), "the control: B hears A");
    assert_eq!(told(c.connection), None);
    assert_eq!(told(a.connection), None);
}

#[test]
fn a_publication_nobody_may_receive_shows_in_no_slot_map() {
    let mut world = World::new();
    let (mut a, b) = (world.join(1), world.join(2));
    world.apply(&[(a.publication(Source::Microphone), vec![b.who])], None).unwrap();
    let packet = a.packet(Source::Camera, KEYFRAME);
    world.receive(a.address, packet);
    assert_eq!(world.slot_map(&b), None);
    let packet = a.packet(Source::Microphone, b"voice");
    world.receive(a.address, packet);
    assert_eq!(world.slot_map(&b).unwrap().1, [a.publication(Source::Microphone)]);
}

#[test]
fn without_a_grant_no_packet_reaches_the_recorder_and_after_its_end_none_more() {
    let mut world = World::new();
    let mut a = world.join(1);
    let (ring, recorder) = tap_ring(64);
    let voice = a.publication(Source::Microphone);
    let grant = |generation| TapGrant { generation, publications: [voice].into(), ring: ring.clone() };
    let mut speak = |world: &mut World, payload: &[u8]| {
        for source in [Source::Microphone, Source::Camera] {
            let packet = a.packet(source, payload);
            world.receive(a.address, packet);
        }
    };
    speak(&mut world, b"before");
    world.apply(&[], Some(grant(3))).unwrap();
    speak(&mut world, b"granted");
    world.apply(&[], None).unwrap();
    speak(&mut world, b"after");
    let packets: Vec<_> = std::iter::from_fn(|| recorder.pop()).collect();
    let payloads: Vec<_> = packets.iter().map(TapPacket::payload).collect();
    assert_eq!(payloads, [b"granted"], "only what was granted, only of the granted publication");
    assert_eq!((packets[0].generation, packets[0].publication), (3, voice));
    // The generation that ended never returns; a newer one may.
    for generation in [2, 3] {
        assert!(matches!(world.apply(&[], Some(grant(generation))), Err(MediaError::StaleGrant(3))));
    }
    speak(&mut world, b"refused");
    assert!(recorder.is_empty());
    world.apply(&[], Some(grant(4))).unwrap();
    world.apply(&[], Some(grant(4))).unwrap();
    speak(&mut world, b"again");
    assert_eq!(recorder.pop().unwrap().generation, 4);
}

#[test]
fn a_grant_asks_at_once_for_a_keyframe_of_what_it_grants() {
    let mut world = World::new();
    let mut a = world.join(1);
    let packet = a.packet(Source::Camera, DELTA_FRAME);
    world.receive(a.address, packet);
    world.deliver(&mut a);
    assert_eq!(a.keyframe_requests(), 0);
    let camera: Publication = a.publication(Source::Camera);
    let (ring, _recorder) = tap_ring(64);
    world.apply(&[], Some(TapGrant { generation: 1, publications: [camera].into(), ring })).unwrap();
    world.deliver(&mut a);
    assert_eq!(a.keyframe_requests(), 1);
}

#[test]
fn a_recorder_that_does_not_read_loses_packets_and_holds_nobody_up() {
    let mut world = World::new();
    let (mut a, mut b) = (world.join(1), world.join(2));
    world.apply_open_table(&[a.who, b.who]);
    let packet = a.packet(Source::Microphone, b"voice");
    world.receive(a.address, packet);
    world.acknowledge(&b);
    let (ring, recorder) = tap_ring(4);
    let voice = a.publication(Source::Microphone);
    world.apply(&[(voice, vec![b.who])], Some(TapGrant { generation: 1, publications: [voice].into(), ring })).unwrap();
    for _ in 0..20 {
        let packet = a.packet(Source::Microphone, b"voice");
        world.receive(a.address, packet);
    }
    world.deliver(&mut b);
    assert_eq!((b.received.len(), recorder.len(), recorder.overflowed()), (20, 4, 16));
}

#[test]
fn what_begins_under_a_grant_is_recorded_from_its_first_packet() {
    let mut world = World::new();
    let (ring, recorder) = tap_ring(64);
    let voice = Publication { participant: ParticipantKey(1), source: Source::Microphone };
    world.apply(&[], Some(TapGrant { generation: 1, publications: [voice].into(), ring })).unwrap();
    let mut a = world.join(1);
    let packet = a.packet(Source::Microphone, b"first");
    world.receive(a.address, packet);
    assert_eq!(recorder.pop().unwrap().payload(), b"first");
}

#[test]
fn a_publication_that_ends_by_renegotiation_is_told_and_leaves_its_slot() {
    let mut world = World::new();
    let (mut a, b) = (world.join(1), world.join(2));
    world.apply_open_table(&[a.who, b.who]);
    let packet = a.packet(Source::Camera, KEYFRAME);
    world.receive(a.address, packet);
    let camera = a.publication(Source::Camera);
    assert_eq!(world.slot_map(&b).unwrap().1, [camera]);
    let (front, back) =
        a.offer("abcd", 3, 3).rsplit_once("a=sendonly").map(|(f, b)| (f.to_owned(), b.to_owned())).unwrap();
    world.offer(&a, &format!("{front}a=inactive{back}")).unwrap();
    assert_eq!(world.slot_map(&b).unwrap().1, []);
    let ended = MediaEvent::Publishing { room: super::world::ROOM, publication: camera, active: false };
    assert!(world.events.contains(&ended));
}
