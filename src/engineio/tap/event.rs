//! An event: one thing that was seen on the wire.
//!
//! ```text
//!   17  0.0123 s  session 3  client  websocket  Frame("2probe")
//! ```
//!
//! Core file. Not in any specification.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::engineio::close::CloseReason;
use crate::engineio::options::Transport;
use crate::engineio::packet::Frame;
use crate::engineio::session::BodyEnd;

/// Bytes that are kept of a body or a frame.
pub const CUT: usize = 4 << 10;

/// Something that was seen on the wire.
#[derive(Debug)]
pub struct Event {
    /// The how manieth it is.
    pub number: u64,
    /// When, since the tap was opened.
    pub at: Duration,
    /// The session. `None` for a request that found none.
    pub session: Option<Session>,
    /// Who has sent it.
    pub from: Side,
    /// How it travels.
    pub lane: Transport,
    /// What it is.
    pub what: What,
}

/// Which session something belongs to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Session {
    /// The how manieth it is.
    pub number: u64,
    /// Its name, by which its client asks.
    pub sid: Arc<str>,
}

/// One of the two ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// What was seen.
#[derive(Debug, Eq, PartialEq)]
pub enum What {
    /// A session was opened.
    Opened,
    /// A session is over.
    Closed(CloseReason),
    /// A request, with its head as text.
    Request(u64, String, Excerpt),
    /// The answer to the request of this number, with its head as text.
    Answer(u64, String, Excerpt),
    /// The client went away before it had the answer to this request.
    Unanswered(u64),
    /// A WebSocket message.
    Frame(Excerpt),
    /// The end of a WebSocket.
    WebSocketClosed,
}

/// What a body or a frame holds, or the beginning of it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Excerpt {
    /// What was kept.
    pub bytes: Bytes,
    /// Whether it is text.
    pub is_text: bool,
    /// How long it was.
    pub size: usize,
}

impl Excerpt {
    /// Text, or what begins like it.
    pub fn text(text: &str) -> Self {
        let mut end = text.len().min(CUT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self::of(text.as_bytes(), end, true)
    }

    /// Bytes.
    pub fn binary(bytes: &[u8]) -> Self {
        Self::of(bytes, bytes.len().min(CUT), false)
    }

    /// Text if that is what it is, and bytes otherwise.
    pub fn either(bytes: &[u8]) -> Self {
        std::str::from_utf8(bytes).map_or_else(|_| Self::binary(bytes), Self::text)
    }

    /// Copied, so that the few bytes that are shown keep no large buffer.
    fn of(bytes: &[u8], end: usize, is_text: bool) -> Self {
        let kept = Bytes::copy_from_slice(bytes.get(..end).unwrap_or_default());
        Self { bytes: kept, is_text, size: bytes.len() }
    }
}

impl From<&Frame> for Excerpt {
    fn from(frame: &Frame) -> Self {
        match frame {
            Frame::Text(text) => Self::text(text),
            Frame::Binary(bytes) => Self::binary(bytes),
        }
    }
}

impl From<&BodyEnd> for Excerpt {
    fn from(end: &BodyEnd) -> Self {
        match end {
            BodyEnd::Complete(text) => Self::text(text),
            BodyEnd::Bytes(bytes) => Self::binary(bytes),
            _ => Self::default(),
        }
    }
}
