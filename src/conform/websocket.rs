//! A session on WebSocket, in frames of our own making, so that they can be wrong ones.
//!
//! ```text
//!   say("2probe")         expect("3probe")     the next text, but for pings and noops
//!   frame(&[0xC1, …])     closed()             the server goes, with which code
//!   fence()                                    what had come before, if the session still lives
//! ```
//!
//! The fence is a CONNECT to a namespace that nobody has: whatever the server says to it, it says
//! it after all that was sent before. So "nothing comes" needs no waiting.
//!
//! Shell file: owns a socket.

use std::time::Duration;

use sockrates::explain::Form;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use crate::load::frame::{self, Kind};
use crate::load::inbox::Inbox;

use super::facts::Open;
use super::lang::{Told, told, wire};
use super::outcome::{Side, Verdict, fail, lost, silence};
use super::pipe::{End, Pipe};
use super::reply::Reply;
use super::session::parse_open;
use super::talk::{Talk, WAIT};

/// What asks for a WebSocket. The key is the sample of RFC 6455, section 1.3.
pub const FIELDS: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
/// What proves that the server has read the key.
pub const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const READ: usize = 16 * 1024;
/// Bytes of one message that are read at most.
const MAX_MESSAGE: usize = 64 << 20;
/// Messages that may come before the one that is waited for.
const MAX_BEFORE: usize = 10_000;

#[derive(Debug)]
pub struct WebSocket {
    talk: Talk,
    stream: TcpStream,
    inbox: Inbox,
    pub reply: Reply,
    /// Pings of Engine.IO are answered, and not shown to the check.
    pub beats: bool,
    joined: bool,
    /// Bytes that have come since the last message was complete.
    unread: usize,
}

/// The answer to the wish for a WebSocket.
#[derive(Debug)]
pub enum Opening {
    Open(WebSocket),
    Refused(Reply),
    Lost,
}

/// What came next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Heard {
    Text(String),
    Binary(Vec<u8>),
    Pong(Vec<u8>),
    /// A close frame, and its code if it has one.
    Closed(Option<u16>),
    /// The connection ended without one.
    Lost,
    Silence,
    /// Not a frame that a server may send.
    Broken(String),
}

impl Heard {
    pub fn told(&self) -> Told {
        match self {
            Self::Text(text) => wire(text),
            Self::Binary(bytes) => told(
                format!("a binary message of {} bytes", bytes.len()),
                format!("一条 {} 字节的二进制消息", bytes.len()),
            ),
            Self::Pong(_) => told("a pong of WebSocket", "一个 WebSocket pong 帧"),
            Self::Closed(Some(code)) => {
                told(format!("a close frame with code {code}"), format!("一个关闭帧，代码 {code}"))
            }
            Self::Closed(None) => told("an empty close frame", "一个空的关闭帧"),
            Self::Lost => lost(),
            Self::Silence => silence(),
            Self::Broken(error) => told(error.clone(), error.clone()),
        }
    }

    fn is_end(&self) -> bool {
        matches!(self, Self::Closed(_) | Self::Lost | Self::Silence | Self::Broken(_))
    }
}

impl WebSocket {
    pub async fn open(talk: &Talk, mut pipe: Pipe) -> Verdict<Opening> {
        let reply = match pipe.end(WAIT).await? {
            End::Reply(reply) => reply,
            End::Lost => return Ok(Opening::Lost),
            End::Silence => {
                return fail(
                    Told::fixed("an answer to the upgrade request", "对升级请求的响应"),
                    silence(),
                );
            }
        };
        if reply.status != 101 {
            return Ok(Opening::Refused(reply));
        }
        let (stream, input) = pipe.into_parts();
        let mut inbox = Inbox::default();
        inbox.room(READ).extend(input);
        let talk = talk.clone();
        Ok(Opening::Open(Self {
            talk,
            stream,
            inbox,
            reply,
            beats: true,
            joined: false,
            unread: 0,
        }))
    }

    /// Reads the packet that opens a session.
    pub async fn open_packet(&mut self) -> Verdict<Open> {
        let packet = self.expect("0{").await?;
        parse_open(&packet)
    }

    pub async fn join(&mut self) -> Verdict {
        self.say(&self.talk.hello()).await;
        self.expect("40{").await?;
        self.joined = true;
        if self.talk.facts().suite {
            self.expect("42[\"auth\"").await?;
        }
        Ok(())
    }

    pub async fn say(&mut self, text: &str) {
        self.note(Side::Client, text);
        self.put(&[(Kind::Text, text.as_bytes())]).await;
    }

    pub async fn say_bytes(&mut self, bytes: &[u8]) {
        self.talk.note(Side::Client, &format!("({} bytes)", bytes.len()));
        self.put(&[(Kind::Binary, bytes)]).await;
    }

    /// Several messages in one write.
    pub async fn say_all(&mut self, texts: &[&str]) {
        texts.iter().for_each(|text| self.note(Side::Client, text));
        let frames: Vec<_> = texts.iter().map(|it| (Kind::Text, it.as_bytes())).collect();
        self.put(&frames).await;
    }

    pub async fn put(&mut self, frames: &[(Kind, &[u8])]) {
        let mut out = Vec::new();
        for (kind, payload) in frames {
            frame::put(&mut out, *kind, payload);
        }
        self.send(&out).await;
    }

    /// Bytes that may be no frame at all.
    pub async fn frame(&mut self, bytes: &[u8]) {
        let start = bytes.get(..bytes.len().min(24)).unwrap_or_default();
        let shown: String = start.iter().map(|byte| format!("{byte:02x} ")).collect();
        let more = if bytes.len() > start.len() { "…" } else { "" };
        self.talk.note(Side::Client, &format!("frame {shown}{more}"));
        self.send(bytes).await;
    }

    fn note(&self, from: Side, text: &str) {
        self.talk.note_packet(from, text, Form::Packet, text);
    }

    async fn send(&mut self, bytes: &[u8]) {
        // A server that has gone away has said why, or will be found to have said nothing.
        let _ = timeout(WAIT, self.stream.write_all(bytes)).await;
    }

    /// The next message, or why there is none.
    pub async fn hear(&mut self, wait: Duration) -> Heard {
        let until = Instant::now() + wait;
        loop {
            match self.next() {
                Some(Heard::Text(text)) if text == "2" && self.beats => {
                    self.put(&[(Kind::Text, b"3")]).await;
                }
                Some(heard) => {
                    match &heard {
                        Heard::Text(text) => self.note(Side::Server, text),
                        other => self.talk.note(Side::Server, &format!("({})", other.told().en)),
                    }
                    return heard;
                }
                None => match timeout_at(until, self.more()).await {
                    Ok(true) => {}
                    Ok(false) => {
                        self.talk.note(Side::Server, "(TCP closed)");
                        return Heard::Lost;
                    }
                    Err(_) => return Heard::Silence,
                },
            }
        }
    }

    async fn more(&mut self) -> bool {
        match self.stream.read_buf(self.inbox.room(READ)).await {
            Ok(some @ 1..) => {
                self.unread += some;
                self.unread <= MAX_MESSAGE
            }
            Ok(0) | Err(_) => false,
        }
    }

    fn next(&mut self) -> Option<Heard> {
        loop {
            let message = match self.inbox.next() {
                Ok(message) => message?,
                Err(error) => return Some(Heard::Broken(error.to_string())),
            };
            self.unread = 0;
            let payload = message.payload;
            match message.kind {
                Kind::Text => {
                    return Some(Heard::Text(String::from_utf8_lossy(payload).into_owned()));
                }
                Kind::Binary => return Some(Heard::Binary(payload.to_vec())),
                Kind::Pong => return Some(Heard::Pong(payload.to_vec())),
                Kind::Close => {
                    let code = payload.first_chunk().map(|code| u16::from_be_bytes(*code));
                    return Some(Heard::Closed(code));
                }
                // The server's own pings would have to be answered before it loses patience,
                // which takes longer than any check.
                Kind::Ping | Kind::More => {}
            }
        }
    }

    /// Waits for a text that begins so.
    pub async fn expect(&mut self, start: &str) -> Verdict<String> {
        let until = Instant::now() + WAIT;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.hear(left).await {
                Heard::Text(text) if text.starts_with(start) => return Ok(text),
                Heard::Text(text) if text == "6" => {}
                Heard::Text(text) if self.talk.facts().is_beside(&text, start) => {}
                Heard::Binary(_) if self.talk.facts().is_beside("b", start) => {}
                other => {
                    let start = wire(start);
                    let wanted = told(
                        format!("a packet {}…", start.en),
                        format!("以 {} 开头的数据包", start.zh),
                    );
                    return fail(wanted, other.told());
                }
            }
        }
    }

    pub async fn expect_bytes(&mut self, wanted: &[u8]) -> Verdict {
        match self.hear(WAIT).await {
            Heard::Binary(bytes) if bytes == wanted => Ok(()),
            other => fail(Heard::Binary(wanted.to_vec()).told(), other.told()),
        }
    }

    /// The server has to close the connection. Returns how it did.
    pub async fn closed(&mut self) -> Verdict<Heard> {
        let until = Instant::now() + self.talk.facts().going(self.joined);
        let mut first = None;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.hear(left).await {
                end @ (Heard::Closed(_) | Heard::Lost) => return Ok(end),
                other => {
                    let over = other.is_end();
                    let shown = first.get_or_insert(other);
                    if over {
                        let wanted = Told::fixed("the WebSocket is closed", "WebSocket 被关闭");
                        return fail(wanted, shown.told());
                    }
                }
            }
        }
    }

    /// The session has to live still. Returns what had come before.
    pub async fn fence(&mut self) -> Verdict<Vec<Heard>> {
        let before = self.one_fence().await?;
        // Some close a moment after they have answered what had come with it.
        self.one_fence().await?;
        Ok(before)
    }

    async fn one_fence(&mut self) -> Verdict<Vec<Heard>> {
        let name = format!("/conform-fence-{},", self.talk.fresh());
        self.say(&format!("40{name}")).await;
        let until = Instant::now() + WAIT;
        let mut before = Vec::new();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let heard = self.hear(left).await;
            let goodbye = matches!(&heard, Heard::Text(text) if text == "1");
            if heard.is_end() || goodbye || before.len() == MAX_BEFORE {
                let wanted = Told::fixed(
                    "the connection stays open, and a CONNECT sent next is answered",
                    "连接保持打开，随后发送的 CONNECT 得到回应",
                );
                return fail(wanted, heard.told());
            }
            match &heard {
                Heard::Text(text) if text.get(2..).is_some_and(|it| it.starts_with(&name)) => {
                    return Ok(before);
                }
                _ => before.push(heard),
            }
        }
    }

    /// The session has to live still: a message gets an answer. For who is in no namespace.
    pub async fn alive(&mut self) -> Verdict {
        self.say(&self.talk.hello()).await;
        self.expect("4").await.map(drop)
    }

    /// Goes away without a word.
    pub fn cut(self) {
        drop(self.stream);
    }
}
