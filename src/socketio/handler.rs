//! Typed handlers: from an event's arguments to a closure's parameters.
//!
//! ```text
//!   42["join",{"name":"Ada","room":"1"}]      |socket: Socket, join: Join| …
//!   427["add",1,2]                            |(a, b): (i64, i64), ack: Ack| …
//!   42["ping"]                                |socket: Socket| …
//! ```
//!
//! A handler is a closure with up to four parameters, in any order: a [`Socket`], an
//! [`Ack`], the [`Args`] as they came, and data of any type that serde can read. A tuple
//! takes the arguments one by one; any other type takes the first.
//!
//! It may be synchronous or asynchronous, and may return a `Result`, whose error is logged.
//!
//! Shell file: runs what applications wrote, and survives its panics.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;

use futures_util::FutureExt;
use serde::de::DeserializeOwned;

use super::ack::Ack;
use super::args::{Args, ArgsError};
use super::socket::Socket;

/// An event that is being handled.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Whose it is.
    pub socket: Socket,
    /// What it brings.
    pub args: Args,
    /// Where the answer goes.
    pub ack: Ack,
}

/// What a parameter of a handler can be. `Via` keeps the two ways of making one apart, and
/// is never written out.
pub trait FromEvent<Via>: Sized {
    /// Makes the parameter.
    ///
    /// # Errors
    /// When the arguments are not what the type expects.
    fn from_event(event: &Incoming) -> Result<Self, ArgsError>;
}

/// A parameter is read from the arguments, by serde.
#[derive(Debug)]
pub struct ViaData;

/// A parameter is something that comes with every event.
#[derive(Debug)]
pub struct ViaContext;

impl<T: DeserializeOwned> FromEvent<ViaData> for T {
    fn from_event(event: &Incoming) -> Result<Self, ArgsError> {
        event.args.parse()
    }
}

impl FromEvent<ViaContext> for Socket {
    fn from_event(event: &Incoming) -> Result<Self, ArgsError> {
        Ok(event.socket.clone())
    }
}

impl FromEvent<ViaContext> for Ack {
    fn from_event(event: &Incoming) -> Result<Self, ArgsError> {
        Ok(event.ack.clone())
    }
}

impl FromEvent<ViaContext> for Args {
    fn from_event(event: &Incoming) -> Result<Self, ArgsError> {
        Ok(event.args.clone())
    }
}

/// What is left to do of a handler that was called.
pub type Rest = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// What a handler may return. `When` keeps the two kinds apart, and is never written out.
pub trait Outcome<When> {
    /// What is left to do: `None` for a handler that is done.
    ///
    /// # Errors
    /// What a handler that is done has failed with.
    fn rest(self) -> Result<Option<Rest>, Failure>;
}

/// A handler that is done when it returns.
#[derive(Debug)]
pub struct Now;

/// A handler that is done when its future is.
#[derive(Debug)]
pub struct Later;

impl Outcome<Now> for () {
    fn rest(self) -> Result<Option<Rest>, Failure> {
        Ok(None)
    }
}

impl<E: fmt::Display> Outcome<Now> for Result<(), E> {
    fn rest(self) -> Result<Option<Rest>, Failure> {
        self.map(|()| None).map_err(|error| Failure(error.to_string()))
    }
}

impl<F> Outcome<Later> for F
where
    F: Future<Output: Outcome<Now>> + Send + 'static,
{
    fn rest(self) -> Result<Option<Rest>, Failure> {
        Ok(Some(Box::pin(self.map(|outcome| outcome.rest().map(|_| ())))))
    }
}

/// What a handler has failed with: an error of its own, arguments that it could not read, or
/// a panic.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure(String);

impl Failure {
    pub(super) fn of_panic(panic: &(dyn Any + Send)) -> Self {
        let text = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        Self(format!("the handler panicked: {text}"))
    }
}

/// Shortens to the precision that is asked for, since what a client sent may be in it.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl std::error::Error for Failure {}

impl From<ArgsError> for Failure {
    fn from(error: ArgsError) -> Self {
        Self(error.to_string())
    }
}

/// A closure that can handle events. Implemented for all that fit; `Signature` is what the
/// compiler finds out about them, and is never written out.
pub trait EventHandler<Signature>: Send + Sync + 'static {
    /// Calls the closure.
    ///
    /// # Errors
    /// When the arguments do not fit, or the closure has failed.
    fn call(&self, event: &Incoming) -> Result<Option<Rest>, Failure>;
}

macro_rules! event_handler {
    ($($parameter:ident $via:ident),*) => {
        impl<F, O, When, $($parameter, $via),*> EventHandler<(When, $($parameter, $via),*)> for F
        where
            F: Fn($($parameter),*) -> O + Send + Sync + 'static,
            O: Outcome<When>,
            $($parameter: FromEvent<$via>),*
        {
            #[allow(unused_variables, reason = "a handler without parameters")]
            fn call(&self, event: &Incoming) -> Result<Option<Rest>, Failure> {
                self($($parameter::from_event(event)?),*).rest()
            }
        }
    };
}

event_handler!();
event_handler!(A ViaA);
event_handler!(A ViaA, B ViaB);
event_handler!(A ViaA, B ViaB, C ViaC);
event_handler!(A ViaA, B ViaB, C ViaC, D ViaD);

/// Calls something an application wrote, and takes it up to its first real suspension, as
/// JavaScript would. What is left after that is returned.
///
/// # Errors
/// When it has failed already. A panic is a failure like any other.
pub(super) fn start(
    call: impl FnOnce() -> Result<Option<Rest>, Failure>,
) -> Result<Option<Rest>, Failure> {
    let rest = catch_unwind(AssertUnwindSafe(call))
        .unwrap_or_else(|panic| Err(Failure::of_panic(&*panic)))?;
    let Some(rest) = rest else { return Ok(None) };
    let mut rest: Rest = Box::pin(
        AssertUnwindSafe(rest)
            .catch_unwind()
            .map(|outcome| outcome.unwrap_or_else(|panic| Err(Failure::of_panic(&*panic)))),
    );
    // Nobody waits on this first poll: whoever gets the rest polls again.
    match rest.as_mut().now_or_never() {
        Some(outcome) => outcome.map(|()| None),
        None => Ok(Some(rest)),
    }
}
