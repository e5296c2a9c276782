//! Tokens: twenty characters that nobody can guess.
//!
//! ```text
//!   lv_VI97HAXpY6yYWAAAC
//!   └──────────────────┘ 15 random bytes, in the alphabet that URLs leave alone
//! ```
//!
//! Both layers name things with one: Engine.IO its sessions, whose name is a secret,
//! and Socket.IO its sockets, whose name is public. The two are drawn apart, so that
//! knowing one tells nothing of the other.
//!
//! Core file: the random bytes are an argument, except in [`Token::random`].

use std::fmt;
use std::hash::BuildHasherDefault;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustc_hash::FxHasher;

/// How many bytes are drawn. Three bytes make four characters, so none is left over.
pub const BYTES: usize = 15;

/// How many characters they are shown as.
pub const CHARACTERS: usize = 20;

/// How tokens are hashed: quickly, since the server draws them and nobody can choose some that
/// collide.
pub(crate) type Drawn = BuildHasherDefault<FxHasher>;

/// What tokens are drawn from, if not from the operating system.
static SEED: OnceLock<u64> = OnceLock::new();
/// How many were.
static DRAWN: AtomicU64 = AtomicU64::new(0);

/// From now on all tokens of this process follow from `seed`: whoever knows it knows every name, the
/// secret ones included. For lessons that are to look the same each time, and for nothing else.
/// Whether it is the first seed, the only one that counts.
pub fn draw_from_seed(seed: u64) -> bool {
    SEED.set(seed).is_ok()
}

/// Fifteen random bytes, shown as twenty characters of `A-Z a-z 0-9 - _`.
///
/// ```
/// use sockrates::token::Token;
///
/// let token = Token::parse("lv_VI97HAXpY6yYWAAAC").expect("20 characters of base64url");
/// assert_eq!(token.to_string(), "lv_VI97HAXpY6yYWAAAC");
/// assert_eq!(Token::parse("../etc/passwd"), None);
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Token([u8; BYTES]);

impl Token {
    /// A token of these bytes, for tests that must repeat themselves.
    pub const fn new(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    /// Draws a token from the operating system, never from a counter.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give, which on the systems we
    /// know happens at most in the first moments after they start.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; BYTES];
        if let Some(seed) = SEED.get() {
            return Ok(Self::drawn(*seed, DRAWN.fetch_add(1, Ordering::Relaxed)));
        }
        // No test can make this fail.
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The token that is drawn as the how manieth from a seed.
    fn drawn(seed: u64, number: u64) -> Self {
        // SplitMix64, whose steps are as good as any for what nobody may rely on.
        let step = |number: u64| {
            let steps = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mut mixed = seed.wrapping_add(steps);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        };
        let (high, low) = (step(2 * number), step(2 * number + 1));
        let mut bytes = [0; BYTES];
        let drawn = high.to_be_bytes().into_iter().chain(low.to_be_bytes());
        bytes.iter_mut().zip(drawn).for_each(|(to, from)| *to = from);
        Self(bytes)
    }

    /// The same token, but for its first two characters, which are the twelve bits of `beginning`.
    #[must_use]
    pub fn beginning_with(self, beginning: u16) -> Self {
        let [_, second, rest @ ..] = self.0;
        let [high, low] = (beginning << 4 | u16::from(second & 0x0f)).to_be_bytes();
        let mut bytes = [0; BYTES];
        bytes.iter_mut().zip([high, low].into_iter().chain(rest)).for_each(|(to, from)| *to = from);
        Self(bytes)
    }

    /// The twelve bits of its first two characters.
    pub fn beginning(self) -> u16 {
        let [first, second, ..] = self.0;
        u16::from_be_bytes([first, second]) >> 4
    }

    /// Reads what [`Display`](fmt::Display) writes. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; BYTES];
        if text.len() != CHARACTERS {
            return None;
        }
        URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; CHARACTERS];
        // Fifteen bytes always fit into twenty characters, and those are always ASCII.
        URL_SAFE_NO_PAD.encode_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// A log line must not hand out names that are secrets, so it shows a third of them.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}…", self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_reads_as_it_is_written() {
        for byte in 0..=255 {
            let token = Token::new([byte; BYTES]);
            assert_eq!(Token::parse(&token.to_string()), Some(token));
        }
    }

    #[test]
    fn anything_else_is_no_token() {
        for text in ["", "short", "lv_VI97HAXpY6yYWAAA", "lv_VI97HAXpY6yYWAAACC"] {
            assert_eq!(Token::parse(text), None, "{text:?}");
        }
        // The right length, the wrong alphabet.
        for text in ["lv/VI97HAXpY6yYWAAAC", "lv+VI97HAXpY6yYWAAAC", "lv=VI97HAXpY6yYWAAAC"] {
            assert_eq!(Token::parse(text), None, "{text:?}");
        }
        assert_eq!(Token::parse("ééééééééééé"), None);
    }

    #[test]
    fn two_tokens_differ() {
        assert_ne!(Token::random().unwrap(), Token::random().unwrap());
    }

    #[test]
    fn tokens_from_a_seed_repeat_themselves_and_nothing_else() {
        let drawn: Vec<_> = (0..1_000).map(|number| Token::drawn(7, number)).collect();
        assert_eq!(drawn[3], Token::drawn(7, 3));
        let other = [Token::drawn(8, 3)];
        let mut different: Vec<_> = drawn.iter().chain(&other).collect();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), 1_001);
    }

    #[test]
    fn a_log_line_shows_a_third() {
        let token = Token::parse("lv_VI97HAXpY6yYWAAAC").unwrap();
        assert_eq!(format!("{token:?}"), "lv_VI9…");
    }
}
