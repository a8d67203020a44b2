//! The ordinary files that ffmpeg makes of spans.

#![allow(clippy::unwrap_used)] // a test that cannot be set up has failed

mod support;

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use accord_recording::{
    Codec, EndReason, Part, Recording,
    export::{ExportError, Ffmpeg, Format, export},
};
use support::*;

/// A span in which A is there from the begin, changes the size of the picture, and B comes and goes.
fn span(store: &Store, name: &str) -> Recording {
    let mut writer =
        store.begin(name, &[(audio(1), "A"), (video(1), "A"), (audio(2), "B"), (video(2), "'; B -i /etc/passwd")]);
    let mut packets = media(audio(1), Codec::Opus, 4, 0);
    packets.extend(media(video(1), Codec::Vp8, 2, 0));
    let mut smaller = media_of_size(video(1), Codec::Vp8, 2, 2000, "160x90");
    let last = packets.iter().rfind(|packet| packet.track == video(1)).unwrap().clone();
    let (sequence, ticks) = (last.sequence.wrapping_add(1), 2 * 90_000);
    let first = smaller[0].sequence;
    for packet in &mut smaller {
        packet.sequence = packet.sequence.wrapping_sub(first).wrapping_add(sequence);
        packet.timestamp = packet.timestamp.wrapping_add(ticks);
    }
    packets.extend(smaller);
    packets.extend(media(audio(2), Codec::Opus, 1, 1000));
    packets.extend(media(video(2), Codec::Vp8, 1, 1000));
    push_all(&mut writer, packets);
    let sealed = writer.end(EndReason::Stopped, BEGIN_MICROS + 4_000_000).unwrap();
    store.recordings.open(&sealed.address).unwrap()
}

fn probe(path: &Path) -> (f64, Vec<(String, u64)>) {
    let probe = ffprobe(&fs::read(path).unwrap());
    let streams = probe["streams"].as_array().unwrap();
    let streams = streams
        .iter()
        .map(|stream| (stream["codec_name"].as_str().unwrap().to_owned(), stream["width"].as_u64().unwrap_or(0)));
    (probe["format"]["duration"].as_str().unwrap().parse().unwrap(), streams.collect())
}

/// The mean brightness of a region at a time of a file, 0 to 255.
fn brightness(path: &Path, second: &str, crop: &str) -> u8 {
    let filter = format!("crop={crop},scale=1:1:flags=area,format=gray");
    ffmpeg(
        &["-ss", second, "-i", path.to_str().unwrap(), "-frames:v", "1", "-vf", &filter, "-f", "rawvideo", "pipe:1"],
        &[],
    )[0]
}

#[test]
fn two_spans_become_one_file_with_people_side_by_side_and_their_voices() {
    let store = Store::new();
    let spans = [span(&store, "span-1"), span(&store, "span-2")];
    for (format, codecs) in [(Format::WebM, ["vp8", "opus"]), (Format::Mp4, ["h264", "aac"])] {
        let file = store.folder.path().join("export");
        export(&Ffmpeg::find().unwrap(), &spans, format, &file).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let (seconds, streams) = probe(&file);
        assert!((seconds - 8.0).abs() < 0.1, "{format:?} lasts {seconds}");
        assert_eq!(streams, [(codecs[0].to_owned(), 1280), (codecs[1].to_owned(), 0)]);
        assert_eq!(decode_errors(&fs::read(&file).unwrap()), "");
        let (left, right) = ("200:200:220:80", "200:200:860:80");
        // A is seen all the time, also with the smaller picture and in the second span; B only while there.
        for second in ["0.5", "3.5", "4.5", "7.5"] {
            assert!(brightness(&file, second, left) > 60, "A at {second} in {format:?}");
        }
        assert!(brightness(&file, "0.5", right) < 30, "B is not there yet");
        assert!(brightness(&file, "1.5", right) > 60, "B is there");
        assert!(brightness(&file, "5.5", right) > 60, "B is there again");
        fs::remove_file(file).unwrap();
    }
}

#[test]
fn sound_alone_becomes_a_file_with_sound_alone() {
    let store = Store::new();
    let mut writer = store.begin("span-1", &[(audio(1), "A")]);
    push_all(&mut writer, media(audio(1), Codec::Opus, 2, 500));
    let sealed = writer.end(EndReason::Stopped, BEGIN_MICROS + 3_000_000).unwrap();
    let file = store.folder.path().join("export");
    let span = store.recordings.open(&sealed.address).unwrap();
    export(&Ffmpeg::find().unwrap(), &[span], Format::Mp4, &file).unwrap();
    let (seconds, streams) = probe(&file);
    assert!((seconds - 3.0).abs() < 0.1, "{seconds}");
    assert_eq!(streams, [("aac".to_owned(), 0)]);
}

#[test]
fn what_cannot_be_exported_is_said_and_leaves_no_file() {
    let store = Store::new();
    let file = store.folder.path().join("export");
    assert!(matches!(Ffmpeg::at("/nonexistent/ffmpeg"), Err(ExportError::NotAProgram(_))));
    let ffmpeg = Ffmpeg::find().unwrap();
    assert!(matches!(export(&ffmpeg, &[], Format::WebM, &file), Err(ExportError::Empty)));

    let recording = span(&store, "span-1");
    let refusing = Ffmpeg::at("/bin/false").unwrap();
    assert!(matches!(export(&refusing, &[recording], Format::WebM, &file), Err(ExportError::Ffmpeg { .. })));
    assert!(!file.exists());

    // A segment that is changed between opening and reading: no half of a file that looks like a whole.
    let recording = span(&store, "span-2");
    let segment = store.folder.path().join(recording.address().object(Part::Segment(0)).as_str());
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segment, bytes).unwrap();
    assert!(matches!(export(&ffmpeg, &[recording], Format::WebM, &file), Err(ExportError::Recording(_))));
    assert!(!file.exists());
}
