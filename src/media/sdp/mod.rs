//! Session descriptions. `offer` reads what a browser sends into a checked [`RemoteDescription`]; `answer` writes ours.
//! The client always offers and the server always answers, so there is no third case.

mod answer;
mod offer;

pub(crate) use answer::{Answer, AnsweredSection, Role, SlotLine};
pub(crate) use offer::{RemoteDescription, RemoteSection};

/// Header extension for the media identification tag (RFC 9143).
pub(crate) const MID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
/// Header extension for the audio level of a client (RFC 6464).
pub(crate) const AUDIO_LEVEL_URI: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
/// Header extension for transport-wide sequence numbers.
pub(crate) const TRANSPORT_SEQUENCE_URI: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// Which way media flows, as the describing side sees it (RFC 8866, 6.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    SendAndReceive,
    SendOnly,
    ReceiveOnly,
    Inactive,
}

impl Direction {
    pub(crate) fn parse(attribute: &str) -> Option<Direction> {
        match attribute {
            "sendrecv" => Some(Direction::SendAndReceive),
            "sendonly" => Some(Direction::SendOnly),
            "recvonly" => Some(Direction::ReceiveOnly),
            "inactive" => Some(Direction::Inactive),
            _ => None,
        }
    }

    pub(crate) fn sends(self) -> bool {
        matches!(self, Direction::SendAndReceive | Direction::SendOnly)
    }
}
