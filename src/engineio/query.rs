//! From a request's method and query to what it asks for.
//!
//! ```text
//!   GET  /socket.io/?EIO=4&transport=polling              open a session
//!   GET  /socket.io/?EIO=4&transport=polling&sid=lv_VI9…  wait for packets
//!   POST /socket.io/?EIO=4&transport=polling&sid=lv_VI9…  bring packets
//!   GET  /socket.io/?EIO=4&transport=websocket            open a session, on WebSocket
//!   GET  /socket.io/?EIO=4&transport=websocket&sid=…      move a session to WebSocket
//! ```
//!
//! The checks and their order are those of the reference server: transport, session,
//! method, version.
//!
//! Core file. Spec: Engine.IO v4, "Transports", "Handshake".

use std::borrow::Cow;

use super::options::{Options, Transport};
use super::refusal::Refusal;
use super::sid::Sid;

/// What a request asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ask {
    /// A new session, which begins on this transport.
    Open(Transport),
    /// The packets that wait for the client.
    Get(Sid),
    /// To hand in the packets of the body.
    Post(Sid),
    /// To move the session to the WebSocket that this request becomes.
    Upgrade(Sid),
}

/// What of a request decides what it asks for.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The method, as it was sent.
    pub method: &'a str,
    /// What stands behind the `?`, or nothing.
    pub query: &'a str,
    /// Whether the request can become a WebSocket.
    pub websocket: bool,
}

/// Reads a request. `known` tells whether there is a session of that name.
///
/// ```
/// use sockrates::engineio::options::{Options, Transport};
/// use sockrates::engineio::query::{Ask, Head, ask};
/// use sockrates::engineio::refusal::Refusal;
///
/// let head = Head { method: "GET", query: "EIO=4&transport=polling", websocket: false };
/// let options = Options::default();
/// assert_eq!(ask(head, &options, |_| false), Ok(Ask::Open(Transport::Polling)));
///
/// let head = Head { query: "EIO=4&transport=polling&sid=abc", ..head };
/// assert_eq!(ask(head, &options, |_| false), Err(Refusal::UnknownSid));
/// ```
///
/// # Errors
/// The [`Refusal`] to answer with.
pub fn ask(
    head: Head<'_>,
    options: &Options,
    known: impl FnOnce(Sid) -> bool,
) -> Result<Ask, Refusal> {
    let query = Query::parse(head.query);

    // [EIO4-POLLING-1] "If a mandatory query parameter is missing, then the server MUST respond
    // with an HTTP 400 error status."
    // [EIO4-WS-1] "If a mandatory query parameter is missing, then the server MUST close the
    // WebSocket connection." Ours never becomes one: the refusal comes before the 101.
    let transport = match query.transport.as_deref() {
        Some("polling") => Transport::Polling,
        Some("websocket") => Transport::WebSocket,
        _ => return Err(Refusal::UnknownTransport),
    };
    if !options.transports.allow(transport) {
        return Err(Refusal::UnknownTransport);
    }

    let version = match query.version.as_deref() {
        Some("4") => Ok(()),
        _ => Err(Refusal::UnsupportedVersion),
    };

    let Some(sid) = query.sid else {
        return match (head.method, transport, head.websocket) {
            ("GET", Transport::WebSocket, false) => Err(Refusal::BadRequest),
            ("GET", _, _) => version.map(|()| Ask::Open(transport)),
            _ => Err(Refusal::BadMethod),
        };
    };

    // [EIO4-POLLING-3] [EIO4-POLLING-8] "The server MUST return an HTTP 400 response if the session ID (from the
    // `sid` query parameter) is not known." A malformed one is not known either, nor an empty one.
    let sid = Sid::parse(&sid).filter(|&sid| known(sid)).ok_or(Refusal::UnknownSid)?;
    if version.is_err() {
        // A session does not change its revision of the protocol.
        return Err(Refusal::BadRequest);
    }
    match (head.method, transport, head.websocket) {
        ("GET", Transport::Polling, _) => Ok(Ask::Get(sid)),
        ("POST", Transport::Polling, _) => Ok(Ask::Post(sid)),
        ("GET", Transport::WebSocket, true) if options.allow_upgrades => Ok(Ask::Upgrade(sid)),
        ("GET" | "POST", Transport::WebSocket, _) => Err(Refusal::BadRequest),
        _ => Err(Refusal::BadMethod),
    }
}

/// The parameters that this layer knows. Of a repeated one the last counts.
#[derive(Default)]
struct Query<'a> {
    version: Option<Cow<'a, str>>,
    transport: Option<Cow<'a, str>>,
    sid: Option<Cow<'a, str>>,
}

impl<'a> Query<'a> {
    fn parse(query: &'a str) -> Self {
        let mut found = Self::default();
        for (name, value) in parameters(query) {
            match &*name {
                "EIO" => found.version = Some(value),
                "transport" => found.transport = Some(value),
                "sid" => found.sid = Some(value),
                _ => {}
            }
        }
        found
    }
}

/// The parameters of a query, decoded, in the order in which they stand there.
///
/// ```
/// use sockrates::engineio::query::parameters;
///
/// let all: Vec<_> = parameters("name=%E4%BD%A0+%26&x").collect();
/// assert_eq!(all, [("name".into(), "你 &".into()), ("x".into(), "".into())]);
/// ```
pub fn parameters(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

/// Takes the percent signs and the plus signs out. What is no valid escape stays as it is,
/// and what is not UTF-8 behind the escapes becomes U+FFFD, as in a browser's URL.
fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (*first, tail) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, tail @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = tail;
                }
                _ => bytes.push(b'%'),
            },
            (other, _) => bytes.push(other),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engineio::options::Transports;

    const SID: &str = "lv_VI97HAXpY6yYWAAAC";

    fn sid() -> Sid {
        Sid::parse(SID).unwrap()
    }

    #[track_caller]
    fn check(method: &str, query: &str, expected: Result<Ask, Refusal>) {
        check_with(&Options::default(), method, query, expected);
    }

    /// A request is taken for a WebSocket handshake when `method` is written `WS`.
    #[track_caller]
    fn check_with(options: &Options, method: &str, query: &str, expected: Result<Ask, Refusal>) {
        let websocket = method == "WS";
        let method = if websocket { "GET" } else { method };
        let found = ask(Head { method, query, websocket }, options, |found| found == sid());
        assert_eq!(found, expected, "{method} ?{query}");
    }

    #[test]
    fn the_five_things_a_request_can_ask_for() {
        let known = format!("&sid={SID}");
        check("GET", "EIO=4&transport=polling", Ok(Ask::Open(Transport::Polling)));
        check("GET", &format!("EIO=4&transport=polling{known}"), Ok(Ask::Get(sid())));
        check("POST", &format!("EIO=4&transport=polling{known}"), Ok(Ask::Post(sid())));
        check("WS", "EIO=4&transport=websocket", Ok(Ask::Open(Transport::WebSocket)));
        check("WS", &format!("EIO=4&transport=websocket{known}"), Ok(Ask::Upgrade(sid())));
    }

    #[test]
    fn a_missing_or_unknown_transport_is_refused_first() {
        for query in [
            "",
            "EIO=4",
            "EIO=3",
            "EIO=4&transport=",
            "EIO=4&transport=abc",
            "EIO=4&transport=Polling",
            "EIO=4&transport=webtransport",
            "EIO=4&transport=__proto__",
            "EIO=4&transport=constructor&sid=abc",
        ] {
            check("GET", query, Err(Refusal::UnknownTransport));
            check("WS", query, Err(Refusal::UnknownTransport));
        }
    }

    #[test]
    fn a_transport_that_is_not_offered_is_unknown() {
        let polling = Options { transports: Transports::Polling, ..Options::default() };
        check_with(&polling, "WS", "EIO=4&transport=websocket", Err(Refusal::UnknownTransport));
        let websocket = Options { transports: Transports::WebSocket, ..Options::default() };
        check_with(&websocket, "GET", "EIO=4&transport=polling", Err(Refusal::UnknownTransport));
    }

    #[test]
    fn a_sid_that_is_malformed_empty_or_unknown_is_refused() {
        for sid in ["", "abc", "__proto__", "../../etc/passwd", "AAAAAAAAAAAAAAAAAAAA", "%00"] {
            for transport in ["polling", "websocket"] {
                let query = format!("EIO=4&transport={transport}&sid={sid}");
                for method in ["GET", "POST", "WS", "DELETE"] {
                    check(method, &query, Err(Refusal::UnknownSid));
                }
            }
        }
    }

    #[test]
    fn other_methods_are_refused_and_never_a_fault_of_the_server() {
        for method in ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get", "BREW"] {
            check(method, "EIO=4&transport=polling", Err(Refusal::BadMethod));
            let query = format!("EIO=4&transport=polling&sid={SID}");
            check(method, &query, Err(Refusal::BadMethod));
        }
        check("POST", "EIO=4&transport=polling", Err(Refusal::BadMethod));
    }

    #[test]
    fn a_version_other_than_four_is_refused() {
        for version in ["EIO=3&", "EIO=5&", "EIO=abc&", "EIO=&", "EIO=04&", ""] {
            check("GET", &format!("{version}transport=polling"), Err(Refusal::UnsupportedVersion));
            check("WS", &format!("{version}transport=websocket"), Err(Refusal::UnsupportedVersion));
            // In the middle of a session it is a bad request.
            let query = format!("{version}transport=polling&sid={SID}");
            check("GET", &query, Err(Refusal::BadRequest));
        }
    }

    #[test]
    fn a_websocket_handshake_without_its_headers_is_a_bad_request() {
        check("GET", "EIO=4&transport=websocket", Err(Refusal::BadRequest));
        let query = format!("EIO=4&transport=websocket&sid={SID}");
        check("GET", &query, Err(Refusal::BadRequest));
        check("POST", &query, Err(Refusal::BadRequest));
    }

    #[test]
    fn upgrades_that_are_not_allowed_are_refused() {
        let options = Options { allow_upgrades: false, ..Options::default() };
        let query = format!("EIO=4&transport=websocket&sid={SID}");
        check_with(&options, "WS", &query, Err(Refusal::BadRequest));
    }

    #[test]
    fn order_escapes_and_repetition_do_not_matter() {
        let polling = Ok(Ask::Open(Transport::Polling));
        check("GET", "transport=polling&EIO=4", polling);
        check("GET", "&&x=1&transport=poll%69ng&t=abc&EIO=%34&", polling);
        check("GET", "transport=websocket&EIO=3&transport=polling&EIO=4", polling);
    }

    #[test]
    fn what_is_no_escape_stays() {
        for (text, expected) in [
            ("100%", "100%"),
            ("%zz", "%zz"),
            ("%4", "%4"),
            ("a+b", "a b"),
            ("%41%2b", "A+"),
            ("%e4%bd%a0", "你"),
            ("%ff", "\u{fffd}"),
        ] {
            assert_eq!(decode(text), expected, "{text:?}");
        }
    }
}
