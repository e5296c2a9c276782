//! Engine.IO packets: the smallest thing either side can say.
//!
//! A packet is one character for its type, then its data, if there is any:
//!
//! ```text
//!   4hello
//!   │└┴┴┴┴─ data
//!   └────── type: message
//! ```
//!
//! On WebSocket that is all there is: one packet to a frame, and a message that is
//! bytes is a binary frame without a type. HTTP long-polling joins several packets
//! in one body; [`payload`](super::payload) adds that and no more.
//!
//! Core file. Spec: Engine.IO v4, ["Protocol"] and ["Packet encoding"].
//!
//! ["Protocol"]: https://github.com/socketio/engine.io-protocol#protocol
//! ["Packet encoding"]: https://github.com/socketio/engine.io-protocol#packet-encoding

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use bytestring::ByteString;

use super::explain::Kind;
use super::observe::Observer;

/// The type character of a message, which whoever encodes a message once for many
/// sessions puts in front.
pub const MESSAGE: char = '4';

/// In front of bytes that must travel as text.
pub(super) const BASE64: char = 'b';

/// One Engine.IO packet.
///
/// | Variant                    | On the wire      | Sent by           | Means                         |
/// |----------------------------|------------------|-------------------|-------------------------------|
/// | [`Open`](Self::Open)       | `0{"sid":"…",…}` | server            | the session exists            |
/// | [`Close`](Self::Close)     | `1`              | either            | the session is over           |
/// | [`Ping`](Self::Ping)       | `2`              | server            | are you there?                |
/// |                            | `2probe`         | client, upgrading | does this WebSocket work?     |
/// | [`Pong`](Self::Pong)       | `3`              | client            | I am here                     |
/// |                            | `3probe`         | server, upgrading | it works                      |
/// | [`Message`](Self::Message) | `4hello`         | either            | data for the application      |
/// | [`Upgrade`](Self::Upgrade) | `5`              | client            | use this WebSocket from now   |
/// | [`Noop`](Self::Noop)       | `6`              | server            | nothing; let the `GET` return |
///
/// ```
/// use sockrates::engineio::packet::{Frame, Message, Packet, Purpose};
///
/// let wire = Frame::Text("4hello".into());
/// assert_eq!(Packet::decode(&wire)?, Packet::Message(Message::Text("hello".into())));
///
/// let wire = Frame::Text("2probe".into());
/// assert_eq!(Packet::decode(&wire)?, Packet::Ping(Purpose::Probe));
/// # Ok::<(), sockrates::engineio::packet::DecodeError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Packet {
    /// The first packet of a session, with its handshake object as JSON.
    Open(ByteString),
    /// The last packet of a session.
    Close,
    /// Asks for a [`Packet::Pong`] with the same purpose.
    Ping(Purpose),
    /// Answers a [`Packet::Ping`].
    Pong(Purpose),
    /// The only packet that the layer above ever sees.
    Message(Message),
    /// Ends the upgrade that a probe began.
    Upgrade,
    /// Ends a `GET` that has nothing to say.
    Noop,
}

/// What a ping is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// To learn whether the other side is still there.
    Heartbeat,
    /// To learn whether a new WebSocket works.
    Probe,
}

/// What an application sends and receives: text or bytes, shared and never copied.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Message {
    /// Text.
    Text(ByteString),
    /// Bytes.
    Binary(Bytes),
}

/// One packet in the form in which it travels: what a WebSocket frame carries.
///
/// A frame is made once and may be held by many sessions, so cloning one is cheap.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Frame {
    /// A type character and its data.
    Text(ByteString),
    /// The bytes of a binary message, without a type.
    Binary(Bytes),
}

impl Packet {
    /// Decodes what one frame carries. Text is not copied.
    ///
    /// Data on a packet that carries none is ignored: `1x` is a close, as it is for the
    /// reference server.
    ///
    /// # Errors
    /// When there is no type, an unknown one, or a `b` without base64 behind it.
    pub fn decode(frame: &Frame) -> Result<Self, DecodeError> {
        match frame {
            Frame::Text(text) => Self::decode_text(text),
            Frame::Binary(bytes) => Ok(Self::Message(Message::Binary(bytes.clone()))),
        }
    }

    /// Decodes the text of one packet.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn decode_text(text: &ByteString) -> Result<Self, DecodeError> {
        Self::decode_text_observed(text, &mut ())
    }

    /// The same, and `observer` is told what is what.
    pub(crate) fn decode_text_observed(
        text: &ByteString,
        observer: &mut impl Observer<Kind>,
    ) -> Result<Self, DecodeError> {
        let mut chars = text.chars();
        let kind = chars.next().ok_or(DecodeError::Empty)?;
        let data = chars.as_str();

        let packet = match kind {
            '0' => Self::Open(text.slice_ref(data)),
            '1' => Self::Close,
            '2' => Self::Ping(Purpose::of(data)),
            '3' => Self::Pong(Purpose::of(data)),
            MESSAGE => Self::Message(Message::Text(text.slice_ref(data))),
            '5' => Self::Upgrade,
            '6' => Self::Noop,
            BASE64 => {
                observer.seen(data.len(), Kind::Base64Mark);
                Self::Message(Message::Binary(decode_base64(data)?))
            }
            other => return Err(DecodeError::UnknownType(other)),
        };
        observer.seen(data.len(), Kind::Type);
        observer.seen(0, packet.kind_of_data());
        Ok(packet)
    }

    /// What follows the type on the wire.
    fn kind_of_data(&self) -> Kind {
        match self {
            Self::Open(_) => Kind::Handshake,
            Self::Ping(Purpose::Probe) | Self::Pong(Purpose::Probe) => Kind::Probe,
            Self::Message(Message::Binary(_)) => Kind::Base64,
            Self::Message(Message::Text(_))
            | Self::Ping(Purpose::Heartbeat)
            | Self::Pong(Purpose::Heartbeat)
            | Self::Close
            | Self::Upgrade
            | Self::Noop => Kind::Data,
        }
    }

    /// The packet as it travels.
    pub fn to_frame(&self) -> Frame {
        Frame::Text(match self {
            Self::Open(handshake) => format!("0{handshake}").into(),
            Self::Close => ByteString::from_static("1"),
            Self::Ping(Purpose::Heartbeat) => ByteString::from_static("2"),
            Self::Ping(Purpose::Probe) => ByteString::from_static("2probe"),
            Self::Pong(Purpose::Heartbeat) => ByteString::from_static("3"),
            Self::Pong(Purpose::Probe) => ByteString::from_static("3probe"),
            Self::Message(Message::Text(text)) => format!("{MESSAGE}{text}").into(),
            Self::Message(Message::Binary(bytes)) => return Frame::Binary(bytes.clone()),
            Self::Upgrade => ByteString::from_static("5"),
            Self::Noop => ByteString::from_static("6"),
        })
    }
}

impl Purpose {
    fn of(data: &str) -> Self {
        if data == "probe" { Self::Probe } else { Self::Heartbeat }
    }
}

impl Frame {
    /// How many bytes the frame's content has.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether there is no content: an empty binary message.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes the frame takes in a body, where bytes travel as base64.
    pub fn len_as_text(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => 1 + bytes.len().div_ceil(3) * 4,
        }
    }

    /// Appends the frame to a body of text.
    pub fn write_as_text(&self, body: &mut String) {
        match self {
            Self::Text(text) => body.push_str(text),
            Self::Binary(bytes) => {
                // [EIO4-ENCODING-1] "Binary payloads MUST be base64-encoded and prefixed
                // with a `b` character"
                body.push(BASE64);
                encode_base64(bytes, body);
            }
        }
    }
}

/// Standard alphabet, padded when written; read with or without padding, since both are
/// seen in the field. Anything else in between is an error.
const STANDARD: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn decode_base64(data: &str) -> Result<Bytes, DecodeError> {
    let bytes = STANDARD.decode(data).map_err(|_| DecodeError::InvalidBase64)?;
    Ok(bytes.into())
}

/// Where text that is no base64 goes wrong.
pub(crate) fn wrong_in_base64(data: &str) -> usize {
    match STANDARD.decode(data) {
        Err(
            base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _),
        ) => at,
        _ => data.len(),
    }
}

pub(super) fn encode_base64(bytes: &[u8], text: &mut String) {
    STANDARD.encode_string(bytes, text);
}

/// Why some text is not a packet.
///
/// The message of each names what was found and what was wanted, since it is what a
/// reader of the log will see.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum DecodeError {
    /// There was no text.
    Empty,
    /// The first character names no packet type.
    UnknownType(char),
    /// A `b` that no base64 follows.
    InvalidBase64,
    /// In revision 3: the first of some bytes names no packet type.
    UnknownByte(u8),
    /// In revision 3: no length stands where a packet of a body should begin.
    InvalidLength,
    /// In revision 3: the body ends before a packet of this length does.
    LengthBeyondBody(usize),
    /// In revision 3: a packet of this length ends between the halves of a surrogate pair.
    LengthInsideCharacter(usize),
    /// In revision 3: a packet among bytes is marked as neither text nor bytes.
    UnknownForm(u8),
    /// In revision 3: text among bytes is not UTF-8.
    NotUtf8,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "empty packet, expected a type from '0' to '6'"),
            Self::UnknownType(c) => write!(f, "unknown packet type {c:?}, expected '0' to '6'"),
            Self::InvalidBase64 => write!(f, "binary packet with invalid base64 after 'b'"),
            Self::UnknownByte(byte) => {
                write!(f, "unknown packet type 0x{byte:02x}, expected 0x00 to 0x06")
            }
            Self::InvalidLength => {
                f.write_str("no length in front of a packet, expected 1 to 10 digits and their end")
            }
            Self::LengthBeyondBody(length) => {
                write!(f, "a length of {length} that ends beyond the body")
            }
            Self::LengthInsideCharacter(length) => {
                write!(f, "a length of {length} that ends inside a character")
            }
            Self::UnknownForm(byte) => {
                write!(f, "packet marked 0x{byte:02x}, expected 0x00 for text or 0x01 for bytes")
            }
            Self::NotUtf8 => f.write_str("text that is not UTF-8"),
        }
    }
}

impl std::error::Error for DecodeError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Packet {
        Packet::Message(Message::Text(text.into()))
    }

    /// One line per row of the specification's table, and one per way to be wrong.
    #[test]
    fn decodes_what_the_specification_lists() {
        check("0{\"sid\":\"x\"}", Ok(Packet::Open("{\"sid\":\"x\"}".into())));
        check("1", Ok(Packet::Close));
        check("2", Ok(Packet::Ping(Purpose::Heartbeat)));
        check("2probe", Ok(Packet::Ping(Purpose::Probe)));
        check("3", Ok(Packet::Pong(Purpose::Heartbeat)));
        check("3probe", Ok(Packet::Pong(Purpose::Probe)));
        check("4hello", Ok(text("hello")));
        check("4", Ok(text("")));
        check("4€", Ok(text("€")));
        check("5", Ok(Packet::Upgrade));
        check("6", Ok(Packet::Noop));

        check("", Err("empty packet, expected a type from '0' to '6'"));
        check("7", Err("unknown packet type '7', expected '0' to '6'"));
        check("é", Err("unknown packet type 'é', expected '0' to '6'"));
        check("💥💥", Err("unknown packet type '💥', expected '0' to '6'"));
        check(" 4", Err("unknown packet type ' ', expected '0' to '6'"));
        check("b*", Err("binary packet with invalid base64 after 'b'"));
        check("bA", Err("binary packet with invalid base64 after 'b'"));
    }

    #[track_caller]
    fn check(wire: &str, expected: Result<Packet, &str>) {
        let frame = Frame::Text(wire.into());
        let found = Packet::decode(&frame).map_err(|error| error.to_string());
        assert_eq!(found, expected.map_err(str::to_owned), "decoding {wire:?}");
        if let Ok(packet) = found {
            assert_eq!(packet.to_frame(), frame, "encoding it again");
        }
    }

    /// Not in the specification: data behind a packet that carries none is ignored, and any
    /// data of a ping or pong but `probe` makes it a heartbeat. The reference server does so.
    #[test]
    fn data_that_no_one_expects_is_ignored() {
        for (wire, expected) in [
            ("1bye", Packet::Close),
            ("2prob", Packet::Ping(Purpose::Heartbeat)),
            ("2probes", Packet::Ping(Purpose::Heartbeat)),
            ("3x", Packet::Pong(Purpose::Heartbeat)),
            ("5x", Packet::Upgrade),
            ("6x", Packet::Noop),
        ] {
            assert_eq!(Packet::decode(&Frame::Text(wire.into())), Ok(expected), "{wire:?}");
        }
    }

    /// Bytes are a frame of their own, or base64 where only text can travel. Both are read on
    /// both transports, with and without padding.
    #[test]
    fn bytes_travel_raw_or_as_base64() {
        let bytes = Packet::Message(Message::Binary(vec![1, 2, 3, 4].into()));
        assert_eq!(bytes.to_frame(), Frame::Binary(vec![1, 2, 3, 4].into()));
        for wire in
            [Frame::Binary(vec![1, 2, 3, 4].into()), text_frame("bAQIDBA=="), text_frame("bAQIDBA")]
        {
            assert_eq!(Packet::decode(&wire), Ok(bytes.clone()), "{wire:?}");
        }

        let nothing = Packet::Message(Message::Binary(Bytes::new()));
        assert_eq!(Packet::decode(&text_frame("b")), Ok(nothing));
    }

    fn text_frame(text: &str) -> Frame {
        Frame::Text(text.into())
    }

    #[test]
    fn the_length_as_text_is_what_is_written() {
        for length in 0..8 {
            let frame = Frame::Binary(vec![7; length].into());
            let mut body = String::new();
            frame.write_as_text(&mut body);
            assert_eq!(body.len(), frame.len_as_text(), "{length} bytes");
        }
    }

    #[test]
    fn only_a_message_of_no_bytes_is_an_empty_frame() {
        let empty = |message| Packet::Message(message).to_frame().is_empty();
        assert!(empty(Message::Binary(Bytes::new())));
        assert!(!empty(Message::Binary(vec![0].into())));
        assert!(!empty(Message::Text("".into())));
    }

    /// A slice of the text that arrived, not a copy of it.
    #[test]
    fn a_decoded_text_shares_the_buffer_it_arrived_in() {
        let wire = ByteString::from("4hello".to_owned());
        let Ok(Packet::Message(Message::Text(data))) = Packet::decode_text(&wire) else {
            panic!("a message");
        };
        assert_eq!(data.as_bytes().as_ptr(), wire.as_bytes()[1..].as_ptr());
    }
}
