//! The adapter of a server that is alone: everything in memory.
//!
//! ```text
//!   lock ─► sockets   a → Socket, b → Socket
//!        └► rooms     "lobby" → a, b    "garden" → b
//! ```
//!
//! Shell file: owns the lock over a namespace's sockets and rooms. Nothing is sent, and no
//! handler is called, while it is held.

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::adapter::{Adapter, RoomListener};
use super::audience::Audience;
use super::rooms::{RoomEvent, Rooms};
use super::socket::Socket;
use super::socket_id::SocketId;
use crate::token::Drawn;

/// Keeps the sockets and rooms of one namespace on one server.
#[derive(Default)]
pub struct InMemory {
    state: RwLock<State>,
    listeners: RwLock<Arc<[RoomListener]>>,
}

#[derive(Default)]
struct State {
    /// By names that the server has drawn: nobody can choose some that collide.
    sockets: HashMap<SocketId, Socket, Drawn>,
    rooms: Rooms<SocketId>,
}

impl InMemory {
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those who are told of rooms; most often nobody.
    fn listeners(&self) -> Arc<[RoomListener]> {
        self.listeners.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Adapter for InMemory {
    fn add(&self, socket: &Socket) {
        let id = socket.id();
        self.write().sockets.insert(id, socket.clone());
        self.join(id, &id.to_string());
    }

    fn remove(&self, id: SocketId) {
        let listeners = self.listeners();
        let mut events = Vec::new();
        let mut state = self.write();
        for room in state.rooms.leave_all(&id) {
            if !listeners.is_empty() {
                let gone = state.rooms.count(&room) == 0;
                events.push((RoomEvent::Left { room: room.clone(), id }, gone, room));
            }
        }
        let socket = state.sockets.remove(&id);
        drop(state);
        // It may be the last handle on it, and what goes with it is none of the lock's business.
        drop(socket);
        for (left, gone, room) in events {
            tell(&listeners, &left);
            if gone {
                tell(&listeners, &RoomEvent::Deleted { room });
            }
        }
    }

    fn join(&self, id: SocketId, room: &str) -> bool {
        let mut state = self.write();
        // A socket that has left must not come back into the rooms.
        let joined = state.sockets.contains_key(&id) && state.rooms.join(id, room);
        let created = joined && state.rooms.count(room) == 1;
        drop(state);
        let listeners = self.listeners();
        if joined && !listeners.is_empty() {
            let room: Arc<str> = room.into();
            if created {
                tell(&listeners, &RoomEvent::Created { room: room.clone() });
            }
            tell(&listeners, &RoomEvent::Joined { room, id });
        }
        joined
    }

    fn leave(&self, id: SocketId, room: &str) -> bool {
        let mut state = self.write();
        let left = state.rooms.leave(&id, room);
        let gone = left && state.rooms.count(room) == 0;
        drop(state);
        let listeners = self.listeners();
        if left && !listeners.is_empty() {
            let room: Arc<str> = room.into();
            tell(&listeners, &RoomEvent::Left { room: room.clone(), id });
            if gone {
                tell(&listeners, &RoomEvent::Deleted { room });
            }
        }
        left
    }

    fn rooms_of(&self, id: SocketId) -> Vec<String> {
        self.read().rooms.rooms_of(&id).map(str::to_owned).collect()
    }

    fn room_count(&self, id: SocketId) -> usize {
        self.read().rooms.rooms_of(&id).len()
    }

    fn rooms(&self) -> Vec<String> {
        self.read().rooms.names().map(str::to_owned).collect()
    }

    fn sockets(&self, audience: &Audience) -> Vec<Socket> {
        let state = self.read();
        let ids = audience.recipients(&state.rooms, state.sockets.keys().copied());
        ids.iter().filter_map(|id| state.sockets.get(id).cloned()).collect()
    }

    fn on_room(&self, listener: RoomListener) {
        let mut listeners = self.listeners.write().unwrap_or_else(PoisonError::into_inner);
        *listeners = listeners.iter().cloned().chain([listener]).collect();
    }
}

fn tell(listeners: &[RoomListener], event: &RoomEvent) {
    for listener in listeners {
        // The room has changed by now, and whoever did that goes on.
        if catch_unwind(AssertUnwindSafe(|| listener(event))).is_err() {
            tracing::warn!(?event, "a listener for rooms panicked");
        }
    }
}

impl fmt::Debug for InMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.read();
        write!(
            f,
            "InMemory({} sockets, {} rooms)",
            state.sockets.len(),
            state.rooms.names().count()
        )
    }
}
