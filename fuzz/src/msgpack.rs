//! Any bytes that a message may carry, where packets are MessagePack. Whatever is in them:
//!
//! - what is refused has a reason of reasonable length; what is accepted is refused with one byte
//!   less, and with one more;
//! - data are JSON, and their attachments, which are slices of the message, are each named by a
//!   placeholder, in their order;
//! - no more than six bytes of text come from one;
//! - sent on in either spelling, the arguments arrive as the same text with the same attachments;
//! - with a string added, there is one argument more, and the others are the same.

use bytes::Bytes;
use sockrates::socketio::args::Args;
use sockrates::socketio::msgpack::{Limits, decode};
use sockrates::socketio::packet::Body;
use sockrates::socketio::parser::{Encoded, Parser};

use super::json::{self, Wrong};

const LIMITS: Limits = Limits { attachments: 10, attachment_bytes: 1000 };

/// Checks the properties above.
pub fn check(data: &[u8]) {
    let message = Bytes::copy_from_slice(data);
    let (packet, attachments) = match decode(&message, LIMITS) {
        Ok(decoded) => decoded,
        Err(error) => {
            assert!((10..160).contains(&error.to_string().len()), "{error}");
            return;
        }
    };
    assert!(decode(&message.slice(..message.len() - 1), LIMITS).is_err(), "{data:02x?}");
    let longer: Bytes = data.iter().copied().chain([0]).collect();
    assert!(decode(&longer, LIMITS).is_err(), "{data:02x?}");
    are_slices(&attachments, &message);

    let namespace = &packet.namespace;
    match packet.body {
        Body::Event { id, event } => {
            is_json(event.args.json(), data.len());
            let args = complete(event.args, attachments);
            for parser in [Parser::Json, Parser::MessagePack] {
                // Text has no place for a namespace without a slash in front.
                let namespace = if parser == Parser::Json { "/" } else { namespace };
                let sent = parser.event(namespace, id, &event.name, &args).expect("can be sent");
                let (name, found) = sent.event().expect("an event");
                assert_eq!(name, event.name);
                same(&found, &args);
                grows(&sent, &found);
            }
        }
        Body::Ack { id, args } => {
            is_json(args.json(), data.len());
            let args = complete(args, attachments);
            // An answer is not read back by us; an event with the same arguments is.
            for parser in [Parser::Json, Parser::MessagePack] {
                parser.ack(namespace, id, &args).expect("can be sent");
                same(&parser.event("/", None, "e", &args).unwrap().event().unwrap().1, &args);
            }
        }
        Body::Connect { auth: Some(data) } | Body::ConnectError { data } => {
            is_json(&data, message.len());
            assert!(attachments.is_empty());
        }
        Body::Connect { auth: None } | Body::Disconnect => assert!(attachments.is_empty()),
    }
}

fn is_json(text: &str, length: usize) {
    assert!(!matches!(json::read(text), Err(Wrong::Invalid)), "{text:?}");
    // A placeholder takes more room than the bytes that it is there for.
    assert!(text.len() <= 6 * length + 32 * LIMITS.attachments, "{text:?} of {length} bytes");
}

fn are_slices(attachments: &[Bytes], message: &Bytes) {
    let within = message.as_ptr_range();
    for bytes in attachments.iter().filter(|bytes| !bytes.is_empty()) {
        assert!(within.contains(&bytes.as_ptr()), "copied");
    }
}

fn complete(args: Args, attachments: Vec<Bytes>) -> Args {
    for num in 0..attachments.len() {
        let placeholder = format!(r#"{{"_placeholder":true,"num":{num}}}"#);
        assert_eq!(args.json().matches(&placeholder).count(), 1, "{}", args.json());
    }
    args.complete(attachments).expect("placeholders that fit")
}

/// That these are the same arguments. An event's name may be a number, and becomes text.
fn same(found: &Args, wanted: &Args) {
    let texts = |args: &Args| args.raw().iter().map(|it| it.get().to_owned()).collect::<Vec<_>>();
    assert_eq!(texts(found), texts(wanted));
    assert_eq!(found.attachments(), wanted.attachments());
}

fn grows(sent: &Encoded, before: &Args) {
    let (_, after) = sent.append("more").event().expect("an event still");
    let (raw, mut more) = (before.raw(), after.raw());
    assert_eq!(more.pop().map(|last| last.get()), Some("\"more\""));
    assert!(raw.iter().map(|it| it.get()).eq(more.iter().map(|it| it.get())));
    assert_eq!(after.attachments(), before.attachments());
}
