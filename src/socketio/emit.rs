//! What a socket sends, and why it may not have.
//!
//! ```text
//!   451-["pic",{"_placeholder":true,"num":0}]    one text frame
//!   (the bytes)                                  and, right behind it, its attachments
//! ```
//!
//! Core file. Spec: Socket.IO v5, "Sending and receiving data".

use std::fmt;

use bytes::Bytes;

use super::args::Args;
use super::decode::decode;
use super::encode::{EncodeError, Encoded};
use super::packet::{Body, Event};
use crate::engineio::outbox::{Load, SendError};
use crate::engineio::packet::Frame;

/// A packet as the session sends it: its text, and behind it its attachments.
pub(super) fn frames(packet: &Encoded) -> impl Iterator<Item = Frame> {
    let head = Frame::Text(packet.head.clone());
    [head].into_iter().chain(packet.attachments.iter().cloned().map(Frame::Binary))
}

/// What a packet adds to what waits for a client.
pub(super) fn load(packet: &Encoded) -> Load {
    let bytes = packet.head.len() + packet.attachments.iter().map(Bytes::len).sum::<usize>();
    Load { bytes, frames: 1 + packet.attachments.len(), ..Load::default() }
}

/// What a packet of ours says, as whoever receives it would read it.
pub(super) fn body_of(packet: &Encoded) -> Option<Body> {
    // Behind the type of the Engine.IO packet.
    let text = packet.head.slice_ref(packet.head.get(1..)?);
    let args = |args: Args| args.complete(packet.attachments.clone()).ok();
    Some(match decode(&text, packet.attachments.len()).ok()?.packet.body {
        Body::Event { id, event: Event { name, args: found } } => {
            Body::Event { id, event: Event { name, args: args(found)? } }
        }
        Body::Ack { id, args: found } => Body::Ack { id, args: args(found)? },
        other => other,
    })
}

/// Why something was not sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum EmitError {
    /// It can not be encoded.
    Encode(EncodeError),
    /// The socket is disconnected.
    Disconnected,
    /// Too many bytes wait for this client. Unless [`WhenFull::Wait`] was asked for, its session
    /// is closed.
    ///
    /// [`WhenFull::Wait`]: crate::engineio::delivery::WhenFull::Wait
    Full,
    /// The socket owes as many answers as it may owe.
    TooManyAcks,
}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encode(error) => write!(f, "{error}"),
            Self::Disconnected => write!(f, "the socket is disconnected"),
            Self::Full => write!(f, "too many bytes wait for this client"),
            Self::TooManyAcks => write!(f, "too many answers of this socket are awaited"),
        }
    }
}

impl std::error::Error for EmitError {}

impl From<EncodeError> for EmitError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl From<SendError> for EmitError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Gone => Self::Disconnected,
            SendError::Full => Self::Full,
        }
    }
}
