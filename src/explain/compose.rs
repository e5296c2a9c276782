//! The way back: from the fields of a packet to the packet as it travels.
//!
//! ```text
//!   {"engineio":"message","socketio":{"type":"EVENT","id":7,"data":["hi"]}}  ──►  427["hi"]
//! ```
//!
//! A draft has the fields of a [`Packet`](super::Packet). What somebody makes of them need not be
//! a packet that a server takes: whoever learns wants to see what happens then, and
//! [`explain`](super::explain) says it beforehand.
//!
//! Core file.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::input::{from_hex, hex};
use crate::engineio::packet::{Frame, MESSAGE};
use crate::engineio::payload;
use crate::socketio::packet::MAIN_NAMESPACE;

/// A packet that somebody wants to see.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// `open`, `close`, `ping`, `pong`, `message`, `upgrade` or `noop`; empty is a message.
    pub engineio: String,
    /// Whether a ping or a pong is one of an upgrade.
    pub probe: bool,
    /// What an `open` says.
    pub handshake: Option<Box<RawValue>>,
    /// The bytes of a message that is not text, in hexadecimal digits.
    pub bytes: Option<String>,
    /// What a message says otherwise.
    pub socketio: Option<SocketDraft>,
    /// What comes behind it, in hexadecimal digits.
    pub attachments: Vec<String>,
}

/// A Socket.IO packet that somebody wants to see.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SocketDraft {
    /// Its type, as the specification writes it, such as `EVENT`.
    #[serde(rename = "type")]
    pub kind: String,
    /// For whom it is; empty is the main namespace.
    pub namespace: String,
    /// The number by which an answer finds its question.
    pub id: Option<u64>,
    /// How many attachments it announces, if not as many as there are.
    pub attachments: usize,
    /// Its JSON.
    pub data: Option<Box<RawValue>>,
}

/// A packet as it travels.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Composed {
    /// The text; `null` if it is bytes.
    pub text: Option<String>,
    /// The bytes behind the text, or instead of it, in hexadecimal digits; a message each.
    pub attachments: Vec<String>,
}

/// Writes the packet.
///
/// ```
/// use sockrates::explain::compose::{Draft, compose};
///
/// let draft = r#"{"socketio":{"type":"EVENT","namespace":"/chat","id":7,"data":["hi"]}}"#;
/// let draft: Draft = serde_json::from_str(draft).unwrap();
/// assert_eq!(compose(&draft)?.text.as_deref(), Some(r#"42/chat,7["hi"]"#));
/// # Ok::<(), sockrates::explain::compose::ComposeError>(())
/// ```
///
/// # Errors
/// When a type is none, or digits are none.
pub fn compose(draft: &Draft) -> Result<Composed, ComposeError> {
    let mut attachments = Vec::new();
    for digits in draft.bytes.iter().chain(&draft.attachments) {
        let bytes = from_hex(digits).ok_or_else(|| ComposeError::NotHex(digits.clone()))?;
        attachments.push(hex(&bytes));
    }
    if draft.bytes.is_some() {
        return Ok(Composed { text: None, attachments });
    }
    let mut text = String::new();
    match draft.engineio.as_str() {
        "open" => {
            text.push('0');
            text.push_str(draft.handshake.as_ref().map_or("", |json| json.get()));
        }
        "close" => text.push('1'),
        "ping" => text.push_str(if draft.probe { "2probe" } else { "2" }),
        "pong" => text.push_str(if draft.probe { "3probe" } else { "3" }),
        "upgrade" => text.push('5'),
        "noop" => text.push('6'),
        "message" | "" => {
            text.push(MESSAGE);
            if let Some(packet) = &draft.socketio {
                socketio(packet, attachments.len(), &mut text)?;
            }
        }
        other => return Err(ComposeError::UnknownType(other.to_owned())),
    }
    Ok(Composed { text: Some(text), attachments })
}

fn socketio(draft: &SocketDraft, there: usize, text: &mut String) -> Result<(), ComposeError> {
    let count = if draft.attachments == 0 { there } else { draft.attachments };
    let (kind, binary) = match draft.kind.to_ascii_uppercase().as_str() {
        "CONNECT" => ('0', false),
        "DISCONNECT" => ('1', false),
        "EVENT" if count == 0 => ('2', false),
        "ACK" if count == 0 => ('3', false),
        "CONNECT_ERROR" => ('4', false),
        "EVENT" | "BINARY_EVENT" => ('5', true),
        "ACK" | "BINARY_ACK" => ('6', true),
        other => return Err(ComposeError::UnknownType(other.to_owned())),
    };
    text.push(kind);
    // Text takes all that is written into it.
    if binary {
        let _ = write!(text, "{count}-");
    }
    if !matches!(draft.namespace.as_str(), "" | MAIN_NAMESPACE) {
        text.extend([&draft.namespace, ","]);
    }
    if let Some(id) = draft.id {
        let _ = write!(text, "{id}");
    }
    text.push_str(draft.data.as_ref().map_or("", |data| data.get()));
    Ok(())
}

impl Composed {
    /// The messages, in their order.
    fn frames(&self) -> Vec<Frame> {
        let text = self.text.iter().map(|text| Frame::Text(text.as_str().into()));
        let bytes = self.attachments.iter().filter_map(|digits| from_hex(digits));
        text.chain(bytes.map(|bytes| Frame::Binary(bytes.into()))).collect()
    }

    /// All of it in one body of HTTP long-polling.
    pub fn payload(&self) -> String {
        payload::encode(&self.frames())
    }

    /// All of it in WebSocket frames: a client's have a mask, a server's have none.
    pub fn websocket(&self, mask: Option<[u8; 4]>) -> Vec<u8> {
        let mut out = Vec::new();
        for frame in self.frames() {
            match frame {
                Frame::Text(text) => websocket(0x81, text.as_bytes(), mask, &mut out),
                Frame::Binary(bytes) => websocket(0x82, &bytes, mask, &mut out),
            }
        }
        out
    }
}

/// Appends one frame: RFC 6455, section 5.2.
fn websocket(first: u8, payload: &[u8], mask: Option<[u8; 4]>, out: &mut Vec<u8>) {
    let masked = if mask.is_some() { 0x80 } else { 0 };
    out.push(first);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short @ 0..=125), _) => out.push(masked | short),
        (_, Ok(medium)) => {
            out.push(masked | 126);
            out.extend(medium.to_be_bytes());
        }
        _ => {
            out.push(masked | 127);
            out.extend((payload.len() as u64).to_be_bytes());
        }
    }
    out.extend(mask.unwrap_or_default().iter().take(if mask.is_some() { 4 } else { 0 }));
    let key = mask.unwrap_or_default();
    out.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
}

/// Why a draft can not be written.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ComposeError {
    /// There is no packet of this name.
    UnknownType(String),
    /// Bytes that are not two digits each.
    NotHex(String),
}

impl fmt::Display for ComposeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownType(name) => write!(f, "unknown packet type {name:?}"),
            Self::NotHex(text) => {
                write!(f, "bytes {text:?}, expected two hexadecimal digits for each")
            }
        }
    }
}

impl std::error::Error for ComposeError {}
