//! What the wall promises, from both sides. All traffic stays on 127.0.0.1.

mod api;
mod authentication;
mod delivery;
mod http_exchange;
mod webhook;
