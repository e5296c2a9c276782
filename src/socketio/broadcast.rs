//! Broadcasts: one event for many sockets.
//!
//! ```text
//!   io.to("r1").to("r2").except("r3").emit("news", …)
//!      └────────────┘ in any of these
//!                     └───────────┘ but in none of those
//! ```
//!
//! Shell file: hands the packet, which is encoded once, to the adapter.

use serde::Serialize;

use super::audience::Audience;
use super::encode::{self, EncodeError};
use super::namespace::Namespace;
use super::socket::Socket;

/// An audience in a namespace, to be told something. It can be narrowed down, kept, and used
/// more than once: every step gives a new one.
#[derive(Clone, Debug)]
pub struct Broadcast {
    namespace: Namespace,
    audience: Audience,
}

impl Broadcast {
    pub(super) fn new(namespace: &Namespace) -> Self {
        Self { namespace: namespace.clone(), audience: Audience::default() }
    }

    /// Those in `room` as well. Without any room it is everybody in the namespace.
    #[must_use]
    pub fn to(self, room: impl AsRef<str>) -> Self {
        Self { audience: self.audience.to(room), ..self }
    }

    /// But not those in `room`, whatever else they are in.
    #[must_use]
    pub fn except(self, room: impl AsRef<str>) -> Self {
        Self { audience: self.audience.except(room), ..self }
    }

    /// Sends an event to each socket of the audience, once. A tuple is several arguments, `()`
    /// is none, and anything else is one. Returns how many sockets it was sent to.
    ///
    /// # Errors
    /// When the event can not be encoded. Then nobody gets it.
    pub fn emit<T: Serialize>(&self, event: &str, data: T) -> Result<usize, EncodeError> {
        let packet = encode::event(self.namespace.name(), None, event, &data)?;
        Ok(self.namespace.adapter().broadcast(&self.audience, &packet))
    }

    /// The sockets of the audience, as they are now.
    pub fn sockets(&self) -> Vec<Socket> {
        self.namespace.adapter().sockets(&self.audience)
    }
}
