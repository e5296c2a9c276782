//! WebSocket: frames in and out, without ever blocking the session.
//!
//! ```text
//!   4hello        one text frame is one packet
//!   01 02 03 04   one binary frame is one binary message
//! ```
//!
//! Everything here is a question that is answered at once (`poll_…`), so whoever asks can
//! watch a deadline at the same time. A client that stops reading holds up its own frames
//! and nothing else.
//!
//! Frames are read and written by tokio-tungstenite, with small buffers: its defaults of
//! 128 KiB a direction would be most of what an idle client costs. Its write buffer never
//! shrinks, so large messages leave in fragments; its read buffer can not be changed. So where a
//! client becomes busy, or goes to rest, others take their place between two messages: see `pace`.
//!
//! Shell file: owns the stream. Spec: Engine.IO v4, "WebSocket"; RFC 6455.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use bytestring::ByteString;
use futures_util::{FutureExt, Sink, SinkExt, Stream, StreamExt};
use hyper::upgrade::Upgraded;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame as RawFrame};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::close::CloseReason;
use super::options::Options;
use super::pace::Pace;
use super::packet::Frame;
use super::tap::{Line, Side};
use super::wire::{TooManyFragments, Wire};

/// The largest piece of a message. Larger messages leave in fragments of it.
const FRAGMENT: usize = 16 << 10;

/// Bytes that are collected before they are written, if nothing has them written before.
const WRITE_AT: usize = 4 * FRAGMENT;

/// The write buffer holds what stands in it when a fragment is added, and pongs besides.
const MAX_WRITE_BUFFER: usize = WRITE_AT + 2 * FRAGMENT;

/// One WebSocket, after its opening handshake.
#[derive(Debug)]
pub struct WebSocket {
    stream: WebSocketStream<Wire>,
    limits: Limits,
    pace: Pace,
    /// Whether nothing of what was read waits to be taken.
    all_taken: bool,
    /// What is left of the message that is being written.
    pieces: Option<Pieces>,
    /// Bytes that were written since the last flush.
    unflushed: usize,
    /// What its session is tapped by.
    line: Option<Arc<Line>>,
}

/// What is left of a message that leaves in fragments.
#[derive(Debug)]
struct Pieces {
    opcode: Data,
    rest: Bytes,
}

/// What a WebSocket may do.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a message, and of a frame.
    pub max_payload: usize,
    /// Frames of a message.
    pub max_fragments: usize,
    /// Whether close frames say what went wrong.
    pub hints: bool,
}

impl Limits {
    /// Those of a server's settings.
    pub fn of(options: &Options) -> Self {
        let Options { max_payload, max_fragments, hints, .. } = *options;
        Self { max_payload, max_fragments, hints }
    }
}

/// The end of a WebSocket, as its session should see it and its client be told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lost {
    /// Why the session ends.
    pub reason: CloseReason,
    /// What to say in the close frame. `None` when there is nobody to tell.
    pub goodbye: Option<Goodbye>,
}

/// The content of a close frame.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Goodbye {
    code: CloseCode,
    text: String,
    /// Whether it is about a broken frame. The reference server gives a code for these only.
    fault: bool,
}

impl WebSocket {
    /// Takes over an HTTP connection whose upgrade was answered with 101.
    pub async fn new(upgraded: Upgraded, limits: Limits) -> Self {
        Self::over(Wire::new(upgraded, limits.max_fragments), limits, Pace::REST).await
    }

    async fn over(wire: Wire, limits: Limits, pace: Pace) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(pace.read_buffer())
            .write_buffer_size(WRITE_AT)
            .max_write_buffer_size(MAX_WRITE_BUFFER)
            .max_message_size(Some(limits.max_payload))
            .max_frame_size(Some(limits.max_payload));
        let stream = WebSocketStream::from_raw_socket(wire, Role::Server, Some(config)).await;
        Self { stream, limits, pace, all_taken: false, pieces: None, unflushed: 0, line: None }
    }

    /// The same for a session that is tapped.
    #[must_use]
    pub(super) fn tapped(self, line: Option<Arc<Line>>) -> Self {
        Self { line, ..self }
    }

    /// The pace that it should be [fitted](Self::fitted) to, if its buffers do not suit what it
    /// does. Some time may have `passed` since that was last asked so. Not while a message is on
    /// its way.
    pub(super) fn misfit(&mut self, passed: bool) -> Option<Pace> {
        let on_its_way = !self.all_taken
            || !self.stream.get_ref().is_between_messages()
            || self.pieces.is_some()
            || self.unflushed > 0;
        if on_its_way { None } else { self.pace.change(passed) }
    }

    /// The same WebSocket with other buffers.
    pub(super) async fn fitted(mut self, pace: Pace) -> Self {
        // What it says by itself, to a ping, may still wait. Then it is asked when it has done more.
        if !matches!(self.stream.flush().now_or_never(), Some(Ok(()))) {
            self.pace.judge_anew();
            return self;
        }
        Self::over(self.stream.into_inner(), self.limits, pace).await.tapped(self.line)
    }

    /// The next frame from the client.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Frame, Lost>> {
        loop {
            let polled = Pin::new(&mut self.stream).poll_next(cx);
            self.all_taken = polled.is_pending();
            let message = ready!(polled);
            let heard = match message {
                Some(Ok(Message::Text(text))) => {
                    self.pace.heard(text.len());
                    // It was found to be UTF-8 when it was read; what is checked again here is
                    // the price of sharing the buffer without a copy and without `unsafe`.
                    ByteString::try_from(Bytes::from(text)).map(Frame::Text).map_err(|_| not_utf8())
                }
                Some(Ok(Message::Binary(bytes))) => {
                    self.pace.heard(bytes.len());
                    Ok(Frame::Binary(bytes))
                }
                // Answered by tungstenite, which keeps the newest pong only.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Ok(Message::Close(_))) | None => Err(Lost::by_client()),
                Some(Err(error)) => Err(Lost::from(&error)),
            };
            if let Some(line) = &self.line {
                match &heard {
                    Ok(frame) => line.frame(Side::Client, frame),
                    Err(_) => line.websocket_closed(),
                }
            }
            return Poll::Ready(heard);
        }
    }

    /// Writes frames from `next` until it has none (`Ready`), or the client's TCP window is full
    /// (`Pending`). `progress` is called for each piece that was written. What was written may
    /// still wait for [`poll_flush`](Self::poll_flush).
    pub fn poll_feed(
        &mut self,
        cx: &mut Context<'_>,
        mut next: impl FnMut() -> Option<Frame>,
        mut progress: impl FnMut(),
    ) -> Poll<Result<(), Lost>> {
        loop {
            ready!(Pin::new(&mut self.stream).poll_ready(cx))
                .map_err(|error| Lost::from(&error))?;
            if self.pieces.is_none() {
                self.pieces = next().map(|frame| {
                    if let Some(line) = &self.line {
                        line.frame(Side::Server, &frame);
                    }
                    Pieces::of(frame)
                });
            }
            let Some(pieces) = &mut self.pieces else { return Poll::Ready(Ok(())) };
            let piece = pieces.take();
            let bytes = piece.len();
            if pieces.rest.is_empty() {
                self.pieces = None;
            }
            Pin::new(&mut self.stream)
                .start_send(Message::Frame(piece))
                .map_err(|error| Lost::from(&error))?;
            self.unflushed += bytes;
            progress();
        }
    }

    /// Brings out what was written. `Ready` when nothing is left.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        if self.unflushed > 0 {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))
                .map_err(|error| Lost::from(&error))?;
            self.pace.wrote(mem::take(&mut self.unflushed));
        }
        Poll::Ready(Ok(()))
    }

    /// Says goodbye and waits for the client to do the same, but never longer than `patience`.
    pub async fn close(mut self, goodbye: Option<Goodbye>, patience: Duration) {
        let _ = timeout(patience, async {
            if let Some(goodbye) = goodbye {
                // Control frames may stand between the fragments of a message.
                let frame = Message::Close(goodbye.frame(self.limits.hints));
                if self.stream.send(frame).await.is_err() {
                    return;
                }
            }
            // Either the client's close frame comes, or, if the client said it first, the answer
            // that tungstenite has prepared goes out.
            while let Some(Ok(_)) = self.stream.next().await {}
            self.linger().await;
        })
        .await;
    }

    /// Reads until the client has closed as well. A socket that is dropped with bytes unread is
    /// reset, and the client would never see the close frame that says what it did wrong.
    async fn linger(&mut self) {
        // Fragments are not counted any more: nobody takes them for messages.
        let io = self.stream.get_mut().uncounted();
        let mut scratch = [0; 1024];
        if io.shutdown().await.is_ok() {
            while let Ok(1..) = io.read(&mut scratch).await {}
        }
    }
}

impl Pieces {
    fn of(frame: Frame) -> Self {
        match frame {
            Frame::Text(text) => Self { opcode: Data::Text, rest: text.into_bytes() },
            Frame::Binary(bytes) => Self { opcode: Data::Binary, rest: bytes },
        }
    }

    fn take(&mut self) -> RawFrame {
        let piece = self.rest.split_to(self.rest.len().min(FRAGMENT));
        let opcode = mem::replace(&mut self.opcode, Data::Continue);
        RawFrame::message(piece, OpCode::Data(opcode), self.rest.is_empty())
    }
}

impl Goodbye {
    /// What a client is told whose session ended for this reason.
    pub fn for_reason(reason: CloseReason) -> Self {
        let code = match reason {
            CloseReason::TransportClose | CloseReason::ForcedClose => CloseCode::Normal,
            CloseReason::ServerShutdown => CloseCode::Away,
            CloseReason::TransportError
            | CloseReason::ParseError
            | CloseReason::PingTimeout
            | CloseReason::SlowConsumer => CloseCode::Policy,
        };
        Self { code, text: reason.as_str().to_owned(), fault: false }
    }

    /// What a WebSocket is told that does not become a session's transport.
    pub fn refused() -> Self {
        let text = "this session takes no WebSocket now".to_owned();
        Self { code: CloseCode::Policy, text, fault: false }
    }

    /// What the close frame holds. Without `hints`, what the reference server's would.
    fn frame(self, hints: bool) -> Option<CloseFrame> {
        let reason = if hints { self.text } else { String::new() };
        (hints || self.fault).then(|| CloseFrame { code: self.code, reason: reason.into() })
    }
}

impl fmt::Display for Goodbye {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", u16::from(self.code), self.text)
    }
}

impl Lost {
    fn by_client() -> Self {
        Self { reason: CloseReason::TransportClose, goodbye: None }
    }

    fn broken(code: CloseCode, text: String) -> Self {
        let goodbye = Some(Goodbye { code, text, fault: true });
        Self { reason: CloseReason::TransportError, goodbye }
    }
}

fn not_utf8() -> Lost {
    Lost::broken(CloseCode::Invalid, "text that is not UTF-8".to_owned())
}

/// tungstenite reports what is wrong with a frame and leaves it to us to tell the client.
impl From<&Error> for Lost {
    fn from(error: &Error) -> Self {
        match error {
            Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => Self::broken(
                CloseCode::Size,
                format!("message of {size} bytes exceeds the limit of {max_size}"),
            ),
            Error::Capacity(_) => {
                Self::broken(CloseCode::Size, "message exceeds the limit".to_owned())
            }
            Error::Utf8(_) => not_utf8(),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::by_client(),
            Error::Protocol(error) => Self::broken(CloseCode::Protocol, error.to_string()),
            Error::Io(error) if error.get_ref().is_some_and(|it| it.is::<TooManyFragments>()) => {
                Self::broken(CloseCode::Policy, TooManyFragments.to_string())
            }
            // Closed, or the network's doing: nobody is there to be told.
            _ => Self::by_client(),
        }
    }
}
