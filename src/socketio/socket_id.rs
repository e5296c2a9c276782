//! The public name of a socket.
//!
//! ```text
//!   40{"sid":"wZX3oN0bSVIhsaknAAAI"}
//!            └──────────────────┘
//! ```
//!
//! Core file. Spec: Socket.IO v5, "Connection to a namespace".

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::token::Token;

/// Names a socket. Everybody may know it: it differs from the secret name of the session,
/// and from the names of the same client's sockets in other namespaces.
///
/// It is sent and received as a string, and it is the name of a room, in which its socket is:
///
/// ```
/// use sockrates::socketio::{Socket, SocketId};
///
/// fn whisper(socket: &Socket) {
///     socket.on("whisper", |socket: Socket, (to, text): (SocketId, String)| {
///         socket.to(to).emit("whispered", (socket.id(), text))
///     });
/// }
///
/// let id: SocketId = "wZX3oN0bSVIhsaknAAAI".parse()?;
/// assert_eq!(id.to_string(), "wZX3oN0bSVIhsaknAAAI");
/// assert!("everybody".parse::<SocketId>().is_err());
/// # Ok::<(), sockrates::socketio::SocketIdError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
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

impl FromStr for SocketId {
    type Err = SocketIdError;

    fn from_str(text: &str) -> Result<Self, SocketIdError> {
        Token::parse(text).map(Self).ok_or(SocketIdError)
    }
}

impl Serialize for SocketId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SocketId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A text that names no socket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SocketIdError;

impl fmt::Display for SocketIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a socket is named by 20 characters of A-Z a-z 0-9 - _")
    }
}

impl std::error::Error for SocketIdError {}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::socketio::args::Args;

    const NAME: &str = "wZX3oN0bSVIhsaknAAAI";

    #[test]
    fn a_name_reads_as_it_is_written_as_text_and_as_json() {
        let id: SocketId = NAME.parse().unwrap();
        assert_eq!(id.to_string(), NAME);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{NAME}\""));
        let args = Args::of_event(&format!(r#"["kick","{NAME}"]"#));
        assert_eq!(args.parse::<SocketId>().unwrap(), id);
    }

    #[test]
    fn what_names_no_socket_is_refused_in_words() {
        const WHY: &str = "a socket is named by 20 characters of A-Z a-z 0-9 - _";
        for text in ["", "lobby", "wZX3oN0bSVIhsaknAAAIx", "wZX3oN0bSVIhsaknAA+I"] {
            assert_eq!(text.parse::<SocketId>().unwrap_err().to_string(), WHY, "{text:?}");
        }
        let error = Args::of_event(r#"["kick","lobby"]"#).parse::<SocketId>().unwrap_err();
        assert_eq!(error.to_string(), format!("argument 1: {WHY}"));
    }
}
