//! The adapter: who is where, and the border at which several servers meet.
//!
//! ```text
//!   socket.join("r1")            ──►  rooms:   r1 → a, c      sockets: a → r1, a
//!   io.to("r1").emit("x", …)     ──►  adapter ──► a, c        one packet, encoded once
//!                                          └────► other servers, when it is theirs as well
//! ```
//!
//! One adapter serves one namespace. What the trait does by itself is what a server does that is
//! alone; an adapter that knows of others does that, and tells them besides. [`InMemory`] is the
//! one that knows of none, and what another keeps its own sockets in.
//!
//! Shell file: owns nothing. Not in the specification: the verbs are those of the reference
//! server's adapters.

use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::answers::{Collector, Put, Question};
use super::args::Args;
use super::audience::Audience;
use super::flags::Flags;
use super::namespace::Namespace;
use super::parser::Encoded;
use super::remote::RemoteSocket;
use super::rooms::RoomEvent;
use super::socket::Socket;
use super::socket_id::SocketId;

pub use super::in_memory::InMemory;

/// What will be known when other servers have answered.
pub type Later<T> = Pin<Box<dyn Future<Output = Result<T, AdapterError>> + Send>>;

/// What is told of every change to a room.
pub type RoomListener = Arc<dyn Fn(&RoomEvent) + Send + Sync>;

/// Where the sockets of one namespace are, and how all of them are reached.
///
/// None of its verbs may block, and those that have to wait for other servers say so by their
/// type. Whatever other servers do, what concerns this one is done.
pub trait Adapter: fmt::Debug + Send + Sync + 'static {
    /// The namespace that it serves, told once, before anything else. An adapter that keeps it
    /// keeps a [`WeakNamespace`](super::namespace::WeakNamespace), since the namespace keeps the
    /// adapter.
    fn init(&self, namespace: &Namespace) {
        let _ = namespace;
    }

    /// A socket was connected. It is in the room of its own name from now on.
    fn add(&self, socket: &Socket);

    /// A socket was disconnected. It is in no room any more.
    fn remove(&self, id: SocketId);

    /// A socket of this server joins a room. Whether it was not in it before.
    fn join(&self, id: SocketId, room: &str) -> bool;

    /// A socket of this server leaves a room. Whether it was in it.
    fn leave(&self, id: SocketId, room: &str) -> bool;

    /// The rooms of a socket of this server, its own included.
    fn rooms_of(&self, id: SocketId) -> Vec<String>;

    /// How many rooms that are.
    fn room_count(&self, id: SocketId) -> usize {
        self.rooms_of(id).len()
    }

    /// The names of all rooms with a socket of this server in them.
    fn rooms(&self) -> Vec<String>;

    /// The sockets of an audience that are connected to this server. Nothing may be sent while they
    /// are looked for.
    fn sockets(&self, audience: &Audience) -> Vec<Socket>;

    /// Has `listener` told when a room comes into being, is joined, left, and gone.
    fn on_room(&self, listener: RoomListener);

    /// Sends a packet to the sockets of an audience that are on other servers. Where the flags say
    /// `local`, it is not called.
    fn publish(&self, audience: &Audience, packet: &Encoded, flags: &Flags) {
        let _ = (audience, packet, flags);
    }

    /// Sends a packet to the sockets of an audience that are on this server. How many those are.
    ///
    /// With [recovery](super::recovery) it is not called: the sockets are asked for, and sent to
    /// in an order that all of them share.
    fn broadcast(&self, audience: &Audience, packet: &Encoded, flags: &Flags) -> usize {
        let sockets = self.sockets(audience);
        // A socket that is gone by now, or too slow, is dealt with by its own session.
        sockets.iter().filter(|socket| socket.write(packet.clone(), flags).is_ok()).count()
    }

    /// Puts a question to an audience. Each socket that is asked gets a clone of `collector`; an
    /// adapter that waits for answers of other servers keeps one as long as it does. The time
    /// limit is in `flags`.
    fn ask(&self, question: &Question<'_>, flags: &Flags, collector: Collector) -> Put {
        let mut put = Put::default();
        for socket in self.sockets(question.audience) {
            question.put(socket, flags, collector.clone(), &mut put);
        }
        put
    }

    /// The sockets of an audience, on all servers.
    fn fetch_sockets(&self, audience: &Audience, flags: &Flags) -> Later<Vec<RemoteSocket>> {
        let _ = flags;
        let sockets = self.sockets(audience);
        Box::pin(ready(Ok(sockets.iter().map(RemoteSocket::of).collect())))
    }

    /// Puts the sockets of an audience into rooms.
    fn sockets_join(&self, audience: &Audience, rooms: &[String], flags: &Flags) {
        let _ = flags;
        for socket in self.sockets(audience) {
            socket.join(rooms);
        }
    }

    /// Takes the sockets of an audience out of rooms.
    fn sockets_leave(&self, audience: &Audience, rooms: &[String], flags: &Flags) {
        let _ = flags;
        for socket in self.sockets(audience) {
            for room in rooms {
                socket.leave(room);
            }
        }
    }

    /// Disconnects the sockets of an audience; with `close`, all sockets of their clients.
    fn disconnect_sockets(&self, audience: &Audience, close: bool, flags: &Flags) {
        let _ = flags;
        for socket in self.sockets(audience) {
            if close { socket.disconnect_client() } else { socket.disconnect() }
        }
    }

    /// Sends an event to the other servers.
    fn server_side_emit(&self, event: &Encoded) {
        let _ = event;
    }

    /// Sends an event to the other servers that wants an answer of each, within `limit`.
    fn server_side_ask(&self, event: &Encoded, limit: Duration) -> Later<Vec<Args>> {
        let _ = (event, limit);
        Box::pin(ready(Ok(Vec::new())))
    }

    /// How many servers there are, this one included.
    fn server_count(&self) -> Later<usize> {
        Box::pin(ready(Ok(1)))
    }

    /// The namespace is not used any more: whatever is open towards other servers is closed.
    fn close(&self) {}
}

/// What other servers did not do.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AdapterError {
    /// Some servers have not answered in time.
    TimedOut {
        /// How many have.
        answered: usize,
        /// How many were asked.
        asked: usize,
    },
    /// The other servers can not be reached.
    Unreachable(String),
}

impl fmt::Display for AdapterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut { answered, asked } => {
                write!(f, "{answered} of {asked} servers have answered in time")
            }
            Self::Unreachable(why) => write!(f, "the other servers can not be reached: {why}"),
        }
    }
}

impl std::error::Error for AdapterError {}
