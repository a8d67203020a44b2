//! Typesetting: a fixed layout of ours and data go in, a PDF comes out.
//!
//! The layouts are Typst sources beside this file. What people wrote reaches them as one JSON file and is set as text
//! values, so nothing in it is markup. The typesetter has no other file, no package, no network and no clock, so the
//! same input gives the same bytes.

mod fonts;

use serde::Serialize;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::layout::{Frame, FrameItem};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

pub use self::fonts::{FontError, Fonts};
use crate::civil_time::CivilTime;
use crate::limits::{PAGES_MAX, TYPESETTER_CACHE_AGE_MAX};

/// Sets documents in the fonts it was given.
pub struct Typesetter {
    library: LazyHash<Library>,
    fonts: Fonts,
}

/// A typeset document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typeset {
    /// The file: PDF 1.7, PDF/A-2b.
    pub pdf: Vec<u8>,
    /// Its pages.
    pub pages: usize,
}

/// Why a document was not typeset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TypesetError {
    /// A character that the fonts do not have, found after layout.
    #[error("no font has the character {} (U+{:04X}): write it otherwise, or install a font that has it", .0, u32::from(*.0))]
    MissingGlyph(char),
    /// Too long.
    #[error("the document has more than {PAGES_MAX} pages: shorten it")]
    TooManyPages,
    /// The layout and the data do not fit: a defect of this program.
    #[error("the layout failed: {0}")]
    Defect(String),
}

/// A layout of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// The words of a frozen document.
    Document,
    /// The page that lists who signed it.
    SignaturePage,
}

impl Typesetter {
    /// A typesetter with these fonts.
    pub fn new(fonts: Fonts) -> Self {
        Self { library: LazyHash::new(Library::default()), fonts }
    }

    /// Its fonts.
    pub fn fonts(&self) -> &Fonts {
        &self.fonts
    }

    /// Sets `data` in a layout. `identity` is what makes this document this one, for the PDF's own identifier.
    pub(crate) fn set<D: Serialize>(
        &self,
        layout: Layout,
        data: &D,
        identity: &str,
        at: CivilTime,
    ) -> Result<Typeset, TypesetError> {
        let data = serde_json::to_vec(data).map_err(|error| TypesetError::Defect(error.to_string()))?;
        let sheet = Sheet { typesetter: self, source: layout.source(), data: Bytes::new(data) };
        let document = typst::compile::<PagedDocument>(&sheet).output.map_err(|errors| defect(&errors));
        typst::comemo::evict(TYPESETTER_CACHE_AGE_MAX);
        let document = document?;
        let pages = document.pages().len();
        if pages > PAGES_MAX {
            return Err(TypesetError::TooManyPages);
        }
        if let Some(character) = document.pages().iter().find_map(|page| missing_glyph(&page.frame)) {
            return Err(TypesetError::MissingGlyph(character));
        }
        let pdf = typst_pdf::pdf(&document, &pdf_options(layout, identity, at)?).map_err(|errors| defect(&errors))?;
        Ok(Typeset { pdf, pages })
    }
}

impl Layout {
    fn source(self) -> Source {
        match self {
            Self::Document => Source::new(virtual_file("document.typ"), include_str!("document.typ").to_owned()),
            Self::SignaturePage => {
                Source::new(virtual_file("signature_page.typ"), include_str!("signature_page.typ").to_owned())
            }
        }
    }
}

/// One run of the typesetter: all it may read.
struct Sheet<'a> {
    typesetter: &'a Typesetter,
    source: Source,
    data: Bytes,
}

impl World for Sheet<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.typesetter.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.typesetter.fonts.book()
    }

    fn main(&self) -> FileId {
        self.source.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.source.id() { Ok(self.source.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == virtual_file("data.json") { Ok(self.data.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.typesetter.fonts.font(index)
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// The identifier of a file that exists only here. Typst keeps each path once for the life of the process; there are
/// three.
#[expect(clippy::expect_used, reason = "the names are constants of this file, without path separators or dots alone")]
fn virtual_file(name: &'static str) -> FileId {
    let path = VirtualPath::new(name).expect("a plain file name");
    FileId::new(RootedPath::new(VirtualRoot::Project, path))
}

fn pdf_options(layout: Layout, identity: &str, at: CivilTime) -> Result<PdfOptions, TypesetError> {
    let defect = || TypesetError::Defect("the PDF settings are not accepted".to_owned());
    let local = at.local();
    let date = Datetime::from_ymd_hms(local.year, local.month, local.day, local.hour, local.minute, local.second);
    let timestamp = date.and_then(|date| Timestamp::new_local(date, at.utc_offset_minutes.into()));
    Ok(PdfOptions {
        ident: Smart::Custom(identity.to_owned()),
        creator: Smart::Custom(Some("Accord".to_owned())),
        timestamp: Some(timestamp.ok_or_else(defect)?),
        // Pages that are grafted onto another file leave their structure tree behind.
        tagged: layout == Layout::Document,
        standards: PdfStandards::new(&[PdfStandard::A_2b]).map_err(|_| defect())?,
        ..PdfOptions::default()
    })
}

/// The first character that was set as the font's empty box.
fn missing_glyph(frame: &Frame) -> Option<char> {
    frame.items().find_map(|(_, item)| match item {
        FrameItem::Group(group) => missing_glyph(&group.frame),
        FrameItem::Text(text) => {
            let glyph = text.glyphs.iter().find(|glyph| glyph.id == 0)?;
            text.text.get(glyph.range())?.chars().next()
        }
        FrameItem::Shape(..) | FrameItem::Image(..) | FrameItem::Link(..) | FrameItem::Tag(_) => None,
    })
}

fn defect(errors: &[SourceDiagnostic]) -> TypesetError {
    TypesetError::Defect(errors.first().map_or_else(String::new, |error| error.message.to_string()))
}
