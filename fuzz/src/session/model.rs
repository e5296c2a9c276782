//! The model of a session: the same life, written down plainly.
//!
//! It is told what happens by `Life`, and by the session's own actions. What it is told has to fit
//! what it knows, and after each turn the session has to fit it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::handshake::open_packet;
use sockrates::engineio::options::{Options, Transport};
use sockrates::engineio::packet::{DecodeError, Frame, Message, Packet};
use sockrates::engineio::payload::{self, SEPARATOR};
use sockrates::engineio::session::{Answer, Session};

use super::SID;

/// How long a client that was let go of during an upgrade waits for the next time.
const RELEASE: Duration = Duration::from_millis(10);

/// The same session, written down plainly.
pub(super) struct Model {
    pub(super) options: Options,
    pub(super) now: Instant,
    /// Whether the application has room for another message.
    pub(super) room: bool,
    pub(super) transport: Transport,
    /// The request that came last.
    pub(super) last_request: u32,
    pub(super) get: Option<u32>,
    pub(super) post: Option<u32>,
    /// Whether the body of the POST is here, and what of it is still to be read.
    pub(super) body_here: bool,
    pub(super) body: VecDeque<Result<Packet, DecodeError>>,
    /// Whether a POST was answered before all of its body was read.
    pub(super) unread: bool,
    /// Since when a WebSocket may take over, and whether it was probed.
    pub(super) candidate: Option<(Instant, bool)>,
    /// How often it was probed.
    pub(super) probes: u8,
    /// When a GET returned empty-handed for its sake, or could have done so had there been one;
    /// and whether one did for nothing.
    pub(super) released_at: Option<Instant>,
    pub(super) in_vain: bool,
    /// What waits to be sent.
    pub(super) outbox: VecDeque<Frame>,
    /// What the client has sent and was not delivered.
    pub(super) inbox: VecDeque<Message>,
    /// When something left last or the transport changed, and since when too much waits.
    pub(super) taken_at: Instant,
    pub(super) too_much_since: Option<Instant>,
    /// When the ping was sent that is unanswered.
    pub(super) ping: Option<Instant>,
    /// When the server was not reading, last.
    pub(super) deaf_at: Option<Instant>,
    pub(super) closing: bool,
    pub(super) closed: bool,
    /// Whether the clock is what is being looked at.
    pub(super) ticking: bool,
}

impl Model {
    /// A session that was just opened. Its open packet waits to be fetched.
    pub(super) fn new(transport: Transport, options: Options, now: Instant) -> Self {
        let open = Packet::Open(open_packet(SID, transport, &options)).to_frame();
        let mut model = Self {
            options,
            now,
            room: true,
            transport,
            last_request: 0,
            get: None,
            post: None,
            body_here: false,
            body: VecDeque::new(),
            unread: false,
            candidate: None,
            probes: 0,
            released_at: None,
            in_vain: false,
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
        model.push(open);
        model
    }

    pub(super) fn bytes(&self) -> usize {
        self.outbox.iter().map(Frame::len).sum()
    }

    pub(super) fn push(&mut self, frame: Frame) {
        self.outbox.push_back(frame);
        if self.bytes() > self.options.stall_buffered && self.too_much_since.is_none() {
            self.too_much_since = Some(self.now);
        }
    }

    pub(super) fn pop(&mut self) -> Option<Frame> {
        let frame = self.outbox.pop_front()?;
        self.taken_at = self.now;
        if self.bytes() <= self.options.stall_buffered {
            self.too_much_since = None;
        }
        Some(frame)
    }

    /// Whether too much has waited for too long for a WebSocket that takes nothing.
    pub(super) fn stalls(&self) -> bool {
        let since = self.too_much_since.filter(|_| self.transport == Transport::WebSocket);
        since.is_some_and(|since| self.now >= since.max(self.taken_at) + self.options.stall_timeout)
    }

    /// The next packet of the body is read.
    pub(super) fn read(&mut self) {
        if let Some(Ok(packet)) = self.body.pop_front() {
            self.received(packet);
        }
    }

    pub(super) fn received(&mut self, packet: Packet) {
        match packet {
            Packet::Message(message) if !self.closing => self.inbox.push_back(message),
            Packet::Pong(_) => self.ping = None,
            _ => {}
        }
    }

    pub(super) fn answered(&mut self, reply: u32, answer: Answer) {
        if self.get == Some(reply) {
            self.get = None;
            match answer {
                Answer::Payload(body) => self.returned(&body),
                other => assert!(matches!(other, Answer::Refused(_)), "{other:?} for a GET"),
            }
        } else {
            assert_eq!(self.post, Some(reply), "{answer:?} for a request that has its answer");
            assert!(!matches!(answer, Answer::Payload(_)), "{answer:?} for a POST");
            self.post = None;
            self.body_here = false;
            self.unread = !self.body.is_empty();
            self.body.clear();
        }
    }

    /// A GET returns with this body.
    pub(super) fn returned(&mut self, body: &str) {
        let mut records: VecDeque<&str> = body.split(SEPARATOR).collect();
        let (mut frames, mut length) = (0, 0);
        while let (Some(record), Some(frame)) = (records.front(), self.outbox.front()) {
            if **record != payload::encode([frame]) {
                break;
            }
            length += record.len() + usize::from(frames > 0);
            frames += 1;
            records.pop_front();
            self.pop();
        }
        assert!(length <= self.options.max_payload || frames == 1, "{body:?} is too long");
        let empty = self.outbox.is_empty();
        match Vec::from(records)[..] {
            [] => {
                let room = self.options.max_payload - length.min(self.options.max_payload);
                let next = self.outbox.front().map(|frame| 1 + frame.len_as_text());
                assert!(next.is_none_or(|next| next > room), "{body:?} leaves room");
            }
            // The end, in its place behind everything, or everything is lost with it.
            ["1"] => {}
            ["6", "1"] if frames == 0 && empty && self.closing => {}
            ["6"] if frames == 0 => {
                // Often enough for an upgrade, and seldom enough not to spin; or it is the end.
                let often = self.released_at.is_some_and(|at| self.now < at + RELEASE);
                let probed = self.candidate.is_some_and(|(_, probed)| probed);
                self.in_vain = often || !probed;
                self.released_at = Some(self.now);
            }
            _ => panic!("{body:?} for {:?}", self.outbox),
        }
    }

    pub(super) fn closed(&mut self, reason: CloseReason) {
        let asked_for = reason == CloseReason::ForcedClose;
        if asked_for {
            assert!(self.closing, "nobody has asked for that");
            assert!(self.outbox.is_empty() || self.ticking, "{:?} is lost", self.outbox);
        }
        if reason == CloseReason::PingTimeout {
            let silent =
                self.ping.is_some_and(|since| self.now >= since + self.options.ping_timeout);
            // While the server does not read it is excused, but only three times.
            let unheard =
                self.ping.is_some_and(|since| self.now >= since + 4 * self.options.ping_timeout);
            assert!(silent && (self.room || unheard), "a client that is or could be alive");
        }
        if reason == CloseReason::SlowConsumer {
            assert!(self.stalls(), "a client that has time left");
        }
        self.closed = true;
        self.outbox.clear();
        self.inbox.clear();
    }

    /// Holds the session to the model, after a turn.
    pub(super) fn agrees(&self, session: &Session<u32>) {
        assert_eq!(session.deadline().is_none(), self.closed);
        assert!(session.deadline().is_none_or(|deadline| deadline > self.now), "no time to wait");
        assert_eq!(session.buffered(), self.outbox.iter().map(Frame::len).sum::<usize>());
        assert_eq!(session.is_closing(), self.closing && !self.closed);
        if self.closed {
            return;
        }
        assert!(!self.unread, "a part of a body is lost");
        assert!(!self.in_vain, "a GET returns empty-handed for nothing");
        assert_eq!(session.transport(), self.transport);
        assert_eq!(session.has_backlog(), self.body_here);
        assert!(!self.room || self.inbox.is_empty(), "{:?} is not delivered", self.inbox);
        assert!(!self.stalls(), "too much waits for too long");
        let upgrading = self
            .candidate
            .is_some_and(|(since, _)| self.now >= since + self.options.upgrade_timeout);
        assert!(!upgrading, "an upgrade without an end");
        // A ping may be excused once for other traffic, and once for an upgrade.
        let asked = self.ping.max(self.deaf_at).filter(|_| self.ping.is_some() && self.room);
        let silent = asked.is_some_and(|asked| self.now >= asked + 3 * self.options.ping_timeout);
        assert!(!silent, "a client that is long gone");
        if self.transport == Transport::Polling && self.get.is_some() {
            assert!(self.outbox.is_empty(), "a GET and packets wait for each other");
        }
    }
}
