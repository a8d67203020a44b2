//! What is in a recording is what was handed over under its grant, and nothing else is on the disk.

mod support;

use std::{fs, os::unix::fs::PermissionsExt};

use accord_recording::{
    Codec, EndReason, OperatorKey, Part, Publication, RecordingError,
    scan::{self, Form},
};
use proptest::prelude::*;
use support::*;

const CONSENTED: &[u8] = b"said with everyone's consent";
const WITHHELD: &[u8] = b"said to nobody's recorder";

#[test]
fn nothing_from_before_the_begin_after_the_end_or_of_another_grant_is_on_the_disk() {
    let store = Store::new();
    let mut writer = store.begin("span-1", &[(audio(1), "A")]);
    let with = |change: &dyn Fn(&mut Packet)| {
        let mut packets = marked(audio(1), WITHHELD, 0, 50);
        packets.iter_mut().for_each(change);
        packets
    };
    push_all(&mut writer, marked(audio(1), CONSENTED, 0, 50));
    push_all(&mut writer, with(&|packet| packet.generation = GENERATION - 1));
    push_all(&mut writer, with(&|packet| packet.generation = GENERATION + 1));
    push_all(&mut writer, with(&|packet| packet.arrival_micros -= BEGIN_MICROS));
    push_all(&mut writer, with(&|packet| packet.track = audio(2)));
    push_all(&mut writer, with(&|packet| packet.track = video(1)));
    push_all(&mut writer, with(&|packet| packet.codec = Codec::Vp8));
    push_all(&mut writer, with(&|packet| packet.payload.resize(2049, 0)));
    let refusals = writer.refusals();
    assert_eq!(
        (refusals.older_generation, refusals.newer_generation, refusals.before_begin, refusals.oversized),
        (50, 50, 50, 50)
    );
    assert_eq!(refusals.unnamed_publication, 150);
    writer.end(EndReason::ConsentWithdrawn, BEGIN_MICROS + 1_000_000).unwrap();

    let search = |marker| scan::folder(store.folder.path(), &[&store.operator], marker).unwrap();
    let withheld = search(WITHHELD);
    assert_eq!(withheld.findings, []);
    assert_eq!((withheld.files, withheld.opened), (3, 3));
    let control = search(CONSENTED);
    assert_eq!(control.findings.len(), 1);
    assert_eq!(control.findings[0].form, Form::Decrypted);
}

#[test]
fn a_scan_finds_plain_files_and_crashed_spans_and_names_what_it_cannot_open() {
    let store = Store::new();
    let mut writer = store.begin("span-1", &[(audio(1), "A")]);
    push_all(&mut writer, marked(audio(1), CONSENTED, 0, 50));
    drop(writer);
    fs::write(store.folder.path().join("forgotten.tmp"), [&[0; 5][..], CONSENTED].concat()).unwrap();
    let found = scan::folder(store.folder.path(), &[&store.operator], CONSENTED).unwrap();
    let mut forms: Vec<_> = found.findings.iter().map(|finding| finding.form).collect();
    forms.sort_by_key(|form| *form == Form::Raw);
    assert_eq!(forms, [Form::Decrypted, Form::Raw]);
    assert!(found.unopened.is_empty());
    let blind = scan::folder(store.folder.path(), &[], CONSENTED).unwrap();
    assert_eq!(blind.findings.len(), 1);
    assert_eq!(blind.unopened.len(), 2, "begin and segment-000000");
    assert!(scan::folder(store.folder.path(), &[], b"").is_err());
}

#[test]
fn a_marker_across_two_windows_of_a_large_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    for at in [1024 * 1024 - 5, 1024 * 1024, 2 * 1024 * 1024 - 1] {
        let mut bytes = vec![b'.'; 3 * 1024 * 1024];
        bytes[at..at + CONSENTED.len()].copy_from_slice(CONSENTED);
        fs::write(folder.path().join("large"), bytes).unwrap();
        let found = scan::folder(folder.path(), &[], CONSENTED).unwrap();
        assert_eq!(found.findings[0].offset, at as u64);
    }
}

#[test]
fn no_name_or_word_lies_open_on_the_disk_and_only_the_owner_may_read() {
    let store = Store::new();
    let mut writer = store.begin("span-1", &[(audio(1), "label-of-a-person")]);
    push_all(&mut writer, marked(audio(1), CONSENTED, 0, 50));
    let sealed = writer.end(EndReason::Stopped, BEGIN_MICROS + 1_000_000).unwrap();
    for word in [&b"label-of-a-person"[..], CONSENTED, b"OpusHead", b"matroska", b"stopped"] {
        let found = scan::folder(store.folder.path(), &[&store.operator], word).unwrap();
        assert!(!found.findings.is_empty(), "control");
        assert!(found.findings.iter().all(|finding| finding.form == Form::Decrypted));
    }
    for part in [Part::Begin, Part::Segment(0), Part::End] {
        let path = store.folder.path().join(sealed.address.object(part).as_str());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    }
}

#[test]
fn a_publication_named_later_is_recorded_from_then_on() {
    let store = Store::new();
    let mut writer = store.begin("span-1", &[(audio(1), "A")]);
    push_all(&mut writer, marked(audio(2), WITHHELD, 0, 20));
    writer.publish(Publication { track: audio(2), label: "B".to_owned() }).unwrap();
    push_all(&mut writer, marked(audio(2), CONSENTED, 400, 20));
    assert!(writer.publish(Publication { track: audio(3), label: "line\nbreak".to_owned() }).is_err());
    let sealed = writer.end(EndReason::Stopped, BEGIN_MICROS + 1_000_000).unwrap();
    assert_eq!((sealed.end.tracks.len(), sealed.end.tracks[0].frames), (1, 20));
}

#[test]
fn two_spans_of_the_same_media_share_no_ciphertext() {
    let store = Store::new();
    let mut sealed = vec![];
    for span in ["span-1", "span-2"] {
        let mut writer = store.begin(span, &[(audio(1), "A")]);
        push_all(&mut writer, marked(audio(1), CONSENTED, 0, 50));
        let address = writer.end(EndReason::Stopped, BEGIN_MICROS + 1_000_000).unwrap().address;
        sealed.push(fs::read(store.folder.path().join(address.object(Part::Segment(0)).as_str())).unwrap());
    }
    let (one, two) = (&sealed[0], &sealed[1]);
    let pieces: std::collections::HashSet<&[u8]> = one[500..].windows(8).collect();
    assert!(two[500..].windows(8).all(|piece| !pieces.contains(piece)));
}

#[test]
fn an_operator_key_is_made_once_and_refused_when_others_may_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("operator.key");
    let made = OperatorKey::load_or_create(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(OperatorKey::load_or_create(&path).unwrap().id(), made.id());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(OperatorKey::load(&path), Err(RecordingError::KeyFile { .. })));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    for length in [0, 31, 33] {
        fs::write(&path, vec![1; length]).unwrap();
        assert!(matches!(OperatorKey::load_or_create(&path), Err(RecordingError::KeyFile { .. })));
    }
    assert!(!format!("{made:?}").contains("key:"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_packets_say_the_writer_lives_and_the_span_reads_back(
        packets in prop::collection::vec(
            (0u64..4, 0usize..5, 0u64..100_000, any::<u16>(), 0u16..4, any::<u32>(), 0u32..2, any::<bool>(),
             prop::collection::vec(any::<u8>(), 0..80)),
            0..400),
    ) {
        let codecs = [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1];
        let store = Store::new();
        let mut writer = store.begin("span-1", &[(audio(1), "A"), (video(1), "A"), (audio(2), "B"), (video(2), "B")]);
        let (mut now, mut sequences) = (BEGIN_MICROS, [0u16; 8]);
        for (publication, codec, wait, far, step, timestamp, jump, marker, payload) in packets {
            now += wait;
            let codec = codecs[codec];
            let track = accord_recording::TrackKey { publication, kind: codec.kind() };
            let sequence = &mut sequences[usize::try_from(publication).unwrap()];
            *sequence = if far % 50 == 0 { far } else { sequence.wrapping_add(step) };
            let timestamp = if jump == 0 { timestamp } else { u32::try_from(now / 1000 * 48).unwrap() };
            let packet = Packet { generation: GENERATION, track, codec, arrival_micros: now, source: u32::from(far % 97 == 0), sequence: *sequence, timestamp, marker, payload };
            writer.push(&packet.view()).unwrap();
        }
        let sealed = writer.end(EndReason::Stopped, now).unwrap();
        let recording = store.recordings.open(&sealed.address).unwrap();
        prop_assert_eq!(recording.verify().unwrap(), Some(sealed.digest));
        let mut playback = recording.playback().unwrap();
        let length = playback.length();
        prop_assert_eq!(read_all(&mut playback).len() as u64, length);
    }
}
