//! The zip file of a result bundle, in the one form that this crate writes: parts stored uncompressed, in the order of
//! [`Part`], with a fixed date and no extra fields (PKWARE APPNOTE 4.3).
//!
//! Any zip program opens it. The reader takes no other zip file: everything in the file is either a part's content or
//! follows from names and contents, so no byte is free, nothing can be hidden, and there is nothing to decompress.

use crate::limits::{BUNDLE_BYTES_MAX, BUNDLE_PARTS_MAX, PART_NAME_BYTES_MAX};
use crate::part::Part;

const LOCAL_SIGNATURE: [u8; 4] = *b"PK\x03\x04";
const DIRECTORY_SIGNATURE: [u8; 4] = *b"PK\x01\x02";
const END_SIGNATURE: [u8; 4] = *b"PK\x05\x06";
const LOCAL_BYTES: usize = 30;
const DIRECTORY_BYTES: usize = 46;
const END_BYTES: usize = 22;

/// Version 1.0 of the format suffices to read; written as on Unix so that permissions mean something.
const VERSION_NEEDED: u16 = 10;
const VERSION_MADE_BY: u16 = 0x0300 | VERSION_NEEDED;
/// 1980-01-01, the first day that zip knows.
const FIRST_DAY: u16 = (1 << 5) | 1;
/// A regular file that its owner may write and everybody read.
const FILE_ATTRIBUTES: u32 = 0o100_644 << 16;

/// What is wrong with an archive, and in which part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ArchiveFault {
    pub(crate) part: String,
    pub(crate) why: String,
}

/// Writes parts, which are in order, as a zip file. `None` when they are too many or too large together.
pub(crate) fn write(parts: &[(Part, Vec<u8>)]) -> Option<Vec<u8>> {
    let content: usize = parts.iter().map(|(_, content)| content.len()).sum();
    if content > BUNDLE_BYTES_MAX || parts.len() > BUNDLE_PARTS_MAX {
        return None;
    }
    let mut zip = Vec::with_capacity(content + parts.len() * 192 + END_BYTES);
    for (part, content) in parts {
        zip.extend(local_header(&part.to_string(), Sum::of(content)?));
        zip.extend_from_slice(content);
    }
    let tail = directory(parts.iter().map(|(part, content)| (*part, content.as_slice())))?;
    zip.extend(tail.concat());
    (zip.len() <= BUNDLE_BYTES_MAX).then_some(zip)
}

/// Reads a zip file that [`write()`] could have written.
pub(crate) fn read(zip: &[u8]) -> Result<Vec<(Part, &[u8])>, ArchiveFault> {
    if zip.len() > BUNDLE_BYTES_MAX {
        return Err(fault("zip file", format!("it has {} bytes; at most {BUNDLE_BYTES_MAX} are read", zip.len())));
    }
    let mut parts: Vec<(Part, &[u8])> = Vec::new();
    let mut at = 0;
    let directory_at = directory_at(zip);
    while directory_at != Some(at) && !zip.get(at..).is_some_and(|rest| rest.starts_with(&DIRECTORY_SIGNATURE)) {
        if parts.len() == BUNDLE_PARTS_MAX {
            return Err(fault("zip file", format!("it has more than {BUNDLE_PARTS_MAX} parts")));
        }
        let blame = |why: &str| fault(&part_at(zip, at, parts.len()), why.to_owned());
        let (part, content, next) = read_part(zip, at).map_err(blame)?;
        let before = parts.last().map(|(before, _)| *before);
        if let Some(missing) = part.missing_after(before) {
            return Err(fault(&missing.to_string(), format!("{part} stands where it belongs")));
        }
        if before.is_some_and(|before| before >= part) {
            return Err(blame("it stands after a part that it belongs before"));
        }
        parts.push((part, content));
        at = next;
    }
    check_directory(zip.get(at..).unwrap_or_default(), &parts)?;
    Ok(parts)
}

fn read_part(zip: &[u8], at: usize) -> Result<(Part, &[u8], usize), &'static str> {
    const ENDS: &str = "the file ends inside it";
    let header = zip.get(at..at + LOCAL_BYTES).ok_or("the file ends where it should begin")?;
    let name = at + LOCAL_BYTES;
    let content = name + usize::from(u16_at(header, 26));
    let next = content.saturating_add(u32_at(header, 22) as usize);

    let name = zip.get(name..content).ok_or(ENDS)?;
    let part = part_of(name).ok_or("its name is not that of a part of a result bundle")?;
    let content = zip.get(content..next).ok_or(ENDS)?;
    let sum = Sum::of(content).ok_or(ENDS)?;
    if local_header(&part.to_string(), sum) != zip.get(at..at + LOCAL_BYTES + name.len()).unwrap_or_default() {
        let same_sum = u32_at(header, 14) == sum.crc;
        return Err(if same_sum {
            "its zip header is not as this program writes it"
        } else {
            "its content does not match its checksum"
        });
    }
    Ok((part, content, next))
}

/// Everything after the last part follows from the parts.
fn check_directory(found: &[u8], parts: &[(Part, &[u8])]) -> Result<(), ArchiveFault> {
    let expected = directory(parts.iter().copied()).ok_or_else(|| fault("zip file", "it is too large".to_owned()))?;
    let mut at = 0;
    for (index, piece) in expected.iter().enumerate() {
        if found.get(at..at + piece.len()) != Some(piece) {
            let owner = parts.get(index).map_or_else(|| "zip file".to_owned(), |(part, _)| part.to_string());
            let why = "the zip file's directory does not say of it what its content says";
            let end = "its end is cut off or altered";
            return Err(fault(&owner, if index < parts.len() { why } else { end }.to_owned()));
        }
        at += piece.len();
    }
    if found.len() > at {
        return Err(fault("zip file", format!("{} bytes follow its end", found.len() - at)));
    }
    Ok(())
}

/// A part's checksum and size.
#[derive(Clone, Copy)]
struct Sum {
    crc: u32,
    size: u32,
}

impl Sum {
    fn of(content: &[u8]) -> Option<Self> {
        Some(Self { crc: crc32fast::hash(content), size: u32::try_from(content.len()).ok()? })
    }
}

/// The fields that local header and directory entry share, from "version needed" to "extra field length".
fn shared_fields(name: &str, sum: Sum) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(DIRECTORY_BYTES + name.len());
    let (flags, stored, midnight) = (0, 0, 0);
    for field in [VERSION_NEEDED, flags, stored, midnight, FIRST_DAY] {
        bytes.extend(field.to_le_bytes());
    }
    for field in [sum.crc, sum.size, sum.size] {
        bytes.extend(field.to_le_bytes());
    }
    // Names of parts are short: `part_of` and `Part` see to it.
    let (name_bytes, extra_bytes) = (u16::try_from(name.len()).unwrap_or(u16::MAX), 0_u16);
    bytes.extend(name_bytes.to_le_bytes());
    bytes.extend(extra_bytes.to_le_bytes());
    bytes
}

fn local_header(name: &str, sum: Sum) -> Vec<u8> {
    [LOCAL_SIGNATURE.as_slice(), &shared_fields(name, sum), name.as_bytes()].concat()
}

/// The directory's entries, one for each part, and the end record.
fn directory<'a>(parts: impl ExactSizeIterator<Item = (Part, &'a [u8])>) -> Option<Vec<Vec<u8>>> {
    let count = u16::try_from(parts.len()).ok()?;
    let mut pieces = Vec::with_capacity(parts.len() + 1);
    let (mut offset, mut size) = (0_u32, 0_u32);
    for (part, content) in parts {
        let (name, sum) = (part.to_string(), Sum::of(content)?);
        let (comment_bytes, disk, internal_attributes) = (0_u16, 0_u16, 0_u16);
        let piece = [
            DIRECTORY_SIGNATURE.as_slice(),
            &VERSION_MADE_BY.to_le_bytes(),
            &shared_fields(&name, sum),
            &comment_bytes.to_le_bytes(),
            &disk.to_le_bytes(),
            &internal_attributes.to_le_bytes(),
            &FILE_ATTRIBUTES.to_le_bytes(),
            &offset.to_le_bytes(),
            name.as_bytes(),
        ]
        .concat();
        offset = offset.checked_add(u32::try_from(LOCAL_BYTES + name.len()).ok()?)?.checked_add(sum.size)?;
        size = size.checked_add(u32::try_from(piece.len()).ok()?)?;
        pieces.push(piece);
    }
    let (disks, comment_bytes) = ([0; 4], 0_u16);
    let end = [
        END_SIGNATURE.as_slice(),
        &disks,
        &count.to_le_bytes(),
        &count.to_le_bytes(),
        &size.to_le_bytes(),
        &offset.to_le_bytes(),
        &comment_bytes.to_le_bytes(),
    ]
    .concat();
    pieces.push(end);
    Some(pieces)
}

/// The best name for the part at `at`, the `index`th: as the directory has it, or else its own header, or its number.
fn part_at(zip: &[u8], at: usize, index: usize) -> String {
    let own = || {
        let header = zip.get(at..at + LOCAL_BYTES)?;
        part_of(zip.get(at + LOCAL_BYTES..)?.get(..usize::from(u16_at(header, 26)))?)
    };
    let named = part_in_directory(zip, index).or_else(own);
    named.map_or_else(|| format!("part number {} of the zip file", index + 1), |part| part.to_string())
}

fn part_in_directory(zip: &[u8], index: usize) -> Option<Part> {
    let mut at = directory_at(zip)?;
    for skipped in 0..=index {
        let entry = zip.get(at..)?.get(..DIRECTORY_BYTES)?;
        let name_bytes = usize::from(u16_at(entry, 28));
        if skipped == index && entry.starts_with(&DIRECTORY_SIGNATURE) {
            return part_of(zip.get(at + DIRECTORY_BYTES..)?.get(..name_bytes)?);
        }
        at += DIRECTORY_BYTES + name_bytes;
    }
    None
}

/// Where the end record, if it is whole, says that the directory begins. Believed only to name what is wrong.
fn directory_at(zip: &[u8]) -> Option<usize> {
    let end = zip.get(zip.len().checked_sub(END_BYTES)?..)?;
    end.starts_with(&END_SIGNATURE).then(|| u32_at(end, 16) as usize)
}

fn part_of(name: &[u8]) -> Option<Part> {
    if name.len() > PART_NAME_BYTES_MAX {
        return None;
    }
    std::str::from_utf8(name).ok()?.parse().ok()
}

/// Little-endian numbers; zero past the end, which no header of ours allows to matter.
fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|field| field.try_into().ok()).map_or(0, u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|field| field.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn fault(part: &str, why: String) -> ArchiveFault {
    ArchiveFault { part: part.to_owned(), why }
}
