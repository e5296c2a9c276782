//! The words of an order, and what events carry.
//!
//! ```text
//!   to "r1" emit "hello" {"a":[1]} <01 02>
//!   └word └value └word └value └────── values
//! ```

use bytes::Bytes;
use serde::ser::{Serialize, SerializeTuple, Serializer};
use serde_json::value::RawValue;
use sockrates::socketio::Args;

use crate::support::transcript;

/// One of the things that stand in an order.
#[derive(Clone, Debug)]
pub enum Word {
    Word(String),
    Value(Value),
}

/// Something that an event carries.
#[derive(Clone, Debug)]
pub enum Value {
    Json(Box<RawValue>),
    Bytes(Bytes),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Json(json) => json.serialize(serializer),
            Self::Bytes(bytes) => bytes.serialize(serializer),
        }
    }
}

/// Values as the arguments of an event.
#[derive(Clone, Debug)]
pub struct Values(pub Vec<Value>);

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        for value in &self.0 {
            tuple.serialize_element(value)?;
        }
        tuple.end()
    }
}

/// What is left of an order, read word by word.
#[derive(Clone, Debug)]
pub struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    pub fn new(text: &'a str) -> Self {
        Self(text.trim())
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a str {
        self.0
    }

    /// The next word is this one, and is read.
    pub fn takes(&mut self, word: &str) -> bool {
        let mut ahead = self.clone();
        let found = matches!(ahead.next(), Some(Word::Word(found)) if found == word);
        if found {
            *self = ahead;
        }
        found
    }

    /// The next word.
    pub fn word(&mut self) -> String {
        match self.next() {
            Some(Word::Word(word)) => word,
            other => panic!("wanted a word, found {other:?}, before {:?}", self.0),
        }
    }

    /// The texts that come next: rooms, or the name of an event.
    pub fn texts(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        while self.0.starts_with('"') {
            texts.push(self.text());
        }
        texts
    }

    /// The next value, which is a text.
    pub fn text(&mut self) -> String {
        match self.next() {
            Some(Word::Value(Value::Json(json))) => {
                serde_json::from_str(json.get()).expect("a text")
            }
            other => panic!("wanted a text, found {other:?}, before {:?}", self.0),
        }
    }

    /// All that is left, which is values.
    pub fn values(self) -> Values {
        let value = |word| match word {
            Word::Value(value) => value,
            Word::Word(word) => panic!("wanted a value, found {word}"),
        };
        Values(self.map(value).collect())
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        let end = end_of_word(self.0)?;
        let (text, rest) = self.0.split_at(end);
        self.0 = rest.trim_start();
        Some(if let Some(bytes) = transcript::bytes(text) {
            Word::Value(Value::Bytes(bytes.into()))
        } else if let Ok(json) = RawValue::from_string(text.to_owned()) {
            Word::Value(Value::Json(json))
        } else {
            Word::Word(text.to_owned())
        })
    }
}

/// Where the first word ends: at a space that is in no text and in no bracket.
fn end_of_word(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' | b'<' => depth += 1,
            b']' | b'}' | b'>' => depth -= 1,
            b' ' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    (!text.is_empty()).then_some(text.len())
}

/// Arguments as they are written, each with a space in front. Bytes stand in their places.
pub fn written(args: &Args) -> String {
    args.raw().iter().map(|json| format!(" {}", with_bytes(json.get(), args))).collect()
}

fn with_bytes(json: &str, args: &Args) -> String {
    let place = |number| format!(r#"{{"_placeholder":true,"num":{number}}}"#);
    let attachments = args.attachments().iter().enumerate();
    attachments.fold(json.to_owned(), |json, (number, bytes)| {
        json.replace(&place(number), &transcript::hex(bytes))
    })
}
