//! The parts of a result bundle. A bundle holds these, in this order, and nothing else.

use std::fmt;
use std::str::FromStr;

/// One part, by name. The order of the variants is the order in the file; numbers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Manifest,
    Keys,
    Result,
    Record,
    Content,
    FrozenPdf,
    SignedPdf,
    Signature(u16),
    Seal,
    Consent(u16),
    Head,
    Entries,
    RecordingCertificate,
}

impl Part {
    /// The numbered part that must come between `before` and this one; `None` when this one may follow.
    pub(crate) fn missing_after(self, before: Option<Self>) -> Option<Self> {
        let next = match (self, before) {
            (Self::Signature(_), Some(Self::Signature(number))) => Self::Signature(number.saturating_add(1)),
            (Self::Signature(_), _) => Self::Signature(1),
            (Self::Consent(_), Some(Self::Consent(number))) => Self::Consent(number.saturating_add(1)),
            (Self::Consent(_), _) => Self::Consent(1),
            _ => return None,
        };
        (next < self).then_some(next)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest => formatter.write_str("manifest.json"),
            Self::Keys => formatter.write_str("keys.json"),
            Self::Result => formatter.write_str("result.json"),
            Self::Record => formatter.write_str("record.json"),
            Self::Content => formatter.write_str("agreement/content.json"),
            Self::FrozenPdf => formatter.write_str("agreement/frozen.pdf"),
            Self::SignedPdf => formatter.write_str("agreement/signed.pdf"),
            Self::Signature(number) => write!(formatter, "signatures/{number:03}.json"),
            Self::Seal => formatter.write_str("seal.json"),
            Self::Consent(number) => write!(formatter, "consents/{number:03}.json"),
            Self::Head => formatter.write_str("journal/head.json"),
            Self::Entries => formatter.write_str("journal/entries.json"),
            Self::RecordingCertificate => formatter.write_str("recording/certificate.json"),
        }
    }
}

impl FromStr for Part {
    type Err = UnknownPart;

    fn from_str(name: &str) -> Result<Self, UnknownPart> {
        let numbered = |folder: &str| -> Option<u16> { name.strip_prefix(folder)?.strip_suffix(".json")?.parse().ok() };
        let part = match name {
            "manifest.json" => Self::Manifest,
            "keys.json" => Self::Keys,
            "result.json" => Self::Result,
            "record.json" => Self::Record,
            "agreement/content.json" => Self::Content,
            "agreement/frozen.pdf" => Self::FrozenPdf,
            "agreement/signed.pdf" => Self::SignedPdf,
            "seal.json" => Self::Seal,
            "journal/head.json" => Self::Head,
            "journal/entries.json" => Self::Entries,
            "recording/certificate.json" => Self::RecordingCertificate,
            _ => numbered("signatures/")
                .map(Self::Signature)
                .or_else(|| numbered("consents/").map(Self::Consent))
                .ok_or(UnknownPart)?,
        };
        // One spelling for each number, and none for zero.
        let counted = !matches!(part, Self::Signature(0) | Self::Consent(0));
        if counted && part.to_string() == name { Ok(part) } else { Err(UnknownPart) }
    }
}

/// No such part in a result bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnknownPart;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_our_own_parts_are_known_in_one_spelling_each() {
        for name in ["seal.json", "signatures/001.json", "consents/1000.json", "journal/head.json"] {
            assert_eq!(name.parse::<Part>().map(|part| part.to_string()).as_deref(), Ok(name));
        }
        let strange = [
            "../seal.json",
            "/seal.json",
            "signatures/1.json",
            "signatures/000.json",
            "signatures/+01.json",
            "SEAL.JSON",
            "",
            "a",
        ];
        for name in strange {
            assert_eq!(name.parse::<Part>(), Err(UnknownPart), "{name}");
        }
    }
}
