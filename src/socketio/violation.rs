//! Violations: how a client can break the rules.
//!
//! ```text
//!   7                   no packet                                       Decode
//!   42["hi"]            in a namespace that it has not joined           NotConnected
//!   451-["pic",…] 41    text where an attachment was to come            TextAmongAttachments
//!   (silence)           45 s, and it is in no namespace                 NoNamespace
//! ```
//!
//! Core file. Spec: Socket.IO v5, "Connection to a namespace", "Packet encoding".

use std::fmt;

use super::assemble::AssembleError;
use super::decode::DecodeError;
use super::msgpack;
use super::placeholder::PlaceholderError;

/// How a client broke the rules. Each closes its session.
#[derive(Debug)]
#[non_exhaustive]
pub enum Violation {
    /// It sent text that is no packet.
    Decode(DecodeError),
    /// It sent bytes that are no packet, where packets are MessagePack.
    MessagePack(msgpack::DecodeError),
    /// It sent text, where packets are MessagePack.
    Text,
    /// Its attachments exceed a limit.
    Assemble(AssembleError),
    /// Its data and its attachments do not fit together.
    Placeholder(PlaceholderError),
    /// Text came while attachments were missing.
    TextAmongAttachments,
    /// Bytes came that belong to no packet.
    StrayAttachment,
    /// Attachments did not come in time.
    AttachmentsMissing,
    /// A packet came for a namespace that it is not in.
    NotConnected,
    /// It asked to join a namespace that it is in, or is about to be in.
    SecondConnect,
    /// It sent what only a server sends.
    ConnectErrorFromClient,
    /// It is in as many namespaces as it may be in.
    TooManyNamespaces,
    /// It was refused too often.
    TooManyRefusals,
    /// It did not join any namespace in time.
    NoNamespace,
}

impl From<DecodeError> for Violation {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<msgpack::DecodeError> for Violation {
    fn from(error: msgpack::DecodeError) -> Self {
        Self::MessagePack(error)
    }
}

impl From<AssembleError> for Violation {
    fn from(error: AssembleError) -> Self {
        Self::Assemble(error)
    }
}

impl From<PlaceholderError> for Violation {
    fn from(error: PlaceholderError) -> Self {
        Self::Placeholder(error)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => write!(f, "{error}"),
            Self::MessagePack(error) => write!(f, "{error}"),
            Self::Text => write!(f, "text, expected a packet in MessagePack"),
            Self::Assemble(error) => write!(f, "{error}"),
            Self::Placeholder(error) => write!(f, "{error}"),
            Self::TextAmongAttachments => write!(f, "text while attachments were expected"),
            Self::StrayAttachment => write!(f, "bytes that no packet has announced"),
            Self::AttachmentsMissing => write!(f, "attachments that did not come in time"),
            Self::NotConnected => write!(f, "a packet for a namespace that was not joined"),
            Self::SecondConnect => write!(f, "a second CONNECT to the same namespace"),
            Self::ConnectErrorFromClient => write!(f, "a CONNECT_ERROR, which only servers send"),
            Self::TooManyNamespaces => write!(f, "more namespaces than one client may join"),
            Self::TooManyRefusals => write!(f, "refused too often"),
            Self::NoNamespace => write!(f, "no namespace was joined in time"),
        }
    }
}

impl std::error::Error for Violation {}
