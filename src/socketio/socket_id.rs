//! The public name of a socket.
//!
//! ```text
//!   40{"sid":"wZX3oN0bSVIhsaknAAAI"}
//!            └──────────────────┘
//! ```
//!
//! Core file. Spec: Socket.IO v5, "Connection to a namespace".

use std::fmt;

use crate::token::Token;

/// Names a socket. Everybody may know it: it differs from the secret name of the session,
/// and from the names of the same client's sockets in other namespaces.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SocketId(Token);

impl SocketId {
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        Token::random().map(Self)
    }
}

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
