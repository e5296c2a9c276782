//! Any life of a session, on polling, on WebSocket, and on the way from one to the other.
//!
//! ```text
//!   w        (first line) the session opens on WebSocket; else on polling
//!   g  G     a GET comes; it is lost
//!   p        a POST comes           P4a␞4b   its body is complete
//!   n b t y  its body is no text, too large, too slow, lost
//!   c  l     a WebSocket comes; it is lost      C2probe   a frame came over it
//!   f4a  Fa  a frame of text came over the session's WebSocket, one of bytes
//!   x        that WebSocket is lost
//!   o3       it has room for three frames; and if none is left, all have gone out
//!   q        a part of the frame that it took last has gone out
//!   s… S…    the application sends text, bytes
//!   k  a     the application closes the session; the server gives it up
//!   r        the application has no more room for messages, or has it again
//!   .10 ,10  seconds pass, milliseconds
//!   +        what follows happens in the same turn
//! ```
//!
//! Whatever happens, in whatever order, the session agrees with the plain model in `Model`:
//!
//! - each request is answered exactly once, by an answer of its kind, unless its client went away;
//! - there is one end and nothing after it: later requests are told that the session is unknown;
//! - after a turn the deadline lies ahead, and it is `None` exactly when the session is over;
//! - what the application sends comes out exactly once and in order, whatever transport it leaves
//!   by, in bodies that keep their limit; a close that it asked for comes behind all of it;
//! - what the client sends is delivered exactly once and in order;
//! - at most one ping is unanswered; `ping timeout` and `slow consumer` are said when they are true
//!   and not before, and a client that is silent for long enough is not kept;
//! - one WebSocket at a time may take over, only for so long, and only what says `5` does;
//! - the bytes that wait are those that the model holds.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::options::{Options, Transport};
use sockrates::engineio::packet::{DecodeError, Frame, Message, Packet, Purpose};
use sockrates::engineio::payload::{self, Payload, SEPARATOR};
use sockrates::engineio::refusal::Refusal;
use sockrates::engineio::session::{Action, Answer, BodyEnd, Session};
use sockrates::engineio::sid::Sid;

use super::script::{self, Line};

/// Small limits, so that short scripts meet them.
fn options() -> Options {
    Options {
        ping_interval: Duration::from_secs(25),
        ping_timeout: Duration::from_secs(20),
        upgrade_timeout: Duration::from_secs(10),
        closing_timeout: Duration::from_secs(30),
        max_payload: 120,
        stall_buffered: 200,
        stall_timeout: Duration::from_secs(10),
        ..Options::default()
    }
}

/// Checks the properties above.
pub fn check(data: &[u8]) {
    let script = String::from_utf8_lossy(data);
    let mut lines = script::lines(&script).peekable();
    let on_websocket = lines.next_if(|line| line.verb == 'w' && line.rest.is_empty()).is_some();
    let mut life = Life::new(if on_websocket { Transport::WebSocket } else { Transport::Polling });

    let mut same_turn = false;
    for line in lines {
        if line.verb == '+' {
            same_turn = true;
            continue;
        }
        if !std::mem::take(&mut same_turn) {
            life.turn();
        }
        if life.model.closed {
            break;
        }
        life.happens(line);
        life.act();
        if matches!(line.verb, '.' | ',') {
            // The clock is looked at first.
            life.turn();
        }
    }
    life.turn();
    life.ends();
}

struct Life {
    session: Session<u32>,
    model: Model,
    options: Options,
    now: Instant,
    /// Whether the application has room for another message.
    room: bool,
}

/// The same session, written down plainly.
struct Model {
    transport: Transport,
    /// The request that came last.
    last_request: u32,
    get: Option<u32>,
    post: Option<u32>,
    /// Whether the body of the POST is here, and what of it is still to be read.
    body_here: bool,
    body: VecDeque<Result<Packet, DecodeError>>,
    /// Since when a WebSocket may take over, and whether it was probed.
    candidate: Option<(Instant, bool)>,
    /// What waits to be sent.
    outbox: VecDeque<Frame>,
    /// What the client has sent and was not delivered.
    inbox: VecDeque<Message>,
    /// When something left last or the transport changed, and since when too much waits.
    taken_at: Instant,
    too_much_since: Option<Instant>,
    /// When the ping was sent that is unanswered.
    ping: Option<Instant>,
    /// When the server was not reading, last.
    deaf_at: Option<Instant>,
    closing: bool,
    closed: bool,
    /// Whether the clock is what is being looked at.
    ticking: bool,
}

impl Life {
    fn new(transport: Transport) -> Self {
        let (options, now) = (options(), Instant::now());
        let mut session = Session::open(Sid::new([7; 15]), transport, &options, now);
        let mut model = Model {
            transport,
            last_request: 0,
            get: None,
            post: None,
            body_here: false,
            body: VecDeque::new(),
            candidate: None,
            outbox: VecDeque::new(),
            inbox: VecDeque::new(),
            taken_at: now,
            too_much_since: None,
            ping: None,
            deaf_at: None,
            closing: false,
            closed: false,
            ticking: false,
        };
        let open = sockrates::engineio::handshake::open_packet;
        let open = Packet::Open(open(Sid::new([7; 15]), transport, &options));
        model.push(open.to_frame(), &options, now);
        assert_eq!(session.next_action(), None, "nobody has asked for anything");
        Self { session, model, options, now, room: true }
    }

    /// One turn of the task that owns a session.
    fn turn(&mut self) {
        let before = self.session.buffered();
        self.session.tick(self.now, self.room);
        if self.session.buffered() == before + 1 {
            self.pinged();
        }
        if !self.room {
            self.model.deaf_at = Some(self.now);
        }
        self.model.ticking = true;
        self.act();
        self.model.ticking = false;

        while self.room && self.session.advance(self.now) {
            self.model.read();
            self.act();
        }
        self.session.settle(self.now);
        self.act();
        while let Some(frame) = self.session.next_candidate_frame() {
            assert_eq!(frame, Packet::Pong(Purpose::Probe).to_frame());
            assert!(self.model.candidate.is_some_and(|(_, probed)| probed), "a pong for no probe");
        }
        self.agrees();
    }

    fn pinged(&mut self) {
        assert!(self.model.ping.is_none(), "two pings unanswered");
        self.model.ping = Some(self.now);
        let ping = Packet::Ping(Purpose::Heartbeat).to_frame();
        self.model.push(ping, &self.options, self.now);
    }

    fn happens(&mut self, line: Line<'_>) {
        match line.verb {
            'g' | 'G' | 'p' | 'P' | 'n' | 'b' | 't' | 'y' => self.request(line),
            'c' | 'l' | 'C' => self.candidate(line),
            'f' | 'F' | 'x' | 'o' | 'q' => self.websocket(line),
            's' | 'S' | 'k' | 'a' | 'r' => self.application(line),
            '.' => self.now += Duration::from_secs(line.number(100)),
            ',' => self.now += Duration::from_millis(line.number(1000)),
            _ => {}
        }
    }

    fn request(&mut self, line: Line<'_>) {
        match line.verb {
            'g' => {
                self.model.last_request += 1;
                let reply = self.model.last_request;
                let waiting = self.model.get.replace(reply);
                self.session.get(reply, self.now);
                // The first of two has to be answered as well: look, before it is forgotten.
                self.act_for(waiting);
            }
            'G' => {
                let lost = self.model.get.take();
                self.session.get_lost();
                let ends = self.model.transport == Transport::Polling;
                assert!(lost.is_none() || ends, "a GET that waited, on WebSocket");
            }
            'p' => {
                self.model.last_request += 1;
                let reply = self.model.last_request;
                let waiting = self.model.post.replace(reply);
                self.session.post(reply);
                self.act_for_post(waiting);
            }
            _ => self.body(line),
        }
    }

    fn body(&mut self, line: Line<'_>) {
        let arriving = self.model.post.is_some() && !self.model.body_here;
        let end = match line.verb {
            'P' => {
                if arriving {
                    self.model.body_here = true;
                    self.model.body = Payload::new(line.rest.into()).collect();
                }
                BodyEnd::Complete(line.rest.into())
            }
            'n' => BodyEnd::NotText,
            'b' => BodyEnd::TooLarge,
            't' => BodyEnd::TimedOut,
            _ => {
                if arriving {
                    self.model.post = None;
                }
                BodyEnd::Lost
            }
        };
        self.session.post_ended(end);
    }

    fn candidate(&mut self, line: Line<'_>) {
        let there = self.model.candidate.is_some();
        match line.verb {
            'c' => {
                let polling = self.model.transport == Transport::Polling;
                let welcome = self.session.candidate(self.now);
                assert_eq!(welcome, polling && !there && !self.model.closing);
                if welcome {
                    self.model.candidate = Some((self.now, false));
                }
            }
            'l' if there => {
                self.session.candidate_lost(self.now);
                self.act();
                assert!(self.model.candidate.is_none(), "a candidate that is lost stays");
            }
            'C' if there => {
                self.session.candidate_frame(&Frame::Text(line.rest.into()), self.now);
                match line.rest.chars().next() {
                    Some('5') => {
                        self.act();
                        assert_eq!(self.session.transport(), Transport::WebSocket);
                    }
                    Some('2') if line.rest == "2probe" => {
                        self.model.candidate = Some((self.model.candidate.unwrap().0, true));
                    }
                    _ => {
                        self.act();
                        assert!(self.model.candidate.is_none(), "{line:?} is no way to upgrade");
                    }
                }
            }
            _ => {}
        }
    }

    fn websocket(&mut self, line: Line<'_>) {
        if self.model.transport == Transport::Polling {
            return;
        }
        let frame = match line.verb {
            'x' => return self.session.websocket_lost(CloseReason::TransportClose),
            'o' => return self.takes(line.number(100)),
            'q' => {
                self.model.taken_at = self.now;
                return self.session.progressed(self.now);
            }
            'f' => Frame::Text(line.rest.into()),
            _ => Frame::Binary(line.rest.as_bytes().to_vec().into()),
        };
        // Nothing is read while there is no room, or while older packets wait.
        if !self.room || self.session.has_backlog() {
            return;
        }
        let packet = Packet::decode(&frame);
        let received = self.session.frame(&frame, self.now);
        assert_eq!(received.is_ok(), packet.is_ok(), "{frame:?}");
        if let Ok(packet) = packet {
            self.model.received(packet);
        }
    }

    fn takes(&mut self, room: u64) {
        for _ in 0..room {
            let frame = self.session.next_frame(self.now);
            let expected = self.model.pop(&self.options, self.now);
            assert_eq!(frame, expected, "over the WebSocket");
            if frame.is_none() {
                self.session.drained();
                break;
            }
        }
    }

    fn application(&mut self, line: Line<'_>) {
        match line.verb {
            's' | 'S' => {
                // A separator of its own would fall apart on polling; Socket.IO never sends one.
                let text = line.rest.replace(SEPARATOR, " ");
                let frame = match line.verb {
                    's' => Packet::Message(Message::Text(text.into())).to_frame(),
                    _ => Frame::Binary(text.into_bytes().into()),
                };
                self.session.send(frame.clone(), self.now);
                if !self.model.closing {
                    self.model.push(frame, &self.options, self.now);
                }
            }
            'k' => {
                self.session.close(CloseReason::ForcedClose, self.now);
                self.model.closing = true;
                self.model.inbox.clear();
            }
            'a' => self.session.abort(CloseReason::ServerShutdown),
            _ => self.room = !self.room,
        }
    }

    /// Carries out what the session wants done, while an older GET may wait for its answer.
    fn act_for(&mut self, older: Option<u32>) {
        let Some(older) = older else { return self.act() };
        let newer = self.model.get.replace(older);
        let first = self.session.next_action();
        assert_eq!(first.as_ref(), newer.map(refused).as_ref(), "a second GET is refused");
        self.act();
        assert!(self.model.get.is_none() && self.model.closed, "two GETs end a session");
    }

    /// The same for a POST.
    fn act_for_post(&mut self, older: Option<u32>) {
        let Some(older) = older else { return self.act() };
        let newer = self.model.post.replace(older);
        let first = self.session.next_action();
        assert_eq!(first.as_ref(), newer.map(refused).as_ref(), "a second POST is refused");
        // On WebSocket only a leftover of polling can be under way, and does not matter.
        self.act();
        let polling = self.model.transport == Transport::Polling;
        assert!(!polling || self.model.closed, "two POSTs end a session");
    }

    fn act(&mut self) {
        while let Some(action) = self.session.next_action() {
            assert!(!self.model.closed, "{action:?} after the end");
            match action {
                Action::Answer(reply, answer) => self.answered(reply, answer),
                Action::Deliver(message) => {
                    assert!(!self.model.closing, "{message:?} although the server has closed");
                    assert_eq!(Some(&message), self.model.inbox.front(), "the order, or a message");
                    self.model.inbox.pop_front();
                }
                Action::Switch => {
                    assert!(self.model.candidate.take().is_some(), "a switch to nothing");
                    self.model.transport = Transport::WebSocket;
                    self.model.taken_at = self.now;
                }
                Action::DropCandidate => {
                    assert!(self.model.candidate.take().is_some(), "nothing to drop");
                }
                Action::Closed(reason) => self.closed(reason),
            }
        }
    }

    fn answered(&mut self, reply: u32, answer: Answer) {
        if self.model.get == Some(reply) {
            self.model.get = None;
            match answer {
                Answer::Payload(body) => self.returned(&body),
                other => assert!(matches!(other, Answer::Refused(_)), "{other:?} for a GET"),
            }
        } else {
            assert_eq!(
                self.model.post,
                Some(reply),
                "{answer:?} for a request that has its answer"
            );
            assert!(!matches!(answer, Answer::Payload(_)), "{answer:?} for a POST");
            self.model.post = None;
            self.model.body_here = false;
            self.model.body.clear();
        }
    }

    /// A GET returns with this body.
    fn returned(&mut self, body: &str) {
        let mut records: VecDeque<&str> = body.split(SEPARATOR).collect();
        let (mut frames, mut length) = (0, 0);
        while let (Some(record), Some(frame)) = (records.front(), self.model.outbox.front()) {
            if **record != payload::encode([frame]) {
                break;
            }
            length += record.len() + usize::from(frames > 0);
            frames += 1;
            records.pop_front();
            self.model.pop(&self.options, self.now);
        }
        assert!(length <= self.options.max_payload || frames == 1, "{body:?} is too long");
        let empty = self.model.outbox.is_empty();
        match Vec::from(records)[..] {
            [] => {
                let room = self.options.max_payload - length.min(self.options.max_payload);
                let next = self.model.outbox.front().map(|frame| 1 + frame.len_as_text());
                assert!(next.is_none_or(|next| next > room), "{body:?} leaves room");
            }
            // The end, in its place behind everything, or everything is lost with it.
            ["1"] => {}
            ["6", "1"] if frames == 0 && empty && self.model.closing => {}
            ["6"] if frames == 0 => {}
            _ => panic!("{body:?} for {:?}", self.model.outbox),
        }
    }

    fn closed(&mut self, reason: CloseReason) {
        let (model, options, now) = (&mut self.model, &self.options, self.now);
        let asked_for = reason == CloseReason::ForcedClose;
        if asked_for {
            assert!(model.closing, "nobody has asked for that");
            assert!(model.outbox.is_empty() || model.ticking, "{:?} is lost", model.outbox);
        }
        if reason == CloseReason::PingTimeout {
            let silent = model.ping.is_some_and(|since| now >= since + options.ping_timeout);
            // While the server does not read it is excused, but only three times.
            let unheard = model.ping.is_some_and(|since| now >= since + 4 * options.ping_timeout);
            assert!(silent && (self.room || unheard), "a client that is or could be alive");
        }
        if reason == CloseReason::SlowConsumer {
            assert!(model.stalls(options, now), "a client that has time left");
        }
        model.closed = true;
        model.outbox.clear();
        model.inbox.clear();
    }

    /// Holds the session to the model, after a turn.
    fn agrees(&mut self) {
        let (session, model, now) = (&self.session, &self.model, self.now);
        assert_eq!(session.deadline().is_none(), model.closed);
        assert!(session.deadline().is_none_or(|deadline| deadline > now), "no time to wait");
        assert_eq!(session.buffered(), model.outbox.iter().map(Frame::len).sum::<usize>());
        assert_eq!(session.is_closing(), model.closing && !model.closed);
        if model.closed {
            return;
        }
        assert_eq!(session.transport(), model.transport);
        assert_eq!(session.has_backlog(), model.body_here);
        assert!(!self.room || model.inbox.is_empty(), "{:?} is not delivered", model.inbox);
        assert!(!model.stalls(&self.options, now), "too much waits for too long");
        let upgrading =
            model.candidate.is_some_and(|(since, _)| now >= since + self.options.upgrade_timeout);
        assert!(!upgrading, "an upgrade without an end");
        // A ping may be excused once for other traffic, and once for an upgrade.
        let asked = model.ping.max(model.deaf_at).filter(|_| model.ping.is_some() && self.room);
        let silent = asked.is_some_and(|asked| now >= asked + 3 * self.options.ping_timeout);
        assert!(!silent, "a client that is long gone");
        if model.transport == Transport::Polling && model.get.is_some() {
            assert!(model.outbox.is_empty(), "a GET and packets wait for each other");
        }
    }

    /// The end, if the script had none, and what comes too late.
    fn ends(&mut self) {
        self.session.abort(CloseReason::ServerShutdown);
        self.act();
        self.agrees();
        assert!(self.model.closed, "given up and still there");
        assert_eq!((self.model.get, self.model.post), (None, None), "requests without an answer");

        let (session, now) = (&mut self.session, self.now);
        let unknown = |reply| Some(Action::Answer(reply, Answer::Refused(Refusal::UnknownSid)));
        session.get(1, now);
        assert_eq!(session.next_action(), unknown(1));
        session.post(2);
        assert_eq!(session.next_action(), unknown(2));
        session.post_ended(BodyEnd::Complete("4late".into()));
        session.get_lost();
        session.send(Frame::Text("4late".into()), now);
        session.close(CloseReason::ForcedClose, now);
        session.abort(CloseReason::ForcedClose);
        session.websocket_lost(CloseReason::TransportError);
        session.drained();
        assert!(!session.candidate(now) && !session.advance(now));
        assert_eq!(session.frame(&Frame::Text("4late".into()), now), Ok(()));
        session.tick(now + Duration::from_secs(1000), true);
        session.settle(now);
        assert_eq!((session.next_action(), session.next_frame(now)), (None, None));
        assert_eq!((session.buffered(), session.deadline()), (0, None));
    }
}

impl Model {
    fn bytes(&self) -> usize {
        self.outbox.iter().map(Frame::len).sum()
    }

    fn push(&mut self, frame: Frame, options: &Options, now: Instant) {
        self.outbox.push_back(frame);
        if self.bytes() > options.stall_buffered && self.too_much_since.is_none() {
            self.too_much_since = Some(now);
        }
    }

    fn pop(&mut self, options: &Options, now: Instant) -> Option<Frame> {
        let frame = self.outbox.pop_front()?;
        self.taken_at = now;
        if self.bytes() <= options.stall_buffered {
            self.too_much_since = None;
        }
        Some(frame)
    }

    /// Whether too much has waited for too long for a WebSocket that takes nothing.
    fn stalls(&self, options: &Options, now: Instant) -> bool {
        let since = self.too_much_since.filter(|_| self.transport == Transport::WebSocket);
        since.is_some_and(|since| now >= since.max(self.taken_at) + options.stall_timeout)
    }

    /// The next packet of the body is read.
    fn read(&mut self) {
        if let Some(Ok(packet)) = self.body.pop_front() {
            self.received(packet);
        }
    }

    fn received(&mut self, packet: Packet) {
        match packet {
            Packet::Message(message) if !self.closing => self.inbox.push_back(message),
            Packet::Pong(_) => self.ping = None,
            _ => {}
        }
    }
}

fn refused(reply: u32) -> Action<u32> {
    Action::Answer(reply, Answer::Refused(Refusal::BadRequest))
}
