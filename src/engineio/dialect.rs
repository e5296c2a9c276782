//! Dialects: how the packets of one session are written.
//!
//! ```text
//!   GET …?EIO=4&transport=polling          4hello␞bAQID              revision 4
//!   GET …?EIO=3&transport=polling&b64=1    6:4hello6:b4AQID          revision 3, as text
//!   GET …?EIO=3&transport=polling          00 06 ff 4hello 01 …      revision 3, as bytes
//!   GET …?EIO=3&transport=polling&j=0      ___eio[0]("6:4hello");    revision 3, as a script
//! ```
//!
//! Revision 4 is spoken by Socket.IO clients since 3.0, revision 3 by those before. A session keeps
//! the dialect that its first request asks for. Everything that differs between revisions on the
//! wire is asked of this file; who pings whom is left to the session.
//!
//! Core file. Spec: Engine.IO v4, "Handshake"; revision 3 is the document of that number.

use bytes::Bytes;
use bytestring::ByteString;

use super::jsonp::{self, Index};
use super::packet::{DecodeError, Frame, Packet};
use super::packet3;
use super::payload::{self, Payload};
use super::payload3::{self, BinaryPayload, TextPayload};

/// A revision of the protocol. A session keeps the one it was opened with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Revision {
    /// Lengths in front of packets, and clients that ping.
    Three,
    /// Separators between packets, and a server that pings.
    Four,
}

impl Revision {
    /// The revision that the parameter `EIO` of a query asks for. Whatever is not `4` is an older
    /// one, as it is for the reference server: the first clients did not send it at all.
    ///
    /// ```
    /// use sockrates::engineio::dialect::Revision;
    ///
    /// assert_eq!(Revision::asked_by(Some("4")), Revision::Four);
    /// assert_eq!(Revision::asked_by(None), Revision::Three);
    /// ```
    pub fn asked_by(version: Option<&str>) -> Self {
        if version == Some("4") { Self::Four } else { Self::Three }
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        match self {
            Self::Three => 3,
            Self::Four => 4,
        }
    }
}

/// How the packets of one session are written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Dialect {
    revision: Revision,
    /// Whether the client takes bytes as base64 only, on WebSocket as well.
    base64: bool,
    /// Whether the client reads packets by script tags, and under which number.
    script: Option<Index>,
}

/// Packets on their way to a client, in the body of one answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Body {
    /// As text.
    Text(String),
    /// As bytes.
    Bytes(Vec<u8>),
    /// As a script that hands them to the page.
    Script(String),
}

/// The packets of a client's body that were not taken yet.
#[derive(Debug)]
pub enum Packets {
    /// Of revision 4.
    Four(Payload),
    /// Of revision 3, in a body of text.
    Three(TextPayload),
    /// Of revision 3, in a body of bytes.
    ThreeInBytes(BinaryPayload),
}

impl Dialect {
    /// The dialect of nearly all clients.
    pub const FOUR: Self = Self { revision: Revision::Four, base64: false, script: None };

    /// What a query asks for: a revision, bytes as base64 (`b64`), scripts (`j`). Scripts are for
    /// revision 3: a page of any origin can run one, so nobody else is answered by one.
    pub fn new(revision: Revision, base64: bool, script: Option<&str>) -> Self {
        let script = script.filter(|_| revision == Revision::Three).and_then(Index::parse);
        Self { revision, base64, script }
    }

    /// The revision of the protocol.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Whether the client reads packets by script tags.
    pub fn is_script(&self) -> bool {
        self.script.is_some()
    }

    /// Writes packets into the body of an answer.
    pub fn body(&self, frames: &[Frame]) -> Body {
        let has_bytes = frames.iter().any(|frame| matches!(frame, Frame::Binary(_)));
        match (self.revision, &self.script) {
            (Revision::Four, _) => Body::Text(payload::encode(frames)),
            (Revision::Three, Some(index)) => {
                Body::Script(jsonp::wrap(*index, &payload3::encode_text(frames)))
            }
            (Revision::Three, None) if has_bytes && !self.base64 => {
                Body::Bytes(payload3::encode_binary(frames))
            }
            (Revision::Three, None) => Body::Text(payload3::encode_text(frames)),
        }
    }

    /// Reads a body of text. `None` when it is not the form that a script's client sends.
    pub fn packets(&self, text: ByteString) -> Option<Packets> {
        Some(match (self.revision, &self.script) {
            (Revision::Four, _) => Packets::Four(Payload::new(text)),
            (Revision::Three, None) => Packets::Three(TextPayload::new(text)),
            (Revision::Three, Some(_)) => {
                Packets::Three(TextPayload::new(jsonp::unwrap_form(&text)?))
            }
        })
    }

    /// Reads a body of bytes. `None` in revision 4, where bodies are text.
    pub fn packets_in_bytes(&self, bytes: Bytes) -> Option<Packets> {
        (self.revision == Revision::Three).then(|| Packets::ThreeInBytes(BinaryPayload::new(bytes)))
    }

    /// Reads the packet of one WebSocket frame.
    ///
    /// # Errors
    /// When it is none.
    pub fn decode(&self, frame: &Frame) -> Result<Packet, DecodeError> {
        match self.revision {
            Revision::Four => Packet::decode(frame),
            Revision::Three => packet3::decode(frame),
        }
    }

    /// The WebSocket frame that carries a packet.
    pub fn to_websocket(&self, frame: Frame) -> Frame {
        match (self.revision, frame) {
            (Revision::Four, bytes @ Frame::Binary(_)) if self.base64 => {
                let mut text = String::with_capacity(bytes.len_as_text());
                bytes.write_as_text(&mut text);
                Frame::Text(text.into())
            }
            (Revision::Four, frame) => frame,
            (Revision::Three, frame) => packet3::to_websocket(frame, self.base64),
        }
    }
}

impl Iterator for Packets {
    type Item = Result<Packet, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Four(payload) => payload.next(),
            Self::Three(payload) => payload.next(),
            Self::ThreeInBytes(payload) => payload.next(),
        }
    }
}
