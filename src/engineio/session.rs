//! A session: everything one client and this server owe each other.
//!
//! The whole of Engine.IO, as one value. Tell it what happened; ask it what to do.
//!
//! ```text
//!   get, post, frame, candidate, send,                 next_action, next_frame,
//!   close, tick, settle                                next_candidate_frame, deadline
//!   ───────────────────────────────►  Session  ───────────────────────────────►
//!            what happened                                 what to do about it
//! ```
//!
//! One rule for callers: **change, then look**. After what happened, call
//! [`settle`](Session::settle), take every action, and as many frames as the transport has
//! room for, before waiting again.
//!
//! A request is represented by a *reply* `R`, which the session keeps until it knows the
//! answer and then gives back with it. Since a reply is moved and never copied, no request
//! can be answered twice.
//!
//! This file holds the life of a session; what it does on polling is in `requests`, how it
//! moves to WebSocket in `switch`, and what it asks of its caller in `action`.
//!
//! Core file: no socket, no task, and time is an argument. So a test of 45 seconds of
//! silence runs in no time at all, and always the same way. Spec: Engine.IO v4, all of it.

mod action;
mod requests;
mod switch;

use std::collections::VecDeque;
use std::mem;
use std::time::{Duration, Instant};

pub use self::action::{Action, Answer, BodyEnd};
use self::requests::{Body, Post};
use self::switch::Candidate;
use super::close::CloseReason;
use super::delivery::{Parcel, Parcels};
use super::dialect::{Dialect, Revision};
use super::handshake::open_packet;
use super::heartbeat::{Beat, Heartbeat};
use super::options::{Options, Transport};
use super::outbox::{Load, Outbox};
use super::packet::{DecodeError, Frame, Packet, Purpose};
use super::refusal::Refusal;
use super::sid::Sid;
use super::upgrade::{Input, Stage};

/// One session, with requests represented by `R`.
#[derive(Debug)]
pub struct Session<R> {
    limits: Limits,
    dialect: Dialect,
    life: Life,
    link: Link<R>,
    post: Option<Post<R>>,
    outbox: Outbox,
    actions: VecDeque<Action<R>>,
}

/// What of the [`Options`] a session needs to remember.
#[derive(Clone, Copy, Debug)]
struct Limits {
    upgrade_timeout: Duration,
    closing_timeout: Duration,
    max_payload: usize,
    stall_buffered: usize,
    stall_timeout: Duration,
}

/// A session is open, about to close, or closed. Only a living one has a heart.
#[derive(Debug)]
enum Life {
    Open(Heartbeat),
    /// The server closes it, and the client has yet to be told. What was sent before still
    /// goes out; what comes in is ignored.
    Closing {
        heart: Heartbeat,
        until: Instant,
        reason: CloseReason,
    },
    Closed,
}

/// How packets travel at present.
#[derive(Debug)]
enum Link<R> {
    Polling {
        /// The `GET` that waits for packets.
        get: Option<R>,
        /// The WebSocket that may take over.
        candidate: Option<Candidate>,
    },
    WebSocket,
}

impl<R> Session<R> {
    /// Opens a session on `transport`. Its open packet waits to be fetched.
    pub fn open(
        sid: Sid,
        transport: Transport,
        dialect: Dialect,
        options: &Options,
        now: Instant,
    ) -> Self {
        let mut outbox = Outbox::new(now);
        outbox.push(Packet::Open(open_packet(sid, transport, options)).to_frame(), now);
        if let Some(message) = &options.initial_packet {
            outbox.push(Packet::Message(message.clone()).to_frame(), now);
        }
        let heart = match dialect.revision() {
            Revision::Three => Heartbeat::listening,
            Revision::Four => Heartbeat::new,
        };
        let heart = heart(options.ping_interval, options.ping_timeout, now);
        Self {
            dialect,
            limits: Limits {
                upgrade_timeout: options.upgrade_timeout,
                closing_timeout: options.closing_timeout,
                max_payload: options.max_payload,
                stall_buffered: options.stall_buffered,
                stall_timeout: options.stall_timeout,
            },
            life: Life::Open(heart),
            link: match transport {
                Transport::Polling => Link::Polling { get: None, candidate: None },
                Transport::WebSocket => Link::WebSocket,
            },
            post: None,
            outbox,
            actions: VecDeque::new(),
        }
    }

    /// A frame came over the WebSocket.
    ///
    /// # Errors
    /// When it is no packet, which ends the session.
    pub fn frame(&mut self, frame: &Frame, now: Instant) -> Result<(), DecodeError> {
        match self.dialect.decode(frame) {
            Ok(packet) => self.receive(packet, now),
            Err(error) => {
                self.end(CloseReason::ParseError);
                return Err(error);
            }
        }
        Ok(())
    }

    /// The WebSocket is gone: closed by the client, or broken.
    pub fn websocket_lost(&mut self, reason: CloseReason) {
        if matches!(self.link, Link::WebSocket) {
            self.end(reason);
        }
    }

    /// The application sends a frame.
    pub fn send(&mut self, parcel: impl Into<Parcel>, now: Instant) {
        if matches!(self.life, Life::Open(_)) {
            self.push(parcel, now);
        }
    }

    /// The application sends several.
    pub fn send_all(&mut self, parcels: Parcels, now: Instant) {
        if self.outbox.is_empty() && matches!(self.life, Life::Open(_)) {
            // Most often nothing is in front of them, and they need not be moved.
            self.outbox.fill(parcels, now);
            return;
        }
        for parcel in parcels {
            self.send(parcel, now);
        }
    }

    /// Drops the oldest volatile packets that wait, until a weight of `weight` is free. How many
    /// those were.
    pub fn make_room(&mut self, weight: usize) -> u64 {
        self.outbox.make_room(weight)
    }

    /// Whether what is sent now leaves at once: nothing waits in front of it, and on polling a
    /// `GET` is there to bring it. A WebSocket its caller has to look at besides.
    pub fn is_ready(&self) -> bool {
        let there = match &self.link {
            Link::Polling { get, .. } => get.is_some(),
            Link::WebSocket => true,
        };
        there && matches!(self.life, Life::Open(_)) && self.outbox.is_empty()
    }

    /// The server closes the session. What was sent before still goes out.
    pub fn close(&mut self, reason: CloseReason, now: Instant) {
        self.life = match mem::replace(&mut self.life, Life::Closed) {
            Life::Open(heart) => {
                Life::Closing { heart, until: now + self.limits.closing_timeout, reason }
            }
            other => other,
        };
    }

    /// The session ends here and now, for a reason that its transport cannot know.
    pub fn abort(&mut self, reason: CloseReason) {
        self.end(reason);
    }

    /// Time has passed. `reading` is whether the server is taking in what the client sends.
    pub fn tick(&mut self, now: Instant, reading: bool) {
        if let Link::Polling { candidate: Some(candidate), .. } = &self.link {
            if now >= candidate.until {
                self.step(Input::Lost, now);
            }
        }
        match &mut self.life {
            Life::Open(heart) | Life::Closing { heart, .. } => match heart.tick(now) {
                Some(Beat::Ping) => {
                    self.push(Packet::Ping(Purpose::Heartbeat).to_frame(), now);
                }
                Some(Beat::Gone) if reading || !heart.excuse_reader(now) => {
                    self.end(CloseReason::PingTimeout);
                }
                Some(Beat::Gone) => {}
                None => {}
            },
            Life::Closed => {}
        }
        match self.life {
            Life::Closing { until, reason, .. } if now >= until => self.end(reason),
            _ if self.stalls_at().is_some_and(|at| now >= at) => {
                self.end(CloseReason::SlowConsumer);
            }
            _ => {}
        }
    }

    /// The next thing to do.
    pub fn next_action(&mut self) -> Option<Action<R>> {
        self.actions.pop_front()
    }

    /// Nothing happens for a while: the memory that only a busy session needs is given back.
    pub fn rest(&mut self) {
        if self.actions.is_empty() {
            self.actions = VecDeque::new();
        }
    }

    /// The next frame for the WebSocket, which has room for it.
    pub fn next_frame(&mut self, now: Instant) -> Option<Frame> {
        match (&self.life, &self.link) {
            (Life::Closed, _) | (_, Link::Polling { .. }) => None,
            (_, Link::WebSocket) => {
                self.outbox.pop(now).map(|parcel| self.dialect.to_websocket(parcel.frame))
            }
        }
    }

    /// When to [`tick`](Self::tick) and [`settle`](Self::settle) next; `None` once it is closed.
    pub fn deadline(&self) -> Option<Instant> {
        let mut deadline = match &self.life {
            Life::Open(heart) => heart.deadline(),
            Life::Closing { heart, until, .. } => heart.deadline().min(*until),
            Life::Closed => return None,
        };
        if let Link::Polling { get, candidate: Some(candidate) } = &self.link {
            deadline = deadline.min(candidate.until);
            if get.is_some() && candidate.stage == Stage::Probed {
                deadline = deadline.min(candidate.release_at);
            }
        }
        self.stalls_at().map_or(Some(deadline), |at| Some(deadline.min(at)))
    }

    /// Part of a frame that was taken has left.
    pub fn progressed(&mut self, now: Instant) {
        self.outbox.excuse(now);
    }

    /// Every frame that was taken for the WebSocket has left: a session that is about to close
    /// can do so now, with nothing lost.
    pub fn drained(&mut self) {
        if let (Life::Closing { reason, .. }, Link::WebSocket) = (&self.life, &self.link) {
            if self.outbox.is_empty() {
                self.end(*reason);
            }
        }
    }

    /// How packets travel at present.
    pub fn transport(&self) -> Transport {
        match self.link {
            Link::Polling { .. } => Transport::Polling,
            Link::WebSocket => Transport::WebSocket,
        }
    }

    /// Whether the server has closed the session and its client has yet to be told.
    pub fn is_closing(&self) -> bool {
        matches!(self.life, Life::Closing { .. })
    }

    /// How many bytes wait to be sent.
    pub fn buffered(&self) -> usize {
        self.outbox.bytes()
    }

    /// How much waits to be sent.
    pub fn load(&self) -> Load {
        self.outbox.load()
    }

    /// The client sent `packet`.
    fn receive(&mut self, packet: Packet, now: Instant) {
        let (heart, open) = match &mut self.life {
            Life::Open(heart) => (heart, true),
            Life::Closing { heart, .. } => (heart, false),
            Life::Closed => return,
        };
        match packet {
            Packet::Pong(_) if self.dialect.revision() == Revision::Four => heart.pong(now),
            Packet::Ping(_) if self.dialect.revision() == Revision::Three => {
                heart.pinged(now);
                if !self.outbox.holds_pong() {
                    self.push(Packet::Pong(Purpose::Heartbeat).to_frame(), now);
                }
            }
            Packet::Message(message) => {
                heart.heard(now);
                if open {
                    self.actions.push_back(Action::Deliver(message));
                }
            }
            Packet::Close => self.client_closes(),
            // Since revision 4 only the server pings, and before only the client.
            Packet::Ping(_) | Packet::Pong(_) => self.end(CloseReason::TransportError),
            // Nothing a client has a reason to send here; harmless, and ignored by the
            // reference server.
            Packet::Open(_) | Packet::Upgrade | Packet::Noop => heart.heard(now),
        }
    }

    /// Ends the session. The first reason given is the one that counts.
    fn end(&mut self, reason: CloseReason) {
        if matches!(mem::replace(&mut self.life, Life::Closed), Life::Closed) {
            return;
        }
        if let Link::Polling { get, candidate } = &mut self.link {
            let (get, candidate) = (get.take(), candidate.take());
            if let Some(reply) = get {
                self.answer_with(reply, &[Packet::Close.to_frame()]);
            }
            if candidate.is_some() {
                self.actions.push_back(Action::DropCandidate);
            }
        }
        if let Some(post) = self.post.take() {
            let broken = matches!(reason, CloseReason::TransportError | CloseReason::ParseError);
            match post.body {
                Body::Here(_) if !broken => self.answer(post.reply, Answer::Accepted),
                Body::Here(_) | Body::Arriving => self.refuse(post.reply, Refusal::Interrupted),
            }
        }
        self.outbox.clear();
        self.actions.push_back(Action::Closed(reason));
    }

    /// Puts a frame behind those that wait.
    fn push(&mut self, parcel: impl Into<Parcel>, now: Instant) {
        let could_stall = self.stalls_at().is_some();
        self.outbox.push(parcel, now);
        if !could_stall && self.stalls_at().is_some() {
            // Too much waits only from now on, however long a little has waited before.
            self.outbox.excuse(now);
        }
    }

    /// When the client will have taken nothing for too long.
    ///
    /// On polling nobody can tell whether a client is still busy with the last body; there the
    /// heartbeat decides.
    fn stalls_at(&self) -> Option<Instant> {
        (matches!(self.link, Link::WebSocket) && self.outbox.bytes() > self.limits.stall_buffered)
            .then(|| self.outbox.progress_at() + self.limits.stall_timeout)
    }
}

// A hundred thousand clients that say nothing cost this much each, before what their sockets
// need. Raise it knowingly.
const _: () = assert!(size_of::<Session<()>>() <= 400);
