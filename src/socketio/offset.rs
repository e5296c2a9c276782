//! Offsets: how far a client has come.
//!
//! ```text
//!   42["news","rain","Lk3z.1F"]      the last argument of every event without an answer
//!                     └──┤ └┴─ the number of the event in its namespace, in base 64
//!                        └──── the life of the namespace: four characters drawn when it began
//! ```
//!
//! A client does not read its offset. It keeps the last one it was given, and shows it when it
//! comes back: what has a higher number, it has not heard.
//!
//! Offsets outlive what they count. The official client keeps its last one even when it is given
//! a new session, by a server that was started anew for one. The four characters tell: an offset
//! of another life says that in this one nothing was received yet.
//!
//! Core file. Not in the specification: to clients, offsets are opaque.

use crate::token::Token;

/// The digits, in the order of their values.
const DIGITS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

/// How many characters name a life.
const LIFE: usize = 4;

/// What stands between life and number, and is no digit: so few words look like an offset.
const MARK: char = '.';

/// Digits of the largest number: 64 bits, six at a time.
const MOST_DIGITS: usize = 11;

/// Writes and reads the offsets of one namespace.
///
/// ```
/// use sockrates::socketio::offset::{Offset, Offsets};
/// use sockrates::token::Token;
///
/// let offsets = Offsets::new(Token::parse("Lk3zI97HAXpY6yYWAAAC").expect("a token"));
/// assert_eq!(offsets.write(79), "Lk3z.1F");
/// assert_eq!(offsets.read("Lk3z.1F"), Some(Offset::Ours(79)));
/// assert_eq!(offsets.read("eu0P.1F"), Some(Offset::OfAnotherLife));
/// assert_eq!(offsets.read("hello!"), None);
/// ```
#[derive(Clone, Debug)]
pub struct Offsets {
    life: String,
}

/// What an offset says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Offset {
    /// Everything up to this number was received.
    Ours(u64),
    /// What was received was of another life of the namespace, or of another namespace.
    OfAnotherLife,
}

impl Offsets {
    /// As long as an offset can be.
    pub const LONGEST: &'static str = "____.___________";

    /// Offsets of a new life, which is named by the beginning of a random token.
    pub fn new(random: Token) -> Self {
        Self { life: random.to_string().chars().take(LIFE).collect() }
    }

    /// The offset of the event with this number.
    pub fn write(&self, number: u64) -> String {
        let mut text = String::with_capacity(LIFE + 1 + MOST_DIGITS);
        text.push_str(&self.life);
        text.push(MARK);
        let digits = (64 - number.leading_zeros()).div_ceil(6).max(1);
        for place in (0..digits).rev() {
            let value = (number >> (6 * place)) & 63;
            let digit = usize::try_from(value).ok().and_then(|value| DIGITS.get(value));
            text.extend(digit.map(|digit| char::from(*digit)));
        }
        text
    }

    /// Reads what [`write`](Self::write) writes, here or in another life. `None` for anything
    /// else.
    pub fn read(&self, text: &str) -> Option<Offset> {
        let (life, digits) = text.split_once(MARK)?;
        let is_life = life.len() == LIFE && life.bytes().all(|byte| value(byte).is_some());
        // One number has one offset, without zeros in front.
        let is_padded = digits.len() > 1 && digits.starts_with('0');
        if !is_life || is_padded || digits.is_empty() || digits.len() > MOST_DIGITS {
            return None;
        }
        let number = digits
            .bytes()
            .try_fold(0_u64, |number, byte| number.checked_mul(64)?.checked_add(value(byte)?))?;
        Some(if life == self.life { Offset::Ours(number) } else { Offset::OfAnotherLife })
    }
}

/// The value of a digit.
fn value(digit: u8) -> Option<u64> {
    let place = DIGITS.iter().position(|it| *it == digit)?;
    u64::try_from(place).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn offsets() -> Offsets {
        Offsets::new(Token::parse("Lk3zI97HAXpY6yYWAAAC").unwrap())
    }

    #[test]
    fn every_number_reads_as_it_is_written() {
        let around = |number: u64| [number.saturating_sub(1), number, number.saturating_add(1)];
        for number in (0..64).flat_map(|bit| around(1 << bit)).chain([u64::MAX]) {
            let text = offsets().write(number);
            assert_eq!(offsets().read(&text), Some(Offset::Ours(number)), "{text}");
        }
    }

    #[track_caller]
    fn check(text: &str, expected: Option<Offset>) {
        assert_eq!(offsets().read(text), expected, "{text:?}");
    }

    #[test]
    fn what_is_no_offset_is_told_from_one_of_another_life() {
        check("Lk3z.0", Some(Offset::Ours(0)));
        check("Lk3z.10", Some(Offset::Ours(64)));
        check("Lk3z._", Some(Offset::Ours(63)));
        check("lk3z.10", Some(Offset::OfAnotherLife));
        check("0000._", Some(Offset::OfAnotherLife));

        check("", None);
        check("Lk3", None);
        check("Lk3z", None);
        check("Lk3z.", None);
        check("Lk3z10", None);
        check("Lk3z.01", None);
        check("Lk3z. 1", None);
        check("Lk3z.1 ", None);
        check("Lk3zz.1", None);
        check("Lk+z.1", None);
        check("Lk3z.1.0", None);
        check("Lké.1", None);
        check("Lk3z.é", None);
        check("Lk3z.+", None);
        check("hello", None);
        // The largest number, one more, and one digit more.
        check("Lk3z.F__________", Some(Offset::Ours(u64::MAX)));
        check("Lk3z.G0000000000", None);
        check("Lk3z.100000000000", None);
        check(&"1".repeat(100_000), None);
    }
}
