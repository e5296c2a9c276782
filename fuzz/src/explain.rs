//! Explanations of anything: a letter for the form, and behind it the input.
//!
//! ```text
//!   p42["hi"]     a packet            f…  WebSocket frames     m…  MessagePack
//!   b2␞42["hi"]   a body of packets   t…  a body of revision 3, as text    y…  as bytes
//! ```
//!
//! Whatever is in it:
//!
//! - the pieces cover the input, one behind the other, and none is empty;
//! - it is explained without complaint exactly when the parsers of the server take it;
//! - what is wrong lies where the pieces end: an error, and behind it the rest;
//! - every language has the same pieces and the same code;
//! - the JSON of it can be read, and a picture of it can be drawn.

use bytes::Bytes;
use bytestring::ByteString;
use sockrates::engineio::packet::{DecodeError, Message, Packet};
use sockrates::engineio::payload::Payload;
use sockrates::engineio::payload3::{BinaryPayload, TextPayload};
use sockrates::explain::picture::Picture;
use sockrates::explain::{Explanation, Form, Input, Lang, explain};
use sockrates::socketio::decode::decode;
use sockrates::socketio::msgpack::{self, Limits};
use sockrates::socketio::packet::{Body, MAX_ATTACHMENTS};

/// Checks the properties above.
pub fn check(data: &[u8]) {
    let Some((form, data)) = data.split_first() else { return };
    let text = || std::str::from_utf8(data).ok().map(ByteString::from);
    let bytes = Bytes::copy_from_slice(data);
    let (form, input, accepted) = match form {
        b'p' | b'b' | b't' => {
            let Some(text) = text() else { return };
            let input = Input::text(text.clone());
            match form {
                b'p' => (Form::Packet, input, takes([Packet::decode_text(&text)])),
                b'b' => (Form::Payload, input, takes(Payload::new(text))),
                _ => (Form::Payload3, input, takes(TextPayload::new(text))),
            }
        }
        b'y' => (Form::Payload3, Input::bytes(bytes.clone()), takes(BinaryPayload::new(bytes))),
        b'm' => {
            let limits = Limits { attachments: MAX_ATTACHMENTS, attachment_bytes: usize::MAX };
            let taken = msgpack::decode(&bytes, limits).is_ok();
            (Form::MsgPack, Input::bytes(bytes), Some(taken))
        }
        b'f' => (Form::Frame, Input::bytes(bytes), None),
        _ => return,
    };
    let found = explain(&input, form, Lang::En);
    covers(&found);
    if let Some(accepted) = accepted {
        let taken = found.diagnostic.is_none();
        assert_eq!(taken, accepted, "{form} {input:?}: {:?}", found.diagnostic);
    }
    same_in_every_language(&found, &explain(&input, form, Lang::Zh));
    can_be_shown(&found);
}

/// Whether the server takes all of these packets, one after the other.
fn takes(packets: impl IntoIterator<Item = Result<Packet, DecodeError>>) -> Option<bool> {
    let mut missing = 0;
    for packet in packets {
        match packet {
            Err(_) => return Some(false),
            Ok(Packet::Message(Message::Binary(_))) if missing > 0 => missing -= 1,
            Ok(Packet::Message(Message::Text(text))) => {
                if missing > 0 {
                    return Some(false);
                }
                let Ok(decoded) = decode(&text, MAX_ATTACHMENTS) else { return Some(false) };
                missing = decoded.attachments;
                let attachments = vec![Bytes::new(); missing];
                let fits = match decoded.packet.body {
                    Body::Event { event, .. } => event.args.complete(attachments).is_ok(),
                    Body::Ack { args, .. } => args.complete(attachments).is_ok(),
                    _ => true,
                };
                if !fits {
                    return Some(false);
                }
            }
            Ok(_) => {}
        }
    }
    Some(true)
}

fn covers(found: &Explanation) {
    let mut end = 0;
    for span in &found.spans {
        assert!(span.from == end && span.to > end, "{found:?}");
        assert!(!span.words.is_empty() && !span.guide.is_empty(), "{span:?}");
        end = span.to;
    }
    assert_eq!(end, found.input.len(), "{found:?}");

    let wrong: Vec<_> = found.spans.iter().map(|span| span.kind.name()).collect();
    let understood = wrong.iter().take_while(|name| !["error", "rest"].contains(*name)).count();
    let behind = &wrong[understood..];
    let Some(fault) = &found.diagnostic else {
        assert!(behind.is_empty(), "{found:?}");
        return;
    };
    assert!([&[][..], &["error"], &["error", "rest"]].contains(&behind), "{found:?}");
    assert!(fault.from <= fault.to && fault.to <= found.input.len(), "{found:?}");
    let ends = found.spans.get(understood).map_or(found.input.len(), |span| span.from);
    assert_eq!(fault.from, ends, "{found:?}");
    for said in [&fault.message, &fault.found, &fault.wanted] {
        assert!(!said.is_empty(), "{fault:?}");
    }
}

fn same_in_every_language(found: &Explanation, other: &Explanation) {
    let kinds = |it: &Explanation| -> Vec<_> {
        it.spans.iter().map(|span| (span.from, span.kind, span.depth, span.guide)).collect()
    };
    assert_eq!(kinds(found), kinds(other));
    let codes = |it: &Explanation| -> Vec<_> {
        let faults = it.diagnostic.iter().chain(&it.notes);
        faults.map(|fault| (fault.code, fault.from, fault.to)).collect()
    };
    assert_eq!(codes(found), codes(other));
}

fn can_be_shown(found: &Explanation) {
    let json = serde_json::to_string(found).expect("JSON");
    serde_json::from_str::<&serde_json::value::RawValue>(&json).expect("JSON that can be read");
    let shown = Picture::of_pieces(found).to_string();
    assert_eq!(shown.contains('^') || shown.contains("  "), !found.input.is_empty(), "{shown}");
    let faults = Picture::of_faults(found, Lang::En).to_string();
    assert_eq!(faults.is_empty(), found.diagnostic.is_none() && found.notes.is_empty());
}
