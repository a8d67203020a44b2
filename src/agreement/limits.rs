//! Every size this crate bounds, in one place: what an editor may send, how large a document may grow, what is typeset.

/// Bytes of one update from an editor. A keystroke takes about 30, a pasted contract of ten pages about 60,000.
pub const UPDATE_BYTES_MAX: usize = 256 * 1024;

/// Highest client identifier: Yjs draws 32-bit numbers, JavaScript holds 53 bits.
pub const CLIENT_ID_MAX: u64 = (1 << 53) - 1;

/// Blocks (inserted runs of text, elements, formats) of one update. A paste of 1,000 formatted paragraphs takes about 8,000.
pub const UPDATE_BLOCKS_MAX: usize = 16_384;

/// Clients whose blocks one update may carry. An editor writes under one identifier, two after it had to change it.
pub const UPDATE_CLIENTS_MAX: usize = 8;

/// Clients whose blocks one update may delete: everybody who ever wrote.
pub const UPDATE_DELETING_CLIENTS_MAX: usize = DOCUMENT_CLIENTS_MAX;

/// Ranges of the delete set of one update. Selecting all and deleting a document that many typed takes the most.
pub const UPDATE_DELETE_RANGES_MAX: usize = 16_384;

/// Length of one deleted or collected block, in clock units (UTF-16 code units). It costs the sender no bytes, so it is
/// bounded: nobody deletes a megabyte of text at once.
pub const UPDATE_ERASED_UNITS_MAX: u32 = 1 << 20;

/// Elements nested in one another: section > list > item > list > … > text. Deletion recurses by this depth.
pub const NESTING_DEPTH_MAX: usize = 24;

/// Clock of one client, in units. Far from where 32-bit arithmetic of the engine would wrap.
pub const CLIENT_CLOCK_MAX: u32 = 1 << 26;

/// Clients that ever wrote in a document. Each opening of a page is a new one.
pub const DOCUMENT_CLIENTS_MAX: usize = 2_048;

/// Visible text of a document, in Unicode scalar values: about 110 printed pages, which take 2–3 s to typeset.
pub const DOCUMENT_TEXT_CHARS_MAX: usize = 100_000;

/// Nodes of a document's tree.
pub const DOCUMENT_NODES_MAX: usize = 20_000;

/// Encoded document with its history (tombstones), in bytes.
pub const DOCUMENT_HISTORY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Pages of a typeset document.
pub const PAGES_MAX: usize = 300;

/// One fact about the case (a name, an address, a claim), in Unicode scalar values.
pub const FACT_CHARS_MAX: usize = 4_000;

/// People who sign one document.
pub const SIGNERS_MAX: usize = 64;

/// Strokes and points of one drawn signature.
pub const DRAWN_SIGNATURE_POINTS_MAX: usize = 10_000;

/// Bytes of a frozen document that is countersigned.
pub const PDF_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Generations of typesetter results kept for the next run. Memoised layouts of old documents are dropped after that.
pub const TYPESETTER_CACHE_AGE_MAX: usize = 2;

/// Blocks of one update whose neighbours are looked at one by one; typing makes one or two. Updates with more are checked
/// by loading a copy of the document.
pub const PLACEMENTS_CHECKED_MAX: usize = 64;
