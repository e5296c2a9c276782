//! Typed handlers: from an event's arguments to a closure's parameters.
//!
//! ```text
//!   42["join",{"name":"Ada","room":"1"}]      |socket: Socket, join: Join| …
//!   427["add",1,2]                            |(a, b): (i64, i64), ack: Ack| …
//!   42["ping"]                                |socket: Socket| …
//! ```
//!
//! A handler is a closure with up to four parameters, in any order:
//!
//! | Parameter                  | What it is                                                |
//! |----------------------------|-----------------------------------------------------------|
//! | [`Socket`]                 | who has sent the event                                    |
//! | [`Ack`]                    | where the answer goes                                     |
//! | [`Args`]                   | the arguments as they came                                |
//! | [`EventName`]              | the name of the event                                     |
//! | [`State<T>`]               | what the server was given of this type                    |
//! | any type that serde reads  | the arguments: a tuple takes them one by one, any other type takes the first |
//! | `Result<T, ArgsError>`     | the same, where the handler deals with wrong arguments    |
//!
//! It may be synchronous or asynchronous, and return nothing, or what `emit` and `on` return: a
//! `Result` with any error that can be displayed, or a [`ListenerId`]. An error, arguments of other
//! types and a panic are failures of this one event: see [`failure`]. What an error says is for the
//! log; what the client may know of it is sent by an `Ack`.
//!
//! # Common mistakes
//!
//! Several arguments are one parameter, a tuple, and not several parameters as in JavaScript:
//!
//! ```compile_fail,E0277
//! # use sockrates::socketio::{Ack, Socket};
//! # fn mistake(socket: Socket) {
//! socket.on("add", |a: i64, b: i64, ack: Ack| ack.send(a + b));    // |(a, b): (i64, i64), ack: Ack|
//! # }
//! ```
//!
//! A handler lives as long as its socket, and runs on whichever thread the session is. What it
//! holds on to has to be its own, and allowed to move between threads. An `Rc` is not:
//!
//! ```compile_fail,E0277
//! # use sockrates::socketio::Socket;
//! # fn mistake(socket: Socket) {
//! let count = std::rc::Rc::new(std::cell::Cell::new(0));    // `Arc<AtomicUsize>` is
//! socket.on("count", move |_: Socket| count.set(count.get() + 1));
//! # }
//! ```
//!
//! Nor can it borrow from the function that registers it; `move` it in, or a clone of it:
//!
//! ```compile_fail,E0597
//! # use sockrates::socketio::Socket;
//! # fn mistake(socket: Socket) {
//! let names = vec!["Ada".to_owned()];
//! let names = &names;
//! socket.on("names", move |socket: Socket| socket.emit("names", names));
//! # }
//! ```
//!
//! Data are of a type that serde can read: here `#[derive(serde::Deserialize)]` is missing.
//!
//! ```compile_fail,E0277
//! # use sockrates::socketio::Socket;
//! struct Join {
//!     name: String,
//! }
//! # fn mistake(socket: Socket) {
//! socket.on("join", |socket: Socket, join: Join| socket.emit("welcome", join.name));
//! # }
//! ```
//!
//! Nor can data be borrowed in a parameter. Take the [`Args`], and borrow from them:
//!
//! ```compile_fail
//! # use sockrates::socketio::Socket;
//! # fn mistake(socket: Socket) {
//! socket.on("say", |socket: Socket, text: &str| socket.emit("said", text));
//! # }
//! ```
//!
//! ```
//! # use sockrates::socketio::{Args, Socket};
//! # fn works(socket: Socket) {
//! socket.on("say", |socket: Socket, args: Args| {
//!     if let Ok(text) = args.parse::<&str>() {
//!         socket.emit("said", text).ok();
//!     }
//! });
//! # }
//! ```
//!
//! What a handler returns is not sent to the client. An answer is sent by an [`Ack`]:
//!
//! ```compile_fail,E0277
//! # use sockrates::socketio::Socket;
//! # fn mistake(socket: Socket) {
//! socket.on("add", |(a, b): (i64, i64)| a + b);    // |(a, b): (i64, i64), ack: Ack| ack.send(a + b)
//! # }
//! ```
//!
//! A closure that returns a value from one branch and a future from another has no type. An
//! asynchronous handler is `async` as a whole:
//!
//! ```compile_fail,E0308
//! # use sockrates::socketio::Socket;
//! # fn mistake(socket: Socket) {
//! socket.on("maybe", |wait: bool| {                 // async |wait: bool| {
//!     if !wait {
//!         return;
//!     }
//!     async { tokio::task::yield_now().await }      //     tokio::task::yield_now().await;
//! });
//! # }
//! ```
//!
//! Nor can it lend to its future what it has captured, since it may be called again meanwhile. A
//! closure that clones, and a future that owns the clone, can:
//!
//! ```compile_fail
//! # use sockrates::socketio::Socket;
//! # fn mistake(socket: Socket, name: String) {
//! socket.on("who", async move |socket: Socket| socket.emit("me", &name));
//! # }
//! ```
//!
//! ```
//! # use sockrates::socketio::Socket;
//! # fn works(socket: Socket, name: String) {
//! socket.on("who", move |socket: Socket| {
//!     let name = name.clone();
//!     async move { socket.emit("me", &name) }
//! });
//! # }
//! ```
//!
//! What takes long without an `.await` holds up every client whose session is on the same thread.
//! Have it done elsewhere:
//!
//! ```
//! # use sockrates::socketio::{Ack, Socket};
//! # fn right(socket: Socket) {
//! socket.on("sum", async |numbers: Vec<u64>, ack: Ack| {
//!     let sum = tokio::task::spawn_blocking(move || numbers.iter().sum::<u64>()).await;
//!     ack.send(sum.unwrap_or_default())
//! });
//! # }
//! ```
//!
//! The guard of a `std::sync::Mutex` must not be kept while the handler waits: others would wait
//! for it with the whole thread. Let it go before, in a block of its own.
//!
//! ```compile_fail
//! # use sockrates::socketio::{Socket, State};
//! # fn mistake(socket: Socket) {
//! socket.on("count", async |State(count): State<std::sync::Mutex<u64>>| {
//!     let mut count = count.lock().unwrap();
//!     tokio::task::yield_now().await;
//!     *count += 1;
//! });
//! # }
//! ```
//!
//! [`failure`]: super::failure
//! [`State<T>`]: super::state::State
//! [`ListenerId`]: super::listeners::ListenerId
//!
//! Shell file: runs what applications wrote, and survives its panics.

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;

use bytestring::ByteString;
use futures_util::FutureExt;

use super::ack::Ack;
use super::args::Args;
use super::failure::Failure;
use super::listeners::ListenerId;
use super::socket::Socket;

pub use super::parameter::{DataOnce, FromEvent, ViaContext, ViaData};

/// An event that is being handled.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Whose it is.
    pub socket: Socket,
    /// What it is called.
    pub name: EventName,
    /// What it brings.
    pub args: Args,
    /// Where the answer goes.
    pub ack: Ack,
}

/// The name of an event, as a parameter of a handler: for one that hears of several events, or of
/// any. It can be used like a `&str`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct EventName(pub(super) ByteString);

impl Deref for EventName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for EventName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What is left to do of a handler that was called.
pub type Rest = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// What a handler may return. `When` keeps the two kinds apart, and is never written out.
#[diagnostic::on_unimplemented(
    message = "a handler can not return `{Self}`",
    label = "returned by the handler",
    note = "a handler returns `()`, `Result<(), E>` where `E: Display`, what `emit` or `on` \
            returns, or a `Send` future of one of these",
    note = "what is returned is not sent to the client: to answer an event, take an `Ack`"
)]
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

/// So that a handler may end with `socket.on(…)`.
impl Outcome<Now> for ListenerId {
    fn rest(self) -> Result<Option<Rest>, Failure> {
        Ok(None)
    }
}

impl<E: fmt::Display> Outcome<Now> for Result<(), E> {
    fn rest(self) -> Result<Option<Rest>, Failure> {
        self.map(|()| None).map_err(Failure::of_handler)
    }
}

/// So that a handler may end with a broadcast, which says how many it was sent to.
impl<E: fmt::Display> Outcome<Now> for Result<usize, E> {
    fn rest(self) -> Result<Option<Rest>, Failure> {
        self.map(|_| None).map_err(Failure::of_handler)
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

/// A closure that can handle events. Implemented for all that fit; `Signature` is what the
/// compiler finds out about them, and is never written out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can not handle events",
    label = "not a handler",
    note = "a handler is a closure with up to four parameters of written-out types, like \
            `|socket: Socket, (a, b): (i64, i64), ack: Ack| …`: `Socket`, `Ack`, `Args`, \
            `EventName`, `State<T>`, or owned data that implement `serde::Deserialize`",
    note = "its arguments are one parameter, a tuple if there are several: `(a, b): (i64, i64)`, \
            and not `a: i64, b: i64`",
    note = "it returns `()`, `Result<(), E>` where `E: Display`, what `emit` or `on` returns, or \
            a `Send` future of one of these; what it returns is not sent: to answer, take an `Ack`",
    note = "it is called for many events, on any thread: it is `Fn + Send + Sync + 'static`"
)]
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
            $($parameter: FromEvent<$via>,)*
            ($($via,)*): DataOnce,
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
