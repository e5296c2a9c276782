//! What comes out: pieces that cover the input, packets, and what is wrong.
//!
//! ```text
//!   {"input":{"text":"42[\"hi\"]"},"form":"packet",
//!    "spans":[{"from":0,"to":1,"kind":"engineio.type","words":"…","depth":0,"guide":"packets"},…],
//!    "packets":[{"engineio":"message","socketio":{"type":"EVENT","namespace":"/",…}}],
//!    "summary":"EVENT \"hi\" in namespace /, wants no ack",
//!    "diagnostic":null,"notes":[]}
//! ```
//!
//! Core file.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::input::{Form, Input};
use crate::engineio::explain as engineio;
use crate::socketio::explain as socketio;

/// What the input means.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// What was to be explained.
    pub input: Input,
    /// As what it was read.
    pub form: Form,
    /// The input, piece by piece: each begins where the one before it ends.
    pub spans: Vec<Span>,
    /// What was understood.
    pub packets: Vec<Packet>,
    /// All of it in a sentence.
    pub summary: String,
    /// What is wrong, if the server refuses it.
    pub diagnostic: Option<Diagnostic>,
    /// What the server takes, but is hardly what somebody meant.
    pub notes: Vec<Diagnostic>,
}

/// A piece of the input.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Span {
    /// The first byte.
    pub from: usize,
    /// The byte behind the last.
    pub to: usize,
    /// What it is.
    pub kind: Kind,
    /// The same, for people.
    pub words: String,
    /// How far down the layers it is: 0 for the outermost.
    pub depth: usize,
    /// The chapter of the guide that says more.
    pub guide: &'static str,
}

/// What a piece can be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// Of the layer below.
    Engineio(engineio::Kind),
    /// Of the layer above.
    Socketio(socketio::Kind),
    /// What is wrong.
    Error,
    /// What stands behind that, and was not read.
    Rest,
}

impl Kind {
    /// Its name for programs, which does not change.
    pub fn name(self) -> &'static str {
        match self {
            Self::Engineio(kind) => kind.name(),
            Self::Socketio(kind) => kind.name(),
            Self::Error => "error",
            Self::Rest => "rest",
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// An Engine.IO packet.
#[derive(Clone, Debug, Serialize)]
pub struct Packet {
    /// Which one: `open`, `close`, `ping`, `pong`, `message`, `upgrade` or `noop`.
    pub engineio: &'static str,
    /// Whether it tries out a WebSocket.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub probe: bool,
    /// What an `open` says; a string if it is no JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handshake: Option<Box<RawValue>>,
    /// What a message of bytes carries, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// What a message of text carries; `null` if it is something else, or wrong.
    pub socketio: Option<SocketPacket>,
}

/// A Socket.IO packet.
#[derive(Clone, Debug, Serialize)]
pub struct SocketPacket {
    /// Which one, as the specification writes it.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// For whom it is.
    pub namespace: String,
    /// The number by which an answer finds its question.
    pub id: Option<u64>,
    /// How many attachments follow.
    pub attachments: usize,
    /// The JSON, as it came.
    pub data: Option<Box<RawValue>>,
    /// The name of an event, with its escapes resolved; it is in the data, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
}

/// What is wrong, and where.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// The first byte that is wrong.
    pub from: usize,
    /// The byte behind the last one; the first one if something is missing there.
    pub to: usize,
    /// Its name for programs, which does not change.
    pub code: &'static str,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What stands there.
    pub found: String,
    /// What should.
    pub wanted: String,
    /// Which rule says so: an id of `spec/`, or a heading.
    pub clause: &'static str,
    /// That rule, if it has an id.
    pub clause_text: Option<&'static str>,
    /// What to do.
    pub hint: Option<String>,
}
