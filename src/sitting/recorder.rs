//! A granted span on its way to disk: a thread that empties the media plane's ring into sealed segments. It exists only
//! while a grant does; without one there is no ring, and no packet to write.

use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use accord_media::{TapReceiver, TapSender, tap_ring};
use accord_recording::{
    Codec, EndReason, Identifier, MediaPacket, Publication, RecordingError, SpanHeader, SpanWriter, TrackKey,
};
use accord_room::{Source, Span, SpanEnd};
use accord_store::{LeaseGeneration, RoomKey};
use tokio::sync::oneshot;

use super::stage::Stage;
use crate::house::House;

/// Packets that may wait for the disk: about two seconds of a full room.
const RING_PACKETS: usize = 4_096;
/// How long the thread sleeps when the ring is empty, ms.
const PAUSE_MS: u64 = 5;

/// Why a granted span is not being recorded.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecorderError {
    #[error(transparent)]
    Recording(#[from] RecordingError),
    #[error("no thread can be started: {0}")]
    Thread(std::io::Error),
}

/// A running span.
pub(super) struct Recorder {
    generation: u64,
    ring: TapSender,
    stop: mpsc::Sender<EndReason>,
    ended: oneshot::Receiver<()>,
}

impl Recorder {
    /// Begins a span on disk, before any packet can come.
    pub(super) fn begin(
        house: &House,
        key: &RoomKey,
        lease: LeaseGeneration,
        span: &Span,
        stage: &mut Stage,
    ) -> Result<Self, RecorderError> {
        let mut publications = Vec::new();
        for participant in &span.consenting {
            for source in [Source::Microphone, Source::Camera, Source::Screen] {
                let track =
                    track(stage.media_publication(accord_room::Publication { participant: *participant, source }));
                publications.push(Publication { track, label: participant.to_string() });
            }
        }
        let header = SpanHeader {
            tenant: key.tenant.0.parse::<Identifier>()?,
            room: key.room.to_string().parse()?,
            span: span.id.to_string().parse()?,
            generation: span.generation,
            lease_generation: lease.0,
            started_at_ms: i64::try_from(span.started_at_ms).unwrap_or(i64::MAX),
            started_micros: now_micros(),
            publications,
        };
        let writer = SpanWriter::begin(header, Arc::clone(&house.recordings), Arc::clone(&house.operator_key))?;
        let (ring, receiver) = tap_ring(RING_PACKETS);
        let (stop, stopped) = mpsc::channel();
        let (done, ended) = oneshot::channel();
        let (door, generation) = (stage.door().clone(), span.generation);
        thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || {
                let written = write(writer, &receiver, &stopped);
                // The room may have stopped waiting; where it waits, it must not wait while it is being told below.
                let _ = done.send(());
                if let Err(error) = written {
                    tracing::error!(%error, "a recording failed; what was sealed before stays");
                    door.recorder_failed_on_thread(generation);
                }
            })
            .map_err(RecorderError::Thread)?;
        Ok(Self { generation: span.generation, ring, stop, ended })
    }

    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn ring(&self) -> TapSender {
        self.ring.clone()
    }

    /// Ends the span in order; returns once it is sealed. The media plane has let go of the ring before.
    pub(super) async fn end(self, reason: EndReason) {
        // A thread that failed has ended the span as a crash would, and said so.
        let _ = self.stop.send(reason);
        let _ = self.ended.await;
    }
}

fn write(
    mut writer: SpanWriter,
    ring: &TapReceiver,
    stopped: &mpsc::Receiver<EndReason>,
) -> Result<(), RecordingError> {
    let mut overflowed = 0;
    loop {
        let reason = stopped.try_recv();
        while let Some(packet) = ring.pop() {
            writer.push(&MediaPacket {
                generation: packet.generation,
                track: track(packet.publication),
                codec: codec(packet.codec),
                arrival_micros: packet.arrival_micros,
                source: packet.ssrc,
                sequence: packet.sequence(),
                timestamp: packet.timestamp,
                marker: packet.marker,
                payload: packet.payload(),
            })?;
        }
        if ring.overflowed() > overflowed {
            overflowed = ring.overflowed();
            tracing::warn!(packets = overflowed, "the disk is slower than the room; packets of the recording are lost");
        }
        match reason {
            Ok(reason) => return writer.end(reason, now_micros()).map(|_| ()),
            // The room is gone without a word: the process is going down.
            Err(mpsc::TryRecvError::Disconnected) => return Ok(()),
            Err(mpsc::TryRecvError::Empty) => writer.tick(now_micros())?,
        }
        thread::sleep(Duration::from_millis(PAUSE_MS));
    }
}

/// The recording's words for why a span ended.
pub(super) const fn end_reason(end: Option<SpanEnd>) -> EndReason {
    match end {
        Some(SpanEnd::ConsentEnded) => EndReason::ConsentWithdrawn,
        Some(SpanEnd::Newcomer) => EndReason::Newcomer,
        Some(SpanEnd::PrivateSession) => EndReason::Caucus,
        Some(SpanEnd::Concluded) => EndReason::SessionOver,
        Some(SpanEnd::ProcessEnded) | None => EndReason::Shutdown,
    }
}

/// The media plane's number of a person with the source beside it: one number for each publication.
const fn track(publication: accord_media::Publication) -> TrackKey {
    let (source, kind) = match publication.source {
        accord_media::Source::Microphone => (0, accord_recording::Kind::Audio),
        accord_media::Source::Camera => (1, accord_recording::Kind::Video),
        accord_media::Source::Screen => (2, accord_recording::Kind::Video),
    };
    TrackKey { publication: publication.participant.0 * 4 + source, kind }
}

const fn codec(codec: accord_media::Codec) -> Codec {
    match codec {
        accord_media::Codec::Opus => Codec::Opus,
        accord_media::Codec::Vp8 => Codec::Vp8,
    }
}

fn now_micros() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}
