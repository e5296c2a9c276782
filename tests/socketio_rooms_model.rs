//! Rooms of a whole server, and the plainest thing that could take their place: a list of who is in
//! what. Not in the specification.
//!
//! ```text
//!   ada joins r, s      everybody in s joins t      all but ada are disconnected      …
//!        └── after each: who is in what, by every question that can be asked, is as in the list
//! ```
//!
//! What the server tells of its rooms is written down as well, and the list that comes of it has to
//! be the same.

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use sockrates::socketio::{Broadcast, Options, RoomEvent, Socket};

use crate::socketio::{Live, Peer};

const CLIENTS: usize = 4;

/// The room of its own does not count.
const MAX_ROOMS: usize = 3;

/// A room: one of a few that anybody may be in, or the one that a client is in by itself.
#[derive(Clone, Debug)]
enum Room {
    Named(&'static str),
    Of(usize),
}

#[derive(Clone, Debug)]
struct Whom {
    to: Vec<Room>,
    except: Vec<Room>,
}

#[derive(Clone, Debug)]
enum Op {
    Comes(usize),
    Joins(usize, Vec<Room>),
    Leaves(usize, Room),
    Goes(usize),
    AllJoin(Whom, Vec<Room>),
    AllLeave(Whom, Vec<Room>),
    AllGo(Whom, bool),
}

fn room() -> impl Strategy<Value = Room> + Clone {
    let named = prop::sample::select(vec!["r", "s", "t", "", "__proto__"]).prop_map(Room::Named);
    prop_oneof![4 => named, 1 => (0..CLIENTS).prop_map(Room::Of)]
}

fn rooms() -> impl Strategy<Value = Vec<Room>> {
    prop::collection::vec(room(), 0..4)
}

fn whom() -> impl Strategy<Value = Whom> {
    let some = || prop::collection::vec(room(), 0..3);
    (some(), some()).prop_map(|(to, except)| Whom { to, except })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0..CLIENTS).prop_map(Op::Comes),
        5 => (0..CLIENTS, rooms()).prop_map(|(who, rooms)| Op::Joins(who, rooms)),
        4 => (0..CLIENTS, room()).prop_map(|(who, room)| Op::Leaves(who, room)),
        1 => (0..CLIENTS).prop_map(Op::Goes),
        3 => (whom(), rooms()).prop_map(|(whom, rooms)| Op::AllJoin(whom, rooms)),
        2 => (whom(), rooms()).prop_map(|(whom, rooms)| Op::AllLeave(whom, rooms)),
        1 => (whom(), any::<bool>()).prop_map(|(whom, close)| Op::AllGo(whom, close)),
    ]
}

/// Who is in what, by name.
type List = BTreeSet<(String, String)>;

/// A server, its clients, and what should be true of them.
struct World {
    live: Live,
    clients: [Option<(Peer, Socket)>; CLIENTS],
    /// Sockets that are gone. Nothing that is done to them does anything.
    gone: Vec<Socket>,
    list: List,
    /// What the server has told of its rooms.
    told: Arc<Mutex<Told>>,
}

impl World {
    fn new() -> Self {
        let live = Live::in_memory(Options { max_rooms: MAX_ROOMS, ..Options::default() });
        let told = Arc::new(Mutex::new(Told::default()));
        let hears = told.clone();
        live.io.on_room(move |event: &RoomEvent| hears.lock().unwrap().hears(event));
        let clients = [const { None }; CLIENTS];
        Self { live, clients, gone: Vec::new(), list: List::new(), told }
    }

    async fn happens(&mut self, op: &Op) {
        match op {
            Op::Comes(who) if self.clients[*who].is_none() => {
                let peer = self.live.join("/").await;
                let socket = self.live.io.to(&peer.id).sockets().remove(0);
                self.list.insert((peer.id.clone(), peer.id.clone()));
                self.clients[*who] = Some((peer, socket));
            }
            Op::Comes(_) => {}
            Op::Joins(who, rooms) => {
                let rooms = self.names(rooms);
                if let Some(socket) = self.socket(*who) {
                    let wanted = self.joins(&socket, &rooms);
                    assert_eq!(socket.try_join(&rooms).ok(), wanted, "{rooms:?}");
                }
            }
            Op::Leaves(who, room) => {
                let room = self.name(room);
                if let Some(socket) = self.socket(*who) {
                    let was = self.list.remove(&(socket.id().to_string(), room.clone()));
                    assert_eq!(socket.leave(&room), was, "{room:?}");
                }
            }
            Op::Goes(who) => {
                if let Some((peer, socket)) = self.clients[*who].take() {
                    peer.vanish();
                    support::until("it to be gone", || !socket.is_connected()).await;
                    self.forget(&socket.id().to_string());
                    self.gone.push(socket);
                }
            }
            Op::AllJoin(whom, rooms) => {
                let (audience, rooms) = (self.broadcast(whom), self.names(rooms));
                for socket in self.within(whom) {
                    self.joins(&socket, &rooms);
                }
                audience.sockets_join(&rooms);
            }
            Op::AllLeave(whom, rooms) => {
                let (audience, rooms) = (self.broadcast(whom), self.names(rooms));
                for socket in self.within(whom) {
                    let id = socket.id().to_string();
                    self.list.retain(|(who, room)| *who != id || !rooms.contains(room));
                }
                audience.sockets_leave(&rooms);
            }
            Op::AllGo(whom, close) => {
                let audience = self.broadcast(whom);
                for socket in self.within(whom) {
                    let id = socket.id().to_string();
                    self.forget(&id);
                    let its = |client: &Option<(Peer, Socket)>| {
                        client.as_ref().is_some_and(|(peer, _)| peer.id == id)
                    };
                    let client = self.clients.iter_mut().find(|client| its(client)).unwrap();
                    self.gone.extend(client.take().map(|(_, socket)| socket));
                }
                audience.disconnect_sockets(*close);
            }
        }
        self.is_as_the_list_says();
    }

    /// What should become of it when a socket joins: whether anything is new, if it may.
    fn joins(&mut self, socket: &Socket, rooms: &[String]) -> Option<bool> {
        let id = socket.id().to_string();
        let mut new = false;
        for room in rooms {
            let pair = (id.clone(), room.clone());
            if self.list.contains(&pair) {
                continue;
            }
            // One that has left its own room may be in another instead.
            if self.list.iter().filter(|(who, _)| *who == id).count() > MAX_ROOMS {
                return None;
            }
            new |= self.list.insert(pair);
        }
        Some(new)
    }

    fn forget(&mut self, id: &str) {
        self.list.retain(|(who, _)| who != id);
    }

    fn socket(&self, who: usize) -> Option<Socket> {
        self.clients[who].as_ref().map(|(_, socket)| socket.clone())
    }

    fn name(&self, room: &Room) -> String {
        match room {
            Room::Named(name) => (*name).to_owned(),
            Room::Of(who) => self.socket(*who).map_or("nobody".into(), |it| it.id().to_string()),
        }
    }

    fn names(&self, rooms: &[Room]) -> Vec<String> {
        rooms.iter().map(|room| self.name(room)).collect()
    }

    fn broadcast(&self, Whom { to, except }: &Whom) -> Broadcast {
        self.live.io.to(self.names(to)).except(self.names(except))
    }

    /// Those whom the list has for an audience.
    fn within(&self, Whom { to, except }: &Whom) -> Vec<Socket> {
        let (to, except) = (self.names(to), self.names(except));
        let is_in = |socket: &Socket, rooms: &[String]| {
            let id = socket.id().to_string();
            rooms.iter().any(|room| self.list.contains(&(id.clone(), room.clone())))
        };
        let mut all: Vec<Socket> = (0..CLIENTS).filter_map(|who| self.socket(who)).collect();
        all.retain(|it| (to.is_empty() || is_in(it, &to)) && !is_in(it, &except));
        all
    }

    fn is_as_the_list_says(&self) {
        let io = &self.live.io;
        let mut found = List::new();
        for socket in io.of("/").sockets() {
            let id = socket.id().to_string();
            found.extend(socket.rooms().into_iter().map(|room| (id.clone(), room)));
        }
        assert_eq!(found, self.list, "as the sockets say");
        let mut found = List::new();
        for room in io.of("/").adapter().rooms() {
            let members = io.to(&room).sockets();
            assert!(!members.is_empty(), "{room:?} is there, and nobody in it");
            found.extend(members.iter().map(|it| (it.id().to_string(), room.clone())));
        }
        assert_eq!(found, self.list, "as the rooms say");
        assert_eq!(self.told.lock().unwrap().list(), self.list, "as was told");
        let there = self.clients.iter().flatten().count();
        assert_eq!(io.of("/").sockets().len(), there, "sockets without rooms are sockets");
        for socket in &self.gone {
            assert!(socket.rooms().is_empty() && !socket.join("r") && !socket.leave("r"));
        }
    }
}

/// Rooms, as far as they were told of.
#[derive(Default)]
struct Told(BTreeMap<String, BTreeSet<String>>);

impl Told {
    /// A room is made before it is joined, and joined at once; it goes when the last has left.
    fn hears(&mut self, event: &RoomEvent) {
        let rooms = &mut self.0;
        match event {
            RoomEvent::Created { room } => {
                assert!(rooms.insert(room.to_string(), BTreeSet::new()).is_none(), "{event:?}");
            }
            RoomEvent::Joined { room, id } => {
                assert!(rooms.get_mut(&**room).unwrap().insert(id.to_string()), "{event:?}");
            }
            RoomEvent::Left { room, id } => {
                assert!(rooms.get_mut(&**room).unwrap().remove(&id.to_string()), "{event:?}");
            }
            RoomEvent::Deleted { room } => {
                assert_eq!(rooms.remove(&**room), Some(BTreeSet::new()), "{event:?}");
            }
        }
    }

    fn list(&self) -> List {
        let pairs = self.0.iter().flat_map(|(room, members)| {
            assert!(!members.is_empty(), "{room:?} was not told to be gone");
            members.iter().map(|who| (who.clone(), room.clone()))
        });
        pairs.collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Trap 40.
    #[test]
    fn rooms_are_as_a_list_of_who_is_in_what(ops in prop::collection::vec(op(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut world = World::new();
            for op in &ops {
                world.happens(op).await;
            }
            for who in 0..CLIENTS {
                world.happens(&Op::Goes(who)).await;
            }
            assert!(world.list.is_empty() && world.live.io.of("/").adapter().rooms().is_empty());
        });
    }
}
