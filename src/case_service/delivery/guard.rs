//! Which addresses a webhook may be sent to: the public internet, and what the operator has named.
//!
//! A name is resolved once per attempt, every address it has must be allowed, and the connection goes to one of exactly
//! those, so a name that changes its mind in between (DNS rebinding) gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::lookup_host;
use url::Host;

use super::client::DeliveryError;
use super::destination::Destination;

/// The addresses that may be connected to, at least one.
pub(super) async fn resolve(destination: &Destination) -> Result<Vec<SocketAddr>, DeliveryError> {
    let port = destination.url().port_or_known_default().ok_or(DeliveryError::Unresolved)?;
    let addresses: Vec<SocketAddr> = match destination.host().ok_or(DeliveryError::Unresolved)? {
        Host::Ipv4(address) => vec![(address, port).into()],
        Host::Ipv6(address) => vec![(address, port).into()],
        Host::Domain(name) => lookup_host((name, port)).await.map_err(|_| DeliveryError::Unresolved)?.collect(),
    };
    check(addresses, destination.may_be_private())
}

fn check(addresses: Vec<SocketAddr>, may_be_private: bool) -> Result<Vec<SocketAddr>, DeliveryError> {
    if addresses.is_empty() {
        return Err(DeliveryError::Unresolved);
    }
    if !may_be_private && addresses.iter().any(|address| !is_public(address.ip())) {
        return Err(DeliveryError::Forbidden);
    }
    Ok(addresses)
}

/// Whether an address is on the public internet (IANA's special-purpose registries), in every spelling.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_special = match (first, second) {
        // This network, private, loopback, link local (with the clouds' metadata), multicast and all above.
        (0 | 10 | 127 | 224..=255, _) | (169, 254) | (172, 16..=31) | (192, 168)
        // Shared by providers (RFC 6598), benchmarks (RFC 2544).
        | (100, 64..=127) | (198, 18 | 19) => true,
        // Protocol assignments, documentation, 6to4 relays.
        (192, 0) => matches!(third, 0 | 2),
        (192, 88) => third == 99,
        (198, 51) => third == 100,
        (203, 0) => third == 113,
        _ => false,
    };
    !is_special
}

/// Only global unicast (`2000::/3`) can be public. That leaves out loopback, local and link-local addresses, multicast,
/// NAT64 and every form of IPv4 inside IPv6 below it; the rest of those lie within.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let is_special = match address.segments() {
        // Teredo and other protocol assignments; documentation; 6to4; documentation again (RFC 9637).
        [0x2001, second, ..] => second < 0x200 || second == 0xdb8,
        [0x2002, ..] => true,
        [0x3fff, second, ..] => second < 0x1000,
        [first, ..] => !(0x2000..0x4000).contains(&first),
    };
    !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_private_link_local_and_metadata_addresses_are_not_public_in_any_form() {
        let special = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:7f00:1::",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
        ];
        for text in special {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn ordinary_addresses_are_public() {
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.255.255",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2001:4860:4860::8888",
            "2606:4700:4700::1111",
            "240e::1",
            "2408::1",
        ];
        for text in public {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_name_with_one_private_address_among_public_ones_is_refused() {
        let public: SocketAddr = "1.1.1.1:443".parse().unwrap();
        let private: SocketAddr = "127.0.0.1:443".parse().unwrap();
        assert_eq!(check(vec![public], false), Ok(vec![public]));
        assert_eq!(check(vec![public, private], false), Err(DeliveryError::Forbidden));
        assert_eq!(check(vec![private], true), Ok(vec![private]));
        assert_eq!(check(vec![], true), Err(DeliveryError::Unresolved));
    }
}
