//! Broadcasts: one event for many sockets.
//!
//! ```text
//!   io.to("r1").to("r2").except("r3").emit("news", …)
//!      └────────────┘ in any of these
//!                     └───────────┘ but in none of those
//! ```
//!
//! Shell file: hands the packet, which is encoded once, to the adapter.

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use serde::Serialize;
use tokio::task::unconstrained;

use super::adapter::Later;
use super::args::Args;
use super::audience::{Audience, IntoRooms};
use super::encode::EncodeError;
use super::flags::{Flags, flag_verbs};
use super::namespace::Namespace;
use super::remote::RemoteSocket;
use super::socket::Socket;
use crate::engineio::delivery::WhenFull;
use crate::engineio::wakes::in_slices;

/// An audience in a namespace, to be told something. It can be narrowed down, kept, and used
/// more than once: every step gives a new one.
#[derive(Clone, Debug)]
pub struct Broadcast {
    pub(super) namespace: Namespace,
    pub(super) audience: Audience,
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
        Self::of(namespace, Audience::default(), Flags::default())
    }

    pub(super) fn of(namespace: &Namespace, audience: Audience, flags: Flags) -> Self {
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
        let parser = self.namespace.options().parser;
        let packet = parser.event(self.namespace.name(), None, event, &data)?;
        Ok(self.namespace.publish(&self.audience, &packet, &self.flags))
    }

    /// Sends an event with arguments that came from a client, as they came: see
    /// [`Socket::relay`](super::Socket::relay).
    ///
    /// # Errors
    /// As [`emit`](Self::emit).
    pub fn relay(&self, event: &str, args: &Args) -> Result<usize, EncodeError> {
        let parser = self.namespace.options().parser;
        let packet = parser.relay(self.namespace.name(), event, args)?;
        Ok(self.namespace.publish(&self.audience, &packet, &self.flags))
    }

    /// Sends an event when there is room for it among what waits for each client of the audience,
    /// as far as they are on this server: at the pace of the slowest of them, until the server
    /// gives that one up. Gives how many sockets it was sent to.
    ///
    /// The future fails when the event can not be encoded. Then nobody gets it.
    ///
    /// ```no_run
    /// # async fn example(io: sockrates::socketio::Io) -> Result<(), Box<dyn std::error::Error>> {
    /// for line in 0..1_000_000 {
    ///     io.to("readers").emit_and_wait("line", line).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn emit_and_wait<T: Serialize>(
        &self,
        event: &str,
        data: T,
    ) -> BoxFuture<'static, Result<usize, EncodeError>> {
        let Self { namespace, audience, flags } = self.clone();
        let packet = namespace.options().parser.event(namespace.name(), None, event, &data);
        // Whoever never has so much room does without.
        let flags = Flags { when_full: Some(WhenFull::Wait), ..flags };
        Box::pin(async move {
            let packet = packet?;
            loop {
                let mut sockets = namespace.adapter().sockets(&audience);
                // While one was waited for, another may have come to have none. To look at so many
                // at once is no turn of theirs: the runtime is not to make any of them wait.
                sockets.retain(|socket| {
                    unconstrained(socket.room_for(&packet)).now_or_never().is_none()
                });
                if sockets.is_empty() {
                    return Ok(namespace.publish(&audience, &packet, &flags));
                }
                join_all(sockets.iter().map(|socket| socket.room_for(&packet))).await;
            }
        })
    }

    /// Sends an event named `message` to each: see [`emit`](Self::emit).
    ///
    /// # Errors
    /// When the event can not be encoded. Then nobody gets it.
    pub fn send<T: Serialize>(&self, data: T) -> Result<usize, EncodeError> {
        self.emit("message", data)
    }

    /// The sockets of the audience, on all servers, as they are now. Officially `fetchSockets`.
    ///
    /// ```no_run
    /// # async fn example(io: sockrates::socketio::Io) -> Result<(), Box<dyn std::error::Error>> {
    /// for socket in io.to("lobby").fetch_sockets().await? {
    ///     println!("{} is in {:?}", socket.id(), socket.rooms());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn fetch_sockets(&self) -> Later<Vec<RemoteSocket>> {
        self.namespace.adapter().fetch_sockets(&self.audience, &self.flags)
    }

    /// Puts the sockets of the audience into a room, or into several. Officially `socketsJoin`.
    pub fn sockets_join(&self, rooms: impl IntoRooms) {
        self.namespace.adapter().sockets_join(&self.audience, &listed(&rooms), &self.flags);
    }

    /// Takes the sockets of the audience out of a room, or of several. Officially `socketsLeave`.
    pub fn sockets_leave(&self, rooms: impl IntoRooms) {
        self.namespace.adapter().sockets_leave(&self.audience, &listed(&rooms), &self.flags);
    }

    /// Disconnects the sockets of the audience from the namespace; with `close`, all sockets of
    /// their clients, whose sessions are closed. Officially `disconnectSockets`.
    pub fn disconnect_sockets(&self, close: bool) {
        let adapter = self.namespace.adapter();
        in_slices(|| adapter.disconnect_sockets(&self.audience, close, &self.flags));
    }

    /// The sockets of the audience that are on this server, as they are now.
    pub fn sockets(&self) -> Vec<Socket> {
        self.namespace.adapter().sockets(&self.audience)
    }
}

/// The rooms as a list, for an adapter.
fn listed(rooms: &dyn IntoRooms) -> Vec<String> {
    let mut list = Vec::new();
    rooms.each(&mut |room| list.push(room.to_owned()));
    list
}
