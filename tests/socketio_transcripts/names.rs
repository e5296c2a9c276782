//! Frames as they are written, and names for what differs each time.
//!
//! ```text
//!   40{"sid":"<sid a>"}              text; the first time, whatever stands there gets the name,
//!   42["to","<sid a>"]               and from then on the name stands for that
//!   <01 02>                          bytes,
//!   <81 a3 "sid" b4 "<sid a>">       some of which may be written as text
//! ```
//!
//! The same value never gets two names. What has a name is made of letters, digits and `_-.`.

use std::collections::HashMap;

use bytes::Bytes;

/// A frame, in either direction.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    Text(String),
    Bytes(Bytes),
}

/// The names of a transcript, and what they stand for.
#[derive(Debug, Default)]
pub struct Names(HashMap<String, Vec<u8>>);

/// A part of a line.
enum Piece {
    Plain(Vec<u8>),
    Name(String),
}

/// Cuts text at its names.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let next = |text: &str| {
        let kinds = ["<sid ", "<pid ", "<offset "];
        kinds.iter().filter_map(|kind| text.find(kind)).min()
    };
    while let Some(at) = next(rest) {
        let (plain, name) = rest.split_at(at);
        let end = name.find('>').expect("the end of a name") + 1;
        pieces.extend([Piece::Plain(plain.into()), Piece::Name(name[..end].to_owned())]);
        rest = &name[end..];
    }
    pieces.push(Piece::Plain(rest.into()));
    pieces
}

/// The inner part of `<01 "text" 02>`; `None` for a frame of text.
fn binary(written: &str) -> Option<Vec<Piece>> {
    let inner = written.strip_prefix('<')?.strip_suffix('>')?;
    let mut found = Vec::new();
    // Whatever stands between an odd quote and an even one is text.
    for (number, part) in inner.split('"').enumerate() {
        if number % 2 == 1 {
            found.extend(pieces(part));
            continue;
        }
        let bytes = part.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).expect("hex"));
        found.push(Piece::Plain(bytes.collect()));
    }
    Some(found)
}

impl Names {
    /// The line with what its names stand for.
    pub fn filled(&self, line: &str) -> String {
        String::from_utf8(self.fill(&pieces(line))).expect("text")
    }

    /// The frame that is written so.
    pub fn frame(&self, written: &str) -> Frame {
        match binary(written) {
            Some(pieces) => Frame::Bytes(self.fill(&pieces).into()),
            None => Frame::Text(self.filled(written)),
        }
    }

    fn fill(&self, pieces: &[Piece]) -> Vec<u8> {
        let fill = |piece: &Piece| match piece {
            Piece::Plain(plain) => plain.clone(),
            Piece::Name(name) => {
                self.0.get(name).unwrap_or_else(|| panic!("{name} is nobody yet")).clone()
            }
        };
        pieces.iter().flat_map(fill).collect()
    }

    /// Whether the frame that was found is the one that is written. New names get what stands in
    /// their place.
    pub fn fit_frame(&mut self, written: &str, found: &Frame) -> bool {
        match (binary(written), found) {
            (Some(pieces), Frame::Bytes(found)) => self.fit_pieces(pieces, found),
            (None, Frame::Text(found)) => self.fit(written, found),
            _ => false,
        }
    }

    /// The same for a line of text.
    pub fn fit(&mut self, written: &str, found: &str) -> bool {
        self.fit_pieces(pieces(written), found.as_bytes())
    }

    fn fit_pieces(&mut self, pieces: Vec<Piece>, found: &[u8]) -> bool {
        let mut rest = found;
        for piece in pieces {
            let value = match piece {
                Piece::Plain(plain) => plain,
                Piece::Name(name) => match self.0.get(&name) {
                    Some(value) => value.clone(),
                    None => self.learn(name, rest),
                },
            };
            match rest.strip_prefix(&*value) {
                Some(left) => rest = left,
                None => return false,
            }
        }
        rest.is_empty()
    }

    /// Gives a name to what these bytes begin with.
    fn learn(&mut self, name: String, bytes: &[u8]) -> Vec<u8> {
        let part_of = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
        let value: Vec<u8> = bytes.iter().take_while(part_of).copied().collect();
        let known = self.0.values().any(|other| *other == value);
        assert!(!value.is_empty() && !known, "what can not be {name}: {value:?}");
        self.0.insert(name, value.clone());
        value
    }
}
