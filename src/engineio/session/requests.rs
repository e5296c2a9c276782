//! A session on HTTP long-polling: one `GET` that waits, one `POST` that brings.
//!
//! ```text
//!   GET  ─────────────────────────────────► 4a␞4b    waits until there is something
//!   POST 4x␞4y ──► ok                                one at a time
//!   GET  ─────► ✗ a second one: 400, and the session is over
//! ```
//!
//! Core file: time is an argument. Spec: Engine.IO v4, "HTTP long-polling".

use std::time::{Duration, Instant};

use super::action::{Action, Answer, BodyEnd};
use super::{Life, Link, Session};
use crate::engineio::close::CloseReason;
use crate::engineio::dialect::{Packets, Revision};
use crate::engineio::packet::{Frame, Packet};
use crate::engineio::refusal::{Fate, Refusal};

/// While an upgrade is under way, a `GET` without packets returns after this time, so that
/// the client can let go of polling. Only one that waits when the probe comes returns at once: a
/// client that asks again and again must not be answered in a loop.
pub(super) const RELEASE_INTERVAL: Duration = Duration::from_millis(2);

/// The `POST` that is under way.
#[derive(Debug)]
pub(super) struct Post<R> {
    pub(super) reply: R,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) enum Body {
    /// It is still arriving.
    Arriving,
    /// It is here, and these of its packets are still to be handled.
    Here(Packets),
}

impl<R> Session<R> {
    /// A `GET` came.
    pub fn get(&mut self, reply: R, now: Instant) {
        match (&self.life, &mut self.link) {
            (Life::Closed, _) => self.refuse(reply, Refusal::UnknownSid(Fate::JustClosed)),
            (_, Link::WebSocket) => self.refuse(reply, Refusal::OtherTransport),
            // [EIO4-POLLING-12] "[…] a client MUST NOT have more than one active `GET` request.
            // Should it happen, the server MUST return an HTTP 400 error status and close the
            // session."
            (_, Link::Polling { get: Some(_), .. }) => {
                self.refuse(reply, Refusal::Overlap);
                self.end(CloseReason::TransportError);
            }
            // The client came back after the server had closed the session, and nothing is left
            // to say but that. The noop in front is the reference server's.
            (Life::Closing { reason, .. }, Link::Polling { .. }) if self.outbox.is_empty() => {
                let reason = *reason;
                self.answer_with(reply, &[Packet::Noop.to_frame(), Packet::Close.to_frame()]);
                self.end(reason);
            }
            (_, Link::Polling { get, .. }) => *get = Some(reply),
        }
        self.settle(now);
    }

    /// The client went away while its `GET` was waiting, or being answered: what the answer
    /// held is lost, so the session must not go on.
    pub fn get_lost(&mut self) {
        if let Link::Polling { get, .. } = &mut self.link {
            *get = None;
            self.end(CloseReason::TransportError);
        }
    }

    /// The head of a `POST` came.
    pub fn post(&mut self, reply: R) {
        match (&self.life, &self.link) {
            (Life::Closed, _) => self.refuse(reply, Refusal::UnknownSid(Fate::JustClosed)),
            (_, Link::WebSocket) => self.refuse(reply, Refusal::OtherTransport),
            // [EIO4-POLLING-6] "[…] a client MUST NOT have more than one active `POST` request.
            // Should it happen, the server MUST return an HTTP 400 error status and close the
            // session." The one that was first is answered as well.
            (_, Link::Polling { .. }) if self.post.is_some() => {
                self.refuse(reply, Refusal::Overlap);
                self.end(CloseReason::TransportError);
            }
            (_, Link::Polling { .. }) => self.post = Some(Post { reply, body: Body::Arriving }),
        }
    }

    /// The body of the `POST` ended. Its packets are handled by [`advance`](Self::advance).
    pub fn post_ended(&mut self, end: BodyEnd) {
        // No `POST` under way: it was answered when the session closed or moved on.
        let Some(Post { reply, body: Body::Arriving }) =
            self.post.take_if(|post| matches!(post.body, Body::Arriving))
        else {
            return;
        };
        let packets = match end {
            BodyEnd::Complete(text) => self.dialect.packets(text).ok_or(BodyEnd::NotText),
            BodyEnd::Bytes(bytes) => self.dialect.packets_in_bytes(bytes).ok_or(BodyEnd::RawBytes),
            other => Err(other),
        };
        match packets {
            Ok(packets) => self.post = Some(Post { reply, body: Body::Here(packets) }),
            Err(end) => self.post_failed(reply, end),
        }
    }

    fn post_failed(&mut self, reply: R, end: BodyEnd) {
        match end {
            // The session is not at fault yet: a client may send less next time.
            BodyEnd::TooLarge => self.answer(reply, Answer::TooLarge),
            BodyEnd::NotText | BodyEnd::Complete(_) => {
                self.refuse(reply, Refusal::NotPackets);
                self.end(CloseReason::ParseError);
            }
            BodyEnd::RawBytes | BodyEnd::Bytes(_) => {
                self.refuse(reply, Refusal::RawBytes);
                self.end(CloseReason::TransportError);
            }
            BodyEnd::TimedOut => {
                self.answer(reply, Answer::TimedOut);
                self.end(CloseReason::TransportError);
            }
            BodyEnd::Lost => self.end(CloseReason::TransportError),
        }
    }

    /// Handles the next packet of a `POST`. `false` when there is none.
    ///
    /// One at a time, so that a caller with no room for another message can wait.
    pub fn advance(&mut self, now: Instant) -> bool {
        let Some(Post { body: Body::Here(packets), .. }) = &mut self.post else { return false };
        match packets.next() {
            Some(Ok(Packet::Ping(_))) if self.dialect.revision() == Revision::Four => {
                self.post_is_wrong(CloseReason::TransportError);
            }
            Some(Ok(Packet::Pong(_))) if self.dialect.revision() == Revision::Three => {
                self.post_is_wrong(CloseReason::TransportError);
            }
            Some(Ok(packet)) => self.receive(packet, now),
            Some(Err(_)) => self.post_is_wrong(CloseReason::ParseError),
            // [EIO4-POLLING-4] "To indicate success, the server MUST return an HTTP 200
            // response, with the string `ok` in the response body."
            None => self.answer_post(Answer::Accepted),
        }
        true
    }

    /// The `POST` brings what no client may send: that ends the session, and here it is said why.
    fn post_is_wrong(&mut self, reason: CloseReason) {
        self.answer_post(Answer::Refused(Refusal::NotPackets));
        self.end(reason);
    }

    /// Everything that happened was told: answers what can be answered.
    ///
    /// [EIO4-POLLING-9] "The server MAY not respond right away if there are no packets buffered
    /// for the given session." [EIO4-POLLING-10] "Once there are some packets to be sent, the
    /// server SHOULD encode them […] and send them in the response body of the HTTP request."
    pub fn settle(&mut self, now: Instant) {
        let closing = match self.life {
            Life::Open(_) => None,
            Life::Closing { reason, .. } => Some(reason),
            Life::Closed => return,
        };
        let (get, candidate) = match &mut self.link {
            Link::Polling { get, candidate } => (get, candidate),
            Link::WebSocket => return,
        };
        let Some(reply) = get.take() else { return };
        let parcels = self.outbox.batch(self.limits.max_payload, now);
        // As in the reference server, one packet that may be is enough.
        let compress = parcels.is_empty() || parcels.iter().any(|parcel| parcel.compress);
        let mut frames: Vec<_> = parcels.into_iter().map(|parcel| parcel.frame).collect();
        // The end gets a body of its own, as in the reference server: the official client hears of
        // it at once, and drops what the messages in front of it said.
        let last = closing.filter(|_| frames.is_empty() && self.outbox.is_empty());
        if last.is_some() {
            frames.push(Packet::Close.to_frame());
        } else if frames.is_empty() {
            match candidate {
                // [EIO4-UPGRADE-5] "send a `noop` packet to any pending `GET` request (if
                // applicable) to cleanly close HTTP long-polling transport"
                Some(candidate) if candidate.releases(now) => {
                    candidate.release_at = now + RELEASE_INTERVAL;
                    frames.push(Packet::Noop.to_frame());
                }
                _ => {
                    *get = Some(reply);
                    return;
                }
            }
        }
        match Answer::from(self.dialect.body(&frames)) {
            answer if compress => self.answer(reply, answer),
            answer => self.answer(reply, Answer::AsItIs(Box::new(answer))),
        }
        if let Some(reason) = last {
            self.end(reason);
        }
    }

    /// Whether packets of a `POST` are still to be handled. They came before anything that a
    /// WebSocket brings.
    pub fn has_backlog(&self) -> bool {
        matches!(self.post, Some(Post { body: Body::Here(_), .. }))
    }

    /// The client said goodbye, with all it asked for answered in friendship.
    pub(super) fn client_closes(&mut self) {
        if let Link::Polling { get, .. } = &mut self.link {
            if let Some(reply) = get.take() {
                self.answer_with(reply, &[Packet::Noop.to_frame()]);
            }
        }
        self.answer_post(Answer::Accepted);
        self.end(CloseReason::TransportClose);
    }

    /// Answers the `POST` that is under way, if there is one.
    fn answer_post(&mut self, answer: Answer) {
        if let Some(post) = self.post.take() {
            self.answer(post.reply, answer);
        }
    }

    /// Answers a `GET` with packets.
    pub(super) fn answer_with(&mut self, reply: R, frames: &[Frame]) {
        let body = self.dialect.body(frames);
        self.answer(reply, body.into());
    }

    pub(super) fn answer(&mut self, reply: R, answer: Answer) {
        self.actions.push_back(Action::Answer(reply, answer));
    }

    pub(super) fn refuse(&mut self, reply: R, refusal: Refusal) {
        self.answer(reply, Answer::Refused(refusal));
    }
}
