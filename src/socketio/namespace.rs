//! Namespaces: applications that share a connection.
//!
//! ```text
//!   40/admin,{"token":"s3cret"}          may I?
//!       │  middleware, one after the other
//!       ├─ all let it in ──► 40/admin,{"sid":"…"}  and the connection handler is called
//!       └─ one does not  ──► 44/admin,{"message":"not authorized"}
//! ```
//!
//! Shell file: owns what an application has registered. Spec: Socket.IO v5, "Connection to a
//! namespace".

use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};

use bytestring::ByteString;
use futures_util::FutureExt;
use serde::Serialize;

use super::adapter::{Adapter, Later};
use super::answer::FromAnswer;
use super::answers::Answers;
use super::audience::IntoRooms;
use super::broadcast::Broadcast;
use super::data::Data;
use super::encode::EncodeError;
use super::failure::{EventFailure, Failure};
use super::flags::{Flags, flag_verbs};
use super::handler::{Outcome, Rest};
use super::memory::Memory;
use super::options::Options;
use super::remote::RemoteSocket;
use super::rooms::RoomEvent;
use super::server_side::ServerListener;
use super::socket::Socket;
use super::verdict::Verdict;

pub use super::verdict::{Decision, Refused};

/// What all namespaces of a server share.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) options: Arc<Options>,
    /// What the application gave to all handlers.
    pub(super) state: Data,
}

/// A handle on a namespace that does not keep it, for those whom the namespace keeps.
#[derive(Clone)]
pub struct WeakNamespace(Weak<Inner>);

impl WeakNamespace {
    /// The namespace, if it is still there.
    pub fn upgrade(&self) -> Option<Namespace> {
        self.0.upgrade().map(Namespace)
    }
}

impl fmt::Debug for WeakNamespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WeakNamespace")
    }
}

/// A namespace. Cloning it is cheap, and all clones are the same namespace.
#[derive(Clone)]
pub struct Namespace(Arc<Inner>);

struct Inner {
    name: ByteString,
    adapter: Arc<dyn Adapter>,
    common: Arc<Common>,
    memory: Option<Arc<Memory>>,
    server_events: RwLock<Vec<Arc<ServerListener>>>,
    next_ack_id: AtomicU64,
    middleware: RwLock<Vec<Arc<Middleware>>>,
    on_connect: RwLock<Vec<Arc<ConnectHandler>>>,
    on_error: RwLock<Vec<Arc<ErrorHandler>>>,
}

type Middleware = dyn Fn(Socket) -> Result<Option<Verdict>, Refused> + Send + Sync;
type ConnectHandler = dyn Fn(Socket) -> Result<Option<Rest>, Failure> + Send + Sync;
type ErrorHandler = dyn Fn(&Socket, &EventFailure) + Send + Sync;

impl Namespace {
    pub(super) fn new(name: &str, adapter: Arc<dyn Adapter>, common: Arc<Common>) -> Self {
        let namespace = Self(Arc::new(Inner {
            name: name.to_owned().into(),
            adapter,
            memory: Memory::new(&common.options),
            common,
            server_events: RwLock::default(),
            next_ack_id: AtomicU64::new(0),
            middleware: RwLock::default(),
            on_connect: RwLock::default(),
            on_error: RwLock::default(),
        }));
        namespace.adapter().init(&namespace);
        namespace
    }

    /// A handle that does not keep the namespace.
    pub fn downgrade(&self) -> WeakNamespace {
        WeakNamespace(Arc::downgrade(&self.0))
    }

    /// The settings of the server.
    pub fn options(&self) -> &Options {
        &self.0.common.options
    }

    /// The value of this type that was given to [`Builder::state`](super::Builder::state).
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.0.common.state.get()
    }

    /// Has `listener` told when a room comes into being, is joined, left, and gone. Officially
    /// the events of the adapter. It is called by whoever changes the room.
    pub fn on_room(&self, listener: impl Fn(&RoomEvent) + Send + Sync + 'static) -> &Self {
        self.adapter().on_room(Arc::new(listener));
        self
    }

    pub(super) fn listen_to_servers(&self, listener: Arc<ServerListener>) {
        write(&self.0.server_events, listener);
    }

    pub(super) fn server_listeners(&self) -> Vec<Arc<ServerListener>> {
        read(&self.0.server_events)
    }

    /// The sockets of the namespace, on all servers: see [`Broadcast::fetch_sockets`].
    pub fn fetch_sockets(&self) -> Later<Vec<RemoteSocket>> {
        Broadcast::new(self).fetch_sockets()
    }

    /// Puts all sockets into rooms: see [`Broadcast::sockets_join`].
    pub fn sockets_join(&self, rooms: impl IntoRooms) {
        Broadcast::new(self).sockets_join(rooms);
    }

    /// Takes all sockets out of rooms: see [`Broadcast::sockets_leave`].
    pub fn sockets_leave(&self, rooms: impl IntoRooms) {
        Broadcast::new(self).sockets_leave(rooms);
    }

    /// Disconnects all sockets: see [`Broadcast::disconnect_sockets`].
    pub fn disconnect_sockets(&self, close: bool) {
        Broadcast::new(self).disconnect_sockets(close);
    }

    /// A namespace that begins with the middleware and the handlers that this one has by now.
    pub(super) fn child(&self, name: &str, adapter: Arc<dyn Adapter>) -> Self {
        let child = Self::new(name, adapter, self.0.common.clone());
        copy(&self.0.middleware, &child.0.middleware);
        copy(&self.0.on_connect, &child.0.on_connect);
        copy(&self.0.on_error, &child.0.on_error);
        child
    }

    /// Closes the adapter and lets go of all handlers, once nobody can come any more. A handler
    /// may hold the namespace: neither would ever be dropped.
    pub(super) fn end(&self) {
        self.adapter().close();
        clear(&self.0.middleware);
        clear(&self.0.on_connect);
        clear(&self.0.on_error);
        clear(&self.0.server_events);
    }

    /// The name, which begins with a slash.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Calls `handler` for every socket that connects, after the client was told that it is
    /// connected. Events of the socket wait until it has returned, so all listeners that it
    /// registers hear the first of them.
    pub fn on_connect<H, O, When>(&self, handler: H) -> &Self
    where
        H: Fn(Socket) -> O + Send + Sync + 'static,
        O: Outcome<When>,
    {
        write(&self.0.on_connect, Arc::new(move |socket| handler(socket).rest()));
        self
    }

    /// Calls `handler` for everything that fails on any of the sockets: see
    /// [`failure`](super::failure). The socket's own [`on_error`](Socket::on_error) comes first.
    pub fn on_error<H>(&self, handler: H) -> &Self
    where
        H: Fn(&Socket, &EventFailure) + Send + Sync + 'static,
    {
        write(&self.0.on_error, Arc::new(handler));
        self
    }

    /// Asks `middleware` about every socket before it connects. Several are asked in the order
    /// in which they were added, until one refuses.
    pub fn middleware<M, O, When>(&self, middleware: M) -> &Self
    where
        M: Fn(Socket) -> O + Send + Sync + 'static,
        O: Decision<When>,
    {
        write(&self.0.middleware, Arc::new(move |socket| middleware(socket).verdict()));
        self
    }

    flag_verbs!(Broadcast, self, &self);

    pub(super) fn flagged(&self, change: impl FnOnce(&mut Flags)) -> Broadcast {
        let mut broadcast = Broadcast::new(self);
        change(&mut broadcast.flags);
        broadcast
    }

    /// Everybody on this server. Officially `local`.
    #[must_use]
    pub fn local(&self) -> Broadcast {
        Broadcast::new(self).local()
    }

    /// Those in a room, or in any of several. Officially `to` and `in`.
    #[must_use]
    pub fn to(&self, rooms: impl IntoRooms) -> Broadcast {
        Broadcast::new(self).to(rooms)
    }

    /// Everybody but those in a room, or in any of several.
    #[must_use]
    pub fn except(&self, rooms: impl IntoRooms) -> Broadcast {
        Broadcast::new(self).except(rooms)
    }

    /// Sends an event to everybody in the namespace: see [`Broadcast::emit`].
    ///
    /// # Errors
    /// When the event can not be encoded.
    pub fn emit<T: Serialize>(&self, event: &str, data: T) -> Result<usize, EncodeError> {
        Broadcast::new(self).emit(event, data)
    }

    /// Sends an event that wants an answer to everybody: see [`Broadcast::emit_with_ack`].
    pub fn emit_with_ack<R: FromAnswer + Send + 'static>(
        &self,
        event: &str,
        data: impl Serialize,
    ) -> Answers<R> {
        Broadcast::new(self).emit_with_ack(event, data)
    }

    /// Sends an event named `message` to everybody in the namespace.
    ///
    /// # Errors
    /// When the event can not be encoded.
    pub fn send<T: Serialize>(&self, data: T) -> Result<usize, EncodeError> {
        self.emit("message", data)
    }

    /// The sockets that are connected to this namespace, on this server.
    pub fn sockets(&self) -> Vec<Socket> {
        Broadcast::new(self).sockets()
    }

    /// What knows who is where.
    pub fn adapter(&self) -> &dyn Adapter {
        &*self.0.adapter
    }

    /// What is remembered for clients that come back, if anything is.
    pub(super) fn memory(&self) -> Option<&Arc<Memory>> {
        self.0.memory.as_ref()
    }

    /// The number of the next event that wants an answer.
    pub(super) fn next_ack_id(&self) -> u64 {
        self.0.next_ack_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Asks all middleware about a socket. `Some` when one of them needs time. One that panics
    /// has not let it in.
    pub(super) fn decide(&self, socket: &Socket) -> Result<Option<Verdict>, Refused> {
        let asked = catch_unwind(AssertUnwindSafe(|| self.ask(socket)));
        let verdict = asked.unwrap_or_else(|panic| Err(Refused::by_panic(&*panic)))?;
        Ok(verdict.map(|verdict| -> Verdict {
            let decided = AssertUnwindSafe(verdict).catch_unwind();
            Box::pin(decided.map(|it| it.unwrap_or_else(|panic| Err(Refused::by_panic(&*panic)))))
        }))
    }

    fn ask(&self, socket: &Socket) -> Result<Option<Verdict>, Refused> {
        let mut middleware = read(&self.0.middleware).into_iter();
        while let Some(ask) = middleware.next() {
            let Some(mut verdict) = ask(socket.clone())? else { continue };
            // As with handlers: one that does not really wait costs no task.
            if let Some(decided) = verdict.as_mut().now_or_never() {
                decided?;
                continue;
            }
            let socket = socket.clone();
            return Ok(Some(Box::pin(async move {
                verdict.await?;
                for ask in middleware {
                    if let Some(verdict) = ask(socket.clone())? {
                        verdict.await?;
                    }
                }
                Ok(())
            })));
        }
        Ok(None)
    }

    pub(super) fn error_handlers(&self) -> Vec<Arc<ErrorHandler>> {
        read(&self.0.on_error)
    }

    /// The connection handlers.
    pub(super) fn connect_handlers(&self) -> Vec<Arc<ConnectHandler>> {
        read(&self.0.on_connect)
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Namespace({:?})", self.name())
    }
}

fn write<T: ?Sized>(list: &RwLock<Vec<Arc<T>>>, item: Arc<T>) {
    list.write().unwrap_or_else(PoisonError::into_inner).push(item);
}

fn copy<T: ?Sized>(from: &RwLock<Vec<Arc<T>>>, to: &RwLock<Vec<Arc<T>>>) {
    *to.write().unwrap_or_else(PoisonError::into_inner) = read(from);
}

fn clear<T: ?Sized>(list: &RwLock<Vec<Arc<T>>>) {
    // Dropped outside the lock: what is dropped may be anything.
    let dropped = mem::take(&mut *list.write().unwrap_or_else(PoisonError::into_inner));
    drop(dropped);
}

fn read<T: ?Sized>(list: &RwLock<Vec<Arc<T>>>) -> Vec<Arc<T>> {
    list.read().unwrap_or_else(PoisonError::into_inner).clone()
}
