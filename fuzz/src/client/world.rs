//! A client as the server has it, beside the model of it: each move is made on both, and what the
//! server hears has to be the same.
//!
//! ```text
//!   Head("/a", 1)   ──► 51-/a,["e",9,{"_placeholder":true,"num":0}]   ──► nothing yet
//!   Attachment      ──► (a byte)                                      ──► the event
//! ```

use std::time::{Duration, Instant};

use bytes::Bytes;
use sockrates::engineio::dialect::Revision;
use sockrates::engineio::packet::Message;
use sockrates::socketio::Options;
use sockrates::socketio::args::Args;
use sockrates::socketio::client::{Asked, Client};
use sockrates::socketio::violation::Violation;

use super::model::{Heard, Model, Move, NAMESPACES, Why, limits};

/// What a unit of time is.
pub const UNIT: Duration = Duration::from_secs(1);

/// A client and its model.
pub struct World {
    pub client: Client,
    pub model: Model,
    options: Options,
    now: Instant,
}

impl World {
    pub fn start(epoch: Instant) -> Self {
        let options = Options {
            connect_timeout: limits::CONNECT_TIME * UNIT,
            attachments_timeout: limits::ATTACHMENTS_TIME * UNIT,
            max_attachments: limits::ATTACHMENTS,
            max_attachment_bytes: limits::ATTACHMENT_BYTES,
            max_namespaces: limits::NAMESPACES,
            max_refusals: limits::REFUSALS,
            max_waiting: limits::WAITING,
            ..Options::default()
        };
        let mut client = Client::new(Revision::Four, &options, epoch);
        assert!(matches!(client.opened(&options, epoch), Ok(None)), "it has said nothing yet");
        Self { client, model: Model::default(), options, now: epoch }
    }

    /// One move on, with everything looked at.
    pub fn step(&mut self, happens: Move) {
        let heard = self.happens(happens);
        let told = self.model.step(happens);
        assert_eq!(heard, told, "The client (left) does what the model (right) says");
        if self.model.is_closed() {
            return;
        }
        let left = self.client.deadline().map(|at| at.saturating_duration_since(self.now));
        let expected = self.model.deadline().map(|left| left * UNIT);
        assert_eq!(left, expected, "Its next deadline is the first of all");
        let has_room = self.client.has_room(&self.options);
        assert_eq!(has_room, self.model.has_room(), "It is read while little waits");
    }

    fn happens(&mut self, happens: Move) -> Vec<Heard> {
        let (options, now) = (&self.options, self.now);
        match happens {
            Move::Admit(place) => self.client.admitted(NAMESPACES[place]),
            Move::Refuse(place) => {
                return closed(self.client.refused(NAMESPACES[place], options));
            }
            Move::Greet(place) => {
                let waited = self.client.greeted(NAMESPACES[place]);
                return waited.into_iter().map(heard).collect();
            }
            Move::Kick(place) => self.client.left(NAMESPACES[place], options, now),
            Move::Wait => {
                self.now += UNIT;
                return closed(self.client.tick(self.now));
            }
            said => {
                let message = self.message(said);
                return match self.client.receive(message, options, now) {
                    Ok(asked) => asked.into_iter().map(heard).collect(),
                    Err(violation) => closed(Err(violation)),
                };
            }
        }
        Vec::new()
    }

    /// What the client says, as it travels.
    fn message(&self, said: Move) -> Message {
        const ZERO: &str = r#"{"_placeholder":true,"num":0}"#;
        const ONE: &str = r#"{"_placeholder":true,"num":1}"#;
        let on_wire = |place: usize| match NAMESPACES[place] {
            "/" => String::new(),
            name => format!("{name},"),
        };
        let text = match said {
            Move::Attachment => return Message::Binary(vec![self.model.attachment()].into()),
            Move::Heavy => {
                return Message::Binary(vec![0; limits::ATTACHMENT_BYTES + 1].into());
            }
            Move::Connect(place) => format!("0{}", on_wire(place)),
            Move::Leave(place) => format!("1{}", on_wire(place)),
            Move::Event(place) => {
                format!(r#"2{}["e",{}]"#, on_wire(place), self.model.letter(place))
            }
            Move::Question(place) => {
                format!(r#"2{}7["e",{}]"#, on_wire(place), self.model.letter(place))
            }
            Move::Answer(place) => format!("3{}7[9]", on_wire(place)),
            Move::Backwards(place) => format!(r#"4{}{{"message":"no"}}"#, on_wire(place)),
            Move::Head(place, 1) => {
                format!(r#"51-{}["e",{},{ZERO}]"#, on_wire(place), self.model.letter(place))
            }
            Move::Head(place, _) => {
                format!(r#"52-{}["e",{},{ONE},{ZERO}]"#, on_wire(place), self.model.letter(place))
            }
            Move::Unfilled(place) => format!(r#"51-{}["e",9,{ONE}]"#, on_wire(place)),
            Move::AnswerHead(place) => format!("61-{}7[9,{ZERO}]", on_wire(place)),
            _ => "2no JSON".to_owned(),
        };
        Message::Text(text.into())
    }
}

fn closed(outcome: Result<(), Violation>) -> Vec<Heard> {
    outcome.err().map(|violation| Heard::Closed(why(&violation))).into_iter().collect()
}

fn place(namespace: &str) -> usize {
    NAMESPACES.iter().position(|name| *name == namespace).expect("a namespace that was asked for")
}

fn heard(asked: Asked) -> Heard {
    match asked {
        Asked::Connect { namespace, auth } => {
            assert_eq!(auth, None, "it has said nothing to be let in");
            Heard::Connect(place(&namespace))
        }
        Asked::Event { namespace, id, event } => {
            assert_eq!(&*event.name, "e");
            let (letter, bytes) = read(&event.args);
            Heard::Event { place: place(&namespace), id, letter, bytes }
        }
        Asked::Ack { namespace, id, args } => {
            assert_eq!(id, 7);
            let (letter, bytes) = read(&args);
            Heard::Answer { place: place(&namespace), letter, bytes }
        }
        Asked::Disconnect { namespace } => Heard::Disconnect(place(&namespace)),
    }
}

/// A letter, and behind it the attachments where their placeholders are.
fn read(args: &Args) -> (u64, Vec<u8>) {
    let one = |bytes: Bytes| -> u8 { *bytes.first().expect("an attachment of one byte") };
    match args.len() {
        1 => (args.parse().expect("a letter"), Vec::new()),
        2 => {
            let (letter, first) = args.parse().expect("a letter and an attachment");
            (letter, vec![one(first)])
        }
        _ => {
            let (letter, first, second) = args.parse().expect("a letter and two attachments");
            (letter, vec![one(first), one(second)])
        }
    }
}

fn why(violation: &Violation) -> Why {
    match violation {
        Violation::Decode(_) => Why::NoPacket,
        Violation::Assemble(_) => Why::TooManyBytes,
        Violation::Placeholder(_) => Why::PlaceholderUnfilled,
        Violation::TextAmongAttachments => Why::TextAmongAttachments,
        Violation::StrayAttachment => Why::StrayAttachment,
        Violation::AttachmentsMissing => Why::AttachmentsMissing,
        Violation::NotConnected => Why::NotConnected,
        Violation::SecondConnect => Why::SecondConnect,
        Violation::ConnectErrorFromClient => Why::FromServersOnly,
        Violation::TooManyNamespaces => Why::TooManyNamespaces,
        Violation::TooManyRefusals => Why::TooManyRefusals,
        Violation::NoNamespace => Why::NoNamespace,
        other => panic!("nobody did anything that is called {other:?}"),
    }
}
