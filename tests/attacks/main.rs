//! Attacks on a running server: each test is a row of the list that the project keeps, and its name is what must hold.

mod admission;
mod server;
mod signalling;
mod visitor;
