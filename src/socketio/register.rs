//! Registering: what an application says to a socket about events.
//!
//! ```text
//!   let id = socket.on("add", |(a, b): (i64, i64), ack: Ack| ack.send(a + b));
//!   socket.off(id);
//! ```
//!
//! | Ours                                    | Official                               |
//! |-----------------------------------------|----------------------------------------|
//! | `on`, `once`, `off(id)`                 | `on`, `once`, `off(event, listener)`   |
//! | `off_all(event)`                        | `removeAllListeners(event)`            |
//! | `remove_all_listeners()`                | `removeAllListeners()`                 |
//! | `event_names`, `listener_count`         | the same                               |
//! | `on_any`, `prepend_any`, `off_any(id)`  | `onAny`, `prependAny`, `offAny(listener)` |
//! | `clear_any`, `listeners_any`            | `offAny()`, `listenersAny`             |
//! | the same with `_outgoing`               | the same with `Outgoing`               |
//! | `middleware`                            | `use`                                  |
//! | `on_error`                              | `on("error", …)`                       |
//!
//! Whoever wants to remove a listener keeps the [`ListenerId`] that he was given, since closures
//! can not be compared. All of these do nothing once the socket has ended.
//!
//! Shell file: fills the table of [`listeners`](super::listeners). Not in the specification.

use std::sync::{Arc, Once};

use futures_util::FutureExt;

use super::args::Args;
use super::failure::{EventFailure, Failure};
use super::handler::{EventHandler, Incoming, Outcome, Rest};
use super::listeners::{At, Call, ListenerId};
use super::packet::reserved_event;
use super::socket::Socket;

impl Socket {
    /// Has `handler` called for every event of this name. Several handlers of one event are
    /// called in the order in which they were added. One that is added, or removed, while an
    /// event is handled hears, or does not hear, the next one.
    ///
    /// See [`handler`](super::handler) for what a handler can be. Only clients send events: that
    /// the socket ends, of which an official server tells by events, is heard by
    /// [`on_disconnect`](Self::on_disconnect) and [`on_disconnecting`](Self::on_disconnecting).
    pub fn on<H, S>(&self, event: &str, handler: H) -> ListenerId
    where
        H: EventHandler<S>,
        S: 'static,
    {
        warn_of_reserved(event);
        self.listeners().on(event, call(handler), false)
    }

    /// Has `handler` called for the next event of this name, and for no other: not even for one
    /// that comes while it runs.
    pub fn once<H, S>(&self, event: &str, handler: H) -> ListenerId
    where
        H: EventHandler<S>,
        S: 'static,
    {
        warn_of_reserved(event);
        self.listeners().on(event, call(handler), true)
    }

    /// Removes what [`on`](Self::on) or [`once`](Self::once) has added. Whether it was there.
    pub fn off(&self, id: ListenerId) -> bool {
        self.listeners().off(id)
    }

    /// Removes all listeners of one event. Officially `removeAllListeners(event)`.
    pub fn off_all(&self, event: &str) {
        self.listeners().off_all(event);
    }

    /// Removes all listeners of events. Those of any event, middleware, and handlers of errors
    /// and of the end stay.
    pub fn remove_all_listeners(&self) {
        self.listeners().off_everything();
    }

    /// The events that there are listeners of, in the order in which the first of each was added.
    pub fn event_names(&self) -> Vec<String> {
        self.listeners().event_names()
    }

    /// How many listeners of this event there are.
    pub fn listener_count(&self, event: &str) -> usize {
        self.listeners().count(event)
    }

    /// Has `handler` called for every event, whatever its name, before any middleware is asked
    /// and whether or not somebody listens to it. An [`EventName`](super::EventName) among its
    /// parameters says which event it is.
    pub fn on_any<H, S>(&self, handler: H) -> ListenerId
    where
        H: EventHandler<S>,
        S: 'static,
    {
        self.listeners().any(call(handler), At::Back)
    }

    /// The same, before all that were added up to now.
    pub fn prepend_any<H, S>(&self, handler: H) -> ListenerId
    where
        H: EventHandler<S>,
        S: 'static,
    {
        self.listeners().any(call(handler), At::Front)
    }

    /// Removes what [`on_any`](Self::on_any) has added. Whether it was there.
    pub fn off_any(&self, id: ListenerId) -> bool {
        self.listeners().off_any(Some(id))
    }

    /// Removes all listeners of any event. Officially `offAny()`.
    pub fn clear_any(&self) {
        self.listeners().off_any(None);
    }

    /// The listeners of any event, in the order in which they are called.
    pub fn listeners_any(&self) -> Vec<ListenerId> {
        self.listeners().ids_of_any()
    }

    /// Has `handler` called for every event that is sent to this client, by `emit` or by a
    /// broadcast, with its name and its arguments, before it leaves. Answers are no events.
    ///
    /// Of what it sends itself to the same socket no such listener hears: that would have no end.
    pub fn on_any_outgoing<H>(&self, handler: H) -> ListenerId
    where
        H: Fn(&str, &Args) + Send + Sync + 'static,
    {
        self.listeners().outgoing(Arc::new(handler), At::Back)
    }

    /// The same, before all that were added up to now.
    pub fn prepend_any_outgoing<H>(&self, handler: H) -> ListenerId
    where
        H: Fn(&str, &Args) + Send + Sync + 'static,
    {
        self.listeners().outgoing(Arc::new(handler), At::Front)
    }

    /// Removes what [`on_any_outgoing`](Self::on_any_outgoing) has added. Whether it was there.
    pub fn off_any_outgoing(&self, id: ListenerId) -> bool {
        self.listeners().off_outgoing(Some(id))
    }

    /// Removes all listeners of what goes out. Officially `offAnyOutgoing()`.
    pub fn clear_any_outgoing(&self) {
        self.listeners().off_outgoing(None);
    }

    /// The listeners of what goes out, in the order in which they are called.
    pub fn listeners_any_outgoing(&self) -> Vec<ListenerId> {
        self.listeners().ids_of_outgoing()
    }

    /// Asks `middleware` about every event before its listeners hear of it. Several are asked in
    /// the order in which they were added, until one returns an error: then no listener is
    /// called, and the event has [failed](super::failure). Officially `use`.
    ///
    /// It may be asynchronous. While it waits, later events of the same socket go on.
    ///
    /// ```
    /// use sockrates::socketio::{Incoming, Socket};
    ///
    /// fn guard(socket: &Socket) {
    ///     socket.middleware(|incoming: Incoming| match &*incoming.name {
    ///         "delete" => Err("only the owner may delete"),
    ///         _ => Ok(()),
    ///     });
    /// }
    /// ```
    pub fn middleware<M, O, When>(&self, middleware: M)
    where
        M: Fn(Incoming) -> O + Send + Sync + 'static,
        O: Outcome<When>,
    {
        let ask = move |incoming: &Incoming| -> Result<Option<Rest>, Failure> {
            let rest = middleware(incoming.clone()).rest().map_err(Failure::of_middleware)?;
            Ok(rest.map(|rest| -> Rest {
                Box::pin(rest.map(|outcome| outcome.map_err(Failure::of_middleware)))
            }))
        };
        self.listeners().middleware(Arc::new(ask));
    }

    /// Has `handler` called for everything that fails on this socket: see
    /// [`failure`](super::failure). Officially the event `error`, which only middleware causes.
    ///
    /// What fails after the socket has ended is told to the namespace only.
    pub fn on_error<H>(&self, handler: H)
    where
        H: Fn(&EventFailure) + Send + Sync + 'static,
    {
        self.listeners().on_error(Arc::new(handler));
    }
}

/// Says, once, that a listener waits for what never comes.
fn warn_of_reserved(event: &str) {
    static WARNED: Once = Once::new();
    if let Some(event) = reserved_event(event) {
        WARNED.call_once(|| {
            tracing::warn!(
                event,
                "no client sends this event: the end of a socket is heard of by \
                on_disconnect and on_disconnecting, and its beginning by on_connect"
            );
        });
    }
}

/// A handler without the types of its parameters.
fn call<H, S>(handler: H) -> Arc<Call>
where
    H: EventHandler<S>,
    S: 'static,
{
    Arc::new(move |event: &Incoming| EventHandler::<S>::call(&handler, event))
}
