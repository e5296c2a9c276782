//! Payloads: many packets in the body of one HTTP request or response.
//!
//! ```text
//!   4hello␞2␞bAQIDBA==
//!   └────┘ │ └───────┘
//!  message │  message, binary: the bytes 01 02 03 04
//!        ping
//! ```
//!
//! Two rules, both absent from WebSocket: packets are joined by the record
//! separator, and bytes travel as base64 after a `b`.
//!
//! Nothing is escaped. A text message that holds a record separator of its own falls
//! apart on this transport, here as in the reference server. Socket.IO is safe, since
//! JSON writes that character as `\u001e`.
//!
//! Core file. Spec: Engine.IO v4, "Packet encoding", "HTTP long-polling".

use bytestring::ByteString;
use memchr::memchr;

use super::explain::Kind;
use super::observe::{Observer, Part};
use super::packet::{DecodeError, Frame, Packet};

/// The character that stands between two packets: ASCII 30, "record separator".
pub const SEPARATOR: char = '\x1e';

/// The packets of a body that were not taken yet.
///
/// They are decoded one at a time, as they are asked for, so a body of half a million
/// packets costs no more memory than its text.
///
/// ```
/// use sockrates::engineio::packet::{Message, Packet};
/// use sockrates::engineio::payload::Payload;
///
/// // The example of the specification.
/// let packets: Result<Vec<_>, _> = Payload::new("4hello\x1ebAQIDBA==".into()).collect();
/// assert_eq!(packets?, [
///     Packet::Message(Message::Text("hello".into())),
///     Packet::Message(Message::Binary(vec![1, 2, 3, 4].into())),
/// ]);
/// # Ok::<(), sockrates::engineio::packet::DecodeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Payload {
    /// What is left; `None` once the last packet was taken. It differs from an empty text,
    /// which is one packet without a type.
    rest: Option<ByteString>,
}

impl Payload {
    /// The packets in `body`. There is always one at least, if only an invalid one.
    pub fn new(body: ByteString) -> Self {
        Self { rest: Some(body) }
    }
}

impl Iterator for Payload {
    type Item = Result<Packet, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_observed(&mut ())
    }
}

impl Payload {
    /// The next packet, and `observer` of the whole body is told what is what.
    pub(crate) fn next_observed(
        &mut self,
        observer: &mut impl Observer<Kind>,
    ) -> Option<Result<Packet, DecodeError>> {
        let text = self.rest.take()?;
        let whole = text.len();
        let record = match memchr(SEPARATOR as u8, text.as_bytes()) {
            Some(end) => {
                let whole: &str = &text;
                let (record, rest) = whole.split_at(end);
                self.rest = Some(text.slice_ref(rest.get(1..).unwrap_or_default()));
                text.slice_ref(record)
            }
            None => text,
        };
        let behind = whole - record.len();
        let found = Packet::decode_text_observed(&record, &mut Part::before(behind, observer));
        if found.is_ok() {
            observer.seen(self.rest.as_ref().map_or(0, |rest| rest.len()), Kind::Separator);
        }
        Some(found)
    }
}

/// Joins frames into one body.
///
/// ```
/// use sockrates::engineio::packet::Frame;
/// use sockrates::engineio::payload;
///
/// let frames = [Frame::Text("4hello".into()), Frame::Binary(vec![1, 2, 3, 4].into())];
/// assert_eq!(payload::encode(&frames), "4hello\x1ebAQIDBA==");
/// ```
pub fn encode<'a>(frames: impl IntoIterator<Item = &'a Frame> + Clone) -> String {
    let length: usize = frames.clone().into_iter().map(|frame| frame.len_as_text() + 1).sum();
    let mut body = String::with_capacity(length);
    for (index, frame) in frames.into_iter().enumerate() {
        if index > 0 {
            body.push(SEPARATOR);
        }
        frame.write_as_text(&mut body);
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engineio::packet::{Message, Purpose};

    #[test]
    fn decodes_packet_by_packet() {
        check("2", &[Ok(Packet::Ping(Purpose::Heartbeat))]);
        check("4a\x1e4b", &[Ok(text("a")), Ok(text("b"))]);
        check("4\x1e4", &[Ok(text("")), Ok(text(""))]);
        check("4é\x1e6", &[Ok(text("é")), Ok(Packet::Noop)]);
    }

    /// An empty body, a separator at an end and two in a row all hold a packet without a type.
    #[test]
    fn a_separator_always_separates_two_packets() {
        let empty = Err("empty packet, expected a type from '0' to '6'");
        check("", std::slice::from_ref(&empty));
        check("\x1e", &[empty.clone(), empty.clone()]);
        check("4a\x1e", &[Ok(text("a")), empty.clone()]);
        check("\x1e4a", &[empty.clone(), Ok(text("a"))]);
        check("4a\x1e\x1e4b", &[Ok(text("a")), empty, Ok(text("b"))]);
    }

    fn text(text: &str) -> Packet {
        Packet::Message(Message::Text(text.into()))
    }

    #[track_caller]
    fn check(body: &str, expected: &[Result<Packet, &str>]) {
        let found: Vec<_> = Payload::new(body.into())
            .map(|found| found.map_err(|error| error.to_string()))
            .collect();
        let expected: Vec<_> =
            expected.iter().cloned().map(|packet| packet.map_err(str::to_owned)).collect();
        assert_eq!(found, expected, "decoding {body:?}");
    }

    /// Half a million packets in a megabyte are answered in linear time.
    #[test]
    fn many_packets_take_linear_time() {
        let body = vec!["2"; 500_000].join("\x1e");
        assert_eq!(Payload::new(body.into()).count(), 500_000);
    }
}
