//! Revision 3 of the protocol: the same packets, with bytes that say their type.
//!
//! ```text
//!   4hello            text, as in revision 4
//!
//!   04 01 02 03       bytes, in a binary frame
//!   │  └──────┴─ data
//!   └─────────── type: message, as a byte
//!
//!   b4AQID            bytes, where only text can travel
//!   ││└──┴────── data, as base64
//!   │└────────── type: message
//!   └─────────── what follows is base64
//! ```
//!
//! Revision 4 dropped both types, since bytes were never anything but a message. Here a
//! sender writes nothing else either; a reader takes what the type says, and ignores bytes
//! behind a packet that has no use for them, as the reference server does.
//!
//! A client of this revision asks with `EIO=3`, and is of the second major version of
//! Socket.IO. How many packets share a body is in [`payload3`](super::payload3).
//!
//! Core file. Spec: Engine.IO v3, "Packet".

use bytes::{BufMut, Bytes, BytesMut};
use bytestring::ByteString;

use super::explain::Kind;
use super::observe::Observer;
use super::packet::{self, BASE64, DecodeError, Frame, MESSAGE, Message, Packet, Purpose};

/// The type of a message, where it stands in front of bytes.
const MESSAGE_BYTE: u8 = 4;

/// The last of the types.
const MAX_TYPE: u8 = 6;

/// Decodes what one frame carries. Neither text nor bytes are copied.
///
/// ```
/// use sockrates::engineio::packet::{Frame, Message, Packet};
/// use sockrates::engineio::packet3;
///
/// let message = Packet::Message(Message::Binary(vec![1, 2, 3].into()));
/// let wire = Frame::Binary(vec![4, 1, 2, 3].into());
/// assert_eq!(packet3::decode(&wire)?, message);
/// let wire = Frame::Text("b4AQID".into());
/// assert_eq!(packet3::decode(&wire)?, message);
/// # Ok::<(), sockrates::engineio::packet::DecodeError>(())
/// ```
///
/// # Errors
/// When there is no type, an unknown one, or a `b` without base64 behind it.
pub fn decode(frame: &Frame) -> Result<Packet, DecodeError> {
    decode_observed(frame, &mut ())
}

/// The same, and `observer` is told what is what.
pub(super) fn decode_observed(
    frame: &Frame,
    observer: &mut impl Observer<Kind>,
) -> Result<Packet, DecodeError> {
    match frame {
        Frame::Text(text) => decode_text_observed(text, observer),
        Frame::Binary(bytes) => {
            let (kind, data) = bytes.split_first().ok_or(DecodeError::Empty)?;
            let unknown = DecodeError::UnknownByte(*kind);
            let packet = from_bytes(*kind, bytes.slice_ref(data)).unwrap_or(Err(unknown))?;
            observer.seen(data.len(), Kind::Type);
            observer.seen(0, Kind::Data);
            Ok(packet)
        }
    }
}

/// Decodes the text of one packet.
///
/// # Errors
/// As [`decode`].
pub fn decode_text(text: &ByteString) -> Result<Packet, DecodeError> {
    decode_text_observed(text, &mut ())
}

/// The same, and `observer` is told what is what.
pub(super) fn decode_text_observed(
    text: &ByteString,
    observer: &mut impl Observer<Kind>,
) -> Result<Packet, DecodeError> {
    let Some(typed) = text.strip_prefix(BASE64) else {
        return Packet::decode_text_observed(text, observer);
    };
    observer.seen(typed.len(), Kind::Base64Mark);

    let mut chars = typed.chars();
    let kind = chars.next().ok_or(DecodeError::Empty)?;
    let unknown = DecodeError::UnknownType(kind);
    let digit = kind.to_digit(10).and_then(|digit| u8::try_from(digit).ok()).ok_or(unknown)?;
    let data = chars.as_str();
    if digit > MAX_TYPE {
        return Err(unknown);
    }
    observer.seen(data.len(), Kind::Type);
    let packet = from_bytes(digit, packet::decode_base64(data)?).unwrap_or(Err(unknown))?;
    observer.seen(0, Kind::Base64);
    Ok(packet)
}

/// The packet of this type that brings bytes; `None` if there is no such type.
fn from_bytes(kind: u8, data: Bytes) -> Option<Result<Packet, DecodeError>> {
    Some(Ok(match kind {
        0 => return Some(open(data)),
        1 => Packet::Close,
        // A probe is text: `2probe`.
        2 => Packet::Ping(Purpose::Heartbeat),
        3 => Packet::Pong(Purpose::Heartbeat),
        MESSAGE_BYTE => Packet::Message(Message::Binary(data)),
        5 => Packet::Upgrade,
        6 => Packet::Noop,
        _ => return None,
    }))
}

/// The handshake object is text, whatever it came as.
fn open(data: Bytes) -> Result<Packet, DecodeError> {
    ByteString::try_from(data).map(Packet::Open).map_err(|_| DecodeError::NotUtf8)
}

/// The frame as a WebSocket carries it in this revision.
///
/// `base64` is for a client that asked for text only, with `b64=1` in its query.
///
/// ```
/// use sockrates::engineio::packet::Frame;
/// use sockrates::engineio::packet3::to_websocket;
///
/// let frame = Frame::Binary(vec![1, 2, 3].into());
/// assert_eq!(to_websocket(frame.clone(), false), Frame::Binary(vec![4, 1, 2, 3].into()));
/// assert_eq!(to_websocket(frame, true), Frame::Text("b4AQID".into()));
/// ```
pub fn to_websocket(frame: Frame, base64: bool) -> Frame {
    match frame {
        Frame::Text(text) => Frame::Text(text),
        Frame::Binary(bytes) if base64 => {
            let mut text = String::with_capacity(len_as_base64(&bytes));
            write_as_base64(&bytes, &mut text);
            Frame::Text(text.into())
        }
        Frame::Binary(bytes) => {
            let mut typed = BytesMut::with_capacity(1 + bytes.len());
            write_as_bytes(&bytes, &mut typed);
            Frame::Binary(typed.freeze())
        }
    }
}

/// How many characters a message of these bytes is as text.
pub(super) fn len_as_base64(bytes: &[u8]) -> usize {
    2 + bytes.len().div_ceil(3) * 4
}

/// Appends a message of these bytes as text.
pub(super) fn write_as_base64(bytes: &[u8], body: &mut String) {
    body.push(BASE64);
    body.push(MESSAGE);
    packet::encode_base64(bytes, body);
}

/// Appends a message of these bytes as bytes.
pub(super) fn write_as_bytes(bytes: &[u8], body: &mut impl BufMut) {
    body.put_u8(MESSAGE_BYTE);
    body.put_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(bytes: &[u8]) -> Packet {
        Packet::Message(Message::Binary(bytes.to_vec().into()))
    }

    #[track_caller]
    fn check(wire: &Frame, expected: Result<Packet, &str>) {
        let found = decode(wire).map_err(|error| error.to_string());
        assert_eq!(found, expected.map_err(str::to_owned), "decoding {wire:?}");
    }

    #[track_caller]
    fn check_text(wire: &str, expected: Result<Packet, &str>) {
        check(&Frame::Text(wire.into()), expected);
    }

    #[track_caller]
    fn check_bytes(wire: &[u8], expected: Result<Packet, &str>) {
        check(&Frame::Binary(wire.to_vec().into()), expected);
    }

    #[test]
    fn text_is_that_of_revision_4() {
        check_text("0{}", Ok(Packet::Open("{}".into())));
        check_text("1", Ok(Packet::Close));
        check_text("2", Ok(Packet::Ping(Purpose::Heartbeat)));
        check_text("2probe", Ok(Packet::Ping(Purpose::Probe)));
        check_text("3probe", Ok(Packet::Pong(Purpose::Probe)));
        check_text("4€", Ok(Packet::Message(Message::Text("€".into()))));
        check_text("5", Ok(Packet::Upgrade));
        check_text("6", Ok(Packet::Noop));
        check_text("", Err("empty packet, expected a type from '0' to '6'"));
        check_text("7", Err("unknown packet type '7', expected '0' to '6'"));
    }

    #[test]
    fn bytes_have_their_type_in_front() {
        check_bytes(&[4, 1, 2], Ok(binary(&[1, 2])));
        check_bytes(&[4], Ok(binary(&[])));
        check_bytes(&[4, 4], Ok(binary(&[4])));
        check_bytes(&[], Err("empty packet, expected a type from '0' to '6'"));
        check_bytes(&[7], Err("unknown packet type 0x07, expected 0x00 to 0x06"));
        // The character for a message is not the byte for one.
        check_bytes(b"4a", Err("unknown packet type 0x34, expected 0x00 to 0x06"));
    }

    #[test]
    fn base64_has_the_type_in_front_of_it() {
        check_text("b4AQI=", Ok(binary(&[1, 2])));
        check_text("b4AQI", Ok(binary(&[1, 2])));
        check_text("b4", Ok(binary(&[])));
        check_text("b", Err("empty packet, expected a type from '0' to '6'"));
        check_text("b7", Err("unknown packet type '7', expected '0' to '6'"));
        check_text("bAQI=", Err("unknown packet type 'A', expected '0' to '6'"));
        check_text("b٤AQI=", Err("unknown packet type '٤', expected '0' to '6'"));
        check_text("b4*", Err("binary packet with invalid base64 after 'b'"));
        check_text("bb4AQI=", Err("unknown packet type 'b', expected '0' to '6'"));
    }

    /// Not in the specification: who would send a ping as bytes? The reference server answers it.
    #[test]
    fn bytes_behind_a_packet_that_has_no_use_for_them_are_ignored() {
        for (kind, expected) in [
            (1, Packet::Close),
            (2, Packet::Ping(Purpose::Heartbeat)),
            (3, Packet::Pong(Purpose::Heartbeat)),
            (5, Packet::Upgrade),
            (6, Packet::Noop),
        ] {
            check_bytes(&[kind], Ok(expected.clone()));
            check_bytes(&[&[kind], &b"probe"[..]].concat(), Ok(expected.clone()));
            check_text(&format!("b{kind}cHJvYmU="), Ok(expected));
        }
        check_bytes(b"\x00{}", Ok(Packet::Open("{}".into())));
        check_bytes(b"\x00\xff", Err("text that is not UTF-8"));
    }

    #[test]
    fn what_is_sent_is_what_is_read() {
        for bytes in [&[][..], &[0], &[4, 4], &[0xff; 7]] {
            let frame = Frame::Binary(bytes.to_vec().into());
            for base64 in [false, true] {
                let wire = to_websocket(frame.clone(), base64);
                assert_eq!(matches!(wire, Frame::Text(_)), base64);
                check(&wire, Ok(binary(bytes)));
            }
        }
        let text = Frame::Text("4a".into());
        assert_eq!(to_websocket(text.clone(), false), text);
        assert_eq!(to_websocket(text.clone(), true), text);
    }

    /// A slice of what arrived, not a copy of it.
    #[test]
    fn decoded_bytes_share_the_buffer_they_arrived_in() {
        let wire = Bytes::from(vec![4, 1, 2]);
        let Ok(Packet::Message(Message::Binary(data))) = decode(&Frame::Binary(wire.clone()))
        else {
            panic!("a message");
        };
        assert_eq!(data.as_ptr(), wire[1..].as_ptr());
    }
}
