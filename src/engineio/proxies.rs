//! Proxies: who is at the other end, when what stands in between says so.
//!
//! ```text
//!   client 203.0.113.9 ──► proxy 10.0.0.1 ──► proxy 10.0.0.2 ──► server
//!
//!   X-Forwarded-For: 198.51.100.1, 203.0.113.9, 10.0.0.1
//!                    └ the client's own  └ the first that is no proxy of ours, from the right
//!   Forwarded: for=203.0.113.9;proto=https, for=10.0.0.1
//! ```
//!
//! A client can write what it likes into these headers, and each proxy adds what it sees at the
//! right. So they are read from the right, and only for as long as the one who wrote is trusted.
//! For the same reason only one of the two kinds is read: the one that the proxies are known to
//! write. The other may be the client's own.
//!
//! Core file. Not in the specification; RFC 7239 for `Forwarded`.

use core::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

/// In which headers proxies say for whom they ask.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ProxyHeader {
    /// `X-Forwarded-For` and `X-Forwarded-Proto`, which nearly all of them write.
    #[default]
    XForwarded,
    /// `Forwarded`, as RFC 7239 has it.
    Forwarded,
}

/// What the headers of a request say that proxies write, each value as it came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Said<'a> {
    /// In two headers, of which the first has one address for each proxy.
    XForwarded {
        /// `X-Forwarded-For`.
        addresses: Vec<&'a str>,
        /// `X-Forwarded-Proto`.
        schemes: Vec<&'a str>,
    },
    /// `Forwarded`: address and scheme side by side.
    Forwarded(Vec<&'a str>),
}

impl<'a> Said<'a> {
    /// Reads them, where `values` tells all values of a header.
    pub fn read(header: ProxyHeader, values: impl Fn(&'static str) -> Vec<&'a str>) -> Self {
        match header {
            ProxyHeader::XForwarded => Self::XForwarded {
                addresses: values("x-forwarded-for"),
                schemes: values("x-forwarded-proto"),
            },
            ProxyHeader::Forwarded => Self::Forwarded(values("forwarded")),
        }
    }
}

/// Who has sent a request, as far as it can be known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sender {
    /// The address of the client.
    pub address: IpAddr,
    /// Whether it has come over TLS to the proxy.
    pub secure: bool,
}

/// Who has sent a request that came from `peer`, when these networks are those of proxies.
///
/// ```
/// use sockrates::engineio::proxies::{Said, sender};
///
/// let trusted = ["10.0.0.0/8".parse().unwrap()];
/// let said = Said::XForwarded { addresses: vec!["203.0.113.9, 10.0.0.1"], schemes: vec![] };
/// let peer = |address: &str| address.parse().unwrap();
/// assert_eq!(sender(peer("10.0.0.2"), &said, &trusted).address, peer("203.0.113.9"));
/// assert_eq!(sender(peer("192.0.2.7"), &said, &trusted).address, peer("192.0.2.7"));
/// ```
pub fn sender(peer: IpAddr, said: &Said<'_>, trusted: &[IpNet]) -> Sender {
    let peer = Sender { address: peer.to_canonical(), secure: false };
    if !is_trusted(peer.address, trusted) {
        return peer;
    }
    match said {
        Said::Forwarded(elements) => follow(peer, from_the_right(elements).map(element), trusted),
        Said::XForwarded { addresses, schemes } => {
            let hops = from_the_right(addresses).map(|it| Some((address(it)?, false)));
            let secure = from_the_right(schemes).next().is_some_and(is_tls);
            Sender { secure, ..follow(peer, hops, trusted) }
        }
    }
}

/// Goes from one to the next for as long as they are trusted. What cannot be read is where it
/// ends: the one who wrote it is the last that is known.
fn follow(
    peer: Sender,
    hops: impl Iterator<Item = Option<(IpAddr, bool)>>,
    trusted: &[IpNet],
) -> Sender {
    let mut last = peer;
    for hop in hops {
        let Some((address, secure)) = hop else { break };
        last = Sender { address, secure };
        if !is_trusted(address, trusted) {
            break;
        }
    }
    last
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// The items of lists, the last one first. Several headers are one list.
fn from_the_right<'a>(lists: &[&'a str]) -> impl Iterator<Item = &'a str> {
    lists.iter().rev().flat_map(|list| list.rsplit(',')).map(str::trim)
}

/// One element of `Forwarded`: for whom it was forwarded, and whether that came over TLS.
fn element(text: &str) -> Option<(IpAddr, bool)> {
    let field = |name: &str| {
        let mut pairs = text.split(';').filter_map(|pair| pair.split_once('='));
        let found = pairs.find(|(found, _)| found.trim().eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().trim_matches('"'))
    };
    Some((address(field("for")?)?, field("proto").is_some_and(is_tls)))
}

fn is_tls(scheme: &str) -> bool {
    ["https", "wss"].iter().any(|it| scheme.eq_ignore_ascii_case(it))
}

/// An address, with a port or without: `192.0.2.7`, `192.0.2.7:80`, `2001:db8::1`,
/// `[2001:db8::1]`, `[2001:db8::1]:80`. One of IPv4 in the clothes of IPv6 is what it is.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|it| it.ip());
    bare.parse::<IpAddr>().ok().or_else(with_port).map(|it| it.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted() -> Vec<IpNet> {
        ["10.0.0.0/8", "2001:db8:aaaa::/48"].iter().map(|it| it.parse().unwrap()).collect()
    }

    #[track_caller]
    fn check(peer: &str, x_forwarded_for: &[&str], expected: &str) {
        let said = Said::XForwarded { addresses: x_forwarded_for.to_vec(), schemes: Vec::new() };
        let sender = sender(peer.parse().unwrap(), &said, &trusted());
        assert_eq!(sender.address.to_string(), expected, "{x_forwarded_for:?}");
        assert!(!sender.secure);
    }

    #[test]
    fn only_proxies_that_are_trusted_are_believed() {
        check("192.0.2.7", &["203.0.113.9"], "192.0.2.7");
        check("192.0.2.7", &["203.0.113.9", "10.0.0.1"], "192.0.2.7");
        check("10.0.0.2", &[], "10.0.0.2");
        check("10.0.0.2", &["203.0.113.9"], "203.0.113.9");
        check("::ffff:10.0.0.2", &["203.0.113.9"], "203.0.113.9");
        check("2001:db8:aaaa::1", &["203.0.113.9"], "203.0.113.9");
        check("2001:db8:bbbb::1", &["203.0.113.9"], "2001:db8:bbbb::1");
    }

    /// What a client writes itself stands at the left of what the first proxy adds.
    #[test]
    fn the_list_is_read_from_the_right() {
        check("10.0.0.2", &["198.51.100.1, 203.0.113.9, 10.0.0.1"], "203.0.113.9");
        check("10.0.0.2", &["198.51.100.1", "203.0.113.9,10.0.0.1"], "203.0.113.9");
        check("10.0.0.2", &["10.0.0.3, 10.0.0.1"], "10.0.0.3");
        check("10.0.0.2", &["198.51.100.1, nobody, 10.0.0.1"], "10.0.0.1");
        check("10.0.0.2", &["198.51.100.1, "], "10.0.0.2");
        check("10.0.0.2", &["unknown"], "10.0.0.2");
    }

    #[test]
    fn addresses_are_written_in_many_ways() {
        check("10.0.0.2", &["203.0.113.9:4711"], "203.0.113.9");
        check("10.0.0.2", &["2001:db8::9"], "2001:db8::9");
        check("10.0.0.2", &["[2001:db8::9]"], "2001:db8::9");
        check("10.0.0.2", &["[2001:db8::9]:4711"], "2001:db8::9");
        check("10.0.0.2", &["::ffff:203.0.113.9"], "203.0.113.9");
        check("10.0.0.2", &["203.0.113"], "10.0.0.2");
        check("10.0.0.2", &["[203.0.113.9"], "10.0.0.2");
    }

    #[track_caller]
    fn check_forwarded(forwarded: &str, address: &str, secure: bool) {
        let said = Said::Forwarded(vec![forwarded]);
        let sender = sender("10.0.0.2".parse().unwrap(), &said, &trusted());
        assert_eq!((&*sender.address.to_string(), sender.secure), (address, secure), "{forwarded}");
    }

    #[test]
    fn forwarded_is_read_in_the_same_way() {
        check_forwarded("for=203.0.113.9;proto=https, for=10.0.0.1", "203.0.113.9", true);
        check_forwarded("for=198.51.100.1;proto=https, for=203.0.113.9", "203.0.113.9", false);
        check_forwarded(r#"Proto="https" ; For="[2001:db8::9]:4711""#, "2001:db8::9", true);
        check_forwarded("by=10.0.0.1;proto=https", "10.0.0.2", false);
        check_forwarded("for=_hidden;proto=https", "10.0.0.2", false);
    }

    #[test]
    fn tls_is_what_a_proxy_that_is_trusted_says_of_it() {
        for (peer, schemes, secure) in [
            ("10.0.0.2", &["https"][..], true),
            ("10.0.0.2", &["wss"], true),
            ("10.0.0.2", &["http"], false),
            ("10.0.0.2", &["https", "http"], false),
            ("10.0.0.2", &["http, HTTPS"], true),
            ("10.0.0.2", &[], false),
            ("192.0.2.7", &["https"], false),
        ] {
            let said =
                Said::XForwarded { addresses: vec!["203.0.113.9"], schemes: schemes.to_vec() };
            let sender = sender(peer.parse().unwrap(), &said, &trusted());
            assert_eq!(sender.secure, secure, "{peer}, {schemes:?}");
        }
    }

    /// A proxy passes on what it does not know of, so a client could write the other one.
    #[test]
    fn only_the_header_is_read_that_the_proxies_write() {
        let values = |name| match name {
            "x-forwarded-for" => vec!["203.0.113.9"],
            "x-forwarded-proto" => vec!["https"],
            "forwarded" => vec!["for=198.51.100.1"],
            other => panic!("nobody writes {other}"),
        };
        for (header, address, secure) in [
            (ProxyHeader::XForwarded, "203.0.113.9", true),
            (ProxyHeader::Forwarded, "198.51.100.1", false),
        ] {
            let said = Said::read(header, values);
            let sender = sender("10.0.0.2".parse().unwrap(), &said, &trusted());
            assert_eq!((&*sender.address.to_string(), sender.secure), (address, secure));
        }
    }
}
