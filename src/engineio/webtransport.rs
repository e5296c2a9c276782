//! WebTransport: packets on a stream of bytes.
//!
//! A WebTransport stream has no frames, so each packet comes after a header, which is made
//! like that of a WebSocket frame:
//!
//! ```text
//!   01 30                   83 01 02 03             fe 01 00 …
//!   │  └─ 0                 │  └──────┴─ bytes      │  └───┴─ length: 256
//!   └─ text, length 1       └─ bytes, length 3      └─ bytes, length in two bytes
//!
//!   bit 7: is it bytes?   bits 0 to 6: the length, or 126 or 127 if the two or the eight
//!                                      bytes behind them have it, the greatest byte first
//! ```
//!
//! A message that is bytes comes without a type, as on WebSocket. So an empty one would have
//! nothing behind its header, and that is taken for an error: it cannot travel here.
//!
//! Core file. Spec: Engine.IO v4, "WebTransport".

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use bytestring::ByteString;

use super::packet::Frame;

/// The bit of the first byte that says whether bytes follow, and not text.
const BINARY: u8 = 0b1000_0000;

/// Stands where a length would, if the length is in the two bytes behind it.
const IN_TWO_BYTES: u8 = 126;

/// Stands where a length would, if the length is in the eight bytes behind it.
const IN_EIGHT_BYTES: u8 = 127;

/// The greatest length that JavaScript can count to.
const MAX_LENGTH: u64 = (1 << 53) - 1;

/// The frame with its header, or `None` for an empty one, which cannot travel.
///
/// ```
/// use sockrates::engineio::packet::Frame;
/// use sockrates::engineio::webtransport::encode;
///
/// let frame = Frame::Binary(vec![1, 2, 3].into());
/// assert_eq!(encode(&frame).as_deref(), Some(&[0x83, 1, 2, 3][..]));
/// assert_eq!(encode(&Frame::Binary(vec![].into())), None);
/// ```
pub fn encode(frame: &Frame) -> Option<Bytes> {
    let (kind, content) = match frame {
        Frame::Text(text) => (0, text.as_bytes()),
        Frame::Binary(bytes) => (BINARY, bytes),
    };
    if content.is_empty() {
        return None;
    }
    let mut wire = BytesMut::with_capacity(9 + content.len());
    match (u8::try_from(content.len()), u16::try_from(content.len())) {
        (Ok(length), _) if length < IN_TWO_BYTES => wire.put_u8(kind | length),
        (_, Ok(length)) => {
            wire.put_u8(kind | IN_TWO_BYTES);
            wire.put_u16(length);
        }
        _ => {
            wire.put_u8(kind | IN_EIGHT_BYTES);
            wire.put_u64(content.len() as u64);
        }
    }
    wire.put_slice(content);
    Some(wire.freeze())
}

/// Frames from a stream, of which any number of bytes may have arrived.
///
/// As an iterator it gives every frame that is complete, and goes on after more was pushed.
/// There is nothing after an error: it is not known where the next frame begins.
///
/// Once it has given all it can, it holds less than one frame of the greatest length. A length
/// that is only announced costs nothing.
///
/// ```
/// use sockrates::engineio::packet::Frame;
/// use sockrates::engineio::webtransport::Decoder;
///
/// let mut decoder = Decoder::new(1_000_000);
/// decoder.push(&[0x02, b'2']);
/// assert_eq!(decoder.next(), None);
/// decoder.push(&[b'x', 0x83, 1, 2]);
/// assert_eq!(decoder.next(), Some(Ok(Frame::Text("2x".into()))));
/// decoder.push(&[3]);
/// assert_eq!(decoder.next(), Some(Ok(Frame::Binary(vec![1, 2, 3].into()))));
/// ```
#[derive(Debug)]
pub struct Decoder {
    /// What was pushed and is not part of a frame that was given; `None` after an error.
    buffer: Option<BytesMut>,
    max: u64,
}

impl Decoder {
    /// A decoder of a stream whose frames have `max_payload` bytes at most, headers apart.
    pub fn new(max_payload: usize) -> Self {
        let max = u64::try_from(max_payload).unwrap_or(MAX_LENGTH).min(MAX_LENGTH);
        Self { buffer: Some(BytesMut::new()), max }
    }

    /// Takes in what arrived. After an error it is dropped.
    pub fn push(&mut self, bytes: &[u8]) {
        if let Some(buffer) = &mut self.buffer {
            buffer.extend_from_slice(bytes);
        }
    }

    /// How many bytes wait for the rest of their frame, or to be asked for.
    pub fn buffered(&self) -> usize {
        self.buffer.as_ref().map_or(0, BytesMut::len)
    }
}

impl Iterator for Decoder {
    type Item = Result<Frame, FramingError>;

    fn next(&mut self) -> Option<Self::Item> {
        let buffer = self.buffer.as_mut()?;
        let header = Header::read(buffer)?;
        let found = header.check(self.max).and_then(|length| {
            let arrived = buffer.get(header.size..).unwrap_or_default().len();
            if arrived < length {
                return Ok(None);
            }
            let content = buffer.split_to(header.size + length).freeze().slice(header.size..);
            if buffer.is_empty() {
                // An idle stream keeps no buffer, least of all that of a frame.
                *buffer = BytesMut::new();
            }
            header.frame(content).map(Some)
        });
        if found.is_err() {
            self.buffer = None;
        }
        found.transpose()
    }
}

/// What stands in front of a packet.
#[derive(Clone, Copy, Debug)]
struct Header {
    binary: bool,
    /// How many bytes the header itself has.
    size: usize,
    /// How many bytes come behind it.
    length: u64,
}

impl Header {
    /// The header at the beginning; `None` until it has arrived as a whole.
    fn read(bytes: &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first()?;
        let (size, length) = match first & !BINARY {
            IN_TWO_BYTES => (3, u16::from_be_bytes(*rest.first_chunk()?).into()),
            IN_EIGHT_BYTES => (9, u64::from_be_bytes(*rest.first_chunk()?)),
            length => (1, length.into()),
        };
        Some(Self { binary: first & BINARY != 0, size, length })
    }

    /// The length, if there may be one such.
    fn check(self, max: u64) -> Result<usize, FramingError> {
        let length = self.length;
        if length == 0 {
            return Err(FramingError::Empty);
        }
        if length > max {
            return Err(FramingError::TooLong { length, max });
        }
        // This cannot fail: the greatest length came from a number of this type.
        usize::try_from(length).map_err(|_| FramingError::TooLong { length, max })
    }

    fn frame(self, content: Bytes) -> Result<Frame, FramingError> {
        if self.binary {
            return Ok(Frame::Binary(content));
        }
        ByteString::try_from(content).map(Frame::Text).map_err(|_| FramingError::NotUtf8)
    }
}

/// Why some bytes are not a packet behind its header.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FramingError {
    /// A header with nothing behind it.
    Empty,
    /// A header that announces too much.
    TooLong {
        /// What it announces, in bytes.
        length: u64,
        /// What it may announce at most.
        max: u64,
    },
    /// Text that is not UTF-8.
    NotUtf8,
}

impl fmt::Display for FramingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("header of an empty packet, expected a length from 1"),
            Self::TooLong { length, max } => {
                write!(f, "header of a packet of {length} bytes, expected {max} at most")
            }
            Self::NotUtf8 => f.write_str("text that is not UTF-8"),
        }
    }
}

impl std::error::Error for FramingError {}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 70_000;

    type Expected<'a> = Result<Frame, &'a str>;

    fn text(text: &str) -> Frame {
        Frame::Text(text.into())
    }

    fn binary(bytes: &[u8]) -> Frame {
        Frame::Binary(bytes.to_vec().into())
    }

    /// Pushed at once, and byte by byte.
    #[track_caller]
    fn check(wire: &[u8], expected: &[Expected<'_>]) {
        for step in [wire.len().max(1), 1] {
            let mut decoder = Decoder::new(MAX);
            let mut found = Vec::new();
            for bytes in wire.chunks(step) {
                decoder.push(bytes);
                found.extend(decoder.by_ref().map(|it| it.map_err(|error| error.to_string())));
            }
            let expected: Vec<_> =
                expected.iter().cloned().map(|it| it.map_err(str::to_owned)).collect();
            assert_eq!(found, expected, "{} in steps of {step}", wire.escape_ascii());
        }
    }

    #[track_caller]
    fn same(frame: &Frame, header: &[u8]) {
        let wire = encode(frame).expect("a frame that can travel");
        assert_eq!(wire.len(), header.len() + frame.len());
        assert_eq!(&wire[..header.len()], header);
        check(&wire, &[Ok(frame.clone())]);
    }

    /// Headers as the reference server writes them.
    #[test]
    fn a_header_is_as_short_as_it_can_be() {
        same(&text("0"), &[0x01]);
        same(&text("4€"), &[0x04]);
        same(&binary(&[1, 2, 3]), &[0x83]);
        same(&binary(&[0; 125]), &[0xfd]);
        same(&binary(&[0; 126]), &[0xfe, 0, 126]);
        same(&binary(&[0; 255]), &[0xfe, 0, 255]);
        same(&binary(&[0; 256]), &[0xfe, 1, 0]);
        same(&text(&"4".repeat(65_535)), &[0x7e, 0xff, 0xff]);
        same(&text(&"4".repeat(65_536)), &[0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);
        same(&binary(&[0; MAX]), &[0xff, 0, 0, 0, 0, 0, 1, 0x11, 0x70]);
    }

    #[test]
    fn an_empty_message_cannot_travel() {
        assert_eq!(encode(&binary(&[])), None);
        let wrong = "header of an empty packet, expected a length from 1";
        check(&[0x80, 0x01, b'2'], &[Err(wrong)]);
        check(&[0x00], &[Err(wrong)]);
        check(&[0x7e, 0, 0], &[Err(wrong)]);
        check(&[0x01, b'2', 0xff, 0, 0, 0, 0, 0, 0, 0, 0], &[Ok(text("2")), Err(wrong)]);
    }

    #[test]
    fn a_frame_may_be_as_long_as_the_limit_and_no_longer() {
        let mut wire = vec![0x7f, 0, 0, 0, 0, 0, 1, 0x11, 0x71];
        check(&wire, &[Err("header of a packet of 70001 bytes, expected 70000 at most")]);
        wire.extend_from_slice(&[0x01, b'2']);
        check(&wire, &[Err("header of a packet of 70001 bytes, expected 70000 at most")]);

        let mut small = Decoder::new(2);
        small.push(&[0x82, 1, 2, 0x83]);
        assert_eq!(small.next(), Some(Ok(binary(&[1, 2]))));
        assert_eq!(small.next(), Some(Err(FramingError::TooLong { length: 3, max: 2 })));
        assert_eq!(small.next(), None);
    }

    /// Not in the specification: a number that JavaScript cannot count to is no length, whatever
    /// the limit.
    #[test]
    fn a_length_stays_below_two_to_the_53rd() {
        let at = |length: u64| {
            let mut decoder = Decoder::new(usize::MAX);
            decoder.push(&[0xff]);
            decoder.push(&length.to_be_bytes());
            decoder.next()
        };
        let max = (1 << 53) - 1;
        assert_eq!(at(max), None);
        for length in [1 << 53, u64::MAX] {
            assert_eq!(at(length), Some(Err(FramingError::TooLong { length, max })));
        }
    }

    /// Not in the specification: a header that is longer than it has to be means the same.
    #[test]
    fn a_header_may_be_longer_than_it_has_to_be() {
        check(&[0x7e, 0, 1, b'2'], &[Ok(text("2"))]);
        check(&[0xff, 0, 0, 0, 0, 0, 0, 0, 1, 7], &[Ok(binary(&[7]))]);
    }

    #[test]
    fn frames_come_one_after_the_other() {
        check(
            &[0x01, b'2', 0x82, 1, 2, 0x02, b'4', b'a', 0x05],
            &[Ok(text("2")), Ok(binary(&[1, 2])), Ok(text("4a"))],
        );
    }

    #[test]
    fn text_is_utf_8() {
        check(&[0x02, b'4', 0xff, 0x01, b'2'], &[Err("text that is not UTF-8")]);
        check(&[0x03, b'4', 0xe2, 0x82], &[Err("text that is not UTF-8")]);
        // A byte order mark is a character like any other.
        check(&[0x04, 0xef, 0xbb, 0xbf, b'2'], &[Ok(text("\u{feff}2"))]);
    }

    #[test]
    fn an_error_and_an_idle_stream_keep_nothing() {
        let mut decoder = Decoder::new(10);
        decoder.push(&[0x01, b'2']);
        assert_eq!(decoder.buffered(), 2);
        assert_eq!(decoder.by_ref().count(), 1);
        assert_eq!(decoder.buffered(), 0);
        assert_eq!(decoder.buffer.as_ref().map(BytesMut::capacity), Some(0));

        decoder.push(&[0x00; 1_000]);
        assert_eq!(decoder.by_ref().count(), 1);
        decoder.push(&[0x01, b'2']);
        assert_eq!((decoder.next(), decoder.buffered()), (None, 0));
    }
}
