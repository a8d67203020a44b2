//! What is embedded: the web app, its files by path with content types, and the fonts of the papers.

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/web.rs"));
}

/// A file of the web app.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Its bytes.
    pub bytes: &'static [u8],
    /// Its media type.
    pub content_type: &'static str,
    /// Whether its name changes with its content, so that it may be kept for ever.
    pub is_hashed: bool,
}

/// The file at a path that begins with `/`.
pub fn find(path: &str) -> Option<Asset> {
    let index = embedded::FILES.binary_search_by_key(&path, |(name, _)| name).ok()?;
    let (name, bytes) = embedded::FILES.get(index)?;
    Some(Asset { bytes, content_type: content_type(name), is_hashed: name.starts_with("/assets/") })
}

/// The fonts that papers are set in.
pub fn fonts() -> Vec<Vec<u8>> {
    embedded::FONTS.iter().map(|font| font.to_vec()).collect()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("json" | "map") => "application/json",
        Some("wasm") => "application/wasm",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
