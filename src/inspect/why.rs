//! Why something is on the wire: one word for each reason.
//!
//! ```text
//!   GET /socket.io/?EIO=4&transport=polling          handshake
//!   GET …&sid=…                                      poll: waits until there is something
//!   6                                                noop: lets that poll return
//! ```
//!
//! The pages have a sentence for each, in every language.
//!
//! Core file. Spec: Engine.IO v4 and Socket.IO v5, all of it.

use crate::engineio::packet::Packet;
use crate::engineio::payload::Payload;
use crate::engineio::tap::{Event, Excerpt, Side, What};

/// The reason for an event.
pub(super) fn why(event: &Event) -> &'static str {
    match (&event.what, event.from) {
        (What::Opened, _) => "session-open",
        (What::Closed(_), _) => "session-close",
        (What::Unanswered(_), _) => "unanswered",
        (What::WebSocketClosed, _) => "websocket-close",
        (What::Request(_, head, _), _) => request(head),
        (What::Answer(_, head, body), _) => answer(head, body),
        (What::Frame(content), from) => frame(content, from),
    }
}

fn request(head: &str) -> &'static str {
    let line = head.lines().next().unwrap_or_default();
    let (with_sid, websocket) = (line.contains("sid="), line.contains("transport=websocket"));
    match line.split(' ').next() {
        Some("GET") if websocket && with_sid => "upgrade",
        Some("GET") if websocket => "websocket",
        Some("GET") if with_sid => "poll",
        Some("GET") => "handshake",
        Some("POST") => "post",
        Some("OPTIONS") => "preflight",
        _ => "request",
    }
}

fn answer(head: &str, body: &Excerpt) -> &'static str {
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status == "101" {
        return "switched";
    }
    if status != "200" {
        return "refused";
    }
    let text = std::str::from_utf8(&body.bytes).unwrap_or_default();
    if text == "ok" {
        return "taken";
    }
    let mut packets = Payload::new(text.into());
    match (packets.next(), packets.next()) {
        (Some(Ok(Packet::Open(_))), _) => "opened",
        (Some(Ok(Packet::Noop)), None) => "noop",
        (Some(Ok(Packet::Ping(_))), None) => "ping",
        (Some(Ok(Packet::Close)), None) => "close",
        _ => "data",
    }
}

fn frame(content: &Excerpt, from: Side) -> &'static str {
    let text = std::str::from_utf8(&content.bytes).unwrap_or_default();
    match (content.is_text, text.as_bytes()) {
        (false, _) => "attachment",
        (true, b"2probe") => "probe",
        (true, b"3probe") => "probe-answer",
        (true, [b'0', ..]) => "opened",
        (true, [b'1', ..]) => "close",
        (true, [b'2', ..]) => "ping",
        (true, [b'3', ..]) => "pong",
        (true, [b'5', ..]) => "upgraded",
        (true, [b'6', ..]) => "noop",
        _ if from == Side::Client => "sent",
        _ => "data",
    }
}
