//! A client that says what it is told to say, over the transports that it is told to use.
//!
//! ```text
//!   GET ◄── 0{"sid":…}       POST 40/chat,{…} ──►       GET …
//!   2probe ──►  ◄── 3probe   5 ──►                      unless it is to stay on polling
//!   42["join","Ada"] ──►                                once ◄── 40/chat,{…} is here
//!   ◄── 2  3 ──►                                        for as long as it goes on
//! ```
//!
//! Shell file: owns connections.

use std::collections::VecDeque;
use std::error::Error;
use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::handshake;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::options::{Emit, Trace};

type Failure = Box<dyn Error + Send + Sync>;
type Socket = WebSocketStream<TcpStream>;

/// What the client is to do.
#[derive(Clone, Debug)]
pub struct Client {
    pub server: SocketAddr,
    pub path: String,
    pub namespace: String,
    pub auth: Option<Value>,
    pub emit: Vec<Emit>,
    pub polling: bool,
    pub websocket: bool,
}

/// What the first packet says.
#[derive(Debug, Deserialize)]
struct Open {
    sid: String,
    #[serde(default)]
    upgrades: Vec<String>,
}

enum Link {
    Polling(String),
    WebSocket(Box<Socket>),
}

impl Client {
    /// A client of the server at `server`, as the command line wants it.
    pub fn new(trace: &Trace, server: SocketAddr, path: &str) -> Self {
        Self {
            server,
            path: path.to_owned(),
            namespace: trace.ns.clone(),
            auth: trace.auth.clone(),
            emit: trace.emit.clone(),
            polling: trace.polling,
            websocket: trace.websocket,
        }
    }

    /// Talks until the server ends it, or it is dropped.
    ///
    /// # Errors
    /// When the server does not speak the protocol.
    pub async fn talk(self) -> Result<(), Failure> {
        let connect = self.packet('0', "", self.auth.as_ref());
        let mut waiting = VecDeque::new();
        let mut link = if self.websocket {
            let mut socket = self.websocket("").await?;
            waiting.extend(receive(&mut socket).await?);
            socket.send(Message::text(connect)).await?;
            Link::WebSocket(Box::new(socket))
        } else {
            let first = self.get("").await?;
            let open: Open = serde_json::from_str(first.strip_prefix('0').unwrap_or(&first))
                .map_err(|error| format!("no open packet, but {first:?}: {error}"))?;
            let sid = format!("&sid={}", open.sid);
            self.post(&sid, connect).await?;
            if self.polling || !open.upgrades.iter().any(|it| it == "websocket") {
                Link::Polling(sid)
            } else {
                Link::WebSocket(Box::new(self.upgrade(&sid, &mut waiting).await?))
            }
        };
        let welcome = self.packet('0', "", None);
        loop {
            let Some(packet) = waiting.pop_front() else {
                waiting.extend(self.receive(&mut link).await?);
                continue;
            };
            match packet.as_str() {
                "2" => self.send(&mut link, "3".to_owned()).await?,
                "1" => return Ok(()),
                text if text.starts_with(&welcome) => {
                    for (id, emit) in self.emit.iter().enumerate() {
                        let id = if emit.wants_answer { id.to_string() } else { String::new() };
                        let name = Value::from(emit.name.clone());
                        let data = [name].into_iter().chain(emit.args.iter().cloned()).collect();
                        let data = Value::Array(data);
                        self.send(&mut link, self.packet('2', &id, Some(&data))).await?;
                    }
                }
                _ => {}
            }
        }
    }

    /// `40/chat,{…}`: a packet for the namespace.
    fn packet(&self, kind: char, id: &str, data: Option<&Value>) -> String {
        let namespace = match self.namespace.as_str() {
            "/" => String::new(),
            other => format!("{other},"),
        };
        let data = data.map(Value::to_string).unwrap_or_default();
        format!("4{kind}{namespace}{id}{data}")
    }

    /// From polling to WebSocket. What the last poll brings is kept.
    async fn upgrade(&self, sid: &str, waiting: &mut VecDeque<String>) -> Result<Socket, Failure> {
        let (client, query) = (self.clone(), sid.to_owned());
        let poll = tokio::spawn(async move { client.get(&query).await });
        let mut socket = self.websocket(sid).await?;
        socket.send(Message::text("2probe")).await?;
        let answer = receive(&mut socket).await?;
        if answer != ["3probe"] {
            return Err(format!("the probe was answered by {answer:?}").into());
        }
        // The poll returns, by what there is to say or by a noop: only then may polling end.
        waiting.extend(poll.await??.split('\x1e').map(str::to_owned));
        socket.send(Message::text("5")).await?;
        Ok(socket)
    }

    async fn receive(&self, link: &mut Link) -> Result<Vec<String>, Failure> {
        match link {
            Link::WebSocket(socket) => receive(socket).await,
            Link::Polling(sid) => {
                Ok(self.get(sid).await?.split('\x1e').map(str::to_owned).collect())
            }
        }
    }

    async fn send(&self, link: &mut Link, packet: String) -> Result<(), Failure> {
        match link {
            Link::WebSocket(socket) => Ok(socket.send(Message::text(packet)).await?),
            Link::Polling(sid) => self.post(sid, packet).await,
        }
    }

    async fn websocket(&self, query: &str) -> Result<Socket, Failure> {
        let stream = self.connect().await?;
        let Self { server, path, .. } = self;
        let url = format!("ws://{server}{path}?EIO=4&transport=websocket{query}");
        Ok(client_async(url, stream).await?.0)
    }

    async fn get(&self, query: &str) -> Result<String, Failure> {
        self.request(Request::get(self.url(query)), String::new()).await
    }

    async fn post(&self, query: &str, packet: String) -> Result<(), Failure> {
        let request =
            Request::post(self.url(query)).header(CONTENT_TYPE, "text/plain;charset=UTF-8");
        self.request(request, packet).await.map(|_| ())
    }

    async fn connect(&self) -> Result<TcpStream, Failure> {
        let stream = TcpStream::connect(self.server).await?;
        // Small packets must not wait for each other.
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn url(&self, query: &str) -> String {
        format!("{}?EIO=4&transport=polling{query}", self.path)
    }

    async fn request(
        &self,
        request: hyper::http::request::Builder,
        body: String,
    ) -> Result<String, Failure> {
        let stream = self.connect().await?;
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let request = request.header(HOST, self.server.to_string());
        let response = sender.send_request(request.body(Full::new(Bytes::from(body)))?).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        if status.is_success() { Ok(text) } else { Err(format!("{status}: {text}").into()) }
    }
}

/// The next message of text.
async fn receive(socket: &mut Socket) -> Result<Vec<String>, Failure> {
    loop {
        return match socket.next().await {
            Some(Ok(Message::Text(text))) => Ok(vec![text.to_string()]),
            Some(Ok(Message::Close(_))) | None => Ok(vec!["1".to_owned()]),
            Some(Ok(_)) => continue,
            Some(Err(error)) => Err(error.into()),
        };
    }
}
