//! What the recorder's tests share: real media made by ffmpeg, packets of it, and a store in a folder.
#![allow(dead_code)] // each test program uses its own part
#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot be set up has failed

use std::{
    io::{Read, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use accord_recording::{
    Codec, FileObjects, Identifier, Kind, MediaPacket, OperatorKey, Publication, Recordings, SpanHeader, SpanWriter,
    TrackKey,
};
use bytes::Bytes;
use rtc_rtp::{
    codec::{av1::Av1Payloader, h264::H264Payloader, opus::OpusPayloader, vp8::Vp8Payloader, vp9::Vp9Payloader},
    packetizer::Payloader,
};
use tempfile::TempDir;

/// The clock's value when spans of these tests begin.
pub const BEGIN_MICROS: u64 = 5_000_000;
pub const GENERATION: u64 = 7;

/// A packet of the tests' own.
#[derive(Debug, Clone)]
pub struct Packet {
    pub generation: u64,
    pub track: TrackKey,
    pub codec: Codec,
    pub arrival_micros: u64,
    pub source: u32,
    pub sequence: u16,
    pub timestamp: u32,
    pub marker: bool,
    pub payload: Vec<u8>,
}

impl Packet {
    pub fn view(&self) -> MediaPacket<'_> {
        MediaPacket {
            generation: self.generation,
            track: self.track,
            codec: self.codec,
            arrival_micros: self.arrival_micros,
            source: self.source,
            sequence: self.sequence,
            timestamp: self.timestamp,
            marker: self.marker,
            payload: &self.payload,
        }
    }
}

/// A store in a folder that goes with the test.
pub struct Store {
    pub folder: TempDir,
    pub operator: Arc<OperatorKey>,
    pub recordings: Recordings,
}

impl Store {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let operator = Arc::new(OperatorKey::from_bytes(&[42; 32]).unwrap());
        let objects = Arc::new(FileObjects::open(folder.path()).unwrap());
        Self { recordings: Recordings::new(objects, operator.clone()), operator, folder }
    }

    pub fn begin(&self, span: &str, tracks: &[(TrackKey, &str)]) -> SpanWriter {
        self.recordings.begin(header(span, tracks)).unwrap()
    }
}

pub fn header(span: &str, tracks: &[(TrackKey, &str)]) -> SpanHeader {
    let identifier = |text: &str| text.parse::<Identifier>().unwrap();
    SpanHeader {
        tenant: identifier("court"),
        room: identifier("room-1"),
        span: identifier(span),
        generation: GENERATION,
        lease_generation: 3,
        started_at_ms: 1_790_000_000_000,
        started_micros: BEGIN_MICROS,
        publications: tracks
            .iter()
            .map(|(track, label)| Publication { track: *track, label: (*label).to_owned() })
            .collect(),
    }
}

pub fn audio(publication: u64) -> TrackKey {
    TrackKey { publication, kind: Kind::Audio }
}

pub fn video(publication: u64) -> TrackKey {
    TrackKey { publication, kind: Kind::Video }
}

/// Pushes packets in the order of their arrival, with the ticks of a caller that looks every 100 ms.
pub fn push_all(writer: &mut SpanWriter, mut packets: Vec<Packet>) {
    packets.sort_by_key(|packet| packet.arrival_micros);
    let mut tick = BEGIN_MICROS;
    for packet in &packets {
        while tick < packet.arrival_micros {
            writer.tick(tick).unwrap();
            tick += 100_000;
        }
        writer.push(&packet.view()).unwrap();
    }
}

/// Twenty milliseconds of marked nonsense per packet: what a decoder would refuse, but a scan finds.
pub fn marked(track: TrackKey, marker: &[u8], from_ms: u64, count: u16) -> Vec<Packet> {
    (0..count)
        .map(|at| Packet {
            generation: GENERATION,
            track,
            codec: Codec::Opus,
            arrival_micros: BEGIN_MICROS + (from_ms + u64::from(at) * 20) * 1000,
            source: 1,
            sequence: at,
            timestamp: u32::from(at) * 960,
            marker: false,
            payload: [&[0xfc][..], marker].concat(),
        })
        .collect()
}

/// A track of real media, beginning so long after the span.
pub fn media(track: TrackKey, codec: Codec, seconds: u32, from_ms: u64) -> Vec<Packet> {
    media_of_size(track, codec, seconds, from_ms, "320x240")
}

pub fn media_of_size(track: TrackKey, codec: Codec, seconds: u32, from_ms: u64, size: &str) -> Vec<Packet> {
    let video = |arguments: &[&str]| {
        let source = format!("testsrc=size={size}:rate=15:duration={seconds}");
        ffmpeg(&[&["-f", "lavfi", "-i", source.as_str(), "-pix_fmt", "yuv420p", "-g", "15"], arguments].concat(), &[])
    };
    let (frames, frame_micros, payloader): (_, u64, Box<dyn Payloader>) = match codec {
        Codec::Opus => {
            let source = format!("sine=frequency=440:duration={seconds}:sample_rate=48000");
            let bytes = ffmpeg(
                &["-f", "lavfi", "-i", &source, "-ac", "2", "-c:a", "libopus", "-b:a", "32k", "-f", "ogg", "pipe:1"],
                &[],
            );
            (ogg_packets(&bytes), 20_000, Box::new(OpusPayloader))
        }
        Codec::Vp8 => {
            let bytes =
                video(&["-c:v", "libvpx", "-deadline", "realtime", "-auto-alt-ref", "0", "-f", "ivf", "pipe:1"]);
            let mut payloader = Vp8Payloader::default();
            payloader.enable_picture_id = true;
            (ivf_frames(&bytes), 66_667, Box::new(payloader))
        }
        Codec::Vp9 => {
            let bytes = video(&[
                "-c:v",
                "libvpx-vp9",
                "-deadline",
                "realtime",
                "-cpu-used",
                "8",
                "-auto-alt-ref",
                "0",
                "-lag-in-frames",
                "0",
                "-f",
                "ivf",
                "pipe:1",
            ]);
            (ivf_frames(&bytes), 66_667, Box::new(Vp9Payloader::default()))
        }
        Codec::H264 => {
            let bytes = video(&[
                "-c:v",
                "libx264",
                "-profile:v",
                "baseline",
                "-preset",
                "ultrafast",
                "-x264-params",
                "aud=1:slices=1:repeat-headers=1",
                "-f",
                "h264",
                "pipe:1",
            ]);
            (access_units(&bytes), 66_667, Box::new(H264Payloader::default()))
        }
        Codec::Av1 => {
            let bytes = video(&[
                "-c:v",
                "libaom-av1",
                "-usage",
                "realtime",
                "-cpu-used",
                "8",
                "-lag-in-frames",
                "0",
                "-f",
                "ivf",
                "pipe:1",
            ]);
            (ivf_frames(&bytes), 66_667, Box::new(Av1Payloader::default()))
        }
    };
    packetize(track, codec, &frames, frame_micros, from_ms, payloader)
}

fn packetize(
    track: TrackKey,
    codec: Codec,
    frames: &[Vec<u8>],
    frame_micros: u64,
    from_ms: u64,
    mut payloader: Box<dyn Payloader>,
) -> Vec<Packet> {
    // Both wrap within the first second.
    let (mut sequence, first_timestamp) = (u16::MAX - 20, u32::MAX - 30_000);
    let mut packets = vec![];
    for (at, frame) in (0u64..).zip(frames) {
        let payloads = payloader.payload(1100, &Bytes::copy_from_slice(frame)).unwrap();
        let last = payloads.len().saturating_sub(1);
        let elapsed = at * frame_micros;
        let ticks = elapsed * u64::from(codec.clock_rate_hz()) / 1_000_000;
        for (number, payload) in payloads.iter().enumerate() {
            packets.push(Packet {
                generation: GENERATION,
                track,
                codec,
                arrival_micros: BEGIN_MICROS + from_ms * 1000 + elapsed + number as u64 * 50,
                source: 1,
                sequence,
                timestamp: first_timestamp.wrapping_add(u32::try_from(ticks).unwrap()),
                marker: number == last && codec != Codec::Opus,
                payload: payload.to_vec(),
            });
            sequence = sequence.wrapping_add(1);
        }
    }
    packets
}

/// Runs ffmpeg and gives what it writes to its standard output; panics with its complaints if it has any.
pub fn ffmpeg(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let (output, complaints) = run("ffmpeg", &[&["-v", "error"], arguments].concat(), input);
    assert_eq!(complaints, "", "ffmpeg {arguments:?}");
    output
}

/// What ffprobe says of a stream, as JSON. The stream goes over a file, since durations need seeking.
pub fn ffprobe(stream: &[u8]) -> serde_json::Value {
    let file = written(stream);
    let (output, complaints) = run(
        "ffprobe",
        &["-v", "error", "-show_format", "-show_streams", "-show_packets", "-of", "json", path(file.path())],
        &[],
    );
    assert_eq!(complaints, "");
    serde_json::from_slice(&output).unwrap()
}

/// Decodes every frame of a stream; what the decoder complains of.
pub fn decode_errors(stream: &[u8]) -> String {
    let file = written(stream);
    run(
        "ffmpeg",
        &[
            "-v",
            "error",
            "-i",
            path(file.path()),
            "-map",
            "0",
            "-fps_mode",
            "passthrough",
            "-enc_time_base",
            "-1",
            "-f",
            "null",
            "-",
        ],
        &[],
    )
    .1
}

pub fn written(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

pub fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn run(program: &str, arguments: &[&str], input: &[u8]) -> (Vec<u8>, String) {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} is needed for this test: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = feeder.join();
    (output.stdout, String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

pub fn read_all(mut stream: impl Read) -> Vec<u8> {
    let mut bytes = vec![];
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

fn ivf_frames(ivf: &[u8]) -> Vec<Vec<u8>> {
    let (mut rest, mut frames) = (&ivf[32..], vec![]);
    while let Some((size, after)) = rest.split_first_chunk::<4>() {
        let (frame, after) = after[8..].split_at(u32::from_le_bytes(*size) as usize);
        frames.push(frame.to_vec());
        rest = after;
    }
    frames
}

/// The audio packets of an Ogg stream, without its two headers.
fn ogg_packets(ogg: &[u8]) -> Vec<Vec<u8>> {
    let (mut rest, mut packets, mut packet) = (ogg, vec![], vec![]);
    while rest.len() > 27 {
        let (lacing, mut body) = rest[27..].split_at(usize::from(rest[26]));
        for length in lacing {
            let (piece, after) = body.split_at(usize::from(*length));
            packet.extend_from_slice(piece);
            body = after;
            if *length < 255 {
                packets.push(std::mem::take(&mut packet));
            }
        }
        rest = body;
    }
    packets.split_off(2)
}

/// Splits an Annex B stream at its access unit delimiters.
fn access_units(stream: &[u8]) -> Vec<Vec<u8>> {
    const DELIMITER: [u8; 5] = [0, 0, 0, 1, 9];
    let starts: Vec<usize> = (0..stream.len()).filter(|at| stream[*at..].starts_with(&DELIMITER)).collect();
    let ends = starts.iter().skip(1).copied().chain([stream.len()]);
    starts.iter().zip(ends).map(|(start, end)| stream[*start..end].to_vec()).collect()
}
