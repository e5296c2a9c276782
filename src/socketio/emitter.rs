//! Emitter: one socket, and how to send to it.
//!
//! ```text
//!   socket.emit("news", 1)
//!   socket.volatile().compress(false).emit("position", (1, 2))
//!   └──────────── an emitter ───────┘
//! ```
//!
//! Shell file: hands packets to the session. Not in the specification: as the reference server has
//! it, where these verbs set flags on the socket until it sends the next event.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::Serialize;

use super::answer::FromAnswer;
use super::args::Args;
use super::ask::Answered;
use super::audience::IntoRooms;
use super::broadcast::Broadcast;
use super::emit::EmitError;
use super::encode::EncodeError;
use super::flags::{Flags, flag_verbs};
use super::offset::Offsets;
use super::parser::Encoded;
use super::socket::Socket;
use crate::engineio::delivery::WhenFull;
use crate::engineio::options::Transport;

impl Socket {
    /// Sends an event to this client. A tuple is several arguments, `()` is none, and anything
    /// else is one. Bytes ([`bytes::Bytes`]) are found wherever they are.
    ///
    /// # Errors
    /// When the event can not be encoded, the client is gone, or too much waits for it.
    pub fn emit<T: Serialize>(&self, event: &str, data: T) -> Result<(), EmitError> {
        let packet = self.options().parser.event(self.namespace().name(), None, event, &data)?;
        self.publish(packet, &Flags::default())
    }

    /// Sends an event with arguments that came from a client, as they came: their text is not read
    /// and their attachments are not copied. [`emit`](Self::emit) sends them as well, beside
    /// others, and has to look at them for it.
    ///
    /// ```
    /// use sockrates::socketio::{Args, Socket};
    ///
    /// fn register(socket: &Socket) {
    ///     socket.on("echo", |socket: Socket, args: Args| socket.relay("echo", &args));
    ///     socket.on("move", |socket: Socket, args: Args| socket.broadcast().relay("moved", &args));
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`emit`](Self::emit).
    pub fn relay(&self, event: &str, args: &Args) -> Result<(), EmitError> {
        let packet = self.options().parser.relay(self.namespace().name(), event, args)?;
        self.publish(packet, &Flags::default())
    }

    /// Sends an event named `message`.
    ///
    /// # Errors
    /// As [`emit`](Self::emit).
    pub fn send<T: Serialize>(&self, data: T) -> Result<(), EmitError> {
        self.emit("message", data)
    }

    /// Sends an event as soon as there is room for it among what waits for the client. It is
    /// encoded at once; several that wait are sent in no certain order.
    ///
    /// The future fails when the event can not be encoded, when it is larger than all that may
    /// wait, or when the client goes.
    pub fn emit_and_wait<T: Serialize>(
        &self,
        event: &str,
        data: T,
    ) -> BoxFuture<'static, Result<(), EmitError>> {
        self.plain().emit_and_wait(event, data)
    }

    flag_verbs!(Emitter, self, &self);

    fn flagged(&self, change: impl FnOnce(&mut Flags)) -> Emitter {
        let mut emitter = self.plain();
        change(&mut emitter.flags);
        emitter
    }

    /// Without any flag.
    pub(super) fn plain(&self) -> Emitter {
        Emitter { socket: self.clone(), flags: Flags::default() }
    }

    /// The others in a room, or in any of several. Officially `to` and `in`.
    #[must_use]
    pub fn to(&self, rooms: impl IntoRooms) -> Broadcast {
        self.broadcast().to(rooms)
    }

    /// The others that are in none of these rooms.
    #[must_use]
    pub fn except(&self, rooms: impl IntoRooms) -> Broadcast {
        self.broadcast().except(rooms)
    }

    /// All others in the namespace.
    #[must_use]
    pub fn broadcast(&self) -> Broadcast {
        Broadcast::new(self.namespace()).except(self.id())
    }

    /// All others in the namespace that are on this server. Officially `local`.
    #[must_use]
    pub fn local(&self) -> Broadcast {
        self.broadcast().local()
    }

    /// How packets travel at present. Officially `conn.transport.name`.
    pub fn transport(&self) -> Transport {
        self.session().transport()
    }

    /// How many bytes wait for the client, over all its sockets.
    pub fn buffered_bytes(&self) -> usize {
        self.session().buffered()
    }

    /// How many packets for the client were dropped, over all its sockets: volatile ones, and those
    /// that a [`WhenFull`] gave up.
    pub fn dropped(&self) -> u64 {
        self.session().dropped()
    }

    /// Waits until nothing waits for the client any more: all that was sent has left.
    ///
    /// # Errors
    /// When the client goes first.
    pub fn drained(&self) -> BoxFuture<'static, Result<(), EmitError>> {
        let drained = self.session().drained();
        Box::pin(async move { Ok(drained.await?) })
    }

    /// Waits until a packet finds room, as long as it may become on its way out.
    pub(super) async fn room_for(&self, packet: &Encoded) -> Result<(), EmitError> {
        let load = match self.pid() {
            Some(_) => packet.append(Offsets::LONGEST).load(),
            None => packet.load(),
        };
        Ok(self.session().room(load)?.await?)
    }

    /// Sends an event that is encoded already.
    pub(super) fn write(&self, packet: Encoded, flags: &Flags) -> Result<(), EmitError> {
        if !self.has_ended() {
            self.tell_outgoing(&packet);
        }
        self.pass(packet, flags)
    }

    /// Sends a packet that is no event, or of which everybody knows.
    pub(super) fn pass(&self, packet: Encoded, flags: &Flags) -> Result<(), EmitError> {
        if !self.may_send() {
            return Err(EmitError::Disconnected);
        }
        Ok(self.session().send(packet.frames(), flags.delivery())?)
    }
}

/// A socket with [flags](Flags): what is sent by it is sent accordingly.
///
/// ```
/// use sockrates::socketio::{Socket, WhenFull};
///
/// fn tick(socket: &Socket) {
///     let now_or_never = socket.volatile().compress(false);
///     for number in 0..3 {
///         // Dropped while the client is busy with what it has.
///         let _ = now_or_never.emit("tick", number);
///     }
///     let _ = socket.when_full(WhenFull::DropNewest).emit("done", ());
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Emitter {
    pub(super) socket: Socket,
    pub(super) flags: Flags,
}

impl Emitter {
    flag_verbs!(Self, self, self);

    fn flagged(mut self, change: impl FnOnce(&mut Flags)) -> Self {
        change(&mut self.flags);
        self
    }

    /// The time an answer has.
    pub(super) fn limit(&self) -> Duration {
        self.flags.limit(self.socket.options().ack_timeout)
    }

    /// Sends an event: see [`Socket::emit`]. One that is volatile and was dropped is no error.
    ///
    /// # Errors
    /// When the event can not be encoded, the client is gone, or too much waits for it.
    pub fn emit<T: Serialize>(&self, event: &str, data: T) -> Result<(), EmitError> {
        self.socket.publish(self.encoded(event, &data)?, &self.flags)
    }

    /// Sends an event with arguments that came from a client: see [`Socket::relay`].
    ///
    /// # Errors
    /// As [`emit`](Self::emit).
    pub fn relay(&self, event: &str, args: &Args) -> Result<(), EmitError> {
        let parser = self.socket.options().parser;
        let packet = parser.relay(self.socket.namespace().name(), event, args)?;
        self.socket.publish(packet, &self.flags)
    }

    /// Sends an event named `message`.
    ///
    /// # Errors
    /// As [`emit`](Self::emit).
    pub fn send<T: Serialize>(&self, data: T) -> Result<(), EmitError> {
        self.emit("message", data)
    }

    /// Sends an event that wants an answer: see [`Socket::emit_with_ack`].
    pub fn emit_with_ack<R: FromAnswer + 'static>(
        &self,
        event: &str,
        data: impl Serialize,
    ) -> Answered<R> {
        Answered::of(self, event, &data)
    }

    /// Sends an event as soon as there is room for it: see [`Socket::emit_and_wait`].
    pub fn emit_and_wait<T: Serialize>(
        &self,
        event: &str,
        data: T,
    ) -> BoxFuture<'static, Result<(), EmitError>> {
        let packet = self.encoded(event, &data);
        let flags = Flags { when_full: Some(WhenFull::Wait), ..self.flags.clone() };
        let socket = self.socket.clone();
        Box::pin(async move {
            let packet = packet?;
            loop {
                // Not the other way round: those who listen to what goes out are to hear of it once.
                socket.room_for(&packet).await?;
                match socket.publish(packet.clone(), &flags) {
                    Err(EmitError::Full) => {}
                    sent => return sent,
                }
            }
        })
    }

    /// The others in a room, or in any of several.
    #[must_use]
    pub fn to(&self, rooms: impl IntoRooms) -> Broadcast {
        self.broadcast().to(rooms)
    }

    /// The others that are in none of these rooms.
    #[must_use]
    pub fn except(&self, rooms: impl IntoRooms) -> Broadcast {
        self.broadcast().except(rooms)
    }

    /// All others in the namespace. The flags go along.
    #[must_use]
    pub fn broadcast(&self) -> Broadcast {
        let mut broadcast = self.socket.broadcast();
        broadcast.flags = self.flags.clone();
        broadcast
    }

    /// All others in the namespace that are on this server.
    #[must_use]
    pub fn local(&self) -> Broadcast {
        self.broadcast().local()
    }

    fn encoded<T: Serialize>(&self, event: &str, data: &T) -> Result<Encoded, EncodeError> {
        self.socket.options().parser.event(self.socket.namespace().name(), None, event, data)
    }
}
