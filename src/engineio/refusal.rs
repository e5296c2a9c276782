//! Refusals: every way to turn a request down, and what to do about each.
//!
//! ```text
//!   HTTP/1.1 400 Bad Request
//!   Content-Type: application/json
//!
//!   {"code":1,"message":"Session ID unknown","hint":"This session was closed 12 s ago: …"}
//! ```
//!
//! The specification asks for the status only. Codes and messages are those of the reference
//! server, since clients and people search for them. The hint is ours: what probably went wrong,
//! for whoever sees a 400 in the browser's network panel and has no access to the server.
//!
//! Core file. Spec: Engine.IO v4, "Transports".

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;

use super::close::CloseReason;
use super::sid::NodeTag;

/// A reason to refuse a request.
///
/// | Variant              | Code | Status | Message                                 |
/// |----------------------|------|--------|-----------------------------------------|
/// | `UnknownTransport`   | 0    | 400    | `Transport unknown`                     |
/// | `TransportOff`       | 0    | 400    | `Transport unknown`                     |
/// | `UnknownSid`         | 1    | 400    | `Session ID unknown`                    |
/// | `BadMethod`          | 2    | 400    | `Bad handshake method`                  |
/// | `NoUpgrade`          | 3    | 400    | `Bad request`                           |
/// | `UpgradesOff`        | 3    | 400    | `Bad request`                           |
/// | `OtherTransport`     | 3    | 400    | `Bad request`                           |
/// | `OtherRevision`      | 3    | 400    | `Bad request`                           |
/// | `OtherAddress`       | 3    | 400    | `Bad request`                           |
/// | `OtherOrigin`        | 3    | 400    | `Bad request`                           |
/// | `Overlap`            | 3    | 400    | `Bad request`                           |
/// | `NotPackets`         | 3    | 400    | `Bad request`                           |
/// | `RawBytes`           | 3    | 400    | `Bad request`                           |
/// | `Interrupted`        | 3    | 400    | `Bad request`                           |
/// | `BadKey`             | 3    | 400    | `Bad request`                           |
/// | `Middleware`         | 3    | 400    | `Bad request`                           |
/// | `Ambiguous`          | 3    | 400    | `Bad request`                           |
/// | `BodyTimedOut`       | 3    | 408    | `The request body stopped arriving`     |
/// | `TooLarge`           | 3    | 413    | `Payload too large`                     |
/// | `LongUrl`            | 3    | 414    | `URL too long`                          |
/// | `Compressed`         | 3    | 415    | `Compressed bodies are not accepted`    |
/// | `WebSocketVersion`   | 3    | 426    | `WebSocket version 13 is required`      |
/// | `AddressFull`        | 3    | 429    | `Too many sessions from this address`   |
/// | `Full`               | 3    | 503    | `Too many sessions`                     |
/// | `Stopping`           | 3    | 503    | `The server is going down`              |
/// | `Forbidden`          | 4    | 403    | `Forbidden`                             |
/// | `ForeignOrigin`      | 4    | 403    | `Forbidden`                             |
/// | `ForeignScript`      | 4    | 403    | `Forbidden`                             |
/// | `UnsupportedVersion` | 5    | 400    | `Unsupported protocol version`          |
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// The query names no transport, or none that there is.
    UnknownTransport,
    /// The transport is not offered.
    TransportOff,
    /// There is no such session.
    UnknownSid(Fate),
    /// Another method than `GET`, or with a session `POST`.
    BadMethod,
    /// `transport=websocket` in a request that can not become a WebSocket.
    NoUpgrade,
    /// Sessions on polling have to stay there.
    UpgradesOff,
    /// The session has another transport than the request.
    OtherTransport,
    /// The session was opened in another revision of the protocol.
    OtherRevision,
    /// The session was opened from another address, and is bound to it.
    OtherAddress,
    /// The session was opened by a page of another origin.
    OtherOrigin,
    /// A second `GET` or `POST` while the first is under way.
    Overlap,
    /// A body that does not consist of packets that a client may send, or is no text.
    NotPackets,
    /// A body of bytes in revision 4.
    RawBytes,
    /// The session ended, or left polling, before the body was here.
    Interrupted,
    /// No `Sec-WebSocket-Key` as RFC 6455 has it.
    BadKey,
    /// A middleware of the application said no, in words for the log.
    Middleware(Box<str>),
    /// It can be read in two ways, and here is why.
    Ambiguous(&'static str),
    /// Nothing more of the body came for too long.
    BodyTimedOut,
    /// More than `max_payload`.
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
        /// What the request says it has, if it does.
        size: Option<u64>,
    },
    /// Path and query are longer than `max_url`.
    LongUrl,
    /// The body has a `Content-Encoding`.
    Compressed,
    /// Another version of WebSocket than 13.
    WebSocketVersion,
    /// As many are open from this address as `max_sessions` lets in, or too many come at once.
    AddressFull,
    /// As many are open as `max_sessions` lets in.
    Full,
    /// The server stops.
    Stopping,
    /// The application said no, in these words if it has any.
    Forbidden(Option<Box<str>>),
    /// A page that the list of origins does not have.
    ForeignOrigin(Box<str>),
    /// A script tag of a page that the list of origins does not have, or that does not say.
    ForeignScript,
    /// A revision of the protocol that is not spoken here; the one that was asked for.
    UnsupportedVersion(Option<Box<str>>),
}

/// What is known of a session that is not there.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fate {
    /// It can not have been issued by a server of ours.
    Malformed,
    /// It was not issued here, or too long ago to remember.
    NeverIssued,
    /// It was closed a while ago.
    Closed {
        /// How long ago.
        ago: Duration,
        /// Why.
        reason: CloseReason,
    },
    /// It was closed while the request was on its way to it.
    JustClosed,
    /// Another node has issued it.
    OtherNode {
        /// The node's tag.
        theirs: NodeTag,
        /// Our own.
        ours: NodeTag,
    },
}

/// The body of an answer, in the reference server's order of keys.
#[derive(Serialize)]
struct Body<'a> {
    code: u8,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

impl Refusal {
    /// The number by which clients know it.
    pub const fn code(&self) -> u8 {
        match self {
            Self::UnknownTransport | Self::TransportOff => 0,
            Self::UnknownSid(_) => 1,
            Self::BadMethod => 2,
            Self::Forbidden(_) | Self::ForeignOrigin(_) | Self::ForeignScript => 4,
            Self::UnsupportedVersion(_) => 5,
            _ => 3,
        }
    }

    /// The status of the answer.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Forbidden(_) | Self::ForeignOrigin(_) | Self::ForeignScript => 403,
            Self::BodyTimedOut => 408,
            Self::TooLarge { .. } => 413,
            Self::LongUrl => 414,
            Self::Compressed => 415,
            Self::WebSocketVersion => 426,
            Self::AddressFull => 429,
            Self::Full | Self::Stopping => 503,
            _ => 400,
        }
    }

    /// What clients are told in a few words.
    pub fn message(&self) -> &str {
        match self {
            Self::BodyTimedOut => "The request body stopped arriving",
            Self::TooLarge { .. } => "Payload too large",
            Self::LongUrl => "URL too long",
            Self::Compressed => "Compressed bodies are not accepted",
            Self::WebSocketVersion => "WebSocket version 13 is required",
            Self::AddressFull => "Too many sessions from this address",
            Self::Full => "Too many sessions",
            Self::Stopping => "The server is going down",
            Self::Forbidden(Some(words)) => words,
            _ => match self.code() {
                0 => "Transport unknown",
                1 => "Session ID unknown",
                2 => "Bad handshake method",
                3 => "Bad request",
                4 => "Forbidden",
                _ => "Unsupported protocol version",
            },
        }
    }

    /// The body of the answer, which is JSON. Without `hints` it is the reference server's, which
    /// is empty where that server writes none.
    ///
    /// ```
    /// use sockrates::engineio::refusal::Refusal;
    ///
    /// let body = r#"{"code":2,"message":"Bad handshake method"}"#;
    /// assert_eq!(Refusal::BadMethod.body(false), body);
    /// assert!(Refusal::BadMethod.body(true).contains(r#""hint":"A session is opened by GET"#));
    /// ```
    pub fn body(&self, hints: bool) -> String {
        if !hints && matches!(self, Self::TooLarge { .. } | Self::Overlap | Self::RawBytes) {
            return String::new();
        }
        let hint = hints.then(|| self.hint());
        let body = Body { code: self.code(), message: self.message(), hint: hint.as_deref() };
        // A number and text always serialise.
        serde_json::to_string(&body).unwrap_or_default()
    }

    /// What probably went wrong, and what to do.
    pub fn hint(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::UnknownTransport => "The query needs transport=polling or transport=websocket.",
            Self::TransportOff => {
                "This server does not offer that transport. Leave it out of the client's option \
                 `transports`."
            }
            Self::UnknownSid(fate) => return fate.hint(),
            Self::BadMethod => {
                "A session is opened by GET; requests that name a session are GET or POST."
            }
            Self::NoUpgrade => {
                "A request with transport=websocket needs the headers `Upgrade: websocket` and \
                 `Connection: Upgrade`. If the client has sent them, a proxy has removed them: see \
                 docs/proxies."
            }
            Self::UpgradesOff => "This server keeps sessions on polling that were opened there.",
            Self::OtherTransport => {
                "This session has moved to another transport, so it takes no request over this \
                 one."
            }
            Self::OtherRevision => "A session keeps the EIO that it was opened with.",
            Self::OtherAddress => "This session may be used from the address that opened it only.",
            Self::OtherOrigin => "This session was opened by a page of another origin.",
            Self::Overlap => {
                "A client has one GET and one POST under way at a time. The session was closed. \
                 Perhaps something repeats requests, or two clients share a session ID."
            }
            Self::NotPackets => {
                "The body has to be packets that a client may send, in UTF-8. The session was \
                 closed."
            }
            Self::RawBytes => {
                "Since revision 4 a body is text, with bytes in base64. The session was closed."
            }
            Self::Interrupted => {
                "The session was closed, or has left polling, before this body was here."
            }
            Self::BadKey => "Sec-WebSocket-Key has to be 16 bytes in base64.",
            Self::Middleware(_) => "A middleware of the application refused the request.",
            Self::BodyTimedOut => "Nothing more of the body came for too long.",
            Self::TooLarge { limit, size } => return Cow::Owned(too_large(*limit, *size)),
            Self::LongUrl => "Send large data as packets, not in the query.",
            Self::Compressed => "Send the body without a Content-Encoding.",
            Self::WebSocketVersion => "Sec-WebSocket-Version has to be 13 (RFC 6455).",
            Self::AddressFull | Self::Full => "Try again later.",
            Self::Stopping => "Try again in a moment.",
            Self::Forbidden(_) => "The application refused this client.",
            Self::ForeignOrigin(origin) => return Cow::Owned(foreign(origin)),
            Self::ForeignScript => {
                "Where a list of origins is set, packets are read by script tags only from pages \
                 that say they are on it, by Referer or Sec-Fetch-Site."
            }
            Self::Ambiguous(why) => why,
            Self::UnsupportedVersion(asked) => return unsupported(asked.as_deref()),
        })
    }
}

fn too_large(limit: usize, size: Option<u64>) -> String {
    let found = size.map_or("more".to_owned(), |size| format!("{size} bytes"));
    format!(
        "The body may have {limit} bytes, and this one has {found}. Send less at once, or raise \
         max_payload."
    )
}

/// Names the origin, but for one that is none: a body repeats nothing that could be markup.
fn foreign(origin: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || ":/.-_[]".contains(c);
    let origin =
        if origin.len() <= 256 && origin.chars().all(plain) { origin } else { "this page" };
    format!(
        "Pages of {origin} may not use this server. Its list of origins (option cors, flag \
         --cors-origin) has to name them."
    )
}

fn unsupported(asked: Option<&str>) -> Cow<'static, str> {
    Cow::Borrowed(match asked {
        Some("3") => {
            "EIO=3 is spoken by socket.io-client 1.x and 2.x. Take a newer client, or let old ones \
             in with allow_eio3 (flag --allow-eio3)."
        }
        Some(_) => "This server speaks revision 4 of the protocol: EIO=4.",
        None => {
            "The query has no EIO. Clients in use send EIO=4: something in between may change the \
             query."
        }
    })
}

impl Fate {
    fn hint(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Malformed => {
                "A session ID has 20 characters of A-Z, a-z, 0-9, - and _. This one was not issued \
                 by a server like this."
            }
            Self::NeverIssued => {
                "This server knows of no session of this ID. If there are several servers behind \
                 one address, a client's requests all have to reach the same one: turn on sticky \
                 sessions. If there is one, it was restarted, or the session ended long ago."
            }
            Self::JustClosed => "This session has just been closed.",
            Self::Closed { ago, reason } => {
                return Cow::Owned(format!(
                    "This session was closed {} s ago: {reason}. The client has to open a new one, \
                     as the official clients do by themselves.",
                    ago.as_secs()
                ));
            }
            Self::OtherNode { theirs, ours } => {
                return Cow::Owned(format!(
                    "This session belongs to node {theirs}, and this is node {ours}: a client's \
                     requests all have to reach the same node. Turn on sticky sessions in the load \
                     balancer."
                ));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each.
    fn all() -> Vec<Refusal> {
        use Refusal::*;
        let (theirs, ours) = (NodeTag::parse("b7").unwrap(), NodeTag::parse("03").unwrap());
        let fates = [
            Fate::Malformed,
            Fate::NeverIssued,
            Fate::Closed { ago: Duration::from_secs(12), reason: CloseReason::PingTimeout },
            Fate::JustClosed,
            Fate::OtherNode { theirs, ours },
        ];
        let mut all = vec![
            UnknownTransport,
            TransportOff,
            BadMethod,
            NoUpgrade,
            UpgradesOff,
            OtherTransport,
            OtherRevision,
            OtherAddress,
            OtherOrigin,
            Overlap,
            NotPackets,
            RawBytes,
            Interrupted,
            BadKey,
            Middleware("a reason for the log".into()),
            BodyTimedOut,
            TooLarge { limit: 100, size: Some(101) },
            LongUrl,
            Compressed,
            WebSocketVersion,
            AddressFull,
            Full,
            Stopping,
            Forbidden(None),
            ForeignOrigin("https://evil.example".into()),
            ForeignScript,
            Ambiguous("A request has one Host header."),
            UnsupportedVersion(Some("3".into())),
        ];
        all.extend(fates.map(UnknownSid));
        all
    }

    #[test]
    fn the_documented_table_is_true() {
        let source = include_str!("refusal.rs");
        for refusal in all() {
            let name: String =
                format!("{refusal:?}").chars().take_while(char::is_ascii_alphanumeric).collect();
            let row: String = source
                .lines()
                .find(|line| line.starts_with(&format!("/// | `{name}` ")))
                .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
                .unwrap_or_default();
            let (code, status, message) = (refusal.code(), refusal.status(), refusal.message());
            let expected = format!("| {code} | {status} | `{message}` |");
            assert!(row.ends_with(&expected), "{name} should read {expected}");
        }
    }

    #[track_caller]
    fn check(refusal: &Refusal, plain: &str, hint: &str) {
        assert_eq!(refusal.body(false), plain);
        let body = refusal.body(true);
        assert!(body.contains(hint), "{body}");
        if let Some(start) = plain.strip_suffix('}') {
            assert!(body.starts_with(start), "code and message stay what they are: {body}");
        }
    }

    /// The bodies are those of the reference server; a hint comes behind them.
    #[test]
    fn a_hint_says_what_to_do_and_changes_nothing_else() {
        check(
            &Refusal::UnknownTransport,
            r#"{"code":0,"message":"Transport unknown"}"#,
            "transport=polling",
        );
        let unknown = r#"{"code":1,"message":"Session ID unknown"}"#;
        let closed =
            Fate::Closed { ago: Duration::from_millis(12_900), reason: CloseReason::PingTimeout };
        check(&Refusal::UnknownSid(closed), unknown, "closed 12 s ago: ping timeout");
        let (theirs, ours) = (NodeTag::parse("b7").unwrap(), NodeTag::parse("03").unwrap());
        let elsewhere = Fate::OtherNode { theirs, ours };
        check(&Refusal::UnknownSid(elsewhere), unknown, "node b7, and this is node 03");
        check(&Refusal::UnknownSid(Fate::NeverIssued), unknown, "turn on sticky sessions");
        let bad = r#"{"code":3,"message":"Bad request"}"#;
        check(&Refusal::NoUpgrade, bad, "a proxy has removed them");
        let words = Refusal::Forbidden(Some("no \"guests\"".into()));
        check(&words, r#"{"code":4,"message":"no \"guests\""}"#, "application");
        let old = Refusal::UnsupportedVersion(Some("3".into()));
        check(&old, r#"{"code":5,"message":"Unsupported protocol version"}"#, "--allow-eio3");
    }

    #[test]
    fn where_the_reference_server_writes_nothing_so_do_we_without_hints() {
        let large = Refusal::TooLarge { limit: 100, size: Some(101) };
        check(&large, "", "may have 100 bytes, and this one has 101 bytes");
        check(&Refusal::TooLarge { limit: 100, size: None }, "", "this one has more");
        check(&Refusal::Overlap, "", "one GET and one POST");
        check(&Refusal::RawBytes, "", "base64");
    }

    /// Threat 19. What a request says of itself is repeated when it can be nothing but an origin.
    #[test]
    fn nothing_that_could_be_markup_is_repeated() {
        let origin = |text: &str| Refusal::ForeignOrigin(text.into()).body(true);
        assert!(
            origin("https://evil.example:8080").contains("Pages of https://evil.example:8080 ")
        );
        for markup in ["<script>alert(1)</script>", "https://a\"b", "https://a&b", &"a".repeat(300)]
        {
            assert!(origin(markup).contains("Pages of this page "), "{markup}");
        }
    }

    #[test]
    fn every_hint_is_a_sentence_that_json_carries_as_it_is() {
        for refusal in all() {
            let hint = refusal.hint();
            assert!(hint.ends_with('.') && !hint.contains(['"', '\\', '<', '\n']), "{hint}");
            assert!(!hint.contains("  "), "{hint}");
        }
    }
}
