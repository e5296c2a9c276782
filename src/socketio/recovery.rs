//! Recovery: a client that was cut off comes back, and nothing has happened.
//!
//! ```text
//!   C: 40                                      S: 40{"sid":"a","pid":"p"}
//!                                              S: 42["one","Lk3z.1"]
//!        ~ the connection is lost ~            S: 42["two","Lk3z.2"]           (into the void)
//!   C: 40{"pid":"p","offset":"Lk3z.1"}          S: 42["two","Lk3z.2"]
//!                                              S: 40{"sid":"a","pid":"p"}     its old name
//! ```
//!
//! With its first connection a client is given a *pid*, which is a secret. Whoever shows it may
//! have back what the server has kept of the socket: its name, its rooms, its data. And it is
//! sent what was meant for it since the last *offset* it has seen.
//!
//! ```text
//!            open               save              claim               admit
//!   (none) ───────► Present ───────────► Away ◄──────────► Claimed ───────────► Present
//!                      │                  │     give back     │
//!                      ▼ forget           ▼ after too long    ▼ too much was lost meanwhile
//!                   (none)             (none)              (none)
//! ```
//!
//! A client may be back before the server has noticed that it was away. Then its socket is still
//! *present*, and the one who claims it is told so: it is ended first.
//!
//! Not kept are joins and leaves in between: whether a packet was meant for somebody is decided
//! by the rooms that the socket was in at its end, as the reference server does it.
//!
//! Core file: time is an argument, and what is kept of a socket is up to the caller. Not in the
//! specification: the fields `pid` and `offset` are those of the reference server.

use std::collections::{BTreeSet, HashMap};
use std::mem;
use std::time::{Duration, Instant};

use super::audience::Audience;
use super::backlog::{Backlog, Limits};
use super::offset::{Offset, Offsets};
use super::parser::Encoded;
use crate::token::Token;

/// The settings of recovery.
///
/// Each namespace has a memory of its own, so the limits are for one namespace.
///
/// ```
/// use sockrates::socketio::{Options, recovery};
///
/// let recovery = recovery::Options { max_packets: 1000, ..Default::default() };
/// let options = Options { recovery: Some(recovery), ..Options::default() };
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    /// How long a client may be away (official: `maxDisconnectionDuration`). Default: 2 minutes.
    pub max_disconnection: Duration,

    /// Whether a client that comes back is let in without asking the middleware again (official:
    /// `skipMiddlewares`). Default: yes.
    pub skip_middleware: bool,

    /// Packets that are kept for those who come back. Default: 10,000.
    ///
    /// When there are more, the oldest are dropped, and a client that has not heard them is
    /// connected as a new one.
    pub max_packets: usize,

    /// Bytes that those packets may have. Default: 16 MiB.
    pub max_bytes: usize,

    /// Clients that are away and may come back. Default: 10,000.
    ///
    /// When there are more, those that have been away the longest are forgotten.
    pub max_sessions: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_disconnection: Duration::from_secs(120),
            skip_middleware: true,
            max_packets: 10_000,
            max_bytes: 16 << 20,
            max_sessions: 10_000,
        }
    }
}

/// What is remembered of one namespace: its latest packets, and a session for each socket that
/// is there, or may come back.
///
/// A present socket is an `L`, as far as the caller needs it to end it. What is kept of one that
/// is away is an `S`.
#[derive(Debug)]
pub struct Recovery<L, S> {
    max_disconnection: Duration,
    max_sessions: usize,
    offsets: Offsets,
    /// The number of the latest event.
    newest: u64,
    backlog: Backlog,
    sessions: HashMap<Token, Session<L, S>>,
    /// Those who are away, by the time at which they went.
    away: BTreeSet<(Instant, Token)>,
    gone: Vec<Session<L, S>>,
}

/// What is remembered of one client.
#[derive(Debug)]
pub struct Session<L, S> {
    /// Nothing up to this number is missed, whatever the client says. What came before a socket
    /// was not meant for it.
    since: u64,
    /// When packets were last sent to it again.
    repeated: Option<Instant>,
    state: State<L, S>,
}

#[derive(Debug)]
enum State<L, S> {
    Present(L),
    Away(Saved<S>),
    /// It is being decided whether the client is let in again.
    Claimed(Saved<S>),
}

#[derive(Clone, Debug)]
struct Saved<S> {
    rooms: BTreeSet<String>,
    what: S,
    /// When it went away.
    at: Instant,
}

/// What becomes of a client that wants to be who it was.
#[derive(Debug, Eq, PartialEq)]
pub enum Claim<L, S> {
    /// It is, if it is let in: [`admit`](Recovery::admit) or [`give_back`](Recovery::give_back)
    /// comes next. Nobody else can claim the same meanwhile.
    Claimed {
        /// What was kept of the socket.
        what: S,
        /// The rooms that it was in.
        rooms: BTreeSet<String>,
    },
    /// This one is still there. Once it has ended, claim again.
    Present(L),
    /// It is not known, or has been away for too long, or what it missed is not known any more.
    Unknown,
}

impl<L: Clone, S: Clone> Recovery<L, S> {
    /// A memory of nothing yet. `unnoticed` is the longest time in which nobody notices that a
    /// client is dead.
    pub fn new(options: &Options, unnoticed: Duration, offsets: Offsets) -> Self {
        let &Options { max_disconnection, max_packets, max_bytes, max_sessions, .. } = options;
        let age = max_disconnection.saturating_add(unnoticed);
        let limits = Limits { packets: max_packets, bytes: max_bytes, age };
        Self {
            max_disconnection,
            max_sessions,
            offsets,
            newest: 0,
            backlog: Backlog::new(limits),
            sessions: HashMap::new(),
            away: BTreeSet::new(),
            gone: Vec::new(),
        }
    }

    /// What is not remembered any more. With it goes what an application has kept, which may do
    /// anything when it is dropped: so that is left to the caller, who may hold a lock.
    pub fn take_gone(&mut self) -> Vec<Session<L, S>> {
        mem::take(&mut self.gone)
    }

    /// An event is sent to an audience: `send` is given its offset, and sends it. It returns the
    /// packet if that is to be kept for those who miss it.
    ///
    /// Every event needs an offset, kept or not. The client takes the last argument for one if it
    /// is a string, whoever has put it there.
    pub fn emit<F>(&mut self, audience: &Audience, now: Instant, send: F)
    where
        F: FnOnce(&str) -> Option<Encoded>,
    {
        self.newest += 1;
        let packet = send(&self.offsets.write(self.newest));
        // Who comes later is not told of it.
        if let Some(packet) = packet.filter(|_| !self.sessions.is_empty()) {
            self.backlog.push(self.newest, audience.clone(), packet, now);
        }
    }

    /// A socket has connected for the first time.
    pub fn open(&mut self, pid: Token, socket: L) {
        let state = State::Present(socket);
        self.sessions.insert(pid, Session { since: self.newest, repeated: None, state });
    }

    /// What was sent to somebody in these rooms since a socket connected for the first time: before
    /// it heard anything by itself.
    pub fn since_opened(&self, pid: Token, rooms: &BTreeSet<String>) -> Option<Vec<Encoded>> {
        let session = self.sessions.get(&pid)?;
        let sent = self.backlog.missed(session.since, rooms);
        Some(sent.into_iter().map(|(_, packet)| packet).collect())
    }

    /// A socket is gone, and its client may come back.
    pub fn save(&mut self, pid: Token, rooms: BTreeSet<String>, what: S, now: Instant) {
        if let Some(Session { state: State::Present(_), .. }) = self.sessions.get(&pid) {
            self.put_away(pid, Saved { rooms, what, at: now });
        }
        self.expire(now);
    }

    /// A socket is gone for good.
    pub fn forget(&mut self, pid: Token) {
        let session = self.sessions.remove(&pid);
        if let Some(Session { state: State::Away(saved), .. }) = &session {
            self.away.remove(&(saved.at, pid));
        }
        self.gone.extend(session);
        self.drop_backlog();
    }

    /// A client shows its pid, and the last offset it has seen, if it has seen any.
    pub fn claim(&mut self, pid: Token, offset: Option<&str>, now: Instant) -> Claim<L, S> {
        self.expire(now);
        let seen = match offset.map(|offset| self.offsets.read(offset)) {
            Some(Some(Offset::Ours(number))) if number <= self.newest => number,
            None | Some(Some(Offset::OfAnotherLife)) => 0,
            Some(Some(Offset::Ours(_)) | None) => return Claim::Unknown,
        };
        let Some(session) = self.sessions.get_mut(&pid) else { return Claim::Unknown };
        let since = session.since.max(seen);
        if !self.backlog.reaches(since, session.repeated, now) {
            return Claim::Unknown;
        }
        match &session.state {
            State::Present(socket) => Claim::Present(socket.clone()),
            State::Claimed(_) => Claim::Unknown,
            State::Away(saved) => {
                self.away.remove(&(saved.at, pid));
                let saved = saved.clone();
                let (what, rooms) = (saved.what.clone(), saved.rooms.clone());
                session.since = since;
                session.state = State::Claimed(saved);
                Claim::Claimed { what, rooms }
            }
        }
    }

    /// The client was let in, as `socket`. What it has missed, in the order in which it was sent:
    /// it comes to the client before anything else. `None` if that has come to be too old, or too
    /// much, since it was claimed.
    pub fn admit(&mut self, pid: Token, socket: L, now: Instant) -> Option<Vec<Encoded>> {
        self.backlog.expire(now);
        let session = self.sessions.get_mut(&pid)?;
        let State::Claimed(saved) = &session.state else { return None };
        let gone = now.saturating_duration_since(saved.at);
        let reaches = self.backlog.reaches(session.since, session.repeated, now);
        if gone > self.max_disconnection || !reaches {
            self.forget(pid);
            return None;
        }
        let missed = self.backlog.missed(session.since, &saved.rooms);
        match missed.first() {
            Some((number, _)) => {
                session.since = number - 1;
                session.repeated = Some(now);
            }
            None => session.since = self.newest,
        }
        let since = session.since;
        let was = mem::replace(&mut session.state, State::Present(socket));
        self.gone.push(Session { since, repeated: None, state: was });
        Some(missed.into_iter().map(|(_, packet)| packet).collect())
    }

    /// The client was not let in. It may try again, in the time that it had before.
    pub fn give_back(&mut self, pid: Token, now: Instant) {
        if let Some(Session { state: State::Claimed(saved), .. }) = self.sessions.get(&pid) {
            self.put_away(pid, saved.clone());
        }
        self.expire(now);
    }

    /// Time has passed.
    pub fn expire(&mut self, now: Instant) {
        while let Some(&(at, pid)) = self.away.first() {
            let over = now.saturating_duration_since(at) > self.max_disconnection;
            if !over && self.away.len() <= self.max_sessions {
                break;
            }
            self.away.pop_first();
            self.gone.extend(self.sessions.remove(&pid));
        }
        self.backlog.expire(now);
        self.drop_backlog();
    }

    /// Whether the socket with this pid has not ended yet.
    pub fn is_present(&self, pid: Token) -> bool {
        matches!(self.sessions.get(&pid), Some(Session { state: State::Present(_), .. }))
    }

    /// Whether nobody is remembered, and nothing.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.backlog.is_empty()
    }

    fn put_away(&mut self, pid: Token, saved: Saved<S>) {
        let Some(session) = self.sessions.get_mut(&pid) else { return };
        self.away.insert((saved.at, pid));
        session.state = State::Away(saved);
    }

    /// Where nobody can come back, nobody misses anything.
    fn drop_backlog(&mut self) {
        if self.sessions.is_empty() {
            self.backlog.clear();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::parser::Parser;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const PID: Token = Token::new([1; 15]);
    const OTHER: Token = Token::new([2; 15]);

    /// A memory in which clients may be away for ten seconds, and are noticed after two. Packets
    /// and what was sent are called by their numbers.
    struct Story {
        recovery: Recovery<&'static str, &'static str>,
        now: Instant,
    }

    impl Story {
        fn new() -> Self {
            Self::with(Options::default())
        }

        fn with(options: Options) -> Self {
            let options = Options { max_disconnection: 10 * SECOND, ..options };
            let offsets = Offsets::new(Token::new([0; 15]));
            let recovery = Recovery::new(&options, 2 * SECOND, offsets);
            Self { recovery, now: Instant::now() }
        }

        /// A client that has connected, in the room "r".
        fn opened() -> Self {
            let mut story = Self::new();
            story.recovery.open(PID, "first");
            story
        }

        fn emit(&mut self, room: &str) {
            self.recovery.emit(&Audience::default().to(room), self.now, |offset| {
                Some(Parser::Json.event("/", None, "e", offset).unwrap())
            });
        }

        fn save(&mut self, pid: Token) {
            self.recovery.save(pid, BTreeSet::from(["r".to_owned()]), "data", self.now);
        }

        fn claim(&mut self, offset: Option<&str>) -> String {
            match self.recovery.claim(PID, offset, self.now) {
                Claim::Claimed { what, rooms } => format!("{what} {rooms:?}"),
                Claim::Present(socket) => format!("present: {socket}"),
                Claim::Unknown => "unknown".to_owned(),
            }
        }

        /// The last characters of the offsets of what it has missed.
        fn admit(&mut self) -> Option<String> {
            let missed = self.recovery.admit(PID, "next", self.now)?;
            Some(missed.iter().filter_map(|it| it.event()?.1.json().chars().rev().nth(2)).collect())
        }
    }

    const CLAIMED: &str = r#"data {"r"}"#;

    #[test]
    fn the_offset_says_what_was_missed() {
        // The events are 1 to 4; the client was there for 2 to 4, and 3 was for others.
        let check = |offset: Option<&str>, claimed: &str, missed: Option<&str>| {
            let mut story = Story::new();
            story.recovery.open(OTHER, "other");
            story.emit("r");
            story.recovery.open(PID, "first");
            story.emit("r");
            story.emit("s");
            story.emit("r");
            story.save(PID);
            assert_eq!(story.claim(offset), claimed, "{offset:?}");
            assert_eq!(story.admit().as_deref(), missed, "{offset:?}");
        };
        check(None, CLAIMED, Some("24"));
        check(Some("AAAA.0"), CLAIMED, Some("24"));
        check(Some("AAAA.1"), CLAIMED, Some("24"));
        check(Some("AAAA.2"), CLAIMED, Some("4"));
        check(Some("AAAA.3"), CLAIMED, Some("4"));
        check(Some("AAAA.4"), CLAIMED, Some(""));
        check(Some("BBBB.3"), CLAIMED, Some("24"));
        check(Some("AAAA.5"), "unknown", None);
        check(Some("hello"), "unknown", None);
        check(Some(""), "unknown", None);
    }

    #[test]
    fn a_pid_is_claimed_once() {
        let mut story = Story::opened();
        assert_eq!(story.claim(None), "present: first");
        story.save(PID);
        assert_eq!(story.claim(None), CLAIMED);
        assert_eq!(story.claim(None), "unknown");
        assert_eq!(story.admit().as_deref(), Some(""));
        assert_eq!(story.admit(), None);
        assert_eq!(story.claim(None), "present: next");
    }

    #[test]
    fn who_was_refused_may_try_again_in_the_time_that_is_left() {
        let mut story = Story::opened();
        story.save(PID);
        story.now += 4 * SECOND;
        assert_eq!(story.claim(None), CLAIMED);
        story.emit("r");
        story.now += 4 * SECOND;
        story.recovery.give_back(PID, story.now);
        assert_eq!(story.claim(None), CLAIMED);
        story.recovery.give_back(PID, story.now);
        story.now += 3 * SECOND;
        assert_eq!(story.claim(None), "unknown");
    }

    #[test]
    fn who_is_let_in_too_late_is_not() {
        let mut story = Story::opened();
        story.save(PID);
        story.now += 10 * SECOND;
        assert_eq!(story.claim(None), CLAIMED);
        story.now += SECOND;
        assert_eq!(story.admit(), None);
        assert_eq!(story.claim(None), "unknown");
    }

    #[test]
    fn who_was_disconnected_does_not_come_back() {
        let mut story = Story::opened();
        story.recovery.forget(PID);
        story.save(PID);
        assert_eq!(story.claim(None), "unknown");
        assert!(story.recovery.is_empty());
    }

    #[test]
    fn who_was_away_the_longest_is_forgotten_first() {
        let mut story = Story::with(Options { max_sessions: 1, ..Options::default() });
        story.recovery.open(PID, "first");
        story.recovery.open(OTHER, "other");
        story.save(PID);
        story.now += SECOND;
        story.save(OTHER);
        assert_eq!(story.claim(None), "unknown");
        assert!(matches!(story.recovery.claim(OTHER, None, story.now), Claim::Claimed { .. }));
    }

    #[test]
    fn nothing_is_kept_for_nobody() {
        let mut story = Story::new();
        story.emit("r");
        assert!(story.recovery.is_empty());
        story.recovery.open(PID, "first");
        story.emit("r");
        assert!(!story.recovery.is_empty());
        story.save(PID);
        story.now += 11 * SECOND;
        story.recovery.expire(story.now);
        assert!(story.recovery.is_empty());
    }

    /// What the model test has found: a packet that is old was sent again, and lost again.
    #[test]
    fn who_may_have_missed_it_twice_is_refused() {
        let mut story = Story::opened();
        story.emit("r");
        story.save(PID);
        story.now += 9 * SECOND;
        assert_eq!(story.claim(None), CLAIMED);
        assert_eq!(story.admit().as_deref(), Some("1"));
        story.now += 2 * SECOND;
        story.save(PID);
        story.now += 2 * SECOND;
        assert_eq!(story.claim(None), "unknown");
        assert_eq!(story.claim(Some("AAAA.1")), CLAIMED);
    }

    #[test]
    fn a_quiet_client_comes_back_however_much_the_others_were_told() {
        let mut story = Story::opened();
        for _ in 0..10 {
            story.emit("others");
            story.now += 5 * SECOND;
            story.save(PID);
            story.now += 8 * SECOND;
            assert_eq!(story.claim(None), CLAIMED);
            assert_eq!(story.admit().as_deref(), Some(""));
        }
    }
}
