//! State: what an application gives to its handlers, by type.
//!
//! ```text
//!   Io::builder(options).state(Database::open()?).build()
//!   socket.on("find", |State(database): State<Database>, name: String| …)
//!                      └─ the one value of that type
//! ```
//!
//! Core file. Not in the specification; officially a handler is a closure over what it needs,
//! and it may be one here as well.

use std::any::type_name;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::failure::Failure;
use super::handler::{FromEvent, Incoming, ViaContext};

/// The value of type `T` that the server was given, as a parameter of a handler.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use sockrates::socketio::{Ack, Io, Options, Socket, State};
///
/// let io = Io::builder(Options::default()).state(AtomicUsize::new(0)).build();
/// io.of("/").on_connect(|socket: Socket| {
///     socket.on("count", |State(count): State<AtomicUsize>, ack: Ack| {
///         ack.send(count.fetch_add(1, Ordering::Relaxed))
///     });
/// });
/// ```
///
/// An event whose handler asks for a type that was never given fails, and says so.
pub struct State<T: ?Sized>(pub Arc<T>);

impl<T: ?Sized> Clone for State<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: ?Sized> Deref for State<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for State<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("State").field(&&*self.0).finish()
    }
}

impl<T: Send + Sync + 'static> FromEvent<ViaContext> for State<T> {
    fn from_event(event: &Incoming) -> Result<Self, Failure> {
        let missing = || {
            let name = type_name::<T>();
            Failure::of_handler(format_args!("the server was given no state of type {name}"))
        };
        event.socket.namespace().state().map(Self).ok_or_else(missing)
    }
}
