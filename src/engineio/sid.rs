//! The session identifier.
//!
//! ```text
//!   GET /socket.io/?EIO=4&transport=polling&sid=lv_VI97HAXpY6yYWAAAC
//!                                               └──────────────────┘
//! ```
//!
//! Core file. Spec: Engine.IO v4, "Handshake".

use std::fmt;

use crate::token::{BYTES, Token};

/// Names a session.
///
/// Whoever knows a session's `Sid` can speak in its name. So it is drawn from 120 random
/// bits, it is never shown whole in a log, and Socket.IO names its sockets otherwise. Text
/// from a request becomes a `Sid` in one place, [`Sid::parse`]; past that point there are no
/// malformed ones.
///
/// ```
/// use sockrates::engineio::sid::Sid;
///
/// let sid = Sid::parse("lv_VI97HAXpY6yYWAAAC").expect("20 characters of base64url");
/// assert_eq!(sid.to_string(), "lv_VI97HAXpY6yYWAAAC");
/// assert_eq!(format!("{sid:?}"), "Sid(lv_VI9…)");
/// assert_eq!(Sid::parse("__proto__"), None);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Sid(Token);

impl Sid {
    /// An identifier of these bytes, for tests that must repeat themselves.
    pub const fn new(bytes: [u8; BYTES]) -> Self {
        Self(Token::new(bytes))
    }

    /// Draws a new identifier.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        Token::random().map(Self)
    }

    /// Reads what a client sends. `None` for what no server of ours has ever issued.
    pub fn parse(text: &str) -> Option<Self> {
        Token::parse(text).map(Self)
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
