//! What the tests share: a server of the test's own, and clients that speak to it byte by byte.
//!
//! ```text
//!   Live::io(io), EchoServer::start(options)      a server on a free port of 127.0.0.1
//!   …_in_memory(…), …::in_memory(…)               the same without a port, for a stopped clock
//!     └── connect() ──► Http                      requests and answers, as they are written
//!         connect_badly(faults) ──► Http, Watch   the same over a connection that fails
//!         polling() ──► Polling                   a session on polling
//!         websocket() ──► Ws                      a WebSocket, by a library
//!         raw_websocket() ──► RawWs               a WebSocket, frame by frame
//! ```
//!
//! Every wait has an end: what does not come within [`PATIENCE`] fails the test. In memory the
//! clock is tokio's; in a test that starts with it paused, hours pass at once.

#![allow(dead_code, reason = "each test uses a part of it")]

pub mod http;
pub mod lean;
pub mod pipe;
pub mod polling;
pub mod transcript;
pub mod websocket;

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::Request;
use hyper::body::Incoming;
use sockrates::engineio::close::CloseReason;
use sockrates::engineio::delivery::Delivery;
use sockrates::engineio::engine::Engine;
use sockrates::engineio::handler::{Client, Handler};
use sockrates::engineio::handshake::Handshake;
use sockrates::engineio::hooks::Hooks;
use sockrates::engineio::http::{Response, response};
use sockrates::engineio::mailbox::SessionHandle;
use sockrates::engineio::options::Options as EngineOptions;
use sockrates::engineio::packet::{Message, Packet};
use sockrates::engineio::server::Server;
use sockrates::socketio::Io;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub use self::http::Http;
pub use self::pipe::{Faults, Pipe, Watch};
pub use self::polling::Polling;
pub use self::websocket::{RawWs, Ws};

/// The longest wait on a real network. Far above what a loaded machine needs.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The longest wait in memory, on a clock that may be stopped.
const PATIENCE_IN_MEMORY: Duration = Duration::from_secs(3600);

/// Bytes that fit into one direction of a connection in memory.
const PIPE: usize = 64 << 10;

/// A stream of bytes, whatever it is made of.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A connection to the server.
pub type Wire = Box<dyn Stream>;

type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;
type Service = Arc<dyn Fn(Request<Incoming>, SocketAddr) -> Answering + Send + Sync>;

/// Waits for `future`, but not for ever.
#[track_caller]
pub fn within<F: Future>(patience: Duration, what: &str, future: F) -> Within<'_, F> {
    Within { patience, what, future }
}

/// A wait with an end. `.await` it.
pub struct Within<'a, F> {
    patience: Duration,
    what: &'a str,
    future: F,
}

impl<'a, F: Future + Send + 'a> IntoFuture for Within<'a, F>
where
    F::Output: 'a,
{
    type Output = F::Output;
    type IntoFuture = Pin<Box<dyn Future<Output = F::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            match timeout(self.patience, self.future).await {
                Ok(output) => output,
                Err(_) => panic!("waited {:?} for {}", self.patience, self.what),
            }
        })
    }
}

/// Waits until `condition` holds, looking again whenever others have had their turn.
pub async fn until(what: &str, mut condition: impl FnMut() -> bool + Send) {
    within(PATIENCE, what, async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

/// A server of the test's own. It stops when it is dropped.
pub struct Live {
    place: Place,
    server: Server,
    accepting: Option<JoinHandle<()>>,
    /// The path of the protocol, `/engine.io/` or `/socket.io/`.
    pub path: String,
    /// The longest wait of its clients.
    pub patience: Duration,
}

/// Where a server is found.
enum Place {
    Port(SocketAddr),
    Memory(Service),
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(accepting) = &self.accepting {
            accepting.abort();
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let server = self.server.clone();
            runtime.spawn(async move { server.close(Duration::ZERO).await });
        }
    }
}

impl Live {
    /// Serves `io` on a free port.
    pub async fn io(io: &Io) -> Self {
        let (options, service) = (io.options().engine.clone(), io_service(io));
        Self::on_a_port(&options, service).await
    }

    /// Serves `io` in memory.
    pub fn io_in_memory(io: &Io) -> Self {
        let (options, service) = (io.options().engine.clone(), io_service(io));
        Self::in_memory(&options, service)
    }

    /// Serves `engine` on a free port.
    pub async fn engine<H: Handler>(engine: &Engine<H>) -> Self {
        Self::on_a_port(engine.options(), engine_service(engine)).await
    }

    /// Serves `engine` in memory.
    pub fn engine_in_memory<H: Handler>(engine: &Engine<H>) -> Self {
        Self::in_memory(engine.options(), engine_service(engine))
    }

    async fn on_a_port(options: &EngineOptions, service: Service) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the address of a listener");
        let server = Server::new(options);
        let accepting = {
            let server = server.clone();
            let service = move |request, peer| service(request, peer);
            tokio::spawn(async move { server.accept(listener, service).await })
        };
        Self {
            place: Place::Port(address),
            server,
            accepting: Some(accepting),
            path: options.path.clone(),
            patience: PATIENCE,
        }
    }

    fn in_memory(options: &EngineOptions, service: Service) -> Self {
        Self {
            place: Place::Memory(service),
            server: Server::new(options),
            accepting: None,
            path: options.path.clone(),
            patience: PATIENCE_IN_MEMORY,
        }
    }

    /// The server's connections, to close them.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Where the server listens.
    ///
    /// # Panics
    /// In memory, where there is no address.
    pub fn address(&self) -> SocketAddr {
        match self.place {
            Place::Port(address) => address,
            Place::Memory(_) => panic!("a server in memory has no address"),
        }
    }

    /// A new connection, nothing sent yet.
    pub async fn wire(&self) -> Wire {
        match &self.place {
            Place::Port(address) => {
                let stream = TcpStream::connect(address).await.expect("the server listens");
                stream.set_nodelay(true).expect("a TCP stream");
                Box::new(stream)
            }
            Place::Memory(_) => {
                let (near, far) = tokio::io::duplex(PIPE);
                self.serve(far);
                Box::new(near)
            }
        }
    }

    /// A new HTTP connection from this address of this machine.
    pub async fn connect_from(&self, from: IpAddr) -> Http {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::new(from, 0)).expect("an address of this machine");
        let stream = socket.connect(self.address()).await.expect("the server listens");
        Http::new(Box::new(stream), self.patience)
    }

    /// How many connections the server has.
    pub fn connections(&self) -> usize {
        self.server.connections()
    }

    /// Serves a connection that the test has made.
    ///
    /// # Panics
    /// On a port, where connections come by themselves.
    pub fn serve(&self, far: impl Stream + 'static) {
        let Place::Memory(service) = &self.place else { panic!("a server on a port") };
        let (server, service) = (self.server.clone(), service.clone());
        let peer = SocketAddr::from(([127, 0, 0, 1], 1));
        let service = move |request, peer| service(request, peer);
        tokio::spawn(async move { server.connection(far, peer, service).await });
    }

    /// A new HTTP connection on which this goes wrong, and what comes of it.
    pub fn connect_badly(&self, faults: Faults) -> (Http, Watch) {
        let (near, far) = tokio::io::duplex(PIPE);
        let (pipe, watch) = Pipe::new(far, faults);
        self.serve(pipe);
        (Http::new(Box::new(near), self.patience), watch)
    }

    /// A new HTTP connection.
    pub async fn connect(&self) -> Http {
        Http::new(self.wire().await, self.patience)
    }

    /// Sends `request`, byte for byte, on a connection of its own. The answer.
    pub async fn request(&self, request: impl AsRef<[u8]>) -> http::Response {
        let mut http = self.connect().await;
        http.send(request).await;
        http.response().await
    }

    /// Opens a session on polling.
    pub async fn polling(&self) -> Polling<'_> {
        Polling::open(self).await
    }

    /// Opens a session on WebSocket. Its open packet was read.
    pub async fn websocket(&self) -> Ws {
        let mut ws = self.websocket_at("EIO=4&transport=websocket").await;
        ws.open = ws.text().await;
        assert!(ws.open.starts_with("0{"), "{}", ws.open);
        ws
    }

    /// A WebSocket with this query. Nothing was read.
    pub async fn websocket_at(&self, query: &str) -> Ws {
        let wire = self.wire().await;
        Ws::connect(wire, &self.target(query), self.patience).await
    }

    /// A WebSocket with this query, frame by frame. Nothing was read.
    pub async fn raw_websocket(&self, query: &str) -> RawWs {
        let http = self.connect().await;
        RawWs::connect(http, &self.target(query)).await
    }

    /// Path and query.
    pub fn target(&self, query: &str) -> String {
        format!("{}?{query}", self.path)
    }
}

fn io_service(io: &Io) -> Service {
    let io = io.clone();
    Arc::new(move |request, peer| {
        if io.serves(request.uri().path()) {
            Box::pin(io.handle(request, peer))
        } else {
            Box::pin(async { not_found() })
        }
    })
}

fn engine_service<H: Handler>(engine: &Engine<H>) -> Service {
    let engine = engine.clone();
    Arc::new(move |request: Request<Incoming>, peer| {
        let engine = engine.clone();
        Box::pin(async move {
            if engine.serves(request.uri().path()) {
                engine.handle(request, peer).await
            } else {
                not_found()
            }
        })
    })
}

fn not_found() -> Response {
    response(hyper::StatusCode::NOT_FOUND, "text/plain", "not found")
}

/// Plain Engine.IO, which sends every message back and keeps account of its sessions.
pub struct EchoServer {
    live: Live,
    /// What opens the sessions.
    pub engine: Engine<Echo>,
    opened: Mutex<UnboundedReceiver<SessionHandle>>,
    closed: Mutex<UnboundedReceiver<CloseReason>>,
}

impl Deref for EchoServer {
    type Target = Live;

    fn deref(&self) -> &Live {
        &self.live
    }
}

impl EchoServer {
    /// An echo server on a free port.
    pub async fn start(options: EngineOptions) -> Self {
        Self::with_hooks(options, Hooks::default()).await
    }

    /// The same, with hooks.
    pub async fn with_hooks(options: EngineOptions, hooks: Hooks) -> Self {
        let (engine, opened, closed) = Echo::engine(options, hooks);
        Self::new(Live::engine(&engine).await, engine, opened, closed)
    }

    /// An echo server in memory.
    pub fn in_memory(options: EngineOptions) -> Self {
        Self::in_memory_with_hooks(options, Hooks::default())
    }

    /// The same, with hooks.
    pub fn in_memory_with_hooks(options: EngineOptions, hooks: Hooks) -> Self {
        let (engine, opened, closed) = Echo::engine(options, hooks);
        Self::new(Live::engine_in_memory(&engine), engine, opened, closed)
    }

    fn new(
        live: Live,
        engine: Engine<Echo>,
        opened: UnboundedReceiver<SessionHandle>,
        closed: UnboundedReceiver<CloseReason>,
    ) -> Self {
        Self { live, engine, opened: Mutex::new(opened), closed: Mutex::new(closed) }
    }

    /// The next session that was opened.
    pub async fn session(&self) -> SessionHandle {
        let mut opened = self.opened.lock().await;
        let opened = within(self.live.patience, "a session to be opened", opened.recv());
        opened.await.expect("the engine lives")
    }

    /// Why the next session was closed that was.
    pub async fn closed(&self) -> CloseReason {
        let mut closed = self.closed.lock().await;
        let closed = within(self.live.patience, "a session to be closed", closed.recv());
        closed.await.expect("the engine lives")
    }

    /// Whether no session was closed that [`closed`](Self::closed) has not told of.
    pub fn none_closed(&self) -> bool {
        self.closed.try_lock().is_ok_and(|closed| closed.is_empty())
    }
}

/// What is told of the sessions of an [`EchoServer`].
#[derive(Debug)]
pub struct Echo {
    opened: UnboundedSender<SessionHandle>,
    closed: UnboundedSender<CloseReason>,
}

impl Echo {
    fn engine(
        options: EngineOptions,
        hooks: Hooks,
    ) -> (Engine<Self>, UnboundedReceiver<SessionHandle>, UnboundedReceiver<CloseReason>) {
        let (opened, sessions) = unbounded_channel();
        let (closed, reasons) = unbounded_channel();
        (Engine::with_hooks(options, hooks, Self { opened, closed }), sessions, reasons)
    }
}

impl Handler for Echo {
    type Client = EchoClient;

    fn opened(&self, session: SessionHandle, _: Arc<Handshake>, _: Instant) -> EchoClient {
        // A test that does not ask has dropped the receiver.
        let _ = self.opened.send(session.clone());
        EchoClient { session, closed: self.closed.clone() }
    }
}

/// One session of an [`EchoServer`].
#[derive(Debug)]
pub struct EchoClient {
    session: SessionHandle,
    closed: UnboundedSender<CloseReason>,
}

impl Client for EchoClient {
    fn message(&mut self, message: Message, _: Instant) {
        // A client that is gone, or reads too slowly, is dealt with by its session.
        let _ = self.session.send([Packet::Message(message).to_frame()], Delivery::default());
    }

    fn closed(self, reason: CloseReason) {
        let _ = self.closed.send(reason);
    }
}
