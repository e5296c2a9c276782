//! Text as a page's JavaScript has it, which is not quite what Rust calls text.
//!
//! ```text
//!   "\u00c9lo\u00efse"   came         a JSON string may spell a character in two ways
//!   "Éloïse"             goes out     `JSON.stringify` knows one of them
//!   "\ud83d"             both         half an emoji: no `str`, but a string in JavaScript
//! ```
//!
//! A name, a room, a line of chat: the reference server parses each and writes it
//! again. [`JsString`] does the same in one step, so that two strings are equal here
//! exactly when they are equal in the page.
//!
//! Core file. Not in a specification: the chat's contract passes text through unchanged.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Error, Serialize, Serializer};
use serde_json::value::RawValue;

/// A JavaScript string, kept as `JSON.stringify` writes it.
///
/// ```
/// use sockrates::chat::text::JsString;
///
/// let came: JsString = serde_json::from_str(r#""\u00c9lo\u00efse \ud83d""#)?;
///
/// assert_eq!(came.json(), r#""Éloïse \ud83d""#);
/// assert_eq!(came.characters(), 8);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JsString {
    json: Box<str>,
    characters: usize,
}

impl JsString {
    /// The string that a piece of JSON is, or `None` if it is something else.
    pub fn parse(json: &RawValue) -> Option<Self> {
        serde_json::from_str(json.get()).ok()
    }

    /// This string with `more` behind it.
    #[must_use]
    pub fn followed_by(&self, more: &str) -> Self {
        let more = Self::from(more);
        Self {
            json: format!("\"{}{}\"", self.inner(), more.inner()).into(),
            characters: self.characters + more.characters,
        }
    }

    /// The string as JSON, quotes included.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// What stands between the quotes: the text itself, but for escapes.
    ///
    /// Different strings have different inner texts, so it serves as a key.
    pub fn inner(&self) -> &str {
        let json = self.json();
        json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(json)
    }

    /// How many characters it has; an emoji is one, half an emoji is one too.
    pub fn characters(&self) -> usize {
        self.characters
    }

    /// The text, with U+FFFD where Rust has no character for it.
    pub fn to_text(&self) -> String {
        let wtf8 = serde_json::Deserializer::from_str(self.json()).deserialize_bytes(Wtf8);
        String::from_utf8_lossy(&wtf8.unwrap_or_default()).into_owned()
    }

    fn from_wtf8(bytes: &[u8]) -> Self {
        let characters = bytes.iter().filter(|byte| !is_continuation(**byte)).count();
        Self { json: stringify(bytes).into(), characters }
    }
}

impl From<&str> for JsString {
    fn from(text: &str) -> Self {
        Self::from_wtf8(text.as_bytes())
    }
}

impl Serialize for JsString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_raw(self.json(), serializer)
    }
}

/// Serialises text that is JSON already.
pub(super) fn serialize_raw<S: Serializer>(json: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let raw: &RawValue = serde_json::from_str(json).map_err(S::Error::custom)?;
    raw.serialize(serializer)
}

impl<'de> Deserialize<'de> for JsString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Asked for text, serde_json refuses half an emoji. Asked for bytes, it promises
        // WTF-8: UTF-8 that may also hold halves of surrogate pairs.
        deserializer.deserialize_bytes(Wtf8).map(|bytes| Self::from_wtf8(&bytes))
    }
}

struct Wtf8;

impl Visitor<'_> for Wtf8 {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }
}

/// Every character of UTF-8 has one byte that is not of this kind.
fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

/// Writes WTF-8 as `JSON.stringify` does: what is text as text, half an emoji as `\ud83d`.
fn stringify(wtf8: &[u8]) -> String {
    let mut json = String::with_capacity(wtf8.len() + 2);
    json.push('"');
    let mut chunks = wtf8;
    loop {
        let length = match std::str::from_utf8(chunks) {
            Ok(_) => chunks.len(),
            Err(error) => error.valid_up_to(),
        };
        let Some((text, rest)) = chunks.split_at_checked(length) else { break };
        for character in std::str::from_utf8(text).unwrap_or_default().chars() {
            push_escaped(&mut json, character);
        }
        // A half has the shape 1110_1101 10xx_xxxx 10xx_xxxx, as any character from U+D000.
        let [0xED, middle, last, rest @ ..] = rest else { break };
        let unit = 0xD000 | u32::from(middle & 0x3F) << 6 | u32::from(last & 0x3F);
        json.push_str(&format!("\\u{unit:04x}"));
        chunks = rest;
    }
    json.push('"');
    json
}

fn push_escaped(json: &mut String, character: char) {
    match character {
        '"' => json.push_str("\\\""),
        '\\' => json.push_str("\\\\"),
        '\u{8}' => json.push_str("\\b"),
        '\t' => json.push_str("\\t"),
        '\n' => json.push_str("\\n"),
        '\u{C}' => json.push_str("\\f"),
        '\r' => json.push_str("\\r"),
        control if control < ' ' => json.push_str(&format!("\\u{:04x}", u32::from(control))),
        other => json.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(came: &str, goes_out: &str, characters: usize) {
        let string: JsString = serde_json::from_str(came).unwrap();
        assert_eq!(string.json(), goes_out);
        assert_eq!(string.characters(), characters, "{came}");
        assert_eq!(serde_json::to_string(&string).unwrap(), goes_out);
        let again: JsString = serde_json::from_str(goes_out).unwrap();
        assert_eq!(again, string, "written and read again");
    }

    /// Each right-hand side is what `JSON.stringify(JSON.parse(came))` gives.
    #[test]
    fn text_goes_out_as_json_stringify_writes_it() {
        check(r#""""#, r#""""#, 0);
        check(r#""Ada""#, r#""Ada""#, 3);
        check(r#""\u0041da""#, r#""Ada""#, 3);
        check(r#""a\/b""#, r#""a/b""#, 3);
        check(
            r#""\"\\\b\t\n\f\r\u0000\u001F\u007f""#,
            "\"\\\"\\\\\\b\\t\\n\\f\\r\\u0000\\u001f\u{7f}\"",
            10,
        );
        check(r#""\ud83d\ude00\u2028""#, "\"😀\u{2028}\"", 2);
    }

    #[test]
    fn half_an_emoji_survives() {
        check(r#""\ud83d""#, r#""\ud83d""#, 1);
        check(r#""a\uD83Db\ude00c""#, r#""a\ud83db\ude00c""#, 5);
        check(r#""\ud83d\ud83d\ude00""#, r#""\ud83d😀""#, 2);
        check(r#""\udfff\ud800""#, r#""\udfff\ud800""#, 2);
    }

    #[test]
    fn what_is_no_string_is_refused() {
        for other in ["1", "null", "true", "[65]", "{}"] {
            let raw: &RawValue = serde_json::from_str(other).unwrap();
            assert_eq!(JsString::parse(raw), None, "{other}");
        }
    }

    #[test]
    fn a_suffix_is_escaped_and_counted() {
        let string = JsString::from("a").followed_by("\"😀");
        assert_eq!(string, JsString::from("a\"😀"));
        assert_eq!(string.characters(), 3);
    }

    #[test]
    fn as_text_it_has_no_escapes() {
        assert_eq!(JsString::from("a\"\n😀").to_text(), "a\"\n😀");
        let half: JsString = serde_json::from_str(r#""管\ud83d""#).unwrap();
        assert!(half.to_text().starts_with("管\u{FFFD}"));
    }
}
