//! What a crash leaves, and what was changed afterwards.

#![allow(clippy::unwrap_used)] // a test that cannot be set up has failed

mod support;

use std::{
    fs,
    io::ErrorKind,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use accord_recording::{
    Codec, EndReason, FileObjects, ObjectKey, Objects, ObjectsError, Part, RecordingError, Recordings, SpanAddress,
};
use support::*;

fn address(store: &Store) -> SpanAddress {
    let spans = store.recordings.spans("").unwrap();
    assert_eq!(spans.len(), 1);
    spans[0].clone()
}

#[test]
fn a_kill_loses_less_than_the_last_second_and_the_rest_decodes() {
    let store = Store::new();
    let mut writer = store.begin("span-1", &[(audio(1), "A"), (video(1), "A")]);
    let mut packets = media(audio(1), Codec::Opus, 5, 0);
    packets.extend(media(video(1), Codec::Vp8, 5, 0));
    push_all(&mut writer, packets);
    drop(writer);
    let recording = store.recordings.open(&address(&store)).unwrap();
    assert!(recording.end().is_none());
    assert_eq!(recording.torn_bytes(), 0);
    assert_eq!(recording.verify().unwrap(), None);
    assert!(recording.duration_ms() > 4000, "{}", recording.duration_ms());
    let duration_ms = recording.duration_ms();
    let live = recording.segment(0).unwrap();
    assert_eq!(decode_errors(&live), "", "the unfinalised stream");
    let stream = read_all(recording.playback().unwrap());
    assert_eq!(decode_errors(&stream), "");
    let probe = ffprobe(&stream);
    let probed: f64 = probe["format"]["duration"].as_str().unwrap().parse().unwrap();
    assert!((probed * 1000.0 - f64::from(u32::try_from(duration_ms).unwrap())).abs() < 1.0);
}

#[test]
fn a_segment_cut_at_any_byte_reads_up_to_its_last_whole_chunk() {
    let store = Store::new();
    let mut writer = store.begin("span-1", &[(audio(1), "A")]);
    push_all(&mut writer, marked(audio(1), b"words", 0, 120));
    drop(writer);
    let address = address(&store);
    let whole = store.recordings.open(&address).unwrap();
    let clusters = whole.clusters().to_vec();
    assert!(clusters.len() >= 3);
    let file = store.folder.path().join(address.object(Part::Segment(0)).as_str());
    let bytes = fs::read(&file).unwrap();
    for cut in 0..bytes.len() {
        fs::write(&file, &bytes[..cut]).unwrap();
        let recording = store.recordings.open(&address).unwrap();
        // Five hundred bytes of plain text fit one chunk: 20 bytes around it.
        let kept = clusters.iter().filter(|cluster| cluster.offset + cluster.length + 20 <= cut as u64).count();
        assert_eq!(recording.clusters(), &clusters[..kept], "cut at {cut}");
        let mut playback = recording.playback().unwrap();
        let length = playback.length();
        assert_eq!(read_all(&mut playback).len() as u64, length);
    }
}

#[test]
fn any_flipped_byte_of_a_finished_span_is_found_and_its_part_named() {
    let store = Store::new();
    let mut writer = store.begin("span-1", &[(audio(1), "A"), (audio(2), "B")]);
    let mut packets = marked(audio(1), b"words", 0, 35);
    packets.extend(marked(audio(2), b"words", 700, 5));
    push_all(&mut writer, packets);
    let sealed = writer.end(EndReason::Stopped, BEGIN_MICROS + 2_000_000).unwrap();
    assert_eq!(sealed.end.segments.len(), 2);
    let check = || store.recordings.open(&sealed.address).and_then(|recording| recording.verify());
    assert_eq!(check().unwrap(), Some(sealed.digest));
    for part in [Part::Begin, Part::Segment(0), Part::Segment(1), Part::End] {
        let file = store.folder.path().join(sealed.address.object(part).as_str());
        let bytes = fs::read(&file).unwrap();
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x20;
            fs::write(&file, &flipped).unwrap();
            match check() {
                Err(RecordingError::Tampered { part: named, .. }) => assert_eq!(named, part, "byte {at}"),
                Err(RecordingError::WrongOperatorKey { object, .. }) => assert_eq!(object, sealed.address.object(part)),
                other => panic!("byte {at} of {part}: {other:?}"),
            }
        }
        for cut in 0..bytes.len() {
            fs::write(&file, &bytes[..cut]).unwrap();
            match check() {
                Err(RecordingError::Tampered { part: named, .. }) => assert_eq!(named, part, "cut at {cut}"),
                other => panic!("{part} cut at {cut}: {other:?}"),
            }
        }
        fs::remove_file(&file).unwrap();
        // A span without its end is one that crashed; only the digest in the evidence tells.
        match (part, check()) {
            (Part::End, Ok(digest)) => assert_eq!(digest, None),
            (_, Err(RecordingError::Tampered { part: named, .. })) => assert_eq!(named, part),
            (_, other) => panic!("{part} removed: {other:?}"),
        }
        fs::write(&file, &bytes).unwrap();
    }
    assert_eq!(check().unwrap(), Some(sealed.digest));
}

#[test]
fn segments_swapped_between_places_or_spans_are_refused() {
    let store = Store::new();
    let mut ends = vec![];
    for span in ["span-1", "span-2"] {
        let mut writer = store.begin(span, &[(audio(1), "A"), (audio(2), "B")]);
        let mut packets = marked(audio(1), b"words", 0, 100);
        packets.extend(marked(audio(2), b"words", 1000, 50));
        push_all(&mut writer, packets);
        ends.push(writer.end(EndReason::Stopped, BEGIN_MICROS + 2_000_000).unwrap().address);
    }
    let file = |span: usize, part| store.folder.path().join(ends[span].object(part).as_str());
    for (one, other) in [
        ((0, Part::Segment(0)), (0, Part::Segment(1))),
        ((0, Part::Segment(0)), (1, Part::Segment(0))),
        ((0, Part::Begin), (1, Part::Begin)),
        ((0, Part::End), (1, Part::End)),
    ] {
        let (one, other) = (file(one.0, one.1), file(other.0, other.1));
        let (a, b) = (fs::read(&one).unwrap(), fs::read(&other).unwrap());
        fs::write(&one, &b).unwrap();
        fs::write(&other, &a).unwrap();
        let opened = store.recordings.open(&ends[0]).and_then(|recording| recording.verify());
        assert!(matches!(opened, Err(RecordingError::Tampered { .. })), "{one:?} for {other:?}");
        fs::write(&one, &a).unwrap();
        fs::write(&other, &b).unwrap();
    }
}

#[test]
fn a_missing_or_cut_segment_in_the_middle_is_refused_also_after_a_crash() {
    let store = Store::new();
    let mut writer = store.begin("span-1", &[(audio(1), "A"), (audio(2), "B"), (audio(3), "C")]);
    let mut packets = marked(audio(1), b"words", 0, 150);
    packets.extend(marked(audio(2), b"words", 1000, 100));
    packets.extend(marked(audio(3), b"words", 2000, 50));
    push_all(&mut writer, packets);
    drop(writer);
    let address = address(&store);
    assert!(store.recordings.open(&address).is_ok());
    let file = store.folder.path().join(address.object(Part::Segment(1)).as_str());
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 20]).unwrap();
    assert!(matches!(store.recordings.open(&address), Err(RecordingError::Tampered { part: Part::Segment(1), .. })));
    fs::remove_file(&file).unwrap();
    assert!(matches!(store.recordings.open(&address), Err(RecordingError::Tampered { part: Part::Segment(1), .. })));
}

#[test]
fn a_span_that_crashed_cannot_be_begun_again_but_another_can() {
    let store = Store::new();
    drop(store.begin("span-1", &[]));
    assert!(matches!(store.recordings.begin(header("span-1", &[])), Err(RecordingError::Objects(_))));
    assert!(store.recordings.begin(header("span-2", &[])).is_ok());
    let empty = store.recordings.open(&header("span-1", &[]).address()).unwrap();
    assert_eq!(empty.duration_ms(), 0);
}

/// A store that fails after so many appends, as a full disk does.
struct Full {
    objects: FileObjects,
    appends_left: AtomicU32,
}

impl Objects for Full {
    fn put(&self, key: &ObjectKey, bytes: &[u8]) -> Result<(), ObjectsError> {
        self.objects.put(key, bytes)
    }

    fn append(&self, key: &ObjectKey, offset: u64, bytes: &[u8]) -> Result<(), ObjectsError> {
        if self.appends_left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
            return self.objects.append(key, offset, bytes);
        }
        self.objects.append(key, offset, &bytes[..bytes.len() / 2])?;
        Err(ObjectsError::File { key: key.to_string(), source: ErrorKind::StorageFull.into() })
    }

    fn length(&self, key: &ObjectKey) -> Result<Option<u64>, ObjectsError> {
        self.objects.length(key)
    }

    fn read(&self, key: &ObjectKey, range: Range<u64>) -> Result<Vec<u8>, ObjectsError> {
        self.objects.read(key, range)
    }

    fn list(&self, folder: &str) -> Result<Vec<ObjectKey>, ObjectsError> {
        self.objects.list(folder)
    }

    fn delete(&self, key: &ObjectKey) -> Result<(), ObjectsError> {
        self.objects.delete(key)
    }
}

#[test]
fn a_full_disk_ends_the_span_and_what_was_written_before_is_readable() {
    let store = Store::new();
    let objects = FileObjects::open(store.folder.path()).unwrap();
    let full = Arc::new(Full { objects, appends_left: 3.into() });
    let recordings = Recordings::new(full, store.operator.clone());
    let mut writer = recordings.begin(header("span-1", &[(audio(1), "A")])).unwrap();
    let packets = marked(audio(1), b"words", 0, 200);
    let failed = packets.iter().find_map(|packet| writer.push(&packet.view()).err());
    assert!(matches!(failed, Some(RecordingError::Objects(_))));
    assert!(matches!(writer.push(&packets[199].view()), Err(RecordingError::Failed)));
    assert!(matches!(writer.end(EndReason::Stopped, BEGIN_MICROS), Err(RecordingError::Failed)));
    let recording = store.recordings.open(&address(&store)).unwrap();
    assert_eq!(recording.clusters().len(), 3);
    assert!(recording.torn_bytes() > 0);
    assert_eq!(recording.verify().unwrap(), None);
}

#[test]
fn a_second_writer_of_the_same_object_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let objects = FileObjects::open(folder.path()).unwrap();
    let key: ObjectKey = "court/room-1/object".parse().unwrap();
    objects.append(&key, 0, b"one").unwrap();
    assert!(matches!(objects.append(&key, 0, b"two"), Err(ObjectsError::Taken(_))));
    assert!(matches!(objects.append(&key, 2, b"two"), Err(ObjectsError::Length { found: 3, wanted: 2, .. })));
    assert!(matches!(objects.put(&key, b"two"), Err(ObjectsError::Taken(_))));
    assert_eq!(objects.read(&key, 0..3).unwrap(), b"one");
    for outside in ["../object", "court//object", "/etc/passwd", "court/.", "", "court/\u{202e}"] {
        assert!(outside.parse::<ObjectKey>().is_err(), "{outside}");
    }
}
