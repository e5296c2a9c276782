//! The server: namespaces on top of an engine.
//!
//! ```text
//!   Io ──► namespaces "/" "/admin" …        what the application holds
//!    └───► engine                           what brings the clients
//! ```
//!
//! Shell file: owns the table of namespaces. Spec: Socket.IO v5, "Connection to a namespace".

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use hyper::Request;
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use serde::Serialize;

use super::adapter::InMemory;
use super::audience::IntoRooms;
use super::broadcast::Broadcast;
use super::connection::Connection;
use super::encode::EncodeError;
use super::flags::{Flags, flag_verbs};
use super::namespace::Namespace;
use super::options::Options;
use super::packet::MAIN_NAMESPACE;
use crate::engineio::engine::Engine;
use crate::engineio::handler::Handler;
use crate::engineio::handshake::Handshake;
use crate::engineio::hooks::Hooks;
use crate::engineio::http::Response;
use crate::engineio::mailbox::SessionHandle;

/// A Socket.IO server, without a port of its own. Cloning it is cheap.
///
/// ```
/// use sockrates::socketio::{Io, Options, Socket};
///
/// let io = Io::new(Options::default());
/// io.of("/").on_connect(|socket: Socket| {
///     socket.on("hello", |socket: Socket, name: String| {
///         socket.emit("welcome", format!("Hello, {name}"))
///     });
/// });
/// ```
#[derive(Clone, Debug)]
pub struct Io {
    engine: Engine<Root>,
    shared: Arc<Shared>,
}

/// What all clients share.
#[derive(Debug)]
pub struct Shared {
    pub(super) options: Arc<Options>,
    namespaces: RwLock<HashMap<String, Namespace>>,
}

impl Shared {
    pub(super) fn namespace(&self, name: &str) -> Option<Namespace> {
        let namespaces = self.namespaces.read().unwrap_or_else(PoisonError::into_inner);
        namespaces.get(name).cloned()
    }
}

/// What the engine tells of new sessions.
#[derive(Debug)]
struct Root(Arc<Shared>);

impl Handler for Root {
    type Client = Connection;

    fn opened(
        &self,
        session: SessionHandle,
        handshake: Arc<Handshake>,
        now: Instant,
    ) -> Connection {
        Connection::new(self.0.clone(), session, handshake, now)
    }
}

impl Io {
    /// A server with these settings. The main namespace is there from the beginning.
    pub fn new(options: Options) -> Self {
        Self::with_hooks(options, Hooks::default())
    }

    /// The same, with `hooks` for what the application decides about requests before there is a
    /// socket: who may open a session, and which headers stand on the answers.
    pub fn with_hooks(options: Options, hooks: Hooks) -> Self {
        let options = options.bounded();
        let engine_options = options.engine.clone();
        let shared = Arc::new(Shared { options: Arc::new(options), namespaces: RwLock::default() });
        let engine = Engine::with_hooks(engine_options, hooks, Root(shared.clone()));
        let io = Self { engine, shared };
        io.of(MAIN_NAMESPACE);
        io
    }

    /// The namespace of this name, which is made if it is not there. The slash in front may be
    /// left out.
    pub fn of(&self, name: &str) -> Namespace {
        if let Some(found) = self.shared.namespace(name) {
            return found;
        }
        let name = if name.starts_with('/') { name.to_owned() } else { format!("/{name}") };
        let mut namespaces = self.shared.namespaces.write().unwrap_or_else(PoisonError::into_inner);
        namespaces
            .entry(name)
            .or_insert_with_key(|name| Namespace::new(name, Arc::new(InMemory::default())))
            .clone()
    }

    flag_verbs!(Broadcast, self, &self);

    fn flagged(&self, change: impl FnOnce(&mut Flags)) -> Broadcast {
        self.of(MAIN_NAMESPACE).flagged(change)
    }

    /// Everybody in the main namespace, on this server. Officially `local`.
    #[must_use]
    pub fn local(&self) -> Broadcast {
        self.of(MAIN_NAMESPACE).local()
    }

    /// Those in a room of the main namespace, or in any of several. Officially `to` and `in`.
    #[must_use]
    pub fn to(&self, rooms: impl IntoRooms) -> Broadcast {
        self.of(MAIN_NAMESPACE).to(rooms)
    }

    /// Everybody in the main namespace but those in a room, or in any of several.
    #[must_use]
    pub fn except(&self, rooms: impl IntoRooms) -> Broadcast {
        self.of(MAIN_NAMESPACE).except(rooms)
    }

    /// Sends an event to everybody in the main namespace: see [`Broadcast::emit`].
    ///
    /// # Errors
    /// When the event can not be encoded.
    pub fn emit<T: Serialize>(&self, event: &str, data: T) -> Result<usize, EncodeError> {
        self.of(MAIN_NAMESPACE).emit(event, data)
    }

    /// Sends an event named `message` to everybody in the main namespace.
    ///
    /// # Errors
    /// When the event can not be encoded.
    pub fn send<T: Serialize>(&self, data: T) -> Result<usize, EncodeError> {
        self.emit("message", data)
    }

    #[cfg(test)]
    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// The settings.
    pub fn options(&self) -> &Options {
        &self.shared.options
    }

    /// How many sessions are open.
    pub fn sessions(&self) -> usize {
        self.engine.sessions()
    }

    /// Whether a request with this path is meant for this server.
    pub fn serves(&self, path: &str) -> bool {
        self.engine.serves(path)
    }

    /// Answers a request. For a `GET` that waits for packets that may take a while.
    pub fn handle(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = Response> + Send + use<> {
        let engine = self.engine.clone();
        async move { engine.handle(request, peer).await }
    }

    /// Adds to an answer that is not this server's what pages of other origins need to see it:
    /// for files that are served beside it.
    pub fn add_cors_headers(&self, request: &HeaderMap, response: &mut Response) {
        self.engine.add_cors_headers(request, response);
    }

    /// Stops: no session is opened any more, and those that are open are closed, with what was
    /// sent to them before. After `grace` the rest is given up. Returns how many that were.
    ///
    /// Clients are not disconnected from their namespaces, since the official client does not
    /// come back after that.
    pub async fn close(&self, grace: Duration) -> usize {
        self.engine.close(grace).await
    }
}
