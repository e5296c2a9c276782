//! The moves: everything that can happen to a session.
//!
//! ```text
//!   Get  Probe  Upgrade  Frame(Text)  Send(Binary)  Close  Wait(Unit)
//! ```
//!
//! A move says what happens, and not what comes of it. `Model::allows` says when it can happen.

use std::time::Duration;

use sockrates::engineio::packet::Frame;
use sockrates::engineio::session::BodyEnd;

use super::wire::{Form, Letter, Revision, text_frame};

/// One thing that happens.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Move {
    /// A `GET` comes.
    Get,
    /// The client of the `GET` that waits goes away.
    GetLost,
    /// The client of a `GET` goes away while the answer is on its way.
    AnswerLost,
    /// The head of a `POST` comes.
    Post,
    /// The body of the `POST` ends.
    Body(Body),
    /// A WebSocket comes with the session's name: a candidate.
    Candidate,
    /// The candidate says `2probe`.
    Probe,
    /// The candidate says `5`.
    Upgrade,
    /// The candidate says something that is no way to upgrade.
    Early(Early),
    /// The candidate breaks.
    CandidateLost,
    /// The session's WebSocket brings a frame.
    Frame(Kind),
    /// The session's WebSocket breaks.
    WebSocketLost,
    /// The application sends a message, as text or as bytes.
    Send(Form),
    /// The application closes the session.
    Close,
    /// The server gives the session up.
    Abort,
    /// The WebSocket has no more room for frames, or has room again.
    Stick,
    /// A part of a frame, but no whole one, leaves by a WebSocket without room.
    Trickle,
    /// The server no longer reads what the client sends, or reads again.
    Deafen,
    /// Time passes.
    Wait(Time),
    /// What comes next happens in the same turn as what comes after it.
    Hold,
}

/// How a `POST` ends.
///
/// | Variant    | The body                                             |
/// |------------|------------------------------------------------------|
/// | `One`      | a text message                                       |
/// | `Two`      | bytes and a text message                             |
/// | `Pong`     | `3`, which in revision 3 only a server may send      |
/// | `Bye`      | a message, `1`, and a message that comes too late    |
/// | `Broken`   | a message, `9`, and a message that comes too late    |
/// | `Ping`     | `2`, which in revision 4 only a server may send      |
/// | `Other`    | `6`, which is ignored                                |
/// | `NotText`  | it is not UTF-8                                      |
/// | `RawBytes` | it is said to be bytes                               |
/// | `TooLarge` | it is larger than `max_payload`                      |
/// | `TimedOut` | it stopped in the middle                             |
/// | `Lost`     | the client went away in the middle                   |
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Body {
    One,
    Two,
    Pong,
    Bye,
    Broken,
    Ping,
    Other,
    NotText,
    RawBytes,
    TooLarge,
    TimedOut,
    Lost,
}

/// What a candidate may say instead of `2probe` and `5`: a message, a ping of the heartbeat, and
/// what is no packet.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Early {
    Message,
    Ping,
    Broken,
}

/// What a frame over the session's WebSocket may hold.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    Text,
    Binary,
    Pong,
    Bye,
    Ping,
    Other,
    Broken,
}

/// How much time passes: a unit, half of the time to the next deadline, all of it, a unit more.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Time {
    Unit,
    Half,
    Due,
    Late,
}

/// All moves, in the order in which they are tried.
pub const MOVES: [Move; 43] = [
    Move::Get,
    Move::GetLost,
    Move::AnswerLost,
    Move::Post,
    Move::Body(Body::One),
    Move::Body(Body::Two),
    Move::Body(Body::Pong),
    Move::Body(Body::Bye),
    Move::Body(Body::Broken),
    Move::Body(Body::Ping),
    Move::Body(Body::Other),
    Move::Body(Body::NotText),
    Move::Body(Body::RawBytes),
    Move::Body(Body::TooLarge),
    Move::Body(Body::TimedOut),
    Move::Body(Body::Lost),
    Move::Candidate,
    Move::Probe,
    Move::Upgrade,
    Move::Early(Early::Message),
    Move::Early(Early::Ping),
    Move::Early(Early::Broken),
    Move::CandidateLost,
    Move::Frame(Kind::Text),
    Move::Frame(Kind::Binary),
    Move::Frame(Kind::Pong),
    Move::Frame(Kind::Bye),
    Move::Frame(Kind::Ping),
    Move::Frame(Kind::Other),
    Move::Frame(Kind::Broken),
    Move::WebSocketLost,
    Move::Send(Form::Text),
    Move::Send(Form::Binary),
    Move::Close,
    Move::Abort,
    Move::Stick,
    Move::Trickle,
    Move::Deafen,
    Move::Wait(Time::Unit),
    Move::Wait(Time::Half),
    Move::Wait(Time::Due),
    Move::Wait(Time::Late),
    Move::Hold,
];

/// The time that all limits of the session are a multiple of.
///
/// It is the one time that cannot be configured: after which a `GET` is released again during an
/// upgrade.
pub const UNIT: Duration = Duration::from_millis(2);

/// A move with all that the session is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Step {
    pub happens: Move,
    /// The number of the request, if one comes: the smallest that is free.
    pub request: u8,
    /// The letter that its first message consists of. The second message has the other one.
    pub letter: Letter,
    /// How many units of time pass.
    pub units: u32,
}

impl Body {
    /// What the session is told.
    pub fn end(self, revision: Revision, letter: Letter) -> BodyEnd {
        let one = revision.record(Form::Text, letter);
        let bytes = revision.record(Form::Binary, letter);
        let other = revision.record(Form::Text, letter.other());
        let records: &[&str] = match self {
            Self::One => &[one],
            Self::Two => &[bytes, other],
            Self::Pong => &["3"],
            Self::Bye => &[one, "1", other],
            Self::Broken => &[one, "9", other],
            Self::Ping => &["2"],
            Self::Other => &["6"],
            Self::NotText => return BodyEnd::NotText,
            Self::RawBytes => return BodyEnd::RawBytes,
            Self::TooLarge => return BodyEnd::TooLarge,
            Self::TimedOut => return BodyEnd::TimedOut,
            Self::Lost => return BodyEnd::Lost,
        };
        BodyEnd::Complete(revision.join(records).into())
    }
}

impl Kind {
    /// The frame.
    pub fn frame(self, revision: Revision, letter: Letter) -> Frame {
        match self {
            Self::Text => revision.frame_in(Form::Text, letter),
            Self::Binary => revision.frame_in(Form::Binary, letter),
            Self::Pong => text_frame("3"),
            Self::Bye => text_frame("1"),
            Self::Ping => text_frame("2"),
            Self::Other => text_frame("6"),
            Self::Broken => text_frame("9"),
        }
    }
}

impl Early {
    /// The frame.
    pub fn frame(self) -> Frame {
        text_frame(match self {
            Self::Message => "4early",
            Self::Ping => "2",
            Self::Broken => "9",
        })
    }
}
