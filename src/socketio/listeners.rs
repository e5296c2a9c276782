//! Listeners: what an application has registered on one socket.
//!
//! ```text
//!   42["add",1,2]
//!     1  any          every one of them, whatever the event
//!     2  middleware   one after the other, until one refuses
//!     3  events       those of "add", in the order in which they were added
//!
//!   socket.emit("sum", 3)
//!     1  outgoing     every one of them, then the packet leaves
//! ```
//!
//! The table is replaced when something is added or removed. Whoever works through it holds
//! the one that was there when he began, and no lock; so a listener that is added while an
//! event is handled hears the next one, and a listener that is removed may still hear this one.
//!
//! Shell file: owns the lock over the table. Not in the specification.

use std::fmt;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::args::Args;
use super::failure::{EventFailure, Failure};
use super::handler::{Incoming, Rest};

/// Something that was registered on a socket, so that it can be removed from it again.
///
/// It means nothing to another socket.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ListenerId(u64);

/// A handler, or a middleware, once the types of its parameters are dealt with.
pub(super) type Call = dyn Fn(&Incoming) -> Result<Option<Rest>, Failure> + Send + Sync;
pub(super) type Outgoing = dyn Fn(&str, &Args) + Send + Sync;
pub(super) type OnError = dyn Fn(&EventFailure) + Send + Sync;

/// Everything that is registered on one socket.
#[derive(Clone, Default)]
pub(super) struct Table {
    pub(super) events: Vec<Listener>,
    pub(super) any: Vec<Registered<Call>>,
    pub(super) middleware: Vec<Arc<Call>>,
    pub(super) outgoing: Vec<Registered<Outgoing>>,
    pub(super) on_error: Vec<Arc<OnError>>,
    last: u64,
}

impl Table {
    fn next_id(&mut self) -> ListenerId {
        self.last += 1;
        ListenerId(self.last)
    }
}

/// A listener that hears of one event.
#[derive(Clone)]
pub(super) struct Listener {
    id: ListenerId,
    event: Box<str>,
    call: Arc<Call>,
    /// For one that is called once: whether it was.
    called: Option<Arc<AtomicBool>>,
}

impl Listener {
    pub(super) fn hears(&self, event: &str) -> bool {
        *self.event == *event
    }

    /// What to call now: nothing, if it was to be called once and has been.
    pub(super) fn take(&self, listeners: &Listeners) -> Option<&Arc<Call>> {
        if let Some(called) = &self.called {
            if called.swap(true, Ordering::Relaxed) {
                return None;
            }
            listeners.off(self.id);
        }
        Some(&self.call)
    }
}

/// A listener that hears of all events.
pub(super) struct Registered<F: ?Sized> {
    id: ListenerId,
    pub(super) call: Arc<F>,
}

impl<F: ?Sized> Clone for Registered<F> {
    fn clone(&self) -> Self {
        Self { id: self.id, call: self.call.clone() }
    }
}

/// Where among others of its kind a listener is put.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum At {
    Front,
    Back,
}

/// The table of one socket.
pub(super) struct Listeners {
    /// `None` once the socket has ended: a listener may hold the socket that holds it.
    table: Mutex<Option<Arc<Table>>>,
    /// How often it was changed, from 1: who has seen the table as it is need not look again.
    version: AtomicU64,
    /// Whether anybody listens to what goes out, so that sending need not look.
    outgoing: AtomicBool,
}

/// The table as it was when it was last looked at.
#[derive(Default)]
pub(super) struct Seen {
    table: Option<Arc<Table>>,
    version: u64,
}

impl Default for Listeners {
    fn default() -> Self {
        Self {
            table: Mutex::new(Some(Arc::default())),
            version: AtomicU64::new(1),
            outgoing: AtomicBool::new(false),
        }
    }
}

impl Listeners {
    /// The table as it is now.
    pub(super) fn read(&self) -> Option<Arc<Table>> {
        self.lock().clone()
    }

    /// The same for whoever looks often, and takes a lock only where something has changed.
    pub(super) fn look<'a>(&self, seen: &'a mut Seen) -> Option<&'a Arc<Table>> {
        let version = self.version.load(Ordering::Acquire);
        if seen.version != version {
            *seen = Seen { table: self.read(), version };
        }
        seen.table.as_ref()
    }

    /// The table, if anybody listens to what goes out.
    pub(super) fn of_outgoing(&self) -> Option<Arc<Table>> {
        if self.outgoing.load(Ordering::Acquire) { self.read() } else { None }
    }

    /// Removes everything, for good.
    pub(super) fn end(&self) {
        let mut lock = self.lock();
        let table = lock.take();
        self.version.fetch_add(1, Ordering::Release);
        drop(lock);
        // Dropped here, outside the lock, as everywhere in this file: what a listener holds on
        // to may do anything when it is dropped.
        drop(table);
    }

    pub(super) fn on(&self, event: &str, call: Arc<Call>, once: bool) -> ListenerId {
        let called = once.then(Arc::default);
        self.change(|table| {
            let id = table.next_id();
            // Every socket has a few, and there are many sockets: a list has no room to spare.
            table.events.reserve_exact(1);
            table.events.push(Listener { id, event: event.into(), call, called });
            id
        })
    }

    pub(super) fn off(&self, id: ListenerId) -> bool {
        !self.change(|table| take(&mut table.events, |it| it.id == id)).is_empty()
    }

    pub(super) fn off_all(&self, event: &str) {
        self.change(|table| take(&mut table.events, |it| it.hears(event)));
    }

    pub(super) fn off_everything(&self) {
        self.change(|table| mem::take(&mut table.events));
    }

    pub(super) fn event_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for listener in self.read().iter().flat_map(|table| &table.events) {
            if !names.iter().any(|name| listener.hears(name)) {
                names.push(listener.event.clone().into());
            }
        }
        names
    }

    pub(super) fn count(&self, event: &str) -> usize {
        let table = self.read();
        table.iter().flat_map(|table| &table.events).filter(|it| it.hears(event)).count()
    }

    pub(super) fn any(&self, call: Arc<Call>, at: At) -> ListenerId {
        self.change(|table| {
            let id = table.next_id();
            put(&mut table.any, Registered { id, call }, at);
            id
        })
    }

    /// Takes out the any-listener of this id, or all of them.
    pub(super) fn off_any(&self, id: Option<ListenerId>) -> bool {
        let wanted = |it: &Registered<Call>| id.is_none_or(|id| it.id == id);
        !self.change(|table| take(&mut table.any, wanted)).is_empty()
    }

    pub(super) fn ids_of_any(&self) -> Vec<ListenerId> {
        self.read().iter().flat_map(|table| &table.any).map(|it| it.id).collect()
    }

    pub(super) fn outgoing(&self, call: Arc<Outgoing>, at: At) -> ListenerId {
        self.change(|table| {
            let id = table.next_id();
            put(&mut table.outgoing, Registered { id, call }, at);
            id
        })
    }

    /// Takes out the outgoing listener of this id, or all of them.
    pub(super) fn off_outgoing(&self, id: Option<ListenerId>) -> bool {
        let wanted = |it: &Registered<Outgoing>| id.is_none_or(|id| it.id == id);
        !self.change(|table| take(&mut table.outgoing, wanted)).is_empty()
    }

    pub(super) fn ids_of_outgoing(&self) -> Vec<ListenerId> {
        self.read().iter().flat_map(|table| &table.outgoing).map(|it| it.id).collect()
    }

    pub(super) fn middleware(&self, ask: Arc<Call>) {
        self.change(|table| table.middleware.push(ask));
    }

    pub(super) fn on_error(&self, tell: Arc<OnError>) {
        self.change(|table| table.on_error.push(tell));
    }

    /// Changes the table, and gives what was taken out of it to be dropped outside the lock.
    /// After the end the change is made to a table that nobody reads.
    fn change<T>(&self, change: impl FnOnce(&mut Table) -> T) -> T {
        let mut ended = Arc::default();
        let mut lock = self.lock();
        let table = Arc::make_mut(lock.as_mut().unwrap_or(&mut ended));
        let changed = change(table);
        let outgoing = lock.as_ref().is_some_and(|table| !table.outgoing.is_empty());
        self.outgoing.store(outgoing, Ordering::Release);
        self.version.fetch_add(1, Ordering::Release);
        drop(lock);
        changed
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Table>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seen({})", self.version)
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listeners")
    }
}

fn put<T>(list: &mut Vec<T>, item: T, at: At) {
    match at {
        At::Front => list.insert(0, item),
        At::Back => list.push(item),
    }
}

/// Takes out all that are wanted, so that they can be dropped elsewhere.
fn take<T>(list: &mut Vec<T>, wanted: impl Fn(&T) -> bool) -> Vec<T> {
    let (taken, kept) = mem::take(list).into_iter().partition(wanted);
    *list = kept;
    taken
}
