//! accord-agreement
