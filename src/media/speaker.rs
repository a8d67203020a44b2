//! Who speaks, from the audio levels that publishers send (RFC 6464). Loudness belongs to a publication; who counts as the
//! speaker is decided for each listener among those whom that listener may hear, so that a private talk shows nowhere else.

use std::time::Instant;

use crate::keys::ParticipantKey;
use crate::limits::{SPEAKER_CHALLENGE, SPEAKER_LEVEL_STALE, SPEAKER_PAUSE};

/// Above this a voice is heard: 127 less the level in -dBov, so 77 stands for -50 dBov.
const AUDIBLE: f32 = 77.0;
/// A challenger must be this much louder, in dB.
const MARGIN: f32 = 6.0;

/// Loudness of one microphone.
#[derive(Debug, Default)]
pub(crate) struct Voice {
    smoothed: f32,
    noted_at: Option<Instant>,
    spoke_at: Option<Instant>,
}

impl Voice {
    /// Notes the level extension of one packet: 0 is the loudest, 127 silence.
    pub(crate) fn note(&mut self, level: u8, now: Instant) {
        let loudness = 127.0 - f32::from(level & 0x7f);
        // Rises at once so that first words count, falls slowly so that pauses between words do not.
        let weight = if loudness > self.smoothed { 0.3 } else { 0.08 };
        self.smoothed += (loudness - self.smoothed) * weight;
        self.noted_at = Some(now);
        if self.smoothed >= AUDIBLE {
            self.spoke_at = Some(now);
        }
    }

    /// Present loudness; zero when nothing came lately.
    pub(crate) fn loudness(&self, now: Instant) -> f32 {
        match self.noted_at {
            Some(at) if now.saturating_duration_since(at) < SPEAKER_LEVEL_STALE => self.smoothed,
            _ => 0.0,
        }
    }

    /// When this voice was last heard.
    pub(crate) fn spoke_at(&self) -> Option<Instant> {
        self.spoke_at
    }
}

/// The active speaker as one listener is told.
#[derive(Debug, Default)]
pub(crate) struct ActiveSpeaker {
    current: Option<ParticipantKey>,
    heard_at: Option<Instant>,
    challenger: Option<(ParticipantKey, Instant)>,
}

impl ActiveSpeaker {
    pub(crate) fn current(&self) -> Option<ParticipantKey> {
        self.current
    }

    /// Considers the loudness of everybody whom the listener may hear; true if the speaker changed.
    pub(crate) fn consider(&mut self, now: Instant, audible: &[(ParticipantKey, f32)]) -> bool {
        let before = self.current;
        let loudness_of = |who| audible.iter().find(|(other, _)| *other == who).map(|(_, loudness)| *loudness);
        if self.current.is_some_and(|current| loudness_of(current).is_none()) {
            *self = ActiveSpeaker::default();
        }
        let present = self.current.and_then(loudness_of).unwrap_or(0.0);
        if present >= AUDIBLE {
            self.heard_at = Some(now);
        }
        let loudest = audible.iter().filter(|(_, loudness)| *loudness >= AUDIBLE).max_by(|a, b| a.1.total_cmp(&b.1));
        match loudest {
            Some((who, loudness)) if Some(*who) != self.current => {
                let since = match self.challenger {
                    Some((challenger, since)) if challenger == *who => since,
                    _ => now,
                };
                self.challenger = Some((*who, since));
                let paused = self.heard_at.is_none_or(|at| now.saturating_duration_since(at) >= SPEAKER_PAUSE);
                let won = *loudness > present + MARGIN && now.saturating_duration_since(since) >= SPEAKER_CHALLENGE;
                if self.current.is_none() || paused || won {
                    *self = ActiveSpeaker { current: Some(*who), heard_at: Some(now), challenger: None };
                }
            }
            _ => self.challenger = None,
        }
        self.current != before
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const A: ParticipantKey = ParticipantKey(1);
    const B: ParticipantKey = ParticipantKey(2);

    fn after(start: Instant, milliseconds: u64) -> Instant {
        start + Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_cough_does_not_take_the_floor_but_a_louder_voice_does() {
        let (mut speaker, start) = (ActiveSpeaker::default(), Instant::now());
        assert!(speaker.consider(start, &[(A, 90.0), (B, 0.0)]));
        assert!(!speaker.consider(after(start, 100), &[(A, 90.0), (B, 110.0)]));
        assert!(!speaker.consider(after(start, 200), &[(A, 90.0), (B, 0.0)]));
        assert_eq!(speaker.current(), Some(A));
        for milliseconds in [300, 400, 500, 600] {
            assert!(!speaker.consider(after(start, milliseconds), &[(A, 90.0), (B, 110.0)]));
        }
        assert!(speaker.consider(after(start, 700), &[(A, 90.0), (B, 110.0)]));
        assert_eq!(speaker.current(), Some(B));
    }

    #[test]
    fn who_falls_silent_gives_way_and_stays_shown_until_then() {
        let (mut speaker, start) = (ActiveSpeaker::default(), Instant::now());
        speaker.consider(start, &[(A, 90.0), (B, 0.0)]);
        assert!(!speaker.consider(after(start, 5_000), &[(A, 0.0), (B, 0.0)]));
        assert_eq!(speaker.current(), Some(A));
        assert!(speaker.consider(after(start, 5_100), &[(A, 0.0), (B, 80.0)]));
    }

    #[test]
    fn a_speaker_who_may_no_longer_be_heard_is_no_longer_shown() {
        let (mut speaker, start) = (ActiveSpeaker::default(), Instant::now());
        speaker.consider(start, &[(A, 90.0)]);
        assert!(speaker.consider(after(start, 1), &[]));
        assert_eq!(speaker.current(), None);
    }

    #[test]
    fn a_voice_that_stops_sending_is_silent() {
        let (mut voice, start) = (Voice::default(), Instant::now());
        for packet in 0..20 {
            voice.note(10, after(start, packet * 20));
        }
        assert!(voice.loudness(after(start, 400)) > AUDIBLE);
        assert!(voice.loudness(after(start, 1_000)).abs() < f32::EPSILON);
        assert_eq!(voice.spoke_at(), Some(after(start, 380)));
    }
}
