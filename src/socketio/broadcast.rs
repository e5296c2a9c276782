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

use super::audience::{Audience, IntoRooms};
use super::encode::{self, EncodeError};
use super::flags::{Flags, flag_verbs};
use super::namespace::Namespace;
use super::socket::Socket;

/// An audience in a namespace, to be told something. It can be narrowed down, kept, and used
/// more than once: every step gives a new one.
#[derive(Clone, Debug)]
pub struct Broadcast {
    namespace: Namespace,
    audience: Audience,
    pub(super) flags: Flags,
}

impl Broadcast {
    flag_verbs!(Self, self, self);

    fn flagged(mut self, change: impl FnOnce(&mut Flags)) -> Self {
        change(&mut self.flags);
        self
    }

    /// Only those that are on this server. Officially `local`.
    #[must_use]
    pub fn local(self) -> Self {
        self.flagged(|flags| flags.local = true)
    }

    pub(super) fn new(namespace: &Namespace) -> Self {
        let (audience, flags) = (Audience::default(), Flags::default());
        Self { namespace: namespace.clone(), audience, flags }
    }

    /// Those in a room as well, or in any of several. Without any room it is everybody in the
    /// namespace. Officially `to` and `in`.
    #[must_use]
    pub fn to(self, rooms: impl IntoRooms) -> Self {
        Self { audience: self.audience.to(rooms), ..self }
    }

    /// But not those in a room, or in any of several, whatever else they are in.
    #[must_use]
    pub fn except(self, rooms: impl IntoRooms) -> Self {
        Self { audience: self.audience.except(rooms), ..self }
    }

    /// Sends an event to each socket of the audience, once. A tuple is several arguments, `()`
    /// is none, and anything else is one. Returns how many sockets it was sent to.
    ///
    /// # Errors
    /// When the event can not be encoded. Then nobody gets it.
    pub fn emit<T: Serialize>(&self, event: &str, data: T) -> Result<usize, EncodeError> {
        let packet = encode::event(self.namespace.name(), None, event, &data)?;
        Ok(self.namespace.adapter().broadcast(&self.audience, &packet, &self.flags))
    }

    /// Sends an event named `message` to each: see [`emit`](Self::emit).
    ///
    /// # Errors
    /// When the event can not be encoded. Then nobody gets it.
    pub fn send<T: Serialize>(&self, data: T) -> Result<usize, EncodeError> {
        self.emit("message", data)
    }

    /// The sockets of the audience that are on this server, as they are now.
    pub fn sockets(&self) -> Vec<Socket> {
        self.namespace.adapter().sockets(&self.audience)
    }
}
