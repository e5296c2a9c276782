//! A raw Socket.IO client: it sends the text it is given, and compares what comes back.
//!
//! ```text
//!   let live = Live::start(Options::default()).await;      a server on a free port
//!   let mut ada = live.join("/").await;                    ► 40   ◄ 40{"sid":"…"}
//!   ada.send(r#"42["hi"]"#).await;
//!   ada.expect(r#"42["hello"]"#).await;                    the very next message
//!   ada.expect_nothing().await;                            … and there is no other
//! ```

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::panic::Location;
use std::time::Duration;

use bytes::Bytes;
use sockrates::socketio::{Io, Options};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

use crate::support::http::Response;
use crate::support::{self, PATIENCE, Polling, Ws, within};

/// The longest wait for a message in a session that is alive.
const HOUR: Duration = Duration::from_secs(3600);

/// A server of the test's own, until it is dropped.
pub struct Live {
    pub io: Io,
    live: support::Live,
}

impl Deref for Live {
    type Target = support::Live;

    fn deref(&self) -> &support::Live {
        &self.live
    }
}

impl Live {
    /// A server on a free port.
    pub async fn start(options: Options) -> Self {
        Self::of(Io::new(options)).await
    }

    /// This server on a free port.
    pub async fn of(io: Io) -> Self {
        let live = support::Live::io(&io).await;
        Self { io, live }
    }

    /// A server in memory, where the clock may stand still.
    pub fn in_memory(options: Options) -> Self {
        let io = Io::new(options);
        let live = support::Live::io_in_memory(&io);
        Self { io, live }
    }

    /// A client on a WebSocket that is in no namespace.
    pub async fn open(&self) -> Peer {
        self.open_with("EIO=4").await
    }

    /// A client on a WebSocket that asks for this revision of Engine.IO, `EIO=3` or `EIO=4`.
    pub async fn open_with(&self, version: &str) -> Peer {
        let query = format!("{version}&transport=websocket");
        let mut ws = self.live.websocket_at(&query).await;
        ws.open = ws.text().await;
        let sid = field(&ws.open, "sid");
        Peer { ws: Some(ws), sid, id: String::new() }
    }

    /// A client on a WebSocket that is in one namespace.
    #[track_caller]
    pub fn join(&self, namespace: &str) -> impl Future<Output = Peer> {
        let caller = Location::caller();
        async move {
            let mut peer = self.open().await;
            peer.join_from(namespace, caller).await;
            peer
        }
    }

    /// A client on polling that is in no namespace.
    pub async fn poller(&self) -> Poller<'_> {
        let polling = self.live.polling().await;
        Poller { polling, id: String::new(), waiting: VecDeque::new() }
    }

    /// A client on polling that is in one namespace.
    pub async fn join_polling(&self, namespace: &str) -> Poller<'_> {
        let mut poller = self.poller().await;
        poller.join(namespace).await;
        poller
    }

    /// Waits until there are so many sessions.
    pub async fn sessions(&self, count: usize) {
        support::until("the number of sessions", || self.io.sessions() == count).await;
    }
}

/// One message, in either direction.
#[derive(Clone, PartialEq)]
pub enum Got {
    Text(String),
    Bytes(Bytes),
    Closed,
}

impl fmt::Debug for Got {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Bytes(bytes) => write!(f, "{bytes:?}"),
            Self::Closed => f.write_str("(closed)"),
        }
    }
}

/// A client on a WebSocket.
pub struct Peer {
    /// `None` once it was closed: a browser does not hold on to it either.
    ws: Option<Ws>,
    /// The name of the session, which no other client knows.
    pub sid: String,
    /// The name of the socket in the namespace that was joined last.
    pub id: String,
}

impl Peer {
    fn ws(&mut self) -> &mut Ws {
        self.ws.as_mut().expect("an open WebSocket")
    }

    #[track_caller]
    pub fn join(&mut self, namespace: &str) -> impl Future<Output = ()> {
        self.join_from(namespace, Location::caller())
    }

    async fn join_from(&mut self, namespace: &str, caller: &Location<'_>) {
        let namespace = on_the_wire(namespace);
        self.send(&format!("40{namespace}")).await;
        let answer = self.next().await;
        let Got::Text(answer) = answer else { panic!("{answer:?}, at {caller}") };
        assert!(answer.starts_with(&format!("40{namespace}{{")), "{answer}, at {caller}");
        self.id = field(&answer, "sid");
    }

    pub async fn send(&mut self, text: &str) {
        self.ws().send(text).await;
    }

    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        self.ws().send_binary(bytes).await;
    }

    /// Sends what may not arrive, since the server may be gone by now.
    pub async fn try_send(&mut self, text: &str) {
        if let Some(ws) = &mut self.ws {
            ws.try_send(text).await;
        }
    }

    /// Sends a packet with its attachments.
    pub async fn send_all(&mut self, head: &str, attachments: &[&[u8]]) {
        self.send(head).await;
        for attachment in attachments {
            self.send_bytes(attachment).await;
        }
    }

    /// The next message. Pings of the heartbeat are answered on the way, but not for ever: on a
    /// clock that is stopped that would be no time at all.
    pub async fn next(&mut self) -> Got {
        within(HOUR, "a message that is no ping", async {
            loop {
                let Some(ws) = &mut self.ws else { return Got::Closed };
                return match ws.next().await {
                    Some(Message::Text(text)) if text.as_str() == "2" => {
                        ws.send("3").await;
                        continue;
                    }
                    Some(Message::Text(text)) => Got::Text(text.to_string()),
                    Some(Message::Binary(bytes)) => Got::Bytes(bytes),
                    Some(_) => continue,
                    None => {
                        // To ask for more is how the library answers a close frame.
                        ws.next().await;
                        self.ws = None;
                        Got::Closed
                    }
                };
            }
        })
        .await
    }

    #[track_caller]
    pub fn text(&mut self) -> impl Future<Output = String> {
        let caller = Location::caller();
        async move {
            match self.next().await {
                Got::Text(text) => text,
                other => panic!("wanted text, got {other:?}, at {caller}"),
            }
        }
    }

    /// The next message is this one.
    #[track_caller]
    pub fn expect(&mut self, text: &str) -> impl Future<Output = ()> {
        self.expect_all(text, &[])
    }

    /// The next messages are this one and its attachments.
    #[track_caller]
    pub fn expect_all(&mut self, head: &str, attachments: &[&[u8]]) -> impl Future<Output = ()> {
        let caller = Location::caller();
        let mut wanted = vec![Got::Text(head.to_owned())];
        let bytes = attachments.iter().map(|bytes| Got::Bytes(Bytes::copy_from_slice(bytes)));
        wanted.extend(bytes);
        async move {
            for wanted in wanted {
                let got = self.next().await;
                assert!(got == wanted, "wanted {wanted:?}, got {got:?}, at {caller}");
            }
        }
    }

    /// Nothing else has been sent up to now by the time the server has handled everything that
    /// this client has sent: the next message answers a question that is asked now.
    #[track_caller]
    pub fn expect_nothing(&mut self) -> impl Future<Output = ()> {
        let caller = Location::caller();
        async move {
            self.send("40/nowhere,").await;
            let got = self.next().await;
            let wanted = Got::Text(r#"44/nowhere,{"message":"Invalid namespace"}"#.to_owned());
            assert!(got == wanted, "wanted nothing, got {got:?}, at {caller}");
        }
    }

    /// The server closes the session, and says nothing before that.
    #[track_caller]
    pub fn expect_closed(&mut self) -> impl Future<Output = ()> {
        let caller = Location::caller();
        async move {
            let got = self.next().await;
            assert!(got == Got::Closed, "wanted the end, got {got:?}, at {caller}");
        }
    }

    /// Closes the WebSocket as a browser does that leaves the page.
    pub async fn close(mut self) {
        if let Some(ws) = self.ws.take() {
            ws.close().await;
        }
    }

    /// Goes away without a word.
    pub fn vanish(self) {
        drop(self);
    }
}

/// A namespace as it stands in a packet: nothing for the main one.
fn on_the_wire(namespace: &str) -> String {
    if namespace == "/" { String::new() } else { format!("{namespace},") }
}

/// The text of a string field in what the server sent.
fn field(packet: &str, name: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(packet.trim_start_matches(|c| c != '{'))
        .unwrap_or_else(|_| panic!("no JSON in {packet}"));
    json[name].as_str().unwrap_or_else(|| panic!("no {name} in {packet}")).to_owned()
}

/// A client on polling.
pub struct Poller<'a> {
    pub polling: Polling<'a>,
    pub id: String,
    /// What came with the last poll and has not been looked at.
    waiting: VecDeque<String>,
}

impl Poller<'_> {
    pub async fn join(&mut self, namespace: &str) {
        let namespace = on_the_wire(namespace);
        self.send(&format!("40{namespace}")).await;
        let answer = self.text().await;
        assert!(answer.starts_with(&format!("40{namespace}{{")), "{answer}");
        self.id = field(&answer, "sid");
    }

    /// Posts packets, separated as on the wire, and gives the answer.
    pub async fn post(&self, packets: &[&str]) -> Response {
        self.polling.try_post(packets.join("\u{1e}")).await
    }

    pub async fn send(&self, packet: &str) {
        self.polling.post(packet).await;
    }

    /// The next packet.
    pub async fn text(&mut self) -> String {
        if self.waiting.is_empty() {
            let body = self.polling.poll().await;
            self.waiting = body.split('\u{1e}').map(str::to_owned).collect();
        }
        self.waiting.pop_front().expect("a packet")
    }

    #[track_caller]
    pub fn expect(&mut self, packet: &str) -> impl Future<Output = ()> {
        let caller = Location::caller();
        async move {
            let got = self.text().await;
            assert!(got == packet, "wanted {packet}, got {got}, at {caller}");
        }
    }
}

/// What handlers on the server note down, and a test compares.
#[derive(Clone)]
pub struct Notes(mpsc::UnboundedSender<String>);

/// The other end of [`Notes`].
pub struct Noted(mpsc::UnboundedReceiver<String>);

pub fn notes() -> (Notes, Noted) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Notes(sender), Noted(receiver))
}

impl Notes {
    pub fn note(&self, what: impl fmt::Display) {
        let _ = self.0.send(what.to_string());
    }
}

impl Noted {
    /// The next note is this one.
    #[track_caller]
    pub fn expect(&mut self, note: &str) -> impl Future<Output = ()> {
        let caller = Location::caller();
        async move {
            let got = self.next().await;
            assert!(got == note, "wanted the note {note:?}, got {got:?}, at {caller}");
        }
    }

    pub async fn next(&mut self) -> String {
        within(PATIENCE, "a note", self.0.recv()).await.expect("somebody who notes")
    }

    /// There is no note up to now.
    #[track_caller]
    pub fn expect_nothing(&mut self) {
        if let Ok(got) = self.0.try_recv() {
            panic!("wanted no note, got {got:?}");
        }
    }
}
