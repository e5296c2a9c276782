//! Parameters: what a handler can ask for, and where each comes from.
//!
//! ```text
//!   |socket: Socket, (a, b): (i64, i64), ack: Ack|
//!            │        └── by serde, from the arguments
//!            └── comes with every event, as `ack` does
//! ```
//!
//! Shell file: makes the parameters of [`handler`](super::handler), which has the table of them.

use serde::de::DeserializeOwned;

use super::ack::Ack;
use super::args::{Args, ArgsError};
use super::failure::Failure;
use super::handler::{EventName, Incoming};
use super::socket::Socket;

/// What a parameter of a handler can be. `Via` keeps the two ways of making one apart, and
/// is never written out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can not be a parameter of a handler",
    label = "serde can not read this type from the arguments of an event",
    note = "a parameter is `Socket`, `Ack`, `Args`, `EventName`, `State<T>`, or owned data that \
            implement `serde::Deserialize` (`String`, not `&str`)"
)]
pub trait FromEvent<Via>: Sized {
    /// Makes the parameter.
    ///
    /// # Errors
    /// When the arguments are not what the type expects, or there is no such state.
    fn from_event(event: &Incoming) -> Result<Self, Failure>;
}

/// A parameter is read from the arguments, by serde.
#[derive(Debug)]
pub struct ViaData;

/// A parameter is something that comes with every event.
#[derive(Debug)]
pub struct ViaContext;

impl<T: DeserializeOwned> FromEvent<ViaData> for T {
    fn from_event(event: &Incoming) -> Result<Self, Failure> {
        Ok(event.args.parse()?)
    }
}

impl<T: DeserializeOwned> FromEvent<ViaContext> for Result<T, ArgsError> {
    fn from_event(event: &Incoming) -> Result<Self, Failure> {
        Ok(event.args.parse())
    }
}

impl FromEvent<ViaContext> for EventName {
    fn from_event(event: &Incoming) -> Result<Self, Failure> {
        Ok(event.name.clone())
    }
}

impl FromEvent<ViaContext> for Socket {
    fn from_event(event: &Incoming) -> Result<Self, Failure> {
        Ok(event.socket.clone())
    }
}

impl FromEvent<ViaContext> for Ack {
    fn from_event(event: &Incoming) -> Result<Self, Failure> {
        Ok(event.ack.clone())
    }
}

impl FromEvent<ViaContext> for Args {
    fn from_event(event: &Incoming) -> Result<Self, Failure> {
        Ok(event.args.clone())
    }
}

/// How the parameters of one handler are made: from its data at most once. Two of them would both
/// be given the first argument, where whoever wrote them wants the first and the second.
#[diagnostic::on_unimplemented(
    message = "the arguments of an event are one parameter of its handler, and not several",
    label = "takes them as several parameters",
    note = "several arguments are a tuple: `(a, b): (i64, i64)`, and not `a: i64, b: i64`"
)]
pub trait DataOnce {}

macro_rules! data_once {
    ($(($($via:ident),*))*) => {$(
        impl DataOnce for ($($via,)*) {}
    )*};
}

use {ViaContext as C, ViaData as D};

data_once! {
    ()
    (C) (D)
    (C, C) (D, C) (C, D)
    (C, C, C) (D, C, C) (C, D, C) (C, C, D)
    (C, C, C, C) (D, C, C, C) (C, D, C, C) (C, C, D, C) (C, C, C, D)
}
