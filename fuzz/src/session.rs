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
//! - one WebSocket at a time may take over, only for so long, and only what says `5` does; a GET
//!   returns empty-handed for its sake only, and not again for a while;
//! - the bytes that wait are those that the model holds.

mod model;

use std::time::{Duration, Instant};

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::dialect::Dialect;
use sockrates::engineio::options::{Options, Transport};
use sockrates::engineio::packet::{Frame, Message, Packet, Purpose};
use sockrates::engineio::payload::{Payload, SEPARATOR};
use sockrates::engineio::refusal::{Fate, Refusal};
use sockrates::engineio::session::{Action, Answer, BodyEnd, Session};
use sockrates::engineio::sid::Sid;
use sockrates::engineio::upgrade::MAX_PROBES;

use self::model::Model;
use super::script::{self, Line};

/// The name of the session.
const SID: Sid = Sid::new([7; 15]);

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
}

impl Life {
    fn new(transport: Transport) -> Self {
        let model = Model::new(transport, options(), Instant::now());
        let mut session = Session::open(SID, transport, Dialect::FOUR, &model.options, model.now);
        assert_eq!(session.next_action(), None, "nobody has asked for anything");
        Self { session, model }
    }

    /// One turn of the task that owns a session.
    fn turn(&mut self) {
        let before = self.session.buffered();
        self.session.tick(self.model.now, self.model.room);
        if self.session.buffered() == before + 1 {
            self.pinged();
        }
        if !self.model.room {
            self.model.deaf_at = Some(self.model.now);
        }
        self.model.ticking = true;
        self.act();
        self.model.ticking = false;

        while self.model.room && self.session.advance(self.model.now) {
            self.model.read();
            self.act();
        }
        self.session.settle(self.model.now);
        self.act();
        while let Some(frame) = self.session.next_candidate_frame() {
            assert_eq!(frame, Packet::Pong(Purpose::Probe).to_frame());
            assert!(self.model.candidate.is_some_and(|(_, probed)| probed), "a pong for no probe");
        }
        self.model.agrees(&self.session);
    }

    fn pinged(&mut self) {
        assert!(self.model.ping.is_none(), "two pings unanswered");
        self.model.ping = Some(self.model.now);
        let ping = Packet::Ping(Purpose::Heartbeat).to_frame();
        self.model.push(ping);
    }

    fn happens(&mut self, line: Line<'_>) {
        match line.verb {
            'g' | 'G' | 'p' | 'P' | 'n' | 'b' | 't' | 'y' => self.request(line),
            'c' | 'l' | 'C' => self.candidate(line),
            'f' | 'F' | 'x' | 'o' | 'q' => self.websocket(line),
            's' | 'S' | 'k' | 'a' | 'r' => self.application(line),
            '.' => self.model.now += Duration::from_secs(line.number(100)),
            ',' => self.model.now += Duration::from_millis(line.number(1000)),
            _ => {}
        }
    }

    fn request(&mut self, line: Line<'_>) {
        match line.verb {
            'g' => {
                self.model.last_request += 1;
                let reply = self.model.last_request;
                let waiting = self.model.get.replace(reply);
                self.session.get(reply, self.model.now);
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
                let welcome = self.session.candidate(self.model.now);
                assert_eq!(welcome, polling && !there && !self.model.closing);
                if welcome {
                    self.model.candidate = Some((self.model.now, false));
                    self.model.probes = 0;
                    self.model.released_at = None;
                }
            }
            'l' if there => {
                self.session.candidate_lost(self.model.now);
                self.act();
                assert!(self.model.candidate.is_none(), "a candidate that is lost stays");
            }
            'C' if there => {
                self.session.candidate_frame(&Frame::Text(line.rest.into()), self.model.now);
                match line.rest.chars().next() {
                    Some('5') => {
                        self.act();
                        assert_eq!(self.session.transport(), Transport::WebSocket);
                    }
                    Some('2') if line.rest == "2probe" && self.model.probes < MAX_PROBES => {
                        // Only a GET that waits at the first time is let go at once.
                        if self.model.probes == 0 && self.model.get.is_none() {
                            self.model.released_at = Some(self.model.now);
                        }
                        self.model.probes += 1;
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
                self.model.taken_at = self.model.now;
                return self.session.progressed(self.model.now);
            }
            'f' => Frame::Text(line.rest.into()),
            _ => Frame::Binary(line.rest.as_bytes().to_vec().into()),
        };
        // Nothing is read while there is no room, or while older packets wait.
        if !self.model.room || self.session.has_backlog() {
            return;
        }
        let packet = Packet::decode(&frame);
        let received = self.session.frame(&frame, self.model.now);
        assert_eq!(received.is_ok(), packet.is_ok(), "{frame:?}");
        if let Ok(packet) = packet {
            self.model.received(packet);
        }
    }

    fn takes(&mut self, room: u64) {
        for _ in 0..room {
            let frame = self.session.next_frame(self.model.now);
            let expected = self.model.pop();
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
                self.session.send(frame.clone(), self.model.now);
                if !self.model.closing {
                    self.model.push(frame);
                }
            }
            'k' => {
                self.session.close(CloseReason::ForcedClose, self.model.now);
                self.model.closing = true;
                self.model.inbox.clear();
            }
            'a' => self.session.abort(CloseReason::ServerShutdown),
            _ => self.model.room = !self.model.room,
        }
    }

    /// Carries out what the session wants done, while an older GET may wait for its answer.
    fn act_for(&mut self, older: Option<u32>) {
        let Some(older) = older else { return self.act() };
        let newer = self.model.get.replace(older);
        let first = self.session.next_action();
        assert_eq!(first, newer.map(|it| self.refused(it)), "a second GET is refused");
        self.act();
        assert!(self.model.get.is_none() && self.model.closed, "two GETs end a session");
    }

    /// The same for a POST.
    fn act_for_post(&mut self, older: Option<u32>) {
        let Some(older) = older else { return self.act() };
        let newer = self.model.post.replace(older);
        let first = self.session.next_action();
        assert_eq!(first, newer.map(|it| self.refused(it)), "a second POST is refused");
        // On WebSocket only a leftover of polling can be under way, and does not matter.
        self.act();
        let polling = self.model.transport == Transport::Polling;
        assert!(!polling || self.model.closed, "two POSTs end a session");
    }

    fn act(&mut self) {
        while let Some(action) = self.session.next_action() {
            assert!(!self.model.closed, "{action:?} after the end");
            match action {
                Action::Answer(reply, answer) => self.model.answered(reply, answer),
                Action::Deliver(message) => {
                    assert!(!self.model.closing, "{message:?} although the server has closed");
                    assert_eq!(Some(&message), self.model.inbox.front(), "the order, or a message");
                    self.model.inbox.pop_front();
                }
                Action::Switch => {
                    assert!(self.model.candidate.take().is_some(), "a switch to nothing");
                    self.model.transport = Transport::WebSocket;
                    self.model.taken_at = self.model.now;
                }
                Action::DropCandidate => {
                    assert!(self.model.candidate.take().is_some(), "nothing to drop");
                }
                Action::Closed(reason) => self.model.closed(reason),
            }
        }
    }

    /// What a request is told that comes beside another: on WebSocket, where the other can only be a
    /// leftover, that it is on the wrong transport.
    fn refused(&self, reply: u32) -> Action<u32> {
        let polling = self.model.transport == Transport::Polling;
        let refusal = if polling { Refusal::Overlap } else { Refusal::OtherTransport };
        Action::Answer(reply, Answer::Refused(refusal))
    }

    /// The end, if the script had none, and what comes too late.
    fn ends(&mut self) {
        self.session.abort(CloseReason::ServerShutdown);
        self.act();
        self.model.agrees(&self.session);
        assert!(self.model.closed, "given up and still there");
        assert_eq!((self.model.get, self.model.post), (None, None), "requests without an answer");

        let (session, now) = (&mut self.session, self.model.now);
        let over = Answer::Refused(Refusal::UnknownSid(Fate::JustClosed));
        let unknown = |reply| Some(Action::Answer(reply, over.clone()));
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
