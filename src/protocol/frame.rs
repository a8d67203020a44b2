//! Binary frames: the shared documents (Yjs updates) and papers.
//!
//! ```text
//! byte 0      what: 1 sync request · 2 sync state · 3 update · 4 saved · 5 cursor · 6 paper
//! byte 1      document: 1 agreement · 2 minutes   (0 for papers)
//! bytes 2–5   number, unsigned 32 bit, big endian: the client's count of its updates, echoed in `saved`; otherwise 0
//! bytes 6–    payload
//! ```
//! A client opens a document with a sync request (payload: its Yjs state vector). The server answers with a sync state
//! (payload: everything the client lacks) followed by its own sync request, so that work done while offline comes back
//! as an update. Every update of a client is answered by `saved` once it is durable, or by a `refused` text message whose
//! id is the nil UUID with the number in its last four bytes. A cursor's payload is an awareness update; it is not kept.
//! A paper's payload is the SHA-256 digest (32 bytes) followed by the PDF.

/// A document of the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// 调解协议.
    Agreement,
    /// 调解笔录.
    Minutes,
}

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "described in the module's table")]
pub enum FrameKind {
    SyncRequest,
    SyncState,
    Update,
    Saved,
    Cursor,
    Paper,
}

/// A parsed binary frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What it carries.
    pub kind: FrameKind,
    /// Which document; `None` for papers.
    pub document: Option<DocumentKind>,
    /// The client's number of an update.
    pub number: u32,
    /// The rest.
    pub payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Parses a frame; `None` if its header is not one of the table's.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (header, payload) = bytes.split_first_chunk::<6>()?;
        let [kind, document, number @ ..] = header;
        let kind = match kind {
            1 => FrameKind::SyncRequest,
            2 => FrameKind::SyncState,
            3 => FrameKind::Update,
            4 => FrameKind::Saved,
            5 => FrameKind::Cursor,
            6 => FrameKind::Paper,
            _ => return None,
        };
        let document = match document {
            0 if kind == FrameKind::Paper => None,
            1 => Some(DocumentKind::Agreement),
            2 => Some(DocumentKind::Minutes),
            _ => return None,
        };
        Some(Self { kind, document, number: u32::from_be_bytes(*number), payload })
    }

    /// The frame's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let kind = match self.kind {
            FrameKind::SyncRequest => 1,
            FrameKind::SyncState => 2,
            FrameKind::Update => 3,
            FrameKind::Saved => 4,
            FrameKind::Cursor => 5,
            FrameKind::Paper => 6,
        };
        let document = match self.document {
            None => 0,
            Some(DocumentKind::Agreement) => 1,
            Some(DocumentKind::Minutes) => 2,
        };
        let mut bytes = Vec::with_capacity(6 + self.payload.len());
        bytes.extend([kind, document]);
        bytes.extend(self.number.to_be_bytes());
        bytes.extend(self.payload);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_survives_the_wire_and_every_shorter_one_is_refused() {
        let frame = Frame { kind: FrameKind::Update, document: Some(DocumentKind::Minutes), number: 7, payload: b"ab" };
        let bytes = frame.to_bytes();
        assert_eq!(Frame::parse(&bytes), Some(frame));
        for length in 0..6 {
            assert_eq!(Frame::parse(&bytes[..length]), None);
        }
    }

    #[test]
    fn an_unknown_kind_or_document_is_refused() {
        assert_eq!(Frame::parse(&[9, 1, 0, 0, 0, 0]), None);
        assert_eq!(Frame::parse(&[3, 0, 0, 0, 0, 0]), None);
        assert_eq!(Frame::parse(&[3, 3, 0, 0, 0, 0]), None);
    }
}
