//! One TCP connection, on which any bytes may be said.
//!
//! Reading and writing go on at the same time: a server that refuses a long body may answer
//! before it was sent.
//!
//! Shell file: owns a socket.

use std::time::Duration;

use sockrates::explain::Form;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::lang::{Told, told};
use super::outcome::{Side, Stop, Verdict, fail, lost, silence};
use super::reply::Reply;
use super::talk::Talk;

/// Bytes of one answer that are read at most.
const MAX_ANSWER: usize = 64 << 20;
/// How long bytes may take to be taken by a server that has not answered yet.
const SAYING: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Pipe {
    talk: Talk,
    stream: TcpStream,
    input: Vec<u8>,
    /// What the server has not taken yet.
    rest: Vec<u8>,
    /// The last request was for a head alone.
    bodyless: bool,
    /// An answer that was read and is still to be looked at.
    ahead: Option<Reply>,
}

/// What came of waiting for an answer.
#[derive(Debug)]
pub enum End {
    Reply(Reply),
    Lost,
    Silence,
}

impl Pipe {
    pub fn new(talk: Talk, stream: TcpStream) -> Self {
        Self { talk, stream, input: Vec::new(), rest: Vec::new(), bodyless: false, ahead: None }
    }

    /// Says something, as far as the server takes it now; the rest goes on while it is read.
    pub async fn say(&mut self, bytes: Vec<u8>) {
        let (line, body) = shown(&bytes);
        match body {
            Some(body) => {
                let whole = format!("{line} {body}");
                self.talk.note_packet(Side::Client, &whole, Form::Payload, &body);
            }
            None => self.talk.note(Side::Client, &line),
        }
        self.bodyless = bytes.starts_with(b"HEAD ");
        self.rest = bytes;
        let until = Instant::now() + SAYING;
        while !self.rest.is_empty() {
            match timeout_at(until, self.stream.write(&self.rest)).await {
                Ok(Ok(written)) => drop(self.rest.drain(..written)),
                // The answer may be there all the same, and says why.
                Ok(Err(_)) => self.rest.clear(),
                Err(_) => return,
            }
        }
    }

    /// Waits for an answer that has to come.
    pub async fn reply(&mut self, wait: Duration) -> Verdict<Reply> {
        let wanted = Told::fixed("an answer of HTTP", "一个 HTTP 响应");
        match self.end(wait).await? {
            End::Reply(reply) => Ok(reply),
            End::Lost => fail(wanted, lost()),
            End::Silence => fail(wanted, silence()),
        }
    }

    /// The answer if it comes in that time.
    pub async fn peek(&mut self, wait: Duration) -> Verdict<Option<Reply>> {
        match self.end(wait).await? {
            End::Reply(reply) => Ok(Some(reply)),
            End::Silence => Ok(None),
            End::Lost => fail(Told::fixed("a request that waits", "请求保持等待"), lost()),
        }
    }

    /// Puts an answer back, for whoever waits for it next.
    pub fn put_back(&mut self, reply: Reply) {
        self.ahead = Some(reply);
    }

    /// Waits for whatever comes of it.
    pub async fn end(&mut self, wait: Duration) -> Verdict<End> {
        if let Some(reply) = self.ahead.take() {
            return Ok(End::Reply(reply));
        }
        let until = Instant::now() + wait;
        let mut closed = false;
        loop {
            match Reply::read(&self.input, closed, self.bodyless) {
                Ok(Some(reply)) => {
                    self.input.drain(..reply.taken.min(self.input.len()));
                    match reply.status {
                        200 if reply.body != b"ok" => {
                            let (shown, body) = (reply.shown(), reply.text());
                            self.talk.note_packet(Side::Server, &shown, Form::Payload, &body);
                        }
                        _ => self.talk.note(Side::Server, &reply.shown()),
                    }
                    return Ok(End::Reply(reply));
                }
                Ok(None) => {}
                Err(error) => {
                    let text = String::from_utf8_lossy(&self.input).into_owned();
                    self.talk.note(Side::Server, &text);
                    let wanted = Told::fixed("an answer of HTTP", "一个 HTTP 响应");
                    let received = told(format!("{error}: {text}"), format!("{error}：{text}"));
                    return Err(Stop::failed(wanted, received));
                }
            }
            if closed || self.input.len() > MAX_ANSWER {
                self.talk.note(Side::Server, "(TCP closed)");
                return Ok(End::Lost);
            }
            match timeout_at(until, self.turn()).await {
                Ok(still_open) => closed = !still_open,
                Err(_) => return Ok(End::Silence),
            }
        }
    }

    /// Reads or writes once; says whether there may be more to read.
    async fn turn(&mut self) -> bool {
        let (mut read, mut write) = self.stream.split();
        tokio::select! {
            taken = read.read_buf(&mut self.input) => matches!(taken, Ok(1..)),
            written = write.write(&self.rest), if !self.rest.is_empty() => {
                match written {
                    Ok(written) => drop(self.rest.drain(..written)),
                    Err(_) => self.rest.clear(),
                }
                true
            }
        }
    }

    /// The socket, and what has been read of what comes behind an answer.
    pub fn into_parts(self) -> (TcpStream, Vec<u8>) {
        (self.stream, self.input)
    }

    /// Goes away in the middle of things.
    pub async fn cut(mut self) {
        let _ = timeout(SAYING, self.stream.shutdown()).await;
    }
}

/// A request for people: its first line, and its body if it has one.
fn shown(bytes: &[u8]) -> (String, Option<String>) {
    let text = String::from_utf8_lossy(bytes.get(..bytes.len().min(4096)).unwrap_or_default());
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return (text.into_owned(), None) };
    let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1");
    (line.to_owned(), Some(body.to_owned()).filter(|body| !body.is_empty()))
}
