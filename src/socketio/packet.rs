//! Socket.IO packets: what is said, and in which namespace.
//!
//! ```text
//!   2/admin,12["add",1,2]
//!   │└────┬┤└┤└────────┬┘
//!   │     ││ │         └─ data: the event's name and its arguments
//!   │     ││ └─────────── acknowledgement id: the sender wants an answer
//!   │     │└───────────── ends the namespace
//!   │     └────────────── namespace; left out for "/", the main one
//!   └──────────────────── type: EVENT
//! ```
//!
//! Here are the types; [`decode`](super::decode) reads them and
//! [`encode`](super::encode) writes them.
//!
//! Core file. Spec: Socket.IO v5, ["Exchange protocol"] and ["Packet encoding"].
//!
//! ["Exchange protocol"]: https://github.com/socketio/socket.io-protocol#exchange-protocol
//! ["Packet encoding"]: https://github.com/socketio/socket.io-protocol#packet-encoding

use bytestring::ByteString;

use super::args::Args;

/// The name of the namespace that is left out on the wire.
pub const MAIN_NAMESPACE: &str = "/";

/// The greatest acknowledgement id, 2^53.
///
/// Not in the specification: in JavaScript an id is a double, and this is how far a
/// double counts without skipping. The reference server answers a greater id with a
/// rounded one, so an answer goes to a question nobody asked; we refuse it.
pub const MAX_ACK_ID: u64 = 1 << 53;

/// How many attachments a packet may have, unless configured otherwise.
///
/// Not in the specification: the official clients refuse more than this, so it is also
/// the most that is ever sent.
pub const MAX_ATTACHMENTS: usize = 10;

/// Event names that the library on either side gives a meaning of its own.
///
/// Not in the specification: the official parsers refuse them in both directions, since
/// a client that may send `disconnect` could pretend to an application that it has left.
pub const RESERVED_EVENTS: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// The reserved event that has this name, if there is one.
pub fn reserved_event(name: &str) -> Option<&'static str> {
    RESERVED_EVENTS.into_iter().find(|reserved| *reserved == name)
}

/// One Socket.IO packet.
#[derive(Clone, Debug, PartialEq)]
pub struct Packet {
    /// The namespace it is for: `/` is the main one, others are like `/admin`.
    pub namespace: ByteString,
    /// What it says there.
    pub body: Body,
}

/// What a packet says.
///
/// | Variant                              | Type on the wire        | Example               | Id       | Data             |
/// |--------------------------------------|-------------------------|-----------------------|----------|------------------|
/// | [`Connect`](Self::Connect)           | 0 CONNECT               | `0/admin,{"sid":"…"}` | no       | object, optional |
/// | [`Disconnect`](Self::Disconnect)     | 1 DISCONNECT            | `1/admin,`            | no       | none             |
/// | [`Event`](Self::Event)               | 2 EVENT, 5 BINARY_EVENT | `2["foo"]`            | optional | array, not empty |
/// | [`Ack`](Self::Ack)                   | 3 ACK, 6 BINARY_ACK     | `3/admin,13["bar"]`   | yes      | array            |
/// | [`ConnectError`](Self::ConnectError) | 4 CONNECT_ERROR         | `4{"message":"…"}`    | no       | object or string |
///
/// Seven types on the wire, five here: a binary event is an event with attachments.
/// The columns *Id* and *Data* are enforced by the fields, so a disconnect with an id,
/// or an acknowledgement without one, cannot be built.
///
/// Data is kept as the JSON text it came as. Only whoever reads it pays for parsing it.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Asks to enter the namespace (client), or says that the client is in it (server).
    Connect {
        /// The text of a JSON object: what the client says to be let in.
        auth: Option<ByteString>,
    },
    /// Leaves the namespace. Nobody answers.
    Disconnect,
    /// Something happened.
    Event {
        /// If there is one, the sender waits for an [`Ack`](Self::Ack) that carries it.
        id: Option<u64>,
        /// What happened.
        event: Event,
    },
    /// Answers an event that had an id.
    Ack {
        /// The id of that event.
        id: u64,
        /// The answer.
        args: Args,
    },
    /// Refuses a [`Connect`](Self::Connect). Only servers have reason to send it.
    ConnectError {
        /// The text of a JSON object with a `message`; of a JSON string in older versions.
        data: ByteString,
    },
}

/// A name, and what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The name, with JSON's escapes resolved. A name that is a number is its digits.
    pub name: ByteString,
    /// The arguments after the name.
    pub args: Args,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_names_are_reserved_and_near_misses_are_not() {
        for name in RESERVED_EVENTS {
            assert_eq!(reserved_event(name), Some(name));
        }
        for name in ["", "Connect", "connect ", "connection", "constructor", "__proto__"] {
            assert_eq!(reserved_event(name), None, "{name:?}");
        }
    }
}
