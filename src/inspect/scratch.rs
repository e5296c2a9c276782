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
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use tokio::io::DuplexStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::explain::input::hex;

/// Scratch sessions at once.
const MOST: usize = 8;

/// Messages that may be sent into one.
const SENT: usize = 64;

/// How long one lives.
const LIFE: Duration = Duration::from_secs(60);

/// How long the server is listened to after something was sent, and how long once it has spoken.
const LISTEN: Duration = Duration::from_millis(400);
const LISTEN_ON: Duration = Duration::from_millis(60);

/// Messages that are taken in for one that was sent.
const TAKEN: usize = 64;

/// Opens a connection to the server.
pub(super) type Dial = Arc<dyn Fn() -> DuplexStream + Send + Sync>;

struct Scratch {
    socket: tokio::sync::Mutex<WebSocketStream<DuplexStream>>,
    sent: AtomicUsize,
    /// Free again when nobody uses the session any more.
    _place: OwnedSemaphorePermit,
}

/// All scratch sessions.
#[derive(Clone)]
pub(super) struct Scratches {
    dial: Dial,
    path: String,
    places: Arc<Semaphore>,
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    last: u64,
    scratches: HashMap<u64, Arc<Scratch>>,
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
        Self {
            dial,
            path: path.to_owned(),
            places: Arc::new(Semaphore::new(MOST)),
            open: Arc::default(),
        }
    }

    /// Opens one. `None` when there are too many, or the server has no room.
    pub(super) async fn open(&self) -> Option<Reaction> {
        // Taken before anything is waited for, so that many who ask at once are no more than these.
        let place = self.places.clone().try_acquire_owned().ok()?;
        let url = format!("ws://localhost{}?EIO=4&transport=websocket", self.path);
        let deadline = Instant::now() + LISTEN;
        let connecting = client_async(url, (self.dial)());
        let (socket, _) = timeout_at(deadline, connecting).await.ok()?.ok()?;
        let (socket, sent) = (tokio::sync::Mutex::new(socket), AtomicUsize::new(0));
        let scratch = Arc::new(Scratch { socket, sent, _place: place });
        let id = self.with(|open| {
            open.last += 1;
            open.scratches.insert(open.last, scratch);
            open.last
        });
        let scratches = self.clone();
        tokio::spawn(async move {
            sleep(LIFE).await;
            scratches.remove(id);
        });
        self.listen(id).await
    }

    /// Sends a message, and listens. `None` when there is no such session any more.
    pub(super) async fn send(&self, id: u64, message: Message) -> Option<Reaction> {
        let scratch = self.find(id)?;
        if scratch.sent.fetch_add(1, Ordering::Relaxed) >= SENT {
            self.remove(id);
            return None;
        }
        let deadline = Instant::now() + LISTEN;
        // Whether it could be sent shows when it is listened to.
        let _ =
            timeout_at(deadline, async { scratch.socket.lock().await.send(message).await }).await;
        self.listen(id).await
    }

    async fn listen(&self, id: u64) -> Option<Reaction> {
        let scratch = self.find(id)?;
        let mut deadline = Instant::now() + LISTEN;
        let mut socket = timeout_at(deadline, scratch.socket.lock()).await.ok()?;
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
            self.remove(id);
        }
        Some(Reaction { id, received, open })
    }

    fn find(&self, id: u64) -> Option<Arc<Scratch>> {
        self.with(|open| open.scratches.get(&id).cloned())
    }

    fn remove(&self, id: u64) {
        self.with(|open| drop(open.scratches.remove(&id)));
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

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use tokio_tungstenite::accept_async;

    use super::*;

    /// Of a server that lets in, and says nothing.
    fn silent() -> Scratches {
        let dial = || {
            let (near, far) = tokio::io::duplex(1 << 10);
            tokio::spawn(async move {
                let mut socket = accept_async(far).await.unwrap();
                while let Some(Ok(_)) = socket.next().await {}
            });
            near
        };
        Scratches::new(Arc::new(dial), "/socket.io/")
    }

    #[tokio::test(start_paused = true)]
    async fn many_who_ask_at_once_get_no_more_than_there_are() {
        let scratches = silent();
        let opened = join_all((0..3 * MOST).map(|_| scratches.open())).await;
        assert_eq!(opened.iter().flatten().count(), MOST);
        // They live for a minute, and their places are free again.
        sleep(LIFE).await;
        assert!(scratches.open().await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_takes_so_many_messages() {
        let scratches = silent();
        let id = scratches.open().await.unwrap().id;
        // Some at a time, so that it is not over because its minute is.
        for _ in 0..8 {
            let sent = join_all((0..SENT / 8).map(|_| scratches.send(id, Message::text("2"))));
            assert!(sent.await.iter().all(Option::is_some));
        }
        assert!(scratches.send(id, Message::text("2")).await.is_none());
    }
}
