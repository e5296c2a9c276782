//! Any frame. Whatever is in it:
//!
//! - the verdict is that of the table in the specification, read slowly;
//! - what decodes is written as a frame that decodes to the same, and so does that frame as text;
//! - the length that was announced for the text is the length of the text;
//! - text is shared and never copied;
//! - an error says what was found, in a sentence that fits a line of a log.

use sockrates::engineio::packet::{DecodeError, Frame, Message, Packet, Purpose};

use super::watch::Watch;

/// Checks the properties above.
pub fn check(data: &[u8]) {
    let bytes = Frame::Binary(data.to_vec().into());
    let message = Packet::Message(Message::Binary(data.to_vec().into()));
    assert_eq!(Packet::decode(&bytes), Ok(message.clone()), "bytes are a message");
    round_trip(&message);

    let Ok(text) = std::str::from_utf8(data) else { return };
    let watch = Watch::default();
    let frame = Frame::Text(watch.text(text));
    let found = Packet::decode(&frame);
    assert_eq!(found, slowly(text), "decoding {text:?}");
    drop(frame);
    match found {
        Ok(packet) => {
            round_trip(&packet);
            let shares = match &packet {
                Packet::Open(_) | Packet::Message(Message::Text(_)) => text.len(),
                _ => 0,
            };
            let empty = text.len() <= 1;
            assert!(watch.alive() == shares || empty, "{text:?} was copied, or kept for nothing");
        }
        Err(error) => {
            let sentence = error.to_string();
            assert!((20..100).contains(&sentence.len()), "{sentence:?}");
            let first = text.chars().next().filter(|first| *first != 'b');
            let named = first.is_none_or(|first| sentence.contains(&format!("{first:?}")));
            assert!(named, "{sentence:?} about {text:?}");
        }
    }
}

fn round_trip(packet: &Packet) {
    let frame = packet.to_frame();
    assert_eq!(Packet::decode(&frame).as_ref(), Ok(packet), "it became {frame:?}");

    let mut text = String::from("before");
    frame.write_as_text(&mut text);
    let text = text.strip_prefix("before").expect("it is appended");
    assert_eq!(text.len(), frame.len_as_text(), "the length of {text:?}");
    assert_eq!(Packet::decode_text(&text.into()).as_ref(), Ok(packet), "it became {text:?}");
}

/// The table of the specification.
fn slowly(text: &str) -> Result<Packet, DecodeError> {
    let Some(kind) = text.chars().next() else { return Err(DecodeError::Empty) };
    let data = text[kind.len_utf8()..].to_owned();
    let purpose = if data == "probe" { Purpose::Probe } else { Purpose::Heartbeat };
    match kind {
        '0' => Ok(Packet::Open(data.into())),
        '1' => Ok(Packet::Close),
        '2' => Ok(Packet::Ping(purpose)),
        '3' => Ok(Packet::Pong(purpose)),
        '4' => Ok(Packet::Message(Message::Text(data.into()))),
        '5' => Ok(Packet::Upgrade),
        '6' => Ok(Packet::Noop),
        'b' => match base64(&data) {
            Some(bytes) => Ok(Packet::Message(Message::Binary(bytes.into()))),
            None => Err(DecodeError::InvalidBase64),
        },
        other => Err(DecodeError::UnknownType(other)),
    }
}

/// RFC 4648, section 4, bit by bit. Padding may be missing, in part or as a whole.
fn base64(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let wanted = (4 - digits.len() % 4) % 4;
    if padding > wanted || wanted == 3 {
        return None;
    }
    let mut bits = Vec::new();
    for digit in digits.chars() {
        let value = ALPHABET.find(digit)?;
        bits.extend((0..6).rev().map(|bit| value >> bit & 1));
    }
    let (bytes, left) = bits.split_at(bits.len() / 8 * 8);
    // Bits that are left over belong to no byte, and are zero.
    let byte = |bits: &[usize]| bits.iter().fold(0, |byte, bit| byte << 1 | *bit as u8);
    left.iter().all(|bit| *bit == 0).then(|| bytes.chunks(8).map(byte).collect())
}
