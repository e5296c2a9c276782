//! Scratch sessions: to send raw packets into, and see what the server does.
//!
//! ```text
//!   POST /inspect/scratch                     {"id":3,"received":[{"text":"0{…}"}],"open":true}
//!   POST /inspect/scratch/3  {"text":"42{}"}  {"id":3,"received":[{"closed":"1008: …"}],"open":false}
//! ```
//!
//! It is a WebSocket like any other, but that its two ends are in this program. The server does not
//! know.
//!
//! Shell file: owns WebSockets, for a minute each.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use tokio::io::DuplexStream;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::explain::input::hex;

/// Scratch sessions at once.
const MOST: usize = 8;

/// How long one lives.
const LIFE: Duration = Duration::from_secs(60);

/// How long the server is listened to after something was sent, and how long once it has spoken.
const LISTEN: Duration = Duration::from_millis(400);
const LISTEN_ON: Duration = Duration::from_millis(60);

/// Messages that are taken in for one that was sent.
const TAKEN: usize = 64;

/// Opens a connection to the server.
pub(super) type Dial = Arc<dyn Fn() -> DuplexStream + Send + Sync>;

type Socket = Arc<tokio::sync::Mutex<WebSocketStream<DuplexStream>>>;

/// All scratch sessions.
#[derive(Clone)]
pub(super) struct Scratches {
    dial: Dial,
    path: String,
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    last: u64,
    sockets: HashMap<u64, Socket>,
}

/// What the server has said.
#[derive(Debug, Serialize)]
pub(super) struct Reaction {
    id: u64,
    received: Vec<Received>,
    open: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Received {
    Text(String),
    Hex(String),
    Closed(String),
}

impl Scratches {
    /// Sessions of the server that answers at `path`.
    pub(super) fn new(dial: Dial, path: &str) -> Self {
        Self { dial, path: path.to_owned(), open: Arc::default() }
    }

    /// Opens one. `None` when there are too many, or the server has no room.
    pub(super) async fn open(&self) -> Option<Reaction> {
        if self.with(|open| open.sockets.len()) >= MOST {
            return None;
        }
        let url = format!("ws://localhost{}?EIO=4&transport=websocket", self.path);
        let deadline = Instant::now() + LISTEN;
        let connecting = client_async(url, (self.dial)());
        let (socket, _) = timeout_at(deadline, connecting).await.ok()?.ok()?;
        let socket = Arc::new(tokio::sync::Mutex::new(socket));
        let id = self.with(|open| {
            open.last += 1;
            open.sockets.insert(open.last, socket);
            open.last
        });
        let scratches = self.clone();
        tokio::spawn(async move {
            sleep(LIFE).await;
            scratches.with(|open| drop(open.sockets.remove(&id)));
        });
        self.listen(id).await
    }

    /// Sends a message, and listens. `None` when there is no such session any more.
    pub(super) async fn send(&self, id: u64, message: Message) -> Option<Reaction> {
        let socket = self.socket(id)?;
        let deadline = Instant::now() + LISTEN;
        // Whether it could be sent shows when it is listened to.
        let _ = timeout_at(deadline, async { socket.lock().await.send(message).await }).await;
        self.listen(id).await
    }

    async fn listen(&self, id: u64) -> Option<Reaction> {
        let socket = self.socket(id)?;
        let mut deadline = Instant::now() + LISTEN;
        let mut socket = timeout_at(deadline, socket.lock()).await.ok()?;
        let (mut received, mut open) = (Vec::new(), true);
        while open && received.len() < TAKEN {
            let Ok(message) = timeout_at(deadline, socket.next()).await else { break };
            deadline = Instant::now() + LISTEN_ON;
            received.push(match message {
                Some(Ok(Message::Text(text))) => Received::Text(text.to_string()),
                Some(Ok(Message::Binary(bytes))) => Received::Hex(hex(&bytes)),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Ok(Message::Close(frame))) => {
                    open = false;
                    let said = frame.map(|it| format!("{}: {}", u16::from(it.code), it.reason));
                    Received::Closed(said.unwrap_or_default())
                }
                Some(Err(_)) | None => {
                    open = false;
                    Received::Closed(String::new())
                }
            });
        }
        drop(socket);
        if !open {
            self.with(|open| drop(open.sockets.remove(&id)));
        }
        Some(Reaction { id, received, open })
    }

    fn socket(&self, id: u64) -> Option<Socket> {
        self.with(|open| open.sockets.get(&id).cloned())
    }

    fn with<T>(&self, what: impl FnOnce(&mut Open) -> T) -> T {
        what(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Scratches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scratches")
    }
}
