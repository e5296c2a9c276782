//! What a socket sends, and why it may not have.
//!
//! ```text
//!   451-["pic",{"_placeholder":true,"num":0}]    one text frame
//!   (the bytes)                                  and, right behind it, its attachments
//! ```
//!
//! Core file. Spec: Socket.IO v5, "Sending and receiving data".

use std::fmt;

use super::encode::{EncodeError, Encoded};
use crate::engineio::outbox::SendError;
use crate::engineio::packet::Frame;

/// A packet as the session sends it: its text, and behind it its attachments.
pub(super) fn frames(packet: &Encoded) -> impl Iterator<Item = Frame> {
    let head = Frame::Text(packet.head.clone());
    [head].into_iter().chain(packet.attachments.iter().cloned().map(Frame::Binary))
}

/// Why something was not sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum EmitError {
    /// It can not be encoded.
    Encode(EncodeError),
    /// The socket is disconnected.
    Disconnected,
    /// Too many bytes wait for this client. Its session is closed.
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
