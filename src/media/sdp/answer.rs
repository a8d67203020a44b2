//! Writes an answer (RFC 8829, 5.3): one line of media for each of the offer's, in its order, each taken as a publication, as
//! a receive slot, kept idle, or rejected.

use std::fmt::Write;
use std::net::SocketAddr;

use super::offer::{OfferedCodec, RemoteSection};
use super::{AUDIO_LEVEL_URI, MID_URI, TRANSPORT_SEQUENCE_URI};
use crate::dtls::Fingerprint;
use crate::ice::Credentials;

/// What the media line of an offer becomes.
pub(crate) enum Role<'a> {
    /// The client sends to us.
    Publication,
    /// We send to the client.
    Slot(SlotLine<'a>),
    /// Kept for later; nothing flows.
    Idle,
    /// Not taken.
    Rejected,
}

/// How a receive slot names what it sends.
pub(crate) struct SlotLine<'a> {
    pub(crate) ssrc: u32,
    /// The media stream the slot's track belongs to; slots of one stream are played in synchrony.
    pub(crate) stream: &'a str,
}

/// A section of the offer and what it becomes.
pub(crate) struct AnsweredSection<'a> {
    pub(crate) offered: &'a RemoteSection,
    pub(crate) role: Role<'a>,
}

/// All that an answer says.
pub(crate) struct Answer<'a> {
    pub(crate) session_id: u64,
    pub(crate) session_version: u64,
    pub(crate) credentials: &'a Credentials,
    pub(crate) fingerprint: &'a Fingerprint,
    /// Where the client reaches us.
    pub(crate) candidates: &'a [SocketAddr],
    pub(crate) canonical_name: &'a str,
    pub(crate) sections: Vec<AnsweredSection<'a>>,
}

impl std::fmt::Display for Answer<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::with_capacity(8_192);
        self.write(&mut text)?;
        formatter.write_str(&text)
    }
}

impl Answer<'_> {
    fn write(&self, text: &mut String) -> std::fmt::Result {
        let taken = self.sections.iter().filter(|section| !matches!(section.role, Role::Rejected));
        let bundle: Vec<&str> = taken.map(|section| section.offered.mid.as_str()).collect();
        write!(text, "v=0\r\no=- {} {} IN IP4 127.0.0.1\r\ns=-\r\n", self.session_id, self.session_version)?;
        write!(text, "t=0 0\r\na=group:BUNDLE {}\r\na=ice-lite\r\n", bundle.join(" "))?;
        text.push_str("a=msid-semantic: WMS *\r\n");
        let mut first = true;
        for section in &self.sections {
            if matches!(section.role, Role::Rejected) {
                write_rejected(text, section.offered)?;
                continue;
            }
            self.write_section(text, section)?;
            if first {
                self.write_candidates(text)?;
                first = false;
            }
        }
        Ok(())
    }

    fn write_section(&self, text: &mut String, section: &AnsweredSection<'_>) -> std::fmt::Result {
        let offered = section.offered;
        write!(text, "m={} 9 {}", offered.media, offered.protocol)?;
        for codec in &offered.codecs {
            write!(text, " {}", codec.payload_type)?;
        }
        text.push_str("\r\n");
        write!(text, "c=IN IP4 0.0.0.0\r\na=mid:{}\r\n", offered.mid)?;
        write!(text, "a=ice-ufrag:{}\r\n", self.credentials.user_fragment_text())?;
        write!(text, "a=ice-pwd:{}\r\n", self.credentials.password_text())?;
        write!(text, "a=fingerprint:{}\r\na=setup:passive\r\n", self.fingerprint)?;
        text.push_str("a=rtcp-mux\r\na=rtcp-rsize\r\n");
        match &section.role {
            Role::Publication => {
                text.push_str("a=recvonly\r\n");
                write_extensions(text, offered, &[MID_URI, AUDIO_LEVEL_URI, TRANSPORT_SEQUENCE_URI])?;
                write_codecs(text, &offered.codecs, &["transport-cc", "nack pli", "ccm fir"])
            }
            Role::Slot(slot) => {
                text.push_str("a=sendonly\r\n");
                write_extensions(text, offered, &[MID_URI])?;
                write_codecs(text, &offered.codecs, &["nack pli", "ccm fir"])?;
                write!(text, "a=msid:{} {}\r\n", slot.stream, offered.mid)?;
                write!(text, "a=ssrc:{} cname:{}\r\n", slot.ssrc, self.canonical_name)
            }
            Role::Idle | Role::Rejected => {
                text.push_str("a=inactive\r\n");
                write_codecs(text, &offered.codecs, &[])
            }
        }
    }

    /// In a bundle the first section speaks for all.
    fn write_candidates(&self, text: &mut String) -> std::fmt::Result {
        for (at, address) in self.candidates.iter().enumerate() {
            // RFC 8445, 5.1.2.1: host candidates, the earlier announced the better.
            let preference = 65_535_u32.saturating_sub(u32::try_from(at).unwrap_or(u32::MAX));
            let priority = (126 << 24) | (preference << 8) | 255;
            let (ip, port) = (address.ip(), address.port());
            write!(text, "a=candidate:{} 1 udp {priority} {ip} {port} typ host\r\n", at + 1)?;
        }
        text.push_str("a=end-of-candidates\r\n");
        Ok(())
    }
}

/// A rejected section still needs its address line: Firefox refuses the whole answer without it.
fn write_rejected(text: &mut String, offered: &RemoteSection) -> std::fmt::Result {
    let formats = offered.formats.join(" ");
    write!(text, "m={} 0 {} {formats}\r\n", offered.media, offered.protocol)?;
    write!(text, "c=IN IP4 0.0.0.0\r\na=mid:{}\r\na=inactive\r\n", offered.mid)
}

fn write_extensions(text: &mut String, offered: &RemoteSection, wanted: &[&str]) -> std::fmt::Result {
    for uri in wanted {
        if let Some(identifier) = offered.extension(uri) {
            write!(text, "a=extmap:{identifier} {uri}\r\n")?;
        }
    }
    Ok(())
}

fn write_codecs(text: &mut String, codecs: &[OfferedCodec], wanted: &[&str]) -> std::fmt::Result {
    for OfferedCodec { codec, payload_type, feedback } in codecs {
        write!(text, "a=rtpmap:{payload_type} {}\r\n", codec.rtpmap())?;
        for name in wanted.iter().filter(|name| feedback.iter().any(|offered| offered == **name)) {
            write!(text, "a=rtcp-fb:{payload_type} {name}\r\n")?;
        }
        if let Some(parameters) = codec.answer_parameters() {
            write!(text, "a=fmtp:{payload_type} {parameters}\r\n")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;

    use super::super::RemoteDescription;
    use super::super::offer::tests::{FINGERPRINT, offer};
    use super::*;

    fn answer() -> String {
        let text = offer(&[("audio", "a", "a=sendonly"), ("video", "v", "a=recvonly"), ("video", "i", "a=inactive")])
            + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:d\r\na=sctp-port:5000\r\n";
        let remote = RemoteDescription::parse(&text).unwrap();
        let roles =
            [Role::Publication, Role::Slot(SlotLine { ssrc: 42, stream: "slot-0" }), Role::Idle, Role::Rejected];
        let sections = remote.sections.iter().zip(roles);
        Answer {
            session_id: 1,
            session_version: 2,
            credentials: &Credentials::generate(&SystemRandom::new()).unwrap(),
            fingerprint: &Fingerprint::parse(FINGERPRINT).unwrap(),
            candidates: &["192.0.2.1:4000".parse().unwrap(), "[2001:db8::1]:4000".parse().unwrap()],
            canonical_name: "name",
            sections: sections.map(|(offered, role)| AnsweredSection { offered, role }).collect(),
        }
        .to_string()
    }

    #[test]
    fn every_section_is_answered_in_order_and_the_bundle_names_those_taken() {
        let answer = answer();
        let lines: Vec<_> = answer.lines().filter(|line| line.starts_with("m=")).collect();
        assert_eq!(
            lines,
            [
                "m=audio 9 UDP/TLS/RTP/SAVPF 111",
                "m=video 9 UDP/TLS/RTP/SAVPF 96",
                "m=video 9 UDP/TLS/RTP/SAVPF 96",
                "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"
            ]
        );
        assert!(answer.contains("a=group:BUNDLE a v i\r\n"));
        assert!(answer.contains("a=ice-lite\r\n") && !answer.contains("a=ice-options:trickle"));
        assert_eq!(answer.matches("a=candidate:").count(), 2);
    }

    #[test]
    fn a_rejected_section_keeps_its_connection_line() {
        let answer = answer();
        let rejected = answer.split("m=application").nth(1).unwrap();
        assert!(rejected.contains("c=IN IP4 0.0.0.0\r\n"));
    }

    #[test]
    fn transport_feedback_is_negotiated_only_where_we_send_it() {
        let answer = answer();
        let sections: Vec<_> = answer.split("m=").collect();
        assert!(sections[1].contains("transport-cc") && sections[1].contains(TRANSPORT_SEQUENCE_URI));
        assert!(!sections[2].contains("transport-cc") && !sections[2].contains(TRANSPORT_SEQUENCE_URI));
        assert!(sections[2].contains("a=rtcp-fb:96 nack pli") && !sections[2].contains("a=rtcp-fb:96 nack\r\n"));
    }
}
