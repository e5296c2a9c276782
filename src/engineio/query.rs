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
//! The checks and their order are those of the reference server: transport, session and its
//! version, method; and for a new session the version at last, behind what the application says.
//!
//! Core file. Spec: Engine.IO v4, "Transports", "Handshake".

use std::borrow::Cow;
use std::iter;

use memchr::{memchr, memchr2};

use super::dialect::{Dialect, Revision};
use super::options::{Options, Transport};
use super::refusal::{Fate, Refusal};
use super::sid::Sid;

/// What a request asks for. `S` is what is known of the session that it names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Ask<S> {
    /// A new session.
    Open(Opening),
    /// The packets that wait for the client.
    Get(S),
    /// To hand in the packets of the body.
    Post(S),
    /// To move the session to the WebSocket that this request becomes.
    Upgrade(S),
}

/// How a new session is to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Opening {
    /// The transport on which it begins.
    pub transport: Transport,
    /// How its packets are written, or why this client can not be understood. The application is
    /// asked before that is said.
    pub dialect: Result<Dialect, Refusal>,
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

/// Reads a request. `find` looks for the session of that name, which has a revision.
///
/// ```
/// use sockrates::engineio::dialect::Revision;
/// use sockrates::engineio::options::Options;
/// use sockrates::engineio::query::{Ask, Head, ask};
/// use sockrates::engineio::refusal::{Fate, Refusal};
/// use sockrates::engineio::sid::Sid;
///
/// let known = Sid::parse("lv_VI97HAXpY6yYWAAAC").expect("20 characters");
/// let find = |sid| if sid == known { Ok((Revision::Four, sid)) } else { Err(Fate::NeverIssued) };
/// let options = Options::default();
///
/// let query = "EIO=4&transport=polling&sid=lv_VI97HAXpY6yYWAAAC";
/// let head = Head { method: "GET", query, websocket: false };
/// assert_eq!(ask(head, &options, find), Ok(Ask::Get(known)));
///
/// let head = Head { query: "EIO=4&transport=polling&sid=abc", ..head };
/// assert_eq!(ask(head, &options, find), Err(Refusal::UnknownSid(Fate::Malformed)));
/// ```
///
/// # Errors
/// The [`Refusal`] to answer with.
pub fn ask<S>(
    head: Head<'_>,
    options: &Options,
    find: impl FnOnce(Sid) -> Result<(Revision, S), Fate>,
) -> Result<Ask<S>, Refusal> {
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
        return Err(Refusal::TransportOff);
    }

    let Some(sid) = &query.sid else {
        return match (head.method, transport, head.websocket) {
            ("GET", Transport::WebSocket, false) => Err(Refusal::NoUpgrade),
            ("GET", _, _) => Ok(Ask::Open(Opening { transport, dialect: query.dialect(options) })),
            _ => Err(Refusal::BadMethod),
        };
    };

    // [EIO4-POLLING-3] [EIO4-POLLING-8] "The server MUST return an HTTP 400 response if the
    // session ID (from the `sid` query parameter) is not known." A malformed one is not known
    // either, nor an empty one.
    let sid = Sid::parse(sid).ok_or(Refusal::UnknownSid(Fate::Malformed))?;
    let (revision, session) = find(sid).map_err(Refusal::UnknownSid)?;
    if Revision::asked_by(query.version.as_deref()) != revision {
        return Err(Refusal::OtherRevision);
    }
    match (head.method, transport, head.websocket) {
        ("GET", Transport::Polling, _) => Ok(Ask::Get(session)),
        ("POST", Transport::Polling, _) => Ok(Ask::Post(session)),
        ("GET" | "POST", Transport::WebSocket, false) => Err(Refusal::NoUpgrade),
        ("GET", Transport::WebSocket, true) if options.allow_upgrades => Ok(Ask::Upgrade(session)),
        ("GET", Transport::WebSocket, true) => Err(Refusal::UpgradesOff),
        _ => Err(Refusal::BadMethod),
    }
}

/// The parameters that this layer knows. Of a repeated one the last counts.
#[derive(Default)]
struct Query<'a> {
    version: Option<Cow<'a, str>>,
    transport: Option<Cow<'a, str>>,
    sid: Option<Cow<'a, str>>,
    base64: Option<Cow<'a, str>>,
    jsonp: Option<Cow<'a, str>>,
}

impl<'a> Query<'a> {
    fn parse(query: &'a str) -> Self {
        let mut found = Self::default();
        for (name, value) in parameters(query) {
            match &*name {
                "EIO" => found.version = Some(value),
                "transport" => found.transport = Some(value),
                "sid" => found.sid = Some(value),
                "b64" => found.base64 = Some(value),
                "j" => found.jsonp = Some(value),
                _ => {}
            }
        }
        found
    }

    /// How the packets of a session are written that this query opens.
    fn dialect(&self, options: &Options) -> Result<Dialect, Refusal> {
        let revision = Revision::asked_by(self.version.as_deref());
        if revision == Revision::Three && !options.allow_eio3 {
            return Err(Refusal::UnsupportedVersion(self.version.as_deref().map(Into::into)));
        }
        let base64 = self.base64.as_deref().is_some_and(|value| !matches!(value, "" | "0"));
        Ok(Dialect::new(revision, base64, self.jsonp.as_deref()))
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
    // Most queries have nothing to decode. One look at the whole is less than one at each part.
    let plain = memchr2(b'%', b'+', query.as_bytes()).is_none();
    let read = move |text| if plain { Cow::Borrowed(text) } else { decode(text) };
    let mut rest = Some(query);
    let pairs = iter::from_fn(move || {
        let all = rest?;
        let (pair, more) = halves(all, b'&').map_or((all, None), |(pair, more)| (pair, Some(more)));
        rest = more;
        Some(pair)
    });
    pairs.filter(|pair| !pair.is_empty()).map(move |pair| {
        let (name, value) = halves(pair, b'=').unwrap_or((pair, ""));
        (read(name), read(value))
    })
}

/// What stands before the first `mark`, and what behind it.
fn halves(text: &str, mark: u8) -> Option<(&str, &str)> {
    let at = memchr(mark, text.as_bytes())?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Takes the percent signs and the plus signs out. What is no valid escape stays as it is,
/// and what is not UTF-8 behind the escapes becomes U+FFFD, as in a browser's URL.
fn decode(text: &str) -> Cow<'_, str> {
    if memchr2(b'%', b'+', text.as_bytes()).is_none() {
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

    /// A session that was opened in revision 3.
    const OLD: &str = "old_I97HAXpY6yYWAAAC";

    fn sid() -> Sid {
        Sid::parse(SID).unwrap()
    }

    fn find(sid: Sid) -> Result<(Revision, Sid), Fate> {
        match &*sid.to_string() {
            SID => Ok((Revision::Four, sid)),
            OLD => Ok((Revision::Three, sid)),
            _ => Err(Fate::NeverIssued),
        }
    }

    #[track_caller]
    fn check(method: &str, query: &str, expected: Result<Ask<Sid>, Refusal>) {
        check_with(&Options::default(), method, query, expected);
    }

    /// A request is taken for a WebSocket handshake when `method` is written `WS`.
    #[track_caller]
    fn check_with(
        options: &Options,
        method: &str,
        query: &str,
        expected: Result<Ask<Sid>, Refusal>,
    ) {
        let websocket = method == "WS";
        let method = if websocket { "GET" } else { method };
        let found = ask(Head { method, query, websocket }, options, find);
        assert_eq!(found, expected, "{method} ?{query}");
    }

    fn open(transport: Transport) -> Ask<Sid> {
        Ask::Open(Opening { transport, dialect: Ok(Dialect::FOUR) })
    }

    #[test]
    fn the_five_things_a_request_can_ask_for() {
        let known = format!("&sid={SID}");
        check("GET", "EIO=4&transport=polling", Ok(open(Transport::Polling)));
        check("GET", &format!("EIO=4&transport=polling{known}"), Ok(Ask::Get(sid())));
        check("POST", &format!("EIO=4&transport=polling{known}"), Ok(Ask::Post(sid())));
        check("WS", "EIO=4&transport=websocket", Ok(open(Transport::WebSocket)));
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
        check_with(&polling, "WS", "EIO=4&transport=websocket", Err(Refusal::TransportOff));
        let websocket = Options { transports: Transports::WebSocket, ..Options::default() };
        check_with(&websocket, "GET", "EIO=4&transport=polling", Err(Refusal::TransportOff));
    }

    #[test]
    fn a_sid_that_is_malformed_empty_or_unknown_is_refused() {
        for (sid, fate) in [
            ("", Fate::Malformed),
            ("abc", Fate::Malformed),
            ("__proto__", Fate::Malformed),
            ("../../etc/passwd", Fate::Malformed),
            ("AAAAAAAAAAAAAAAAAAAA", Fate::NeverIssued),
            ("%00", Fate::Malformed),
        ] {
            for transport in ["polling", "websocket"] {
                let query = format!("EIO=4&transport={transport}&sid={sid}");
                for method in ["GET", "POST", "WS", "DELETE"] {
                    check(method, &query, Err(Refusal::UnknownSid(fate.clone())));
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

    /// Whether the application lets the client in is asked before, so this is not a refusal yet.
    #[test]
    fn a_version_other_than_four_is_an_old_one() {
        let old = Options { allow_eio3: true, ..Options::default() };
        for (version, asked) in [
            ("EIO=3&", Some("3")),
            ("EIO=5&", Some("5")),
            ("EIO=abc&", Some("abc")),
            ("EIO=&", Some("")),
            ("EIO=04&", Some("04")),
            ("", None),
        ] {
            for (method, transport) in [("GET", Transport::Polling), ("WS", Transport::WebSocket)] {
                let query = format!("{version}transport={}", transport.name());
                let refused = Err(Refusal::UnsupportedVersion(asked.map(Into::into)));
                let refused = Opening { transport, dialect: refused };
                check(method, &query, Ok(Ask::Open(refused)));
                let dialect = Ok(Dialect::new(Revision::Three, false, None));
                check_with(&old, method, &query, Ok(Ask::Open(Opening { transport, dialect })));
            }
        }
    }

    /// Threat 38.
    #[test]
    fn a_session_keeps_its_version() {
        for version in ["EIO=3&", "EIO=5&", ""] {
            let query = format!("{version}transport=polling&sid={SID}");
            check("GET", &query, Err(Refusal::OtherRevision));
            check("POST", &query, Err(Refusal::OtherRevision));
            let query = format!("{version}transport=websocket&sid={SID}");
            check("WS", &query, Err(Refusal::OtherRevision));
        }
        check("GET", &format!("EIO=4&transport=polling&sid={OLD}"), Err(Refusal::OtherRevision));
        let old = Sid::parse(OLD).unwrap();
        check("GET", &format!("EIO=3&transport=polling&sid={OLD}"), Ok(Ask::Get(old)));
    }

    #[test]
    fn a_query_says_how_packets_are_to_be_written() {
        let old = Options { allow_eio3: true, ..Options::default() };
        let check = |query: &str, dialect: Dialect| {
            let opening = Opening { transport: Transport::Polling, dialect: Ok(dialect) };
            check_with(&old, "GET", &format!("transport=polling&{query}"), Ok(Ask::Open(opening)));
        };
        check("EIO=4&b64=1", Dialect::new(Revision::Four, true, None));
        check("EIO=4&b64=", Dialect::FOUR);
        check("EIO=4&b64=0", Dialect::FOUR);
        check("EIO=3&b64=1", Dialect::new(Revision::Three, true, None));
        check("EIO=3&j=7", Dialect::new(Revision::Three, false, Some("7")));
        // Threat 21. A page of any origin can run a script, so nobody else gets one.
        check("EIO=4&j=7", Dialect::FOUR);
    }

    #[test]
    fn a_websocket_handshake_without_its_headers_is_a_bad_request() {
        check("GET", "EIO=4&transport=websocket", Err(Refusal::NoUpgrade));
        let query = format!("EIO=4&transport=websocket&sid={SID}");
        check("GET", &query, Err(Refusal::NoUpgrade));
        check("POST", &query, Err(Refusal::NoUpgrade));
    }

    #[test]
    fn upgrades_that_are_not_allowed_are_refused() {
        let options = Options { allow_upgrades: false, ..Options::default() };
        let query = format!("EIO=4&transport=websocket&sid={SID}");
        check_with(&options, "WS", &query, Err(Refusal::UpgradesOff));
    }

    #[test]
    fn order_escapes_and_repetition_do_not_matter() {
        let polling = Ok(open(Transport::Polling));
        check("GET", "transport=polling&EIO=4", polling.clone());
        check("GET", "&&x=1&transport=poll%69ng&t=abc&EIO=%34&", polling.clone());
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
