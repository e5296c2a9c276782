//! WebSocket frames, and no more of them than a generator of load needs.
//!
//! ```text
//!   81 85 ⟨4 bytes⟩ ⟨5 bytes⟩      to the server: text, masked by those four bytes
//!   81 05 hello                    from the server: text, never masked
//!   82 7E 04 00 ⟨1,024 bytes⟩      from the server: bytes; the length has two bytes more
//! ```
//!
//! What generates load must cost less than what it measures, so frames are made once, before
//! anything is measured, and those that arrive are not copied. What a message is that comes in
//! several of them, [`inbox`](super::inbox) knows.
//!
//! Core file. Specification: RFC 6455, section 5.

use std::fmt;

/// What a frame carries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// More of what an earlier frame has begun.
    More,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

/// One frame that has arrived.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Frame<'a> {
    pub kind: Kind,
    /// Whether nothing more follows of the same message.
    pub last: bool,
    pub payload: &'a [u8],
    /// How many bytes all of it took.
    pub taken: usize,
}

/// Not what a server sends to this client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FrameError {
    /// An extension that was not asked for, or no frame at all.
    First(u8),
    /// Only clients mask what they send.
    Masked,
    /// A piece of no message, or a message within another.
    Order,
}

impl Kind {
    fn of(first: u8) -> Result<Self, FrameError> {
        match first & !LAST {
            0x00 => Ok(Self::More),
            0x01 => Ok(Self::Text),
            0x02 => Ok(Self::Binary),
            0x08 => Ok(Self::Close),
            0x09 => Ok(Self::Ping),
            0x0A => Ok(Self::Pong),
            _ => Err(FrameError::First(first)),
        }
    }

    fn first(self) -> u8 {
        LAST | match self {
            Self::More => 0x00,
            Self::Text => 0x01,
            Self::Binary => 0x02,
            Self::Close => 0x08,
            Self::Ping => 0x09,
            Self::Pong => 0x0A,
        }
    }
}

/// The bit that says that a message ends with this frame.
const LAST: u8 = 0x80;

/// What masks every frame. Not zeros, so that a server has to take it off again.
const MASK: [u8; 4] = [0x5A, 0xC3, 0x17, 0x99];

/// Writes a frame as a client does.
pub fn put(out: &mut Vec<u8>, kind: Kind, payload: &[u8]) {
    out.push(kind.first());
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short @ 0..=125), _) => out.push(0x80 | short),
        (_, Ok(medium)) => {
            out.push(0x80 | 126);
            out.extend(medium.to_be_bytes());
        }
        _ => {
            out.push(0x80 | 127);
            out.extend((payload.len() as u64).to_be_bytes());
        }
    }
    out.extend(MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

/// The first frame of what has arrived, if all of it is there.
///
/// # Errors
/// When it is not one that a server sends to this client.
#[inline]
pub fn first(bytes: &[u8]) -> Result<Option<Frame<'_>>, FrameError> {
    let [first, second, rest @ ..] = bytes else { return Ok(None) };
    let kind = Kind::of(*first)?;
    let (length, head) = match (*second, rest) {
        (0x80.., _) => return Err(FrameError::Masked),
        (126, [a, b, ..]) => (u64::from(u16::from_be_bytes([*a, *b])), 4),
        (127, [a, b, c, d, e, f, g, h, ..]) => {
            (u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]), 10)
        }
        (126 | 127, _) => return Ok(None),
        (short, _) => (u64::from(short), 2),
    };
    let taken = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(head);
    let last = first & LAST != 0;
    Ok(bytes.get(head..taken).map(|payload| Frame { kind, last, payload, taken }))
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First(byte) => {
                write!(f, "a frame begins with {byte:#04x}, which means nothing here")
            }
            Self::Masked => f.write_str("the server has masked a frame, which only clients do"),
            Self::Order => f.write_str("the pieces of a message came in no order"),
        }
    }
}

impl std::error::Error for FrameError {}

#[cfg(test)]
mod tests {
    use super::*;

    type Shown<'a> = Option<(Kind, &'a [u8], usize)>;

    #[track_caller]
    fn check(bytes: &[u8], expected: Result<Shown<'_>, FrameError>) {
        let frame = first(bytes).map(|it| it.map(|it| (it.kind, it.payload, it.taken)));
        assert_eq!(frame, expected);
    }

    /// The unmasked text of RFC 6455, section 5.7, and every way in which it may be cut.
    #[test]
    fn a_frame_is_read_when_all_of_it_is_there() {
        let hello = b"\x81\x05Hello\x81";
        for length in 0..7 {
            check(&hello[..length], Ok(None));
        }
        check(&hello[..7], Ok(Some((Kind::Text, b"Hello", 7))));
        check(hello, Ok(Some((Kind::Text, b"Hello", 7))));
        check(b"\x82\x00", Ok(Some((Kind::Binary, b"", 2))));
        check(b"\x88\x02\x03\xE8", Ok(Some((Kind::Close, b"\x03\xE8", 4))));
    }

    #[test]
    fn a_frame_says_whether_more_follows() {
        let last = |bytes| first(bytes).unwrap().map(|frame| (frame.kind, frame.last));
        assert_eq!(last(b"\x01\x03Hel"), Some((Kind::Text, false)));
        assert_eq!(last(b"\x00\x00"), Some((Kind::More, false)));
        assert_eq!(last(b"\x80\x02lo"), Some((Kind::More, true)));
    }

    #[test]
    fn lengths_have_three_spellings() {
        let long = [7; 65_536];
        let medium = [&b"\x82\x7E\x01\x00"[..], &long[..256]].concat();
        check(&medium, Ok(Some((Kind::Binary, &long[..256], 260))));
        check(&medium[..3], Ok(None));
        check(&medium[..259], Ok(None));
        let large = [&b"\x82\x7F\0\0\0\0\0\x01\0\0"[..], &long].concat();
        check(&large, Ok(Some((Kind::Binary, &long, 65_546))));
        check(&large[..9], Ok(None));
        check(b"\x82\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFx", Ok(None));
    }

    #[test]
    fn what_a_server_does_not_send_is_an_error() {
        check(b"\x83\x03Hel", Err(FrameError::First(0x83)));
        check(b"\xC1\x05Hello", Err(FrameError::First(0xC1)));
        check(b"\x81\x85\0\0\0\0Hello", Err(FrameError::Masked));
        assert!(FrameError::First(1).to_string().contains("0x01"));
    }

    /// A server takes the mask off by the rule of RFC 6455, section 5.3.
    #[test]
    fn what_is_put_is_masked_and_has_its_length_in_front() {
        for (length, head) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let payload: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let mut frame = Vec::new();
            put(&mut frame, Kind::Binary, &payload);
            assert_eq!(frame.len(), head + 4 + length);
            assert_eq!(frame[1] & 0x80, 0x80, "masked");
            let (mask, masked) = frame[head..].split_at(4);
            let clear: Vec<_> =
                masked.iter().zip(mask.iter().cycle()).map(|(a, b)| a ^ b).collect();
            assert_eq!(clear, payload);
            // Without its mask it is what a server would send.
            let plain = [&frame[..1], &[frame[1] & 0x7F], &frame[2..head], &payload].concat();
            check(&plain, Ok(Some((Kind::Binary, &payload, plain.len()))));
        }
    }
}
