//! The page that lists who signed, appended to the frozen PDF as an incremental update.
//!
//! In come the frozen file and the signatures that were checked elsewhere; out goes a longer file whose beginning is the
//! frozen one byte for byte, so `document_digest` can be checked on it for ever ([`verify_prefix`]).

use lopdf::{Dictionary, Document, IncrementalDocument, Object, ObjectId};
use serde::{Deserialize, Serialize};

use crate::civil_time::CivilTime;
use crate::digest::Digest;
use crate::facts::CaseFacts;
use crate::limits::{DRAWN_SIGNATURE_POINTS_MAX, PDF_BYTES_MAX, SIGNERS_MAX};
use crate::schema::DocumentKind;
use crate::typeset::{Layout, TypesetError, Typesetter};

/// What the signature page says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignaturePage {
    /// Which document was signed.
    pub kind: DocumentKind,
    /// The digest of its canonical content.
    pub content_digest: Digest,
    /// The digest of the frozen file's bytes.
    pub document_digest: Digest,
    /// Who signed, in order.
    pub signers: Vec<Signer>,
    /// The organisation's seal.
    pub seal: Option<SealAuthorisation>,
    /// When the last signature made it effective.
    pub effective_at: CivilTime,
}

/// A signature that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signer {
    /// The signer's name.
    pub name: String,
    /// In which role, as it is to be printed: 申请人, 调解员….
    pub role: String,
    /// When.
    pub signed_at: CivilTime,
    /// SHA-256 of the device's public key.
    pub key_fingerprint: Digest,
    /// The signature; its beginning and end are printed.
    pub signature: Vec<u8>,
    /// What the signer drew by hand, if anything.
    pub drawing: Option<Drawing>,
}

/// The seal of the organisation and who authorised it (rules.md 19).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SealAuthorisation {
    /// The organisation.
    pub organisation: String,
    /// The person who authorised it.
    pub authorised_by: String,
    /// When.
    pub authorised_at: CivilTime,
    /// SHA-256 of the seal's public key.
    pub key_fingerprint: Digest,
    /// The seal's signature.
    pub signature: Vec<u8>,
}

/// A signature drawn by hand: strokes of points, in a field of `width` by `height`. It decorates; it proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Drawing {
    /// Width of the field, at least 1.
    pub width: u16,
    /// Height of the field, at least 1.
    pub height: u16,
    /// Strokes, each a list of `[x, y]` from the top left corner.
    pub strokes: Vec<Vec<[u16; 2]>>,
}

/// Why no signature page was appended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountersignRefusal {
    /// The file is not the one that was signed.
    #[error("the file is not the one that was signed: take the frozen file from the store")]
    OtherDocument,
    /// Nobody, or more people than one document has.
    #[error("{0} signers: between 1 and {SIGNERS_MAX} are listed")]
    SignerCount(usize),
    /// A drawing that is out of its field or has too many points.
    #[error("the drawn signature of signer {signer} is out of its field or has too many points: sign again")]
    UnusableDrawing {
        /// Counted from 0.
        signer: usize,
    },
    /// The page could not be typeset.
    #[error(transparent)]
    NotTypeset(#[from] TypesetError),
    /// The frozen file cannot be extended.
    #[error("the frozen file is no PDF that can be extended: {0}")]
    NotExtended(&'static str),
}

/// Appends the signature page to the frozen file.
///
/// # Errors
/// [`CountersignRefusal`]; the frozen file is as it was in any case.
pub fn countersign(
    frozen_pdf: &[u8],
    page: &SignaturePage,
    facts: &CaseFacts,
    typesetter: &Typesetter,
) -> Result<Vec<u8>, CountersignRefusal> {
    if frozen_pdf.len() > PDF_BYTES_MAX || Digest::of(frozen_pdf) != page.document_digest {
        return Err(CountersignRefusal::OtherDocument);
    }
    if page.signers.is_empty() || page.signers.len() > SIGNERS_MAX {
        return Err(CountersignRefusal::SignerCount(page.signers.len()));
    }
    let unusable = page.signers.iter().position(|signer| signer.drawing.as_ref().is_some_and(|d| !d.is_usable()));
    if let Some(signer) = unusable {
        return Err(CountersignRefusal::UnusableDrawing { signer });
    }
    let sheet = PageSheet::new(page, facts, typesetter);
    let identity = format!("{} signatures", page.document_digest);
    let typeset = typesetter.set(Layout::SignaturePage, &sheet, &identity, page.effective_at)?;
    append_pages(frozen_pdf, &typeset.pdf)
}

/// Whether `countersigned` begins with `frozen` byte for byte and goes on.
pub fn verify_prefix(frozen: &[u8], countersigned: &[u8]) -> bool {
    countersigned.len() > frozen.len() && countersigned.starts_with(frozen)
}

impl Drawing {
    fn is_usable(&self) -> bool {
        let points = self.strokes.iter().map(Vec::len).sum::<usize>();
        let inside = |[x, y]: &[u16; 2]| *x <= self.width && *y <= self.height;
        self.width > 0
            && self.height > 0
            && points <= DRAWN_SIGNATURE_POINTS_MAX
            && self.strokes.len() <= DRAWN_SIGNATURE_POINTS_MAX
            && self.strokes.iter().flatten().all(inside)
    }
}

/// Takes the pages of `addition` with all they use into an incremental update of `base`.
fn append_pages(base: &[u8], addition: &[u8]) -> Result<Vec<u8>, CountersignRefusal> {
    let refuse = |reason: &'static str| move |_: lopdf::Error| CountersignRefusal::NotExtended(reason);
    let previous = Document::load_mem(base).map_err(refuse("it cannot be read"))?;
    let mut addition = Document::load_mem(addition).map_err(refuse("the page cannot be read"))?;
    let pages_root = previous
        .catalog()
        .and_then(|catalog| catalog.get(b"Pages"))
        .and_then(Object::as_reference)
        .map_err(refuse("it has no pages"))?;
    let mut update = IncrementalDocument::create_from(base.to_vec(), previous);
    addition.renumber_objects_with(update.new_document.max_id + 1);
    let added: Vec<ObjectId> = addition.get_pages().into_values().collect();
    for page in &added {
        let page = addition.get_dictionary_mut(*page).map_err(refuse("the page cannot be read"))?;
        // What belongs to the other file's tree of pages and structure stays behind.
        page.remove(b"StructParents");
        page.remove(b"Tabs");
        page.set("Parent", pages_root);
    }
    for id in reachable(&addition, &added, pages_root) {
        if let Some(object) = addition.objects.remove(&id) {
            update.new_document.max_id = update.new_document.max_id.max(id.0);
            update.new_document.set_object(id, object);
        }
    }
    update.opt_clone_object_to_new_document(pages_root).map_err(refuse("it has no pages"))?;
    let root = update.new_document.get_dictionary_mut(pages_root).map_err(refuse("it has no pages"))?;
    add_kids(root, &added).map_err(refuse("its page tree is damaged"))?;
    let mut file = Vec::new();
    update.save_to(&mut file).map_err(|_| CountersignRefusal::NotExtended("it cannot be written"))?;
    Ok(file)
}

fn add_kids(root: &mut Dictionary, added: &[ObjectId]) -> Result<(), lopdf::Error> {
    let count = root.get(b"Count")?.as_i64()?;
    let added_count = i64::try_from(added.len()).unwrap_or_default();
    root.get_mut(b"Kids")?.as_array_mut()?.extend(added.iter().map(|id| Object::Reference(*id)));
    root.set("Count", count + added_count);
    Ok(())
}

/// Every object that these pages use, without what hangs above them.
fn reachable(document: &Document, pages: &[ObjectId], above: ObjectId) -> Vec<ObjectId> {
    let mut found = Vec::new();
    let mut open = pages.to_vec();
    while let Some(id) = open.pop() {
        if id == above || found.contains(&id) {
            continue;
        }
        let Some(object) = document.objects.get(&id) else { continue };
        found.push(id);
        references(object, &mut open);
    }
    found
}

fn references(object: &Object, found: &mut Vec<ObjectId>) {
    match object {
        Object::Reference(id) => found.push(*id),
        Object::Array(objects) => objects.iter().for_each(|object| references(object, found)),
        Object::Dictionary(dictionary) => dictionary.iter().for_each(|(_, object)| references(object, found)),
        Object::Stream(stream) => stream.dict.iter().for_each(|(_, object)| references(object, found)),
        Object::Null
        | Object::Boolean(_)
        | Object::Integer(_)
        | Object::Real(_)
        | Object::Name(_)
        | Object::String(..) => {}
    }
}

/// What the layout of the page gets: everything is text already.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct PageSheet<'a> {
    title: String,
    organisation: &'a str,
    families: &'a [String],
    case_line: String,
    digests: [[String; 2]; 2],
    signers: Vec<SignerSheet<'a>>,
    seal: Option<SealSheet<'a>>,
    effective_line: String,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct SignerSheet<'a> {
    role: &'a str,
    name: &'a str,
    rows: [[String; 2]; 3],
    drawing: Option<&'a Drawing>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct SealSheet<'a> {
    organisation: &'a str,
    rows: [[String; 2]; 4],
}

impl<'a> PageSheet<'a> {
    fn new(page: &'a SignaturePage, facts: &'a CaseFacts, typesetter: &'a Typesetter) -> Self {
        let label = |label: &str| label.to_owned();
        let signers = page.signers.iter().map(|signer| SignerSheet {
            role: &signer.role,
            name: &signer.name,
            rows: [
                [label("签署时间"), signer.signed_at.in_chinese()],
                [label("设备公钥指纹"), signer.key_fingerprint.to_string()],
                [label("电子签名"), shortened(&signer.signature)],
            ],
            drawing: signer.drawing.as_ref(),
        });
        let seal = page.seal.as_ref().map(|seal| SealSheet {
            organisation: &seal.organisation,
            rows: [
                [label("用印授权人"), seal.authorised_by.clone()],
                [label("授权时间"), seal.authorised_at.in_chinese()],
                [label("印章公钥指纹"), seal.key_fingerprint.to_string()],
                [label("电子签章"), shortened(&seal.signature)],
            ],
        });
        Self {
            title: format!("{}签署页", page.kind.title()),
            organisation: &facts.organisation,
            families: typesetter.fonts().families(),
            case_line: crate::freeze::case_line(facts),
            digests: [
                [label("内容摘要 / content digest (SHA-256)"), page.content_digest.to_string()],
                [label("文件摘要 / document digest (SHA-256)"), page.document_digest.to_string()],
            ],
            signers: signers.collect(),
            seal,
            effective_line: format!("本文书自最后一方签署时生效：{}", page.effective_at.in_chinese()),
        }
    }
}

/// The first and the last twelve bytes, in hex.
fn shortened(signature: &[u8]) -> String {
    const SHOWN_BYTES: usize = 12;
    match (signature.first_chunk::<SHOWN_BYTES>(), signature.last_chunk::<SHOWN_BYTES>()) {
        (Some(first), Some(last)) if signature.len() > 2 * SHOWN_BYTES => {
            format!("{}…{}", hex::encode(first), hex::encode(last))
        }
        _ => hex::encode(signature),
    }
}
