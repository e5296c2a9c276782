//! The adapter: who is where, and the border at which several servers meet.
//!
//! ```text
//!   socket.join("r1")            ──►  rooms:   r1 → a, c      sockets: a → r1, a
//!   io.to("r1").emit("x", …)     ──►  adapter ──► a, c        one packet, encoded once
//!                                          └────► other servers, when it is theirs as well
//! ```
//!
//! One adapter serves one namespace. The one here keeps everything in memory; another could
//! tell other servers as well, and leave what is local to this one.
//!
//! Shell file: owns the lock over a namespace's sockets and rooms. Nothing is sent, and no
//! handler is called, while it is held.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::audience::Audience;
use super::encode::Encoded;
use super::flags::Flags;
use super::rooms::Rooms;
use super::socket::Socket;
use super::socket_id::SocketId;

/// Where the sockets of one namespace are, and how all of them are reached.
pub trait Adapter: Debug + Send + Sync + 'static {
    /// A socket was connected. It is in the room of its own name from now on.
    fn add(&self, socket: &Socket);

    /// A socket was disconnected. It is in no room any more.
    fn remove(&self, id: SocketId);

    /// A socket joins a room. Whether it was not in it before.
    fn join(&self, id: SocketId, room: &str) -> bool;

    /// A socket leaves a room. Whether it was in it.
    fn leave(&self, id: SocketId, room: &str) -> bool;

    /// The rooms of a socket, its own included.
    fn rooms_of(&self, id: SocketId) -> Vec<String>;

    /// The sockets of an audience that are connected to this server.
    fn sockets(&self, audience: &Audience) -> Vec<Socket>;

    /// Sends a packet to an audience. How many sockets of this server it was sent to.
    fn broadcast(&self, audience: &Audience, packet: &Encoded, flags: &Flags) -> usize {
        let sockets = self.sockets(audience);
        // A socket that is gone by now, or too slow, is dealt with by its own session.
        sockets.iter().filter(|socket| socket.write(packet, flags).is_ok()).count()
    }
}

/// The adapter of a server that is alone.
#[derive(Debug, Default)]
pub struct InMemory(RwLock<State>);

#[derive(Debug, Default)]
struct State {
    sockets: HashMap<SocketId, Socket>,
    rooms: Rooms<SocketId>,
}

impl InMemory {
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Adapter for InMemory {
    fn add(&self, socket: &Socket) {
        let mut state = self.write();
        state.sockets.insert(socket.id(), socket.clone());
        state.rooms.join(socket.id(), &socket.id().to_string());
    }

    fn remove(&self, id: SocketId) {
        let mut state = self.write();
        state.rooms.leave_all(&id);
        let socket = state.sockets.remove(&id);
        drop(state);
        // It may be the last handle on it, and what goes with it is none of the lock's business.
        drop(socket);
    }

    fn join(&self, id: SocketId, room: &str) -> bool {
        let mut state = self.write();
        // A socket that has left must not come back into the rooms.
        state.sockets.contains_key(&id) && state.rooms.join(id, room)
    }

    fn leave(&self, id: SocketId, room: &str) -> bool {
        self.write().rooms.leave(&id, room)
    }

    fn rooms_of(&self, id: SocketId) -> Vec<String> {
        self.read().rooms.rooms_of(&id).map(str::to_owned).collect()
    }

    fn sockets(&self, audience: &Audience) -> Vec<Socket> {
        let state = self.read();
        let ids = audience.recipients(&state.rooms, state.sockets.keys().copied());
        ids.iter().filter_map(|id| state.sockets.get(id).cloned()).collect()
    }
}
