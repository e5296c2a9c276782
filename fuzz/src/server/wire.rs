//! A client's end of a connection: bytes out, answers and frames in.
//!
//! ```text
//!   HTTP/1.1 200 OK␍␊…␍␊␍␊ok     an answer, as long as its Content-Length says
//!   81 02 34 61                  after a 101: a frame, without a mask
//! ```
//!
//! Nothing here waits. What can be moved is moved, and the rest is tried again after the next
//! step. What the server may never write is found here, whatever it was asked.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use sockrates::engineio::packet::Frame;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

/// What a server of ours may answer with, and nothing else.
const STATUSES: [u16; 14] = [101, 200, 204, 400, 403, 404, 408, 413, 414, 415, 426, 429, 431, 503];

/// The mask of our frames. It is not zero, so that a server which forgets it is found out.
const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

/// A connection, seen from its client.
#[derive(Debug)]
pub struct Wire {
    /// `None` once the client has dropped it.
    stream: Option<DuplexStream>,
    unwritten: Vec<u8>,
    unread: Vec<u8>,
    /// Whether the client reads at present.
    pub reading: bool,
    /// The client has no more to say.
    pub half_closed: bool,
    /// The server has no more to say.
    pub ended: bool,
    /// A `HEAD` may be among the requests, whose answer has a length and no body.
    pub has_head: bool,
    /// How many bytes came.
    pub received: usize,
    /// After a 101: the pieces of the message that is arriving.
    frames: Option<Pieces>,
}

#[derive(Debug, Default)]
struct Pieces {
    text: bool,
    begun: Option<Vec<u8>>,
    closed: bool,
}

/// One whole thing that came.
#[derive(Debug)]
pub enum Came {
    /// An answer: its status, whether the connection ends with it, and its body.
    Answer(u16, bool, String),
    /// A message over the WebSocket.
    Frame(Frame),
}

impl Wire {
    /// The client's end.
    pub fn new(stream: DuplexStream) -> Self {
        Self {
            stream: Some(stream),
            unwritten: Vec::new(),
            unread: Vec::new(),
            reading: true,
            half_closed: false,
            ended: false,
            has_head: false,
            received: 0,
            frames: None,
        }
    }

    /// Whether it is a WebSocket by now.
    pub fn is_websocket(&self) -> bool {
        self.frames.is_some()
    }

    /// Whether the client still has it.
    pub fn is_there(&self) -> bool {
        self.stream.is_some()
    }

    /// Whether bytes came that are no whole answer and no whole frame.
    pub fn has_half(&self) -> bool {
        let head = self.has_head && !self.is_websocket();
        !head && !self.unread.is_empty()
    }

    /// Writes, as soon as the server reads.
    pub fn write(&mut self, bytes: &[u8]) {
        if !self.half_closed {
            self.unwritten.extend_from_slice(bytes);
        }
    }

    /// The client goes away.
    pub fn drop_it(&mut self) {
        self.stream = None;
        self.unwritten.clear();
        self.unread.clear();
    }

    /// Moves what can be moved. Whether anything was.
    pub fn pump(&mut self) -> bool {
        let Some(stream) = &mut self.stream else { return false };
        let cx = &mut Context::from_waker(Waker::noop());
        let mut moved = false;
        while !self.unwritten.is_empty() {
            match Pin::new(&mut *stream).poll_write(cx, &self.unwritten) {
                Poll::Ready(Ok(count @ 1..)) => drop(self.unwritten.drain(..count)),
                Poll::Ready(_) => self.unwritten.clear(),
                Poll::Pending => break,
            }
            moved = true;
        }
        if self.half_closed && self.unwritten.is_empty() {
            let _ = Pin::new(&mut *stream).poll_shutdown(cx);
        }
        while self.reading && !self.ended {
            let mut bytes = [0; 4096];
            let mut buffer = ReadBuf::new(&mut bytes);
            match Pin::new(&mut *stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.received += buffer.filled().len();
                    self.unread.extend_from_slice(buffer.filled());
                }
                Poll::Ready(_) => self.ended = true,
                Poll::Pending => break,
            }
            moved = true;
        }
        moved
    }

    /// The next whole thing that came.
    pub fn next(&mut self) -> Option<Came> {
        if self.frames.is_some() { self.frame() } else { self.answer() }
    }

    fn answer(&mut self) -> Option<Came> {
        let end = self.unread.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let head = String::from_utf8(self.unread[..end].to_vec()).expect("a head is text");
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().unwrap_or_default();
        let (version, status) = status.split_at_checked(9).expect("a status line");
        assert!(matches!(version, "HTTP/1.1 " | "HTTP/1.0 "), "{head}");
        let status: u16 = status.get(..3).unwrap_or_default().parse().expect("a status");
        if status == 100 {
            // Before the answer, to who has asked whether to go on.
            self.unread.drain(..end);
            return self.answer();
        }
        assert!(STATUSES.contains(&status), "{head}");
        let headers: Vec<(String, &str)> = lines
            .map(|line| line.split_once(": ").expect("a header"))
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .collect();
        let header = |name| headers.iter().find(|it| it.0 == name).map(|it| it.1);
        assert_eq!(header("transfer-encoding"), None, "our answers have a length");
        let mut length = match header("content-length") {
            Some(length) => length.parse().expect("a length"),
            None => 0,
        };
        let rest = &self.unread[end..];
        if self.has_head && (rest.is_empty() || rest.starts_with(b"HTTP/1.")) {
            length = 0;
        }
        let body = rest.get(..length)?.to_vec();
        let closes = header("connection") == Some("close");
        self.unread.drain(..end + length);
        if status == 101 {
            assert_eq!(header("upgrade"), Some("websocket"), "{head}");
            self.frames = Some(Pieces::default());
        }
        Some(Came::Answer(status, closes, String::from_utf8(body).expect("a body of text")))
    }

    /// The next message. Frames that only concern the connection are checked and left out.
    fn frame(&mut self) -> Option<Came> {
        loop {
            let (first, payload) = take_frame(&mut self.unread)?;
            let pieces = self.frames.as_mut()?;
            assert!(!pieces.closed, "a frame behind the close frame");
            let (last, opcode) = (first & 0x80 != 0, first & 0x0f);
            assert_eq!(first & 0x70, 0, "a reserved bit");
            if opcode >= 8 {
                assert!(last && payload.len() < 126, "a control frame is short and whole");
                assert!(opcode <= 10, "an opcode that nobody knows");
                pieces.closed = opcode == 8;
                continue;
            }
            assert!(opcode <= 2, "an opcode that nobody knows");
            match &mut pieces.begun {
                Some(begun) if opcode == 0 => begun.extend(payload),
                begun => {
                    assert!(begun.is_none() && opcode != 0, "fragments out of order");
                    pieces.text = opcode == 1;
                    *begun = Some(payload);
                }
            }
            if let Some(whole) = pieces.begun.take_if(|_| last) {
                return Some(Came::Frame(if pieces.text {
                    Frame::Text(String::from_utf8(whole).expect("text is UTF-8").into())
                } else {
                    Frame::Binary(whole.into())
                }));
            }
        }
    }
}

fn take_frame(bytes: &mut Vec<u8>) -> Option<(u8, Vec<u8>)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    assert_eq!(second & 0x80, 0, "a server's frame has no mask");
    let (head, length) = match second {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => panic!("a frame larger than a fragment"),
        short => (2, usize::from(short)),
    };
    let payload = bytes.get(head..head + length)?.to_vec();
    bytes.drain(..head + length);
    Some((first, payload))
}

/// A frame from a client, with its mask.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..126 => frame.push(0x80 | short as u8),
        length => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(length).expect("a short script").to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}
