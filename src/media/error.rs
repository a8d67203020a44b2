//! What can go wrong, by layer. Each error names its cause and, in its text, what helps.

/// A command to the media plane that could not be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// A socket could not be opened.
    #[error("the media socket could not be opened ({0}): choose another bind address or port")]
    Socket(std::io::ErrorKind),
    /// The certificate of this process could not be made.
    #[error("no DTLS certificate could be made: the system's randomness or the DTLS engine failed its self-test")]
    Certificate,
    /// Browsers would not know where to send media.
    #[error("bound to every address, but none is announced: name the addresses at which browsers reach this server")]
    NothingAnnounced,
    /// Too many or too few shards, or no room for their ports.
    #[error("the number of shards does not fit: choose at least one, at most 256, with a free port for each")]
    Shards,
    /// The room was not opened, or is closed.
    #[error("the room is not open: open it first")]
    UnknownRoom,
    /// The room is open already.
    #[error("the room is open already: close it before it is opened again")]
    RoomOpen,
    /// Bounds of a shard or a room are reached.
    #[error("the media plane is full: close rooms or add a machine")]
    Full,
    /// The connection does not exist, was replaced, or ended.
    #[error("the connection has ended: connect again")]
    UnknownConnection,
    /// The connection key is in use.
    #[error("the connection key is in use: every connection needs a new one")]
    ConnectionInUse,
    /// Audience tables must rise.
    #[error("the audience table is not newer than version {0}, which is in force: send a higher version")]
    StaleTable(u64),
    /// Grants never return.
    #[error("the recording grant is older than generation {0}: ask everyone again under a higher generation")]
    StaleGrant(u64),
    /// Commands come faster than they are carried out.
    #[error("the media plane is busy: try again")]
    Busy,
    /// The media plane has ended.
    #[error("the media plane has stopped: restart the program")]
    Stopped,
}

/// An offer that was refused. The connection stays as it was before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// Longer than any honest offer.
    #[error("the session description is too long: offer fewer media sections")]
    TooLong,
    /// Not a session description.
    #[error("the session description cannot be read: send what createOffer returned")]
    Malformed,
    /// More media sections, attributes or SSRCs than anybody needs.
    #[error("the session description has too many media sections or attributes: offer fewer")]
    TooMany,
    /// A media section has no identification tag, or one that is too long.
    #[error("a media section has no usable mid: send what createOffer returned")]
    Mid,
    /// Two media sections have the same tag.
    #[error("two media sections have the same mid")]
    DuplicateMid,
    /// A payload type above 127 or used for two codecs.
    #[error("a payload type is not a number from 0 to 127, or means two things")]
    PayloadType,
    /// A header extension identifier outside 1 to 14 or with two meanings.
    #[error("a header extension identifier is not a number from 1 to 14, or means two things")]
    HeaderExtension,
    /// No ICE credentials, or unusable ones.
    #[error("the offer has no ICE credentials")]
    IceCredentials,
    /// No certificate fingerprint of a usable hash.
    #[error("the offer has no certificate fingerprint with SHA-256 or better")]
    Fingerprint,
    /// The certificate changed within one connection.
    #[error("the certificate changed: open a new connection")]
    CertificateChanged,
    /// The client insists on being the DTLS server.
    #[error("the offer asks the server to be the DTLS client: offer setup:actpass")]
    Setup,
    /// Media is not bundled on one transport.
    #[error("the media sections are not bundled on one transport: use max-bundle")]
    Bundle,
    /// A publication names a media section that is not there or does not send.
    #[error("a publication names a media section that does not send")]
    UnknownPublication,
    /// A microphone on a video section, or the like.
    #[error("a publication's source does not fit the kind of its media section")]
    WrongKind,
    /// Two publications of one source, or more than one participant may have.
    #[error("a source is published twice, or there are too many publications")]
    DuplicateSource,
    /// The offer did not reach a connection.
    #[error(transparent)]
    Connection(#[from] MediaError),
}

impl From<std::io::Error> for MediaError {
    fn from(error: std::io::Error) -> MediaError {
        MediaError::Socket(error.kind())
    }
}
