//! The world around a session: it carries out what the session decides, as its task does.
//!
//! ```text
//!   a move ──► event ──► actions        then, unless the turn is held:
//!              tick ──► actions ──► advance … ──► settle ──► frames out
//! ```
//!
//! Everything that can be seen from outside is written down, in order, as `Seen`.

use std::sync::OnceLock;
use std::time::Instant;

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::handshake::open_packet;
use sockrates::engineio::options::{Options, Transport};
use sockrates::engineio::packet::Frame;
use sockrates::engineio::session::{Action, Session};
use sockrates::engineio::sid::Sid;

use super::moves::{MOVES, Move, Step, UNIT};
use super::wire::{Letter, Revision};

/// The name of the session.
const SID: Sid = Sid::new([7; 15]);

/// What can be seen from outside.
#[derive(Debug, Eq, PartialEq)]
pub enum Seen {
    /// The session has something done.
    Done(Action<u8>),
    /// A frame leaves by the session's WebSocket.
    Frame(Frame),
    /// A frame leaves by the candidate.
    CandidateFrame(Frame),
    /// Whether a candidate may stay.
    Welcome(bool),
}

/// Which session is opened.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Setting {
    pub link: Link,
    pub revision: Revision,
}

/// The transport.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Link {
    Polling,
    WebSocket,
}

impl From<Link> for Transport {
    fn from(link: Link) -> Self {
        match link {
            Link::Polling => Self::Polling,
            Link::WebSocket => Self::WebSocket,
        }
    }
}

/// How many units of time the limits of a session are, and how many bytes.
///
/// They are as small as they can be with all of them distinct where they could be confused. Two
/// text messages fit a body, and a ping behind them does not; three bytes that wait are too many.
pub mod limits {
    pub const PING_INTERVAL: u32 = 4;
    pub const PING_TIMEOUT: u32 = 3;
    pub const UPGRADE_TIMEOUT: u32 = 2;
    pub const CLOSING_TIMEOUT: u32 = 5;
    pub const STALL_TIMEOUT: u32 = 2;
    pub const STALL_BUFFERED: usize = 2;
    pub const MAX_PAYLOAD: usize = 6;
}

impl Setting {
    pub fn options() -> Options {
        Options {
            ping_interval: limits::PING_INTERVAL * UNIT,
            ping_timeout: limits::PING_TIMEOUT * UNIT,
            upgrade_timeout: limits::UPGRADE_TIMEOUT * UNIT,
            closing_timeout: limits::CLOSING_TIMEOUT * UNIT,
            stall_timeout: limits::STALL_TIMEOUT * UNIT,
            stall_buffered: limits::STALL_BUFFERED,
            max_payload: limits::MAX_PAYLOAD,
            ..Options::default()
        }
    }

    /// The first packet, as it travels.
    pub fn open_packet(self) -> &'static str {
        static TEXTS: [OnceLock<String>; 2] = [const { OnceLock::new() }; 2];
        let [polling, websocket] = &TEXTS;
        let text = match self.link {
            Link::Polling => polling,
            Link::WebSocket => websocket,
        };
        text.get_or_init(|| format!("0{}", open_packet(SID, self.link.into(), &Self::options())))
    }

    /// What has always happened first: on polling, the request that opens a session fetches the
    /// open packet.
    pub fn prelude(self) -> &'static [Move] {
        match self.link {
            Link::Polling => &[Move::Get],
            Link::WebSocket => &[],
        }
    }

    /// The one place where a session is opened.
    fn open(self, now: Instant) -> Session<u8> {
        let dialect = self.revision.dialect();
        Session::open(SID, self.link.into(), dialect, &Self::options(), now)
    }
}

/// A session and all around it.
pub struct World {
    pub session: Session<u8>,
    pub now: Instant,
    /// How many units of time have passed.
    pub units: u32,
    revision: Revision,
    reading: bool,
    room: bool,
    held: bool,
    over: bool,
}

impl World {
    pub fn open(setting: Setting, now: Instant) -> Self {
        let session = setting.open(now);
        let (revision, units) = (setting.revision, 0);
        let (reading, room, held, over) = (true, true, false, false);
        Self { session, now, units, revision, reading, room, held, over }
    }

    /// Something happens, and the session's turn comes, unless it is held.
    pub fn step(&mut self, step: Step, seen: &mut Vec<Seen>) {
        if step.happens == Move::Hold {
            self.held = true;
            return;
        }
        self.happens(step, seen);
        self.act(seen);
        if !std::mem::take(&mut self.held) {
            self.turn(seen);
        }
    }

    fn happens(&mut self, step: Step, seen: &mut Vec<Seen>) {
        let (session, now) = (&mut self.session, self.now);
        match step.happens {
            Move::Get => session.get(step.request, now),
            Move::GetLost | Move::AnswerLost => session.get_lost(),
            Move::Post => session.post(step.request),
            Move::Body(body) => session.post_ended(body.end(self.revision, step.letter)),
            Move::Candidate => seen.push(Seen::Welcome(session.candidate(now))),
            Move::Probe => session.candidate_frame(&Frame::Text("2probe".into()), now),
            Move::Upgrade => session.candidate_frame(&Frame::Text("5".into()), now),
            Move::Early(early) => session.candidate_frame(&early.frame(), now),
            Move::CandidateLost => session.candidate_lost(now),
            // The error is for the log: what comes of it shows in the actions.
            Move::Frame(kind) => drop(session.frame(&kind.frame(self.revision, step.letter), now)),
            Move::WebSocketLost => session.websocket_lost(CloseReason::TransportClose),
            Move::Send(form) => session.send(step.letter.sent(form), now),
            Move::Close => session.close(CloseReason::ForcedClose, now),
            Move::Abort => session.abort(CloseReason::ServerShutdown),
            Move::Stick => self.room = !self.room,
            Move::Trickle => session.progressed(now),
            Move::Deafen => self.reading = !self.reading,
            Move::Wait(_) => {
                self.units += step.units;
                self.now += step.units * UNIT;
            }
            Move::Hold => {}
        }
    }

    fn turn(&mut self, seen: &mut Vec<Seen>) {
        if self.over {
            return;
        }
        self.session.tick(self.now, self.reading);
        self.act(seen);
        while !self.over && self.reading && self.session.advance(self.now) {
            self.act(seen);
        }
        if self.over {
            return;
        }
        self.session.settle(self.now);
        self.act(seen);
        while let Some(frame) = self.session.next_candidate_frame() {
            seen.push(Seen::CandidateFrame(frame));
        }
        if self.room && self.session.transport() == Transport::WebSocket {
            while let Some(frame) = self.session.next_frame(self.now) {
                seen.push(Seen::Frame(frame));
            }
            if self.session.is_closing() {
                self.session.drained();
                self.act(seen);
            }
        }
    }

    fn act(&mut self, seen: &mut Vec<Seen>) {
        while let Some(action) = self.session.next_action() {
            self.over |= matches!(action, Action::Closed(_));
            seen.push(Seen::Done(action));
        }
    }

    /// What a session that is over makes of all that still comes: nothing, and the requests are
    /// told that nobody has this name.
    pub fn afterwards(mut self) -> Vec<Seen> {
        let mut seen = Vec::new();
        for happens in MOVES {
            let step = Step { happens, request: 9, letter: Letter::A, units: 9 };
            self.happens(step, &mut seen);
            self.act(&mut seen);
        }
        self.session.drained();
        self.session.settle(self.now);
        self.session.tick(self.now, true);
        assert!(!self.session.advance(self.now), "a session that is over reads");
        assert_eq!(self.session.next_frame(self.now), None, "a session that is over speaks");
        assert_eq!(self.session.next_candidate_frame(), None, "so does its candidate");
        assert_eq!(self.session.deadline(), None, "a timer is left after the end");
        assert_eq!(self.session.buffered(), 0, "a session that is over holds something");
        self.act(&mut seen);
        seen
    }
}
