//! What an attacker tries against a shard, and what everybody else must not notice.

use std::net::SocketAddr;
use std::time::Duration;

use super::world::{MICROPHONE_MID, World};
use crate::error::OfferError;
use crate::event::{DisconnectReason, MediaEvent};
use crate::keys::Source;
use crate::limits::{MEDIA_PACKETS_PER_SECOND_MAX, SOURCES_PER_CONNECTION_MAX};
use crate::plane::Offer;
use crate::shard::Command;
use crate::stun::tests::{CONTROLLING, NOMINATION, request};

fn stranger() -> SocketAddr {
    "203.0.113.9:999".parse().unwrap()
}

/// Lets A speak to B.
fn speaking(world: &mut World) -> (super::world::Peer, super::world::Peer) {
    let (mut a, b) = (world.join(1), world.join(2));
    world.apply_open_table(&[a.who, b.who]);
    let packet = a.packet(Source::Microphone, b"first");
    world.receive(a.address, packet);
    world.acknowledge(&b);
    world.sent.0.clear();
    (a, b)
}

#[test]
fn before_a_connectivity_check_no_address_gets_an_answer() {
    let mut world = World::new();
    let mut peer = world.invite(1);
    for datagram in peer.dtls.step(world.now, None) {
        world.receive(peer.address, datagram.clone());
        world.receive(stranger(), datagram);
    }
    assert!(world.sent.0.is_empty());
    // The real call still connects.
    world.check(&peer, &[CONTROLLING, NOMINATION]);
    world.now += Duration::from_millis(150);
    world.shake_hands(&mut peer);
    assert!(peer.outbound.is_some());
}

#[test]
fn checks_with_a_wrong_password_or_user_get_silence() {
    let mut world = World::new();
    let peer = world.invite(1);
    let fragment = peer.answered("ice-ufrag");
    for (user, password) in [(fragment.as_str(), "guess"), ("AAAAAAAAAAAAAAAA", "guess"), ("", "")] {
        world.receive(stranger(), request(&format!("{user}:abcd"), password, &[CONTROLLING, NOMINATION]));
    }
    assert!(world.sent.0.is_empty());
    assert_eq!(world.shard.statistics.dropped.stun_refused, 3);
}

#[test]
fn rtp_from_another_address_is_not_forwarded() {
    let mut world = World::new();
    let (mut a, mut b) = speaking(&mut world);
    let packet = a.packet(Source::Microphone, b"stolen");
    world.receive(stranger(), packet);
    world.deliver(&mut b);
    assert!(b.received.is_empty());
    assert_eq!(world.shard.statistics.dropped.unknown_address, 1);
}

#[test]
fn replayed_and_forged_packets_are_not_forwarded_but_counted() {
    let mut world = World::new();
    let (mut a, mut b) = speaking(&mut world);
    let packet = a.packet(Source::Microphone, b"once");
    let mut forged = a.packet(Source::Microphone, b"never");
    *forged.last_mut().unwrap() ^= 1;
    for datagram in [packet.clone(), packet, forged] {
        world.receive(a.address, datagram);
    }
    world.deliver(&mut b);
    assert_eq!(b.payloads(), [b"once"]);
    let dropped = world.shard.statistics.dropped;
    assert_eq!((dropped.replayed, dropped.forged), (1, 1));
}

#[test]
fn a_peer_cannot_take_an_address_on_which_another_lives() {
    let mut world = World::new();
    let (mut a, mut b) = speaking(&mut world);
    let mut attacker = world.join(3);
    attacker.address = a.address;
    world.check(&attacker, &[CONTROLLING, NOMINATION]);
    let packet = a.packet(Source::Microphone, b"still here");
    world.receive(a.address, packet);
    world.deliver(&mut b);
    assert_eq!(b.payloads(), [b"still here"]);
}

#[test]
fn a_certificate_that_does_not_match_the_offer_ends_the_connection() {
    let mut world = World::new();
    let mut peer = world.invite(1);
    peer.dtls = crate::dtls::tests::Client::new(world.now);
    world.check(&peer, &[CONTROLLING, NOMINATION]);
    world.shake_hands(&mut peer);
    let end = world
        .events
        .iter()
        .any(|event| matches!(event, MediaEvent::Disconnected { reason: DisconnectReason::WrongCertificate, .. }));
    assert!(end);
    assert!(world.shard.connections.is_empty() && world.shard.by_address.is_empty());
}

#[test]
fn sources_sections_and_codecs_never_negotiated_are_ignored_in_bounded_state() {
    let mut world = World::new();
    let (mut a, mut b) = speaking(&mut world);
    for ssrc in 5_000..6_000 {
        let packet = a.packet_with(111, "nowhere", ssrc, b"x");
        world.receive(a.address, packet);
        world.now += Duration::from_millis(1);
    }
    let packet = a.packet_with(96, MICROPHONE_MID, 0x100, b"video on the microphone");
    world.receive(a.address, packet);
    world.deliver(&mut b);
    assert!(b.received.is_empty());
    let connection = world.shard.connections.iter().find(|(_, c)| c.key == a.connection).unwrap().1;
    assert!(connection.srtp.as_ref().unwrap().inbound.sources() <= SOURCES_PER_CONNECTION_MAX);
    let packet = a.packet(Source::Microphone, b"as before");
    world.receive(a.address, packet);
    world.deliver(&mut b);
    assert_eq!(b.payloads(), [b"as before"]);
}

#[test]
fn a_flood_is_limited_and_others_are_still_heard() {
    let mut world = World::new();
    let (mut a, mut b) = speaking(&mut world);
    let c = &mut world.join(3);
    let flood: Vec<_> = (0..MEDIA_PACKETS_PER_SECOND_MAX).map(|_| c.packet(Source::Microphone, b"flood")).collect();
    let accepted = world.shard.statistics.packets_in;
    for packet in flood {
        world.receive(c.address, packet);
    }
    let accepted = world.shard.statistics.packets_in - accepted;
    assert_eq!(accepted, u64::from(MEDIA_PACKETS_PER_SECOND_MAX / 2), "more than the burst at one instant");
    let packet = a.packet(Source::Microphone, b"heard");
    world.receive(a.address, packet);
    world.deliver(&mut b);
    assert_eq!(b.payloads(), [b"heard"]);
}

#[test]
fn malformed_datagrams_of_every_length_disturb_nobody() {
    let mut world = World::new();
    let (mut a, mut b) = speaking(&mut world);
    let c = world.join(3);
    for length in 0..200_usize {
        for first in [0, 1, 22, 0x80, 0x90, 0xbf, 255] {
            for second in [1, 96, 200, 206] {
                let mut junk = vec![first, second];
                junk.resize(length.max(2), 0x5a);
                junk.truncate(length);
                world.receive(c.address, junk.clone());
                world.receive(stranger(), junk);
            }
        }
        world.now += Duration::from_millis(20);
    }
    let packet = a.packet(Source::Microphone, b"undisturbed");
    world.receive(a.address, packet);
    world.deliver(&mut b);
    assert_eq!(b.payloads(), [b"undisturbed"]);
}

#[test]
fn a_forged_unencrypted_picture_loss_is_refused_and_counted() {
    let mut world = World::new();
    let (a, b) = speaking(&mut world);
    let mut forged = vec![0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 1, 1];
    forged.extend([0xaa; 16]);
    forged.extend(1_u32.to_be_bytes());
    world.receive(b.address, forged);
    assert_eq!(world.shard.statistics.dropped.unencrypted, 1);
    assert!(world.take_sent(a.address).is_empty());
}

#[test]
fn a_refused_offer_leaves_the_connection_as_it_was() {
    let mut world = World::new();
    let (mut a, mut b) = speaking(&mut world);
    let other = crate::dtls::tests::Client::new(world.now);
    let good = b.offer("efgh", 3, 3);
    let changed = good.replace(&b.dtls.fingerprint().to_string(), &other.fingerprint().to_string());
    assert_eq!(world.offer(&b, &changed).unwrap_err(), OfferError::CertificateChanged);
    assert_eq!(world.offer(&b, &good.replace("mid:c", "mid:m")).unwrap_err(), OfferError::DuplicateMid);
    for (mid, source, error) in [
        ("c", Source::Microphone, OfferError::WrongKind),
        ("audio-0", Source::Microphone, OfferError::UnknownPublication),
        ("nowhere", Source::Microphone, OfferError::UnknownPublication),
    ] {
        let offer = Offer { sdp: good.clone(), publications: vec![(mid.to_owned(), source)] };
        let outcome = world.command(|reply| Command::Offer(b.connection, offer, reply));
        assert_eq!(outcome.unwrap_err(), error);
    }
    let packet = a.packet(Source::Microphone, b"still");
    world.receive(a.address, packet);
    world.deliver(&mut b);
    assert_eq!(b.payloads(), [b"still"]);
}
