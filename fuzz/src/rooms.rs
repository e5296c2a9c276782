//! Any life of a namespace's rooms.
//!
//! ```text
//!   aA                 the socket `A` is there, in the room of its own name
//!   jA lobby           it joins a room
//!   lA lobby           it leaves one
//!   gA                 it is gone
//!   ?lobby,B-A,garden  who is told what goes to `lobby` and `B`, but not to `A` or `garden`
//! ```
//!
//! Whatever happens, the two maps agree with a plain list of who is in what:
//!
//! - each verb says truly whether it changed anything, and who is gone was in what is given back;
//! - members, rooms and counts are those of the list, each once, and nothing else exists;
//! - neither map has an empty set in it, nor a member that the other does not have;
//! - an audience is whoever is in one of its rooms and in none of the others, each once; without
//!   rooms, whoever is there.

use std::collections::BTreeSet;

use sockrates::socketio::audience::Audience;
use sockrates::socketio::rooms::Rooms;

use super::script::{self, Line};

/// Checks the properties above.
pub fn check(data: &[u8]) {
    let script = String::from_utf8_lossy(data);
    let mut life = Life::default();
    for line in script::lines(&script) {
        life.happens(line);
    }
    for socket in life.there.clone() {
        life.gone(socket);
    }
    assert!(life.rooms.is_empty(), "{:?}", life.rooms);
}

#[derive(Default)]
struct Life {
    rooms: Rooms<char>,
    there: BTreeSet<char>,
    /// The model: who is in what.
    list: BTreeSet<(char, String)>,
}

impl Life {
    fn happens(&mut self, line: Line<'_>) {
        let mut rest = line.rest.chars();
        let socket = rest.next();
        let room = rest.as_str().trim_start_matches(' ');
        match (line.verb, socket) {
            ('a', Some(socket)) => {
                self.there.insert(socket);
                self.join(socket, &socket.to_string());
            }
            ('j', Some(socket)) if self.there.contains(&socket) => self.join(socket, room),
            ('l', Some(socket)) => {
                let was = self.list.remove(&(socket, room.to_owned()));
                assert_eq!(self.rooms.leave(&socket, room), was, "{socket} left {room:?}");
            }
            ('g', Some(socket)) => self.gone(socket),
            ('?', _) => self.asked(line.rest),
            _ => return,
        }
        self.is_as_the_list_says();
    }

    fn join(&mut self, socket: char, room: &str) {
        let new = self.list.insert((socket, room.to_owned()));
        assert_eq!(self.rooms.join(socket, room), new, "{socket} joined {room:?}");
    }

    fn gone(&mut self, socket: char) {
        let was = of(&self.list, socket);
        self.list.retain(|(other, _)| *other != socket);
        self.there.remove(&socket);
        let mut left: Vec<String> =
            self.rooms.leave_all(&socket).iter().map(|room| room.to_string()).collect();
        left.sort();
        assert_eq!(left, was, "{socket} is gone");
    }

    fn asked(&self, question: &str) {
        let (to, except) = question.split_once('-').unwrap_or((question, ""));
        let rooms = |names: &str| -> Vec<String> {
            names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        let (to, except) = (rooms(to), rooms(except));
        let within = |socket: char, rooms: &[String]| {
            rooms.iter().any(|room| self.list.contains(&(socket, room.clone())))
        };
        let wanted: Vec<char> = self
            .there
            .iter()
            .copied()
            .filter(|socket| to.is_empty() || within(*socket, &to))
            .filter(|socket| !within(*socket, &except))
            .collect();
        let audience = Audience::default().to(&to).except(&except);
        let mut found = audience.recipients(&self.rooms, self.there.iter().copied());
        found.sort_unstable();
        assert_eq!(found, wanted, "to {to:?} except {except:?}");
    }

    fn is_as_the_list_says(&self) {
        self.rooms.assert_consistent();
        let names: BTreeSet<&str> = self.list.iter().map(|(_, room)| &**room).collect();
        let found: Vec<&str> = self.rooms.names().collect();
        assert_eq!(found.len(), names.len(), "each once");
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), names);
        for room in names {
            let members: BTreeSet<char> = self.rooms.members(room).copied().collect();
            let wanted = self.list.iter().filter(|(_, other)| other == room);
            let wanted: BTreeSet<char> = wanted.map(|(socket, _)| *socket).collect();
            assert_eq!((self.rooms.count(room), &members), (wanted.len(), &wanted), "{room:?}");
            assert!(members.iter().all(|member| self.rooms.contains(room, member)));
        }
        for socket in &self.there {
            let mut rooms: Vec<String> = self.rooms.rooms_of(socket).map(str::to_owned).collect();
            rooms.sort();
            assert_eq!(rooms, of(&self.list, *socket), "rooms of {socket}");
        }
    }
}

/// The rooms of a socket, in order.
fn of(list: &BTreeSet<(char, String)>, socket: char) -> Vec<String> {
    list.iter().filter(|(other, _)| *other == socket).map(|(_, room)| room.clone()).collect()
}
