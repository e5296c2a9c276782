//! What is to be explained, and as what.
//!
//! ```text
//!   42["hi"]                      text    one packet, what a WebSocket carries
//!   4hello␞2                      text    a body of HTTP long-polling
//!   81 88 01 02 03 04 35 30 …     bytes   a WebSocket frame
//!   84 a4 74 79 70 65 02 …        bytes   a packet in MessagePack
//! ```
//!
//! Core file.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use bytestring::ByteString;
use serde::{Serialize, Serializer};

/// What somebody has seen on the wire.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Input {
    /// The packet, the body or the frame.
    pub wire: Wire,
    /// The messages of bytes that came behind it.
    pub attachments: Vec<Bytes>,
    /// Whether messages are the application's own, with no Socket.IO in them.
    pub engineio_only: bool,
}

/// Text or bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Wire {
    /// Text.
    Text(ByteString),
    /// Bytes, which may be text.
    Bytes(Bytes),
}

impl Input {
    /// Text, with nothing behind it.
    pub fn text(text: impl Into<ByteString>) -> Self {
        Self::new(Wire::Text(text.into()))
    }

    /// Bytes, with nothing behind them.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self::new(Wire::Bytes(bytes.into()))
    }

    fn new(wire: Wire) -> Self {
        Self { wire, attachments: Vec::new(), engineio_only: false }
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes, also of text.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.wire {
            Wire::Text(text) => text.as_bytes(),
            Wire::Bytes(bytes) => bytes,
        }
    }
}

/// `{"text":"42"}` or `{"hex":"8102"}`, and with attachments `{…,"attachments":["0102"]}`.
impl Serialize for Input {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;

        let mut map = serializer.serialize_map(None)?;
        match &self.wire {
            Wire::Text(text) => map.serialize_entry("text", &**text)?,
            Wire::Bytes(bytes) => map.serialize_entry("hex", &hex(bytes))?,
        }
        if !self.attachments.is_empty() {
            let attachments: Vec<_> = self.attachments.iter().map(|bytes| hex(bytes)).collect();
            map.serialize_entry("attachments", &attachments)?;
        }
        map.end()
    }
}

/// Two digits for each byte.
///
/// ```
/// assert_eq!(sockrates::explain::input::hex(&[0x81, 0x05]), "8105");
/// ```
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes that are written so, with white space wherever somebody likes.
///
/// ```
/// use sockrates::explain::input::from_hex;
///
/// assert_eq!(from_hex("81 05"), Some(vec![0x81, 0x05]));
/// assert_eq!(from_hex("8"), None);
/// ```
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some(high << 4 | low),
        _ => None,
    });
    pairs.collect()
}

/// As what something is to be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Form {
    /// One Engine.IO packet, and the Socket.IO packet in it.
    Packet,
    /// Many of them, in a body of HTTP long-polling.
    Payload,
    /// WebSocket frames, as they are sent over TCP.
    Frame,
    /// A body of revision 3, with lengths.
    Payload3,
    /// A Socket.IO packet in MessagePack.
    MsgPack,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Packet, Self::Payload, Self::Frame, Self::Payload3, Self::MsgPack];

    /// Its name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Packet => "packet",
            Self::Payload => "payload",
            Self::Frame => "frame",
            Self::Payload3 => "payload3",
            Self::MsgPack => "msgpack",
        }
    }

    /// What something most probably is, when nobody says.
    ///
    /// ```
    /// use sockrates::explain::{Form, Input};
    ///
    /// assert_eq!(Form::guess(&Input::text("42[]")), Form::Packet);
    /// assert_eq!(Form::guess(&Input::text("2\x1e42[]")), Form::Payload);
    /// assert_eq!(Form::guess(&Input::bytes(&b"\x81\x012"[..])), Form::Frame);
    /// ```
    pub fn guess(input: &Input) -> Self {
        match &input.wire {
            Wire::Text(text) if text.contains(crate::engineio::payload::SEPARATOR) => Self::Payload,
            Wire::Text(_) => Self::Packet,
            Wire::Bytes(bytes) => match bytes.as_ref() {
                // A small map that begins with a key of three or four letters.
                [0x82..=0x8f, 0xa3 | 0xa4, b'n' | b't' | b'd' | b'i' | b'o', ..] => Self::MsgPack,
                [0x82..=0x8f, 0xa2, b'i', b'd', ..] => Self::MsgPack,
                [0 | 1, 0..=9, .., _] if bytes.contains(&0xff) => Self::Payload3,
                _ => Self::Frame,
            },
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Form {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|form| form.name() == name);
        known.ok_or_else(|| {
            format!("unknown form {name:?}, expected packet, payload, frame, payload3 or msgpack")
        })
    }
}
