//! accord-evidence
