//! Makes one ordinary `WebM` or MP4 of one or more spans: people side by side, voices mixed. The only place where media is
//! decoded and encoded, and that by the `ffmpeg` program.
//!
//! The decrypted stream goes to it over a pipe, so nothing plain is written but the file that was asked for. Its arguments
//! are made of numbers and constants; no label, identifier or path is among them.

mod joined;

use std::{
    env, fmt,
    fs::{self, File, OpenOptions},
    io::{self, Read},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use thiserror::Error;

use crate::{Recording, RecordingError};
use joined::Joined;

/// Size of one picture among the others.
const TILE_WIDTH: usize = 640;
/// Height of the same, in pixels.
const TILE_HEIGHT: usize = 360;
const FRAMES_PER_SECOND: usize = 25;
/// What is kept of the program's complaints.
const COMPLAINT_BYTES_MAX: usize = 2000;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// VP8 and Opus.
    WebM,
    /// H.264 and AAC.
    Mp4,
}

/// An export that was not made.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The program is missing.
    #[error(
        "ffmpeg was not found in PATH; install it (Debian: apt-get install ffmpeg) or name its path in the settings"
    )]
    NoFfmpeg,
    /// The path that was named is not a program.
    #[error("{0} is not a program that can be run; name the path of ffmpeg")]
    NotAProgram(PathBuf),
    /// The recording cannot be read.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// Nobody was heard or seen.
    #[error("the recording holds no frame; there is nothing to export")]
    Empty,
    /// More tracks than one file may hold.
    #[error("the spans have more than {0} tracks together; export them one by one")]
    TooManyTracks(usize),
    /// The file cannot be made.
    #[error("{path}: {source}; choose a new file in a folder that can be written")]
    Output {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The program failed.
    #[error("ffmpeg failed ({status}): {complaint}")]
    Ffmpeg {
        /// How it ended.
        status: String,
        /// The end of what it wrote about it.
        complaint: String,
    },
}

/// The `ffmpeg` program.
#[derive(Debug, Clone)]
pub struct Ffmpeg(PathBuf);

impl Ffmpeg {
    /// Finds it in `PATH`.
    ///
    /// # Errors
    /// [`ExportError::NoFfmpeg`] when it is not there.
    pub fn find() -> Result<Self, ExportError> {
        let path = env::var_os("PATH").unwrap_or_default();
        let candidates =
            env::split_paths(&path).filter(|folder| folder.is_absolute()).map(|folder| folder.join("ffmpeg"));
        candidates.into_iter().find(|path| is_program(path)).map(Self).ok_or(ExportError::NoFfmpeg)
    }

    /// Takes the one that the settings name.
    ///
    /// # Errors
    /// [`ExportError::NotAProgram`] when it cannot be run.
    pub fn at(path: impl Into<PathBuf>) -> Result<Self, ExportError> {
        let path = path.into();
        if is_program(&path) { Ok(Self(path)) } else { Err(ExportError::NotAProgram(path)) }
    }
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// Exports spans, one after the other, into a new file that only its owner may read.
///
/// # Errors
/// [`ExportError`]; no file is left behind.
pub fn export(ffmpeg: &Ffmpeg, spans: &[Recording], format: Format, output: &Path) -> Result<(), ExportError> {
    let joined = Joined::new(spans)?;
    let arguments = arguments(&joined, format);
    let unwritable = |source| ExportError::Output { path: output.to_owned(), source };
    // Read and write: ffmpeg opens it again by its descriptor, to go back and write durations and seek tables.
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(output);
    let made = run(ffmpeg, &arguments, joined, file.map_err(unwritable)?);
    if made.is_err() {
        fs::remove_file(output).map_err(unwritable)?;
    }
    made
}

fn run(ffmpeg: &Ffmpeg, arguments: &[String], mut joined: Joined<'_>, output: File) -> Result<(), ExportError> {
    let failed =
        |status: &dyn fmt::Display, complaint: String| ExportError::Ffmpeg { status: status.to_string(), complaint };
    let mut child = Command::new(&ffmpeg.0)
        .args(arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(output)
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error, String::new()))?;
    let complaints = child.stderr.take().map(|stderr| thread::spawn(move || last_words(stderr)));
    let written = match child.stdin.take() {
        Some(stdin) => joined.write_to(stdin),
        None => Ok(()),
    };
    if matches!(written, Err(joined::WriteError::Recording(_))) {
        // Half a recording must not become a file that looks like a whole one.
        child.kill().map_err(|error| failed(&error, String::new()))?;
    }
    let status = child.wait().map_err(|error| failed(&error, String::new()))?;
    let complaint = complaints.and_then(|thread| thread.join().ok()).unwrap_or_default();
    match written {
        Err(joined::WriteError::Recording(error)) => Err(error.into()),
        _ if !status.success() => Err(failed(&status, complaint)),
        Err(joined::WriteError::Pipe(error)) => Err(failed(&error, complaint)),
        Ok(()) => Ok(()),
    }
}

/// The end of what a program says, which is where it says why it gave up.
fn last_words(mut stderr: impl Read) -> String {
    let (mut words, mut piece) = (Vec::new(), [0; 1024]);
    while let Ok(count @ 1..) = stderr.read(&mut piece) {
        words.extend_from_slice(piece.get(..count).unwrap_or_default());
        words.drain(..words.len().saturating_sub(COMPLAINT_BYTES_MAX));
    }
    String::from_utf8_lossy(&words).trim().to_owned()
}

/// The program's arguments.
fn arguments(joined: &Joined<'_>, format: Format) -> Vec<String> {
    let seconds = format!("{}.{:03}", joined.duration_ms() / 1000, joined.duration_ms() % 1000);
    let (graph, has_video, has_audio) = filter_graph(joined.videos(), joined.audios(), &seconds);
    let mut arguments: Vec<&str> = vec![
        "-nostdin",
        "-v",
        "error",
        "-reinit_filter",
        "0",
        "-protocol_whitelist",
        "pipe",
        "-f",
        "matroska",
        "-i",
        "pipe:0",
    ];
    arguments.extend(["-filter_complex", &graph]);
    if has_video {
        arguments.extend(["-map", "[picture]", "-pix_fmt", "yuv420p"]);
        arguments.extend(match format {
            Format::WebM => &["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1500k"][..],
            Format::Mp4 => &["-c:v", "libx264", "-preset", "veryfast", "-crf", "24"],
        });
    }
    if has_audio {
        arguments.extend(["-map", "[sound]"]);
        arguments.extend(match format {
            Format::WebM => &["-c:a", "libopus", "-b:a", "64k"],
            Format::Mp4 => &["-c:a", "aac", "-b:a", "128k"],
        });
    }
    arguments.extend(["-t", &seconds, "-map_metadata", "-1", "-y", "-f"]);
    arguments.push(match format {
        Format::WebM => "webm",
        Format::Mp4 => "mp4",
    });
    // Standard output is the file itself, so that this can be sought in, other than a pipe.
    arguments.push("file:/dev/stdout");
    arguments.into_iter().map(str::to_owned).collect()
}

/// Pictures in a grid on a black canvas that lasts as long as the spans, so that a track may begin, pause and end where it
/// likes; voices added up, with silence where there is none.
fn filter_graph(videos: usize, audios: usize, seconds: &str) -> (String, bool, bool) {
    let mut chains = Vec::new();
    if videos > 0 {
        let columns = (1..=videos).find(|columns| columns * columns >= videos).unwrap_or(1);
        let (width, height) = (columns * TILE_WIDTH, videos.div_ceil(columns) * TILE_HEIGHT);
        chains.push(format!("color=c=black:s={width}x{height}:r={FRAMES_PER_SECOND}:d={seconds}[canvas0]"));
        for tile in 0..videos {
            let (x, y) = (tile % columns * TILE_WIDTH, tile / columns * TILE_HEIGHT);
            chains.push(format!(
                "[0:v:{tile}]scale={TILE_WIDTH}:{TILE_HEIGHT}:force_original_aspect_ratio=decrease,setsar=1,\
                 pad={TILE_WIDTH}:{TILE_HEIGHT}:(ow-iw)/2:(oh-ih)/2:eval=frame[tile{tile}]"
            ));
            let next = if tile + 1 == videos { "picture".to_owned() } else { format!("canvas{}", tile + 1) };
            chains.push(format!("[canvas{tile}][tile{tile}]overlay={x}:{y}:eof_action=pass[{next}]"));
        }
    }
    if audios > 0 {
        let mut voices = String::new();
        for number in 0..audios {
            let voice = format!("[voice{number}]");
            chains.push(format!("[0:a:{number}]aresample=48000:async=1:first_pts=0{voice}"));
            voices.push_str(&voice);
        }
        chains.push(format!(
            "{voices}amix=inputs={audios}:duration=longest:dropout_transition=0:normalize=0,apad,atrim=end={seconds}[sound]"
        ));
    }
    (chains.join(";"), videos > 0, audios > 0)
}
