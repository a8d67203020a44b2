//! RTCP (RFC 3550, 4585, 5104): reads the few packets that mean something to a forwarder, and writes the few it sends.

const HEADER_BYTES: usize = 4;
const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const PAYLOAD_FEEDBACK: u8 = 206;
const PICTURE_LOSS: u8 = 1;
const FULL_INTRA_REQUEST: u8 = 4;

/// Packets read of one compound; more would be a flood in disguise.
const PACKETS_PER_COMPOUND_MAX: usize = 64;

/// What a peer tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rtcp {
    /// Where a sender's RTP timestamps stand on its wall clock.
    SenderReport { ssrc: u32, ntp: u64, timestamp: u32 },
    /// A receiver cannot go on without a keyframe of this source.
    KeyframeRequest { ssrc: u32 },
}

/// Calls `each` for what a compound packet tells, and skips the rest. Stops at the first malformed packet.
pub(crate) fn read(compound: &[u8], mut each: impl FnMut(Rtcp)) {
    let mut rest = compound;
    for _ in 0..PACKETS_PER_COMPOUND_MAX {
        let Some((packet, after)) = split(rest) else { return };
        read_packet(packet, &mut each);
        rest = after;
    }
}

fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let header: &[u8; HEADER_BYTES] = bytes.first_chunk()?;
    if header[0] >> 6 != 2 {
        return None;
    }
    bytes.split_at_checked(HEADER_BYTES + 4 * usize::from(u16::from_be_bytes([header[2], header[3]])))
}

fn read_packet(packet: &[u8], each: &mut impl FnMut(Rtcp)) -> Option<()> {
    let format = packet.first()? & 0x1f;
    match (*packet.get(1)?, format) {
        (SENDER_REPORT, _) => {
            let ntp = u64::from(word(packet, 8)?) << 32 | u64::from(word(packet, 12)?);
            each(Rtcp::SenderReport { ssrc: word(packet, 4)?, ntp, timestamp: word(packet, 16)? });
        }
        (PAYLOAD_FEEDBACK, PICTURE_LOSS) => each(Rtcp::KeyframeRequest { ssrc: word(packet, 8)? }),
        (PAYLOAD_FEEDBACK, FULL_INTRA_REQUEST) => {
            for entry in packet.get(12..)?.chunks_exact(8) {
                each(Rtcp::KeyframeRequest { ssrc: word(entry, 0)? });
            }
        }
        _ => {}
    }
    Some(())
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// One source's reception, as a receiver report tells it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ReportBlock {
    pub(crate) ssrc: u32,
    /// Of the packets since the last report, in 1/256.
    pub(crate) fraction_lost: u8,
    /// Since the beginning; 24 bits.
    pub(crate) packets_lost: u32,
    pub(crate) highest_sequence: u32,
    pub(crate) jitter: u32,
    /// Middle 32 bits of the last sender report's NTP time.
    pub(crate) last_sender_report: u32,
    /// Since then, in 1/65536 s.
    pub(crate) delay: u32,
}

/// Appends a receiver report (RFC 3550, 6.4.2) of up to 31 sources.
pub(crate) fn write_receiver_report(out: &mut Vec<u8>, reporter: u32, blocks: &[ReportBlock]) {
    let blocks = blocks.get(..31).unwrap_or(blocks);
    let count = u8::try_from(blocks.len()).unwrap_or(0);
    write_header(out, count, RECEIVER_REPORT, 4 + 24 * blocks.len());
    out.extend(reporter.to_be_bytes());
    for block in blocks {
        out.extend(block.ssrc.to_be_bytes());
        out.extend((u32::from(block.fraction_lost) << 24 | block.packets_lost & 0x00ff_ffff).to_be_bytes());
        for word in [block.highest_sequence, block.jitter, block.last_sender_report, block.delay] {
            out.extend(word.to_be_bytes());
        }
    }
}

/// Appends a sender report without reception blocks (RFC 3550, 6.4.1).
pub(crate) fn write_sender_report(out: &mut Vec<u8>, ssrc: u32, ntp: u64, timestamp: u32, packets: u32, octets: u32) {
    write_header(out, 0, SENDER_REPORT, 24);
    out.extend(ssrc.to_be_bytes());
    out.extend(ntp.to_be_bytes());
    for word in [timestamp, packets, octets] {
        out.extend(word.to_be_bytes());
    }
}

/// Appends a source description with the canonical name (RFC 3550, 6.5).
pub(crate) fn write_canonical_name(out: &mut Vec<u8>, ssrc: u32, name: &str) {
    let name = name.as_bytes().get(..255).unwrap_or(name.as_bytes());
    // At least one zero byte ends the list of items.
    let length = (4 + 2 + name.len() + 1).next_multiple_of(4);
    let end = out.len() + HEADER_BYTES + length;
    write_header(out, 1, SOURCE_DESCRIPTION, length);
    out.extend(ssrc.to_be_bytes());
    out.extend([1, u8::try_from(name.len()).unwrap_or(0)]);
    out.extend(name);
    out.resize(end, 0);
}

/// Appends a picture loss indication (RFC 4585, 6.3.1).
pub(crate) fn write_picture_loss(out: &mut Vec<u8>, sender: u32, media: u32) {
    write_header(out, PICTURE_LOSS, PAYLOAD_FEEDBACK, 8);
    out.extend(sender.to_be_bytes());
    out.extend(media.to_be_bytes());
}

/// Appends the four bytes every RTCP packet begins with; `body_bytes` is a multiple of four.
pub(crate) fn write_header(out: &mut Vec<u8>, count_or_format: u8, packet_type: u8, body_bytes: usize) {
    out.extend([0x80 | count_or_format, packet_type]);
    out.extend(u16::try_from(body_bytes / 4).unwrap_or(u16::MAX).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(compound: &[u8]) -> Vec<Rtcp> {
        let mut all = Vec::new();
        read(compound, |rtcp| all.push(rtcp));
        all
    }

    #[test]
    fn compound_packets_are_written_and_read_back() {
        let mut compound = Vec::new();
        write_receiver_report(&mut compound, 1, &[ReportBlock::default()]);
        write_sender_report(&mut compound, 7, 0x1234_5678_9abc_def0, 99, 3, 400);
        write_canonical_name(&mut compound, 7, "someone");
        write_picture_loss(&mut compound, 1, 8);
        // A full intra request for source 9.
        compound.extend([0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0]);
        assert_eq!(
            collect(&compound),
            [
                Rtcp::SenderReport { ssrc: 7, ntp: 0x1234_5678_9abc_def0, timestamp: 99 },
                Rtcp::KeyframeRequest { ssrc: 8 },
                Rtcp::KeyframeRequest { ssrc: 9 }
            ]
        );
    }

    #[test]
    fn the_webrtc_family_reads_what_we_write() {
        let mut compound = Vec::new();
        let block = ReportBlock { ssrc: 5, fraction_lost: 3, packets_lost: 4, jitter: 6, ..ReportBlock::default() };
        write_receiver_report(&mut compound, 1, &[block]);
        write_sender_report(&mut compound, 7, 8, 9, 3, 400);
        write_canonical_name(&mut compound, 7, "someone");
        write_picture_loss(&mut compound, 1, 8);
        let packets = rtc_rtcp::packet::unmarshal(&mut &compound[..]).unwrap();
        assert_eq!(packets.len(), 4);
        let report = packets[0].as_any().downcast_ref::<rtc_rtcp::receiver_report::ReceiverReport>().unwrap();
        assert_eq!(
            (report.reports[0].fraction_lost, report.reports[0].total_lost, report.reports[0].jitter),
            (3, 4, 6)
        );
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            collect(&bytes);
            for kind in [200, 206] {
                let mut framed = vec![0x80 | bytes.first().copied().unwrap_or(0) & 0x1f, kind, 0, 0];
                framed.extend(&bytes);
                framed.truncate(framed.len() & !3);
                framed[3] = u8::try_from(framed.len() / 4 - 1).unwrap();
                collect(&framed);
            }
        }
    }
}
