//! Events that want an answer.
//!
//! ```text
//!   server ──► 4213["question",1]
//!   client ──► 4313["answer"]        in time, or never
//! ```
//!
//! Shell file: watches the time. Spec: Socket.IO v5, "Acknowledgement".

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use serde::Serialize;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::answer::FromAnswer;
use super::args::ArgsError;
use super::emit::EmitError;
use super::emitter::Emitter;
use super::socket::{Purpose, Socket};

impl Socket {
    /// Sends an event that wants an answer, and gives the answer, read as `R`: a tuple takes its
    /// arguments one by one, [`Args`](super::Args) are all of them, and any other type takes the
    /// first.
    ///
    /// It is sent at once, whether or not the future is awaited. An answer that does not come
    /// within [`ack_timeout`](super::Options::ack_timeout) is not awaited any longer.
    ///
    /// [SIO5-ACK-1] "The sender MAY include an event ID in order to request an acknowledgement
    /// from the receiver".
    pub fn emit_with_ack<R: FromAnswer + 'static>(
        &self,
        event: &str,
        data: impl Serialize,
    ) -> Answered<R> {
        self.plain().emit_with_ack(event, data)
    }
}

impl<R: FromAnswer + 'static> Answered<R> {
    /// Asks, and waits.
    pub(super) fn of<T: Serialize>(emitter: &Emitter, event: &str, data: &T) -> Self {
        let (socket, flags) = (&emitter.socket, &emitter.flags);
        let id = socket.namespace().next_ack_id();
        let asked = socket
            .options()
            .parser
            .event(socket.namespace().name(), Some(id), event, data)
            .map_err(EmitError::from)
            .and_then(|packet| {
                let (answer, answered) = oneshot::channel();
                socket.expect(id, Purpose::One(answer))?;
                // From here on, whatever happens, it is forgotten when nobody wants it any more.
                let wanted = Wanted { socket: socket.clone(), id };
                socket.write(packet, flags)?;
                Ok((answered, wanted))
            });
        let until = Instant::now() + emitter.limit();
        Self(Box::pin(async move {
            let (answered, _wanted) = asked?;
            match timeout_at(until, answered).await {
                Ok(Ok(args)) => Ok(R::from_answer(&args)?),
                Ok(Err(_)) => Err(AckError::gone()),
                Err(_) => Err(AckError::TimedOut),
            }
        }))
    }
}

/// An answer that is wanted. Dropping it means that it is not.
struct Wanted {
    socket: Socket,
    id: u64,
}

impl Drop for Wanted {
    fn drop(&mut self) {
        self.socket.forget(self.id);
    }
}

/// The answer to an event, once it is there.
#[must_use = "the answer is not awaited; to send an event without one, use `emit`"]
pub struct Answered<R>(Pin<Box<dyn Future<Output = Result<R, AckError>> + Send>>);

impl<R> Future for Answered<R> {
    type Output = Result<R, AckError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<R> fmt::Debug for Answered<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answered")
    }
}

/// Why there is no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum AckError {
    /// The event was not sent, or the client has gone without an answer.
    Emit(EmitError),
    /// It did not come in time.
    TimedOut,
    /// It came, and is not what was expected.
    Unreadable(ArgsError),
}

impl AckError {
    /// The client has gone without an answer.
    pub(super) fn gone() -> Self {
        Self::Emit(EmitError::Disconnected)
    }
}

impl fmt::Display for AckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Emit(error) => write!(f, "{error}"),
            Self::TimedOut => write!(f, "the client did not answer in time"),
            Self::Unreadable(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for AckError {}

impl From<EmitError> for AckError {
    fn from(error: EmitError) -> Self {
        Self::Emit(error)
    }
}

impl From<ArgsError> for AckError {
    fn from(error: ArgsError) -> Self {
        Self::Unreadable(error)
    }
}
