//! Dispatch: the way of an event through the listeners of its socket.
//!
//! ```text
//!   427["add",1,2] ──► any ──► middleware ──► listeners of "add", if the socket is still connected
//!                                  │               │
//!                                  ▼ refused       ▼ failed
//!                               error handlers, one line of the log, 437[{"error":"…"}]
//! ```
//!
//! Each of them runs here and now up to its first real suspension, and the next one goes on. An
//! event whose middleware is suspended waits beside the session, with it; events behind it may
//! overtake it.
//!
//! Shell file: runs what applications wrote. Spec: Socket.IO v5, "Sending and receiving data".

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::FutureExt;

use super::ack::Ack;
use super::failure::Failure;
use super::handler::{EventName, Incoming, Rest, start};
use super::listeners::Table;
use super::packet::Event;
use super::parser::Encoded;
use super::socket::Socket;
use super::socket_id::SocketId;

impl Socket {
    /// Has an event handled by these listeners.
    pub(super) fn dispatch(&self, table: &Arc<Table>, id: Option<u64>, event: Event) {
        if !self.is_connected() {
            return;
        }
        let Event { name, args } = event;
        let ack = Ack::new(self, id);
        let incoming = Incoming { socket: self.clone(), name: EventName(name), args, ack };
        for any in &table.any {
            self.run(&incoming, || (any.call)(&incoming));
        }
        if table.middleware.is_empty() && table.any.is_empty() {
            return self.deliver(table, &incoming);
        }
        match start(|| ask(table, &incoming)) {
            Ok(None) => self.admit(&incoming),
            Ok(Some(rest)) => {
                let socket = self.clone();
                self.link().suspend(rest, incoming.args.bytes(), move |outcome| match outcome {
                    Ok(()) => socket.admit(&incoming),
                    Err(failure) => socket.fail(&incoming.name, failure, &incoming.ack),
                });
            }
            Err(failure) => self.fail(&incoming.name, failure, &incoming.ack),
        }
    }

    /// The middleware has let an event through. It may have changed what is registered, or
    /// disconnected the socket.
    fn admit(&self, incoming: &Incoming) {
        if !self.is_connected() {
            return;
        }
        if let Some(table) = self.listeners().read() {
            self.deliver(&table, incoming);
        }
    }

    fn deliver(&self, table: &Table, incoming: &Incoming) {
        let mut listeners = table.events.iter().filter(|it| it.hears(&incoming.name)).peekable();
        if listeners.peek().is_none() && table.any.is_empty() {
            // As in `fail`: in part only, and escaped.
            tracing::debug!(
                socket = %self.id(),
                namespace = self.namespace().name(),
                event = ?format!("{:.100}", incoming.name),
                "nobody listens to this event"
            );
        }
        for listener in listeners {
            if let Some(call) = listener.take(self.listeners()) {
                self.run(incoming, || call(incoming));
            }
        }
    }

    /// Runs a handler, and what is left of it beside the session.
    fn run(&self, incoming: &Incoming, call: impl FnOnce() -> Result<Option<Rest>, Failure>) {
        let Incoming { name, args, ack, .. } = incoming;
        self.run_as(name, args.bytes(), ack, call);
    }

    /// The same, for a handler that hears of the end and not of an event.
    pub(super) fn run_as(
        &self,
        event: &str,
        bytes: usize,
        ack: &Ack,
        call: impl FnOnce() -> Result<Option<Rest>, Failure>,
    ) {
        match start(call) {
            Ok(None) => {}
            Ok(Some(rest)) => {
                let (socket, event, ack) = (self.clone(), event.to_owned(), ack.clone());
                self.link().suspend(rest, bytes, move |outcome| {
                    if let Err(failure) = outcome {
                        socket.fail(&event, failure, &ack);
                    }
                });
            }
            Err(failure) => self.fail(event, failure, ack),
        }
    }

    /// Tells everybody who has to know that something has failed.
    pub(super) fn fail(&self, event: &str, failure: Failure, ack: &Ack) {
        ack.fail(&failure);
        let failure = failure.of_event(event);
        // Text from a client goes into the log in part only, and escaped.
        let (name, error) = (format!("{event:.100}"), format!("{:.200}", failure.message));
        let (id, namespace) = (self.id(), self.namespace().name());
        tracing::warn!(socket = %id, namespace, event = ?name, kind = ?failure.kind, ?error,
            "event failed");

        let table = self.listeners().read();
        let own = table.iter().flat_map(|table| &table.on_error);
        for tell in own {
            survive(self, || tell(&failure));
        }
        for tell in self.namespace().error_handlers() {
            survive(self, || tell(self, &failure));
        }
    }

    /// Tells those who listen to what goes out of a packet.
    pub(super) fn tell_outgoing(&self, packet: &Encoded) {
        let Some(table) = self.listeners().of_outgoing() else { return };
        let Some((name, args)) = packet.event() else { return };
        let Some(_telling) = Telling::begin(self.id()) else { return };
        for outgoing in &table.outgoing {
            let told = catch_unwind(AssertUnwindSafe(|| (outgoing.call)(&name, &args)));
            if let Err(panic) = told {
                self.fail(&name, Failure::of_panic(&*panic), &Ack::unwanted());
            }
        }
    }
}

thread_local! {
    /// The sockets whose outgoing listeners are being told on this thread.
    static TELLING: RefCell<Vec<SocketId>> = const { RefCell::new(Vec::new()) };
}

/// Outgoing listeners of one socket that are being told. What they send by it, and what is sent
/// because they have failed, is not told to them again: that would have no end.
struct Telling;

impl Telling {
    fn begin(id: SocketId) -> Option<Self> {
        TELLING.with_borrow_mut(|told| {
            let first = !told.contains(&id);
            first.then(|| told.push(id))
        })?;
        Some(Self)
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        TELLING.with_borrow_mut(|told| {
            told.pop();
        });
    }
}

/// Asks all middleware about an event. `Some` when one of them needs time.
fn ask(table: &Arc<Table>, incoming: &Incoming) -> Result<Option<Rest>, Failure> {
    for (index, ask) in (1..).zip(&table.middleware) {
        let Some(mut rest) = ask(incoming)? else { continue };
        // As with handlers: one that does not really wait costs no task.
        if let Some(decided) = rest.as_mut().now_or_never() {
            decided?;
            continue;
        }
        let (table, incoming) = (table.clone(), incoming.clone());
        return Ok(Some(Box::pin(async move {
            rest.await?;
            for ask in table.middleware.iter().skip(index) {
                if let Some(rest) = ask(&incoming)? {
                    rest.await?;
                }
            }
            Ok(())
        })));
    }
    Ok(None)
}

/// Runs an error handler. One that fails itself is not told of that as well.
fn survive(socket: &Socket, tell: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(tell)) {
        let error = format!("{:.200}", Failure::of_panic(&*panic));
        tracing::warn!(?socket, ?error, "error handler panicked");
    }
}
