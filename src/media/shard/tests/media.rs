//! How media and its feedback flow between peers that behave.

use std::time::Duration;

use super::world::{DELTA_FRAME, KEYFRAME, World};
use crate::event::{DisconnectReason, MediaEvent};
use crate::keys::{ConnectionKey, Source};
use crate::limits::{ICE_CONSENT, KEYFRAME_REQUEST_INTERVAL, PUBLICATION_SILENCE};
use crate::rtcp::{Rtcp, read, write_picture_loss, write_sender_report};
use crate::rtp::RtpHeader;
use crate::shard::Command;
use crate::stun::tests::{CONTROLLING, NOMINATION};

fn told(packets: &[Vec<u8>]) -> Vec<Rtcp> {
    let mut all = Vec::new();
    for packet in packets {
        read(packet, |rtcp| all.push(rtcp));
    }
    all
}

#[test]
fn a_newcomer_gets_a_keyframe_at_once_and_no_frame_before_it() {
    let mut world = World::new();
    let (mut a, mut b, mut c) = (world.join(1), world.join(2), world.join(3));
    world.apply_open_table(&[a.who, b.who, c.who]);
    let packet = a.packet(Source::Camera, KEYFRAME);
    world.receive(a.address, packet);
    for (number, peer) in [&mut b, &mut c].into_iter().enumerate() {
        world.acknowledge(peer);
        world.deliver(&mut a);
        assert_eq!(a.keyframe_requests(), number + 1, "asked within the spacing of requests");
        for payload in [DELTA_FRAME, DELTA_FRAME, KEYFRAME, DELTA_FRAME] {
            let packet = a.packet(Source::Camera, payload);
            world.receive(a.address, packet);
        }
        world.deliver(peer);
        assert_eq!(peer.payloads(), [KEYFRAME, DELTA_FRAME]);
    }
}

#[test]
fn packets_read_together_reach_each_receiver_whole_and_in_order() {
    let mut world = World::new();
    let (mut a, mut b, mut c) = (world.join(1), world.join(2), world.join(3));
    world.apply_open_table(&[a.who, b.who, c.who]);
    let packet = a.packet(Source::Camera, KEYFRAME);
    world.receive(a.address, packet);
    world.acknowledge(&b);
    world.acknowledge(&c);
    let payloads: Vec<Vec<u8>> = [800, 1_000, 1_000, 1_000, 400, 1_000, 1_200, 20]
        .into_iter()
        .enumerate()
        .map(|(at, length)| {
            let mut payload = if at == 0 { KEYFRAME.to_vec() } else { DELTA_FRAME.to_vec() };
            payload.resize(length, u8::try_from(at).unwrap());
            payload
        })
        .collect();
    let batch = payloads.iter().map(|payload| (a.address, a.packet(Source::Camera, payload))).collect();
    world.receive_batch(batch);
    for peer in [&mut b, &mut c] {
        world.deliver(peer);
        assert_eq!(peer.payloads(), payloads);
        let sequences: Vec<_> = peer.received.iter().map(|p| RtpHeader::parse(p).unwrap().sequence).collect();
        assert!(sequences.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1)));
    }
}

#[test]
fn what_a_subscriber_receives_bears_the_slots_ssrc_and_mid_and_nothing_of_the_publisher() {
    let mut world = World::new();
    let (mut a, mut b) = (world.join(1), world.join(2));
    world.apply_open_table(&[a.who, b.who]);
    let packet = a.packet(Source::Microphone, b"voice");
    world.receive(a.address, packet);
    world.acknowledge(&b);
    let packet = a.packet(Source::Microphone, b"voice");
    world.receive(a.address, packet);
    world.deliver(&mut b);
    let header = RtpHeader::parse(&b.received[0]).unwrap();
    let announced: Vec<u32> =
        b.answer.lines().filter_map(|line| line.strip_prefix("a=ssrc:")?.split(' ').next()?.parse().ok()).collect();
    assert!(announced.contains(&header.ssrc));
    let extensions: Vec<_> = header.extensions(&b.received[0]).collect();
    assert_eq!(extensions, [(4, &b"audio-0"[..])]);
}

#[test]
fn a_storm_of_picture_losses_reaches_the_publisher_once_per_interval() {
    let mut world = World::new();
    let (mut a, mut b) = (world.join(1), world.join(2));
    world.apply_open_table(&[a.who, b.who]);
    let packet = a.packet(Source::Camera, KEYFRAME);
    world.receive(a.address, packet);
    world.acknowledge(&b);
    for _ in 0..2 {
        let packet = a.packet(Source::Camera, KEYFRAME);
        world.receive(a.address, packet);
    }
    world.deliver(&mut b);
    world.deliver(&mut a);
    a.rtcp.clear();
    let ssrc = RtpHeader::parse(&b.received[0]).unwrap().ssrc;
    for _ in 0..20 {
        for _ in 0..50 {
            let mut loss = Vec::new();
            write_picture_loss(&mut loss, 1, ssrc);
            let loss = b.rtcp(loss);
            world.receive(b.address, loss);
        }
        world.pass(KEYFRAME_REQUEST_INTERVAL / 10);
        let packet = a.packet(Source::Camera, KEYFRAME);
        world.receive(a.address, packet);
    }
    world.deliver(&mut a);
    assert!((1..=3).contains(&a.keyframe_requests()), "{} requests", a.keyframe_requests());
}

#[test]
fn sender_reports_reach_subscribers_in_their_terms_and_on_our_clock() {
    let mut world = World::new();
    let (mut a, mut b) = (world.join(1), world.join(2));
    world.apply_open_table(&[a.who, b.who]);
    let packet = a.packet(Source::Microphone, b"voice");
    world.receive(a.address, packet);
    world.acknowledge(&b);
    let packet = a.packet(Source::Microphone, b"voice");
    world.receive(a.address, packet);
    world.deliver(&mut b);
    let header = RtpHeader::parse(&b.received[0]).unwrap();
    let (mut report, their_clock) = (Vec::new(), 77_u64 << 32);
    write_sender_report(&mut report, 0x100, their_clock, 101 * 960 + 480, 2, 10);
    let report = a.rtcp(report);
    world.receive(a.address, report);
    world.deliver(&mut b);
    let [Rtcp::SenderReport { ssrc, ntp, timestamp }] = told(&b.rtcp)[..] else { panic!("{:?}", b.rtcp) };
    assert_eq!((ssrc, timestamp), (header.ssrc, header.timestamp.wrapping_add(480)));
    assert_eq!(ntp >> 32, 2_208_988_800, "the world's clock began in 1970");
}

#[test]
fn publishers_get_transport_feedback_and_receiver_reports() {
    let mut world = World::new();
    let mut a = world.join(1);
    for _ in 0..10 {
        let packet = a.packet(Source::Microphone, b"voice");
        world.receive(a.address, packet);
    }
    world.pass(Duration::from_millis(1_100));
    world.deliver(&mut a);
    let of_type = |kind: u8, format: u8| a.rtcp.iter().filter(|p| p[1] == kind && p[0] & 0x1f == format).count();
    assert_eq!((of_type(205, 15), of_type(201, 1)), (1, 1));
}

#[test]
fn a_publication_that_falls_silent_leaves_its_slot_and_returns() {
    let mut world = World::new();
    let (mut a, b) = (world.join(1), world.join(2));
    world.apply_open_table(&[a.who, b.who]);
    let camera = a.publication(Source::Camera);
    let packet = a.packet(Source::Camera, KEYFRAME);
    world.receive(a.address, packet);
    assert_eq!(world.slot_map(&b).unwrap().1, [camera]);
    world.pass(PUBLICATION_SILENCE + Duration::from_millis(100));
    assert_eq!(world.slot_map(&b).unwrap().1, []);
    let packet = a.packet(Source::Camera, KEYFRAME);
    world.receive(a.address, packet);
    assert_eq!(world.slot_map(&b).unwrap().1, [camera]);
}

#[test]
fn a_connection_that_is_cut_off_is_told_and_comes_back_by_itself() {
    let mut world = World::new();
    let a = world.join(1);
    world.pass(ICE_CONSENT + Duration::from_millis(100));
    let end = world
        .events
        .iter()
        .any(|event| matches!(event, MediaEvent::Disconnected { reason: DisconnectReason::ConsentExpired, .. }));
    assert!(end);
    world.events.clear();
    world.check(&a, &[CONTROLLING, NOMINATION]);
    assert!(matches!(world.events[..], [MediaEvent::Connected { .. }]));
}

#[test]
fn a_newer_connection_of_a_participant_replaces_the_older() {
    let mut world = World::new();
    let (mut a, mut b) = (world.join(1), world.join(2));
    world.apply_open_table(&[a.who, b.who]);
    let packet = a.packet(Source::Microphone, b"old");
    world.receive(a.address, packet);
    world.acknowledge(&b);
    world.command(|reply| Command::Connect(super::world::ROOM, a.who, ConnectionKey(7), reply)).unwrap();
    let packet = a.packet(Source::Microphone, b"old");
    world.receive(a.address, packet);
    world.deliver(&mut b);
    assert!(b.received.is_empty());
    assert_eq!(world.slot_map(&b).unwrap().1, []);
    let outcome = world.command(|reply| Command::Disconnect(a.connection, reply));
    assert!(outcome.is_err(), "the old connection is still there");
}

#[test]
fn an_ice_restart_moves_media_to_the_new_path_without_a_handshake() {
    let mut world = World::new();
    let (mut a, mut b) = (world.join(1), world.join(2));
    world.apply_open_table(&[a.who, b.who]);
    let packet = a.packet(Source::Microphone, b"one");
    world.receive(a.address, packet);
    world.acknowledge(&b);
    let before = b.answered("ice-ufrag");
    b.answer = world.offer(&b, &b.offer("efgh", 3, 3)).unwrap();
    assert_ne!(b.answered("ice-ufrag"), before);
    b.address.set_port(20_000);
    world.check(&b, &[CONTROLLING, NOMINATION]);
    world.take_sent(b.address);
    let packet = a.packet(Source::Microphone, b"two");
    world.receive(a.address, packet);
    world.deliver(&mut b);
    assert_eq!(b.payloads(), [b"two"]);
}

#[test]
fn a_renegotiation_without_a_restart_keeps_slots_and_streams() {
    let mut world = World::new();
    let (mut a, mut b) = (world.join(1), world.join(2));
    world.apply_open_table(&[a.who, b.who]);
    let packet = a.packet(Source::Microphone, b"one");
    world.receive(a.address, packet);
    world.acknowledge(&b);
    let ssrcs =
        |answer: &str| answer.lines().filter(|l| l.starts_with("a=ssrc")).map(str::to_owned).collect::<Vec<_>>();
    let answer = world.offer(&b, &b.offer("abcd", 3, 4)).unwrap();
    assert_eq!(ssrcs(&answer)[..6], ssrcs(&b.answer)[..]);
    let packet = a.packet(Source::Microphone, b"two");
    world.receive(a.address, packet);
    world.deliver(&mut b);
    assert_eq!(b.payloads(), [b"two"]);
}
