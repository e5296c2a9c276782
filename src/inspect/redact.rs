//! Redaction: what is nobody's business, also not that of who inspects.
//!
//! ```text
//!   cookie: session=abc              cookie: ‹redacted›
//!   40/chat,{"token":"abc"}          40/chat,{"‹redacted›":true}
//!   bg6R0eXBlAKRkYXRh…               b‹redacted›           a CONNECT in MessagePack, on polling
//! ```
//!
//! Core file. Not in any specification.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytestring::ByteString;

use crate::engineio::packet::{Message, Packet};
use crate::engineio::payload::SEPARATOR;
use crate::engineio::tap::Side;
use crate::socketio::decode::decode;
use crate::socketio::packet::{Body, MAX_ATTACHMENTS};

/// What stands instead.
pub const REDACTED: &str = "‹redacted›";

/// Headers whose values are secrets.
const HEADERS: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "set-cookie"];

/// The head of a request or an answer, without secrets.
pub(super) fn head(head: &str) -> String {
    let lines = head.split_inclusive("\r\n").map(|line| match line.split_once(": ") {
        Some((name, _)) if HEADERS.contains(&name) => format!("{name}: {REDACTED}\r\n"),
        _ => line.to_owned(),
    });
    lines.collect()
}

/// A body or a frame of text without what clients say to be let in.
pub(super) fn text(text: &str, from: Side) -> String {
    let packets: Vec<_> = text.split(SEPARATOR).map(|it| packet(it, from)).collect();
    packets.join(&SEPARATOR.to_string())
}

fn packet(text: &str, from: Side) -> String {
    // On polling, bytes are text.
    if text.strip_prefix('b').is_some_and(|base64| is_connect(&from_base64(base64))) {
        return format!("b{REDACTED}");
    }
    let text = ByteString::from(text);
    let Ok(Packet::Message(Message::Text(message))) = Packet::decode_text(&text) else {
        return text.to_string();
    };
    match decode(&message, MAX_ATTACHMENTS).map(|decoded| decoded.packet.body) {
        Ok(Body::Connect { auth: Some(auth) }) if from == Side::Client || !is_welcome(&auth) => {
            text.replacen(&*auth, &format!("{{\"{REDACTED}\":true}}"), 1)
        }
        // One that is wrong, or was cut off, may hold them as well.
        Err(_) if message.starts_with('0') => match text.split_once(['{', '[', '"']) {
            Some((shown, _)) => format!("{shown}{{\"{REDACTED}\":true}}"),
            None => text.to_string(),
        },
        _ => text.to_string(),
    }
}

/// Whether it is what a server says to whom it has let in: a `sid`, and with recovery a `pid`.
fn is_welcome(auth: &str) -> bool {
    auth.starts_with("{\"sid\":\"") && !auth.contains("\"pid\"")
}

/// The bytes that base64 begins with, as far as it is some: it may be cut off.
fn from_base64(text: &str) -> Vec<u8> {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let digits = text.bytes().take_while(is_digit).count();
    // Four of them are three bytes. What is left over holds less than a type and a secret.
    STANDARD.decode(text.get(..digits / 4 * 4).unwrap_or_default()).unwrap_or_default()
}

/// Whether bytes are a CONNECT in MessagePack, or may be one: the type 0 in a map.
pub(super) fn is_connect(bytes: &[u8]) -> bool {
    const TYPE: &[u8] = b"\xa4type\x00";
    bytes.windows(TYPE.len()).any(|window| window == TYPE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_lose_what_lets_somebody_in() {
        let shown = head("GET / HTTP/1.1\r\nhost: a\r\ncookie: a=b\r\nauthorization: Basic x\r\n");
        assert_eq!(
            shown,
            format!(
                "GET / HTTP/1.1\r\nhost: a\r\ncookie: {REDACTED}\r\nauthorization: {REDACTED}\r\n"
            )
        );
    }

    #[test]
    fn connects_lose_what_a_client_says_to_be_let_in() {
        let object = format!("{{\"{REDACTED}\":true}}");
        for (wire, shown) in [
            (r#"40{"token":"abc"}"#, format!("40{object}")),
            (r#"40/chat,{"token":"abc"}"#, format!("40/chat,{object}")),
            ("40{\"token\":\"abc\"}\x1e42[\"a\"]", format!("40{object}\x1e42[\"a\"]")),
            // Cut off in the middle of it.
            (r#"40{"token":"ab"#, format!("40{object}")),
            // Only a server says which session somebody is let into.
            (r#"40{"sid":"abc"}"#, format!("40{object}")),
            // Not what it should be, but still nobody's business.
            (r#"40"abc""#, format!("40{object}")),
            (r#"40/chat,["abc"]"#, format!("40/chat,{object}")),
        ] {
            assert_eq!(text(wire, Side::Client), shown, "{wire}");
        }
        let recovery = r#"40{"sid":"x","pid":"secret"}"#;
        assert_eq!(text(recovery, Side::Server), format!("40{object}"));
        assert_eq!(text(r#"40{"sid":"x"}"#, Side::Server), r#"40{"sid":"x"}"#);
        for as_it_is in
            ["40", "40/chat,", r#"42["a",{"b":1}]"#, "2probe", "", "x{", "bAQIDBA==", "b!"]
        {
            assert_eq!(text(as_it_is, Side::Client), as_it_is);
        }
    }

    /// A client that speaks MessagePack begins on polling, where bytes are base64.
    #[test]
    fn connects_in_messagepack_lose_it_on_polling_as_well() {
        let connect = b"\x83\xa4type\x00\xa4data\x81\xa5token\xa3abc\xa3nsp\xa1/";
        let base64 = STANDARD.encode(connect);
        // Whole, and cut off in the middle of the secret.
        for wire in [format!("b{base64}"), format!("b{}", &base64[..29])] {
            assert_eq!(text(&wire, Side::Client), format!("b{REDACTED}"), "{wire}");
            let two = format!("2\x1e{wire}");
            assert_eq!(text(&two, Side::Client), format!("2\x1eb{REDACTED}"));
        }
        let event = STANDARD.encode(b"\x82\xa4type\x02\xa4data\x91\xa1a");
        assert_eq!(text(&format!("b{event}"), Side::Client), format!("b{event}"));
    }
}
