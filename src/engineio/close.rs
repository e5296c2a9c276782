//! Close reasons: why a session ended.
//!
//! ```text
//!   1            the client said goodbye           transport close
//!   2 … silence  it did not answer in time         ping timeout
//!   9            it sent what is no packet         parse error
//! ```
//!
//! Core file. Not in the specification: the words are those of the reference server, since
//! applications compare them.

use std::fmt;

/// Why a session ended. The first reason is the one that counts.
///
/// | Variant           | Whose doing | In words               | When                                         |
/// |-------------------|-------------|------------------------|----------------------------------------------|
/// | `TransportClose`  | client      | `transport close`      | it said goodbye, or closed its WebSocket     |
/// | `TransportError`  | client      | `transport error`      | a broken request, an overlap, a wrong packet |
/// | `ParseError`      | client      | `parse error`          | it sent what is no packet                    |
/// | `PingTimeout`     | client      | `ping timeout`         | it did not answer a ping                     |
/// | `SlowConsumer`    | client      | `slow consumer`        | too much was waiting for it                  |
/// | `ForcedClose`     | server      | `forced close`         | the application closed it                    |
/// | `ServerShutdown`  | server      | `server shutting down` | the server stops                             |
///
/// `slow consumer` is ours alone: the reference server lets the queue grow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the table above is the documentation")]
pub enum CloseReason {
    TransportClose,
    TransportError,
    ParseError,
    PingTimeout,
    SlowConsumer,
    ForcedClose,
    ServerShutdown,
}

impl CloseReason {
    /// The reason in the words of the reference server.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TransportClose => "transport close",
            Self::TransportError => "transport error",
            Self::ParseError => "parse error",
            Self::PingTimeout => "ping timeout",
            Self::SlowConsumer => "slow consumer",
            Self::ForcedClose => "forced close",
            Self::ServerShutdown => "server shutting down",
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
