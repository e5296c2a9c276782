//! Writing MessagePack: from JSON text and attachments to bytes.
//!
//! ```text
//!   {"a":[1,-1,0.5,"é",<0>]}                                  + <01 02>
//!   81 a1 61 95 01 ff cb3fe0000000000000 a2 c3a9 c4 02 01 02
//!   │  └──┬┘ │  1  -1 0.5                "é"     └───────┬─┘
//!   │     │  └─ an array of five elements                └─ two bytes
//!   │     └──── "a"
//!   └────────── a map of one entry
//! ```
//!
//! In MessagePack a count stands in front of what is counted. So the text is walked twice:
//! to count, and to write. Both are loops, however deep the data are.
//!
//! Everything is written in its shortest form. A number without digits behind the point is
//! an integer, since JavaScript does not tell `1.0` from `1`.
//!
//! Core file. Spec: [MessagePack], "Formats".
//!
//! [MessagePack]: https://github.com/msgpack/msgpack/blob/master/spec.md#formats

use std::borrow::Cow;

use bytes::Bytes;

use super::super::scan::{Scanner, Token};

/// The head of a map of so many entries.
pub(super) fn map(out: &mut Vec<u8>, entries: usize) {
    counted(out, entries, [0x80, 0xde, 0xdf]);
}

/// The head of an array of so many elements.
pub(super) fn array(out: &mut Vec<u8>, elements: usize) {
    counted(out, elements, [0x90, 0xdc, 0xdd]);
}

fn counted(out: &mut Vec<u8>, count: usize, [short, middle, long]: [u8; 3]) {
    match u16::try_from(count) {
        Ok(few @ 0..=15) => out.push(short | few as u8),
        Ok(some) => {
            out.push(middle);
            out.extend(some.to_be_bytes());
        }
        Err(_) => four(out, long, count),
    }
}

/// Text.
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    match text.len() {
        length @ 0..=31 => out.push(0xa0 | length as u8),
        length => sized(out, length, [0xd9, 0xda, 0xdb]),
    }
    out.extend(text.as_bytes());
}

/// Bytes.
fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    sized(out, bytes.len(), [0xc4, 0xc5, 0xc6]);
    out.extend(bytes);
}

fn sized(out: &mut Vec<u8>, length: usize, [one, two, long]: [u8; 3]) {
    if let Ok(length) = u8::try_from(length) {
        out.extend([one, length]);
    } else if let Ok(length) = u16::try_from(length) {
        out.push(two);
        out.extend(length.to_be_bytes());
    } else {
        four(out, long, length);
    }
}

/// A message of four gigabytes can not be sent, so that its length would not fit does not matter.
fn four(out: &mut Vec<u8>, marker: u8, length: usize) {
    out.push(marker);
    out.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

/// A number from 0.
pub(super) fn unsigned(out: &mut Vec<u8>, number: u64) {
    let digits = number.to_be_bytes();
    let (marker, width) = match number {
        0..=0x7f => (None, 1),
        0x80..=0xff => (Some(0xcc), 1),
        0x100..=0xffff => (Some(0xcd), 2),
        0x1_0000..=0xffff_ffff => (Some(0xce), 4),
        _ => (Some(0xcf), 8),
    };
    out.extend(marker);
    out.extend(digits.iter().skip(8 - width));
}

fn signed(out: &mut Vec<u8>, number: i64) {
    if let Ok(number) = u64::try_from(number) {
        return unsigned(out, number);
    }
    let digits = number.to_be_bytes();
    let (marker, width) = match number {
        -0x20.. => (None, 1),
        -0x80.. => (Some(0xd0), 1),
        -0x8000.. => (Some(0xd1), 2),
        -0x8000_0000.. => (Some(0xd2), 4),
        _ => (Some(0xd3), 8),
    };
    out.extend(marker);
    out.extend(digits.iter().skip(8 - width));
}

/// Valid JSON text, in which `<0>` stands for the first of the attachments: see
/// [`Places`](super::super::encode::Places).
pub(super) fn json(out: &mut Vec<u8>, text: &str, attachments: &[Bytes]) {
    let mut counts = counts(text).into_iter();
    let mut count = || counts.next().unwrap_or_default();
    let mut scanner = Scanner::new(text);
    while let Some((_, token)) = scanner.next() {
        match token {
            Token::BeginArray => array(out, count()),
            Token::BeginObject => map(out, count()),
            Token::EndArray | Token::EndObject => {}
            Token::Key(raw) => self::text(out, &unescaped(raw)),
            Token::Scalar(raw) => scalar(out, raw, attachments),
        }
    }
}

/// How many elements or entries each array and object has, in the order in which they begin.
fn counts(text: &str) -> Vec<usize> {
    let mut counts: Vec<usize> = Vec::new();
    // Of those that have not ended: which it is, and whether its values count, or its keys do.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut scanner = Scanner::new(text);
    while let Some((_, token)) = scanner.next() {
        let is_key = matches!(token, Token::Key(_));
        if matches!(token, Token::EndArray | Token::EndObject) {
            open.pop();
            continue;
        }
        if let Some((index, _)) = open.last().filter(|(_, is_array)| *is_array != is_key) {
            if let Some(count) = counts.get_mut(*index) {
                *count += 1;
            }
        }
        if matches!(token, Token::BeginArray | Token::BeginObject) {
            open.push((counts.len(), token == Token::BeginArray));
            counts.push(0);
        }
    }
    counts
}

fn scalar(out: &mut Vec<u8>, raw: &str, attachments: &[Bytes]) {
    match raw.bytes().next() {
        Some(b'n') => out.push(0xc0),
        Some(b'f') => out.push(0xc2),
        Some(b't') => out.push(0xc3),
        Some(b'"') => text(out, &unescaped(raw)),
        Some(b'<') => {
            let num = raw.trim_matches(['<', '>']).parse().ok();
            let attachment = num.and_then(|num: usize| attachments.get(num));
            bytes(out, attachment.map_or(&[], |bytes| bytes));
        }
        _ => number(out, raw),
    }
}

fn number(out: &mut Vec<u8>, raw: &str) {
    if let Ok(number) = raw.parse() {
        return unsigned(out, number);
    }
    if let Ok(number) = raw.parse() {
        return signed(out, number);
    }
    // Text of a number is always read, if need be as an endless one.
    let number: f64 = raw.parse().unwrap_or(f64::NAN);
    // As far as JavaScript counts without skipping.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        return signed(out, number as i64);
    }
    out.push(0xcb);
    out.extend(number.to_be_bytes());
}

/// What a valid JSON string says, given its text with the quotes around it. Half a surrogate
/// pair becomes U+FFFD, as it does in the reference server.
fn unescaped(raw: &str) -> Cow<'_, str> {
    let inner = raw.strip_prefix('"').unwrap_or(raw);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut units = Vec::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        let said = if c == '\\' { rest.next() } else { None };
        let said = match said {
            None => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let digits = rest.as_str().get(..4).unwrap_or_default();
                units.push(u16::from_str_radix(digits, 16).unwrap_or(0xfffd));
                rest = rest.as_str().get(4..).unwrap_or_default().chars();
                continue;
            }
            Some(other) => other,
        };
        units.extend_from_slice(said.encode_utf16(&mut [0; 2]));
    }
    Cow::Owned(String::from_utf16_lossy(&units))
}
