//! Request heads: how long each may take to arrive.
//!
//! ```text
//!   accept ──► G E T … │ served │ … rest … │ G E T … │ served │
//!              └ 10 s ─┘                   └─ 10 s ──┘
//! ```
//!
//! A connection may rest for a long time between two requests, and a head must be here soon once it
//! has begun: a client that sends it byte by byte would otherwise hold a connection for next to
//! nothing. hyper has one timer for both, so the shorter time is watched here, from below.
//!
//! Shell file: passes bytes on, and waits. Not in the specification.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::census::Place;

/// A head is on its way. So begins every connection, before its first byte.
const ARRIVING: u8 = 0;
/// A request is here, and being answered.
const SERVED: u8 = 1;
/// Nothing is going on.
const RESTING: u8 = 2;

/// What a connection is at.
#[derive(Debug, Default)]
pub struct Heads {
    state: AtomicU8,
    changed: Notify,
}

/// A request that is being answered. When it is dropped, the connection rests.
#[derive(Debug)]
pub struct Serving(Arc<Heads>);

impl Heads {
    /// A head was complete.
    pub fn complete(self: &Arc<Self>) -> Serving {
        self.turn(SERVED);
        Serving(self.clone())
    }

    /// Ready when a head takes longer than `patience`.
    pub async fn overdue(&self, patience: Duration) {
        loop {
            let changed = self.changed.notified();
            if self.state.load(Ordering::Relaxed) == ARRIVING {
                if timeout(patience, changed).await.is_err() {
                    return;
                }
            } else {
                changed.await;
            }
        }
    }

    /// Bytes came. They belong to a new head, unless something else is going on.
    fn bytes_came(&self) {
        if self.state.load(Ordering::Relaxed) == RESTING {
            self.turn(ARRIVING);
        }
    }

    fn turn(&self, state: u8) {
        self.state.store(state, Ordering::Relaxed);
        self.changed.notify_one();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.turn(RESTING);
    }
}

/// A connection whose heads are watched. It has a place as long as it is there, whatever it
/// becomes.
#[derive(Debug)]
pub struct Watched<I> {
    io: I,
    heads: Arc<Heads>,
    _place: Place,
}

impl<I> Watched<I> {
    /// Watches this one.
    pub fn new(io: I, heads: Arc<Heads>, place: Place) -> Self {
        Self { io, heads, _place: place }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Watched<I> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.io).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            this.heads.bytes_came();
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Watched<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
