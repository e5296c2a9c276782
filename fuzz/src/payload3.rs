//! Any body of revision 3, as text and as bytes. Whatever is in it:
//!
//! - each packet, the first error and the end are those that a slow reader of the specification
//!   finds, who counts UTF-16 code units where it says characters;
//! - what decodes is encoded, in either form and for a WebSocket, to what decodes to the same;
//! - as text it is announced with the lengths that JavaScript would have counted;
//! - nothing is copied for a packet of text or of raw bytes, and no buffer outlives its packets;
//! - an error is a sentence that fits a line of a log.
//!
//! What half a million packets cost is in the unit tests: input this small would not show it.

use bytes::Bytes;
use sockrates::engineio::packet::{DecodeError, Frame, Message, Packet};
use sockrates::engineio::packet3;
use sockrates::engineio::payload3::{BinaryPayload, TextPayload, encode_binary, encode_text};

use super::watch::Watch;

type Found = Result<Packet, DecodeError>;

/// Checks the properties above.
pub fn check(data: &[u8]) {
    let found = decode_bytes(data);
    compare(&found, &slowly_bytes(data), &data.escape_ascii().to_string());
    round_trip(&found);

    let Ok(text) = std::str::from_utf8(data) else { return };
    let found = decode_text(text);
    compare(&found, &slowly_text(text), text);
    round_trip(&found);
}

/// The specification names no errors, so it is not compared which one it is.
fn compare(found: &[Found], slowly: &[Result<Packet, ()>], body: &str) {
    let verdicts: Vec<_> = found.iter().map(|it| it.clone().map_err(|_| ())).collect();
    assert_eq!(verdicts, slowly, "decoding {body}");
    for error in found.iter().filter_map(|it| it.as_ref().err()) {
        let sentence = error.to_string();
        assert!((20..100).contains(&sentence.len()), "{sentence:?}");
    }
}

fn decode_text(text: &str) -> Vec<Found> {
    let watch = Watch::default();
    let body = watch.text(text);
    let within = body.as_bytes().as_ptr_range();
    let mut payload = TextPayload::new(body.clone());
    let found: Vec<Found> = payload.by_ref().collect();
    assert_eq!(payload.next(), None, "it goes on after its end");
    for packet in found.iter().flatten() {
        if let Packet::Open(data) | Packet::Message(Message::Text(data)) = packet {
            // `b0` brings an open packet in base64, which has to be copied.
            let shared = within.contains(&data.as_bytes().as_ptr());
            let decoded = matches!(packet, Packet::Open(_)) && text.contains("b0");
            assert!(shared || data.is_empty() || decoded, "{data:?} was copied");
        }
    }
    let copies = found.clone().into_iter().map(unshare).collect();
    drop((payload, body, found));
    assert_eq!(watch.alive(), 0, "{text:?} is kept although nobody has a packet of it");
    copies
}

fn decode_bytes(data: &[u8]) -> Vec<Found> {
    let watch = Watch::default();
    let body = watch.bytes(data);
    let mut payload = BinaryPayload::new(body.clone());
    let found: Vec<Found> = payload.by_ref().collect();
    assert_eq!(payload.next(), None, "it goes on after its end");
    let copies = found.clone().into_iter().map(unshare).collect();
    drop((payload, body, found));
    assert_eq!(watch.alive(), 0, "the body is kept although nobody has a packet of it");
    copies
}

/// The same in a buffer of its own.
fn unshare(found: Found) -> Found {
    Ok(match found? {
        Packet::Open(text) => Packet::Open(text.to_string().into()),
        Packet::Message(Message::Text(text)) => {
            Packet::Message(Message::Text(text.to_string().into()))
        }
        Packet::Message(Message::Binary(bytes)) => {
            Packet::Message(Message::Binary(bytes.to_vec().into()))
        }
        other => other,
    })
}

fn round_trip(found: &[Found]) {
    let packets: Vec<Packet> = found.iter().flatten().cloned().collect();
    let frames: Vec<Frame> = packets.iter().map(Packet::to_frame).collect();

    let text = encode_text(&frames);
    let again: Result<Vec<_>, _> = TextPayload::new(text.as_str().into()).collect();
    assert_eq!(again.as_ref(), Ok(&packets), "it became {text:?}");
    assert_eq!(text, announce(&frames), "lengths as JavaScript counts them");

    let bytes = encode_binary(&frames);
    let again: Result<Vec<_>, _> = BinaryPayload::new(bytes.clone().into()).collect();
    assert_eq!(again.as_ref(), Ok(&packets), "it became {}", bytes.escape_ascii());

    for (packet, frame) in packets.iter().zip(frames) {
        for base64 in [false, true] {
            let wire = packet3::to_websocket(frame.clone(), base64);
            assert_eq!(packet3::decode(&wire).as_ref(), Ok(packet), "it became {wire:?}");
            assert!(!base64 || matches!(wire, Frame::Text(_)), "bytes for who can not read them");
        }
    }
}

/// The body of text for these frames.
fn announce(frames: &[Frame]) -> String {
    if frames.is_empty() {
        return "0:".to_owned();
    }
    let record = |frame: &Frame| match packet3::to_websocket(frame.clone(), true) {
        Frame::Text(text) => format!("{}:{text}", text.encode_utf16().count()),
        Frame::Binary(_) => panic!("a WebSocket for text only carries bytes"),
    };
    frames.iter().map(record).collect()
}

/// A body of text, character by character.
fn slowly_text(body: &str) -> Vec<Result<Packet, ()>> {
    let mut found = Vec::new();
    let mut left: Vec<char> = body.chars().collect();
    left.reverse();
    loop {
        match record(&mut left) {
            Some(record) if record.is_empty() => {}
            Some(record) => found.push(slowly_packet(&record)),
            None => found.push(Err(())),
        }
        if left.is_empty() || matches!(found.last(), Some(Err(()))) {
            return found;
        }
    }
}

/// Takes the length and the packet that come next; the last character is the next one.
fn record(left: &mut Vec<char>) -> Option<String> {
    let mut digits = String::new();
    loop {
        match left.pop()? {
            ':' => break,
            digit if digit.is_ascii_digit() => digits.push(digit),
            _ => return None,
        }
    }
    let length = length(&digits)?;
    let (mut record, mut units) = (String::new(), 0);
    while units < length {
        let next = left.pop()?;
        units += next.len_utf16() as u64;
        record.push(next);
    }
    (units == length).then_some(record)
}

fn length(digits: &str) -> Option<u64> {
    if digits.len() > 10 { None } else { digits.parse().ok() }
}

/// A body of bytes, byte by byte.
fn slowly_bytes(body: &[u8]) -> Vec<Result<Packet, ()>> {
    let mut found = Vec::new();
    let mut left: Vec<u8> = body.to_vec();
    left.reverse();
    while !left.is_empty() && !matches!(found.last(), Some(Err(()))) {
        found.push(typed_record(&mut left).ok_or(()).and_then(|packet| packet));
    }
    found
}

fn typed_record(left: &mut Vec<u8>) -> Option<Result<Packet, ()>> {
    let form = left.pop()?;
    let mut digits = String::new();
    loop {
        match left.pop()? {
            0xff => break,
            digit => digits.push(char::from_digit(digit.into(), 10)?),
        }
    }
    let length = usize::try_from(length(&digits)?).ok()?;
    let mut record = left.split_off(left.len().checked_sub(length)?);
    record.reverse();
    match form {
        0 => Some(slowly_packet(&String::from_utf8(record).ok()?)),
        1 => Some(slowly_typed(&record)),
        _ => None,
    }
}

/// Text is as in revision 4, but for bytes in base64, which have their type in front.
fn slowly_packet(text: &str) -> Result<Packet, ()> {
    let Some(typed) = text.strip_prefix('b') else {
        return Packet::decode_text(&text.into()).map_err(|_| ());
    };
    let kind = typed.chars().next().and_then(|kind| kind.to_digit(10)).ok_or(())?;
    // What the target `packet` is for: base64 itself.
    let base64 = Frame::Text(format!("b{}", &typed[1..]).into());
    let Ok(Packet::Message(Message::Binary(data))) = Packet::decode(&base64) else {
        return Err(());
    };
    slowly_typed(&[&[kind as u8], &data[..]].concat())
}

/// The type as a byte, then data, which nothing but a message and an open packet keep.
fn slowly_typed(record: &[u8]) -> Result<Packet, ()> {
    let (kind, data) = record.split_first().ok_or(())?;
    match kind {
        0 => {
            let data = String::from_utf8(data.to_vec()).map_err(|_| ())?;
            Ok(Packet::Open(data.into()))
        }
        4 => Ok(Packet::Message(Message::Binary(Bytes::copy_from_slice(data)))),
        1..=6 => Packet::decode_text(&kind.to_string().into()).map_err(|_| ()),
        _ => Err(()),
    }
}
