//! accord-recording
