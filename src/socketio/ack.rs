//! An acknowledgement on its way to the client: the answer to one of its events.
//!
//! ```text
//!   client ──► 427["add",1,2]      it wants an answer under the number 7
//!   server ──► 437[3]              ack.send(3)
//! ```
//!
//! Shell file: holds on to the socket that the answer goes to. Spec: Socket.IO v5,
//! "Acknowledgement".

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use super::emit::EmitError;
use super::encode;
use super::flags::Flags;
use super::socket::Socket;

/// Answers one event. Every handler can ask for it; sending does nothing when the client did
/// not ask for an answer, or has one already.
///
/// [SIO5-ACK-2] "The receiver MUST respond with an `ACK` packet with the same event ID."
#[derive(Clone, Debug)]
pub struct Ack(Option<Arc<Wanted>>);

#[derive(Debug)]
struct Wanted {
    socket: Socket,
    id: u64,
    sent: AtomicBool,
}

impl Ack {
    pub(super) fn new(socket: &Socket, id: Option<u64>) -> Self {
        Self(id.map(|id| {
            Arc::new(Wanted { socket: socket.clone(), id, sent: AtomicBool::new(false) })
        }))
    }

    /// Whether the client wants an answer.
    pub fn is_wanted(&self) -> bool {
        self.0.is_some()
    }

    /// Sends the answer. A tuple is several arguments, `()` is none, and anything else is one.
    /// The first answer counts; what is sent after it is dropped.
    ///
    /// # Errors
    /// When the answer can not be encoded, or the client is gone.
    pub fn send<T: Serialize>(&self, data: T) -> Result<(), EmitError> {
        let Some(wanted) = &self.0 else { return Ok(()) };
        let encoded = encode::ack(wanted.socket.namespace().name(), wanted.id, &data)?;
        if wanted.sent.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        wanted.socket.write(&encoded, &Flags::default())
    }
}
