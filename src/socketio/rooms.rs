//! Rooms: who is where, within one namespace.
//!
//! ```text
//!   members                         joined
//!   "lobby"  ─► { anna, ben }       anna ─► { "lobby" }
//!   "garden" ─► { ben }             ben  ─► { "lobby", "garden" }
//! ```
//!
//! A room exists while somebody is in it. Nothing of this goes over the wire: clients
//! never learn which rooms there are.
//!
//! Core file. Not in the specification: rooms are the server's own affair. Next:
//! [`audience`](super::audience), which turns rooms into recipients.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

use super::few::Set;
use super::socket_id::SocketId;
use crate::token::Drawn;

/// What has changed about a room. Who joins a room that is not there makes it, and the last to
/// leave takes it away.
///
/// Officially the events `create-room`, `join-room`, `leave-room` and `delete-room` of an adapter,
/// in the same order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RoomEvent {
    /// It is there now.
    Created {
        /// Its name.
        room: Arc<str>,
    },
    /// A socket is in it now.
    Joined {
        /// Its name.
        room: Arc<str>,
        /// Who.
        id: SocketId,
    },
    /// A socket was in it.
    Left {
        /// Its name.
        room: Arc<str>,
        /// Who.
        id: SocketId,
    },
    /// It is not there any more.
    Deleted {
        /// Its name.
        room: Arc<str>,
    },
}

/// The rooms of one namespace, with members of type `S`.
///
/// Kept twice, once from each side, because both questions are asked all the time:
/// a broadcast asks who is in a room, a disconnect asks which rooms a member is in.
///
/// Invariants, checked by [`assert_consistent`](Self::assert_consistent):
///
/// - `members[room]` contains `socket` exactly when `joined[socket]` contains `room`;
/// - no set in either map is empty.
///
/// Both maps share one copy of a room's name. It is a copy, not a slice of the message
/// the name came in, which would keep that whole message in memory.
///
/// ```
/// use sockrates::socketio::rooms::Rooms;
///
/// let mut rooms = Rooms::default();
/// assert!(rooms.join("anna", "lobby"));
/// assert!(!rooms.join("anna", "lobby"), "she is in it already");
/// assert_eq!(rooms.members("lobby").collect::<Vec<_>>(), [&"anna"]);
/// ```
#[derive(Clone, Debug)]
pub struct Rooms<S> {
    /// Applications may name rooms as clients tell them to, so their names are hashed with care.
    members: HashMap<Arc<str>, Set<S, Drawn>>,
    joined: HashMap<S, Set<Arc<str>, RandomState>, Drawn>,
}

impl<S> Default for Rooms<S> {
    fn default() -> Self {
        Self { members: HashMap::new(), joined: HashMap::default() }
    }
}

impl<S: Clone + Eq + Hash> Rooms<S> {
    /// Puts a socket into a room, and says whether it was outside before.
    pub fn join(&mut self, socket: S, room: &str) -> bool {
        let room = match self.members.get_key_value(room) {
            Some((room, _)) => Arc::clone(room),
            None => Arc::from(room),
        };
        self.members.entry(Arc::clone(&room)).or_default().insert(socket.clone());
        self.joined.entry(socket).or_default().insert(room)
    }

    /// Takes a socket out of a room, and says whether it was inside before.
    pub fn leave(&mut self, socket: &S, room: &str) -> bool {
        remove(&mut self.joined, socket, room) && remove(&mut self.members, room, socket)
    }

    /// Takes a socket out of all its rooms, and says which they were.
    pub fn leave_all(&mut self, socket: &S) -> Vec<Arc<str>> {
        let rooms: Vec<_> =
            self.joined.remove(socket).unwrap_or_default().iter().cloned().collect();
        for room in &rooms {
            remove(&mut self.members, &**room, socket);
        }
        rooms
    }

    /// The rooms a socket is in, in no order.
    pub fn rooms_of(&self, socket: &S) -> impl ExactSizeIterator<Item = &str> {
        let rooms = self.joined.get(socket).map(Set::iter).unwrap_or_default();
        rooms.map(|room| &**room)
    }

    /// The sockets in a room, in no order; none if there is no such room.
    pub fn members(&self, room: &str) -> impl Iterator<Item = &S> {
        self.members.get(room).map(Set::iter).unwrap_or_default()
    }

    /// How many sockets are in a room.
    pub fn count(&self, room: &str) -> usize {
        self.members.get(room).map_or(0, Set::len)
    }

    /// Whether a socket is in a room.
    pub fn contains(&self, room: &str, socket: &S) -> bool {
        self.members.get(room).is_some_and(|members| members.contains(socket))
    }

    /// The names of all rooms that exist, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(|room| &**room)
    }

    /// Whether nobody is in any room.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.joined.is_empty()
    }

    /// Checks the invariants; for tests, which it ends if one is broken.
    pub fn assert_consistent(&self) {
        for (room, members) in &self.members {
            assert!(!members.is_empty(), "room {room:?} exists without members");
            for socket in members.iter() {
                let known = self.joined.get(socket).is_some_and(|rooms| rooms.contains(room));
                assert!(known, "a member of {room:?} does not know it");
            }
        }
        for (socket, rooms) in &self.joined {
            assert!(!rooms.is_empty(), "a socket is listed without rooms");
            for room in rooms.iter() {
                assert!(self.contains(room, socket), "{room:?} does not know a member");
            }
        }
    }
}

/// Takes `item` out of the set at `key`, and the set out of the map if it was the last.
fn remove<K, H, I, J, Q, R>(map: &mut HashMap<K, Set<I, J>, H>, key: &Q, item: &R) -> bool
where
    K: Borrow<Q> + Eq + Hash,
    H: BuildHasher,
    I: Borrow<R> + Eq + Hash,
    J: BuildHasher + Default,
    Q: Eq + Hash + ?Sized,
    R: Eq + Hash + ?Sized,
{
    let Some(set) = map.get_mut(key) else { return false };
    let removed = set.remove(item);
    if set.is_empty() {
        map.remove(key);
    }
    removed
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
        let mut items: Vec<_> = items.collect();
        items.sort();
        items
    }

    #[test]
    fn members_and_rooms_mirror_each_other() {
        let mut rooms = Rooms::default();
        assert!(rooms.join(1, "a"));
        assert!(rooms.join(2, "a"));
        assert!(rooms.join(1, "b"));
        rooms.assert_consistent();

        assert_eq!(sorted(rooms.members("a")), [&1, &2]);
        assert_eq!(sorted(rooms.rooms_of(&1)), ["a", "b"]);
        assert_eq!(sorted(rooms.names()), ["a", "b"]);
        assert_eq!((rooms.count("a"), rooms.count("nowhere")), (2, 0));
        assert_eq!(rooms.members("nowhere").count(), 0);
        assert_eq!(rooms.rooms_of(&3).count(), 0);
    }

    #[test]
    fn joining_twice_is_joining_once() {
        let mut rooms = Rooms::default();
        assert!(rooms.join(1, "a"));
        assert!(!rooms.join(1, "a"));
        assert!(rooms.leave(&1, "a"));
        assert!(rooms.is_empty());
    }

    #[test]
    fn leaving_what_one_is_not_in_changes_nothing() {
        let mut rooms = Rooms::default();
        rooms.join(1, "a");
        rooms.join(2, "b");
        assert!(!rooms.leave(&1, "b"));
        assert!(!rooms.leave(&1, "c"));
        assert!(!rooms.leave(&3, "a"));
        assert!(rooms.leave_all(&3).is_empty());
        rooms.assert_consistent();
        assert!(rooms.contains("a", &1) && rooms.contains("b", &2));
    }

    #[test]
    fn leaving_all_says_which_they_were() {
        let mut rooms = Rooms::default();
        for room in ["a", "b", "__proto__", ""] {
            rooms.join(1, room);
        }
        rooms.join(2, "b");
        assert_eq!(
            sorted(rooms.leave_all(&1).iter().map(|room| &**room)),
            ["", "__proto__", "a", "b"]
        );
        rooms.assert_consistent();
        assert_eq!(sorted(rooms.names()), ["b"]);
    }

    #[test]
    fn a_hundred_thousand_rooms_come_and_go() {
        let mut rooms = Rooms::default();
        for number in 0..100_000 {
            rooms.join(number % 7, &number.to_string());
        }
        for number in (0..100_000).step_by(2) {
            assert!(rooms.leave(&(number % 7), &number.to_string()));
        }
        rooms.assert_consistent();
        for socket in 0..7 {
            rooms.leave_all(&socket);
        }
        rooms.assert_consistent();
        assert!(rooms.is_empty());
    }
}
