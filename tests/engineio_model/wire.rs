//! The wire: how messages are written in either revision of the protocol.
//!
//! ```text
//!   4a␞bYg==          a body of two messages, "a" as text and "b" as bytes, in revision 4
//!   2:4a6:b4Yg==      the same in revision 3, for a client that takes bytes as base64
//! ```
//!
//! Another revision of the protocol is another row in the functions of this file.

use bytestring::ByteString;
use sockrates::engineio::dialect::{self, Dialect};
use sockrates::engineio::packet::{Frame, Message};

/// A revision of the protocol.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Revision {
    Three,
    Four,
}

/// How a message travels.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Form {
    Text,
    Binary,
}

/// What a message consists of. At most two are under way in one direction, and no two that follow
/// each other are the same: so a message that is lost, doubled or out of its place shows.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Letter {
    A,
    B,
}

impl Letter {
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    /// A message to or from the application.
    pub fn message(self, form: Form) -> Message {
        let text = ByteString::from_static(self.text());
        match form {
            Form::Text => Message::Text(text),
            Form::Binary => Message::Binary(text.into_bytes()),
        }
    }

    /// The message as the application sends it, in any revision.
    pub fn sent(self, form: Form) -> Frame {
        match form {
            Form::Text => text_frame(Revision::Four.record(form, self)),
            Form::Binary => Frame::Binary(ByteString::from_static(self.text()).into_bytes()),
        }
    }
}

impl Revision {
    /// What the session is opened with.
    pub fn dialect(self) -> Dialect {
        match self {
            Self::Three => Dialect::new(dialect::Revision::Three, true, None),
            Self::Four => Dialect::FOUR,
        }
    }

    /// The message as a packet in a body.
    pub fn record(self, form: Form, letter: Letter) -> &'static str {
        match (self, form, letter) {
            (_, Form::Text, Letter::A) => "4a",
            (_, Form::Text, Letter::B) => "4b",
            (Self::Four, Form::Binary, Letter::A) => "bYQ==",
            (Self::Four, Form::Binary, Letter::B) => "bYg==",
            (Self::Three, Form::Binary, Letter::A) => "b4YQ==",
            (Self::Three, Form::Binary, Letter::B) => "b4Yg==",
        }
    }

    /// The message as a frame from the session's WebSocket.
    pub fn frame_out(self, form: Form, letter: Letter) -> Frame {
        match self {
            Self::Four => letter.sent(form),
            // Who takes bytes as base64 takes them so on WebSocket as well.
            Self::Three => text_frame(self.record(form, letter)),
        }
    }

    /// The message as a frame from the client.
    pub fn frame_in(self, form: Form, letter: Letter) -> Frame {
        match (self, form) {
            (Self::Three, Form::Binary) => {
                Frame::Binary([&[4], letter.text().as_bytes()].concat().into())
            }
            _ => letter.sent(form),
        }
    }

    /// A body of these packets.
    pub fn join(self, records: &[&str]) -> String {
        match self {
            Self::Four => records.join("\x1e"),
            Self::Three => records
                .iter()
                .map(|record| format!("{}:{record}", record.chars().count()))
                .collect(),
        }
    }

    /// The packets of a body.
    pub fn split(self, mut body: &str) -> Vec<&str> {
        if self == Self::Four {
            return body.split('\x1e').collect();
        }
        let mut records = Vec::new();
        while let Some((length, rest)) = body.split_once(':') {
            let (record, rest) = rest.split_at(length.parse().expect("a length"));
            records.push(record);
            body = rest;
        }
        records
    }
}

/// A frame of text.
pub fn text_frame(text: &'static str) -> Frame {
    Frame::Text(ByteString::from_static(text))
}
