//! The server: namespaces on top of an engine.
//!
//! ```text
//!   Io ──► namespaces "/" "/admin" …        what the application holds
//!    └───► engine                           what brings the clients
//! ```
//!
//! Shell file: puts the two together. Spec: Socket.IO v5, "Connection to a namespace".

use std::fmt;
use std::future::{Future, ready};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::Either;
use hyper::body::Body;
use hyper::header::HeaderMap;
use hyper::{Method, Request};

use super::builder::Builder;
use super::connection::Connection;
use super::namespace::{Common, Namespace};
use super::namespaces::Namespaces;
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
pub struct Shared {
    pub(super) options: Arc<Options>,
    common: Arc<Common>,
    pub(super) namespaces: Arc<Namespaces>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { common, namespaces, .. } = self;
        f.debug_struct("Shared").field("common", common).field("namespaces", namespaces).finish()
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
        Self::builder(options).hooks(hooks).build()
    }

    /// A server with more to it than options.
    pub fn builder(options: Options) -> Builder {
        Builder::new(options)
    }

    pub(super) fn of_builder(builder: Builder) -> Self {
        let Builder { options, hooks, adapter, state } = builder;
        let options = Arc::new(options.bounded());
        let engine_options = options.engine.clone();
        let common = Arc::new(Common { options: options.clone(), state });
        let namespaces = Arc::new(Namespaces::new(common.clone(), adapter));
        let shared = Arc::new(Shared { options, common, namespaces });
        let engine = Engine::with_hooks(engine_options, hooks, Root(shared.clone()));
        let io = Self { engine, shared };
        io.of(MAIN_NAMESPACE);
        io
    }

    /// The namespace of this name, which is made if it is not there: as a child of the first
    /// [pattern](Self::of_pattern) that it is like. The slash in front may be left out.
    pub fn of(&self, name: &str) -> Namespace {
        match name.starts_with('/') {
            true => self.shared.namespaces.of(name),
            false => self.shared.namespaces.of(&format!("/{name}")),
        }
    }

    /// The value of this type that was given to [`Builder::state`].
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.shared.common.state.get()
    }

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
    /// The body may be of any kind: hyper's, or what a framework has made of it.
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use hyper::body::Incoming;
    /// use hyper::server::conn::http1;
    /// use hyper::service::service_fn;
    /// use hyper_util::rt::TokioIo;
    /// use sockrates::socketio::Io;
    ///
    /// async fn connection(io: Io, stream: tokio::net::TcpStream) -> hyper::Result<()> {
    ///     let Ok(peer) = stream.peer_addr() else { return Ok(()) };
    ///     let service = service_fn(|request: hyper::Request<Incoming>| {
    ///         // One's own answers are for where `io.serves(request.uri().path())` is false.
    ///         let answer = io.handle(request, peer);
    ///         async move { Ok::<_, Infallible>(answer.await) }
    ///     });
    ///     // Without upgrades a WebSocket is promised and never comes.
    ///     http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades().await
    /// }
    /// ```
    pub fn handle<B>(
        &self,
        request: Request<B>,
        peer: SocketAddr,
    ) -> impl Future<Output = Response> + Send + use<B>
    where
        B: Body<Data: Send, Error: Send> + Send + 'static,
    {
        match self.client_file(&request) {
            Some(file) => Either::Left(ready(file)),
            None => Either::Right(self.engine.handle(request, peer)),
        }
    }

    /// The answer to a request for a file of the browser client.
    fn client_file<B>(&self, request: &Request<B>) -> Option<Response> {
        let Options { client_files, engine, .. } = self.options();
        let path = request.uri().path().strip_prefix(engine.path.trim_end_matches('/'))?;
        if *request.method() == Method::OPTIONS && engine.cors.preflight(None).is_some() {
            // A browser asks what it may do, which the engine says for every path.
            return None;
        }
        let name = path.strip_prefix('/')?;
        let mut file = client_files.as_ref()?.answer(name, request.headers())?;
        self.add_cors_headers(request.headers(), &mut file);
        Some(file)
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
        let left = self.engine.close(grace).await;
        self.shared.namespaces.close();
        left
    }
}
