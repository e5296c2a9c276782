//! The session identifier.
//!
//! ```text
//!   GET /socket.io/?EIO=4&transport=polling&sid=lv_VI97HAXpY6yYWAAAC
//!                                               └──────────────────┘
//!                                               node tag, if there is one: its first two
//! ```
//!
//! Several servers behind one address can each have a *node tag*, with which the identifiers that
//! they issue begin. So a server that is asked for another's session can say so, and a load
//! balancer can find the way by those two characters alone.
//!
//! Core file. Spec: Engine.IO v4, "Handshake".

use std::fmt;

use crate::token::{BYTES, CHARACTERS, Token};

/// Names a session.
///
/// Whoever knows a session's `Sid` can speak in its name. So it is drawn from 120 random bits
/// (108 behind a node tag), it is never shown whole in a log, and Socket.IO names its sockets
/// otherwise. Text from a request becomes a `Sid` in one place, [`Sid::parse`]; past that point
/// there are no malformed ones.
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

    /// Draws a new identifier, which begins with `tag` if there is one. Then 108 of its bits are
    /// random, where the reference server's have 96.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give.
    pub fn random(tag: Option<NodeTag>) -> Result<Self, getrandom::Error> {
        // No test can make this fail.
        let token = Token::random()?;
        Ok(Self(tag.map_or(token, |NodeTag(tag)| token.beginning_with(tag))))
    }

    /// The node tag with which it begins, if whoever has issued it has one.
    pub fn tag(self) -> NodeTag {
        NodeTag(self.0.beginning())
    }

    /// Reads what a client sends. `None` for what no server of ours has ever issued.
    pub fn parse(text: &str) -> Option<Self> {
        Token::parse(text).map(Self)
    }
}

/// Two characters that name one of several servers: `A-Z`, `a-z`, `0-9`, `-` or `_`.
///
/// ```
/// use sockrates::engineio::sid::{NodeTag, Sid};
///
/// let tag = NodeTag::parse("b7").expect("two characters of base64url");
/// let sid = Sid::random(Some(tag))?;
/// assert!(sid.to_string().starts_with("b7"));
/// assert_eq!(sid.tag(), tag);
/// assert_eq!(NodeTag::parse("b"), None);
/// # Ok::<(), getrandom::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NodeTag(u16);

impl NodeTag {
    /// Reads a tag. `None` for what is not two characters of the alphabet.
    pub fn parse(text: &str) -> Option<Self> {
        let filled = format!("{text}{}", "A".repeat(CHARACTERS - 2));
        Token::parse(&filled).map(|token| Self(token.beginning()))
    }
}

impl fmt::Display for NodeTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = Token::new([0; BYTES]).beginning_with(self.0);
        write!(f, "{:.2}", token.to_string())
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_two_characters_and_stays_what_it_is() {
        for text in ["AA", "b7", "__", "-z", "03"] {
            assert_eq!(NodeTag::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "a", "abc", "ä", "a ", "a=", "a/", "éé"] {
            assert_eq!(NodeTag::parse(text), None, "{text:?}");
        }
    }

    /// Threat 27. A tag takes twelve bits, and the other 108 differ.
    #[test]
    fn what_follows_a_tag_is_random() {
        let tag = NodeTag::parse("b7");
        let draw = || Sid::random(tag).unwrap().to_string();
        let sids: std::collections::HashSet<String> = (0..1000).map(|_| draw()).collect();
        assert_eq!(sids.len(), 1000);
        for place in 2..20 {
            let seen: std::collections::HashSet<u8> =
                sids.iter().map(|sid| sid.as_bytes()[place]).collect();
            assert!(seen.len() > 40, "character {place} takes {} values", seen.len());
        }
    }
}
