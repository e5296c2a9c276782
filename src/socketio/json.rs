//! Questions about JSON text whose answers do not need the values built.
//!
//! ```text
//!   ["café",{"a":[1e400]},"\ud83d"]
//!    └────┤                        └─ valid to the end, 3 elements
//!         └────────────────────────── the first one, as it is written
//! ```
//!
//! Text that passes here once is never validated again, and travels on as text. So
//! whatever JSON can say arrives as it was sent, also what Rust's types cannot hold:
//! numbers without limit, strings with half a surrogate pair, any depth. Values that
//! nobody looks at are stepped over with a loop, not with recursion: a hundred thousand
//! open brackets cost a hundred thousand bytes of memory and no stack.
//!
//! Core file. Spec: Socket.IO v5, ["Packet encoding"], "JSON-stringified payload".
//!
//! ["Packet encoding"]: https://github.com/socketio/socket.io-protocol#packet-encoding

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, Error, IgnoredAny, SeqAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

/// What is known of an array once it has been found valid.
#[derive(Debug)]
pub(super) struct Array<'a> {
    /// The text of the first element.
    pub(super) first: Option<&'a str>,
    /// How many elements there are.
    pub(super) len: usize,
}

impl Array<'_> {
    /// Where the first element ends in `text`, which is that of the array.
    pub(super) fn name_ends(&self, text: &str) -> usize {
        let inside = text.get(1..).unwrap_or_default();
        let in_front = inside.len() - inside.trim_start().len();
        1 + in_front + self.first.unwrap_or_default().len()
    }
}

/// Whether the text is one JSON value and nothing after it but white space.
pub(super) fn validate(text: &str) -> Result<(), serde_json::Error> {
    serde_json::from_str::<IgnoredAny>(text).map(|_| ())
}

/// The same for an array; says in one go what is in front and how much there is.
pub(super) fn array(text: &str) -> Result<Array<'_>, serde_json::Error> {
    let mut json = Deserializer::from_str(text);
    let array = json.deserialize_seq(ArrayVisitor)?;
    json.end()?;
    Ok(array)
}

/// Hands on the text of each element of an array.
pub(super) fn each<'a>(
    text: &'a str,
    take: impl FnMut(&'a RawValue),
) -> Result<(), serde_json::Error> {
    Deserializer::from_str(text).deserialize_seq(EachVisitor(take))
}

/// What a JSON string says, given its text with the quotes around it; `None` if it is
/// something else.
///
/// Half a surrogate pair has no meaning outside JavaScript: it becomes U+FFFD, one for
/// each of its three bytes.
pub(super) fn string(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    // Asked for bytes, serde_json lets such halves pass; asked for text, it refuses.
    let said = Deserializer::from_str(raw).deserialize_bytes(LossyVisitor).ok()?;
    Some(Cow::Owned(said))
}

struct ArrayVisitor;

impl<'de> Visitor<'de> for ArrayVisitor {
    type Value = Array<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Array<'de>, A::Error> {
        let first = elements.next_element::<&RawValue>()?.map(RawValue::get);
        let mut len = usize::from(first.is_some());
        while elements.next_element::<IgnoredAny>()?.is_some() {
            len += 1;
        }
        Ok(Array { first, len })
    }
}

struct EachVisitor<F>(F);

impl<'de, F: FnMut(&'de RawValue)> Visitor<'de> for EachVisitor<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<Self::Value, A::Error> {
        while let Some(element) = elements.next_element()? {
            self.0(element);
        }
        Ok(())
    }
}

struct LossyVisitor;

impl Visitor<'_> for LossyVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<String, E> {
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_counted_and_its_first_element_found() {
        check("[]", Some((None, 0)));
        check("[1]", Some((Some("1"), 1)));
        check(r#"[ "a" , [2,3], {"b":[]} ]"#, Some((Some(r#""a""#), 3)));
        check(r#"["\ud83d",1e400]"#, Some((Some(r#""\ud83d""#), 2)));
        check("[1] \n", Some((Some("1"), 1)));

        check("", None);
        check("[", None);
        check("[1,]", None);
        check("[1]y", None);
        check("[1][2]", None);
        check("{}", None);
        check("[01]", None);
        check("[NaN]", None);
        check("[\"\u{1}\"]", None);
        check(r#"["\x"]"#, None);
    }

    #[track_caller]
    fn check(text: &str, expected: Option<(Option<&str>, usize)>) {
        let found = array(text).ok().map(|array| (array.first, array.len));
        assert_eq!(found, expected, "{text:?}");
        assert_eq!(validate(text).is_ok(), expected.is_some() || text == "{}", "{text:?}");
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = format!("[{}{}]", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(array(&deep).unwrap().len, 1);
        assert!(validate(&deep).is_ok());
        assert!(validate(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn a_string_is_read_even_if_half_a_character_is_missing() {
        assert_eq!(string(r#""plain""#).unwrap(), "plain");
        assert!(matches!(string(r#""plain""#), Some(Cow::Borrowed(_))));
        assert_eq!(string(r#""\u00e9v\u00e9\n\"\/""#).unwrap(), "évé\n\"/");
        assert_eq!(string(r#""\ud83d\ude00""#).unwrap(), "😀");
        assert_eq!(string(r#""a\ud83db""#).unwrap(), "a\u{fffd}\u{fffd}\u{fffd}b");
        assert_eq!(string(r#""""#).unwrap(), "");
        assert_eq!(string("12"), None);
        assert_eq!(string(r#"""#), None);
    }
}
