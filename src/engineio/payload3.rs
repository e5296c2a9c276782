//! Revision 3 of the protocol: many packets in the body of one HTTP request or response.
//!
//! Each packet comes after its length. There are two forms: as text,
//!
//! ```text
//!   6:4hello10:b4AQIDBA==
//!   │ └────┘│  └────────┘
//!   │  text │   bytes, as base64
//!   └───────┴─ lengths, in UTF-16 code units
//! ```
//!
//! and as bytes, which a server uses when one of the packets is bytes and the client did
//! not ask for text only (`b64=1`):
//!
//! ```text
//!   00 06 ff 34 68 65 6c 6c 6f   01 05 ff 04 01 02 03 04
//!   │  │  │  └─ 4hello ─────┘    │  │  │  └───────────┘
//!   │  │  └─ end of the length   │  │  │   bytes, with their type
//!   │  └─ length in bytes, one   │  └──┴─ as before
//!   │     decimal digit a byte   └─ bytes follow
//!   └─ text follows
//! ```
//!
//! JavaScript counts UTF-16 code units, and so does the first form: `€` is one and `🙂` is
//! two, whatever they are on the wire. A length that ends between the two is refused.
//!
//! A body of text that brings no packet is `0:`. Packets of length zero are skipped there and
//! refused among bytes, as by the reference server.
//!
//! Core file. Spec: Engine.IO v3, "Payload".

use bytes::{BufMut, Bytes};
use bytestring::ByteString;
use memchr::memchr;

use super::explain::Kind;
use super::observe::{Observer, Part};
use super::packet::{DecodeError, Frame, Packet};
use super::packet3::{self, len_as_base64, write_as_base64, write_as_bytes};

/// Stands between a length and its packet in a body of text.
const COLON: char = ':';

/// Stands between a length and its packet in a body of bytes.
const END_OF_LENGTH: u8 = 0xff;

/// In front of a packet that is text, in a body of bytes.
const TEXT: u8 = 0;

/// In front of a packet that is bytes, in a body of bytes.
const BINARY: u8 = 1;

/// How many digits a length may have: enough for bodies of ten gigabytes less one.
const MAX_DIGITS: usize = 10;

/// The packets of a body of text that were not taken yet.
///
/// They are decoded one at a time, as they are asked for, and share the body's buffer. There
/// is nothing after the first error, since it is not known where the next packet begins.
///
/// ```
/// use sockrates::engineio::packet::{Message, Packet};
/// use sockrates::engineio::payload3::TextPayload;
///
/// // The example of the specification.
/// let packets: Result<Vec<_>, _> = TextPayload::new("6:4hello2:4€".into()).collect();
/// assert_eq!(packets?, [
///     Packet::Message(Message::Text("hello".into())),
///     Packet::Message(Message::Text("€".into())),
/// ]);
/// # Ok::<(), sockrates::engineio::packet::DecodeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TextPayload {
    /// What is left; `None` once the last packet was taken. It differs from an empty text,
    /// which lacks a length.
    rest: Option<ByteString>,
}

impl TextPayload {
    /// The packets in `body`.
    pub fn new(body: ByteString) -> Self {
        Self { rest: Some(body) }
    }
}

impl Iterator for TextPayload {
    type Item = Result<Packet, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_observed(&mut ())
    }
}

impl TextPayload {
    /// The next packet, and `observer` of the whole body is told what is what.
    pub(crate) fn next_observed(
        &mut self,
        observer: &mut impl Observer<Kind>,
    ) -> Option<Result<Packet, DecodeError>> {
        loop {
            let body = self.rest.take()?;
            let (record, rest) = match split_text(&body) {
                Ok((record, rest)) => (body.slice_ref(record), body.slice_ref(rest)),
                Err(error) => return Some(Err(error)),
            };
            observer.seen(record.len() + rest.len(), Kind::Length);
            let mut within = Part::before(rest.len(), observer);
            let found =
                (!record.is_empty()).then(|| packet3::decode_text_observed(&record, &mut within));
            if !rest.is_empty() && !matches!(found, Some(Err(_))) {
                self.rest = Some(rest);
            }
            if found.is_some() {
                return found;
            }
        }
    }
}

/// The first packet of a body of text, and what follows it.
fn split_text(body: &str) -> Result<(&str, &str), DecodeError> {
    let (digits, data) = body.split_once(COLON).ok_or(DecodeError::InvalidLength)?;
    let length = read_length(digits.bytes().map(|digit| digit.wrapping_sub(b'0')))?;

    let mut rest = data.chars();
    let mut missing = length;
    while missing > 0 {
        let units = rest.next().ok_or(DecodeError::LengthBeyondBody(length))?.len_utf16();
        missing = missing.checked_sub(units).ok_or(DecodeError::LengthInsideCharacter(length))?;
    }
    let rest = rest.as_str();
    let (record, _) = data.split_at(data.len() - rest.len());
    Ok((record, rest))
}

/// The packets of a body of bytes that were not taken yet.
///
/// As [`TextPayload`] for the other form. An empty body brings no packet.
///
/// ```
/// use sockrates::engineio::packet::{Message, Packet};
/// use sockrates::engineio::payload3::BinaryPayload;
///
/// let body = b"\x00\x04\xff4\xe2\x82\xac\x01\x05\xff\x04\x01\x02\x03\x04";
/// let packets: Result<Vec<_>, _> = BinaryPayload::new(body[..].into()).collect();
/// assert_eq!(packets?, [
///     Packet::Message(Message::Text("€".into())),
///     Packet::Message(Message::Binary(vec![1, 2, 3, 4].into())),
/// ]);
/// # Ok::<(), sockrates::engineio::packet::DecodeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BinaryPayload {
    rest: Bytes,
}

impl BinaryPayload {
    /// The packets in `body`.
    pub fn new(body: Bytes) -> Self {
        Self { rest: body }
    }
}

impl Iterator for BinaryPayload {
    type Item = Result<Packet, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_observed(&mut ())
    }
}

impl BinaryPayload {
    /// The next packet, and `observer` of the whole body is told what is what.
    pub(crate) fn next_observed(
        &mut self,
        observer: &mut impl Observer<Kind>,
    ) -> Option<Result<Packet, DecodeError>> {
        let body = std::mem::take(&mut self.rest);
        let (form, body_behind) = body.split_first()?;
        let found = split_bytes(body_behind).and_then(|(record, rest)| {
            let frame = frame(*form, body.slice_ref(record))?;
            observer.seen(record.len() + rest.len(), Kind::Length);
            let mut within = Part::before(rest.len(), observer);
            Ok((packet3::decode_observed(&frame, &mut within)?, body.slice_ref(rest)))
        });
        Some(found.map(|(packet, rest)| {
            self.rest = rest;
            packet
        }))
    }
}

/// The first packet of a body of bytes, and what follows it. The body begins with its length.
fn split_bytes(body: &[u8]) -> Result<(&[u8], &[u8]), DecodeError> {
    let end = memchr(END_OF_LENGTH, body).ok_or(DecodeError::InvalidLength)?;
    let (digits, behind) = body.split_at(end);
    let length = read_length(digits.iter().copied())?;
    let data = behind.get(1..).unwrap_or_default();
    data.split_at_checked(length).ok_or(DecodeError::LengthBeyondBody(length))
}

fn frame(form: u8, record: Bytes) -> Result<Frame, DecodeError> {
    match form {
        TEXT => ByteString::try_from(record).map(Frame::Text).map_err(|_| DecodeError::NotUtf8),
        BINARY => Ok(Frame::Binary(record)),
        other => Err(DecodeError::UnknownForm(other)),
    }
}

/// Reads a length from its digits, each of which is a number from 0 to 9.
fn read_length(digits: impl ExactSizeIterator<Item = u8>) -> Result<usize, DecodeError> {
    if digits.len() == 0 || digits.len() > MAX_DIGITS {
        return Err(DecodeError::InvalidLength);
    }
    let mut length = 0_u64;
    for digit in digits {
        if digit > 9 {
            return Err(DecodeError::InvalidLength);
        }
        length = length * 10 + u64::from(digit);
    }
    // Where addresses are small, what does not fit is beyond any body.
    Ok(usize::try_from(length).unwrap_or(usize::MAX))
}

/// Joins frames into one body of text.
///
/// ```
/// use sockrates::engineio::packet::Frame;
/// use sockrates::engineio::payload3::encode_text;
///
/// let frames = [Frame::Text("4€".into()), Frame::Binary(vec![1, 2, 3, 4].into())];
/// assert_eq!(encode_text(&frames), "2:4€10:b4AQIDBA==");
/// assert_eq!(encode_text(&[]), "0:");
/// ```
pub fn encode_text(frames: &[Frame]) -> String {
    if frames.is_empty() {
        return format!("0{COLON}");
    }
    let length = frames.iter().map(|frame| frame.len_as_text() + 1 + MAX_DIGITS + 1).sum();
    let mut body = String::with_capacity(length);
    for frame in frames {
        match frame {
            Frame::Text(text) => {
                body.push_str(&utf16_len(text).to_string());
                body.push(COLON);
                body.push_str(text);
            }
            Frame::Binary(bytes) => {
                body.push_str(&len_as_base64(bytes).to_string());
                body.push(COLON);
                write_as_base64(bytes, &mut body);
            }
        }
    }
    body
}

/// How many UTF-16 code units the text is: one for each character, which is one for each byte
/// that begins one, and one more where the beginning says that three bytes follow it.
fn utf16_len(text: &str) -> usize {
    let begins = |byte: u8| byte & 0b1100_0000 != 0b1000_0000;
    let units = |byte: u8| usize::from(begins(byte)) + usize::from(byte >= 0b1111_0000);
    text.bytes().map(units).sum()
}

/// Joins frames into one body of bytes. It is empty if there are none.
///
/// ```
/// use sockrates::engineio::packet::Frame;
/// use sockrates::engineio::payload3::encode_binary;
///
/// let frames = [Frame::Text("4€".into()), Frame::Binary(vec![1, 2, 3, 4].into())];
/// let expected = b"\x00\x04\xff4\xe2\x82\xac\x01\x05\xff\x04\x01\x02\x03\x04";
/// assert_eq!(encode_binary(&frames), expected);
/// ```
pub fn encode_binary(frames: &[Frame]) -> Vec<u8> {
    // Beside its content: the form, the digits, their end, and the type.
    let length = frames.iter().map(|frame| frame.len() + MAX_DIGITS + 3).sum();
    let mut body = Vec::with_capacity(length);
    for frame in frames {
        match frame {
            Frame::Text(text) => {
                write_head(TEXT, text.len(), &mut body);
                body.put_slice(text.as_bytes());
            }
            Frame::Binary(bytes) => {
                write_head(BINARY, 1 + bytes.len(), &mut body);
                write_as_bytes(bytes, &mut body);
            }
        }
    }
    body
}

fn write_head(form: u8, length: usize, body: &mut Vec<u8>) {
    body.push(form);
    body.extend(length.to_string().bytes().map(|digit| digit - b'0'));
    body.push(END_OF_LENGTH);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engineio::packet::{Message, Purpose};

    const EMPTY: &str = "empty packet, expected a type from '0' to '6'";
    const NO_LENGTH: &str = "no length in front of a packet, expected 1 to 10 digits and their end";
    const NOT_UTF8: &str = "text that is not UTF-8";

    type Expected<'a> = Result<Packet, &'a str>;

    fn text(text: &str) -> Packet {
        Packet::Message(Message::Text(text.into()))
    }

    fn binary(bytes: &[u8]) -> Packet {
        Packet::Message(Message::Binary(bytes.to_vec().into()))
    }

    #[track_caller]
    fn compare(
        found: impl Iterator<Item = Result<Packet, DecodeError>>,
        expected: &[Expected<'_>],
        body: &str,
    ) {
        let found: Vec<_> = found.map(|found| found.map_err(|error| error.to_string())).collect();
        let expected: Vec<_> =
            expected.iter().cloned().map(|packet| packet.map_err(str::to_owned)).collect();
        assert_eq!(found, expected, "decoding {body}");
    }

    #[track_caller]
    fn check(body: &str, expected: &[Expected<'_>]) {
        compare(TextPayload::new(body.into()), expected, body);
    }

    #[track_caller]
    fn check_bytes(body: &[u8], expected: &[Expected<'_>]) {
        let shown = body.escape_ascii().to_string();
        compare(BinaryPayload::new(body.to_vec().into()), expected, &shown);
    }

    /// What the reference server writes for these packets, in both forms.
    #[test]
    fn both_forms_are_those_of_the_reference_server() {
        same(&[text("hello")], "6:4hello", b"\x00\x06\xff4hello");
        same(&[text("")], "1:4", b"\x00\x01\xff4");
        same(&[text("€")], "2:4€", b"\x00\x04\xff4\xe2\x82\xac");
        same(&[text("🙂")], "3:4🙂", b"\x00\x05\xff4\xf0\x9f\x99\x82");
        same(&[text("é\u{2028}")], "3:4é\u{2028}", b"\x00\x06\xff4\xc3\xa9\xe2\x80\xa8");
        same(
            &[Packet::Open("{\"sid\":\"x\"}".into()), text("0")],
            "12:0{\"sid\":\"x\"}2:40",
            b"\x00\x01\x02\xff0{\"sid\":\"x\"}\x00\x02\xff40",
        );
        same(
            &[Packet::Pong(Purpose::Probe), Packet::Noop],
            "6:3probe1:6",
            b"\x00\x06\xff3probe\x00\x01\xff6",
        );
        same(&[text("a:b"), text("c")], "4:4a:b2:4c", b"\x00\x04\xff4a:b\x00\x02\xff4c");
        same(&[binary(&[1, 2, 3])], "6:b4AQID", b"\x01\x04\xff\x04\x01\x02\x03");
        same(&[binary(&[])], "2:b4", b"\x01\x01\xff\x04");
        same(&[binary(&[0, 255, 254, 128])], "10:b4AP/+gA==", b"\x01\x05\xff\x04\x00\xff\xfe\x80");
        same(
            &[text("€"), binary(&[1, 2, 3, 4]), text("🙂🙂")],
            "2:4€10:b4AQIDBA==5:4🙂🙂",
            b"\x00\x04\xff4\xe2\x82\xac\x01\x05\xff\x04\x01\x02\x03\x04\
              \x00\x09\xff4\xf0\x9f\x99\x82\xf0\x9f\x99\x82",
        );
        same(
            &[text("xxxxxxxxxx"), binary(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])],
            "11:4xxxxxxxxxx18:b4AAECAwQFBgcICQoL",
            b"\x00\x01\x01\xff4xxxxxxxxxx\
              \x01\x01\x03\xff\x04\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b",
        );
    }

    #[track_caller]
    fn same(packets: &[Packet], as_text: &str, as_bytes: &[u8]) {
        let frames: Vec<Frame> = packets.iter().map(Packet::to_frame).collect();
        assert_eq!(encode_text(&frames), as_text);
        assert_eq!(encode_binary(&frames), as_bytes);
        let expected: Vec<Expected<'_>> = packets.iter().cloned().map(Ok).collect();
        check(as_text, &expected);
        check_bytes(as_bytes, &expected);
    }

    /// Not in the specification. The reference server sends `0:` for no packet, and takes it.
    #[test]
    fn a_body_without_packets() {
        assert_eq!(encode_text(&[]), "0:");
        check("0:", &[]);
        check("0:0:", &[]);
        check("0:2:4a0:2:4b00:", &[Ok(text("a")), Ok(text("b"))]);
        check("", &[Err(NO_LENGTH)]);

        assert_eq!(encode_binary(&[]), b"");
        check_bytes(b"", &[]);
        check_bytes(b"\x00\x00\xff", &[Err(EMPTY)]);
        check_bytes(b"\x01\x00\xff", &[Err(EMPTY)]);
    }

    #[test]
    fn a_length_counts_utf_16_code_units() {
        check("2:4€1:2", &[Ok(text("€")), Ok(Packet::Ping(Purpose::Heartbeat))]);
        check("5:4a🙂b2:4c", &[Ok(text("a🙂b")), Ok(text("c"))]);
        check("2:4🙂", &[Err("a length of 2 that ends inside a character")]);
        check("4:4🙂", &[Err("a length of 4 that ends beyond the body")]);
        check("5:4🙂", &[Err("a length of 5 that ends beyond the body")]);
    }

    #[test]
    fn among_bytes_a_length_counts_bytes() {
        check_bytes(b"\x00\x04\xff4\xe2\x82\xac\x00\x01\xff6", &[Ok(text("€")), Ok(Packet::Noop)]);
        check_bytes(b"\x00\x03\xff4\xe2\x82", &[Err(NOT_UTF8)]);
        check_bytes(b"\x00\x02\xff4\xff", &[Err(NOT_UTF8)]);
        // Half of a surrogate pair.
        check_bytes(b"\x00\x04\xff4\xed\xa0\xbd", &[Err(NOT_UTF8)]);
        check_bytes(b"\x00\x0a\xff4", &[Err(NO_LENGTH)]);
        check_bytes(b"\x00\x02\xff4", &[Err("a length of 2 that ends beyond the body")]);
    }

    #[test]
    fn a_length_is_one_to_ten_decimal_digits() {
        check("01:4", &[Ok(text(""))]);
        check("0000000001:4", &[Ok(text(""))]);
        check("9999999999:4", &[Err("a length of 9999999999 that ends beyond the body")]);
        let wrong = [
            ":4",
            "-1:4",
            "+1:4",
            " 1:4",
            "1 :4",
            "1e0:4",
            "0x1:4",
            "1.0:4",
            "a1:4",
            "abc",
            "1",
            "1:41",
            "٤:4abc",
            "00000000001:4",
            "18446744073709551617:4",
        ];
        for body in wrong {
            let found = TextPayload::new(body.into()).last();
            assert_eq!(found, Some(Err(DecodeError::InvalidLength)), "{body:?}");
        }

        check_bytes(b"\x00\x00\x01\xff4", &[Ok(text(""))]);
        check_bytes(b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\xff4", &[Ok(text(""))]);
        for body in [
            &b"\x00"[..],
            b"\x00\xff",
            b"\x01\xff4",
            b"\x00\x01",
            b"\x00\x014",
            b"\x000\xff4",
            b"\x00\x0a\xff4",
            b"\x00\xfe\xff4",
            b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\xff4",
        ] {
            check_bytes(body, &[Err(NO_LENGTH)]);
        }
    }

    #[test]
    fn bytes_are_marked_as_what_they_are() {
        let wrong = "packet marked 0x02, expected 0x00 for text or 0x01 for bytes";
        check_bytes(b"\x02\x01\xff4", &[Err(wrong)]);
        check_bytes(b"\x00\x06\xffb4AQID", &[Ok(binary(&[1, 2, 3]))]);
        check_bytes(
            b"\x01\x02\xff\x09\x01",
            &[Err("unknown packet type 0x09, expected 0x00 to 0x06")],
        );
    }

    #[test]
    fn nothing_is_read_after_the_first_error() {
        check("2:4a1:72:4b", &[Ok(text("a")), Err("unknown packet type '7', expected '0' to '6'")]);
        check("2:4ax2:4b", &[Ok(text("a")), Err(NO_LENGTH)]);
        check("2:4a9:4b", &[Ok(text("a")), Err("a length of 9 that ends beyond the body")]);
        check_bytes(b"\x00\x02\xff4a\x00\x00\xff\x00\x02\xff4b", &[Ok(text("a")), Err(EMPTY)]);
    }

    /// Threat: a body of packets without content. Half a million of them took a server of its
    /// time minutes, since it cut the rest of the body anew for each.
    #[test]
    fn many_packets_take_linear_time() {
        assert_eq!(TextPayload::new("1:4".repeat(500_000).into()).count(), 500_000);
        assert_eq!(TextPayload::new("0:".repeat(500_000).into()).count(), 0);
        let body = b"\x00\x01\xff4".repeat(500_000);
        assert_eq!(BinaryPayload::new(body.into()).count(), 500_000);
        // A length that is never found to end is looked for once.
        assert_eq!(TextPayload::new("1".repeat(1_000_000).into()).count(), 1);
        assert_eq!(BinaryPayload::new(vec![0; 1_000_000].into()).count(), 1);
    }

    /// Slices of the body, not copies of them.
    #[test]
    fn decoded_packets_share_the_body() {
        let body = ByteString::from("6:4hello");
        let Some(Ok(Packet::Message(Message::Text(data)))) = TextPayload::new(body.clone()).next()
        else {
            panic!("a message");
        };
        assert_eq!(data.as_bytes().as_ptr(), body.as_bytes()[3..].as_ptr());
    }
}
