//! Every size that this crate refuses to exceed, with its unit and its reason.

/// Longest statement that a person may sign. A real one is under 1 kB; the rest is room for a subject's identifiers.
pub const STATEMENT_BYTES_MAX: usize = 16 * 1024;
/// Longest payload of one journal entry, in canonical form. Documents are journalled by digest, never in full.
pub const PAYLOAD_BYTES_MAX: usize = 256 * 1024;
/// Longest kind of a journal entry; kinds are our own short words.
pub const KIND_BYTES_MAX: usize = 64;
/// Longest line of a journal file: a payload whose every byte needs escaping, and the entry around it.
pub const JOURNAL_LINE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Longest journal file that is verified in memory.
pub const JOURNAL_FILE_BYTES_MAX: usize = 512 * 1024 * 1024;
/// Longest path of hashes in a proof: a tree of 2^64 leaves is no deeper, and a consistency proof adds one.
pub const PROOF_HASHES_MAX: usize = 65;

/// Largest result bundle: two copies of an agreement with embedded fonts and pictures, with room to spare.
pub const BUNDLE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Most parts in a bundle: 50 people with a signature and several consents each.
pub const BUNDLE_PARTS_MAX: usize = 1024;
/// Longest name of a part; ours are under 40 bytes.
pub const PART_NAME_BYTES_MAX: usize = 64;
/// Longest JSON part of a bundle. The journal's excerpt is the largest; read into memory it takes about ten times that.
pub const JSON_PART_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Most public keys in a key set: three purposes and a generous history of rotations.
pub const KEYS_MAX: usize = 256;
/// Longest name of a tenant that may name a folder of keys.
pub const TENANT_BYTES_MAX: usize = 64;
/// Longest PKCS#8 document read from the key folder; an Ed25519 key takes 85 bytes.
pub const KEY_FILE_BYTES_MAX: u64 = 1024;

/// The largest whole number that every JSON reader keeps exactly (RFC 8785, I-JSON): 2^53 - 1.
pub const WHOLE_NUMBER_MAX: u64 = (1 << 53) - 1;
