//! Failures: what went wrong with one event, in whose words, and what the client may know.
//!
//! ```text
//!   42["add",1,"two"]     argument 2: invalid type: string "two", expected i64
//!        └─ event          └─ message, of kind `Arguments`
//!   427["add",1,"two"]    the same, and since an answer was wanted:
//!   437[{"error":"argument 2: invalid type: string \"two\", expected i64"}]
//! ```
//!
//! A failure ends nothing but the handling of its event. It goes to the error handlers of the
//! socket, to those of its namespace, and into one line of the log.
//!
//! Core file. Not in the specification.

use std::any::Any;
use std::fmt;

use bytestring::ByteString;

use super::args::ArgsError;

/// What a client is told of what is only the server's business.
const PRIVATE: &str = "the event could not be handled";

/// An event that was not handled, or not to the end.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct EventFailure {
    /// The name of the event. A connection handler fails with `connect`, and those that hear of
    /// the end with `disconnecting` and `disconnect`: no client can send these.
    pub event: ByteString,
    /// Whose doing it was.
    pub kind: Kind,
    /// What happened, and for arguments what was expected. May hold what a client has sent.
    pub message: String,
}

/// Whose doing a failure was.
///
/// | Variant                          | Whose               | What a client that wants an answer is told |
/// |----------------------------------|---------------------|--------------------------------------------|
/// | [`Arguments`](Self::Arguments)   | the client's        | which argument, and what was expected      |
/// | [`Refused`](Self::Refused)       | a middleware's wish | what the middleware has said               |
/// | [`Handler`](Self::Handler)       | the application's   | that the event could not be handled        |
/// | [`Panic`](Self::Panic)           | the application's   | the same                                   |
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// The arguments are not what the handler takes.
    Arguments,
    /// A middleware has not let the event through.
    Refused,
    /// The handler has returned an error.
    Handler,
    /// The handler, or a middleware, has panicked.
    Panic,
}

impl fmt::Display for EventFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { event, kind, message } = self;
        match kind {
            Kind::Arguments => write!(f, "event {event:?} with other arguments: {message}"),
            Kind::Refused => write!(f, "event {event:?} was refused: {message}"),
            Kind::Handler => write!(f, "event {event:?} failed: {message}"),
            Kind::Panic => write!(f, "event {event:?} panicked: {message}"),
        }
    }
}

impl std::error::Error for EventFailure {}

/// What one handler or middleware has failed with, before it is known of which event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    kind: Kind,
    message: String,
}

impl Failure {
    /// The handler says so itself.
    pub(super) fn of_handler(error: impl fmt::Display) -> Self {
        Self { kind: Kind::Handler, message: error.to_string() }
    }

    pub(super) fn of_panic(panic: &(dyn Any + Send)) -> Self {
        let text = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        Self { kind: Kind::Panic, message: text.to_owned() }
    }

    /// An error of a middleware is a refusal; a panic stays one.
    #[must_use]
    pub(super) fn of_middleware(self) -> Self {
        match self.kind {
            Kind::Handler | Kind::Arguments => Self { kind: Kind::Refused, ..self },
            Kind::Refused | Kind::Panic => self,
        }
    }

    /// What the client may know of it, when it wanted an answer. Never longer than 200
    /// characters, since a part of it may be the client's own text.
    pub(super) fn answer(&self) -> String {
        match self.kind {
            Kind::Arguments | Kind::Refused => format!("{:.200}", self.message),
            Kind::Handler | Kind::Panic => PRIVATE.to_owned(),
        }
    }

    pub(super) fn of_event(self, event: &str) -> EventFailure {
        EventFailure { event: event.into(), kind: self.kind, message: self.message }
    }
}

/// Shortens to the precision that is asked for, since what a client sent may be in it.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<ArgsError> for Failure {
    fn from(error: ArgsError) -> Self {
        Self { kind: Kind::Arguments, message: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_told_of_its_own_doing_and_of_refusals_only() {
        let arguments = Failure { kind: Kind::Arguments, message: "x".repeat(1000) };
        assert_eq!(arguments.answer(), "x".repeat(200));
        let secret = Failure::of_handler("no route to 10.0.0.7");
        assert_eq!(secret.answer(), PRIVATE);
        assert_eq!(Failure::of_panic(&"index 7").answer(), PRIVATE);
        assert_eq!(secret.of_middleware().answer(), "no route to 10.0.0.7");
        assert_eq!(Failure::of_panic(&"index 7").of_middleware().answer(), PRIVATE);
    }

    #[test]
    fn a_failure_says_which_event_and_whose_doing() {
        let check = |kind, expected: &str| {
            let failure = Failure { kind, message: "why".to_owned() };
            assert_eq!(failure.of_event("a\n").to_string(), expected);
        };
        check(Kind::Arguments, r#"event "a\n" with other arguments: why"#);
        check(Kind::Refused, r#"event "a\n" was refused: why"#);
        check(Kind::Handler, r#"event "a\n" failed: why"#);
        check(Kind::Panic, r#"event "a\n" panicked: why"#);
    }

    #[test]
    fn a_panic_says_what_it_was_given() {
        assert_eq!(Failure::of_panic(&"plain").to_string(), "plain");
        assert_eq!(Failure::of_panic(&"made".to_owned()).to_string(), "made");
        assert_eq!(Failure::of_panic(&7).to_string(), "no message");
    }
}
