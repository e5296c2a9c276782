//! The model: the same session, written down from what the reference server does.
//!
//! ```text
//!   heart: Resting(4)   bye: None   link: Polling { candidate: Some(Probed, 2) }   [4a] [2]
//! ```
//!
//! It is told the same moves as the session and says what is to be seen, to the letter and in
//! order. It is slow and plain: what time is left is a number that counts down, what waits is a
//! list, and each rule stands where it is used.

mod heart;
mod polling;
mod upgrade;

use std::collections::VecDeque;

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::options::Transport;
use sockrates::engineio::packet::{Frame, Message};
use sockrates::engineio::refusal::Refusal;
use sockrates::engineio::session::{Action, Answer};

use self::heart::{Heart, LISTENING};
use self::polling::{answer, refused};
use super::moves::{Body, Kind, Move, Step, Time};
use super::wire::{Form, Letter, Revision, text_frame};
use super::world::{Link, Seen, Setting, limits};

/// At most so many messages are under way in one direction.
const IN_FLIGHT: usize = 2;

/// What there is to know about a session. Times are how many units are left.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Model {
    setting: Setting,
    life: Life,
    heart: Heart,
    link: Link,
    get: Option<u8>,
    /// Whether a `GET` was answered with packets just now.
    answering: bool,
    post: Option<u8>,
    /// Whether the client is still sending a body, even for a `POST` that has its answer.
    sending_body: bool,
    /// What is still to be read of a body that is here.
    body: Option<VecDeque<Packet>>,
    candidate: Option<Candidate>,
    outbox: VecDeque<Out>,
    /// For how long nothing has left, up to the time when that matters.
    unmoved: u32,
    reading: bool,
    room: bool,
    held: bool,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Life {
    Open,
    /// The server has closed it and the client is to be told.
    Closing(u32),
    Closed,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Candidate {
    left: u32,
    /// How often it was probed.
    probes: u8,
    owes_pong: bool,
    /// How long it is until a `GET` may return empty-handed.
    spin: u32,
}

/// What a client sends.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Packet {
    Message(Form, Letter),
    Pong,
    Bye,
    Ping,
    Other,
    Broken,
}

/// What waits for a client.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Out {
    Open,
    Ping,
    Pong,
    Message(Form, Letter),
}

impl Model {
    pub fn open(setting: Setting) -> Self {
        Self {
            setting,
            life: Life::Open,
            heart: match setting.revision {
                Revision::Three => LISTENING,
                Revision::Four => Heart::Resting(limits::PING_INTERVAL),
            },
            link: setting.link,
            get: None,
            answering: false,
            post: None,
            sending_body: false,
            body: None,
            candidate: None,
            outbox: [Out::Open].into(),
            unmoved: 0,
            reading: true,
            room: true,
            held: false,
        }
    }

    pub fn is_closed(&self) -> bool {
        self.life == Life::Closed
    }

    pub fn is_closing(&self) -> bool {
        matches!(self.life, Life::Closing(_))
    }

    pub fn transport(&self) -> Transport {
        self.link.into()
    }

    pub fn has_backlog(&self) -> bool {
        self.body.is_some()
    }

    /// Whether the session has its turn after this.
    pub fn has_turn_after(&self, happens: Move) -> bool {
        !self.held && happens != Move::Hold
    }

    /// How many bytes wait, as frames of a WebSocket.
    pub fn bytes(&self) -> usize {
        self.outbox.iter().map(|out| out.bytes(self.setting)).sum()
    }

    /// Whether this can happen now.
    pub fn allows(&self, happens: Move) -> bool {
        let on_websocket = self.link == Link::WebSocket;
        match happens {
            _ if self.is_closed() => false,
            Move::Get | Move::Post | Move::Candidate | Move::Abort | Move::Deafen => true,
            Move::GetLost => self.get.is_some(),
            Move::AnswerLost => self.answering && self.get.is_none(),
            // Who answers pings without fetching them is sent one more each time, and who pings
            // is answered: two may wait.
            Move::Body(Body::Pong | Body::Ping) if self.beats() >= self.beats_in_flight() => false,
            Move::Frame(Kind::Pong | Kind::Ping) if self.beats() >= self.beats_in_flight() => false,
            Move::Body(_) => self.sending_body,
            Move::Probe | Move::Upgrade | Move::Early(_) | Move::CandidateLost => {
                self.candidate.is_some()
            }
            // A server that has packets of a body to read does not read on.
            Move::Frame(_) => on_websocket && self.reading && self.body.is_none(),
            Move::WebSocketLost | Move::Stick => on_websocket,
            Move::Trickle => on_websocket && !self.room,
            Move::Send(_) => self.letters().count() < IN_FLIGHT,
            Move::Close => self.life == Life::Open,
            Move::Hold => !self.held,
            // The clock is looked at in every turn.
            Move::Wait(_) if self.held => false,
            Move::Wait(Time::Half) => self.deadline() > Some(1),
            Move::Wait(_) => true,
        }
    }

    /// All that the session is told when this happens.
    pub fn plan(&self, happens: Move) -> Step {
        let request = (1..).find(|it| self.get != Some(*it) && self.post != Some(*it));
        let last = match happens {
            Move::Send(_) => self.letters().last(),
            // What the client sends is delivered at once, or nothing more is read.
            _ => None,
        };
        let due = self.deadline().unwrap_or_default();
        let units = match happens {
            Move::Wait(Time::Unit) => 1,
            Move::Wait(Time::Half) => due / 2,
            Move::Wait(Time::Due) => due,
            Move::Wait(Time::Late) => due + 1,
            _ => 0,
        };
        let letter = last.map_or(Letter::A, Letter::other);
        Step { happens, request: request.unwrap_or_default(), letter, units }
    }

    /// How many pings and pongs may wait for the client: of pongs, which a client asks for, there is
    /// never more than one.
    fn beats_in_flight(&self) -> usize {
        match self.setting.revision {
            Revision::Three => 1,
            Revision::Four => IN_FLIGHT,
        }
    }

    /// How many pings and pongs wait for the client.
    fn beats(&self) -> usize {
        self.outbox.iter().filter(|out| matches!(out, Out::Ping | Out::Pong)).count()
    }

    /// The letters of the messages that wait for the client.
    fn letters(&self) -> impl Iterator<Item = Letter> {
        self.outbox.iter().filter_map(|out| match out {
            Out::Message(_, letter) => Some(*letter),
            Out::Open | Out::Ping | Out::Pong => None,
        })
    }

    /// This happens. What is to be seen is added to `seen`.
    pub fn step(&mut self, step: Step, seen: &mut Vec<Seen>) {
        if step.happens == Move::Hold {
            self.held = true;
            return;
        }
        self.answering = false;
        self.happens(step, seen);
        if !std::mem::take(&mut self.held) {
            self.turn(seen);
        }
    }

    fn happens(&mut self, step: Step, seen: &mut Vec<Seen>) {
        match step.happens {
            Move::Get => self.get(step.request, seen),
            Move::GetLost => {
                self.get = None;
                self.end(CloseReason::TransportError, seen);
            }
            // What it held is lost. On WebSocket it held only that polling is over.
            Move::AnswerLost if self.link == Link::Polling => {
                self.end(CloseReason::TransportError, seen);
            }
            Move::AnswerLost => {}
            Move::Post => self.post(step.request, seen),
            Move::Body(body) => self.body(body, step.letter, seen),
            Move::Candidate => self.candidate(seen),
            Move::Probe => self.probe(seen),
            Move::Upgrade => self.switch(seen),
            Move::Early(_) | Move::CandidateLost => self.drop_candidate(seen),
            Move::Frame(kind) => self.frame(kind, step.letter, seen),
            Move::WebSocketLost => self.end(CloseReason::TransportClose, seen),
            Move::Send(form) => {
                // After a close nothing more is taken.
                if self.life == Life::Open {
                    self.push(Out::Message(form, step.letter));
                }
            }
            Move::Close => self.life = Life::Closing(limits::CLOSING_TIMEOUT),
            Move::Abort => self.end(CloseReason::ServerShutdown, seen),
            Move::Stick => self.room = !self.room,
            Move::Trickle => self.unmoved = 0,
            Move::Deafen => self.reading = !self.reading,
            Move::Wait(_) => self.pass(step.units),
            Move::Hold => {}
        }
    }

    fn frame(&mut self, kind: Kind, letter: Letter, seen: &mut Vec<Seen>) {
        let packet = match kind {
            Kind::Text => Packet::Message(Form::Text, letter),
            Kind::Binary => Packet::Message(Form::Binary, letter),
            Kind::Pong => Packet::Pong,
            Kind::Bye => Packet::Bye,
            Kind::Ping => Packet::Ping,
            Kind::Other => Packet::Other,
            Kind::Broken => Packet::Broken,
        };
        self.receive(packet, seen);
    }

    fn receive(&mut self, packet: Packet, seen: &mut Vec<Seen>) {
        match packet {
            // The client pings, and what it says besides does not count.
            Packet::Ping if self.setting.revision == Revision::Three => {
                self.heart = LISTENING;
                self.push(Out::Pong);
            }
            Packet::Pong if self.setting.revision == Revision::Four => {
                if let Heart::Asking { .. } = self.heart {
                    self.heart = Heart::Resting(limits::PING_INTERVAL);
                }
            }
            Packet::Message(form, letter) => {
                self.extend();
                // What comes while closing is accepted and ignored.
                if self.life == Life::Open {
                    let message: Message = letter.message(form);
                    seen.push(Seen::Done(Action::Deliver(message)));
                }
            }
            Packet::Other => self.extend(),
            // The GET is answered `6` and the POST `ok`.
            Packet::Bye => {
                if let Some(get) = self.get.take() {
                    seen.push(self.payload(get, &["6"]));
                    self.answering = true;
                }
                self.accept(seen);
                self.end(CloseReason::TransportClose, seen);
            }
            // The wrong direction. In a body it is the body's fault.
            Packet::Ping | Packet::Pong => {
                if self.body.take().is_some() {
                    seen.extend(self.post.take().map(|post| refused(post, Refusal::NotPackets)));
                }
                self.end(CloseReason::TransportError, seen);
            }
            Packet::Broken => {
                // Ours: 400 instead of `ok`.
                self.body = None;
                seen.extend(self.post.take().map(|post| refused(post, Refusal::NotPackets)));
                self.end(CloseReason::ParseError, seen);
            }
        }
    }

    /// One turn: the clock, what was not read, what can be answered, what can be written.
    fn turn(&mut self, seen: &mut Vec<Seen>) {
        if !self.is_closed() {
            self.tick(seen);
        }
        self.read(seen);
        self.settle(seen);
        if self.is_closed() {
            return;
        }
        if let Some(candidate) = &mut self.candidate {
            if std::mem::take(&mut candidate.owes_pong) {
                seen.push(Seen::CandidateFrame(Frame::Text("3probe".into())));
            }
        }
        if self.link == Link::WebSocket && self.room {
            while let Some(out) = self.pop() {
                seen.push(Seen::Frame(out.frame(self.setting)));
            }
            if self.is_closing() {
                self.end(CloseReason::ForcedClose, seen);
            }
        }
    }

    /// Once, with everything answered and nothing left.
    fn end(&mut self, reason: CloseReason, seen: &mut Vec<Seen>) {
        if self.is_closed() {
            return;
        }
        self.life = Life::Closed;
        if let Some(get) = self.get.take() {
            seen.push(self.payload(get, &["1"]));
        }
        self.drop_candidate(seen);
        if let Some(post) = self.post.take() {
            // What is here and is not at fault was accepted, whatever becomes of it.
            let at_fault = [CloseReason::TransportError, CloseReason::ParseError].contains(&reason);
            seen.push(match self.body {
                Some(_) if at_fault => refused(post, Refusal::Interrupted),
                Some(_) => answer(post, Answer::Accepted),
                None => refused(post, Refusal::Interrupted),
            });
        }
        self.body = None;
        self.outbox.clear();
        seen.push(Seen::Done(Action::Closed(reason)));
    }

    /// Whether more waits for a WebSocket than may do so for long.
    fn too_much(&self) -> bool {
        self.link == Link::WebSocket && self.bytes() > limits::STALL_BUFFERED
    }

    fn push(&mut self, out: Out) {
        let (was_empty, was_too_much) = (self.outbox.is_empty(), self.too_much());
        self.outbox.push_back(out);
        if was_empty || (self.too_much() && !was_too_much) {
            self.unmoved = 0;
        }
    }

    fn pop(&mut self) -> Option<Out> {
        let out = self.outbox.pop_front()?;
        self.unmoved = 0;
        Some(out)
    }
}

impl Out {
    /// How it travels in a body of polling.
    fn record(self, setting: Setting) -> &'static str {
        match self {
            Self::Open => setting.open_packet(),
            Self::Ping => "2",
            Self::Pong => "3",
            Self::Message(form, letter) => setting.revision.record(form, letter),
        }
    }

    fn frame(self, setting: Setting) -> Frame {
        match self {
            Self::Message(form, letter) => setting.revision.frame_out(form, letter),
            Self::Open | Self::Ping | Self::Pong => text_frame(self.record(setting)),
        }
    }

    /// How long it is in a body of revision 4.
    fn length(self, setting: Setting) -> usize {
        match self {
            Self::Message(form, letter) => Revision::Four.record(form, letter).len(),
            Self::Open | Self::Ping | Self::Pong => self.record(setting).len(),
        }
    }

    /// How long it is as a frame.
    fn bytes(self, setting: Setting) -> usize {
        match self {
            Self::Message(Form::Binary, _) => 1,
            Self::Open | Self::Ping | Self::Pong | Self::Message(Form::Text, _) => {
                self.record(setting).len()
            }
        }
    }
}
