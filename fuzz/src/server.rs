//! The whole server in memory: any requests and any bytes, on several connections at once.
//!
//! ```text
//!   n  @1        a new connection; connection 1: what follows happens on it
//!   o  w         a GET that opens a session, a WebSocket that does
//!   g0  p04a     a GET, a POST of "4a" for session 0
//!   c0           a WebSocket for session 0, as a candidate
//!   f4hi  Fab    a frame of text, one of bytes
//!   m4h|i        a frame of text in two fragments
//!   i…  e…       a ping of the WebSocket protocol, its close frame
//!   tHost: a     a line as it is, with its line end; {0} is the name of session 0
//!   x81 02 34    bytes as they are
//!   h  d  b      the client closes its half; drops all; stops to read, or goes on
//!   s0hi  S0hi   the application sends text, bytes to session 0
//!   k0  K        it closes session 0; the whole server stops
//!   .10 ,10      seconds pass, milliseconds
//!   +            what follows happens before anybody else has a turn
//! ```
//!
//! A `#` in what is sent becomes a number that is never the same, so that messages can be told
//! apart. After each step, when nobody has anything left to do:
//!
//! - what comes is well-formed: answers of a known status, frames as RFC 6455 has them;
//! - each request has its answer, unless it is a `GET` that waits on a session that is open;
//! - as many sessions are open as were opened and not closed, and none is closed twice;
//! - a client hears what its application has sent, nothing else, nothing twice, all of it and
//!   in order; on a WebSocket and where a `GET` waits, at once;
//! - an application is told what its client has sent, and nothing that another one has;
//! - what comes is bounded by what was sent.
//!
//! In the end the clients go away. After the time of a ping and its answer no session is left,
//! and no task.

mod account;
mod heard;
mod wire;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use sockrates::engineio::close::CloseReason;
use sockrates::engineio::cors::Chosen;
use sockrates::engineio::engine::Engine;
use sockrates::engineio::http::response;
use sockrates::engineio::options::Options;
use sockrates::engineio::packet::{Frame, Message, Packet};
use sockrates::engineio::payload::{Payload, SEPARATOR};
use sockrates::engineio::server::Server;
use tokio::runtime::{Builder, Handle};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use self::account::Accounts;
use self::wire::{Came, Wire, masked};
use super::script::{self, Line};

/// Connections of one script.
const MAX_CONNECTIONS: usize = 8;

/// Bytes that fit into one direction of a connection.
const PIPE: usize = 4 << 10;

/// The longest text of one step.
const MAX_TEXT: usize = 4 << 10;

/// How long a stop waits for sessions, and then for connections.
const GRACE: Duration = Duration::from_secs(5);

/// Small limits, so that short scripts meet them.
fn options() -> Options {
    Options {
        max_payload: 300,
        max_buffered: 2000,
        stall_buffered: 500,
        max_head: 1000,
        cors: Chosen::list(["https://a.example"]).expect("an origin").with_credentials().into(),
        // What reads the answers here does not unpack.
        http_compression: None,
        ..Options::default()
    }
}

/// Checks the properties above.
pub fn check(data: &[u8]) {
    let script = String::from_utf8_lossy(data);
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let mut world = World::new();
        let mut same_turn = false;
        for line in script::lines(&script) {
            if line.verb == '+' {
                same_turn = true;
                continue;
            }
            if !std::mem::take(&mut same_turn) {
                world.settles().await;
            }
            world.happens(line).await;
        }
        world.settles().await;
        world.ends().await;
    });
}

/// A request that was written and has no answer yet.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Open,
    Get(usize),
    Post,
    Switch(Option<usize>),
}

/// A connection, and what its client knows of it.
#[derive(Debug)]
struct Connection {
    wire: Wire,
    asked: VecDeque<Asked>,
    /// Bytes of any kind were written, so nobody knows what is asked.
    wild: bool,
    /// An answer said that it is the last, or the connection may be over for its silence.
    last: bool,
    /// When its client wrote, and how long it may wait before it does so again.
    wrote: Instant,
    patience: Duration,
    /// The session whose WebSocket it is, or may become.
    session: Option<usize>,
    /// The name of a session that was opened here, before its greeting came.
    name: Option<String>,
    /// How far it is from being that session's only transport.
    switch: Switch,
    /// All sessions that it had to do with.
    touched: Vec<usize>,
}

/// How far an upgrade has come, as its client sees it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Switch {
    Candidate,
    Probed,
    Done,
    Dropped,
}

struct World {
    engine: Engine<Accounts>,
    server: Server,
    accounts: Accounts,
    connections: Vec<Connection>,
    current: usize,
    /// For `#`.
    number: usize,
    stopping: Option<JoinHandle<()>>,
    /// Bytes that may come for what was done so far.
    allowed: usize,
    /// Bytes that came on connections that are gone.
    received: usize,
}

impl World {
    fn new() -> Self {
        let (options, accounts) = (options(), Accounts::default());
        Self {
            server: Server::new(&options),
            engine: Engine::new(options, accounts.clone()),
            accounts,
            connections: Vec::new(),
            current: 0,
            number: 0,
            stopping: None,
            allowed: 0,
            received: 0,
        }
    }

    async fn happens(&mut self, line: Line<'_>) {
        self.allowed += 1000 + 32 * line.rest.len();
        match line.verb {
            'n' => self.connect(),
            '@' => self.current = line.number(MAX_CONNECTIONS as u64) as usize,
            's' | 'S' | 'k' | 'K' => self.application(line),
            '.' => self.passes(Duration::from_secs(line.number(100))).await,
            ',' => self.passes(Duration::from_millis(line.number(1000))).await,
            _ if self.connections.get(self.current).is_none_or(|it| !it.wire.is_there()) => {}
            'o' | 'w' | 'g' | 'p' | 'c' => self.request(line),
            'f' | 'F' | 'm' | 'i' | 'e' => self.frame(line),
            't' | 'x' => self.bytes(line),
            'h' | 'd' | 'b' => self.client(line.verb),
            _ => {}
        }
    }

    fn connect(&mut self) {
        if self.connections.len() == MAX_CONNECTIONS {
            return;
        }
        let (near, far) = tokio::io::duplex(PIPE);
        let engine = self.engine.clone();
        let service = move |request: Request<Incoming>, peer| {
            let engine = engine.clone();
            async move {
                if engine.serves(request.uri().path()) {
                    return engine.handle(request, peer).await;
                }
                response(hyper::StatusCode::NOT_FOUND, "text/plain", "not found")
            }
        };
        let peer = SocketAddr::from(([127, 0, 0, 1], 1));
        tokio::spawn(self.server.clone().connection(far, peer, service));
        self.current = self.connections.len();
        self.connections.push(Connection {
            wire: Wire::new(near),
            asked: VecDeque::new(),
            wild: false,
            last: false,
            wrote: Instant::now(),
            patience: self.engine.options().head_timeout,
            session: None,
            name: None,
            switch: Switch::Done,
            touched: Vec::new(),
        });
    }

    async fn passes(&mut self, time: Duration) {
        self.allowed += 100 * self.accounts.lock().len();
        // What was written before is on its way before the time begins to pass.
        for connection in &mut self.connections {
            connection.wire.pump();
        }
        sleep(time).await;
    }

    /// The text of a step, with a number of its own where it wants one.
    fn text(&mut self, rest: &str) -> String {
        let end = (0..=rest.len().min(MAX_TEXT)).rev().find(|at| rest.is_char_boundary(*at));
        self.number += 1;
        rest[..end.unwrap_or_default()].replace('#', &self.number.to_string())
    }

    /// The session that a step is about, and the rest of its line.
    fn session<'a>(&self, rest: &'a str) -> (usize, &'a str) {
        let digit = rest.chars().next().and_then(|digit| digit.to_digit(10));
        digit.map_or((0, rest), |digit| (digit as usize, &rest[1..]))
    }

    fn sid(&self, k: usize) -> String {
        let accounts = self.accounts.lock();
        accounts.get(k).and_then(|it| it.sid.clone()).unwrap_or_else(|| "nobody".into())
    }

    fn request(&mut self, line: Line<'_>) {
        let (k, rest) = self.session(line.rest);
        let (sid, body) = (self.sid(k), self.text(rest));
        let (method, transport, asked) = match line.verb {
            'o' => ("GET", "polling".to_owned(), Asked::Open),
            'w' => ("GET", "websocket".to_owned(), Asked::Switch(None)),
            'g' => ("GET", format!("polling&sid={sid}"), Asked::Get(k)),
            'p' => ("POST", format!("polling&sid={sid}"), Asked::Post),
            _ => ("GET", format!("websocket&sid={sid}"), Asked::Switch(Some(k))),
        };
        let head =
            format!("{method} /engine.io/?EIO=4&transport={transport} HTTP/1.1\r\nHost: a\r\n");
        let rest = match asked {
            Asked::Switch(_) => "Connection: Upgrade\r\nUpgrade: websocket\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
                .to_owned(),
            Asked::Post => format!("Content-Length: {}\r\n\r\n{body}", body.len()),
            Asked::Open | Asked::Get(_) => "\r\n".to_owned(),
        };
        let connection = &mut self.connections[self.current];
        if !matches!(asked, Asked::Open | Asked::Switch(None)) {
            connection.touched.push(k);
        }
        let switches = connection.asked.iter().any(|asked| matches!(asked, Asked::Switch(_)));
        if switches || connection.wire.is_websocket() {
            connection.wild = true;
        }
        let settled = Duration::from_millis(100);
        connection.last |= connection.wrote.elapsed() + settled >= connection.patience;
        (connection.wrote, connection.patience) = (Instant::now(), options().idle_timeout);
        connection.asked.push_back(asked);
        connection.wire.write((head + &rest).as_bytes());
        if matches!(asked, Asked::Post) {
            let packets = Payload::new(body.into()).flatten();
            self.posts(k, packets);
        }
        self.spoils();
    }

    /// What the client of session `k` sends.
    fn posts(&mut self, k: usize, packets: impl Iterator<Item = Packet>) {
        if let Some(account) = self.accounts.lock().get_mut(k) {
            account.posted.extend(packets.filter_map(|packet| match packet {
                Packet::Message(message) => Some(message),
                _ => None,
            }));
        }
    }

    fn frame(&mut self, line: Line<'_>) {
        let text = self.text(line.rest);
        let connection = &mut self.connections[self.current];
        // What comes before the answer may come after a refusal.
        connection.wild |= !connection.wire.is_websocket();
        let bytes = match line.verb {
            'f' => masked(0x81, text.as_bytes()),
            'F' => masked(0x82, text.as_bytes()),
            'm' => {
                let pieces: Vec<&str> = text.split('|').collect();
                let frame = |(at, piece): (usize, &&str)| {
                    let first = if at == 0 { 1 } else { 0 };
                    let last = if at + 1 == pieces.len() { 0x80 } else { 0 };
                    masked(first | last, piece.as_bytes())
                };
                pieces.iter().enumerate().flat_map(frame).collect()
            }
            'i' => masked(0x89, text.as_bytes()),
            _ => masked(0x88, &[&1000_u16.to_be_bytes(), text.as_bytes()].concat()),
        };
        connection.wire.write(&bytes);
        let whole = if line.verb == 'm' { text.replace('|', "") } else { text.clone() };
        connection.switch = match (connection.switch, line.verb, &*whole) {
            (Switch::Done, ..) => Switch::Done,
            // What the WebSocket protocol says to itself is nothing to the session.
            (switch, 'i', _) => switch,
            (switch, 'f' | 'm', "2probe") => switch,
            (Switch::Probed, 'f' | 'm', said) if said.starts_with('5') => Switch::Done,
            (Switch::Candidate, 'f' | 'm', said) if said.starts_with('5') => Switch::Candidate,
            // It is dropped, and whatever it says from here on is said to nobody.
            _ => Switch::Dropped,
        };
        let frame = match line.verb {
            'f' => Frame::Text(text.into()),
            'm' => Frame::Text(text.replace('|', "").into()),
            'F' => Frame::Binary(text.into_bytes().into()),
            _ => return self.spoils(),
        };
        if let Some(k) = connection.session {
            self.posts(k, Packet::decode(&frame).into_iter());
        }
        self.spoils();
    }

    fn bytes(&mut self, line: Line<'_>) {
        let mut bytes = Vec::new();
        let mut touched = Vec::new();
        if line.verb == 'x' {
            let digits = line.rest.split(' ').map(|byte| u8::from_str_radix(byte, 16));
            bytes.extend(digits.flatten().take(MAX_TEXT));
        } else {
            let mut text = self.text(line.rest);
            let count = self.accounts.lock().len();
            for k in 0..count {
                let name = format!("{{{k}}}");
                if text.contains(&name) {
                    touched.push(k);
                    text = text.replace(&name, &self.sid(k));
                }
            }
            bytes.extend(text.into_bytes());
            bytes.extend(b"\r\n");
        }
        let connection = &mut self.connections[self.current];
        connection.wild = true;
        connection.touched.extend(touched);
        // It may also come letter by letter, so one that could be part of the word is enough.
        connection.wire.has_head |= bytes.iter().any(|byte| b"HEAD".contains(byte));
        connection.wire.write(&bytes);
        self.spoils();
    }

    fn client(&mut self, verb: char) {
        let connection = &mut self.connections[self.current];
        match verb {
            'h' => connection.wire.half_closed = true,
            'd' => {
                self.received += std::mem::take(&mut connection.wire.received);
                connection.wire.drop_it();
            }
            _ => connection.wire.reading = !connection.wire.reading,
        }
        self.spoils();
    }

    /// A client that behaves in any of these ways may miss something, on every session that it
    /// has to do with.
    fn spoils(&mut self) {
        let connection = &self.connections[self.current];
        let Connection { wire, wild, touched, session, .. } = connection;
        let lossy = *wild || wire.half_closed || !wire.reading || !wire.is_there();
        for k in touched.iter().chain(session) {
            if let Some(account) = self.accounts.lock().get_mut(*k) {
                account.lossy |= lossy;
                account.wild |= *wild;
            }
        }
    }

    fn application(&mut self, line: Line<'_>) {
        let (k, rest) = self.session(line.rest);
        // A separator of its own would fall apart on polling; Socket.IO never sends one.
        let text = self.text(rest).replace(SEPARATOR, " ");
        match line.verb {
            's' => self.accounts.send(k, Packet::Message(Message::Text(text.into())).to_frame()),
            'S' => self.accounts.send(k, Frame::Binary(text.into_bytes().into())),
            'k' => {
                if let Some(account) = self.accounts.lock().get(k) {
                    account.handle.close(CloseReason::ForcedClose);
                }
            }
            _ if self.stopping.is_none() => {
                self.allowed += 1000;
                let (engine, server) = (self.engine.clone(), self.server.clone());
                self.stopping = Some(tokio::spawn(async move {
                    engine.close(GRACE).await;
                    server.close(GRACE).await;
                }));
            }
            _ => {}
        }
    }

    /// Everybody has a turn, until nobody has anything left to do. Then the properties hold.
    async fn settles(&mut self) {
        loop {
            let moved =
                self.connections.iter_mut().map(|it| it.wire.pump()).filter(|it| *it).count();
            // With the clock stopped, this wait ends when everybody else waits for longer.
            sleep(Duration::from_millis(1)).await;
            if moved == 0 && !self.connections.iter_mut().any(|it| it.wire.pump()) {
                break;
            }
        }
        for index in 0..self.connections.len() {
            while let Some(came) = self.connections[index].wire.next() {
                match came {
                    Came::Answer(status, last, body) => self.answered(index, status, last, &body),
                    Came::Frame(frame) => self.framed(index, frame),
                }
            }
        }
        self.holds();
    }

    /// The clients go away, and after a while nothing is left.
    async fn ends(&mut self) {
        for index in 0..self.connections.len() {
            self.current = index;
            self.client('d');
        }
        let Options { ping_interval, ping_timeout, closing_timeout, .. } = options();
        sleep(ping_interval + ping_timeout + closing_timeout).await;
        self.settles().await;
        assert_eq!(self.engine.sessions(), 0, "a session without a client");
        assert_eq!(Handle::current().metrics().num_alive_tasks(), 0, "a task without a client");
    }
}
