//! What is recorded plays.

#![allow(clippy::unwrap_used)] // a test that cannot be set up has failed

mod support;

use std::io::{Seek, SeekFrom};

use accord_recording::{Codec, EndReason, Part};
use support::*;

fn number(value: &serde_json::Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

fn packets_of(probe: &serde_json::Value, stream: u64) -> Vec<f64> {
    let packets = probe["packets"].as_array().unwrap();
    packets.iter().filter(|packet| packet["stream_index"] == stream).map(|packet| number(&packet["pts_time"])).collect()
}

#[test]
fn a_span_of_two_people_decodes_without_error_and_lasts_as_long_as_it_lasted() {
    let store = Store::new();
    let mut writer = store.begin("span-1", &[(audio(1), "A"), (video(1), "A"), (audio(2), "B"), (video(2), "B")]);
    let mut packets = media(audio(1), Codec::Opus, 4, 0);
    packets.extend(media(video(1), Codec::Vp8, 4, 0));
    packets.extend(media(audio(2), Codec::Opus, 4, 100));
    packets.extend(media_of_size(video(2), Codec::Vp8, 2, 1500, "160x120"));
    push_all(&mut writer, packets);
    let sealed = writer.end(EndReason::Stopped, BEGIN_MICROS + 4_200_000).unwrap();
    assert_eq!(sealed.end.duration_ms, 4200);
    assert!(
        sealed.end.tracks.iter().all(|track| track.lost_packets == 0 && track.dropped_frames == 0),
        "{:?}",
        sealed.end.tracks
    );

    let recording = store.recordings.open(&sealed.address).unwrap();
    assert_eq!(recording.verify().unwrap(), Some(sealed.digest));
    let stream = read_all(recording.playback().unwrap());
    assert_eq!(decode_errors(&stream), "");
    let probe = ffprobe(&stream);
    assert!((number(&probe["format"]["duration"]) - 4.2).abs() < 0.001);
    let streams = probe["streams"].as_array().unwrap();
    assert_eq!(streams.len(), 4);
    let mut seen = vec![];
    for stream in streams {
        let times = packets_of(&probe, stream["index"].as_u64().unwrap());
        let kind = stream["codec_name"].as_str().unwrap();
        let label = stream["tags"]["title"].as_str().unwrap();
        seen.push((label.to_owned(), kind.to_owned(), times.len(), stream["width"].as_u64()));
        let (first, length) = match (label, kind) {
            ("A", _) => (0.0, 4.0),
            ("B", "opus") => (0.1, 4.0),
            _ => (1.5, 2.0),
        };
        assert!((times[0] - first).abs() < 0.002, "{label} {kind} begins at {}", times[0]);
        assert!((times.last().unwrap() - times[0] - length).abs() < 0.1, "{label} {kind}");
        assert!(times.is_sorted());
    }
    seen.sort();
    let seen: Vec<_> =
        seen.iter().map(|(label, kind, count, width)| (label.as_str(), kind.as_str(), *count, *width)).collect();
    assert_eq!(
        seen,
        [("A", "opus", 201, None), ("A", "vp8", 60, Some(320)), ("B", "opus", 201, None), ("B", "vp8", 30, Some(160))]
    );
}

#[test]
fn every_codec_that_is_recorded_decodes_again() {
    for codec in [Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1] {
        let store = Store::new();
        let mut writer = store.begin("span-1", &[(video(1), "A")]);
        push_all(&mut writer, media(video(1), codec, 2, 0));
        let sealed = writer.end(EndReason::Stopped, BEGIN_MICROS + 2_000_000).unwrap();
        assert_eq!(sealed.end.tracks[0].frames, 30, "{codec:?} {:?}", sealed.end);
        let stream = read_all(store.recordings.open(&sealed.address).unwrap().playback().unwrap());
        assert_eq!(decode_errors(&stream), "", "{codec:?}");
        let probe = ffprobe(&stream);
        assert_eq!(probe["streams"][0]["width"], 320, "{codec:?}");
        assert_eq!(probe["streams"][0]["height"], 240, "{codec:?}");
        assert_eq!(packets_of(&probe, 0).len(), 30, "{codec:?}");
    }
}

#[test]
fn shuffled_packets_make_the_same_recording_as_ordered_ones() {
    let mut packets = media(audio(1), Codec::Opus, 3, 0);
    packets.extend(media(video(1), Codec::Vp8, 3, 0));
    let record = |packets: Vec<Packet>| {
        let store = Store::new();
        let mut writer = store.begin("span-1", &[(audio(1), "A"), (video(1), "A")]);
        push_all(&mut writer, packets);
        let sealed = writer.end(EndReason::Stopped, BEGIN_MICROS + 3_000_000).unwrap();
        let stream = read_all(store.recordings.open(&sealed.address).unwrap().playback().unwrap());
        let sums = ffmpeg(&["-i", "pipe:0", "-map", "0", "-c", "copy", "-f", "streamhash", "pipe:1"], &stream);
        String::from_utf8(sums).unwrap()
    };
    let mut shuffled = packets.clone();
    let begun = |packet: &Packet| packet.arrival_micros > BEGIN_MICROS + 100_000;
    for (at, packet) in shuffled.iter_mut().enumerate().filter(|(_, packet)| begun(packet)) {
        // Up to 90 ms late, and some of them twice.
        packet.arrival_micros += (at as u64 * 7919 % 10) * 9_000;
    }
    shuffled.extend(shuffled.clone().into_iter().step_by(5).map(|mut packet| {
        packet.arrival_micros += 30_000;
        packet
    }));
    assert_eq!(record(packets), record(shuffled));
}

#[test]
fn after_a_loss_pictures_go_on_at_the_next_key_frame_and_decode_without_error() {
    let store = Store::new();
    let mut packets = media(video(1), Codec::Vp8, 4, 0);
    let lost = packets.iter().position(|packet| packet.arrival_micros > BEGIN_MICROS + 1_400_000).unwrap();
    packets.remove(lost);
    let mut writer = store.begin("span-1", &[(video(1), "A")]);
    push_all(&mut writer, packets);
    let sealed = writer.end(EndReason::Stopped, BEGIN_MICROS + 4_000_000).unwrap();
    let track = &sealed.end.tracks[0];
    assert_eq!(track.lost_packets, 1);
    // Key frames come every second: from the loss at 1.4 s to the one at 2 s nothing can be shown.
    assert!((59..=60).contains(&(track.frames + track.dropped_frames)), "the frame of the lost packet may not show");
    assert!((49..=53).contains(&track.frames), "{track:?}");
    let stream = read_all(store.recordings.open(&sealed.address).unwrap().playback().unwrap());
    assert_eq!(decode_errors(&stream), "");
}

#[test]
fn a_publisher_that_starts_anew_goes_on_in_the_same_track_whatever_its_numbers() {
    let store = Store::new();
    let mut writer = store.begin("span-1", &[(video(1), "A")]);
    let mut packets = media(video(1), Codec::Vp8, 2, 0);
    // The same numbers again, which of one source would all be late or double; then back to the first, as a switch of
    // simulcast layers may do.
    for (source, from_ms) in [(2, 2500), (1, 5000)] {
        packets.extend(media(video(1), Codec::Vp8, 2, from_ms).into_iter().map(|packet| Packet { source, ..packet }));
    }
    push_all(&mut writer, packets);
    let sealed = writer.end(EndReason::Stopped, BEGIN_MICROS + 7_000_000).unwrap();
    assert_eq!((sealed.end.tracks.len(), sealed.end.tracks[0].frames), (1, 90));
    let stream = read_all(store.recordings.open(&sealed.address).unwrap().playback().unwrap());
    assert_eq!(decode_errors(&stream), "");
    let times = packets_of(&ffprobe(&stream), 0);
    assert!((times[30] - 2.5).abs() < 0.002, "{}", times[30]);
    assert!((times[60] - 5.0).abs() < 0.002, "{}", times[60]);
}

#[test]
fn a_video_that_waits_for_a_key_frame_asks_for_it_once_a_second() {
    let store = Store::new();
    let mut writer = store.begin("span-1", &[(video(1), "A")]);
    let packets = media(video(1), Codec::Vp8, 2, 0);
    let middle: Vec<_> = packets.into_iter().filter(|packet| packet.arrival_micros > BEGIN_MICROS + 100_000).collect();
    let (early, late) = middle.split_at(10);
    push_all(&mut writer, early.to_vec());
    assert_eq!(writer.keyframe_requests(BEGIN_MICROS + 200_000), [video(1)]);
    assert_eq!(writer.keyframe_requests(BEGIN_MICROS + 900_000), []);
    assert_eq!(writer.keyframe_requests(BEGIN_MICROS + 1_200_000), [video(1)]);
    push_all(&mut writer, late.to_vec());
    assert_eq!(writer.keyframe_requests(BEGIN_MICROS + 9_000_000), []);
}

#[test]
fn each_segment_is_a_playable_stream_of_its_own_and_a_late_track_begins_another() {
    let store = Store::new();
    let mut writer = store.begin("span-1", &[(audio(1), "A"), (video(1), "A")]);
    let mut packets = media(audio(1), Codec::Opus, 4, 0);
    packets.extend(media(video(1), Codec::Vp8, 2, 2000));
    push_all(&mut writer, packets);
    let sealed = writer.end(EndReason::Stopped, BEGIN_MICROS + 4_000_000).unwrap();
    assert_eq!(sealed.end.segments.len(), 2);
    let recording = store.recordings.open(&sealed.address).unwrap();
    for (number, streams) in [(0, 1), (1, 2)] {
        let segment = recording.segment(number).unwrap();
        assert_eq!(decode_errors(&segment), "", "segment {number}");
        assert_eq!(ffprobe(&segment)["streams"].as_array().unwrap().len(), streams);
    }
}

#[test]
fn any_byte_range_reads_as_in_the_whole_and_a_player_can_seek() {
    let store = Store::new();
    let mut writer = store.begin("span-1", &[(audio(1), "A"), (video(1), "A")]);
    let mut packets = media(audio(1), Codec::Opus, 6, 0);
    packets.extend(media(video(1), Codec::Vp8, 6, 0));
    push_all(&mut writer, packets);
    let sealed = writer.end(EndReason::Stopped, BEGIN_MICROS + 6_000_000).unwrap();
    let mut playback = store.recordings.open(&sealed.address).unwrap().playback().unwrap();
    let whole = read_all(&mut playback);
    assert_eq!(whole.len() as u64, playback.length());
    for at in (0..whole.len()).step_by(4999).rev() {
        playback.seek(SeekFrom::Start(at as u64)).unwrap();
        let mut range = [0; 3000];
        let count = std::io::Read::read(&mut playback, &mut range).unwrap();
        assert!(count > 0 && whole[at..].starts_with(&range[..count]), "range at {at}");
    }
    assert_eq!(playback.read_at(playback.length(), &mut [0; 8]).unwrap(), 0);

    // The seek table leads to the key frame at 4 s.
    let file = written(&whole);
    let cut = ffmpeg(
        &["-ss", "4.5", "-i", path(file.path()), "-map", "0:v", "-c", "copy", "-copyts", "-f", "matroska", "pipe:1"],
        &[],
    );
    let first = packets_of(&ffprobe(&cut), 0)[0];
    assert!((first - 4.0).abs() < 0.1, "{first}");
}

#[test]
fn spans_are_listed_by_room_and_erased_without_remains() {
    let store = Store::new();
    for span in ["span-1", "span-2"] {
        let mut writer = store.begin(span, &[(audio(1), "A")]);
        push_all(&mut writer, marked(audio(1), b"words", 0, 50));
        writer.end(EndReason::Stopped, BEGIN_MICROS + 1_000_000).unwrap();
    }
    let spans = store.recordings.spans("court/room-1").unwrap();
    assert_eq!(spans.len(), 2);
    assert!(store.recordings.spans("another-court").unwrap().is_empty());
    store.recordings.erase(&spans[0]).unwrap();
    assert_eq!(store.recordings.spans("").unwrap(), spans[1..]);
    assert!(store.recordings.open(&spans[0]).is_err());
    assert!(!store.folder.path().join(spans[0].object(Part::Begin).as_str()).parent().unwrap().exists());
    assert!(store.recordings.open(&spans[1]).unwrap().verify().is_ok());
}
