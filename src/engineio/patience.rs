//! Patience with a client that takes nothing: how long an answer may wait to be written.
//!
//! ```text
//!   HTTP/1.1 200 OK␍␊con │ client's window full, not a byte for `patience` │ ✗ given up
//!   HTTP/1.1 200 OK␍␊con │ full │ tent-type: te │ full │ xt/plain …         goes on
//! ```
//!
//! hyper watches the time in which requests come, and leaves it to us to watch the time in
//! which answers go. Without that, a client that reads nothing keeps its connection for ever:
//! TCP asks again and again whether there is room, and is told that there is none.
//!
//! A WebSocket is watched by its session, which knows more. So the patience has an end when
//! the connection is [handed over](Heads::hand_over).
//!
//! Shell file: owns a stream and a timer. Not in the specification.

use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::heads::Heads;

/// A stream whose writes fail with [`TimedOut`](ErrorKind::TimedOut) when the other side takes
/// nothing for too long.
#[derive(Debug)]
pub struct Patient<I> {
    io: I,
    patience: Duration,
    /// Since nothing is taken. Most clients take everything at once, and cost no timer.
    full: Option<Pin<Box<Sleep>>>,
    heads: Arc<Heads>,
}

impl<I> Patient<I> {
    /// Watches over `io`, until it is handed over.
    pub fn new(io: I, patience: Duration, heads: Arc<Heads>) -> Self {
        Self { io, patience, full: None, heads }
    }

    fn watch(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<Result<usize, Error>>,
    ) -> Poll<Result<usize, Error>> {
        if written.is_ready() || self.heads.is_handed_over() {
            self.full = None;
            return written;
        }
        let full = self.full.get_or_insert_with(|| Box::pin(sleep(self.patience)));
        ready!(full.as_mut().poll(cx));
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Patient<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Patient<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, Error>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, pieces);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
