//! Why a socket left its namespace.
//!
//! ```text
//!   41              from the client: client namespace disconnect
//!   41              from the server: server namespace disconnect
//!   the session is over:             whatever ended it
//! ```
//!
//! Core file. Spec: Socket.IO v5, "Disconnection from a namespace"; the words are those of
//! the reference server, since applications compare them.

use std::fmt;

use crate::engineio::close::CloseReason;

/// Why a socket was disconnected.
///
/// Prints in the words of the reference server:
///
/// ```
/// use sockrates::socketio::DisconnectReason;
///
/// let reason = DisconnectReason::ClientDisconnect;
/// assert_eq!(reason.to_string(), "client namespace disconnect");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DisconnectReason {
    /// The client left the namespace.
    ClientDisconnect,
    /// The application disconnected the socket.
    ServerDisconnect,
    /// The session is over, and with it all its sockets.
    Session(CloseReason),
}

impl DisconnectReason {
    /// Whether the client may come back: it was cut off, and nobody wanted it to go.
    pub const fn is_recoverable(self) -> bool {
        !matches!(
            self,
            Self::ClientDisconnect
                | Self::ServerDisconnect
                | Self::Session(CloseReason::ParseError)
        )
    }

    /// The reason in the words of the reference server.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientDisconnect => "client namespace disconnect",
            Self::ServerDisconnect => "server namespace disconnect",
            Self::Session(reason) => reason.as_str(),
        }
    }
}

impl fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
