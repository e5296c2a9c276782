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

use core::net::IpAddr;
use std::borrow::Cow;

use bytestring::ByteString;
use serde::Serialize;

use super::dialect::Revision;
use super::options::{Options, Transport};
use super::query::parameters;
use super::sid::Sid;

/// What is known of a client from the request that opened its session.
///
/// It is kept as long as the session lives, so it is kept small: two strings and an
/// address, instead of the request, whose buffers alone would be 16 KiB.
#[derive(Clone, Debug)]
pub struct Handshake {
    /// Path and query of the request, as sent.
    url: Box<str>,
    /// The headers, one line each, with names in lower case.
    headers: Box<str>,
    /// Where the TCP connection came from. Behind a proxy, that is the proxy.
    address: IpAddr,
}

impl Handshake {
    /// Keeps what matters of a request. Header values that are no text are left out.
    pub fn new<'a>(
        url: &str,
        headers: impl Iterator<Item = (&'a str, &'a str)>,
        address: IpAddr,
    ) -> Self {
        let mut lines = String::new();
        for (name, value) in headers {
            lines.extend([name, ": ", value, "\n"]);
        }
        Self { url: url.into(), headers: lines.into(), address }
    }

    /// Path and query of the request, as sent.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address at the other end of the TCP connection. Behind a proxy, the proxy's.
    pub fn address(&self) -> IpAddr {
        self.address
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
