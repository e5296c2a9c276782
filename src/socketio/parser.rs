//! Parsers: the two ways to spell a packet, of which a server speaks one.
//!
//! ```text
//!   Json          2["foo",1]                 text, bytes in messages of their own
//!   MessagePack   83 a4… 02 a3… a1… 92…      one message of bytes, whatever is in it
//! ```
//!
//! A client can not be asked which one it speaks: it has to be configured as its server is.
//!
//! Core file. Spec: Socket.IO v5, ["Packet encoding"]. Next: [`encode`] and
//! [`msgpack`].
//!
//! ["Packet encoding"]: https://github.com/socketio/socket.io-protocol#packet-encoding

use std::vec;

use bytes::Bytes;
use bytestring::ByteString;
use serde::Serialize;

use super::args::Args;
use super::decode;
use super::encode::{self, EncodeError, Text};
use super::msgpack::{self, Limits};
use super::packet::{Body, Event};
use crate::engineio::outbox::Load;
use crate::engineio::packet::Frame;

/// How packets are spelled. Official name: the option `parser`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Parser {
    /// As the specification has it, and every client speaks it unless told otherwise.
    #[default]
    Json,
    /// As the package `socket.io-msgpack-parser` has it. Its clients have to use it too:
    /// `io({ parser: require("socket.io-msgpack-parser") })`.
    MessagePack,
}

/// A packet ready to be sent: encoded once, whoever and however many it goes to.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Encoded {
    /// Text, and behind it its attachments.
    Text(Text),
    /// One message of bytes.
    MessagePack(msgpack::Binary),
}

impl Parser {
    /// Says that something happened, with an id if an answer is wanted.
    ///
    /// ```
    /// use sockrates::socketio::parser::Parser;
    ///
    /// let text = Parser::Json.event("/", None, "foo", &1)?;
    /// let bytes = Parser::MessagePack.event("/", None, "foo", &1)?;
    /// assert_eq!(text.event(), bytes.event());
    /// # Ok::<(), sockrates::socketio::encode::EncodeError>(())
    /// ```
    ///
    /// # Errors
    /// When it can not be sent.
    pub fn event<T>(
        self,
        namespace: &str,
        id: Option<u64>,
        name: &str,
        data: &T,
    ) -> Result<Encoded, EncodeError>
    where
        T: Serialize + ?Sized,
    {
        Ok(match self {
            Self::Json => Encoded::Text(encode::event(namespace, id, name, data)?),
            Self::MessagePack => Encoded::MessagePack(msgpack::event(namespace, id, name, data)?),
        })
    }

    /// Answers the event that had this id.
    ///
    /// # Errors
    /// When it can not be sent.
    pub fn ack<T>(self, namespace: &str, id: u64, data: &T) -> Result<Encoded, EncodeError>
    where
        T: Serialize + ?Sized,
    {
        Ok(match self {
            Self::Json => Encoded::Text(encode::ack(namespace, id, data)?),
            Self::MessagePack => Encoded::MessagePack(msgpack::ack(namespace, id, data)?),
        })
    }

    /// Writes an event with arguments that came from a client: see [`encode::relay`].
    ///
    /// # Errors
    /// When it can not be sent.
    pub fn relay(self, namespace: &str, name: &str, args: &Args) -> Result<Encoded, EncodeError> {
        match self {
            Self::Json => Ok(Encoded::Text(encode::relay(namespace, name, args)?)),
            Self::MessagePack => self.event(namespace, None, name, args),
        }
    }

    /// Answers an event with arguments that came from a client: see [`encode::relay_ack`].
    ///
    /// # Errors
    /// When it can not be sent.
    pub fn relay_ack(self, namespace: &str, id: u64, args: &Args) -> Result<Encoded, EncodeError> {
        match self {
            Self::Json => Ok(Encoded::Text(encode::relay_ack(namespace, id, args)?)),
            Self::MessagePack => self.ack(namespace, id, args),
        }
    }

    /// Spells a packet that has no id: one of [`encode::connect`], [`encode::connect_error`],
    /// [`encode::disconnect`], or what older clients are told in their place.
    pub fn plain(self, namespace: &str, packet: Text) -> Encoded {
        match self {
            Self::Json => Encoded::Text(packet),
            Self::MessagePack => {
                let (kind, json) = encode::parts(namespace, &packet);
                Encoded::MessagePack(msgpack::bare(kind, namespace, json))
            }
        }
    }
}

impl Encoded {
    /// The messages that carry it, with nothing between them.
    pub fn frames(self) -> impl Iterator<Item = Frame> {
        let (first, attachments) = match self {
            Self::Text(Text { head, attachments }) => (Frame::Text(head), attachments),
            Self::MessagePack(packet) => (Frame::Binary(packet.into_bytes()), Vec::new()),
        };
        Frames { first: Some(first), rest: attachments.into_iter() }
    }

    /// What it adds to what waits for a client.
    pub(super) fn load(&self) -> Load {
        let (bytes, frames) = match self {
            Self::Text(Text { head, attachments }) => {
                let bytes = head.len() + attachments.iter().map(Bytes::len).sum::<usize>();
                (bytes, 1 + attachments.len())
            }
            Self::MessagePack(packet) => (packet.bytes().len(), 1),
        };
        Load { bytes, frames, ..Load::default() }
    }

    /// The name and the arguments, if it is an event: what its receivers make of it.
    pub fn event(&self) -> Option<(ByteString, Args)> {
        match self.body()? {
            Body::Event { event: Event { name, args }, .. } => Some((name, args)),
            _ => None,
        }
    }

    /// What it says, as whoever receives it would read it. There is nothing to be read if the
    /// application has sent an object that looks like a placeholder beside bytes.
    pub(super) fn body(&self) -> Option<Body> {
        let (packet, attachments) = match self {
            Self::Text(Text { head, attachments }) => {
                // Behind the type of the Engine.IO packet.
                let message = head.slice_ref(head.get(1..)?);
                let decoded = decode::decode(&message, attachments.len()).ok()?;
                (decoded.packet, attachments.clone())
            }
            Self::MessagePack(packet) => msgpack::decode(packet.bytes(), Limits::NONE).ok()?,
        };
        let args = |args: Args| args.complete(attachments).ok();
        Some(match packet.body {
            Body::Event { id, event: Event { name, args: found } } => {
                Body::Event { id, event: Event { name, args: args(found)? } }
            }
            Body::Ack { id, args: found } => Body::Ack { id, args: args(found)? },
            other => other,
        })
    }

    /// The same event with one more argument at the end, a string.
    #[must_use]
    pub fn append(&self, argument: &str) -> Self {
        match self {
            Self::Text(packet) => Self::Text(encode::append(packet, argument)),
            Self::MessagePack(packet) => Self::MessagePack(msgpack::append(packet, argument)),
        }
    }
}

/// The messages of one packet. Adapters of the library would do; this one knows how short it is.
struct Frames {
    first: Option<Frame>,
    rest: vec::IntoIter<Bytes>,
}

impl Iterator for Frames {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        self.first.take().or_else(|| self.rest.next().map(Frame::Binary))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::from(self.first.is_some()) + self.rest.len();
        (left, Some(left))
    }
}
