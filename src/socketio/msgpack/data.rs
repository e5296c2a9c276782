//! Data: from MessagePack to JSON text and attachments.
//!
//! ```text
//!   92 a3 70 69 63 c4 02 01 02     MessagePack: "pic" and two bytes
//!   ["pic",{"_placeholder":true,"num":0}]  + <01 02>
//! ```
//!
//! | MessagePack              | JSON                                                       |
//! |--------------------------|------------------------------------------------------------|
//! | nil, false, true         | `null`, `false`, `true`                                    |
//! | undefined (`d4 00 00`)   | `null` in an array, left out of a map                      |
//! | an integer               | its digits, all of them                                    |
//! | a float                  | as JavaScript writes it: `1`, `0.1`, `1e+21`               |
//! | a float that is no number, or endless | `null`                                        |
//! | text                     | a string; what is not UTF-8 in it becomes U+FFFD           |
//! | bytes, extensions of kind 0 | a placeholder, and the bytes become an attachment       |
//! | a date                   | a string, `"2000-06-13T00:00:00.000Z"`                     |
//! | any other extension      | an array of its kind and its bytes, as in the reference    |
//! | array, map               | the same; a key that is a number becomes a string          |
//!
//! This is what `JSON.stringify` makes of what the reference server would have decoded, but
//! for long integers, which it rounds.
//!
//! One byte becomes six at most, and the whole was limited when it came in.
//!
//! Core file. Spec: Socket.IO v5, ["Packet encoding"], "Binary"; [MessagePack], "Formats".
//!
//! ["Packet encoding"]: https://github.com/socketio/socket.io-protocol#packet-encoding
//! [MessagePack]: https://github.com/msgpack/msgpack/blob/master/spec.md#formats

use std::ops::Range;

use bytes::Bytes;

use super::super::decode::DecodeError as PacketError;
use super::super::explain::Kind as Piece;
use super::super::placeholder::MAX_DEPTH;
use super::number;
use super::read::{Item, Reader};
use super::{DecodeError, Limits};
use crate::engineio::observe::Observer;

/// One value.
#[derive(Debug)]
pub(super) struct Data {
    /// Its text. Valid JSON, unless there is no value.
    pub(super) json: String,
    pub(super) shape: Shape,
    pub(super) attachments: Vec<Bytes>,
}

/// What a value is, from outside.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// Nothing.
    Undefined,
    Array {
        elements: usize,
        /// Where in the text the first element stands.
        first: Range<usize>,
    },
    Map,
    Text,
    Other,
}

impl Data {
    /// No value.
    pub(super) fn none() -> Self {
        Self { json: String::new(), shape: Shape::Undefined, attachments: Vec::new() }
    }

    /// Reads a value, of whatever kind. Its attachments are slices of `message`, in which
    /// `reader` reads.
    pub(super) fn read(
        message: &Bytes,
        reader: &mut Reader<'_>,
        limits: Limits,
        observer: &mut impl Observer<Piece>,
    ) -> Result<Self, DecodeError> {
        let mut transcript = Transcript {
            message,
            limits,
            json: String::new(),
            attachments: Vec::new(),
            bytes: 0,
            lookalike: false,
        };
        let shape = transcript.value(reader, MAX_DEPTH, observer)?;
        if transcript.lookalike && !transcript.attachments.is_empty() {
            return Err(DecodeError::Lookalike);
        }
        let Transcript { json, attachments, .. } = transcript;
        Ok(Self { json, shape, attachments })
    }
}

/// What has been written so far.
struct Transcript<'m> {
    message: &'m Bytes,
    limits: Limits,
    json: String,
    attachments: Vec<Bytes>,
    /// How long the attachments are together.
    bytes: usize,
    /// Whether there is an object among the data that reads like a placeholder.
    lookalike: bool,
}

impl Transcript<'_> {
    /// Writes the next value. It goes as deep into itself as values are nested, at most `room`
    /// levels.
    fn value(
        &mut self,
        reader: &mut Reader<'_>,
        room: usize,
        observer: &mut impl Observer<Piece>,
    ) -> Result<Shape, DecodeError> {
        match reader.item()? {
            Item::Undefined => return Ok(Shape::Undefined),
            Item::Nil => self.json.push_str("null"),
            Item::Bool(true) => self.json.push_str("true"),
            Item::Bool(false) => self.json.push_str("false"),
            Item::Unsigned(number) => self.json.push_str(&number.to_string()),
            Item::Negative(number) => self.json.push_str(&number.to_string()),
            Item::Float(number) => self.json.push_str(&number::of_javascript(number)),
            Item::Date(moment) => self.json.push_str(&number::date(moment)),
            Item::Bytes(bytes) => self.attachment(bytes, room)?,
            Item::Extension(kind, bytes) => {
                let room = inside(room)?;
                self.json.push_str(&format!("[{kind},"));
                self.attachment(bytes, room)?;
                self.json.push(']');
            }
            Item::Text(text) => {
                self.text(&String::from_utf8_lossy(text));
                return Ok(Shape::Text);
            }
            Item::Array(elements) => {
                let room = inside(room)?;
                observer.seen(reader.left(), Piece::Punctuation);
                let first = self.array(reader, elements, room, observer)?;
                return Ok(Shape::Array { elements, first });
            }
            Item::Map(entries) => {
                let room = inside(room)?;
                self.map(reader, entries, room)?;
                return Ok(Shape::Map);
            }
        }
        Ok(Shape::Other)
    }

    /// Gives the place of the first element.
    fn array(
        &mut self,
        reader: &mut Reader<'_>,
        elements: usize,
        room: usize,
        observer: &mut impl Observer<Piece>,
    ) -> Result<Range<usize>, DecodeError> {
        self.json.push('[');
        let start = self.json.len();
        let mut first = start..start;
        for element in 0..elements {
            if element > 0 {
                self.json.push(',');
            }
            if self.value(reader, room, &mut ())? == Shape::Undefined {
                self.json.push_str("null");
            }
            observer.seen(reader.left(), Piece::Argument);
            if element == 0 {
                first.end = self.json.len();
            }
        }
        self.json.push(']');
        Ok(first)
    }

    fn map(
        &mut self,
        reader: &mut Reader<'_>,
        entries: usize,
        room: usize,
    ) -> Result<(), DecodeError> {
        self.json.push('{');
        let start = self.json.len();
        for _ in 0..entries {
            let before = self.json.len();
            if before > start {
                self.json.push(',');
            }
            let marker = self.key(reader)?;
            self.json.push(':');
            let value = self.json.len();
            if self.value(reader, room, &mut ())? == Shape::Undefined {
                self.json.truncate(before);
            } else if marker && self.json.get(value..) == Some("true") {
                self.lookalike = true;
            }
        }
        self.json.push('}');
        Ok(())
    }

    /// Whether it is the key by which a placeholder is known.
    fn key(&mut self, reader: &mut Reader<'_>) -> Result<bool, DecodeError> {
        match reader.item()? {
            Item::Text(text) => {
                self.text(&String::from_utf8_lossy(text));
                return Ok(text == b"_placeholder");
            }
            Item::Unsigned(number) => self.text(&number.to_string()),
            Item::Negative(number) => self.text(&number.to_string()),
            _ => return Err(DecodeError::BadKey),
        }
        Ok(false)
    }

    /// Text always is a JSON string.
    fn text(&mut self, text: &str) {
        self.json.push_str(&serde_json::to_string(text).unwrap_or_default());
    }

    fn attachment(&mut self, bytes: &[u8], room: usize) -> Result<(), DecodeError> {
        // Its place is an object, and whoever looks for it in the text goes as deep.
        inside(room)?;
        let num = self.attachments.len();
        self.bytes = self.bytes.saturating_add(bytes.len());
        if num >= self.limits.attachments {
            let max = self.limits.attachments;
            return Err(PacketError::TooManyAttachments { max }.into());
        }
        if self.bytes > self.limits.attachment_bytes {
            let max = self.limits.attachment_bytes;
            return Err(DecodeError::TooManyBytes { found: self.bytes, max });
        }
        self.json.push_str(&format!(r#"{{"_placeholder":true,"num":{num}}}"#));
        self.attachments.push(self.message.slice_ref(bytes));
        Ok(())
    }
}

/// How many levels there may still be inside an array or a map.
fn inside(room: usize) -> Result<usize, DecodeError> {
    room.checked_sub(1).ok_or(DecodeError::TooDeep)
}
