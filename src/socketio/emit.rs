//! Why a socket may not have sent what it was told to send.
//!
//! ```text
//!   socket.emit("map", HashMap::from([((1, 2), 3)]))     Encode: a key is no string
//!   socket.emit("late", 1)                               Disconnected: nobody is there
//! ```
//!
//! Core file. Spec: Socket.IO v5, "Sending and receiving data".

use std::fmt;

use super::encode::EncodeError;
use crate::engineio::outbox::SendError;

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
