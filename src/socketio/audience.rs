//! Audience: whom a broadcast reaches.
//!
//! ```text
//!   to "lobby", to "garden", except "ben"      rooms  lobby   { anna, ben }
//!                                                     garden  { ben, carl }
//!   reaches anna and carl                             ben     { ben }
//! ```
//!
//! Each socket is alone in a room that has its id for a name. So the same three words
//! (*to*, *except*, nothing) also say "to this one" and "to all but the sender".
//!
//! Core file. Not in the specification: as the reference server has it.

use std::collections::{BTreeSet, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use super::rooms::Rooms;
use super::socket_id::SocketId;

/// Some rooms, and some that are left out; without any room, everybody.
///
/// ```
/// use sockrates::socketio::{audience::Audience, rooms::Rooms};
///
/// let mut rooms = Rooms::default();
/// rooms.join("anna", "lobby");
/// rooms.join("ben", "lobby");
/// rooms.join("ben", "away");
///
/// let audience = Audience::default().to("lobby").except("away");
/// assert_eq!(audience.recipients(&rooms, ["anna", "ben"].into_iter()), ["anna"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Audience {
    rooms: Vec<Arc<str>>,
    except: Vec<Arc<str>>,
}

impl Audience {
    /// Adds the members of a room, or of several.
    #[must_use]
    pub fn to(mut self, rooms: impl IntoRooms) -> Self {
        rooms.each(&mut |room| self.rooms.push(room.into()));
        self
    }

    /// Leaves out the members of a room, or of several, whichever other rooms they are in.
    #[must_use]
    pub fn except(mut self, rooms: impl IntoRooms) -> Self {
        rooms.each(&mut |room| self.except.push(room.into()));
        self
    }

    /// The rooms that were added.
    pub fn rooms(&self) -> impl Iterator<Item = &str> {
        self.rooms.iter().map(|room| &**room)
    }

    /// The rooms that are left out.
    pub fn excepted(&self) -> impl Iterator<Item = &str> {
        self.except.iter().map(|room| &**room)
    }

    /// Whether somebody who is in these rooms, and in no other, belongs to it.
    pub fn includes(&self, rooms: &BTreeSet<String>) -> bool {
        (self.rooms.is_empty() || self.rooms().any(|room| rooms.contains(room)))
            && !self.excepted().any(|room| rooms.contains(room))
    }

    /// The sockets this audience consists of, each once, in no order.
    ///
    /// `all` is asked only if no room was added. A room that does not exist has no members.
    pub fn recipients<S>(&self, rooms: &Rooms<S>, all: impl Iterator<Item = S>) -> Vec<S>
    where
        S: Clone + Eq + Hash,
    {
        let wanted = |socket: &S| !self.excepted().any(|room| rooms.contains(room, socket));
        match self.rooms.as_slice() {
            [] => all.filter(wanted).collect(),
            // Within one room nobody is met twice.
            [room] => rooms.members(room).filter(|socket| wanted(socket)).cloned().collect(),
            several => {
                let mut met = HashSet::new();
                let members = several.iter().flat_map(|room| rooms.members(room));
                members.filter(|socket| met.insert(*socket) && wanted(socket)).cloned().collect()
            }
        }
    }
}

/// What names one room or several: text, the id of a socket, which is alone in the room of that
/// name, or a list of such.
///
/// ```
/// use sockrates::socketio::Socket;
///
/// fn move_on(socket: &Socket) {
///     socket.leave("lobby");
///     socket.join(["garden", "kitchen"]);
///     let _ = socket.to(vec![String::from("garden")]).emit("hello", ());
/// }
/// ```
pub trait IntoRooms {
    /// Calls `with` for each room.
    fn each(&self, with: &mut dyn FnMut(&str));
}

impl IntoRooms for str {
    fn each(&self, with: &mut dyn FnMut(&str)) {
        with(self);
    }
}

impl IntoRooms for String {
    fn each(&self, with: &mut dyn FnMut(&str)) {
        with(self);
    }
}

impl IntoRooms for Arc<str> {
    fn each(&self, with: &mut dyn FnMut(&str)) {
        with(self);
    }
}

impl IntoRooms for SocketId {
    fn each(&self, with: &mut dyn FnMut(&str)) {
        with(&self.to_string());
    }
}

impl<T: IntoRooms> IntoRooms for [T] {
    fn each(&self, with: &mut dyn FnMut(&str)) {
        self.iter().for_each(|rooms| rooms.each(with));
    }
}

impl<T: IntoRooms, const N: usize> IntoRooms for [T; N] {
    fn each(&self, with: &mut dyn FnMut(&str)) {
        self.as_slice().each(with);
    }
}

impl<T: IntoRooms> IntoRooms for Vec<T> {
    fn each(&self, with: &mut dyn FnMut(&str)) {
        self.as_slice().each(with);
    }
}

impl<T: IntoRooms + ?Sized> IntoRooms for &T {
    fn each(&self, with: &mut dyn FnMut(&str)) {
        (**self).each(with);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sockets 1 to 4; each is in the room that has its number for a name.
    fn rooms() -> Rooms<u8> {
        let mut rooms = Rooms::default();
        for socket in 1..=4 {
            rooms.join(socket, &socket.to_string());
        }
        for (socket, room) in [(1, "a"), (2, "a"), (2, "b"), (3, "b")] {
            rooms.join(socket, room);
        }
        rooms
    }

    #[track_caller]
    fn check(audience: Audience, expected: &[u8]) {
        let mut found = audience.recipients(&rooms(), 1..=4);
        found.sort_unstable();
        assert_eq!(found, expected, "{audience:?}");
        // Asked of one at a time, by its rooms alone, it says the same.
        let includes =
            |socket: &u8| audience.includes(&rooms().rooms_of(socket).map(str::to_owned).collect());
        assert_eq!((1..=4).filter(includes).collect::<Vec<_>>(), expected, "{audience:?}");
    }

    #[test]
    fn without_a_room_it_is_everybody() {
        check(Audience::default(), &[1, 2, 3, 4]);
        check(Audience::default().except("2"), &[1, 3, 4]);
        check(Audience::default().except("a").except("b"), &[4]);
    }

    #[test]
    fn whoever_is_in_several_rooms_is_reached_once() {
        check(Audience::default().to("a"), &[1, 2]);
        check(Audience::default().to("a").to("b"), &[1, 2, 3]);
        check(Audience::default().to("a").to("a"), &[1, 2]);
        check(Audience::default().to("4"), &[4]);
    }

    #[test]
    fn an_exception_wins_over_any_room() {
        check(Audience::default().to("a").to("b").except("2"), &[1, 3]);
        check(Audience::default().to("a").to("b").except("b"), &[1]);
        check(Audience::default().to("a").except("a"), &[]);
        check(Audience::default().to("a").except("nowhere"), &[1, 2]);
    }

    #[test]
    fn a_room_that_does_not_exist_has_no_members() {
        check(Audience::default().to("nowhere"), &[]);
        check(Audience::default().to("nowhere").to("b"), &[2, 3]);
        check(Audience::default().to(""), &[]);
    }
}
