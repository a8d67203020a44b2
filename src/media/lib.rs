//! accord-media
