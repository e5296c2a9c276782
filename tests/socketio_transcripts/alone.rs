//! The core, played by a transcript: no session, no task, no clock.
//!
//! ```text
//!   C a: 42["x",1]     Client::receive ──► Asked::Event, or a violation: the session is closed
//!   A> io to "r1" …    Audience and Rooms ──► who gets the frames that Parser makes of it
//!   -- 45s             Client::tick
//!   40{"pid":…}        Recovery::claim, admit ──► what was missed
//! ```
//!
//! What is not the core's to decide is taken from the transcript itself: whether the application
//! lets somebody in, and why a session has ended.

#[path = "alone/application.rs"]
mod application;
#[path = "alone/clients.rs"]
mod clients;
#[path = "alone/server.rs"]
mod server;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Instant;

use serde_json::value::RawValue;
use sockrates::engineio::dialect::Revision;
use sockrates::engineio::packet::Frame as Sent;
use sockrates::socketio::Options;
use sockrates::socketio::acks::Acks;
use sockrates::socketio::client::Client;
use sockrates::socketio::offset::Offsets;
use sockrates::socketio::recovery::Recovery;
use sockrates::socketio::rooms::Rooms;
use sockrates::token::Token;

use super::names::Names;
use crate::support::transcript::{self, Line};

/// A server without a shell.
pub struct Core {
    options: Options,
    now: Instant,
    names: Names,
    ends: BTreeMap<String, End>,
    sockets: BTreeMap<String, Member>,
    namespaces: HashMap<String, Namespace>,
    questions: Vec<Question>,
    /// What the application is to be told.
    due: Vec<String>,
    /// With which words the next refusal is made.
    refusal: Option<(String, Option<Box<RawValue>>)>,
    tokens: u8,
}

/// The server's end of a client.
struct End {
    client: Client,
    revision: Revision,
    /// What was sent, and has not been looked at.
    sent: VecDeque<Sent>,
    /// Where it polls, whether a poll waits.
    poll_waits: Option<bool>,
    /// It broke a rule, or was closed by the application.
    closed: bool,
    /// Its session is over for a reason of the layer below.
    over: bool,
    /// It was asked whether it is there, and no transcript has one that answers.
    pinged: bool,
    /// It was seen that its session is closed.
    seen_closed: bool,
}

/// A socket.
struct Member {
    id: String,
    pid: Option<Token>,
    /// The rooms that it comes back into.
    past: Option<BTreeSet<String>>,
    connected: bool,
    /// Why it is to end.
    ending: Option<&'static str>,
    /// The rooms that it was in when it ended.
    left: Option<String>,
    heard: Vec<String>,
    wants_answer: Option<u64>,
    acks: Acks<usize>,
}

#[derive(Default)]
struct Namespace {
    rooms: Rooms<String>,
    memory: Option<Recovery<String, String>>,
    next_ack: u64,
    /// What the connection handler does.
    connection: Vec<String>,
}

/// A question, and what was answered.
struct Question {
    subject: String,
    id: u64,
    many: bool,
    waiting: BTreeSet<String>,
    answers: String,
}

/// Whether the core can play it: which of several parents a namespace has is the shell's affair.
pub fn can_play(lines: &[Line]) -> bool {
    !lines.iter().any(|line| line.what.starts_with("parent connection"))
}

/// The name of a client's socket in a namespace.
fn member_name(client: &str, namespace: &str) -> String {
    if namespace == "/" { client.to_owned() } else { format!("{client}{namespace}") }
}

/// The client and the namespace of a socket with this name.
fn parts(name: &str) -> (&str, &str) {
    match name.find('/') {
        Some(at) => name.split_at(at),
        None => (name, "/"),
    }
}

impl Core {
    pub fn new(options: Options) -> Self {
        Self {
            options,
            now: Instant::now(),
            names: Names::default(),
            ends: BTreeMap::new(),
            sockets: BTreeMap::new(),
            namespaces: HashMap::new(),
            questions: Vec::new(),
            due: Vec::new(),
            refusal: None,
            tokens: 0,
        }
    }

    /// Plays a transcript to its end.
    pub fn play(mut self, lines: &[Line]) {
        for (number, Line { place, who, what }) in lines.iter().enumerate() {
            let next = &lines[number + 1..];
            let client = who.strip_suffix(':').and_then(|who| who.split_once(' '));
            match (client, &**who) {
                (Some(("C", name)), _) => self.client(name, what, next),
                (Some(("S", name)), _) => self.server(name, what, place),
                (_, "A>") => self.order(&self.names.filled(what)),
                (_, "A:") => self.told(what, place),
                (_, "--") => self.pass(transcript::time(what)),
                _ => panic!("{place}"),
            }
            if !matches!(&**who, "A:") && !who.starts_with('S') {
                self.decide(next);
            }
        }
        assert!(self.due.is_empty(), "was not told: {:?}", self.due);
        for (name, end) in &self.ends {
            assert!(end.over || end.sent.is_empty(), "more sent to {name}: {:?}", end.sent);
            // One that polls may not come to see it.
            let seen = end.seen_closed || end.poll_waits.is_some();
            assert!(!end.closed || seen, "{name} is closed");
        }
        for (name, member) in &self.sockets {
            assert!(!member.connected || member.ending.is_none(), "{name} was not told");
        }
    }

    fn token(&mut self) -> Token {
        self.tokens += 1;
        Token::new([self.tokens; 15])
    }

    fn namespace(&mut self, name: &str) -> &mut Namespace {
        let options = &self.options;
        self.namespaces.entry(name.to_owned()).or_insert_with(|| {
            let memory = options.recovery.as_ref().map(|recovery| {
                // The time in which nobody notices that a client is dead.
                let unnoticed = options.engine.ping_interval + options.engine.ping_timeout;
                Recovery::new(recovery, unnoticed, Offsets::new(Token::new([77; 15])))
            });
            Namespace { memory, ..Namespace::default() }
        })
    }

    fn end(&mut self, client: &str) -> &mut End {
        self.ends.get_mut(client).expect("a client")
    }

    fn member(&mut self, name: &str) -> &mut Member {
        self.sockets.get_mut(name).unwrap_or_else(|| panic!("nobody is {name}"))
    }
}
