//! Any text that is an event, sent on in both spellings. Whatever is in it:
//!
//! - either both can be sent, or neither;
//! - name, arguments and attachments that arrive are the same, but for what MessagePack can not
//!   say: `1.0` is `1`, a number without end is `null`, half a surrogate pair is U+FFFD;
//! - only data that are deeper than 128 levels do not arrive in MessagePack.

use bytes::Bytes;
use sockrates::socketio::args::Args;
use sockrates::socketio::decode::decode;
use sockrates::socketio::packet::Body;
use sockrates::socketio::parser::Parser;

use super::json::{self, Json};

/// Checks the properties above.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(decoded) = decode(&text.into(), 10) else { return };
    let Body::Event { id, event } = decoded.packet.body else { return };
    let attachments =
        (1..=decoded.attachments).map(|length| Bytes::from(vec![length as u8; length])).collect();
    let Ok(args) = event.args.complete(attachments) else { return };

    let send = |parser: Parser| parser.event(&decoded.packet.namespace, id, &event.name, &args);
    let (text, packed) = match (send(Parser::Json), send(Parser::MessagePack)) {
        (Ok(text), Ok(packed)) => (text, packed),
        (Err(one), Err(other)) => {
            assert_eq!(one.to_string(), other.to_string());
            return;
        }
        (text, packed) => panic!("{text:?} and {packed:?}"),
    };
    let (name, wanted) = text.event().expect("what was accepted, sent on");
    let Some((found_name, found)) = packed.event() else {
        assert!(depth(wanted.json()) > 128, "{}", wanted.json());
        return;
    };
    assert_eq!(lossy(&name), lossy(&found_name));
    assert_eq!(found.attachments(), wanted.attachments());
    let values = |args: &Args| {
        args.raw().iter().map(|raw| json::read(raw.get()).map(heard)).collect::<Result<Vec<_>, _>>()
    };
    if let Ok(wanted) = values(&wanted) {
        assert_eq!(values(&found).expect("no deeper than before"), wanted);
    }
}

/// A value as it is heard in MessagePack.
fn heard(value: Json) -> Json {
    let text = |units: &[u16]| String::from_utf16_lossy(units).encode_utf16().collect::<Vec<_>>();
    match value {
        Json::Number(number) => of_number(&number),
        Json::Text(units) => Json::Text(text(&units)),
        Json::Array(values) => Json::Array(values.into_iter().map(heard).collect()),
        Json::Object(entries) => {
            let entries = entries.into_iter();
            Json::Object(entries.map(|(key, value)| (text(&key), heard(value))).collect())
        }
        other => other,
    }
}

fn of_number(number: &str) -> Json {
    let whole = number.parse::<i128>().ok();
    let whole = whole.filter(|it| (i64::MIN.into()..=u64::MAX.into()).contains(it));
    let float: f64 = number.parse().expect("a number");
    let exact = float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0;
    match whole.or(exact.then_some(float as i128)) {
        Some(whole) => Json::Number(whole.to_string()),
        None if float.is_infinite() => Json::Word("null"),
        // JavaScript writes a float of this size as if it were whole.
        None if float.fract() == 0.0 && float.abs() < 1e21 => Json::Number(float.to_string()),
        // Its bits, since there is more than one way to write it.
        None => Json::Number(format!("{:016x}", float.to_bits())),
    }
}

fn lossy(name: &str) -> String {
    name.replace('\u{fffd}', "")
}

fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            b'"' if !escaped => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth -= 1,
            _ => {}
        }
        escaped = in_text && byte == b'\\' && !escaped;
        deepest = deepest.max(depth);
    }
    deepest
}
