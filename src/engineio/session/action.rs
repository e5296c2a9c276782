//! What a session decides: the actions its caller carries out.
//!
//! ```text
//!   Answer(reply, Payload("4a␞4b"))     a GET returns
//!   Answer(reply, Accepted)             a POST returns
//!   Deliver(message)                    the layer above is told
//!   Switch, DropCandidate               a WebSocket takes over, or goes
//!   Closed(reason)                      the end
//! ```
//!
//! Core file. Spec: Engine.IO v4, "Transports".

use bytes::Bytes;
use bytestring::ByteString;

use crate::engineio::close::CloseReason;
use crate::engineio::dialect::Body;
use crate::engineio::packet::Message;
use crate::engineio::refusal::Refusal;

/// How the body of a `POST` ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum BodyEnd {
    /// All of it is here.
    Complete(ByteString),
    /// It is not text.
    NotText,
    /// All of it is here, and it is bytes, as in revision 3.
    Bytes(Bytes),
    /// It is said to be bytes, which since revision 4 it can not be.
    RawBytes,
    /// It is larger than `max_payload`.
    TooLarge,
    /// Nothing more came for too long.
    TimedOut,
    /// The client went away in the middle.
    Lost,
}

/// What is to be done.
#[derive(Debug, Eq, PartialEq)]
pub enum Action<R> {
    /// Answer this request.
    Answer(R, Answer),
    /// Hand this message to the layer above.
    Deliver(Message),
    /// The candidate is the transport from now on.
    Switch,
    /// Close the candidate.
    DropCandidate,
    /// The session is over, and so is its WebSocket, if it has one. Nothing comes after it.
    Closed(CloseReason),
}

/// The answer to a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// To a `GET`: packets, as text.
    Payload(String),
    /// To a `GET` of revision 3: packets, as bytes.
    Bytes(Vec<u8>),
    /// To a `GET` of revision 3 that is a script tag: packets in a script.
    Script(String),
    /// To a `GET`: one of those, but not to be compressed.
    AsItIs(Box<Answer>),
    /// To a `POST`: `ok`.
    Accepted,
    /// To either.
    Refused(Refusal),
    /// To a `POST` that is larger than `max_payload`.
    TooLarge,
    /// To a `POST` that stopped in the middle.
    TimedOut,
}

impl Answer {
    /// Whether it brings packets, which are lost if it does not arrive.
    pub fn is_payload(&self) -> bool {
        matches!(self, Self::Payload(_) | Self::Bytes(_) | Self::Script(_) | Self::AsItIs(_))
    }
}

impl From<Body> for Answer {
    fn from(body: Body) -> Self {
        match body {
            Body::Text(text) => Self::Payload(text),
            Body::Bytes(bytes) => Self::Bytes(bytes),
            Body::Script(script) => Self::Script(script),
        }
    }
}
