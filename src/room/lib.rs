//! accord-room
