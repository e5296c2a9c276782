//! From packets as the server has them to packets as an explanation shows them.
//!
//! ```text
//!   Body::Event { id: None, event: "hi" }  ──►  {"type":"EVENT","namespace":"/","id":null,…}
//! ```
//!
//! Core file.

use serde_json::value::RawValue;

use super::explanation::{Packet, SocketPacket};
use super::input::hex;
use crate::engineio::packet::{self, Message, Purpose};
use crate::socketio::packet::{Body, Packet as Decoded};

/// JSON as it is, and anything else as a string.
fn raw(text: &str) -> Option<Box<RawValue>> {
    let json = RawValue::from_string(text.to_owned());
    json.or_else(|_| serde_json::value::to_raw_value(text)).ok()
}

pub(super) fn of_engineio(packet: &packet::Packet) -> Packet {
    let (name, probe) = match packet {
        packet::Packet::Open(_) => ("open", false),
        packet::Packet::Close => ("close", false),
        packet::Packet::Ping(purpose) => ("ping", *purpose == Purpose::Probe),
        packet::Packet::Pong(purpose) => ("pong", *purpose == Purpose::Probe),
        packet::Packet::Message(_) => ("message", false),
        packet::Packet::Upgrade => ("upgrade", false),
        packet::Packet::Noop => ("noop", false),
    };
    let (handshake, bytes) = match packet {
        packet::Packet::Open(handshake) => (raw(handshake), None),
        packet::Packet::Message(Message::Binary(bytes)) => (None, Some(hex(bytes))),
        _ => (None, None),
    };
    Packet { engineio: name, probe, handshake, bytes, socketio: None }
}

/// `attachments` is how many of them there are, or will be; `binary` is whether the packet has a
/// type of its own for that, which it has not in MessagePack.
pub(super) fn of_socketio(packet: &Decoded, attachments: usize, binary: bool) -> SocketPacket {
    let (kind, id, data) = match &packet.body {
        Body::Connect { auth } => ("CONNECT", None, auth.as_deref()),
        Body::Disconnect => ("DISCONNECT", None, None),
        Body::Event { id, event } if binary => ("BINARY_EVENT", *id, Some(event.args.json())),
        Body::Event { id, event } => ("EVENT", *id, Some(event.args.json())),
        Body::Ack { id, args } if binary => ("BINARY_ACK", Some(*id), Some(args.json())),
        Body::Ack { id, args } => ("ACK", Some(*id), Some(args.json())),
        Body::ConnectError { data } => ("CONNECT_ERROR", None, Some(&**data)),
    };
    SocketPacket {
        kind,
        namespace: packet.namespace.to_string(),
        id,
        attachments,
        data: data.and_then(raw),
        event: match &packet.body {
            Body::Event { event, .. } => Some(event.name.to_string()),
            _ => None,
        },
    }
}
