//! One client over WebSocket: opened, joined to `/`, and then read as cheaply as can be.
//!
//! ```text
//!   GET /socket.io/?EIO=4&transport=websocket   ──►
//!                                               ◄──  101
//!                                               ◄──  0{"sid":…}
//!   40                                          ──►
//!                                               ◄──  40{"sid":…}
//! ```
//!
//! Its two halves are apart, because whoever writes for a room is not always who reads.
//!
//! Shell file: owns a socket.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::frame::{self, FrameError, Kind};
use super::inbox::{Inbox, Message};
use super::polling::unexpected;

/// Bytes that are read at once, unless messages are larger.
const READ: usize = 16 * 1024;

#[derive(Debug)]
pub struct WebSocket {
    pub reader: Reader,
    pub writer: Writer,
}

#[derive(Debug)]
pub struct Reader {
    stream: OwnedReadHalf,
    inbox: Inbox,
}

#[derive(Debug)]
pub struct Writer(OwnedWriteHalf);

impl WebSocket {
    /// Connects to a server and joins its main namespace.
    ///
    /// # Errors
    /// When the server does not answer as the protocol says.
    pub async fn join(server: SocketAddr, path: &str) -> io::Result<Self> {
        let mut socket = Self::connect(server, path, "").await?;
        socket.expect("0{").await?;
        socket.writer.send_text("40").await?;
        socket.expect("40{").await?;
        Ok(socket)
    }

    /// Opens a WebSocket: a session of its own, or with `&sid=…` a candidate for one.
    ///
    /// # Errors
    /// When the server answers anything but 101.
    pub async fn connect(server: SocketAddr, path: &str, sid: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let (read, write) = stream.into_split();
        let reader = Reader { stream: read, inbox: Inbox::default() };
        let mut socket = Self { reader, writer: Writer(write) };
        let request = format!(
            "GET {path}?EIO=4&transport=websocket{sid} HTTP/1.1\r\nHost: {server}\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: c29ja3JhdGVzIGFza3MgeQ==\r\n\r\n"
        );
        socket.writer.send(request.as_bytes()).await?;
        socket.reader.switched().await?;
        Ok(socket)
    }

    /// Waits for a text that begins so.
    ///
    /// # Errors
    /// When another message comes.
    pub async fn expect(&mut self, start: &str) -> io::Result<()> {
        loop {
            let message = self.reader.message().await?;
            match &*message {
                message if message.starts_with(start.as_bytes()) => return Ok(()),
                // Some servers ask at once whether the client is there, and some send over the
                // WebSocket what was to release a poll.
                b"2" => self.writer.send(&pong()).await?,
                b"6" => {}
                other => return Err(unexpected(start, other)),
            }
        }
    }

    /// Says goodbye, and waits for the server's.
    ///
    /// # Errors
    /// When there is nobody to say it to.
    pub async fn close(mut self) -> io::Result<()> {
        self.writer.send(&close_frame()).await?;
        self.writer.0.shutdown().await?;
        // Whether it says goodbye or simply goes away: it was told.
        while self.reader.message().await.is_ok() {}
        Ok(())
    }
}

impl Writer {
    /// Writes frames as they are.
    ///
    /// # Errors
    /// When the server is gone.
    pub async fn send(&mut self, frames: &[u8]) -> io::Result<()> {
        self.0.write_all(frames).await
    }

    /// # Errors
    /// When the server is gone.
    pub async fn send_text(&mut self, text: &str) -> io::Result<()> {
        let mut out = Vec::new();
        frame::put(&mut out, Kind::Text, text.as_bytes());
        self.send(&out).await
    }
}

impl Reader {
    /// Reads once, and shows every message that is complete now. Whoever stops waiting for it
    /// has lost nothing.
    ///
    /// # Errors
    /// When the server is gone, or says what this client can not read.
    pub async fn turn(&mut self, mut on: impl FnMut(Message<'_>)) -> io::Result<()> {
        self.more().await?;
        while let Some(message) = self.inbox.next().map_err(broken)? {
            on(message);
        }
        Ok(())
    }

    /// The next message that is not about the connection itself.
    ///
    /// # Errors
    /// When the server is gone, or says what this client can not read.
    pub async fn message(&mut self) -> io::Result<Vec<u8>> {
        loop {
            while let Some(message) = self.inbox.next().map_err(broken)? {
                if matches!(message.kind, Kind::Text | Kind::Binary) {
                    return Ok(message.payload.to_vec());
                }
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(self.inbox.room(READ)).await? {
            0 => Err(io::Error::other("the server has closed the connection")),
            _ => Ok(()),
        }
    }

    /// Reads the answer to the request for a WebSocket.
    async fn switched(&mut self) -> io::Result<()> {
        let head = loop {
            self.more().await?;
            if let Some(head) = self.inbox.head(b"\r\n\r\n") {
                break head;
            }
        };
        if head.starts_with(b"HTTP/1.1 101 ") {
            return Ok(());
        }
        let head = String::from_utf8_lossy(&head);
        Err(io::Error::other(format!("no WebSocket, but {}", head.lines().next().unwrap_or(""))))
    }
}

fn broken(error: FrameError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// The answer to a heartbeat.
pub fn pong() -> Vec<u8> {
    let mut out = Vec::new();
    frame::put(&mut out, Kind::Text, b"3");
    out
}

fn close_frame() -> Vec<u8> {
    let mut out = Vec::new();
    frame::put(&mut out, Kind::Close, &1000_u16.to_be_bytes());
    out
}
