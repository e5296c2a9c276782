//! The border to the layer above: what a session tells it, and what it can tell a session.
//!
//! ```text
//!            opened ▲   message ▲   closed ▲
//!   ────────────────┼───────────┼──────────┼──────────
//!                 send ▼      close ▼     (SessionHandle)
//! ```
//!
//! Three verbs go up. None of them may block: they run on the session's own task, between
//! two packets. What the layer above has to do later, it does in [`Client::turn`], which is
//! called when its deadline passes or when it has called [`SessionHandle::wake`].
//!
//! Shell file: owns nothing, but is told the time.

use std::sync::Arc;
use std::time::Instant;

use super::close::CloseReason;
use super::handshake::Handshake;
use super::mailbox::SessionHandle;
use super::packet::Message;

/// What is told of new sessions. There is one for the whole server.
pub trait Handler: Send + Sync + 'static {
    /// What is told of the session from then on.
    type Client: Client;

    /// A session was opened. What is sent now reaches the client right behind the open packet.
    fn opened(
        &self,
        session: SessionHandle,
        handshake: Arc<Handshake>,
        now: Instant,
    ) -> Self::Client;
}

/// One session, seen from above. It is owned by the session's task, so it needs no lock.
pub trait Client: Send + 'static {
    /// A message came. They are told one by one, in the order in which they were sent.
    fn message(&mut self, message: Message, now: Instant);

    /// The session is over. Nothing comes after this.
    fn closed(self, reason: CloseReason);

    /// Whether another message may be told. While not, the session reads nothing, and the
    /// client is slowed down by TCP. Whoever makes room again calls [`SessionHandle::wake`].
    fn has_room(&self) -> bool {
        true
    }

    /// It was woken, or its deadline has passed.
    fn turn(&mut self, now: Instant) {
        let _ = now;
    }

    /// When to call [`turn`](Self::turn) at the latest.
    fn deadline(&self) -> Option<Instant> {
        None
    }
}
