//! Members: a socket and the rooms that it is in.
//!
//! ```text
//!   socket.join("lobby")          to say something to it: io.to("lobby").emit(…)
//!   socket.leave("lobby")
//! ```
//!
//! Shell file: asks the adapter. Not in the specification: clients never learn of rooms.

use std::collections::BTreeSet;
use std::fmt;

use super::audience::IntoRooms;
use super::options::Options;
use super::socket::Socket;

impl Socket {
    /// It can be found from now on, in its own room and in these.
    pub(super) fn enter_rooms(&self, rooms: &BTreeSet<String>) {
        let adapter = self.namespace().adapter();
        adapter.add(self);
        for room in rooms {
            adapter.join(self.id(), room);
        }
    }

    /// Puts the socket into a room, or into several. Whether there was one among them that it was
    /// not in. Where [`try_join`](Self::try_join) fails, so does this, and says so in the log.
    pub fn join(&self, rooms: impl IntoRooms) -> bool {
        self.try_join(rooms).unwrap_or_else(|error| {
            tracing::warn!(socket = ?self, %error, "a room was not joined");
            false
        })
    }

    /// Puts the socket into a room, or into several. Whether there was one among them that it was
    /// not in.
    ///
    /// # Errors
    /// When the socket would be in too many rooms, or the name of one is too long. Then it is in
    /// those that were named before.
    pub fn try_join(&self, rooms: impl IntoRooms) -> Result<bool, JoinError> {
        let mut joined = Ok(false);
        rooms.each(&mut |room| {
            if let Ok(new) = &mut joined {
                match self.join_one(room) {
                    Ok(newer) => *new |= newer,
                    Err(error) => joined = Err(error),
                }
            }
        });
        joined
    }

    fn join_one(&self, room: &str) -> Result<bool, JoinError> {
        let Options { max_rooms, max_room_name, .. } = *self.options();
        if room.len() > max_room_name {
            return Err(JoinError::LongName { found: room.len(), max: max_room_name });
        }
        let waiting = self.rooms_that_wait(|rooms| {
            if rooms.len() >= max_rooms && !rooms.contains(room) {
                return Err(JoinError::TooManyRooms { max: max_rooms });
            }
            Ok(rooms.insert(room.to_owned()))
        });
        if let Some(joined) = waiting {
            return joined;
        }
        // Its client may have come back, and another socket has its name.
        if self.is_over() {
            return Ok(false);
        }
        // Its own room does not count.
        let adapter = self.namespace().adapter();
        if adapter.room_count(self.id()) > max_rooms && !self.rooms().iter().any(|it| it == room) {
            return Err(JoinError::TooManyRooms { max: max_rooms });
        }
        Ok(adapter.join(self.id(), room))
    }

    /// Takes the socket out of a room. Whether it was in it.
    pub fn leave(&self, room: impl AsRef<str>) -> bool {
        let waiting = self.rooms_that_wait(|rooms| rooms.remove(room.as_ref()));
        let leave = || self.namespace().adapter().leave(self.id(), room.as_ref());
        waiting.unwrap_or_else(|| !self.is_over() && leave())
    }

    /// The rooms that it is in, the one of its own name included.
    pub fn rooms(&self) -> Vec<String> {
        let waiting = self.rooms_that_wait(|rooms| rooms.iter().cloned().collect());
        waiting.unwrap_or_else(|| {
            if self.is_over() { Vec::new() } else { self.namespace().adapter().rooms_of(self.id()) }
        })
    }
}

/// Why a socket does not join a room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum JoinError {
    /// It is in as many as it may be in.
    TooManyRooms {
        /// How many that are.
        max: usize,
    },
    /// The name of the room is too long.
    LongName {
        /// How many bytes it has.
        found: usize,
        /// How many it may have.
        max: usize,
    },
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyRooms { max } => write!(f, "a socket in {max} rooms may join no more"),
            Self::LongName { found, max } => {
                write!(f, "a room with a name of {found} bytes, expected at most {max}")
            }
        }
    }
}

impl std::error::Error for JoinError {}
