//! Scanning: one token after another, through JSON text that is known to be valid.
//!
//! ```text
//!   ["baz",{"num":0}]
//!   │└───┤ ││     │││
//!   │    │ ││     ││└─ end of the array
//!   │    │ ││     │└── end of the object
//!   │    │ ││     └─── scalar  0
//!   │    │ │└───────── key     "num"
//!   │    │ └────────── start of an object
//!   │    └──────────── scalar  "baz"
//!   └───────────────── start of an array
//! ```
//!
//! Commas, colons and white space say nothing that the tokens do not say. Of two texts
//! side by side only a key is followed by a colon, so nobody has to remember where he is.
//! Scalars stay as they are written. This is what serde_json cannot do for us: tell an
//! object from a number without turning the number into one of Rust's.
//!
//! Core file. Spec: Socket.IO v5, ["Packet encoding"], "JSON-stringified payload".
//!
//! ["Packet encoding"]: https://github.com/socketio/socket.io-protocol#packet-encoding

/// A piece of JSON text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Token<'a> {
    BeginArray,
    EndArray,
    BeginObject,
    EndObject,
    /// A string in front of a colon, with its quotes.
    Key(&'a str),
    /// A string with its quotes, a number, `true`, `false` or `null`.
    Scalar(&'a str),
}

/// Where we are in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, rest: text }
    }

    /// How many bytes have been read.
    pub(super) fn position(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    /// The next token and where it starts.
    ///
    /// Text that is not valid ends early; it never fails.
    pub(super) fn next(&mut self) -> Option<(usize, Token<'a>)> {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r', ',', ':']);
        let start = self.position();
        let token = match self.rest.bytes().next()? {
            b'[' => self.bracket(Token::BeginArray)?,
            b']' => self.bracket(Token::EndArray)?,
            b'{' => self.bracket(Token::BeginObject)?,
            b'}' => self.bracket(Token::EndObject)?,
            b'"' => self.string()?,
            _ => self.word()?,
        };
        Some((start, token))
    }

    /// Goes on behind `position`.
    pub(super) fn skip_to(&mut self, position: usize) {
        self.rest = self.text.get(position..).unwrap_or_default();
    }

    fn bracket(&mut self, token: Token<'a>) -> Option<Token<'a>> {
        self.take(1).map(|_| token)
    }

    fn string(&mut self) -> Option<Token<'a>> {
        let mut escaped = true; // so that the opening quote does not count
        let end = self.rest.bytes().position(|byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        })?;
        let string = self.take(end + 1)?;
        let follows = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        Some(if follows.starts_with(':') { Token::Key(string) } else { Token::Scalar(string) })
    }

    fn word(&mut self) -> Option<Token<'a>> {
        let end = self.rest.find([',', ']', '}', ' ', '\t', '\n', '\r']);
        self.take(end.unwrap_or(self.rest.len())).map(Token::Scalar)
    }

    fn take(&mut self, len: usize) -> Option<&'a str> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::Token::{BeginArray, BeginObject, EndArray, EndObject, Key, Scalar};
    use super::*;

    #[test]
    fn tokens_are_what_is_written() {
        check("[]", &[BeginArray, EndArray]);
        check(
            r#" [ 1 , -2.5e3,true , null ] "#,
            &[BeginArray, Scalar("1"), Scalar("-2.5e3"), Scalar("true"), Scalar("null"), EndArray],
        );
        check(
            r#"{"a" : "b","c":{},"d":"x"}"#,
            &[
                BeginObject,
                Key(r#""a""#),
                Scalar(r#""b""#),
                Key(r#""c""#),
                BeginObject,
                EndObject,
                Key(r#""d""#),
                Scalar(r#""x""#),
                EndObject,
            ],
        );
    }

    #[test]
    fn quotes_and_brackets_within_strings_are_text() {
        check(r#""a\"]b""#, &[Scalar(r#""a\"]b""#)]);
        check(r#""a\\""#, &[Scalar(r#""a\\""#)]);
        check(
            r#"["\\\"",",:{"]"#,
            &[BeginArray, Scalar(r#""\\\"""#), Scalar(r#"",:{""#), EndArray],
        );
        check(r#"{"\":":1}"#, &[BeginObject, Key(r#""\":""#), Scalar("1"), EndObject]);
    }

    #[test]
    fn invalid_text_ends_early() {
        check("", &[]);
        check(r#""open"#, &[]);
        check(r#"["#, &[BeginArray]);
        check("é", &[Scalar("é")]);
    }

    #[track_caller]
    fn check(text: &str, expected: &[Token<'_>]) {
        let mut scanner = Scanner::new(text);
        let found: Vec<_> = std::iter::from_fn(|| scanner.next().map(|(_, token)| token)).collect();
        assert_eq!(found, expected, "{text:?}");
    }
}
