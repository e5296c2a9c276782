//! Placeholders: where in the JSON of a packet its attachments belong.
//!
//! ```text
//!   ["baz",{"_placeholder":true,"num":0},{"of":{"_placeholder":true,"num":1}}]
//!          └────────── 0 ──────────────┘       └────────── 1 ──────────────┘
//! ```
//!
//! An object is a placeholder if its `_placeholder` is `true`, whatever else is in it;
//! of a key that is there twice, the last counts. Only packets with attachments have
//! placeholders: in others, such an object is data.
//!
//! Core file. Spec: Socket.IO v5, ["Packet encoding"], "payload without binary".
//!
//! ["Packet encoding"]: https://github.com/socketio/socket.io-protocol#packet-encoding

use std::fmt;
use std::ops::Range;

use super::json;
use super::scan::{Scanner, Token};

/// How deep arrays and objects may be nested in a packet with attachments.
///
/// Not in the specification. Other packets may be as deep as they like, since nobody
/// walks them.
pub const MAX_DEPTH: usize = 128;

/// One place for an attachment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Placeholder {
    /// The bytes of the text that the object takes up.
    pub(super) range: Range<usize>,
    /// Which attachment belongs there.
    pub(super) num: usize,
}

/// Finds the placeholders for `count` attachments in valid JSON text, from left to right.
///
/// Not in the specification: two places for one attachment, and none for another, are
/// fine, as they are for the reference server. A number without its attachment is not.
pub(super) fn find(text: &str, count: usize) -> Result<Vec<Placeholder>, PlaceholderError> {
    let mut found = Vec::new();
    let mut open: Vec<Level> = Vec::new();
    let mut scanner = Scanner::new(text);

    while let Some((start, token)) = scanner.next() {
        match token {
            Token::BeginArray | Token::BeginObject => {
                if open.len() == MAX_DEPTH {
                    return Err(PlaceholderError::TooDeep);
                }
                // An object in the place of `true` or of a number is neither.
                value(&mut open, "");
                open.push(Level { start, ..Level::default() });
            }
            Token::EndArray => drop(open.pop()),
            Token::EndObject => {
                let level = open.pop().unwrap_or_default();
                if level.candidate.marked {
                    let num = level.candidate.num.filter(|num| *num < count);
                    let num = num.ok_or(PlaceholderError::NoSuchAttachment { count })?;
                    found.push(Placeholder { range: level.start..scanner.position(), num });
                }
            }
            Token::Key(raw) => {
                if let Some(level) = open.last_mut() {
                    level.field = Field::named(&json::string(raw).unwrap_or_default());
                }
            }
            Token::Scalar(raw) => value(&mut open, raw),
        }
    }
    // Objects are found when they end; one within another was found first.
    found.sort_unstable_by_key(|placeholder| placeholder.range.start);
    Ok(found)
}

/// The text of a value was read: it belongs to the last key of the innermost object.
fn value(open: &mut [Level], raw: &str) {
    if let Some(level) = open.last_mut() {
        level.candidate.set(level.field, raw);
    }
}

/// An array or object that has not ended.
#[derive(Default)]
struct Level {
    start: usize,
    /// The last key; in an array, `Other`.
    field: Field,
    candidate: Candidate,
}

/// The two keys that matter.
#[derive(Clone, Copy, Default)]
pub(super) enum Field {
    Marker,
    Num,
    #[default]
    Other,
}

impl Field {
    pub(super) fn named(key: &str) -> Self {
        match key {
            "_placeholder" => Self::Marker,
            "num" => Self::Num,
            _ => Self::Other,
        }
    }
}

/// What is known of an object that may be a placeholder.
#[derive(Default)]
pub(super) struct Candidate {
    pub(super) marked: bool,
    pub(super) num: Option<usize>,
}

impl Candidate {
    /// Takes the text of a value into account.
    pub(super) fn set(&mut self, field: Field, raw: &str) {
        match field {
            Field::Marker => self.marked = raw == "true",
            // Digits only. The reference server takes `0.5` for a number as well, and then
            // finds nothing at that place.
            Field::Num => self.num = raw.parse().ok(),
            Field::Other => {}
        }
    }
}

/// Why attachments and placeholders do not fit together.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PlaceholderError {
    /// A placeholder whose `num` is none of the attachments.
    NoSuchAttachment {
        /// How many attachments there are.
        count: usize,
    },
    /// Arrays and objects nested deeper than [`MAX_DEPTH`].
    TooDeep,
}

impl fmt::Display for PlaceholderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchAttachment { count } => {
                write!(f, "placeholder without a \"num\" in digits below {count}")
            }
            Self::TooDeep => {
                write!(f, "packet with attachments nested deeper than {MAX_DEPTH} levels")
            }
        }
    }
}

impl std::error::Error for PlaceholderError {}

#[cfg(test)]
mod tests {
    use super::*;

    const WRONG: Result<&[(&str, usize)], &str> =
        Err("placeholder without a \"num\" in digits below 2");

    #[test]
    fn placeholders_are_found_at_any_depth() {
        let zero = r#"{"_placeholder":true,"num":0}"#;
        let one = r#"{"num":1 , "_placeholder":true, "more":[{}]}"#;
        check("[]", Ok(&[]));
        check(&format!("[{zero}]"), Ok(&[(zero, 0)]));
        check(&format!(r#"["a",[[{one}]],{{"b":{zero}}}]"#), Ok(&[(one, 1), (zero, 0)]));
        // Twice the first, never the second.
        check(&format!("[{zero},{zero}]"), Ok(&[(zero, 0), (zero, 0)]));
        let escaped = r#"{"\u005fplaceholder":true,"n\u0075m":1}"#;
        check(&format!("[{escaped}]"), Ok(&[(escaped, 1)]));
        let leading = r#"{"_placeholder":true,"num":5,"num":1}"#;
        check(&format!("[{leading}]"), Ok(&[(leading, 1)]));
    }

    #[test]
    fn what_is_not_marked_with_true_is_data() {
        for data in [
            r#"{"_placeholder":false,"num":7}"#,
            r#"{"_placeholder":1,"num":7}"#,
            r#"{"_placeholder":"true","num":7}"#,
            r#"{"_placeholder":[true],"num":7}"#,
            r#"{"_placeholder":{"a":true},"num":7}"#,
            r#"{"_placeholder":true,"_placeholder":null,"num":7}"#,
            r#"{"_Placeholder":true,"num":7}"#,
            r#"["_placeholder",true,"num",7]"#,
            r#"{"num":7}"#,
        ] {
            check(&format!("[{data}]"), Ok(&[]));
        }
    }

    #[test]
    fn a_number_is_digits_and_has_an_attachment() {
        for num in [
            "2",
            "10",
            "-1",
            "-0",
            "0.5",
            "0.0",
            "1.0",
            "1e0",
            "1E400",
            "null",
            "true",
            r#""0""#,
            "[0]",
            "{}",
            "99999999999999999999999",
        ] {
            check(&format!(r#"[{{"_placeholder":true,"num":{num}}}]"#), WRONG);
        }
        check(r#"[{"_placeholder":true}]"#, WRONG);
        check(r#"[{"_placeholder":true,"num":0,"num":[]}]"#, WRONG);
        check(r#"[{"_placeholder":true,"x":{"num":0}}]"#, WRONG);
    }

    #[test]
    fn what_rust_cannot_hold_does_not_disturb() {
        let zero = r#"{"_placeholder":true,"num":0}"#;
        check(&format!(r#"["\ud83d",1e400,{{"\ud83d":{zero}}}]"#), Ok(&[(zero, 0)]));
    }

    #[test]
    fn depth_is_limited_and_costs_no_stack() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let too_deep = Err("packet with attachments nested deeper than 128 levels");
        check(&nested(MAX_DEPTH), Ok(&[]));
        check(&nested(MAX_DEPTH + 1), too_deep);
        check(&nested(100_000), too_deep);
        check(&format!("[{}]", vec!["[]"; 100_000].join(",")), Ok(&[]));
    }

    #[track_caller]
    fn check(text: &str, expected: Result<&[(&str, usize)], &str>) {
        let found = find(text, 2).map_err(|error| error.to_string());
        let found = found.map(|list| {
            let place = |found: Placeholder| (text.get(found.range).unwrap_or("?"), found.num);
            list.into_iter().map(place).collect::<Vec<_>>()
        });
        let expected = expected.map(<[_]>::to_vec).map_err(str::to_owned);
        let shown: String = text.chars().take(80).collect();
        assert_eq!(found, expected, "{shown}");
    }
}
