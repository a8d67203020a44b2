use serde_json::json;

use super::sample::{FixedKeys, Mediation, ROOM, TENANT, keys, signer};
use crate::*;

/// One bit low, one that changes case, one that breaks UTF-8; each byte gets one of them.
const FLIPS: [u8; 3] = [0x01, 0x20, 0x80];

fn ten_events() -> Mediation {
    let mut mediation = Mediation::new();
    for number in 0..10 {
        mediation.happens("event", json!({ "number": number, "who": "张三" }));
    }
    mediation
}

/// The lines of a journal file; an older head stands after entry 3.
fn lines(mediation: &Mediation) -> Vec<Vec<u8>> {
    let mut writer = JournalWriter::default();
    let mut lines = vec![writer.begin(&mediation.head(), &keys()).unwrap()];
    let mut older = Journal::resume(TENANT, ROOM, []);
    for entry in &mediation.entries {
        lines.push(writer.entry(entry).unwrap());
        if entry.sequence < 4 {
            older = Journal::resume(
                TENANT,
                ROOM,
                mediation.entries.iter().take_while(|one| one.sequence <= entry.sequence).map(Entry::leaf),
            );
        }
        if entry.sequence == 3 {
            let head = Signed::sign(older.head(entry.occurred_at_ms), signer(Purpose::JournalHead).as_ref()).unwrap();
            lines.push(writer.head(&head).unwrap());
        }
    }
    lines
}

/// The place that a report on line `index` of [`lines`] must name.
fn place(index: usize) -> String {
    match index {
        0 => "the first line".to_owned(),
        1..=4 => format!("entry {}", index - 1),
        5 => "the signed head before entry 4".to_owned(),
        _ => format!("entry {}", index - 2),
    }
}

fn first_bad(lines: &[Vec<u8>]) -> Option<String> {
    verify_journal(&lines.concat(), Some(&keys())).first_bad_part().map(str::to_owned)
}

#[test]
fn a_journal_file_holds_and_says_what_was_checked() {
    let mut mediation = ten_events();
    mediation.entries[6].erase();
    insta::assert_snapshot!(verify_journal(&lines(&mediation).concat(), Some(&keys())));
    insta::assert_snapshot!(verify_journal(&lines(&mediation).concat(), None));
}

#[test]
fn a_flipped_byte_anywhere_in_a_journal_file_names_the_line_that_it_is_in() {
    let mut mediation = ten_events();
    mediation.entries[6].erase();
    let sound = lines(&mediation);
    for index in 0..sound.len() {
        for byte in 0..sound[index].len() {
            {
                let flip = FLIPS[byte % 3];
                let mut bent = sound.clone();
                bent[index][byte] ^= flip;
                // A flipped line feed joins two lines; a flip into one makes two of one. Both start on this line.
                assert_eq!(first_bad(&bent), Some(place(index)), "byte {byte} of line {index} ^ {flip:#x}");
            }
        }
    }
}

#[test]
fn a_dropped_moved_or_repeated_entry_is_named() {
    let sound = lines(&ten_events());
    assert_eq!(first_bad(&sound), None);
    for index in (0..sound.len()).filter(|index| *index != 5) {
        let mut dropped = sound.clone();
        dropped.remove(index);
        assert_eq!(first_bad(&dropped), Some(if index == 4 { place(5).replace('4', "3") } else { place(index) }));
    }
    for index in [1, 2, 3, 6, 7, 8, 9, 10] {
        let mut swapped = sound.clone();
        swapped.swap(index, index + 1);
        assert_eq!(first_bad(&swapped), Some(place(index)));
        let mut repeated = sound.clone();
        repeated.insert(index, sound[index].clone());
        assert_eq!(first_bad(&repeated), Some(place(index + 1)).map(|_| format!("entry {}", entry_of(index) + 1)));
    }
}

fn entry_of(index: usize) -> usize {
    if index < 5 { index - 1 } else { index - 2 }
}

#[test]
fn a_journal_cut_anywhere_names_the_first_missing_entry_or_the_broken_line() {
    let sound = lines(&ten_events());
    for kept in 0..sound.len() {
        let missing = if kept == 5 { "entry 4".to_owned() } else { place(kept) };
        assert_eq!(first_bad(&sound[..kept]), Some(missing), "{kept} lines");
    }
    let whole = sound.concat();
    for length in 0..whole.len() {
        assert!(!verify_journal(&whole[..length], Some(&keys())).holds(), "{length} bytes");
    }
    let more = [whole.clone(), sound[11].clone()].concat();
    assert!(!verify_journal(&more, Some(&keys())).holds());
}

#[test]
fn a_journal_rewritten_with_fitting_roots_fails_at_the_signed_head_after_it() {
    let mediation = ten_events();
    let rewrite = |from: usize| {
        let mut other = Mediation::new();
        for number in 0..10 {
            other.happens(
                "event",
                json!({ "number": if number >= from { number + 100 } else { number }, "who": "张三" }),
            );
        }
        let mut writer = JournalWriter::default();
        let mut forged = vec![writer.begin(&mediation.head(), &keys()).unwrap()];
        forged.extend(other.entries.iter().map(|entry| writer.entry(entry).unwrap()));
        forged.insert(5, lines(&mediation)[5].clone());
        forged
    };
    assert_eq!(first_bad(&rewrite(2)).as_deref(), Some("the signed head before entry 4"));
    assert_eq!(first_bad(&rewrite(5)).as_deref(), Some("entry 4"));
}

#[test]
fn an_erased_payload_leaves_root_and_proofs_as_they_were() {
    let mut mediation = ten_events();
    let before = mediation.head().body.root;
    let leaf = mediation.entries[4].leaf();
    mediation.entries[4].erase();
    assert_eq!(mediation.entries[4].leaf(), leaf);
    assert!(!serde_json::to_string(&mediation.entries[4]).unwrap().contains("张三"));
    let leaves = mediation.entries.iter().map(Entry::leaf);
    assert_eq!(Journal::resume(TENANT, ROOM, leaves).head(0).root, before);
    let excerpt = Excerpt::of(mediation.head(), &mediation.entries, &[4, 5]).unwrap();
    assert!(excerpt.entries.iter().all(|proven| proven.holds(&excerpt.head.body)));
}

#[test]
fn the_same_payload_twice_shows_two_commitments() {
    let mut journal = Journal::resume(TENANT, ROOM, []);
    let mut append = || journal.append(1, "event", json!("yes"), Salt::random().unwrap()).unwrap().commitment;
    assert_ne!(append(), append());
}

#[test]
fn an_entry_proven_at_another_place_or_under_another_head_does_not_hold() {
    let mediation = ten_events();
    let excerpt = Excerpt::of(mediation.head(), &mediation.entries, &[7, 2]).unwrap();
    assert_eq!(excerpt.entries.iter().map(|proven| proven.entry.sequence).collect::<Vec<_>>(), [2, 7]);
    let head = &excerpt.head.body;
    let bend = |change: &dyn Fn(&mut ProvenEntry)| {
        let mut proven = excerpt.entries[0].clone();
        change(&mut proven);
        proven.holds(head)
    };
    assert!(bend(&|_| ()));
    assert!(!bend(&|proven| proven.entry.occurred_at_ms += 1));
    assert!(!bend(&|proven| proven.entry.kind.push('x')));
    assert!(!bend(&|proven| proven.entry.sequence = 3));
    assert!(!bend(&|proven| proven.entry.opening.as_mut().unwrap().payload = json!({})));
    assert!(!bend(&|proven| proven.entry.opening.as_mut().unwrap().salt = Salt::from_bytes([9; 32])));
    assert!(!bend(&|proven| proven.proof.size = 9));
    assert!(Excerpt::of(mediation.head(), &mediation.entries, &[10]).is_none());
    assert!(Excerpt::of(mediation.head(), &mediation.entries[1..], &[1]).is_none());
}

#[test]
fn what_cannot_be_journalled_leaves_the_journal_as_it_was() {
    let mut journal = Journal::resume(TENANT, ROOM, []);
    let salt = Salt::from_bytes([0; 32]);
    for kind in ["", "Event", "an event", "事件", &"x".repeat(65)] {
        assert!(matches!(journal.append(1, kind, json!(1), salt), Err(JournalError::Kind)), "{kind}");
    }
    assert!(matches!(journal.append(1 << 53, "event", json!(1), salt), Err(JournalError::Time)));
    assert!(matches!(journal.append(1, "event", json!(1_u64 << 60), salt), Err(JournalError::Canonical(_))));
    let long = json!("x".repeat(limits::PAYLOAD_BYTES_MAX));
    assert!(matches!(journal.append(1, "event", long, salt), Err(JournalError::PayloadTooLong { .. })));
    assert_eq!(journal.size(), 0);
}

#[test]
fn a_journal_signed_by_another_organisation_is_refused() {
    let mediation = ten_events();
    let foreign = FixedKeys.public_keys("another").unwrap();
    let report = verify_journal(&lines(&mediation).concat(), Some(&foreign));
    assert_eq!(report.first_bad_part(), Some("the first line"));
}

#[test]
fn an_excerpt_of_statements_holds_the_entry_of_each_and_no_other() {
    let mut mediation = ten_events();
    let person = super::sample::Person::admitted("p-a", "张三", "party");
    let sign = |answer| person.sign(StatementKind::Consent, &super::sample::recording_request(), answer);
    let (whole, by_digest, never) = (sign(Answer::Yes), sign(Answer::No), sign(Answer::No));
    mediation.happens("statement", json!({ "deep": [{ "in": whole }] }));
    mediation.happens("statement", json!({ "digest": by_digest.digest().unwrap() }));
    mediation.happens("statement", json!([whole.clone(), "again"]));
    let excerpt = |statements: &[&SignedStatement]| {
        Excerpt::of_statements(mediation.head(), &mediation.entries, statements.iter().copied())
    };
    let found = excerpt(&[&by_digest, &whole]).unwrap();
    assert_eq!(found.entries.iter().map(|proven| proven.entry.sequence).collect::<Vec<_>>(), [10, 11]);
    assert!(excerpt(&[&whole, &never]).is_none());
}
