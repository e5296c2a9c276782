//! Any text that a message may carry. Whatever is in it:
//!
//! - the verdict, and the meaning of what is accepted, are those of the slow reader in `spec`;
//! - namespace, data and an event's name are slices of the message; only a name with escapes is
//!   written anew;
//! - what is accepted, with any attachments, is refused for its placeholders exactly when the slow
//!   reader refuses them;
//! - sent on, it is text that the slow reader gives the same meaning, with the same attachments in
//!   the same places.

use bytes::Bytes;
use bytestring::ByteString;
use sockrates::socketio::args::Args;
use sockrates::socketio::decode::decode;
use sockrates::socketio::encode::{self, EncodeError, Text};
use sockrates::socketio::packet::{Body, Packet};

use super::json::{self, Json, Wrong};
use super::spec;

/// Checks the properties above.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let message = ByteString::from(text);
    let found = decode(&message, spec::MAX_ATTACHMENTS);
    let (decoded, expected) = match (found, spec::read(text)) {
        (_, Err(Wrong::TooDeep)) => return,
        (Ok(decoded), Ok(expected)) => (decoded, expected),
        (Err(error), Err(_)) => {
            assert!((10..160).contains(&error.to_string().len()), "{error}");
            return;
        }
        (found, expected) => panic!("{text:?} is {found:?} and should be {expected:?}"),
    };

    assert_eq!(decoded.attachments, expected.attachments, "{text:?}");
    means_the_same(&decoded.packet, &expected);
    is_shared(&decoded.packet, &message);
    match decoded.packet.body {
        Body::Event { event, .. } => relay(event.args, &expected),
        Body::Ack { args, .. } => relay(args, &expected),
        Body::Disconnect => {
            let again = sent(&encode::disconnect(&expected.namespace));
            assert_eq!(again, spec::Packet { id: None, ..expected });
        }
        Body::Connect { .. } => {
            let again = sent(&encode::connect(&expected.namespace, "x", None));
            assert_eq!((again.kind, again.namespace), ('0', expected.namespace));
        }
        Body::ConnectError { data } => {
            let raw = serde_json::from_str(&data).expect("data that is JSON");
            let again = sent(&encode::connect_error(&expected.namespace, "no", Some(raw)));
            let Some(Json::Object(entries)) = again.data else { panic!("{text:?}: no object") };
            assert_eq!(Some(&entries[1].1), expected.data.as_ref());
        }
    }
}

fn means_the_same(packet: &Packet, expected: &spec::Packet) {
    assert_eq!(packet.namespace, expected.namespace);
    let data = |data: &str| Some(json::read(data).expect("data that is JSON"));
    match (&packet.body, expected.kind) {
        (Body::Connect { auth }, '0') => {
            assert_eq!(auth.as_deref().and_then(data), expected.data);
        }
        (Body::Disconnect, '1') => {}
        (Body::Event { id, event }, '2' | '5') => {
            assert_eq!((*id, Some(&*event.name)), (expected.id, expected.name().as_deref()));
            assert_eq!(data(event.args.json()), expected.data);
            assert_arguments(&event.args, expected);
        }
        (Body::Ack { id, args }, '3' | '6') => {
            assert_eq!(Some(*id), expected.id);
            assert_eq!(data(args.json()), expected.data);
            assert_arguments(args, expected);
        }
        (Body::ConnectError { data: found }, '4') => assert_eq!(data(found), expected.data),
        (body, kind) => panic!("{body:?} for a packet of type {kind}"),
    }
}

fn assert_arguments(args: &Args, expected: &spec::Packet) {
    let found: Vec<Json> =
        args.raw().iter().map(|raw| json::read(raw.get()).expect("valid")).collect();
    assert_eq!(Some(&found), expected.arguments(&[]).as_ref());
    assert_eq!((args.len(), args.is_empty()), (found.len(), found.is_empty()));
}

/// Every part of the packet is a part of the message.
fn is_shared(packet: &Packet, message: &ByteString) {
    let within = message.as_bytes().as_ptr_range();
    let assert = |part: &str| {
        let start = part.as_ptr();
        assert!(part.is_empty() || within.contains(&start), "{part:?} of {message:?} was copied");
    };
    if packet.namespace != "/" {
        assert(&packet.namespace);
    }
    match &packet.body {
        Body::Connect { auth } => assert(auth.as_deref().unwrap_or_default()),
        Body::Disconnect => {}
        Body::Event { event, .. } => {
            assert(event.args.json());
            let name = event.args.json().trim_start_matches(['[', ' ', '\t', '\n', '\r', '"']);
            if name.starts_with(&*event.name) && !event.name.contains(['\\', '"']) {
                assert(&event.name);
            }
        }
        Body::Ack { args, .. } => assert(args.json()),
        Body::ConnectError { data } => assert(data),
    }
}

/// Sends the arguments on, as a server does that was told something to tell it to others.
fn relay(args: Args, expected: &spec::Packet) {
    let attachments: Vec<Vec<u8>> =
        (1..=expected.attachments).map(|length| vec![length as u8; length]).collect();
    let arguments = expected.arguments(&attachments);
    let complete = args.complete(attachments.into_iter().map(Bytes::from).collect());
    let (args, arguments) = match (complete, arguments) {
        (Ok(args), Some(arguments)) => (args, arguments),
        (Err(_), None) => return,
        (found, arguments) => panic!("{expected:?}: {found:?} for {arguments:?}"),
    };

    let name = expected.name();
    let again = match &name {
        Some(name) => encode::event(&expected.namespace, expected.id, name, &args),
        None => encode::ack(&expected.namespace, expected.id.unwrap_or_default(), &args),
    };
    let named: usize = arguments.iter().map(attachments_in).sum();
    let again = match again {
        Err(EncodeError::TooManyAttachments { found }) => {
            assert!(found == named && named > spec::MAX_ATTACHMENTS, "{found} of {named}");
            return;
        }
        other => other.expect("what was accepted can be sent on"),
    };
    let packet = sent(&again);
    assert_eq!(again.attachments.len(), named);
    assert_eq!((&packet.namespace, packet.id), (&expected.namespace, expected.id));
    assert_eq!(packet.name(), name);
    let attachments: Vec<Vec<u8>> = again.attachments.iter().map(|it| it.to_vec()).collect();
    let filled = packet.arguments(&attachments).expect("placeholders that fit");
    // Data is walked, and its keys written anew, only where there were attachments.
    let rewritten = if expected.attachments == 0 { arguments } else { with_lossy_keys(arguments) };
    assert_eq!(filled, rewritten);
}

/// What the other side makes of it.
fn sent(encoded: &Text) -> spec::Packet {
    let text = encoded.head.strip_prefix('4').expect("the type of an Engine.IO message");
    let packet = spec::read(text).unwrap_or_else(|wrong| panic!("{wrong:?}: {text:?}"));
    assert_eq!(packet.attachments, encoded.attachments.len(), "{text:?}");
    packet
}

fn attachments_in(value: &Json) -> usize {
    match value {
        Json::Bytes(_) => 1,
        Json::Array(elements) => elements.iter().map(attachments_in).sum(),
        Json::Object(entries) => entries.iter().map(|(_, value)| attachments_in(value)).sum(),
        Json::Word(_) | Json::Number(_) | Json::Text(_) => 0,
    }
}

/// Half a surrogate pair does not survive in a key that is written anew.
fn with_lossy_keys(values: Vec<Json>) -> Vec<Json> {
    let lossy = |value| match value {
        Json::Array(elements) => Json::Array(with_lossy_keys(elements)),
        Json::Object(entries) => {
            let (keys, values): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
            let keys = keys.iter().map(|key| json::lossy(key).encode_utf16().collect());
            Json::Object(keys.zip(with_lossy_keys(values)).collect())
        }
        other => other,
    };
    values.into_iter().map(lossy).collect()
}
