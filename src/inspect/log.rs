//! A recording: one line of JSON for each event.
//!
//! ```text
//!   {"siolog":1,"by":"sockrates 0.1.0","started":"2026-11-23T12:00:00.000Z"}
//!   {"n":12,"t":0.0012,"session":"s1","from":"client","lane":"websocket","kind":"frame","text":"2probe",…}
//! ```
//!
//! `t` is in seconds since `started`. `request` leads from an answer to its request. A body or a
//! frame is `text` or `base64`, of `size` bytes; where only the beginning is kept, `cut` is true.
//!
//! Core file: the time is an argument.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::redact;
use super::why::why;
use crate::engineio::date::Iso;
use crate::engineio::tap::{Event, Excerpt, Listed, Side, What};

/// The first line. The recording has started at this time since the beginning of 1970.
pub fn first_line(started: Duration) -> String {
    #[derive(Serialize)]
    struct First {
        siolog: u8,
        by: &'static str,
        started: String,
    }
    let by = concat!("sockrates ", env!("CARGO_PKG_VERSION"));
    line(&First { siolog: 1, by, started: Iso(started).to_string() })
}

/// An event as a line. Without `secrets`, what lets clients in is not shown.
pub fn event_line(event: &Event, secrets: bool) -> String {
    line(&Line::of(event, secrets))
}

/// What may be seen of a body or a frame.
#[derive(Debug, Eq, PartialEq)]
pub enum Shown<'a> {
    /// It is empty.
    Nothing,
    /// This text, of which something may be hidden.
    Text {
        /// The text.
        text: String,
        /// Whether something is.
        redacted: bool,
    },
    /// These bytes.
    Bytes(&'a [u8]),
    /// Nothing of these bytes: they may let somebody in.
    Hidden,
}

/// What may be seen of what one side has sent. With `secrets`, all of it.
pub fn shown(content: &Excerpt, from: Side, secrets: bool) -> Shown<'_> {
    let Excerpt { bytes, is_text, .. } = content;
    if bytes.is_empty() {
        return Shown::Nothing;
    }
    if *is_text {
        let whole = String::from_utf8_lossy(bytes);
        let text = if secrets { whole.to_string() } else { redact::text(&whole, from) };
        return Shown::Text { redacted: text != whole, text };
    }
    if !secrets && redact::is_connect(bytes) { Shown::Hidden } else { Shown::Bytes(bytes) }
}

/// A session in a list of them.
pub fn listed(session: &Listed) -> impl Serialize + use<> {
    #[derive(Serialize)]
    struct Entry {
        session: String,
        sid: String,
        over: Option<&'static str>,
        events: usize,
    }
    Entry {
        session: name(session.number),
        sid: session.sid.to_string(),
        over: session.over.map(crate::engineio::close::CloseReason::as_str),
        events: session.events,
    }
}

fn name(session: u64) -> String {
    format!("s{session}")
}

fn line(value: &impl Serialize) -> String {
    // Text and numbers can always be written.
    serde_json::to_string(value).unwrap_or_default()
}

#[derive(Default, Serialize)]
struct Line {
    n: u64,
    t: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    from: &'static str,
    lane: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<usize>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    redacted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    why: &'static str,
}

impl Line {
    fn of(event: &Event, secrets: bool) -> Self {
        let plain = Self {
            n: event.number,
            t: micros(event.at),
            session: event.session.as_ref().map(|it| name(it.number)),
            sid: event.session.as_ref().map(|it| it.sid.to_string()),
            from: if event.from == Side::Client { "client" } else { "server" },
            lane: event.lane.name(),
            why: why(event),
            ..Self::default()
        };
        match &event.what {
            What::Opened => Self { kind: "session-open", ..plain },
            What::Closed(reason) => {
                Self { kind: "session-close", reason: Some(reason.as_str()), ..plain }
            }
            What::Unanswered(request) => {
                Self { kind: "unanswered", request: Some(*request), ..plain }
            }
            What::WebSocketClosed => Self { kind: "connection-close", ..plain },
            What::Frame(content) => {
                Self { kind: "frame", ..plain }.with(content, event.from, secrets)
            }
            What::Request(request, head, body) => {
                Self { kind: "request", request: Some(*request), ..plain }
                    .headed(head, secrets)
                    .with(body, event.from, secrets)
            }
            What::Answer(request, head, body) => {
                Self { kind: "response", request: Some(*request), ..plain }
                    .headed(head, secrets)
                    .with(body, event.from, secrets)
            }
        }
    }

    fn headed(self, head: &str, secrets: bool) -> Self {
        let head = if secrets { head.to_owned() } else { redact::head(head) };
        Self { head: Some(head), ..self }
    }

    fn with(self, content: &Excerpt, from: Side, secrets: bool) -> Self {
        let size = content.size;
        let plain = Self { size: Some(size), cut: content.bytes.len() < size, ..self };
        match shown(content, from, secrets) {
            Shown::Nothing => plain,
            Shown::Text { text, redacted } => Self { text: Some(text), redacted, ..plain },
            Shown::Bytes(bytes) => Self { base64: Some(STANDARD.encode(bytes)), ..plain },
            Shown::Hidden => Self { redacted: true, ..plain },
        }
    }
}

/// Seconds, to the microsecond.
fn micros(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e6
}
