//! Request heads: how long each may take to arrive, and how long a connection may rest.
//!
//! ```text
//!   accept ──► G E T … │ served │ … rest … │ G E T … │ served │
//!              └ 10 s ─┘        └── 75 s ──┴─ 10 s ──┘
//! ```
//!
//! A connection may rest for a long time between two requests, and a head must be here soon once it
//! has begun: a client that sends it byte by byte would otherwise hold a connection for next to
//! nothing. Both are watched where bytes are read, below hyper: only who finds none looks at the
//! clock, and the one timer of a connection is moved when it has gone off too soon, and not for
//! every request. A connection that is [handed over](Heads::hand_over) is its session's to watch.
//!
//! Shell file: passes bytes on, and owns a timer. Not in the specification.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::census::Place;

/// A head is on its way. So begins every connection, before its first byte.
const ARRIVING: u8 = 0;
/// A request is here, and being answered.
const SERVED: u8 = 1;
/// Nothing is going on.
const RESTING: u8 = 2;
/// It is a WebSocket, or over.
const HANDED_OVER: u8 = 3;

/// What a connection is at.
#[derive(Debug, Default)]
pub struct Heads(AtomicU8);

/// A request that is being answered. When it is dropped, the connection rests.
#[derive(Debug)]
pub struct Serving(Arc<Heads>);

impl Heads {
    /// A head was complete.
    pub fn complete(self: &Arc<Self>) -> Serving {
        self.0.store(SERVED, Ordering::Relaxed);
        Serving(self.clone())
    }

    /// Somebody else watches the connection from now on.
    pub fn hand_over(&self) {
        self.0.store(HANDED_OVER, Ordering::Relaxed);
    }

    /// Whether somebody else does.
    pub fn is_handed_over(&self) -> bool {
        self.state() == HANDED_OVER
    }

    /// Bytes came. Whether a new head begins with them: nothing else was going on.
    fn begins(&self) -> bool {
        self.turn(RESTING, ARRIVING)
    }

    fn state(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }

    fn turn(&self, from: u8, to: u8) -> bool {
        self.0.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Unless it was handed over meanwhile.
        self.0.turn(SERVED, RESTING);
    }
}

/// How long a connection is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until a head that has begun is complete.
    pub head: Duration,
    /// Until the next one begins.
    pub rest: Duration,
}

/// A connection whose heads are watched: reading fails with [`TimedOut`](io::ErrorKind::TimedOut)
/// when one is late. It has a place as long as it is there, whatever it becomes.
#[derive(Debug)]
pub struct Watched<I> {
    io: I,
    heads: Arc<Heads>,
    patience: Patience,
    /// What is waited for, and when that is late.
    wait: Option<(u8, Instant)>,
    /// Goes off no later than that.
    timer: Option<Pin<Box<Sleep>>>,
    _place: Place,
}

impl<I> Watched<I> {
    /// Watches this one.
    pub fn new(io: I, heads: Arc<Heads>, patience: Patience, place: Place) -> Self {
        Self { io, heads, patience, wait: None, timer: None, _place: place }
    }

    /// There is nothing to read: an error, if there should have been by now.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let state = self.heads.state();
        let patience = match state {
            ARRIVING => self.patience.head,
            RESTING => self.patience.rest,
            _ => {
                self.wait = None;
                if state == HANDED_OVER {
                    self.timer = None;
                }
                return Poll::Pending;
            }
        };
        let until = match self.wait {
            Some((since, until)) if since == state => until,
            _ => Instant::now() + patience,
        };
        self.wait = Some((state, until));
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if timer.deadline() > until {
            timer.as_mut().reset(until);
        }
        while timer.as_mut().poll(cx).is_ready() {
            if timer.deadline() >= until {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            timer.as_mut().reset(until);
        }
        Poll::Pending
    }

    /// The client takes an answer: its rest begins behind that. hyper does not look for a next
    /// request if it has found none a moment ago, so the timer has to be set from here.
    fn taken(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() && self.heads.state() == RESTING {
            self.wait = None;
            // It can not be late yet.
            let _ = self.wait(cx);
        }
        written
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
        let read = Pin::new(&mut this.io).poll_read(cx, buffer);
        if read.is_pending() {
            return this.wait(cx);
        }
        if buffer.filled().len() > before && this.heads.begins() {
            this.wait = None;
        }
        read
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Watched<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.taken(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, slices);
        self.taken(cx, written)
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
