//! What a check talks through: it knows where the server is, writes down what is said, and waits
//! for nothing without a limit.
//!
//! ```text
//!   talk.get("EIO=4&transport=polling")   one request and its answer
//!   talk.session()                        a session on long-polling
//!   talk.websocket()                      a session on WebSocket, past its open packet
//!   talk.joined()                         the same, in the main namespace
//! ```
//!
//! Shell file: owns sockets.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use sockrates::explain::Form;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::facts::Facts;
use super::lang::{Told, cut, told};
use super::outcome::{Fault, Note, Side, Stop, Verdict, answer, fail, skip};
use super::pipe::Pipe;
use super::reply::Reply;
use super::session::Session;
use super::websocket::{Opening, WebSocket};

/// How long an answer may take that has to come.
pub const WAIT: Duration = Duration::from_secs(3);
/// How long nothing has to come, where nothing has to come.
pub const QUIET: Duration = Duration::from_millis(250);
/// Lines of one conversation that are kept.
const KEPT: usize = 60;
/// Bytes of a packet that is kept to be explained.
const EXPLAINED: usize = 2000;

/// What every request of revision 4 has in its query.
pub const POLLING: &str = "EIO=4&transport=polling";
pub const WEBSOCKET: &str = "EIO=4&transport=websocket";

/// What a body of a `POST` is said to be.
pub const TEXT: &str = "Content-Type: text/plain;charset=UTF-8\r\n";

#[derive(Clone, Debug)]
pub struct Talk(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    server: SocketAddr,
    host: String,
    path: String,
    facts: Facts,
    notes: RefCell<Vec<Note>>,
    fences: Cell<u32>,
}

impl Talk {
    pub fn new(server: SocketAddr, host: String, path: String, facts: Facts) -> Self {
        let (notes, fences) = (RefCell::default(), Cell::new(0));
        Self(Rc::new(Inner { server, host, path, facts, notes, fences }))
    }

    pub fn facts(&self) -> &Facts {
        &self.0.facts
    }

    pub fn path(&self) -> &str {
        &self.0.path
    }

    pub fn notes(&self) -> Vec<Note> {
        self.0.notes.borrow().clone()
    }

    /// Writes down what was said.
    pub fn note(&self, from: Side, text: &str) {
        self.remember(Note { from, text: cut(text), packet: None });
    }

    /// Writes down a packet, or a body of them, which can be explained.
    pub fn note_packet(&self, from: Side, text: &str, form: Form, packet: &str) {
        let packet = (packet.len() <= EXPLAINED).then(|| (form, packet.to_owned()));
        self.remember(Note { from, text: cut(text), packet });
    }

    fn remember(&self, note: Note) {
        let mut notes = self.0.notes.borrow_mut();
        if notes.len() == KEPT {
            // How it began and how it ended say more than the middle.
            notes.remove(KEPT / 2);
        }
        notes.push(note);
    }

    /// A name that nothing has had before in this conversation.
    pub fn fresh(&self) -> u32 {
        self.0.fences.set(self.0.fences.get() + 1);
        self.0.fences.get()
    }

    /// The packet that asks to be let into the main namespace.
    pub fn hello(&self) -> String {
        format!("40{}", self.facts().auth.as_deref().unwrap_or_default())
    }

    /// Waits for so long only if the user has so much time.
    pub fn patience(&self, needed: Duration) -> Verdict {
        if needed <= self.facts().patience {
            return Ok(());
        }
        let seconds = needed.as_secs_f64().ceil();
        Err(Stop::Skipped(told(
            format!("it takes {seconds} s with this server's intervals; --slow has the time"),
            format!("按这个服务器的心跳间隔需要 {seconds} 秒；加上 --slow 才会等这么久"),
        )))
    }

    /// A TCP connection on which nothing has been said.
    pub async fn connect(&self) -> Verdict<Pipe> {
        match timeout(WAIT, TcpStream::connect(self.0.server)).await {
            Ok(Ok(stream)) => {
                // Small writes are sent as they are: some checks are about nothing else.
                let _ = stream.set_nodelay(true);
                Ok(Pipe::new(self.clone(), stream))
            }
            Ok(Err(error)) => Err(gone(error.to_string())),
            Err(_) => Err(gone("no answer to SYN".to_owned())),
        }
    }

    /// The bytes of a request. `fields` are whole lines; a body brings its length along.
    pub fn request(&self, method: &str, query: &str, fields: &str, body: Option<&[u8]>) -> Vec<u8> {
        let path = &self.0.path;
        self.request_to(&format!("{path}?{query}"), method, fields, body)
    }

    pub fn request_to(
        &self,
        target: &str,
        method: &str,
        fields: &str,
        body: Option<&[u8]>,
    ) -> Vec<u8> {
        let host = &self.0.host;
        let length = body.map(|it| format!("Content-Length: {}\r\n", it.len()));
        let length = length.unwrap_or_default();
        let head = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n{fields}{length}\r\n");
        [head.as_bytes(), body.unwrap_or_default()].concat()
    }

    /// Sends a request on a connection of its own, and leaves the answer to be read.
    pub async fn begin(&self, request: Vec<u8>) -> Verdict<Pipe> {
        let mut pipe = self.connect().await?;
        pipe.say(request).await;
        Ok(pipe)
    }

    pub async fn ask(&self, request: Vec<u8>) -> Verdict<Reply> {
        self.begin(request).await?.reply(WAIT).await
    }

    pub async fn get(&self, query: &str) -> Verdict<Reply> {
        self.ask(self.request("GET", query, "", None)).await
    }

    pub async fn post(&self, query: &str, body: impl AsRef<[u8]>) -> Verdict<Reply> {
        self.ask(self.request("POST", query, TEXT, Some(body.as_ref()))).await
    }

    /// Opens a session on long-polling.
    pub async fn session(&self) -> Verdict<Session> {
        if !self.facts().polling {
            return skip(
                "it rests on `handshake/open-packet`, which failed",
                "它依赖的 `handshake/open-packet` 没有通过",
            );
        }
        Session::open(self).await
    }

    /// Ends a check that makes no sense without WebSocket.
    pub fn needs_websocket(&self) -> Verdict {
        if self.facts().websocket {
            return Ok(());
        }
        skip(
            "it rests on `websocket/open-packet`, which failed",
            "它依赖的 `websocket/open-packet` 没有通过",
        )
    }

    /// Opens a session on WebSocket, and reads its open packet.
    pub async fn websocket(&self) -> Verdict<WebSocket> {
        self.needs_websocket()?;
        let mut socket = self.upgrade(WEBSOCKET).await?;
        socket.open_packet().await?;
        Ok(socket)
    }

    /// Opens a session on WebSocket, and joins the main namespace.
    pub async fn joined(&self) -> Verdict<WebSocket> {
        let mut socket = self.websocket().await?;
        socket.join().await?;
        Ok(socket)
    }

    /// Opens a WebSocket, and nothing more.
    pub async fn upgrade(&self, query: &str) -> Verdict<WebSocket> {
        match self.try_upgrade(self.upgrade_request(query)).await? {
            Opening::Open(socket) => Ok(socket),
            Opening::Refused(reply) => {
                let wanted = Told::fixed("101, a WebSocket", "101，即 WebSocket 连接");
                fail(wanted, answer(&reply))
            }
            Opening::Lost => fail(
                Told::fixed("101, a WebSocket", "101，即 WebSocket 连接"),
                super::outcome::lost(),
            ),
        }
    }

    pub fn upgrade_request(&self, query: &str) -> Vec<u8> {
        self.request("GET", query, super::websocket::FIELDS, None)
    }

    /// Asks for a WebSocket, whatever the answer is.
    pub async fn try_upgrade(&self, request: Vec<u8>) -> Verdict<Opening> {
        let pipe = self.begin(request).await?;
        WebSocket::open(self, pipe).await
    }
}

/// Nobody is there.
fn gone(error: String) -> Stop {
    let wanted = Told::fixed("a server that is there", "服务器可以连接");
    let received =
        told(format!("no TCP connection: {error}"), format!("无法建立 TCP 连接：{error}"));
    Stop::Failed(Box::new(Fault { wanted, received, gone: true }))
}
