//! The notices as the web app fetches them: words in both languages and the digest that a confirmation names.

use accord_evidence::Digest;
use accord_room::{NOTICES, Notice, NoticeId};
use serde::Serialize;

/// A notice with the digest of its words.
#[derive(Debug, Serialize)]
pub struct PublishedNotice {
    notice: NoticeId,
    version: &'static str,
    chinese: &'static str,
    english: &'static str,
    digest: Digest,
}

/// All texts in force.
pub fn published() -> Vec<PublishedNotice> {
    let published = |notice: &'static Notice| PublishedNotice {
        notice: notice.id,
        version: notice.version,
        chinese: notice.chinese,
        english: notice.english,
        digest: text_digest(notice),
    };
    NOTICES.iter().map(published).collect()
}

/// SHA-256 over the words, as PROTOCOL.md section 4 says.
pub fn text_digest(notice: &Notice) -> Digest {
    Digest::of(notice.words().as_bytes())
}
