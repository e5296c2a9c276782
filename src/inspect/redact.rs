//! Redaction: what is nobody's business, also not that of who inspects.
//!
//! ```text
//!   cookie: session=abc              cookie: ‹redacted›
//!   40/chat,{"token":"abc"}          40/chat,{"‹redacted›":true}
//! ```
//!
//! Core file. Not in any specification.

use bytestring::ByteString;

use crate::engineio::packet::{Message, Packet};
use crate::engineio::payload::SEPARATOR;
use crate::socketio::decode::decode;
use crate::socketio::packet::{Body, MAX_ATTACHMENTS};

/// What stands instead.
pub(super) const REDACTED: &str = "‹redacted›";

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
pub(super) fn text(text: &str) -> String {
    let packets: Vec<_> = text.split(SEPARATOR).map(packet).collect();
    packets.join(&SEPARATOR.to_string())
}

fn packet(text: &str) -> String {
    let text = ByteString::from(text);
    let Ok(Packet::Message(Message::Text(message))) = Packet::decode_text(&text) else {
        return text.to_string();
    };
    match decode(&message, MAX_ATTACHMENTS).map(|decoded| decoded.packet.body) {
        Ok(Body::Connect { auth: Some(auth) }) if !is_welcome(&auth) => {
            text.replacen(&*auth, &format!("{{\"{REDACTED}\":true}}"), 1)
        }
        // One that is wrong, or was cut off, may hold them as well.
        Err(_) if message.starts_with('0') && message.contains('{') => {
            let shown = text.find('{').and_then(|at| text.get(..at)).unwrap_or_default();
            format!("{shown}{{\"{REDACTED}\":true}}")
        }
        _ => text.to_string(),
    }
}

/// Whether it is what a server says to whom it has let in: a `sid`, and with recovery a `pid`.
fn is_welcome(auth: &str) -> bool {
    auth.starts_with("{\"sid\":\"") && !auth.contains("\"pid\"")
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
            (r#"40{"sid":"x","pid":"secret"}"#, format!("40{object}")),
        ] {
            assert_eq!(text(wire), shown, "{wire}");
        }
        for as_it_is in
            ["40", "40/chat,", r#"40{"sid":"x"}"#, r#"42["a",{"b":1}]"#, "2probe", "", "x{"]
        {
            assert_eq!(text(as_it_is), as_it_is);
        }
    }
}
