//! The model on polling: requests, bodies, and what answers them.
//!
//! ```text
//!   GET  waits until the outbox has something      POST  is read packet by packet, then answered
//! ```

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::refusal::Refusal;
use sockrates::engineio::session::{Action, Answer};

use super::{Link, Model, Packet};
use crate::engineio_model::moves::Body;
use crate::engineio_model::wire::{Form, Letter};
use crate::engineio_model::world::{Seen, limits};

impl Model {
    /// A `GET` comes: one at a time, and on polling.
    pub(super) fn get(&mut self, request: u8, seen: &mut Vec<Seen>) {
        if self.link == Link::WebSocket {
            // After the `5`, 400.
            seen.push(refused(request, Refusal::OtherTransport));
        } else if self.get.is_some() {
            seen.push(refused(request, Refusal::Overlap));
            self.end(CloseReason::TransportError, seen);
        } else if self.is_closing() && self.outbox.is_empty() {
            seen.push(self.payload(request, &["6", "1"]));
            self.answering = true;
            self.end(CloseReason::ForcedClose, seen);
        } else {
            self.get = Some(request);
            self.settle(seen);
        }
    }

    /// The head of a `POST` comes: one at a time, and on polling.
    pub(super) fn post(&mut self, request: u8, seen: &mut Vec<Seen>) {
        if self.link == Link::WebSocket {
            seen.push(refused(request, Refusal::OtherTransport));
        } else if self.post.is_some() {
            seen.push(refused(request, Refusal::Overlap));
            self.end(CloseReason::TransportError, seen);
        } else {
            self.post = Some(request);
            self.sending_body = true;
        }
    }

    /// The body ends. One whose `POST` was answered meanwhile is nobody's business.
    pub(super) fn body(&mut self, body: Body, letter: Letter, seen: &mut Vec<Seen>) {
        self.sending_body = false;
        let Some(request) = self.post.filter(|_| self.body.is_none()) else { return };
        use Packet::{Bye, Message, Other, Ping, Pong};
        let one = Message(Form::Text, letter);
        let other = Message(Form::Text, letter.other());
        let packets = match body {
            Body::One => vec![one],
            Body::Two => vec![Message(Form::Binary, letter), other],
            Body::Pong => vec![Pong],
            Body::Bye => vec![one, Bye, other],
            Body::Broken => vec![one, Packet::Broken, other],
            Body::Ping => vec![Ping],
            Body::Other => vec![Other],
            Body::TooLarge => {
                self.post = None;
                return seen.push(answer(request, Answer::TooLarge));
            }
            Body::TimedOut => {
                self.post = None;
                seen.push(answer(request, Answer::TimedOut));
                return self.end(CloseReason::TransportError, seen);
            }
            Body::NotText => {
                self.post = None;
                seen.push(refused(request, Refusal::NotPackets));
                return self.end(CloseReason::ParseError, seen);
            }
            Body::RawBytes => {
                self.post = None;
                seen.push(refused(request, Refusal::RawBytes));
                return self.end(CloseReason::TransportError, seen);
            }
            Body::Lost => {
                self.post = None;
                return self.end(CloseReason::TransportError, seen);
            }
        };
        self.body = Some(packets.into());
    }

    /// A body is read packet by packet, and then the `POST` is answered.
    pub(super) fn read(&mut self, seen: &mut Vec<Seen>) {
        while let Some(body) = self.body.as_mut().filter(|_| self.reading) {
            match body.pop_front() {
                Some(packet) => self.receive(packet, seen),
                None => self.accept(seen),
            }
        }
    }

    pub(super) fn accept(&mut self, seen: &mut Vec<Seen>) {
        self.body = None;
        seen.extend(self.post.take().map(|request| answer(request, Answer::Accepted)));
    }

    /// A `GET` that waits is answered as soon as there is something to say.
    pub(super) fn settle(&mut self, seen: &mut Vec<Seen>) {
        let Some(get) = self.get.filter(|_| self.link == Link::Polling) else { return };
        let mut records = Vec::new();
        let mut length = 0;
        while let Some(out) = self.outbox.front() {
            let record = out.record(self.setting);
            // As in revision 4, in either revision.
            length += out.length(self.setting) + usize::from(!records.is_empty());
            if length > limits::MAX_PAYLOAD && !records.is_empty() {
                break;
            }
            records.push(record);
            self.pop();
        }
        // What was sent before has a body of its own.
        let last = self.is_closing() && records.is_empty();
        if last {
            records.push("1");
        } else if records.is_empty() {
            // The GET is let go once the candidate was probed. Ours: at once if it waited, and
            // not again for a while.
            match &mut self.candidate {
                Some(candidate) if candidate.probes > 0 && candidate.spin == 0 => {
                    candidate.spin = 1
                }
                _ => return,
            }
            records.push("6");
        }
        self.get = None;
        self.answering = true;
        seen.push(self.payload(get, &records));
        if last {
            self.end(CloseReason::ForcedClose, seen);
        }
    }

    pub(super) fn payload(&self, request: u8, records: &[&str]) -> Seen {
        answer(request, Answer::Payload(self.setting.revision.join(records)))
    }
}

pub(super) fn answer(request: u8, answer: Answer) -> Seen {
    Seen::Done(Action::Answer(request, answer))
}

pub(super) fn refused(request: u8, refusal: Refusal) -> Seen {
    answer(request, Answer::Refused(refusal))
}
