//! The fonts documents are set in. They are given as bytes: which package they come from is the program's business.

use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

/// A set of fonts, in order of preference by family.
pub struct Fonts {
    book: LazyHash<FontBook>,
    faces: Vec<Font>,
    families: Vec<String>,
}

/// Why fonts were not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FontError {
    /// Not a font that the typesetter reads.
    #[error("font file {index} is neither TrueType nor OpenType: give whole .ttf, .otf or .ttc files")]
    Unreadable {
        /// Which of the files, counted from 0.
        index: usize,
    },
    /// The fonts have no Chinese.
    #[error("the fonts lack {0}: give a font with simplified Chinese, such as Noto Serif SC")]
    NoChinese(char),
}

impl Fonts {
    /// Reads font files (TrueType, OpenType, collections).
    ///
    /// # Errors
    /// [`FontError`] when a file is no font, or when all together could not set an agreement.
    pub fn load(files: Vec<Vec<u8>>) -> Result<Self, FontError> {
        let mut faces = Vec::new();
        for (index, file) in files.into_iter().enumerate() {
            let before = faces.len();
            faces.extend(Font::iter(Bytes::new(file)));
            if faces.len() == before {
                return Err(FontError::Unreadable { index });
            }
        }
        let mut families: Vec<String> = Vec::new();
        for face in &faces {
            if !families.contains(&face.info().family) {
                families.push(face.info().family.clone());
            }
        }
        let fonts = Self { book: LazyHash::new(FontBook::from_fonts(&faces)), faces, families };
        match "调解协议书第页共（）：0a".chars().find(|character| !fonts.has(*character)) {
            Some(missing) => Err(FontError::NoChinese(missing)),
            None => Ok(fonts),
        }
    }

    /// Whether any font has a glyph for this character.
    pub fn has(&self, character: char) -> bool {
        self.faces.iter().any(|face| face.info().coverage.contains(character.into()))
    }

    pub(crate) fn families(&self) -> &[String] {
        &self.families
    }

    pub(super) fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    pub(super) fn font(&self, index: usize) -> Option<Font> {
        self.faces.get(index).cloned()
    }
}
