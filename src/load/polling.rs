//! One client on long-polling, over one connection: it says something only while it does not wait
//! to hear something.
//!
//! ```text
//!   GET  …transport=polling            ──►   ◄──  0{"sid":"s",…}
//!   POST …&sid=s            40         ──►   ◄──  ok
//!   GET  …&sid=s                       ──►   ◄──  40{"sid":…}
//! ```
//!
//! Who does both at a time has a second connection for the other.
//!
//! Shell file: owns sockets.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::http;

/// What stands between the packets of one body.
const SEPARATOR: u8 = 0x1E;

/// A client that has joined `/`.
#[derive(Debug)]
pub struct Polling {
    pub exchange: Exchange,
    pub address: Address,
    /// The request for what there is to hear.
    pub poll: Vec<u8>,
}

/// Where a session is found.
#[derive(Clone, Debug)]
pub struct Address {
    host: String,
    path: String,
    /// The session, as a part of a query.
    pub sid: String,
}

/// One connection for requests and their answers.
#[derive(Debug)]
pub struct Exchange {
    stream: TcpStream,
    input: Vec<u8>,
}

impl Polling {
    /// Opens a session. It is in no namespace yet.
    ///
    /// # Errors
    /// When the server does not open one.
    pub async fn open(server: SocketAddr, path: &str) -> io::Result<Self> {
        let mut exchange = Exchange::connect(server).await?;
        let host = server.to_string();
        let body = exchange.ask(&http::get(&host, path, "")).await?;
        let sid = sid(&body).ok_or_else(|| unexpected("0{\"sid\":…", &body))?;
        let address = Address { host, path: path.to_owned(), sid: format!("&sid={sid}") };
        let poll = http::get(&address.host, &address.path, &address.sid);
        Ok(Self { exchange, address, poll })
    }

    /// Opens a session and joins the main namespace.
    ///
    /// # Errors
    /// When the server does not answer as the protocol says.
    pub async fn join(server: SocketAddr, path: &str) -> io::Result<Self> {
        let mut polling = Self::open(server, path).await?;
        polling.say("40").await?;
        loop {
            let mut joined = false;
            for packet in polling.hear().await? {
                match &*packet {
                    [b'4', b'0', b'{', ..] => joined = true,
                    b"2" => polling.say("3").await?,
                    other => return Err(unexpected("40{…", other)),
                }
            }
            if joined {
                return Ok(polling);
            }
        }
    }

    /// # Errors
    /// When the server does not take it.
    pub async fn say(&mut self, packet: &str) -> io::Result<()> {
        self.exchange.ask(&self.address.post(packet)).await.map(|_| ())
    }

    /// Waits until there is something to hear.
    ///
    /// # Errors
    /// When the server is gone.
    pub async fn hear(&mut self) -> io::Result<Vec<Vec<u8>>> {
        let body = self.exchange.ask(&self.poll).await?;
        Ok(packets(&body).map(<[u8]>::to_vec).collect())
    }
}

impl Address {
    pub fn post(&self, body: &str) -> Vec<u8> {
        http::post(&self.host, &self.path, &self.sid, body)
    }
}

impl Exchange {
    /// # Errors
    /// When there is no server.
    pub async fn connect(server: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, input: Vec::new() })
    }

    /// Asks, and returns what is answered.
    ///
    /// # Errors
    /// When the answer is anything but 200.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<Vec<u8>> {
        self.stream.write_all(request).await?;
        self.answer().await
    }

    async fn answer(&mut self) -> io::Result<Vec<u8>> {
        self.input.clear();
        loop {
            self.input.reserve(4096.max(self.input.len()));
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err(io::Error::other("the server has closed the connection"));
            }
            if let Some(answer) = http::answer(&self.input).map_err(io::Error::other)? {
                return match answer.status {
                    200 => Ok(answer.body.into_owned()),
                    _ => Err(unexpected("200", &self.input)),
                };
            }
        }
    }
}

/// The packets of a body.
pub fn packets(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split(|byte| *byte == SEPARATOR)
}

fn sid(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Open {
        sid: String,
    }
    let open: Open = serde_json::from_slice(packets(body).next()?.strip_prefix(b"0")?).ok()?;
    Some(open.sid)
}

/// What came is not what had to come.
pub fn unexpected(wanted: &str, found: &[u8]) -> io::Error {
    let found = String::from_utf8_lossy(found.get(..200).unwrap_or(found)).into_owned();
    io::Error::other(format!("{wanted} was to come, but {found:?} came"))
}
