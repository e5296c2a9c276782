//! What became of a check, and the words for it.
//!
//! ```text
//!   passed
//!   failed     expected: `3probe`       received: the connection was closed, code 1006
//!   skipped    it takes 25 s, and --slow was not given
//! ```
//!
//! Core file.

use sockrates::explain::Form;

use super::lang::{Told, told, wire};
use super::reply::Reply;

/// How a conversation ends early: by `?`, in the middle of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Stop {
    Failed(Box<Fault>),
    Skipped(Told),
}

/// What was expected, and what came instead.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    pub wanted: Told,
    pub received: Told,
    /// Nobody was there to talk to. The check before this one may know why.
    pub gone: bool,
}

pub type Verdict<T = ()> = Result<T, Stop>;

/// The outcome of one check, with the conversation that led to it.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub verdict: Verdict,
    pub notes: Vec<Note>,
    /// Seconds that it took.
    pub took: f64,
}

/// One line of a conversation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Note {
    pub from: Side,
    pub text: String,
    /// What of it can be explained, and as what.
    pub packet: Option<(Form, String)>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    Client,
    Server,
}

impl Outcome {
    pub fn failed(&self) -> Option<&Fault> {
        match &self.verdict {
            Err(Stop::Failed(fault)) => Some(fault),
            Ok(()) | Err(Stop::Skipped(_)) => None,
        }
    }

    pub fn skipped(&self) -> Option<&Told> {
        match &self.verdict {
            Err(Stop::Skipped(why)) => Some(why),
            Ok(()) | Err(Stop::Failed(_)) => None,
        }
    }

    pub fn not_asked(why: Told) -> Self {
        Self { verdict: Err(Stop::Skipped(why)), notes: Vec::new(), took: 0.0 }
    }
}

impl Stop {
    pub fn failed(wanted: Told, received: Told) -> Self {
        Self::Failed(Box::new(Fault { wanted, received, gone: false }))
    }
}

/// Ends a check: that was expected, and this was received.
pub fn fail<T>(wanted: Told, received: Told) -> Verdict<T> {
    Err(Stop::failed(wanted, received))
}

/// Ends a check that this server cannot be asked.
pub fn skip<T>(en: &'static str, zh: &'static str) -> Verdict<T> {
    Err(Stop::Skipped(Told::fixed(en, zh)))
}

/// Fails unless something holds.
pub fn ensure(holds: bool, wanted: Told, received: impl FnOnce() -> Told) -> Verdict {
    if holds { Ok(()) } else { fail(wanted, received()) }
}

/// Fails unless the status is one of these.
pub fn status(reply: &Reply, wanted: &[u16]) -> Verdict {
    let list: Vec<_> = wanted.iter().map(u16::to_string).collect();
    let list = list.join(" / ");
    let expected = told(format!("the status {list}"), format!("状态码 {list}"));
    ensure(wanted.contains(&reply.status), expected, || answer(reply))
}

/// Fails unless the server says that the request was wrong: not 200, and not that it is broken.
pub fn refused(reply: &Reply) -> Verdict {
    let expected = told("a refusal: a status from 400 to 499", "拒绝：状态码在 400 到 499 之间");
    ensure((400..500).contains(&reply.status), expected, || answer(reply))
}

/// An answer of HTTP, as it is shown.
pub fn answer(reply: &Reply) -> Told {
    wire(reply.shown())
}

/// Nothing came in time.
pub fn silence() -> Told {
    Told::fixed("nothing, until the time was up", "直到超时也没有任何回应")
}

/// The other end has closed the TCP connection without a word.
pub fn lost() -> Told {
    Told::fixed("the TCP connection was closed without a word", "TCP 连接被直接关闭，没有任何说明")
}
