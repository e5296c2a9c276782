//! An acknowledgement on its way to the client: the answer to one of its events.
//!
//! ```text
//!   client ──► 427["add",1,2]      it wants an answer under the number 7
//!   server ──► 437[3]              ack.send(3)
//! ```
//!
//! An event that has [failed](super::failure) and that nobody can answer any more is answered by
//! the server, so that the client need not wait for its timeout: `437[{"error":"…"}]`. An event
//! that was merely forgotten, or that nobody listens to, is not.
//!
//! Shell file: holds on to the socket that the answer goes to. Spec: Socket.IO v5,
//! "Acknowledgement".

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use serde::Serialize;

use super::args::Args;
use super::emit::EmitError;
use super::encode::EncodeError;
use super::failure::Failure;
use super::flags::Flags;
use super::parser::Encoded;
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
    /// What the client is told when nobody has answered: of the first failure only.
    failure: OnceLock<String>,
}

impl Ack {
    pub(super) fn new(socket: &Socket, id: Option<u64>) -> Self {
        Self(id.map(|id| {
            let (socket, sent, failure) = (socket.clone(), AtomicBool::new(false), OnceLock::new());
            Arc::new(Wanted { socket, id, sent, failure })
        }))
    }

    /// Of an event that wants no answer.
    pub(super) fn unwanted() -> Self {
        Self(None)
    }

    /// The event has failed. If nobody answers it after all, this is the answer.
    pub(super) fn fail(&self, failure: &Failure) {
        if let Some(wanted) = self.0.as_ref().filter(|it| it.socket.options().answer_failures) {
            let _ = wanted.failure.set(failure.answer());
        }
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
        wanted.answer(wanted.encoded(&data)?)
    }

    /// Answers with arguments that came from a client, as they came: see [`Socket::relay`].
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn relay(&self, args: &Args) -> Result<(), EmitError> {
        let Some(wanted) = &self.0 else { return Ok(()) };
        let Wanted { socket, id, .. } = &**wanted;
        let parser = socket.options().parser;
        wanted.answer(parser.relay_ack(socket.namespace().name(), *id, args)?)
    }
}

impl Wanted {
    fn answer(&self, encoded: Encoded) -> Result<(), EmitError> {
        if self.sent.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        self.socket.pass(encoded, &Flags::certain())
    }

    fn encoded<T: Serialize>(&self, data: &T) -> Result<Encoded, EncodeError> {
        self.socket.options().parser.ack(self.socket.namespace().name(), self.id, data)
    }
}

/// Nobody can answer any more.
impl Drop for Wanted {
    fn drop(&mut self) {
        let Some(error) = self.failure.get().filter(|_| !*self.sent.get_mut()) else { return };
        if let Ok(encoded) = self.encoded(&BTreeMap::from([("error", error)])) {
            // A client that is gone wants no answer.
            let _ = self.socket.pass(encoded, &Flags::certain());
        }
    }
}
