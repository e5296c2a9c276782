//! The handshake: what each side learns of the other when a session opens.
//!
//! ```text
//!   GET /socket.io/?EIO=4&transport=polling&token=abc    the client: its request
//!   User-Agent: …
//!
//!   0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],"pingInterval":25000,
//!     "pingTimeout":20000,"maxPayload":1000000}          the server: its open packet
//! ```
//!
//! Core file. Spec: Engine.IO v4, "Handshake".

use core::net::{IpAddr, SocketAddr};
use std::borrow::Cow;
use std::time::Duration;

use bytestring::ByteString;
use http::Extensions;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::cors::is_same_origin;
use super::date::Date;
use super::dialect::Revision;
use super::options::{Options, Transport};
use super::query::parameters;
use super::sid::Sid;

/// What is known of a client from the request that opened its session.
///
/// It is kept as long as the session lives, so it is kept small: two strings and a few
/// words, instead of the request, whose buffers alone would be 16 KiB.
///
/// As JSON it is the `handshake` object of the reference server, but for `auth`, which is of a
/// socket and not of a session:
///
/// ```
/// use sockrates::engineio::handshake::Handshake;
///
/// let headers = [("host", "a"), ("origin", "https://b.example")].into_iter();
/// let handshake = Handshake::new("/socket.io/?EIO=4&room=1", headers, [192, 0, 2, 7].into());
/// let json = serde_json::to_value(&handshake).unwrap();
/// assert_eq!(json["address"], "192.0.2.7");
/// assert_eq!(json["headers"]["host"], "a");
/// assert_eq!(json["query"]["room"], "1");
/// assert_eq!(json["xdomain"], true);
/// assert_eq!(json["time"], "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)");
/// ```
#[derive(Clone, Debug)]
pub struct Handshake {
    /// Path and query of the request, as sent.
    url: Box<str>,
    /// The headers, one line each, with names in lower case.
    headers: Box<str>,
    arrival: Arrival,
}

/// What is known of a request besides what it says.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The other end of the TCP connection.
    pub peer: SocketAddr,
    /// The client's address: the peer's, or what a proxy says that is trusted.
    pub address: IpAddr,
    /// Whether a proxy that is trusted says that the client came over TLS.
    pub secure: bool,
    /// When it came: the time since the beginning of 1970.
    pub issued: Duration,
    /// What others have attached to it.
    pub extensions: Extensions,
}

impl From<IpAddr> for Arrival {
    /// Straight from a client, at the beginning of time.
    fn from(address: IpAddr) -> Self {
        let peer = SocketAddr::new(address, 0);
        let (secure, issued, extensions) = (false, Duration::ZERO, Extensions::new());
        Self { peer, address, secure, issued, extensions }
    }
}

impl Handshake {
    /// Keeps what matters of a request that came straight from a client.
    pub fn new<'a>(
        url: &str,
        headers: impl Iterator<Item = (&'a str, &'a str)>,
        address: IpAddr,
    ) -> Self {
        Self::of(url, headers, address.into())
    }

    /// Keeps what matters of a request. Header values that are no text are left out.
    pub fn of<'a>(
        url: &str,
        headers: impl Iterator<Item = (&'a str, &'a str)>,
        arrival: Arrival,
    ) -> Self {
        let mut lines = String::new();
        for (name, value) in headers {
            lines.extend([name, ": ", value, "\n"]);
        }
        Self { url: url.into(), headers: lines.into(), arrival }
    }

    /// Path and query of the request, as sent.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The client's address. Behind a proxy that is none of
    /// [`Options::trusted_proxies`](super::options::Options::trusted_proxies), the proxy's.
    pub fn address(&self) -> IpAddr {
        self.arrival.address
    }

    /// The other end of the TCP connection. Behind a proxy, the proxy.
    pub fn peer(&self) -> SocketAddr {
        self.arrival.peer
    }

    /// When the session was opened, as the time since the beginning of 1970: so
    /// `std::time::UNIX_EPOCH + handshake.issued()` is the moment.
    pub fn issued(&self) -> Duration {
        self.arrival.issued
    }

    /// Whether the client came over TLS, as far as a proxy says so that is trusted.
    pub fn is_secure(&self) -> bool {
        self.arrival.secure
    }

    /// Whether a page of another origin has opened the session: the request has an `Origin` that
    /// is not the name in its `Host`. In the reference server, and in the JSON, `xdomain` says
    /// only whether there is an `Origin`, which pages of one's own have on WebSockets as well.
    pub fn is_cross_origin(&self) -> bool {
        let host = self.header("host").unwrap_or_default();
        self.header("origin").is_some_and(|origin| !is_same_origin(origin, host))
    }

    /// What others have attached to the request, each by its type: whoever has led it here, as a
    /// layer of tower does, and the hooks by
    /// [`Inquiry::insert`](super::hooks::Inquiry::insert).
    ///
    /// ```
    /// use sockrates::engineio::handshake::{Arrival, Handshake};
    ///
    /// #[derive(Clone, Debug, PartialEq)]
    /// struct User(&'static str);
    ///
    /// let mut arrival = Arrival::from(std::net::IpAddr::from([192, 0, 2, 7]));
    /// arrival.extensions.insert(User("Ada"));
    /// let handshake = Handshake::of("/", std::iter::empty(), arrival);
    /// assert_eq!(handshake.extensions().get(), Some(&User("Ada")));
    /// ```
    pub fn extensions(&self) -> &Extensions {
        &self.arrival.extensions
    }

    /// The query's parameters, decoded, in the order in which they were sent.
    pub fn query(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        parameters(self.url.split_once('?').map_or("", |(_, query)| query))
    }

    /// The revision of the protocol that the client speaks.
    pub fn revision(&self) -> Revision {
        let version = self.query().filter(|(name, _)| name == "EIO").last();
        Revision::asked_by(version.as_ref().map(|(_, value)| &**value))
    }

    /// The headers, with names in lower case, in the order in which they were sent.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.lines().filter_map(|line| line.split_once(": "))
    }

    /// The first header of this name, written in lower case.
    ///
    /// ```
    /// use sockrates::engineio::handshake::Handshake;
    ///
    /// let headers = [("user-agent", "curl/8"), ("x-probe", "7")].into_iter();
    /// let handshake = Handshake::new("/socket.io/?EIO=4&a=%20b", headers, [127, 0, 0, 1].into());
    /// assert_eq!(handshake.header("x-probe"), Some("7"));
    /// assert_eq!(handshake.query().last(), Some(("a".into(), " b".into())));
    /// assert_eq!(handshake.revision().number(), 4);
    /// ```
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find_map(|(found, value)| (found == name).then_some(value))
    }
}

impl Serialize for Handshake {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut query = Vec::new();
        for (name, value) in self.query() {
            // The last one of its name counts, at the place of the first.
            match query.iter_mut().find(|(found, _)| *found == name) {
                Some((_, place)) => *place = value,
                None => query.push((name, value)),
            }
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("headers", &Pairs(self.joined_headers()))?;
        map.serialize_entry("time", &Date(self.issued()).to_string())?;
        map.serialize_entry("address", &self.address())?;
        map.serialize_entry("xdomain", &self.header("origin").is_some())?;
        map.serialize_entry("secure", &self.is_secure())?;
        map.serialize_entry("issued", &self.issued().as_millis())?;
        map.serialize_entry("url", self.url())?;
        map.serialize_entry("query", &Pairs(query))?;
        map.end()
    }
}

impl Handshake {
    /// The headers with each name once, as Node joins them.
    fn joined_headers(&self) -> Vec<(&str, String)> {
        let mut joined: Vec<(&str, String)> = Vec::new();
        for (name, value) in self.headers() {
            match joined.iter_mut().find(|(found, _)| *found == name) {
                None => joined.push((name, value.to_owned())),
                Some(_) if ONCE.contains(&name) => {}
                Some((_, all)) => {
                    all.extend([if name == "cookie" { "; " } else { ", " }, value]);
                }
            }
        }
        joined
    }
}

/// Headers of a request of which Node keeps the first.
const ONCE: [&str; 12] = [
    "age",
    "authorization",
    "content-length",
    "content-type",
    "from",
    "host",
    "if-modified-since",
    "if-unmodified-since",
    "max-forwards",
    "proxy-authorization",
    "referer",
    "user-agent",
];

/// Names and values, as a JSON object.
struct Pairs<K, V>(Vec<(K, V)>);

impl<K: Serialize, V: Serialize> Serialize for Pairs<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// The data of the open packet, in the reference server's order of keys.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Open {
    sid: String,
    upgrades: &'static [&'static str],
    ping_interval: u128,
    ping_timeout: u128,
    max_payload: usize,
}

/// The open packet of a session that begins on `transport`.
pub fn open_packet(sid: Sid, transport: Transport, options: &Options) -> ByteString {
    let upgrades: &[&str] = match transport {
        Transport::Polling if options.offers_upgrade() => &["websocket"],
        Transport::Polling | Transport::WebSocket => &[],
    };
    // [EIO4-HANDSHAKE-2] "If the server accepts the connection, then it MUST respond with an
    // `open` packet with the following JSON-encoded payload"
    let open = Open {
        sid: sid.to_string(),
        upgrades,
        ping_interval: options.ping_interval.as_millis(),
        ping_timeout: options.ping_timeout.as_millis(),
        max_payload: options.max_payload,
    };
    // Strings and numbers always serialise; an empty object would be refused by clients.
    serde_json::to_string(&open).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engineio::options::Transports;

    #[track_caller]
    fn check(transport: Transport, options: &Options, expected: &str) {
        assert_eq!(open_packet(Sid::new([0; 15]), transport, options), expected);
    }

    #[test]
    fn the_open_packet_is_the_reference_servers_to_the_byte() {
        let defaults = Options::default();
        check(
            Transport::Polling,
            &defaults,
            r#"{"sid":"AAAAAAAAAAAAAAAAAAAA","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
        );
        check(
            Transport::WebSocket,
            &defaults,
            r#"{"sid":"AAAAAAAAAAAAAAAAAAAA","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
        );
    }

    #[test]
    fn a_handshake_keeps_what_was_asked_and_in_which_revision() {
        for (url, revision) in [("/socket.io/?EIO=4&a=b", 4), ("/a?EIO=4&EIO=3", 3), ("/", 3)] {
            let handshake = Handshake::new(url, [].into_iter(), [127, 0, 0, 1].into());
            assert_eq!((handshake.url(), handshake.revision().number()), (url, revision));
        }
    }

    /// The same keys in the same order, so that tools which show handshakes show ours.
    #[test]
    fn as_json_it_is_the_reference_servers_object() {
        let mut arrival = Arrival::from(IpAddr::from([192, 0, 2, 7]));
        arrival.issued = Duration::from_millis(1_700_000_000_123);
        arrival.secure = true;
        let headers = [
            ("host", "a"),
            ("host", "b"),
            ("cookie", "c=1"),
            ("accept", "x"),
            ("cookie", "d=2"),
            ("accept", "y"),
        ];
        let url = "/socket.io/?EIO=3&a=%22b&EIO=4";
        let handshake = Handshake::of(url, headers.into_iter(), arrival);
        let expected = concat!(
            r#"{"headers":{"host":"a","cookie":"c=1; d=2","accept":"x, y"},"#,
            r#""time":"Tue Nov 14 2023 22:13:20 GMT+0000 (Coordinated Universal Time)","#,
            r#""address":"192.0.2.7","xdomain":false,"secure":true,"issued":1700000000123,"#,
            r#""url":"/socket.io/?EIO=3&a=%22b&EIO=4","query":{"EIO":"4","a":"\"b"}}"#,
        );
        assert_eq!(serde_json::to_string(&handshake).unwrap(), expected);
    }

    #[test]
    fn a_page_of_the_servers_own_is_of_no_other_origin() {
        for (origin, cross) in [
            (None, false),
            (Some("https://a.example"), false),
            (Some("https://b.example"), true),
            (Some("null"), true),
        ] {
            let origin = origin.map(|it| ("origin", it));
            let headers = [("host", "a.example")].into_iter().chain(origin);
            let handshake = Handshake::new("/", headers, [127, 0, 0, 1].into());
            assert_eq!(handshake.is_cross_origin(), cross, "{origin:?}");
        }
    }

    #[test]
    fn upgrades_are_empty_when_there_is_none() {
        for options in [
            Options { allow_upgrades: false, ..Options::default() },
            Options { transports: Transports::Polling, ..Options::default() },
        ] {
            let open = open_packet(Sid::new([0; 15]), Transport::Polling, &options);
            assert!(open.contains(r#""upgrades":[]"#), "{open}");
        }
    }
}
