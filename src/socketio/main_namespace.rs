//! What a server says and does in its main namespace, `/`.
//!
//! ```text
//!   io.emit("news", 1)      is     io.of("/").emit("news", 1)
//! ```
//!
//! Shell file: hands everything on. Not in the specification: the official server has all verbs of
//! a namespace, and they concern the main one.

use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::adapter::Later;
use super::answer::FromAnswer;
use super::answers::Answers;
use super::audience::IntoRooms;
use super::broadcast::Broadcast;
use super::encode::EncodeError;
use super::failure::EventFailure;
use super::flags::{Flags, flag_verbs};
use super::handler::Outcome;
use super::namespace::{Decision, Namespace};
use super::packet::MAIN_NAMESPACE;
use super::remote::RemoteSocket;
use super::rooms::RoomEvent;
use super::server::Io;
use super::server_side::{ServerEvent, ServerSideError};
use super::socket::Socket;

impl Io {
    fn main(&self) -> Namespace {
        self.of(MAIN_NAMESPACE)
    }

    /// Calls `handler` for every socket that connects: see [`Namespace::on_connect`].
    pub fn on_connect<H, O, When>(&self, handler: H) -> &Self
    where
        H: Fn(Socket) -> O + Send + Sync + 'static,
        O: Outcome<When>,
    {
        self.main().on_connect(handler);
        self
    }

    /// Asks `middleware` about every socket before it connects: see [`Namespace::middleware`].
    pub fn middleware<M, O, When>(&self, middleware: M) -> &Self
    where
        M: Fn(Socket) -> O + Send + Sync + 'static,
        O: Decision<When>,
    {
        self.main().middleware(middleware);
        self
    }

    /// Calls `handler` for everything that fails on a socket: see [`Namespace::on_error`].
    pub fn on_error<H>(&self, handler: H) -> &Self
    where
        H: Fn(&Socket, &EventFailure) + Send + Sync + 'static,
    {
        self.main().on_error(handler);
        self
    }

    /// Has `listener` told of every change to a room: see [`Namespace::on_room`].
    pub fn on_room(&self, listener: impl Fn(&RoomEvent) + Send + Sync + 'static) -> &Self {
        self.main().on_room(listener);
        self
    }

    flag_verbs!(Broadcast, self, &self);

    fn flagged(&self, change: impl FnOnce(&mut Flags)) -> Broadcast {
        self.main().flagged(change)
    }

    /// Everybody on this server. Officially `local`.
    #[must_use]
    pub fn local(&self) -> Broadcast {
        self.main().local()
    }

    /// Those in a room, or in any of several. Officially `to` and `in`.
    #[must_use]
    pub fn to(&self, rooms: impl IntoRooms) -> Broadcast {
        self.main().to(rooms)
    }

    /// Everybody but those in a room, or in any of several.
    #[must_use]
    pub fn except(&self, rooms: impl IntoRooms) -> Broadcast {
        self.main().except(rooms)
    }

    /// Sends an event to everybody: see [`Broadcast::emit`].
    ///
    /// # Errors
    /// When the event can not be encoded.
    pub fn emit<T: Serialize>(&self, event: &str, data: T) -> Result<usize, EncodeError> {
        self.main().emit(event, data)
    }

    /// Sends an event that wants an answer to everybody: see [`Broadcast::emit_with_ack`].
    pub fn emit_with_ack<R: FromAnswer + Send + 'static>(
        &self,
        event: &str,
        data: impl Serialize,
    ) -> Answers<R> {
        self.main().emit_with_ack(event, data)
    }

    /// Sends an event named `message` to everybody.
    ///
    /// # Errors
    /// When the event can not be encoded.
    pub fn send<T: Serialize>(&self, data: T) -> Result<usize, EncodeError> {
        self.main().send(data)
    }

    /// The sockets on all servers: see [`Broadcast::fetch_sockets`].
    pub fn fetch_sockets(&self) -> Later<Vec<RemoteSocket>> {
        self.main().fetch_sockets()
    }

    /// Puts all sockets into rooms: see [`Broadcast::sockets_join`].
    pub fn sockets_join(&self, rooms: impl IntoRooms) {
        self.main().sockets_join(rooms);
    }

    /// Takes all sockets out of rooms: see [`Broadcast::sockets_leave`].
    pub fn sockets_leave(&self, rooms: impl IntoRooms) {
        self.main().sockets_leave(rooms);
    }

    /// Disconnects all sockets: see [`Broadcast::disconnect_sockets`].
    pub fn disconnect_sockets(&self, close: bool) {
        self.main().disconnect_sockets(close);
    }

    /// Sends an event to the other servers: see [`Namespace::server_side_emit`].
    ///
    /// # Errors
    /// When the event can not be encoded, or its name is reserved.
    pub fn server_side_emit<T: Serialize>(&self, event: &str, data: T) -> Result<(), EncodeError> {
        self.main().server_side_emit(event, data)
    }

    /// Asks the other servers: see [`Namespace::server_side_emit_with_ack`].
    pub fn server_side_emit_with_ack<R: DeserializeOwned>(
        &self,
        event: &str,
        data: impl Serialize,
    ) -> BoxFuture<'static, Result<Vec<R>, ServerSideError>> {
        self.main().server_side_emit_with_ack(event, data)
    }

    /// Hears the events of other servers: see [`Namespace::on_server_event`].
    pub fn on_server_event(
        &self,
        event: &str,
        listener: impl Fn(&ServerEvent) + Send + Sync + 'static,
    ) -> &Self {
        self.main().on_server_event(event, listener);
        self
    }
}
