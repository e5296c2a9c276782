//! The bytes under a WebSocket: each head of a frame is looked at, and small reads are few.
//!
//! ```text
//!   connection ── one system call ──► space ── as much as is asked for ──► frames
//!                                       └──► ahead: the rest; nothing most of the time
//! ```
//!
//! Most connections have a small buffer to read frames with, because that buffer is there whether or
//! not anything comes. What comes is read in one go all the same, into space that all connections
//! of a thread share, and what does not fit waits here.
//!
//! Shell file: owns the connection. Spec: RFC 6455.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::fragments::Fragments;

/// Bytes that are read at once.
const AT_ONCE: usize = 32 << 10;

thread_local! {
    /// Where all connections of this thread read to, one after the other.
    static SPACE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A connection whose frames are counted as they are read.
#[derive(Debug)]
pub(super) struct Wire {
    io: TokioIo<Upgraded>,
    fragments: Fragments,
    /// What was read and not asked for yet.
    ahead: Bytes,
}

/// A message came in more pieces than it may.
#[derive(Debug)]
pub(super) struct TooManyFragments;

impl Wire {
    /// The connection behind an upgrade. A message on it may have so many fragments.
    pub(super) fn new(upgraded: Upgraded, max_fragments: usize) -> Self {
        let (io, fragments) = (TokioIo::new(upgraded), Fragments::new(max_fragments));
        Self { io, fragments, ahead: Bytes::new() }
    }

    /// Whether all that was read is whole messages.
    pub(super) fn is_between_messages(&self) -> bool {
        self.ahead.is_empty() && self.fragments.is_between_messages()
    }

    /// The connection as it is: nothing is counted any more.
    pub(super) fn uncounted(&mut self) -> &mut TokioIo<Upgraded> {
        &mut self.io
    }

    fn poll_count(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buffer))?;
        let read = buffer.filled().get(before..).unwrap_or_default();
        let passed = self.fragments.pass(read);
        Poll::Ready(if passed { Ok(()) } else { Err(io::Error::other(TooManyFragments)) })
    }

    fn hand_over(&mut self, buffer: &mut ReadBuf<'_>) {
        let part = self.ahead.split_to(self.ahead.len().min(buffer.remaining()));
        buffer.put_slice(&part);
        if !self.ahead.has_remaining() {
            self.ahead = Bytes::new();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.ahead.is_empty() {
            this.hand_over(buffer);
            return Poll::Ready(Ok(()));
        }
        if buffer.remaining() >= AT_ONCE {
            return this.poll_count(cx, buffer);
        }
        let mut space = SPACE.take();
        space.resize(AT_ONCE, 0);
        let mut read = ReadBuf::new(&mut space);
        let polled = this.poll_count(cx, &mut read);
        if let Poll::Ready(Ok(())) = polled {
            let (now, later) = read.filled().split_at(read.filled().len().min(buffer.remaining()));
            buffer.put_slice(now);
            this.ahead = Bytes::copy_from_slice(later);
        }
        SPACE.set(space);
        polled
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

impl fmt::Display for TooManyFragments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("message of too many fragments")
    }
}

impl std::error::Error for TooManyFragments {}
