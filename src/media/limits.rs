//! Every bound of the media plane, with its unit in its name and the reason beside it.

use std::time::Duration;

/// Shards one process may run; more than any machine we know has cores.
pub const SHARDS_MAX: usize = 256;
/// Commands waiting for one shard. Commands are rare (joins, offers, audience tables); a full queue means the shard hangs.
pub const COMMANDS_QUEUED_MAX: usize = 4_096;
/// Events waiting for the reader of the plane.
pub const EVENTS_QUEUED_MAX: usize = 4_096;
/// Events a shard keeps for a reader that does not read; past it the newest are dropped and counted.
pub const EVENTS_BACKLOG_MAX: usize = 16_384;

/// Rooms on one shard.
pub const ROOMS_PER_SHARD_MAX: usize = 4_096;
/// People in one room. A mediation has two to fifty.
pub const PARTICIPANTS_PER_ROOM_MAX: usize = 128;
/// Publications one participant may offer: microphone, camera and screen.
pub const PUBLICATIONS_PER_CONNECTION_MAX: usize = 3;
/// Receive slots one connection may offer.
pub const SLOTS_PER_CONNECTION_MAX: usize = 64;

/// One session description, in bytes. Chromium writes about 6 kB for a video section with every codec it knows.
pub const SDP_BYTES_MAX: usize = 512 * 1024;
/// Media sections in one session description: all slots and publications, and some that were rejected.
pub const SDP_MEDIA_SECTIONS_MAX: usize = 80;
/// One line of a session description, in bytes.
pub const SDP_LINE_BYTES_MAX: usize = 4_096;
/// Attributes of one media section.
pub const SDP_ATTRIBUTES_MAX: usize = 512;
/// A media identification tag, in bytes: it must fit a one-byte RTP header extension (RFC 8285).
pub const MID_BYTES_MAX: usize = 16;
/// SSRCs announced in one media section.
pub const SDP_SSRCS_MAX: usize = 16;

/// The largest datagram we accept as STUN, in bytes; ICE checks are below 200.
pub const STUN_BYTES_MAX: usize = 1_280;
/// Remote addresses that one connection may have validated at a time; the stalest gives way.
pub const ICE_PAIRS_MAX: usize = 16;
/// Consent expires when no valid check came for this long (RFC 7675).
pub const ICE_CONSENT: Duration = Duration::from_secs(30);
/// An address that passed a check this recently is not handed to another connection.
pub const ICE_ADDRESS_HELD: Duration = Duration::from_secs(10);

/// First DTLS retransmission timeout: short, since a lost flight is what people wait for at joining.
pub const DTLS_FIRST_RETRANSMISSION: Duration = Duration::from_millis(100);
/// A handshake that has not ended by then is given up.
pub const DTLS_HANDSHAKE: Duration = Duration::from_secs(20);
/// Payload of one DTLS datagram we send, in bytes.
pub const DTLS_MTU_BYTES: usize = 1_200;
/// Buffer for one DTLS output, in bytes; grown only if the engine asks, up to `DTLS_OUTPUT_BYTES_MAX`.
pub const DTLS_OUTPUT_BYTES: usize = 2_048;
/// The largest DTLS output we make room for, in bytes (one record is at most 16 kB and its overhead).
pub const DTLS_OUTPUT_BYTES_MAX: usize = 20_000;
/// DTLS datagrams accepted from one connection per second; a handshake needs about ten.
pub const DTLS_PACKETS_PER_SECOND_MAX: u32 = 200;

/// Synchronisation sources one connection may send from, RTP and RTCP each.
pub const SOURCES_PER_CONNECTION_MAX: usize = 64;
/// RTP and RTCP packets one connection may send per second; a 10 Mbit/s screen is about 1,100.
pub const MEDIA_PACKETS_PER_SECOND_MAX: u32 = 6_000;
/// The largest RTP packet that is forwarded, in bytes, without authentication tag.
pub const RTP_BYTES_MAX: usize = 1_500;
/// The largest RTCP packet we write, in bytes.
pub const RTCP_BYTES_MAX: usize = 1_200;

/// Datagrams read with one system call.
pub const RECEIVE_BATCH: usize = 32;
/// Bytes reserved for each of them: a full coalesced (GRO) message.
pub const RECEIVE_BUFFER_BYTES: usize = 65_536;
/// Batches read before timers and commands have their turn.
pub const BATCHES_PER_TURN_MAX: usize = 8;
/// Bytes handed to the kernel in one segmented (GSO) send: below the 65,507 of UDP.
pub const SEGMENTED_SEND_BYTES_MAX: usize = 60_000;
/// Segments in one such send (`UDP_MAX_SEGMENTS` of older kernels).
pub const SEGMENTS_PER_SEND_MAX: usize = 64;
/// Forwarded packets collected before they are sealed and sent.
pub const DELIVERIES_PER_FLUSH: usize = 8_192;
/// Socket buffers asked of the kernel, in bytes each way.
pub const SOCKET_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// How often timers are looked at while a shard has connections.
pub const TICK: Duration = Duration::from_millis(25);
/// Transport-wide feedback to a publisher; libwebrtc adapts well between 50 and 250 ms.
pub const TRANSPORT_FEEDBACK_INTERVAL: Duration = Duration::from_millis(50);
/// Packets one feedback message may cover: about 900 bytes at worst, so that it is never fragmented.
pub const TRANSPORT_FEEDBACK_PACKETS_MAX: usize = 400;
/// Packets missing in a row that are still told as lost; after more the sender has skipped ahead.
pub const TRANSPORT_FEEDBACK_GAP_MAX: u64 = 200;
/// Receiver reports to a publisher.
pub const RECEIVER_REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Between two keyframe requests to one publication on behalf of people who already had a picture.
pub const KEYFRAME_REQUEST_INTERVAL: Duration = Duration::from_millis(500);
/// A request not answered by a keyframe within this time is repeated while somebody waits.
pub const KEYFRAME_REQUEST_REPEAT: Duration = Duration::from_millis(300);

/// A publication that sent nothing for this long has stopped. Opus with DTX sends at least every 400 ms.
pub const PUBLICATION_SILENCE: Duration = Duration::from_secs(4);
/// The same for a screen, which may rest for long: some browsers send nothing while its picture does not change.
pub const SCREEN_SILENCE: Duration = Duration::from_secs(20);
/// How often the active speaker is considered.
pub const SPEAKER_INTERVAL: Duration = Duration::from_millis(100);
/// A challenger must be louder for this long before the speaker changes.
pub const SPEAKER_CHALLENGE: Duration = Duration::from_millis(400);
/// A speaker who was silent for this long gives way to anyone audible.
pub const SPEAKER_PAUSE: Duration = Duration::from_millis(800);
/// Levels older than this count as silence.
pub const SPEAKER_LEVEL_STALE: Duration = Duration::from_millis(500);

/// Bytes of one packet in the recorder's ring.
pub const TAP_PACKET_BYTES_MAX: usize = RTP_BYTES_MAX;
/// Packets in the recorder's ring: about four seconds of ten people at 2 Mbit/s.
pub const TAP_RING_PACKETS_MAX: usize = 16_384;
