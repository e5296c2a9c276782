//! Recovery, held to a plain model: a few clients that are cut off and come back at any moment.
//!
//! The model keeps, for every client, the list of all events that were meant for it. Whatever
//! happened, a client that recovers has heard exactly that list: each event once, in order. Or
//! it is refused, and then there is a reason.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use sockrates::socketio::audience::Audience;
use sockrates::socketio::offset::Offsets;
use sockrates::socketio::parser::Parser;
use sockrates::socketio::recovery::{Claim, Options, Recovery};
use sockrates::token::Token;

const CLIENTS: usize = 4;
const UNNOTICED: Duration = Duration::from_secs(5);
const AWAY: Duration = Duration::from_secs(20);

/// What may happen next.
#[derive(Clone, Debug)]
enum Move {
    /// A client connects as a new one, into some of the rooms.
    Connect { client: usize, rooms: u8 },
    /// Something is sent: to rooms, except to rooms; to all if to none.
    Emit { rooms: u8, except: u8, kept: bool },
    /// Something is sent to one client.
    EmitToOne { client: usize },
    /// So many packets arrive.
    Deliver { client: usize, count: usize },
    /// A client is cut off. What is on the way to it is lost.
    Cut { client: usize },
    /// The server notices that a client was cut off.
    Notice { client: usize },
    /// A client comes back. It may be refused by a middleware first.
    Return { client: usize, shows: Shows, refused_first: bool },
    /// The server disconnects a client for good.
    Disconnect { client: usize },
    /// Time passes.
    Wait { seconds: u64 },
}

/// Which offset a client shows.
#[derive(Clone, Copy, Debug)]
enum Shows {
    Latest,
    Earlier(usize),
    Nothing,
    Junk,
    OfAnotherLife,
    TheFuture,
}

fn moves() -> impl Strategy<Value = Move> {
    let client = || 0..CLIENTS;
    let shows = prop_oneof![
        6 => Just(Shows::Latest),
        1 => (0_usize..9).prop_map(Shows::Earlier),
        1 => Just(Shows::Nothing),
        1 => prop_oneof![
            Just(Shows::Junk), Just(Shows::OfAnotherLife), Just(Shows::TheFuture)
        ],
    ];
    prop_oneof![
        2 => (client(), 0..8_u8).prop_map(|(client, rooms)| Move::Connect { client, rooms }),
        4 => (0..8_u8, 0..8_u8, any::<bool>(), any::<bool>()).prop_map(
            |(rooms, except, all, kept)| {
                let except = if all { except & rooms } else { 0 };
                Move::Emit { rooms, except, kept: kept || all }
            }
        ),
        2 => client().prop_map(|client| Move::EmitToOne { client }),
        4 => (client(), 1_usize..5).prop_map(|(client, count)| Move::Deliver { client, count }),
        2 => client().prop_map(|client| Move::Cut { client }),
        1 => client().prop_map(|client| Move::Notice { client }),
        4 => (client(), shows, prop::bool::weighted(0.2)).prop_map(
            |(client, shows, refused_first)| Move::Return { client, shows, refused_first }
        ),
        1 => client().prop_map(|client| Move::Disconnect { client }),
        2 => (1_u64..12).prop_map(|seconds| Move::Wait { seconds }),
    ]
}

/// An event, by its number, and the offset that was sent with it.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Event {
    number: u64,
    offset: String,
    kept: bool,
    at: Instant,
}

/// A client that has connected at least once.
#[derive(Debug)]
struct Client {
    pid: Token,
    rooms: BTreeSet<String>,
    /// All that was meant for it, and has to arrive.
    meant: Vec<Event>,
    /// What it remembers to have received.
    received: Vec<Event>,
    /// The numbers of all that ever arrived.
    arrived: BTreeSet<u64>,
    /// Whether it ever showed less than it had received.
    has_lied: bool,
    on_the_way: VecDeque<(Event, Instant)>,
    /// What it has said it had received, and can not ask for again.
    confirmed: u64,
    /// When it was cut off, or before.
    silent_since: Option<Instant>,
    /// When the server noticed; `None` while the server takes it for connected.
    gone_at: Option<Instant>,
    forgotten: bool,
    /// Whether it was sent something again.
    repeated: bool,
}

struct World {
    now: Instant,
    recovery: Recovery<usize, usize>,
    max_packets: usize,
    max_sessions: usize,
    emitted: u64,
    /// The numbers of packets that are kept, and when they were sent.
    kept: Vec<(u64, Instant)>,
    pids: u8,
    clients: [Option<Client>; CLIENTS],
    /// When those went who will not be claimed, since their client is another one now.
    left_behind: Vec<Instant>,
    recovered: usize,
}

fn rooms(mask: u8) -> BTreeSet<String> {
    let in_mask = |bit: &u8| mask & (1 << bit) != 0;
    (0..3).filter(in_mask).map(|bit| format!("room {bit}")).collect()
}

impl World {
    fn new(max_packets: usize, max_sessions: usize) -> Self {
        let options =
            Options { max_disconnection: AWAY, max_packets, max_sessions, ..Options::default() };
        let offsets = Offsets::new(Token::new([1; 15]));
        Self {
            now: Instant::now(),
            recovery: Recovery::new(&options, UNNOTICED, offsets),
            max_packets,
            max_sessions,
            emitted: 0,
            kept: Vec::new(),
            pids: 0,
            clients: [const { None }; CLIENTS],
            left_behind: Vec::new(),
            recovered: 0,
        }
    }

    fn step(&mut self, next: Move) {
        match next {
            Move::Connect { client, rooms: mask } => self.connect(client, rooms(mask)),
            Move::Emit { rooms: to, except, kept } => {
                let to = rooms(to).into_iter().fold(Audience::default(), Audience::to);
                let audience = rooms(except).into_iter().fold(to, Audience::except);
                self.emit(audience, kept);
            }
            Move::EmitToOne { client } => {
                self.emit(Audience::default().to(client.to_string()), true);
            }
            Move::Deliver { client, count } => self.deliver(client, count),
            Move::Cut { client } => self.cut(client),
            Move::Notice { client } => self.notice(client),
            Move::Return { client, shows, refused_first } => {
                self.come_back(client, shows, refused_first);
            }
            Move::Disconnect { client } => {
                if let Some(client) = self.clients[client].take_if(|it| it.gone_at.is_none()) {
                    self.recovery.forget(client.pid);
                }
            }
            Move::Wait { seconds } => (0..seconds).for_each(|_| self.second()),
        }
    }

    fn connect(&mut self, client: usize, mut rooms: BTreeSet<String>) {
        // Whoever it was before, is cut off: for the server another one has come.
        self.cut(client);
        self.notice(client);
        self.left_behind.extend(self.clients[client].take().and_then(|it| it.gone_at));
        self.pids += 1;
        let pid = Token::new([self.pids; 15]);
        rooms.insert(client.to_string());
        self.recovery.open(pid, client);
        self.clients[client] = Some(Client {
            pid,
            rooms,
            meant: Vec::new(),
            received: Vec::new(),
            arrived: BTreeSet::new(),
            has_lied: false,
            on_the_way: VecDeque::new(),
            confirmed: self.emitted,
            silent_since: None,
            gone_at: None,
            forgotten: false,
            repeated: false,
        });
    }

    fn emit(&mut self, audience: Audience, kept: bool) {
        let mut with = String::new();
        self.recovery.emit(&audience, self.now, |offset| {
            offset.clone_into(&mut with);
            kept.then(|| Parser::Json.event("/", None, "event", offset).expect("JSON"))
        });
        self.emitted += 1;
        let event = Event { number: self.emitted, offset: with, kept, at: self.now };
        if kept {
            self.kept.push((self.emitted, self.now));
        }
        for client in self.clients.iter_mut().flatten() {
            let named = |room: &str| client.rooms.contains(room);
            let all = audience.rooms().next().is_none();
            if audience.excepted().any(named) || !(all || audience.rooms().any(named)) {
                continue;
            }
            if kept {
                client.meant.push(event.clone());
            }
            if client.silent_since.is_none() {
                client.on_the_way.push_back((event.clone(), self.now));
            }
        }
    }

    fn deliver(&mut self, client: usize, count: usize) {
        let Some(client) = &mut self.clients[client] else { return };
        let count = count.min(client.on_the_way.len());
        for (event, _) in client.on_the_way.drain(..count) {
            client.arrived.insert(event.number);
            client.received.push(event);
        }
    }

    fn cut(&mut self, client: usize) {
        let Some(client) = &mut self.clients[client] else { return };
        // The first ping behind what is lost is not answered: so long ago it went silent.
        let silent = client.on_the_way.front().map_or(self.now, |(_, at)| *at);
        client.on_the_way.clear();
        client.silent_since.get_or_insert(silent);
    }

    fn notice(&mut self, client: usize) {
        let Some(it) = &mut self.clients[client] else { return };
        if it.silent_since.is_some() && it.gone_at.is_none() {
            it.gone_at = Some(self.now);
            self.recovery.save(it.pid, it.rooms.clone(), client, self.now);
            self.forget_beyond_the_limit();
        }
    }

    /// Who has been away the longest is forgotten first. Among those who went at the same moment
    /// the model does not know who it is, and takes it that it may be any of them.
    fn forget_beyond_the_limit(&mut self) {
        let here = self.clients.iter().flatten().filter(|it| !it.forgotten);
        let mut away: Vec<_> = here.filter_map(|it| it.gone_at).collect();
        away.extend(&self.left_behind);
        if away.len() > self.max_sessions {
            away.sort_unstable();
            let last = away[away.len() - self.max_sessions - 1];
            for client in self.clients.iter_mut().flatten() {
                client.forgotten |= client.gone_at.is_some_and(|at| at <= last);
            }
        }
    }

    /// A heart beats: who is dead is noticed, and what was sent has arrived.
    fn second(&mut self) {
        self.now += Duration::from_secs(1);
        for client in 0..CLIENTS {
            let Some(it) = &mut self.clients[client] else { continue };
            let late = |at: Instant| self.now >= at + UNNOTICED;
            let arrived = it.on_the_way.iter().filter(|(_, at)| late(*at)).count();
            let dead = it.silent_since.is_some_and(late);
            self.deliver(client, arrived);
            if dead {
                self.notice(client);
            }
        }
    }

    fn come_back(&mut self, client: usize, shows: Shows, refused_first: bool) {
        let Some(it) = &mut self.clients[client] else { return };
        if it.silent_since.is_none() {
            return;
        }
        let last = match shows {
            Shows::Latest => it.received.last(),
            Shows::Earlier(back) => it.received.iter().rev().nth(back),
            Shows::Nothing | Shows::Junk | Shows::OfAnotherLife | Shows::TheFuture => None,
        };
        let seen = last.map_or(0, |event| event.number).max(it.confirmed);
        let offset = match shows {
            Shows::Junk => Some("hello".to_owned()),
            Shows::OfAnotherLife => Some(Offsets::new(Token::new([2; 15])).write(7)),
            Shows::TheFuture => Some(Offsets::new(Token::new([1; 15])).write(self.emitted + 1)),
            Shows::Latest | Shows::Earlier(_) | Shows::Nothing => {
                last.map(|event| event.offset.clone())
            }
        };
        let pid = it.pid;
        let honest = !matches!(shows, Shows::Junk | Shows::TheFuture);

        let mut claim = self.recovery.claim(pid, offset.as_deref(), self.now);
        if let Claim::Present(whose) = claim {
            assert_eq!(whose, client);
            self.notice(client);
            claim = self.recovery.claim(pid, offset.as_deref(), self.now);
        }
        if refused_first && matches!(claim, Claim::Claimed { .. }) {
            let again = self.recovery.claim(pid, offset.as_deref(), self.now);
            assert_eq!(again, Claim::Unknown, "what is claimed, nobody else can claim");
            self.recovery.give_back(pid, self.now);
            claim = self.recovery.claim(pid, offset.as_deref(), self.now);
        }
        let Claim::Claimed { what, rooms } = claim else {
            assert_eq!(claim, Claim::Unknown);
            assert!(!honest || self.may_refuse(client, seen), "refused without a reason");
            // It is a new one; that the old one is dead is noticed in time.
            self.notice(client);
            self.clients[client] = None;
            return;
        };
        assert!(honest, "recovered with an offset that nobody has given out");
        let missed = self.recovery.admit(pid, client, self.now).expect("it was claimed just now");
        let again = self.recovery.claim(pid, offset.as_deref(), self.now);
        assert_eq!(again, Claim::Present(client), "what is given back is given once");
        self.recovered += 1;

        let it = self.clients[client].as_mut().expect("it has come back");
        assert_eq!((what, &rooms), (client, &it.rooms));
        // One that has received more than it says is not sent again what is too old.
        let too_old = |event: &&Event| self.now > event.at + AWAY + UNNOTICED;
        let repeated = |event: &&Event| !(it.arrived.contains(&event.number) && too_old(event));
        let later = it.meant.iter().filter(|event| event.number > seen).filter(repeated).cloned();
        let later: Vec<_> = later.collect();
        let found: Vec<_> = missed
            .iter()
            .map(|packet| packet.event().expect("an event").1.json().to_owned())
            .collect();
        let wanted = |event: &Event| format!(r#"["event","{}"]"#, event.offset);
        assert_eq!(found, later.iter().map(wanted).collect::<Vec<_>>());

        // A client that has told the truth has now heard, or will, all that was meant for it.
        it.confirmed = seen;
        it.repeated |= !later.is_empty();
        it.received.retain(|event| event.number <= seen);
        it.on_the_way = later.into_iter().map(|event| (event, self.now)).collect();
        (it.silent_since, it.gone_at) = (None, None);
        it.has_lied |= !matches!(shows, Shows::Latest);
        if !it.has_lied {
            let will = it.on_the_way.iter().map(|(event, _)| event);
            let heard: Vec<_> = it.received.iter().chain(will).filter(|it| it.kept).collect();
            assert_eq!(heard, it.meant.iter().collect::<Vec<_>>());
        }
    }

    /// Whether there is a reason not to take back this client, which has seen all up to a number.
    fn may_refuse(&self, client: usize, seen: u64) -> bool {
        let it = self.clients[client].as_ref().expect("it has come back");
        let age = AWAY + UNNOTICED;
        let older = |at: Instant, than: Duration| self.now.duration_since(at) > than;
        // The latest that was lost counts for as long as it would have been kept.
        let recent = self.kept.iter().filter(|(_, at)| !older(*at, 2 * age)).count();
        it.forgotten
            || it.gone_at.is_some_and(|at| older(at, AWAY))
            || recent > self.max_packets
            // It was cut off again before it could hear what it was sent again.
            || it.repeated && self.kept.iter().any(|(number, at)| *number > seen && older(*at, age))
    }
}

fn play(max_packets: usize, max_sessions: usize, moves: Vec<Move>) -> usize {
    let mut world = World::new(max_packets, max_sessions);
    for next in moves {
        world.step(next);
    }
    // At the end everybody goes, and in time nothing is left.
    for client in 0..CLIENTS {
        world.cut(client);
    }
    world.step(Move::Wait { seconds: 60 });
    world.recovery.expire(world.now);
    assert!(world.recovery.is_empty(), "something is kept for ever");
    world.recovered
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn who_comes_back_has_missed_nothing(moves in prop::collection::vec(moves(), 1..120)) {
        play(10_000, 100, moves);
    }

    #[test]
    fn who_is_refused_is_refused_for_a_reason(
        max_packets in 0_usize..8,
        max_sessions in 0_usize..4,
        moves in prop::collection::vec(moves(), 1..120),
    ) {
        play(max_packets, max_sessions, moves);
    }
}

/// Trap 47: ten recoveries in a row.
#[test]
fn a_client_comes_back_ten_times_in_a_row() {
    let mut moves = vec![Move::Connect { client: 0, rooms: 1 }];
    for _ in 0..10 {
        moves.extend([
            Move::Emit { rooms: 1, except: 0, kept: true },
            Move::Emit { rooms: 1, except: 0, kept: false },
            Move::Deliver { client: 0, count: 1 },
            Move::EmitToOne { client: 0 },
            Move::Cut { client: 0 },
            Move::Emit { rooms: 0, except: 0, kept: true },
            Move::Return { client: 0, shows: Shows::Latest, refused_first: false },
        ]);
    }
    assert_eq!(play(10_000, 100, moves), 10);
}
