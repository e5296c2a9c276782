//! JSONP: long-polling for pages that can only load scripts.
//!
//! A browser without cross-origin requests fetches packets as a script, which calls a
//! function of the page, and posts packets as a form, whose one field is `d`:
//!
//! ```text
//!   GET …&j=0    ___eio[0]("2:4a");
//!                       │   └──┘
//!                       │   the payload, as a string of JavaScript
//!                       └─ the index that the query asked for
//!
//!   POST …&j=0   d=2%3A4a
//!                  └────┘
//!                  the payload, as a form writes it
//! ```
//!
//! Forms once changed line breaks on their way. So the client writes a newline as `\n`, and
//! where the payload has those two characters itself, one backslash more.
//!
//! An index is digits and nothing else, and the payload is a string whatever is in it. So
//! nothing that a client sends is ever run by a page.
//!
//! Core file. Spec: Engine.IO v3, "JSONP".

use std::fmt::Write as _;

use bytestring::ByteString;

use super::query::parameters;

/// How many digits of an index are read: far more than a page has functions.
const MAX_DIGITS: usize = 10;

/// Which function of the page is called: the `j` of a query.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Index(u64);

impl Index {
    /// Reads the digits of a query's `j`, ten at most; whatever else is there is left out.
    ///
    /// ```
    /// use sockrates::engineio::jsonp::{Index, wrap};
    ///
    /// let index = Index::parse("alert(1)7").ok_or("no digits")?;
    /// assert_eq!(wrap(index, "1:6"), r#"___eio[17]("1:6");"#);
    /// assert_eq!(Index::parse("alert"), None);
    /// # Ok::<(), &str>(())
    /// ```
    pub fn parse(value: &str) -> Option<Self> {
        let digits = value.chars().filter_map(|digit| digit.to_digit(10)).take(MAX_DIGITS);
        digits
            .fold(None, |number, digit| Some(number.unwrap_or_default() * 10 + u64::from(digit)))
            .map(Self)
    }
}

/// The script that hands a payload to the page.
///
/// The payload is written as JSON, in which two line separators are escaped that JavaScript
/// did not always allow within a string, and `<`, lest a browser that takes the script for a
/// page finds an element in it.
pub fn wrap(index: Index, payload: &str) -> String {
    // Beside the payload stand nine characters, an index and four characters more.
    let mut script = String::with_capacity(payload.len() + 9 + MAX_DIGITS + 4);
    // Writing to a string cannot fail.
    let _ = write!(script, "___eio[{}](\"", index.0);
    for character in payload.chars() {
        match character {
            '"' => script.push_str("\\\""),
            '\\' => script.push_str("\\\\"),
            '\n' => script.push_str("\\n"),
            '\r' => script.push_str("\\r"),
            '\t' => script.push_str("\\t"),
            '\u{8}' => script.push_str("\\b"),
            '\u{c}' => script.push_str("\\f"),
            '\0'..' ' | '<' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(script, "\\u{:04x}", u32::from(character));
            }
            other => script.push(other),
        }
    }
    script.push_str("\");");
    script
}

/// The payload of a form that was posted, or `None` if it has no field `d`, or more than one.
///
/// ```
/// use sockrates::engineio::jsonp::unwrap_form;
///
/// assert_eq!(unwrap_form("d=6%3A4hello").as_deref(), Some("6:4hello"));
/// assert_eq!(unwrap_form("e=6%3A4hello"), None);
/// ```
pub fn unwrap_form(body: &str) -> Option<ByteString> {
    let mut fields = parameters(body).filter(|(name, _)| name == "d");
    let (_, value) = fields.next()?;
    if fields.next().is_some() {
        return None;
    }
    Some(unescape(&value).into())
}

/// One backslash before an `n` makes it a newline. Of more than one, the last was added by the
/// client.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut parts = text.split("\\n");
    plain.extend(parts.next());
    for part in parts {
        // The backslash that was split at is the last before this `n`.
        plain.push(if plain.ends_with('\\') { 'n' } else { '\n' });
        plain.push_str(part);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_its_digits() {
        for (value, expected) in [
            ("0", Some(0)),
            ("17", Some(17)),
            ("007", Some(7)),
            ("-3", Some(3)),
            ("alert(1)7", Some(17)),
            ("];alert(1);//", Some(1)),
            ("9999999999", Some(9_999_999_999)),
            ("12345678901234567890", Some(1_234_567_890)),
            ("", None),
            ("abc", None),
            ("٣", None),
        ] {
            assert_eq!(Index::parse(value), expected.map(Index), "{value:?}");
        }
    }

    /// As the reference server writes it, but for `<`.
    #[test]
    fn a_payload_becomes_a_string_of_javascript() {
        check("2:4a", "2:4a");
        check("", "");
        check("a\"b\\", "a\\\"b\\\\");
        check("\u{2028}\u{2029}", "\\u2028\\u2029");
        check("\x1e\n\r\t\x08\x0c\0\x7f", "\\u001e\\n\\r\\t\\b\\f\\u0000\x7f");
        check("é🙂", "é🙂");
        check("</script><!--", "\\u003c/script>\\u003c!--");
        check("\\u2028\");alert(1);//", "\\\\u2028\\\");alert(1);//");
    }

    #[track_caller]
    fn check(payload: &str, expected: &str) {
        let script = wrap(Index(3), payload);
        assert_eq!(script, format!("___eio[3](\"{expected}\");"));
        let literal = script.strip_prefix("___eio[3](").and_then(|it| it.strip_suffix(");"));
        let literal = literal.expect("a call");
        assert_eq!(serde_json::from_str::<String>(literal).expect("JSON"), payload);
    }

    /// What the reference server makes of each form.
    #[test]
    fn a_form_becomes_a_payload() {
        for (body, expected) in [
            ("d=4hello", Some("4hello")),
            ("d", Some("")),
            ("d=", Some("")),
            ("", None),
            ("x=1", None),
            ("D=a", None),
            ("x=1&d=a", Some("a")),
            ("&&d=a", Some("a")),
            ("%64=a", Some("a")),
            ("d=a&d=b", None),
            ("d=a=b", Some("a=b")),
            ("d=a;b", Some("a;b")),
            ("d=a+b%20c%2B", Some("a b c+")),
            ("d=%E4%BD%A0", Some("你")),
            ("d=%ff", Some("\u{fffd}")),
            ("d=%zz", Some("%zz")),
            ("d=a%0Ab", Some("a\nb")),
        ] {
            assert_eq!(unwrap_form(body).as_deref(), expected, "{body:?}");
        }
    }

    /// What the reference server makes of each run of backslashes.
    #[test]
    fn newlines_survive_a_form() {
        for (escaped, expected) in [
            ("a\\nb", "a\nb"),
            ("a\\\\nb", "a\\nb"),
            ("a\\\\\\nb", "a\\\\nb"),
            ("a\\\\\\\\nb", "a\\\\\\nb"),
            ("\\n\\\\n\\n", "\n\\n\n"),
            ("\\n\\n", "\n\n"),
            ("\\", "\\"),
            ("\\\\", "\\\\"),
            ("n", "n"),
            ("\n", "\n"),
        ] {
            let body = format!("d={}", escaped.replace('\\', "%5C"));
            assert_eq!(unwrap_form(&body).as_deref(), Some(expected), "{escaped:?}");
        }
    }
}
