//! Reads an offer. The grammar is `rtc-sdp`'s; what it means, and everything that a hostile offer may not do, is here.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use rtc_sdp::description::media::MediaDescription;
use rtc_sdp::description::session::SessionDescription;

use super::Direction;
use crate::codec::Codec;
use crate::dtls::Fingerprint;
use crate::error::OfferError;
use crate::keys::Kind;
use crate::limits::{
    MID_BYTES_MAX, SDP_ATTRIBUTES_MAX, SDP_BYTES_MAX, SDP_LINE_BYTES_MAX, SDP_MEDIA_SECTIONS_MAX, SDP_SSRCS_MAX,
};

/// A checked offer.
#[derive(Debug)]
pub(crate) struct RemoteDescription {
    /// Changes when the client restarts ICE.
    pub(crate) ice_user_fragment: String,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) sections: Vec<RemoteSection>,
}

/// One media section of an offer.
#[derive(Debug)]
pub(crate) struct RemoteSection {
    pub(crate) mid: String,
    /// `audio`, `video`, `application` or whatever it was.
    pub(crate) media: String,
    pub(crate) protocol: String,
    pub(crate) formats: Vec<String>,
    /// `None` for anything but audio and video over DTLS-SRTP in the bundle, which is refused.
    pub(crate) kind: Option<Kind>,
    pub(crate) direction: Direction,
    /// Codecs of ours in the client's order.
    pub(crate) codecs: Vec<OfferedCodec>,
    /// Identifiers of header extensions by their address.
    pub(crate) extensions: BTreeMap<String, u8>,
    /// SSRCs the client announces to send from.
    pub(crate) ssrcs: Vec<u32>,
}

/// A codec under the payload type the client gave it.
#[derive(Debug, Clone)]
pub(crate) struct OfferedCodec {
    pub(crate) codec: Codec,
    pub(crate) payload_type: u8,
    /// Feedback the client understands for it.
    pub(crate) feedback: Vec<String>,
}

impl RemoteDescription {
    /// Reads and checks an offer.
    pub(crate) fn parse(text: &str) -> Result<RemoteDescription, OfferError> {
        if text.len() > SDP_BYTES_MAX {
            return Err(OfferError::TooLong);
        }
        if text.lines().any(|line| line.len() > SDP_LINE_BYTES_MAX) {
            return Err(OfferError::TooLong);
        }
        let begins = |prefix: &str| text.lines().filter(|line| line.starts_with(prefix)).count();
        if begins("m=") > SDP_MEDIA_SECTIONS_MAX || begins("") > SDP_MEDIA_SECTIONS_MAX * SDP_ATTRIBUTES_MAX {
            return Err(OfferError::TooMany);
        }
        let session =
            SessionDescription::unmarshal(&mut Cursor::new(text.as_bytes())).map_err(|_| OfferError::Malformed)?;
        let bundled = bundle(&session);
        let mut mids = BTreeSet::new();
        let mut sections = Vec::with_capacity(session.media_descriptions.len());
        for media in &session.media_descriptions {
            let section = RemoteSection::read(media, &bundled)?;
            if !mids.insert(section.mid.clone()) {
                return Err(OfferError::DuplicateMid);
            }
            sections.push(section);
        }
        check_identifiers(&sections)?;
        let carried = || {
            let live = session.media_descriptions.iter().zip(&sections).filter(|(_, section)| section.kind.is_some());
            live.map(|(media, _)| media)
        };
        if carried().next().is_none() {
            return Err(OfferError::Bundle);
        }
        let of_any = |name: &str| {
            carried().find_map(|media| value(media, name)).or_else(|| session.attribute(name).map(String::as_str))
        };
        if of_any("setup").is_some_and(|setup| setup == "passive" || setup == "holdconn") {
            return Err(OfferError::Setup);
        }
        let ice_user_fragment = of_any("ice-ufrag").filter(|fragment| (4..=256).contains(&fragment.len()));
        of_any("ice-pwd").filter(|password| (22..=256).contains(&password.len())).ok_or(OfferError::IceCredentials)?;
        let fingerprint = fingerprint(&session, carried()).ok_or(OfferError::Fingerprint)?;
        Ok(RemoteDescription {
            ice_user_fragment: ice_user_fragment.ok_or(OfferError::IceCredentials)?.to_owned(),
            fingerprint,
            sections,
        })
    }
}

impl RemoteSection {
    fn read(media: &MediaDescription, bundled: &BTreeSet<&str>) -> Result<RemoteSection, OfferError> {
        if media.attributes.len() > SDP_ATTRIBUTES_MAX {
            return Err(OfferError::TooMany);
        }
        let mid = value(media, "mid").filter(|mid| is_mid(mid)).ok_or(OfferError::Mid)?.to_owned();
        let protocol = media.media_name.protos.join("/");
        let rejected = media.media_name.port.value == 0 && !media.has_attribute("bundle-only");
        let kind = match media.media_name.media.as_str() {
            "audio" => Some(Kind::Audio),
            "video" => Some(Kind::Video),
            _ => None,
        };
        let carried = !rejected
            && protocol.eq_ignore_ascii_case("UDP/TLS/RTP/SAVPF")
            && bundled.contains(mid.as_str())
            && media.has_attribute("rtcp-mux");
        let kind = kind.filter(|_| carried);
        let direction = media.attributes.iter().find_map(|attribute| Direction::parse(&attribute.key));
        let mut section = RemoteSection {
            mid,
            media: media.media_name.media.clone(),
            protocol,
            formats: media.media_name.formats.clone(),
            kind,
            direction: direction.unwrap_or(Direction::SendAndReceive),
            codecs: Vec::new(),
            extensions: BTreeMap::new(),
            ssrcs: Vec::new(),
        };
        if let Some(kind) = kind {
            section.read_formats(media, kind)?;
            section.read_extensions(media)?;
            section.read_ssrcs(media)?;
        }
        Ok(section)
    }

    /// The identifier the client gave a header extension.
    pub(crate) fn extension(&self, uri: &str) -> Option<u8> {
        self.extensions.get(uri).copied()
    }

    fn read_formats(&mut self, media: &MediaDescription, kind: Kind) -> Result<(), OfferError> {
        let mut encodings = BTreeMap::new();
        for map in values(media, "rtpmap") {
            let (payload_type, encoding) = map.split_once(' ').ok_or(OfferError::Malformed)?;
            if encodings.insert(payload_type_of(payload_type)?, encoding.trim()).is_some() {
                return Err(OfferError::PayloadType);
            }
        }
        for format in &media.media_name.formats {
            let payload_type = payload_type_of(format)?;
            let codec = encodings.get(&payload_type).and_then(|encoding| Codec::from_rtpmap(encoding));
            let Some(codec) = codec.filter(|codec| codec.kind() == kind) else { continue };
            if self.codecs.iter().any(|known| known.codec == codec) {
                continue;
            }
            let feedback = values(media, "rtcp-fb")
                .filter_map(|line| line.split_once(' '))
                .filter(|(of, _)| *of == "*" || *of == format)
                .map(|(_, feedback)| feedback.trim().to_owned())
                .collect();
            self.codecs.push(OfferedCodec { codec, payload_type, feedback });
        }
        Ok(())
    }

    fn read_extensions(&mut self, media: &MediaDescription) -> Result<(), OfferError> {
        for map in values(media, "extmap") {
            let mut words = map.split_whitespace();
            let (Some(identifier), Some(uri)) = (words.next(), words.next()) else {
                return Err(OfferError::HeaderExtension);
            };
            // A direction may follow the identifier; which way ours flow is decided by their meaning.
            let identifier = identifier.split('/').next().unwrap_or_default();
            let identifier: u8 = identifier.parse().map_err(|_| OfferError::HeaderExtension)?;
            if (1..=14).contains(&identifier) {
                self.extensions.insert(uri.to_owned(), identifier);
            } else if identifier == 0 || identifier == 15 {
                return Err(OfferError::HeaderExtension);
            }
        }
        Ok(())
    }

    fn read_ssrcs(&mut self, media: &MediaDescription) -> Result<(), OfferError> {
        for line in values(media, "ssrc") {
            let ssrc = line.split(' ').next().unwrap_or_default().parse().map_err(|_| OfferError::Malformed)?;
            if !self.ssrcs.contains(&ssrc) {
                if self.ssrcs.len() >= SDP_SSRCS_MAX {
                    return Err(OfferError::TooMany);
                }
                self.ssrcs.push(ssrc);
            }
        }
        Ok(())
    }
}

/// In a bundle a header extension has one identifier, and an identifier one meaning (RFC 8843, 8; RFC 8285, 7).
fn check_identifiers(sections: &[RemoteSection]) -> Result<(), OfferError> {
    let mut meanings: BTreeMap<u8, &str> = BTreeMap::new();
    for section in sections {
        for (uri, identifier) in &section.extensions {
            if meanings.insert(*identifier, uri).is_some_and(|before| before != uri) {
                return Err(OfferError::HeaderExtension);
            }
        }
    }
    let mut codecs: BTreeMap<u8, Codec> = BTreeMap::new();
    for offered in sections.iter().flat_map(|section| &section.codecs) {
        if codecs.insert(offered.payload_type, offered.codec).is_some_and(|before| before != offered.codec) {
            return Err(OfferError::PayloadType);
        }
    }
    Ok(())
}

fn bundle(session: &SessionDescription) -> BTreeSet<&str> {
    let groups = session.attributes.iter().filter(|attribute| attribute.key == "group");
    let mut groups = groups.filter_map(|attribute| attribute.value.as_deref()?.strip_prefix("BUNDLE"));
    groups.next().unwrap_or_default().split_whitespace().collect()
}

fn fingerprint<'a>(
    session: &SessionDescription,
    mut media: impl Iterator<Item = &'a MediaDescription>,
) -> Option<Fingerprint> {
    let of_media = media.find_map(|media| values(media, "fingerprint").find_map(Fingerprint::parse));
    of_media.or_else(|| {
        let mut of_session = session.attributes.iter().filter(|attribute| attribute.key == "fingerprint");
        of_session.find_map(|attribute| Fingerprint::parse(attribute.value.as_deref()?))
    })
}

/// Token characters only, since we write it into the answer and into packets.
fn is_mid(mid: &str) -> bool {
    (1..=MID_BYTES_MAX).contains(&mid.len())
        && mid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`{|}~".contains(&byte))
}

fn payload_type_of(text: &str) -> Result<u8, OfferError> {
    text.parse().ok().filter(|payload_type| *payload_type <= 127).ok_or(OfferError::PayloadType)
}

fn value<'a>(media: &'a MediaDescription, name: &str) -> Option<&'a str> {
    media.attributes.iter().find(|attribute| attribute.key == name)?.value.as_deref().map(str::trim)
}

fn values<'a>(media: &'a MediaDescription, name: &'a str) -> impl Iterator<Item = &'a str> {
    media.attributes.iter().filter(move |attribute| attribute.key == name).filter_map(|a| a.value.as_deref())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const FINGERPRINT: &str = "sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:\
                                          18:19:1A:1B:1C:1D:1E:1F";

    /// An offer with the given media sections, each `(media, mid, lines)`.
    pub(crate) fn offer(sections: &[(&str, &str, &str)]) -> String {
        let mids: Vec<_> = sections.iter().map(|(_, mid, _)| *mid).collect();
        let mut text =
            format!("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n", mids.join(" "));
        for (media, mid, lines) in sections {
            let formats = if *media == "audio" { "111 63" } else { "96 97" };
            text += &format!("m={media} 9 UDP/TLS/RTP/SAVPF {formats}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\n");
            text += "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=setup:actpass\r\na=rtcp-mux\r\n";
            text += &format!("a=fingerprint:{FINGERPRINT}\r\na=extmap:4 {}\r\n", super::super::MID_URI);
            text += &format!("a=extmap:3 {}\r\n", super::super::TRANSPORT_SEQUENCE_URI);
            if *media == "audio" {
                text += &format!("a=extmap:1 {}\r\n", super::super::AUDIO_LEVEL_URI);
                text += "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=rtpmap:63 red/48000/2\r\n";
            } else {
                text += "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 ccm fir\r\n";
                text += "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";
            }
            for line in lines.lines() {
                text += &format!("{line}\r\n");
            }
        }
        text
    }

    fn refusal(text: &str) -> OfferError {
        RemoteDescription::parse(text).unwrap_err()
    }

    #[test]
    fn an_offer_is_understood() {
        let text =
            offer(&[("audio", "0", "a=sendonly\na=ssrc:77 cname:x\na=ssrc:77 msid:y z"), ("video", "1", "a=recvonly")]);
        let remote = RemoteDescription::parse(&text).unwrap();
        assert_eq!(remote.ice_user_fragment, "abcd");
        assert_eq!(remote.fingerprint.to_string(), FINGERPRINT);
        let [audio, video] = &remote.sections[..] else { panic!("two sections") };
        assert_eq!((audio.kind, audio.direction), (Some(Kind::Audio), Direction::SendOnly));
        assert_eq!((audio.codecs[0].codec, audio.codecs[0].payload_type), (Codec::Opus, 111));
        assert_eq!((&audio.ssrcs[..], audio.extension(super::super::AUDIO_LEVEL_URI)), (&[77][..], Some(1)));
        assert_eq!((video.kind, video.direction, video.codecs.len()), (Some(Kind::Video), Direction::ReceiveOnly, 1));
        assert_eq!(video.codecs[0].feedback, ["transport-cc", "ccm fir", "nack", "nack pli"]);
    }

    #[test]
    fn hostile_session_descriptions_are_refused_by_kind() {
        let one = ("audio", "0", "a=sendonly");
        assert_eq!(refusal(&offer(&[one, ("video", "0", "")])), OfferError::DuplicateMid);
        assert_eq!(refusal(&offer(&[("audio", "a mid", "")])), OfferError::Mid);
        assert_eq!(refusal(&offer(&[one]).replace(" 111 63", " 111 128")), OfferError::PayloadType);
        assert_eq!(refusal(&offer(&[one]).replace("rtpmap:63 red", "rtpmap:300 red")), OfferError::PayloadType);
        assert_eq!(refusal(&offer(&[one]).replace("extmap:3 ", "extmap:0 ")), OfferError::HeaderExtension);
        assert_eq!(refusal(&offer(&[one]).replace("extmap:3 ", "extmap:1 ")), OfferError::HeaderExtension);
        assert_eq!(refusal(&offer(&[one]).replace("setup:actpass", "setup:passive")), OfferError::Setup);
        assert_eq!(refusal(&offer(&[one]).replace("sha-256", "sha-1")), OfferError::Fingerprint);
        assert_eq!(refusal(&offer(&[one]).replace("a=ice-ufrag:abcd\r\n", "")), OfferError::IceCredentials);
        assert_eq!(refusal(&offer(&[one]).replace("BUNDLE 0", "LS 0")), OfferError::Bundle);
        assert_eq!(refusal("hello"), OfferError::Malformed);
        assert_eq!(refusal(""), OfferError::Malformed);
        let attribute = format!("a=x:{}", "y".repeat(1_000_000));
        assert_eq!(refusal(&offer(&[("audio", "0", &attribute)])), OfferError::TooLong);
        let many: Vec<String> = (0..10_000).map(|mid| mid.to_string()).collect();
        let many: Vec<_> = many.iter().map(|mid| ("audio", mid.as_str(), "")).collect();
        assert_eq!(refusal(&offer(&many)), OfferError::TooLong);
        assert_eq!(refusal(&offer(&many[..100])), OfferError::TooMany);
        let ssrcs: String = (0..100).map(|ssrc| format!("a=ssrc:{ssrc} cname:x\n")).collect();
        assert_eq!(refusal(&offer(&[("audio", "0", &ssrcs)])), OfferError::TooMany);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(
            cut in 0_usize..2_000, junk in "\\PC{0,40}", line in "[a-z]=[ -~]{0,40}"
        ) {
            let whole = offer(&[("audio", "0", "a=sendonly"), ("video", "1", "a=recvonly")]);
            let (front, back) = whole.split_at(cut.min(whole.len()));
            let _ = RemoteDescription::parse(&junk);
            let _ = RemoteDescription::parse(front);
            let _ = RemoteDescription::parse(&format!("{front}{junk}{back}"));
            let _ = RemoteDescription::parse(&format!("{front}\r\n{line}\r\n{back}"));
        }
    }
}
