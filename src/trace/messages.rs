//! WebSocket frames that pass by, put together to messages again.
//!
//! ```text
//!   01 02 34 32 ─┐
//!   80 04 5b … ──┴─► 42["a"]      text, in two frames
//!   89 00                         a ping of the WebSocket: no message
//! ```
//!
//! Nothing is refused here: whoever looks on has no say. What is no frame is not looked at any
//! more, and passes all the same.
//!
//! Shell file: reads the heads of frames as tungstenite does. Spec: RFC 6455, section 5.

use std::io::Cursor;

use bytes::{Buf, BytesMut};
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// Bytes of a message that is put together. Larger ones pass unseen.
const MOST: usize = 16 << 20;

/// A message that has passed.
#[derive(Debug, Eq, PartialEq)]
pub enum Message {
    Text(String),
    Binary(Vec<u8>),
    Close,
}

/// What has passed in one direction.
#[derive(Debug, Default)]
pub struct Messages {
    waiting: BytesMut,
    /// The message that is on its way, and whether it is text.
    whole: Option<(bool, Vec<u8>)>,
    lost: bool,
}

impl Messages {
    /// Looks at bytes that pass. The messages that are complete by now.
    pub fn pass(&mut self, bytes: &[u8]) -> Vec<Message> {
        let mut passed = Vec::new();
        if self.lost {
            return passed;
        }
        self.waiting.extend_from_slice(bytes);
        while let Some(message) = self.frame() {
            passed.extend(message);
        }
        if self.waiting.len() > MOST {
            self.lose();
        }
        passed
    }

    /// Takes the next frame, and gives the message that ends with it. `None` when more is needed.
    fn frame(&mut self) -> Option<Option<Message>> {
        let mut cursor = Cursor::new(&*self.waiting);
        let Ok(parsed) = FrameHeader::parse(&mut cursor) else {
            self.lose();
            return None;
        };
        let (header, length) = parsed?;
        let head = usize::try_from(cursor.position()).ok()?;
        let end = head.saturating_add(usize::try_from(length).ok()?);
        if self.waiting.len() < end {
            return None;
        }
        self.waiting.advance(head);
        let mut payload = self.waiting.split_to(end - head).to_vec();
        if let Some(mask) = header.mask {
            payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        }
        Some(self.take(header.opcode, header.is_final, payload))
    }

    fn take(&mut self, opcode: OpCode, is_final: bool, payload: Vec<u8>) -> Option<Message> {
        match opcode {
            OpCode::Control(Control::Close) => return Some(Message::Close),
            OpCode::Control(_) => return None,
            OpCode::Data(Data::Continue) => {
                let (_, whole) = self.whole.as_mut()?;
                whole.extend(payload);
                if whole.len() > MOST {
                    self.whole = None;
                }
            }
            OpCode::Data(data) => self.whole = Some((data == Data::Text, payload)),
        }
        let (is_text, whole) = self.whole.take_if(|_| is_final)?;
        Some(match (is_text, String::from_utf8(whole)) {
            (true, Ok(text)) => Message::Text(text),
            (_, Ok(text)) => Message::Binary(text.into_bytes()),
            (_, Err(error)) => Message::Binary(error.into_bytes()),
        })
    }

    fn lose(&mut self) {
        *self = Self { lost: true, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6455, section 5.7, and a ping in between.
    #[test]
    fn messages_are_put_together_however_they_come() {
        let wire = [
            &[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58][..],
            &[0x01, 0x03, 0x48, 0x65, 0x6c],
            &[0x89, 0x00],
            &[0x80, 0x02, 0x6c, 0x6f],
            &[0x82, 0x02, 0x01, 0x02],
            &[0x88, 0x00],
        ]
        .concat();
        let expected = [
            Message::Text("Hello".to_owned()),
            Message::Text("Hello".to_owned()),
            Message::Binary(vec![1, 2]),
            Message::Close,
        ];
        for size in 1..=wire.len() {
            let mut messages = Messages::default();
            let passed: Vec<_> = wire.chunks(size).flat_map(|it| messages.pass(it)).collect();
            assert_eq!(passed, expected, "{size} bytes at a time");
        }
    }

    #[test]
    fn what_is_no_frame_is_not_looked_at_any_more() {
        let mut messages = Messages::default();
        assert_eq!(messages.pass(&[0x83, 0x00, 0x81, 0x01, 0x61]), []);
        assert_eq!(messages.pass(&[0x81, 0x01, 0x61]), []);
    }
}
