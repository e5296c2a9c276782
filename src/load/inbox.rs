//! From bytes that arrive, cut anywhere, to messages.
//!
//! ```text
//!   read    81 05 He
//!   read    llo 82 03 1     ►  text "Hello"
//!   read    23              ►  bytes "123"
//!
//!   01 03 Hel 80 02 lo      ►  text "Hello", of two frames
//! ```
//!
//! A message in one frame is shown where it was read. Only those in several are put together.
//!
//! Core file. Specification: RFC 6455, section 5.4.

use super::frame::{self, FrameError, Kind};

#[derive(Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    /// How many of those have been shown.
    shown: usize,
    /// What has come of a message that is not complete.
    begun: Option<Kind>,
    pieces: Vec<u8>,
}

/// One message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Message<'a> {
    pub kind: Kind,
    pub payload: &'a [u8],
}

impl Inbox {
    /// Where to read to. What was shown before is forgotten.
    pub fn room(&mut self, least: usize) -> &mut Vec<u8> {
        self.bytes.drain(..self.shown);
        self.shown = 0;
        // A message that does not fit makes room for twice as much: it is read in few turns.
        self.bytes.reserve(least.max(self.bytes.len()));
        &mut self.bytes
    }

    /// The next message, if all of it is there.
    ///
    /// # Errors
    /// When what is there is none.
    #[inline]
    pub fn next(&mut self) -> Result<Option<Message<'_>>, FrameError> {
        loop {
            let from = self.shown;
            let Some(frame) = frame::first(self.bytes.get(from..).unwrap_or_default())? else {
                return Ok(None);
            };
            self.shown += frame.taken;
            match (frame.kind, frame.last, self.begun) {
                (Kind::More, _, None) => return Err(FrameError::Order),
                (Kind::Text | Kind::Binary, _, Some(_)) => return Err(FrameError::Order),
                (Kind::More, true, Some(kind)) => {
                    self.pieces.extend(frame.payload);
                    self.begun = None;
                    return Ok(Some(Message { kind, payload: &self.pieces }));
                }
                (Kind::More, false, Some(_)) => self.pieces.extend(frame.payload),
                (kind @ (Kind::Text | Kind::Binary), false, None) => {
                    self.begun = Some(kind);
                    self.pieces.clear();
                    self.pieces.extend(frame.payload);
                }
                (kind, _, _) => {
                    let shown = self.bytes.get(self.shown - frame.payload.len()..self.shown);
                    return Ok(Some(Message { kind, payload: shown.unwrap_or_default() }));
                }
            }
        }
    }

    /// Takes out so many bytes that are not frames: the answer to a request is in front of them.
    pub fn head(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        let at = self.bytes.windows(end.len()).position(|it| it == end)?;
        Some(self.bytes.drain(..at + end.len()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a stream cut into pieces of one length, and lists the messages.
    fn read(stream: &[u8], length: usize) -> Result<Vec<(Kind, String)>, FrameError> {
        let mut inbox = Inbox::default();
        let mut messages = Vec::new();
        for piece in stream.chunks(length) {
            inbox.room(1).extend(piece);
            while let Some(message) = inbox.next()? {
                let text = String::from_utf8_lossy(message.payload).into_owned();
                messages.push((message.kind, text));
            }
        }
        Ok(messages)
    }

    #[test]
    fn messages_are_the_same_wherever_the_stream_is_cut() {
        let stream =
            b"\x81\x05Hello\x82\x03123\x01\x03Hel\x8A\x00\x00\x00\x80\x02lo\x81\x00\x88\x00";
        let expected = [
            (Kind::Text, "Hello"),
            (Kind::Binary, "123"),
            (Kind::Pong, ""),
            (Kind::Text, "Hello"),
            (Kind::Text, ""),
            (Kind::Close, ""),
        ]
        .map(|(kind, text)| (kind, text.to_owned()));
        for length in 1..=stream.len() {
            assert_eq!(read(stream, length), Ok(expected.to_vec()), "pieces of {length}");
        }
    }

    #[test]
    fn pieces_come_in_order() {
        assert_eq!(read(b"\x80\x02lo", 9), Err(FrameError::Order));
        assert_eq!(read(b"\x01\x02He\x81\x02He", 9), Err(FrameError::Order));
        let after_another = read(b"\x01\x01a\x80\x01b\x01\x01c\x80\x01d", 4).unwrap();
        assert_eq!(after_another, ["ab", "cd"].map(|text| (Kind::Text, text.to_owned())));
    }

    #[test]
    fn a_head_is_taken_off_when_it_is_complete() {
        let mut inbox = Inbox::default();
        inbox.room(1).extend(b"HTTP/1.1 101 \r\n\r");
        assert_eq!(inbox.head(b"\r\n\r\n"), None);
        inbox.room(1).extend(b"\n\x81\x00");
        assert_eq!(inbox.head(b"\r\n\r\n").unwrap(), b"HTTP/1.1 101 \r\n\r\n");
        assert_eq!(inbox.next().unwrap(), Some(Message { kind: Kind::Text, payload: b"" }));
    }
}
