//! A client: one session, seen from Socket.IO, with its many namespaces.
//!
//! ```text
//!   40               may I join the main namespace?      ──► Connect
//!   40/admin,        and this one?                       ──► Connect
//!   42["hi"]         an event                            ──► Event
//!   451-["pic",…]    an event with an attachment …       ──► nothing yet
//!   (bytes)          … and here it is                    ──► Event
//!   41               I leave                             ──► Disconnect
//!   anything else                                        ──► the session is closed
//! ```
//!
//! Where a client stands with each namespace:
//!
//! ```text
//!            40               admitted            greeted
//!   (none) ──────► Pending ──────────► Greeting ──────────► Joined
//!      ▲              │ refused            │ 41                │ 41
//!      └──────────────┴────────────────────┴───────────────────┘
//! ```
//!
//! *Pending* while the middleware decides. *Greeting* until the connection handler has
//! returned; events wait until then, or they would find no listener.
//!
//! Core file: time is an argument. Spec: Socket.IO v5, "Connection to a namespace",
//! "Disconnection from a namespace".

use std::collections::VecDeque;
use std::fmt;
use std::time::Instant;

use bytes::Bytes;
use bytestring::ByteString;

use super::args::Args;
use super::assemble::{AssembleError, Assembler, Step};
use super::decode::{DecodeError, decode};
use super::options::Options;
use super::packet::{Body, Event, Packet};
use super::placeholder::PlaceholderError;
use crate::engineio::packet::Message;

/// One client, and where it stands with each namespace.
#[derive(Debug)]
pub struct Client {
    memberships: Vec<Membership>,
    /// When it has to be in a namespace. `None` while it is in one.
    connect_by: Option<Instant>,
    /// The packet whose attachments are still to come, and when they all have to be here.
    incomplete: Option<(Assembler<Packet>, Instant)>,
    refusals: usize,
}

#[derive(Debug)]
struct Membership {
    namespace: ByteString,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Pending,
    Greeting(VecDeque<Asked>),
    Joined,
}

/// What a client asks for.
#[derive(Debug)]
pub enum Asked {
    /// To join a namespace. Answer with [`Client::admitted`] or [`Client::refused`].
    Connect {
        /// Which.
        namespace: ByteString,
        /// What it says to be let in: a JSON object.
        auth: Option<ByteString>,
    },
    /// To have an event handled.
    Event {
        /// Where.
        namespace: ByteString,
        /// The number under which it wants an answer, if it wants one.
        id: Option<u64>,
        /// What happened.
        event: Event,
    },
    /// To have its answer to an event of ours.
    Ack {
        /// Where.
        namespace: ByteString,
        /// Which event.
        id: u64,
        /// What it answers.
        args: Args,
    },
    /// To leave a namespace, which it has left with that.
    Disconnect {
        /// Which.
        namespace: ByteString,
    },
}

impl Client {
    /// A client that is in no namespace yet.
    pub fn new(options: &Options, now: Instant) -> Self {
        Self {
            memberships: Vec::new(),
            connect_by: Some(now + options.connect_timeout),
            incomplete: None,
            refusals: 0,
        }
    }

    /// A message came. What the client asks for with it, if that is complete.
    ///
    /// # Errors
    /// When it broke the rules, and its session has to be closed.
    pub fn receive(
        &mut self,
        message: Message,
        options: &Options,
        now: Instant,
    ) -> Result<Option<Asked>, Violation> {
        let step = match (message, self.incomplete.take()) {
            (Message::Text(text), None) => {
                let decoded = decode(&text, options.max_attachments)?;
                // Before anything is kept for it.
                self.check_membership(&decoded.packet)?;
                Assembler::start(decoded.packet, decoded.attachments)
            }
            (Message::Binary(bytes), Some((assembler, until))) => {
                match assembler.attach(bytes, options.max_attachment_bytes)? {
                    Step::More(assembler) => {
                        self.incomplete = Some((assembler, until));
                        return Ok(None);
                    }
                    done @ Step::Done(..) => done,
                }
            }
            (Message::Text(_), Some(_)) => return Err(Violation::TextAmongAttachments),
            (Message::Binary(_), None) => return Err(Violation::StrayAttachment),
        };
        match step {
            Step::More(assembler) => {
                self.incomplete = Some((assembler, now + options.attachments_timeout));
                Ok(None)
            }
            Step::Done(packet, attachments) => self.complete(packet, attachments, options, now),
        }
    }

    fn complete(
        &mut self,
        packet: Packet,
        attachments: Vec<Bytes>,
        options: &Options,
        now: Instant,
    ) -> Result<Option<Asked>, Violation> {
        // Between the head and its last attachment the server may have ended the membership.
        self.check_membership(&packet)?;
        let namespace = packet.namespace;
        let asked = match packet.body {
            Body::Connect { auth } => {
                if self.memberships.len() >= options.max_namespaces {
                    return Err(Violation::TooManyNamespaces);
                }
                let phase = Phase::Pending;
                self.memberships.push(Membership { namespace: namespace.clone(), phase });
                Asked::Connect { namespace, auth }
            }
            Body::Disconnect => {
                self.left(&namespace, options, now);
                Asked::Disconnect { namespace }
            }
            Body::Event { id, event: Event { name, args } } => {
                let event = Event { name, args: args.complete(attachments)? };
                let asked = Asked::Event { namespace: namespace.clone(), id, event };
                if let Some(Phase::Greeting(waiting)) = self.phase(&namespace) {
                    waiting.push_back(asked);
                    return Ok(None);
                }
                asked
            }
            // An answer does not wait: it may be what the connection handler waits for.
            Body::Ack { id, args } => {
                Asked::Ack { namespace, id, args: args.complete(attachments)? }
            }
            Body::ConnectError { .. } => return Err(Violation::ConnectErrorFromClient),
        };
        Ok(Some(asked))
    }

    /// The namespace has let the client in; its connection handler begins.
    pub fn admitted(&mut self, namespace: &str) {
        if let Some(phase @ Phase::Pending) = self.phase(namespace) {
            *phase = Phase::Greeting(VecDeque::new());
            self.connect_by = None;
        }
    }

    /// The connection handler has returned. What came in the meantime is to be handled now.
    pub fn greeted(&mut self, namespace: &str) -> VecDeque<Asked> {
        match self.phase(namespace) {
            Some(phase @ Phase::Greeting(_)) => match std::mem::replace(phase, Phase::Joined) {
                Phase::Greeting(waiting) => waiting,
                Phase::Pending | Phase::Joined => VecDeque::new(),
            },
            Some(Phase::Pending | Phase::Joined) | None => VecDeque::new(),
        }
    }

    /// The namespace does not exist, or has not let the client in.
    ///
    /// # Errors
    /// When it was refused too often.
    pub fn refused(&mut self, namespace: &str, options: &Options) -> Result<(), Violation> {
        // The time to join a namespace goes on: being refused is not a way to stay.
        self.memberships.retain(|membership| membership.namespace != namespace);
        self.refusals += 1;
        if self.refusals > options.max_refusals {
            return Err(Violation::TooManyRefusals);
        }
        Ok(())
    }

    /// The client has left the namespace, or was made to. If it is in no other, it has the
    /// time to join one that it had at the beginning.
    ///
    /// [SIO5-DISCONNECT-1] "The low-level connection MAY be kept alive if the client is
    /// connected to another namespace."
    pub fn left(&mut self, namespace: &str, options: &Options, now: Instant) {
        self.memberships.retain(|membership| membership.namespace != namespace);
        let joined = |membership: &Membership| !matches!(membership.phase, Phase::Pending);
        if !self.memberships.iter().any(joined) && self.connect_by.is_none() {
            self.connect_by = Some(now + options.connect_timeout);
        }
    }

    /// Whether another message may be handled: not while too many events wait for a
    /// connection handler.
    pub fn has_room(&self, options: &Options) -> bool {
        let waiting = self.memberships.iter().map(|membership| match &membership.phase {
            Phase::Greeting(waiting) => waiting.len(),
            Phase::Pending | Phase::Joined => 0,
        });
        waiting.sum::<usize>() < options.max_waiting
    }

    /// When to call [`tick`](Self::tick) next.
    pub fn deadline(&self) -> Option<Instant> {
        let attachments = self.incomplete.as_ref().map(|(_, until)| *until);
        attachments.into_iter().chain(self.connect_by).min()
    }

    /// Time has passed.
    ///
    /// # Errors
    /// When what had to come by now has not, and the session has to be closed.
    pub fn tick(&mut self, now: Instant) -> Result<(), Violation> {
        if self.connect_by.is_some_and(|by| now >= by) {
            return Err(Violation::NoNamespace);
        }
        if self.incomplete.as_ref().is_some_and(|(_, until)| now >= *until) {
            return Err(Violation::AttachmentsMissing);
        }
        Ok(())
    }

    /// [SIO5-CONNECT-4] "If the server does not receive a `CONNECT` packet first, then it MUST
    /// close the connection immediately." That holds for each namespace, and a second one is
    /// as wrong as none.
    fn check_membership(&mut self, packet: &Packet) -> Result<(), Violation> {
        match (&packet.body, self.phase(&packet.namespace)) {
            (Body::Connect { .. }, None) => Ok(()),
            (Body::Connect { .. }, Some(_)) => Err(Violation::SecondConnect),
            (_, Some(Phase::Greeting(_) | Phase::Joined)) => Ok(()),
            (_, Some(Phase::Pending) | None) => Err(Violation::NotConnected),
        }
    }

    fn phase(&mut self, namespace: &str) -> Option<&mut Phase> {
        self.memberships
            .iter_mut()
            .find(|membership| membership.namespace == namespace)
            .map(|membership| &mut membership.phase)
    }
}

/// How a client broke the rules. Each closes its session.
#[derive(Debug)]
#[non_exhaustive]
pub enum Violation {
    /// It sent text that is no packet.
    Decode(DecodeError),
    /// Its attachments exceed a limit.
    Assemble(AssembleError),
    /// Its data and its attachments do not fit together.
    Placeholder(PlaceholderError),
    /// Text came while attachments were missing.
    TextAmongAttachments,
    /// Bytes came that belong to no packet.
    StrayAttachment,
    /// Attachments did not come in time.
    AttachmentsMissing,
    /// A packet came for a namespace that it is not in.
    NotConnected,
    /// It asked to join a namespace that it is in, or is about to be in.
    SecondConnect,
    /// It sent what only a server sends.
    ConnectErrorFromClient,
    /// It is in as many namespaces as it may be in.
    TooManyNamespaces,
    /// It was refused too often.
    TooManyRefusals,
    /// It did not join any namespace in time.
    NoNamespace,
}

impl From<DecodeError> for Violation {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<AssembleError> for Violation {
    fn from(error: AssembleError) -> Self {
        Self::Assemble(error)
    }
}

impl From<PlaceholderError> for Violation {
    fn from(error: PlaceholderError) -> Self {
        Self::Placeholder(error)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => write!(f, "{error}"),
            Self::Assemble(error) => write!(f, "{error}"),
            Self::Placeholder(error) => write!(f, "{error}"),
            Self::TextAmongAttachments => write!(f, "text while attachments were expected"),
            Self::StrayAttachment => write!(f, "bytes that no packet has announced"),
            Self::AttachmentsMissing => write!(f, "attachments that did not come in time"),
            Self::NotConnected => write!(f, "a packet for a namespace that was not joined"),
            Self::SecondConnect => write!(f, "a second CONNECT to the same namespace"),
            Self::ConnectErrorFromClient => write!(f, "a CONNECT_ERROR, which only servers send"),
            Self::TooManyNamespaces => write!(f, "more namespaces than one client may join"),
            Self::TooManyRefusals => write!(f, "refused too often"),
            Self::NoNamespace => write!(f, "no namespace was joined in time"),
        }
    }
}

impl std::error::Error for Violation {}
