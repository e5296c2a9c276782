//! One client and its namespaces, written down plainly: what it may say when, what the server hears
//! of it, and when its session is closed.
//!
//! ```text
//!   Connect ──► Asked ── Admit ──► Greeting ── Greet ──► Joined
//!                 │ Refuse             │ Leave, Kick        │ Leave, Kick
//!                 └──────────────► Outside ◄────────────────┘
//! ```
//!
//! Times are in units, and count down. Nothing here looks at how the server does it.

/// The namespaces that the client knows. The last one is one too many to be in at once.
pub const NAMESPACES: [&str; 3] = ["/", "/a", "/b"];

/// Small limits, so that short histories meet them.
pub mod limits {
    pub const NAMESPACES: usize = 2;
    pub const REFUSALS: usize = 1;
    pub const CONNECT_TIME: u32 = 3;
    pub const ATTACHMENTS_TIME: u32 = 2;
    pub const ATTACHMENTS: usize = 2;
    pub const ATTACHMENT_BYTES: usize = 3;
    pub const WAITING: usize = 2;
}

/// What can happen. The number is the place of a namespace in [`NAMESPACES`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Move {
    /// The client asks to join.
    Connect(usize),
    /// The client sends an event.
    Event(usize),
    /// The same, and it wants an answer.
    Question(usize),
    /// The client sends the head of an event with so many attachments.
    Head(usize, usize),
    /// The same, with a placeholder for an attachment that it does not announce.
    Unfilled(usize),
    /// The client answers an event.
    Answer(usize),
    /// The client sends the head of an answer with one attachment.
    AnswerHead(usize),
    /// The client leaves.
    Leave(usize),
    /// The client sends what only a server sends.
    Backwards(usize),
    /// The client sends an attachment of one byte.
    Attachment,
    /// The client sends one that is larger than all may be together.
    Heavy,
    /// The client sends text that is no packet.
    Garbage,
    /// The middleware lets the client in.
    Admit(usize),
    /// The middleware does not, or there is no such namespace.
    Refuse(usize),
    /// The connection handler has returned.
    Greet(usize),
    /// The application makes the client leave.
    Kick(usize),
    /// A unit of time passes.
    Wait,
}

/// What the server hears of a move, in order.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Heard {
    Connect(usize),
    Event { place: usize, id: Option<u64>, letter: u64, bytes: Vec<u8> },
    Answer { place: usize, letter: u64, bytes: Vec<u8> },
    Disconnect(usize),
    Closed(Why),
}

/// Why the session is closed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Why {
    NoPacket,
    TextAmongAttachments,
    StrayAttachment,
    TooManyBytes,
    PlaceholderUnfilled,
    AttachmentsMissing,
    NotConnected,
    SecondConnect,
    FromServersOnly,
    TooManyNamespaces,
    TooManyRefusals,
    NoNamespace,
}

/// Where the client stands with a namespace.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
enum Standing {
    #[default]
    Outside,
    Asked,
    /// Events wait.
    Greeting(Vec<Heard>),
    Joined,
}

/// A packet whose attachments are still to come.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Incomplete {
    place: usize,
    is_event: bool,
    is_unfilled: bool,
    letter: u64,
    wanted: usize,
    bytes: Vec<u8>,
    left: u32,
}

/// The client.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Model {
    standing: [Standing; NAMESPACES.len()],
    incomplete: Option<Incomplete>,
    refusals: usize,
    /// The time it has to join a namespace, while it is in none.
    to_join: Option<u32>,
    closed: bool,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            standing: Default::default(),
            incomplete: None,
            refusals: 0,
            to_join: Some(limits::CONNECT_TIME),
            closed: false,
        }
    }
}

impl Model {
    /// Whether this can happen. What a client sends always can; so can a verdict, or the return of
    /// a handler, that comes too late. A refusal is counted by whoever has it sent, and the
    /// application can not make a client leave where it is not.
    pub fn allows(&self, happens: Move) -> bool {
        match happens {
            Move::Refuse(place) => self.standing[place] == Standing::Asked,
            Move::Kick(place) => self.standing[place] != Standing::Outside,
            _ => !self.closed,
        }
    }

    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// What tells one event from the others that wait with it.
    pub fn letter(&self, place: usize) -> u64 {
        match &self.standing[place] {
            Standing::Greeting(waiting) => waiting.len() as u64,
            _ => 9,
        }
    }

    /// The next attachment.
    pub fn attachment(&self) -> u8 {
        self.incomplete.as_ref().map_or(0, |it| it.bytes.len() as u8 + 1)
    }

    /// The time until something has to be done, if anything has.
    pub fn deadline(&self) -> Option<u32> {
        let attachments = self.incomplete.as_ref().map(|it| it.left);
        attachments.into_iter().chain(self.to_join).min()
    }

    /// Whether the session is read.
    pub fn has_room(&self) -> bool {
        let waiting = |standing: &Standing| match standing {
            Standing::Greeting(waiting) => waiting.len(),
            _ => 0,
        };
        self.standing.iter().map(waiting).sum::<usize>() < limits::WAITING
    }

    /// One move on. What the server hears.
    pub fn step(&mut self, happens: Move) -> Vec<Heard> {
        let heard = match self.happens(happens) {
            Ok(heard) => heard,
            Err(why) => vec![Heard::Closed(why)],
        };
        self.closed = matches!(heard.last(), Some(Heard::Closed(_)));
        heard
    }

    fn happens(&mut self, happens: Move) -> Result<Vec<Heard>, Why> {
        match happens {
            Move::Attachment => return self.attached(),
            Move::Heavy if self.incomplete.is_none() => return Err(Why::StrayAttachment),
            Move::Heavy => return Err(Why::TooManyBytes),
            Move::Wait => return self.waits(),
            Move::Admit(place) => self.admitted(place),
            Move::Refuse(place) => return self.refused(place),
            Move::Greet(place) => {
                let standing = &mut self.standing[place];
                if let Standing::Greeting(waiting) = standing {
                    let waiting = std::mem::take(waiting);
                    *standing = Standing::Joined;
                    return Ok(waiting);
                }
            }
            Move::Kick(place) => self.leaves(place),
            text => return self.text(text),
        }
        Ok(Vec::new())
    }

    fn text(&mut self, text: Move) -> Result<Vec<Heard>, Why> {
        if self.incomplete.is_some() {
            return Err(Why::TextAmongAttachments);
        }
        match text {
            Move::Connect(place) => match self.standing[place] {
                Standing::Outside if self.memberships() == limits::NAMESPACES => {
                    Err(Why::TooManyNamespaces)
                }
                Standing::Outside => {
                    self.standing[place] = Standing::Asked;
                    Ok(vec![Heard::Connect(place)])
                }
                _ => Err(Why::SecondConnect),
            },
            Move::Event(place) => self.event(place, None, Vec::new()),
            Move::Question(place) => self.event(place, Some(7), Vec::new()),
            Move::Answer(place) => self.answer(place, Vec::new()),
            Move::Head(place, wanted) => self.head(place, true, false, wanted),
            Move::Unfilled(place) => self.head(place, true, true, 1),
            Move::AnswerHead(place) => self.head(place, false, false, 1),
            Move::Leave(place) => {
                self.has_to_be_in(place)?;
                self.leaves(place);
                Ok(vec![Heard::Disconnect(place)])
            }
            Move::Backwards(place) => {
                self.has_to_be_in(place)?;
                Err(Why::FromServersOnly)
            }
            _ => Err(Why::NoPacket),
        }
    }

    fn event(&mut self, at: usize, id: Option<u64>, bytes: Vec<u8>) -> Result<Vec<Heard>, Why> {
        self.event_with(at, id, self.letter(at), bytes)
    }

    fn event_with(
        &mut self,
        place: usize,
        id: Option<u64>,
        letter: u64,
        bytes: Vec<u8>,
    ) -> Result<Vec<Heard>, Why> {
        self.has_to_be_in(place)?;
        let event = Heard::Event { place, id, letter, bytes };
        // Events wait for the connection handler.
        if let Standing::Greeting(waiting) = &mut self.standing[place] {
            waiting.push(event);
            return Ok(Vec::new());
        }
        Ok(vec![event])
    }

    /// Answers do not wait.
    fn answer(&mut self, place: usize, bytes: Vec<u8>) -> Result<Vec<Heard>, Why> {
        self.has_to_be_in(place)?;
        Ok(vec![Heard::Answer { place, letter: 9, bytes }])
    }

    fn head(
        &mut self,
        place: usize,
        is_event: bool,
        is_unfilled: bool,
        wanted: usize,
    ) -> Result<Vec<Heard>, Why> {
        self.has_to_be_in(place)?;
        let letter = if is_event { self.letter(place) } else { 9 };
        let (bytes, left) = (Vec::new(), limits::ATTACHMENTS_TIME);
        let incomplete = Incomplete { place, is_event, is_unfilled, letter, wanted, bytes, left };
        self.incomplete = Some(incomplete);
        Ok(Vec::new())
    }

    fn attached(&mut self) -> Result<Vec<Heard>, Why> {
        let byte = self.attachment();
        let mut packet = self.incomplete.take().ok_or(Why::StrayAttachment)?;
        packet.bytes.push(byte);
        if packet.bytes.len() < packet.wanted {
            self.incomplete = Some(packet);
            return Ok(Vec::new());
        }
        // It may have been made to leave since the head came.
        self.has_to_be_in(packet.place)?;
        if packet.is_unfilled {
            return Err(Why::PlaceholderUnfilled);
        }
        // The head asks for the last one first.
        packet.bytes.reverse();
        match packet.is_event {
            true => self.event_with(packet.place, None, packet.letter, packet.bytes),
            false => self.answer(packet.place, packet.bytes),
        }
    }

    fn admitted(&mut self, place: usize) {
        if self.standing[place] == Standing::Asked {
            self.standing[place] = Standing::Greeting(Vec::new());
            self.to_join = None;
        }
    }

    fn refused(&mut self, place: usize) -> Result<Vec<Heard>, Why> {
        self.standing[place] = Standing::Outside;
        self.refusals += 1;
        if self.refusals > limits::REFUSALS { Err(Why::TooManyRefusals) } else { Ok(Vec::new()) }
    }

    fn leaves(&mut self, place: usize) {
        self.standing[place] = Standing::Outside;
        let is_in = |standing: &Standing| !matches!(standing, Standing::Outside | Standing::Asked);
        if self.to_join.is_none() && !self.standing.iter().any(is_in) {
            self.to_join = Some(limits::CONNECT_TIME);
        }
    }

    fn waits(&mut self) -> Result<Vec<Heard>, Why> {
        if let Some(left) = &mut self.to_join {
            *left -= 1;
            if *left == 0 {
                return Err(Why::NoNamespace);
            }
        }
        if let Some(packet) = &mut self.incomplete {
            packet.left -= 1;
            if packet.left == 0 {
                return Err(Why::AttachmentsMissing);
            }
        }
        Ok(Vec::new())
    }

    fn has_to_be_in(&self, place: usize) -> Result<(), Why> {
        match self.standing[place] {
            Standing::Outside | Standing::Asked => Err(Why::NotConnected),
            Standing::Greeting(_) | Standing::Joined => Ok(()),
        }
    }

    fn memberships(&self) -> usize {
        self.standing.iter().filter(|standing| **standing != Standing::Outside).count()
    }
}
