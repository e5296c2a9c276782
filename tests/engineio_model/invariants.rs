//! The invariants: what holds whatever happens, in whatever order.
//!
//! ```text
//!   told      Get(1)  Send("a")                 the ledger: to_client ["4a"]  waiting [1]
//!   seen      Answer(1, "4a")                               to_client []      waiting []
//! ```
//!
//! They know nothing of the model, and nothing of the rules of the protocol beyond what each says:
//! they keep a ledger of what is owed, and look at what was seen.

use std::collections::VecDeque;

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::packet::{Frame, Message};
use sockrates::engineio::refusal::Refusal;
use sockrates::engineio::session::{Action, Answer};

use super::moves::{Body, Kind, Move, Step};
use super::wire::{Form, Letter, Revision};
use super::world::{Link, Seen, Setting, World};

/// What is owed.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Ledger {
    revision: Revision,
    /// The open packet, until it has left.
    open: Option<&'static str>,
    /// What the application has sent and has not left.
    to_client: VecDeque<&'static str>,
    /// What the client has sent and was not delivered.
    to_app: VecDeque<(Form, Letter)>,
    gets: Vec<u8>,
    posts: Vec<u8>,
    /// The `POST` whose body is on its way.
    sending: Option<u8>,
    candidate: bool,
    switched: bool,
    closing: bool,
    closed: bool,
    /// Whether a ping has left and the client has not sent its answer.
    pinged: bool,
    /// How many answers the client has sent with no ping out: they may be to one that waits.
    early_pongs: usize,
    /// How many pings the client has sent that were not answered. They are answered in revision 3,
    /// and end the session in revision 4.
    pongs: usize,
}

impl Ledger {
    pub fn open(setting: Setting) -> Self {
        Self {
            revision: setting.revision,
            open: Some(setting.open_packet()),
            to_client: VecDeque::new(),
            to_app: VecDeque::new(),
            gets: Vec::new(),
            posts: Vec::new(),
            sending: None,
            candidate: false,
            switched: setting.link == Link::WebSocket,
            closing: false,
            closed: false,
            pinged: false,
            early_pongs: 0,
            pongs: 0,
        }
    }

    /// Looks at all that was seen when `step` happened.
    pub fn check(&mut self, step: Step, seen: &[Seen], world: &World, settled: bool) {
        self.told(step);
        for seen in seen {
            self.saw(step, seen);
        }
        self.always(world);
        if settled {
            self.after_a_turn(world);
        }
    }

    fn told(&mut self, step: Step) {
        match step.happens {
            Move::Get => self.gets.push(step.request),
            // Nobody waits for the answer any more.
            Move::GetLost => self.gets.clear(),
            Move::Post => {
                self.posts.push(step.request);
                if !self.switched && self.sending.is_none() {
                    self.sending = Some(step.request);
                }
            }
            Move::Body(body) => self.told_body(body, step.letter),
            Move::Send(form) if !self.closing => {
                self.to_client.push_back(self.revision.record(form, step.letter));
            }
            Move::Frame(Kind::Text) => self.owe(&[(Form::Text, step.letter)]),
            Move::Frame(Kind::Binary) => self.owe(&[(Form::Binary, step.letter)]),
            Move::Frame(Kind::Pong) => self.told_pong(),
            Move::Frame(Kind::Ping) => self.pongs += 1,
            // What comes from now on, or was not read before, is ignored.
            Move::Close => {
                self.closing = true;
                self.to_app.clear();
            }
            _ => {}
        }
    }

    fn told_body(&mut self, body: Body, letter: Letter) {
        let Some(request) = self.sending.take() else { return };
        match body {
            Body::One | Body::Bye | Body::Broken => self.owe(&[(Form::Text, letter)]),
            Body::Two => self.owe(&[(Form::Binary, letter), (Form::Text, letter.other())]),
            Body::Pong => self.told_pong(),
            Body::Ping => self.pongs += 1,
            Body::Lost => self.posts.retain(|waiting| *waiting != request),
            _ => {}
        }
    }

    fn told_pong(&mut self) {
        if !std::mem::take(&mut self.pinged) {
            self.early_pongs += 1;
        }
    }

    fn owe(&mut self, messages: &[(Form, Letter)]) {
        if !self.closing {
            self.to_app.extend(messages);
        }
    }

    fn saw(&mut self, step: Step, seen: &Seen) {
        assert!(!self.closed, "Nothing comes after the end: {seen:?}");
        match seen {
            Seen::Done(Action::Answer(request, answer)) => self.answered(*request, answer),
            Seen::Done(Action::Deliver(message)) => self.delivered(message),
            Seen::Done(Action::Switch) => {
                assert!(self.candidate && !self.switched, "One WebSocket takes over, and once");
                (self.candidate, self.switched) = (false, true);
                // The body of a POST that is on its way now is not for this session any more.
                self.sending = None;
            }
            Seen::Done(Action::DropCandidate) => {
                assert!(self.candidate, "Only a WebSocket that is there is dropped");
                self.candidate = false;
            }
            Seen::Done(Action::Closed(reason)) => self.ended(step, *reason),
            Seen::Frame(frame) => {
                assert!(self.switched, "Before the 5 the WebSocket is told nothing");
                match frame {
                    Frame::Text(text) => self.left(text),
                    Frame::Binary(bytes) if bytes[..] == *b"a" => self.left("bYQ=="),
                    Frame::Binary(_) => self.left("bYg=="),
                }
            }
            Seen::CandidateFrame(frame) => {
                let pong = Frame::Text("3probe".into());
                assert!(self.candidate && *frame == pong, "A candidate hears 3probe and no more");
            }
            Seen::Welcome(stays) => {
                let free = !self.candidate && !self.switched;
                assert!(free || !stays, "One WebSocket at a time, and none beside the session's");
                self.candidate |= stays;
            }
        }
    }

    fn answered(&mut self, request: u8, answer: &Answer) {
        let mut waiting = match answer {
            answer if answer.is_payload() => vec![&mut self.gets],
            Answer::Accepted | Answer::TooLarge | Answer::TimedOut => vec![&mut self.posts],
            _ => vec![&mut self.gets, &mut self.posts],
        };
        let list = waiting.iter_mut().find(|list| list.contains(&request));
        let list = list.expect("A request is answered once, and in kind");
        list.retain(|waiting| *waiting != request);
        if self.sending == Some(request) {
            self.sending = None;
        }
        match answer {
            Answer::Payload(body) => {
                self.revision.split(body).into_iter().for_each(|packet| self.left(packet));
            }
            Answer::Refused(refusal) => {
                let known = !matches!(refusal, Refusal::UnknownSid(_));
                assert!(known, "A session that lives is known: {refusal:?}");
            }
            Answer::Accepted | Answer::TooLarge | Answer::TimedOut => {}
            other => panic!("Nobody has asked for that: {other:?}"),
        }
    }

    /// A packet leaves for the client.
    fn left(&mut self, packet: &str) {
        match packet.as_bytes() {
            [b'4' | b'b', ..] => {
                let owed = self.to_client.pop_front();
                let message = "What is sent leaves once, complete and in order";
                assert_eq!((self.open, owed), (None, Some(packet)), "{message}");
            }
            [b'0', ..] => {
                assert_eq!(self.open.take(), Some(packet), "The open packet leaves once");
            }
            b"3" => {
                assert!(self.pongs > 0, "A pong answers a ping");
                self.pongs -= 1;
            }
            b"2" => {
                if self.early_pongs > 0 {
                    self.early_pongs -= 1;
                } else {
                    assert!(!self.pinged, "One ping is out, and not two");
                    self.pinged = true;
                }
            }
            b"1" | b"6" => {}
            _ => panic!("No server says {packet:?}"),
        }
    }

    fn delivered(&mut self, message: &Message) {
        let owed = self.to_app.pop_front().map(|(form, letter)| letter.message(form));
        let sentence = "What the client sends is delivered once, complete and in order";
        assert_eq!(owed.as_ref(), Some(message), "{sentence}");
    }

    fn ended(&mut self, step: Step, reason: CloseReason) {
        self.closed = true;
        let given_up = matches!(step.happens, Move::Wait(_) | Move::Abort);
        if reason == CloseReason::ForcedClose && !given_up {
            assert!(self.to_client.is_empty(), "A close comes behind all that was sent");
        }
        let waiting = (&self.gets, &self.posts);
        assert_eq!(waiting, (&vec![], &vec![]), "In the end every request has its answer");
        assert!(!self.candidate, "A candidate goes with its session");
        self.to_client.clear();
        self.to_app.clear();
        self.open = None;
        self.pongs = 0;
    }

    /// What holds at any time.
    fn always(&self, world: &World) {
        let deadline = world.session.deadline();
        assert_eq!(deadline.is_some(), !self.closed, "A timer is set until the end, and not after");
        assert!(self.gets.len() <= 1 && self.posts.len() <= 1, "One GET and one POST wait at most");
        assert!(!self.switched || self.gets.is_empty(), "After the 5 no GET waits");
        let (buffered, owed) = (world.session.buffered(), self.bytes());
        let most = owed + 1 + self.early_pongs + self.pongs;
        let bounded = (owed..=most).contains(&buffered);
        assert!(bounded, "What is owed waits, and a ping at most: {buffered}, not {owed}");
    }

    /// How many bytes wait for the client, not counting pings.
    fn bytes(&self) -> usize {
        let frame = |packet: &&str| if packet.starts_with('b') { 1 } else { 2 };
        self.to_client.iter().map(frame).sum::<usize>() + self.open.map_or(0, str::len)
    }

    fn after_a_turn(&mut self, world: &World) {
        let deadline = world.session.deadline();
        assert!(deadline.is_none_or(|at| at > world.now), "What is due was done");
        let waits = !self.gets.is_empty() && world.session.buffered() > 0;
        assert!(!waits, "No GET waits beside packets");
        let read = self.to_app.is_empty() || world.session.has_backlog();
        assert!(read, "What was read was delivered");
        if world.session.buffered() == self.bytes() && !world.session.has_backlog() {
            // No ping waits, so nothing was answered before it left.
            self.early_pongs = 0;
        }
    }
}
