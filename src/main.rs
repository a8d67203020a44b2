//! Accord.
fn main() {}
