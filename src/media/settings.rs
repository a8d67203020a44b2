//! Where the media plane listens and what it tells browsers to send to.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Settings of the media plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaSettings {
    /// Address and first port to listen on with UDP. Shard `n` takes the port `n` above it; port 0 lets the system choose.
    pub bind: SocketAddr,
    /// Addresses at which browsers reach this machine, the best first; empty if that is the address bound to.
    pub announced: Vec<IpAddr>,
    /// Threads, each with a socket of its own. A room lives on one of them.
    pub shards: usize,
}

impl MediaSettings {
    /// One shard on any free port of the loopback interface.
    pub fn loopback() -> MediaSettings {
        MediaSettings { bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), announced: Vec::new(), shards: 1 }
    }
}

impl Default for MediaSettings {
    /// Loopback, with a shard for each core.
    fn default() -> MediaSettings {
        let shards = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        MediaSettings { shards, ..MediaSettings::loopback() }
    }
}
