//! Any text, as a payload, as the form of a `POST` and as the `j` of a query. Whatever is in it:
//!
//! - as a payload it is in the script as a string of JSON, in which a browser finds no element and
//!   no end of a line;
//! - a payload that is escaped as the client does it, and posted, comes back;
//! - a form that has one field `d` has a payload, and no other form has;
//! - the index in the script is the first ten digits of `j`, as a number.

use std::fmt::Write as _;

use sockrates::engineio::jsonp::{Index, unwrap_form, wrap};

/// Checks the properties above.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    script(text);
    posted(text);
    form(text);
    index(text);
}

fn script(payload: &str) {
    let index = Index::parse("0").expect("a digit");
    let script = wrap(index, payload);
    let literal = script.strip_prefix("___eio[0](").and_then(|it| it.strip_suffix(");"));
    let literal = literal.unwrap_or_else(|| panic!("{script:?} is no call"));
    let found: String = serde_json::from_str(literal).expect("a string of JSON");
    assert_eq!(found, payload, "it became {script:?}");
    let ends = |it: char| it < ' ' || matches!(it, '<' | '\u{2028}' | '\u{2029}');
    assert!(!script.contains(ends), "{script:?}");
}

/// As the client writes it: a backslash more in front of `\n`, then newlines as `\n`.
fn posted(payload: &str) {
    // Not even the client could tell a newline behind a backslash from an escaped `\n`.
    if payload.contains("\\\n") {
        return;
    }
    let escaped = payload.replace("\\n", "\\\\n").replace('\n', "\\n");
    let mut body = String::from("d=");
    for byte in escaped.bytes() {
        let _ = write!(body, "%{byte:02X}");
    }
    assert_eq!(unwrap_form(&body).as_deref(), Some(payload), "posted as {body:?}");
}

fn form(body: &str) {
    let name = |field: &str| field.split('=').next().map(|name| name.replace("%64", "d"));
    let count = body.split('&').filter(|field| name(field).as_deref() == Some("d")).count();
    assert_eq!(unwrap_form(body).is_some(), count == 1, "{body:?}");
}

fn index(value: &str) {
    let digits: String = value.chars().filter(char::is_ascii_digit).take(10).collect();
    let expected = digits.parse::<u64>().ok().map(|number| format!("___eio[{number}](\"\");"));
    assert_eq!(Index::parse(value).map(|index| wrap(index, "")), expected, "{value:?}");
}
