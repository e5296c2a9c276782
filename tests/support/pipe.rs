//! A connection in memory that fails as a network does, where and when the test says so.
//!
//! ```text
//!   client ═══ bytes ═══ Pipe ──► server
//!                          └── Faults: pieces, errors, an end in the middle, a full window
//!                          └── Watch:  what came of it, and whether the server has let go
//! ```

use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

/// What goes wrong. Nothing, by default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// The most bytes that one read or write moves.
    pub piece: Option<usize>,
    /// The server's call of this kind and number, the first being 1, goes wrong, and so do all
    /// that follow it.
    pub fails: Option<(Call, usize, Fault)>,
    /// After so many bytes from the client nothing more comes but this.
    pub cut: Option<(usize, Cut)>,
    /// After so many bytes from the server the client's window is full.
    pub full: Option<usize>,
}

/// A call of the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Call {
    Write,
    Flush,
    Shutdown,
}

/// How a call goes wrong.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// With an error.
    Error(ErrorKind),
    /// It takes no bytes, and says so.
    TakesNothing,
}

/// How reading ends.
#[derive(Clone, Copy, Debug)]
pub enum Cut {
    /// The client has closed its half.
    End,
    /// The network says so.
    Error(ErrorKind),
}

/// Everything that TCP says of a connection that is no more, and what it never should.
pub const FAULTS: [Fault; 9] = [
    Fault::Error(ErrorKind::BrokenPipe),
    Fault::Error(ErrorKind::ConnectionReset),
    Fault::Error(ErrorKind::ConnectionAborted),
    Fault::Error(ErrorKind::NotConnected),
    Fault::Error(ErrorKind::TimedOut),
    Fault::Error(ErrorKind::HostUnreachable),
    Fault::Error(ErrorKind::WriteZero),
    Fault::Error(ErrorKind::Interrupted),
    Fault::TakesNothing,
];

/// The server's end of the connection.
#[derive(Debug)]
pub struct Pipe {
    stream: DuplexStream,
    faults: Faults,
    watch: Watch,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<Mutex<Record>>);

#[derive(Debug, Default)]
struct Record {
    read: usize,
    written: usize,
    calls: [usize; 3],
    failed: bool,
    /// Whether the window is open again although it was full.
    released: bool,
    blocked: Option<Waker>,
    dropped: bool,
}

impl Pipe {
    /// The server's end of `stream`, and what is known of it.
    pub fn new(stream: DuplexStream, faults: Faults) -> (Self, Watch) {
        let watch = Watch::default();
        (Self { stream, faults, watch: watch.clone() }, watch)
    }

    /// Counts a call. How it goes wrong, if it does.
    fn fault(&self, call: Call) -> Option<Fault> {
        let mut record = self.watch.lock();
        record.calls[call as usize] += 1;
        let (_, _, fault) = self.faults.fails.filter(|(which, number, _)| {
            *which == call && record.calls[call as usize] >= *number
        })?;
        record.failed = true;
        Some(fault)
    }

    /// How many of `count` bytes one call moves, where `left` are allowed at all.
    fn piece(&self, count: usize, left: usize) -> usize {
        count.min(left).min(self.faults.piece.unwrap_or(usize::MAX))
    }
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().expect("nobody panics under it")
    }

    /// Bytes that the server has read.
    pub fn read(&self) -> usize {
        self.lock().read
    }

    /// Bytes that the server has written.
    pub fn written(&self) -> usize {
        self.lock().written
    }

    /// Whether the fault has come about.
    pub fn failed(&self) -> bool {
        self.lock().failed
    }

    /// Whether the server has let go of the connection, with all that belongs to it.
    pub fn dropped(&self) -> bool {
        self.lock().dropped
    }

    /// The window is open again.
    pub fn release(&self) {
        let mut record = self.lock();
        record.released = true;
        if let Some(blocked) = record.blocked.take() {
            blocked.wake();
        }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.watch.lock().dropped = true;
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<(), Error>> {
        let pipe = self.get_mut();
        let mut left = usize::MAX;
        if let Some((after, cut)) = pipe.faults.cut {
            left = after - pipe.watch.read();
            if left == 0 {
                pipe.watch.lock().failed = true;
                return Poll::Ready(match cut {
                    Cut::End => Ok(()),
                    Cut::Error(kind) => Err(kind.into()),
                });
            }
        }
        let mut bytes = vec![0; pipe.piece(buffer.remaining(), left)];
        let mut part = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut pipe.stream).poll_read(cx, &mut part))?;
        let count = part.filled().len();
        buffer.put_slice(part.filled());
        pipe.watch.lock().read += count;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, Error>> {
        let pipe = self.get_mut();
        match pipe.fault(Call::Write) {
            Some(Fault::Error(kind)) => return Poll::Ready(Err(kind.into())),
            Some(Fault::TakesNothing) => return Poll::Ready(Ok(0)),
            None => {}
        }
        let mut left = usize::MAX;
        if let Some(after) = pipe.faults.full {
            let mut record = pipe.watch.lock();
            if !record.released {
                left = after - record.written;
            }
            if left == 0 {
                record.failed = true;
                record.blocked = Some(cx.waker().clone());
                return Poll::Pending;
            }
        }
        let bytes = &bytes[..pipe.piece(bytes.len(), left)];
        let count = ready!(Pin::new(&mut pipe.stream).poll_write(cx, bytes))?;
        pipe.watch.lock().written += count;
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let pipe = self.get_mut();
        if let Some(Fault::Error(kind)) = pipe.fault(Call::Flush) {
            return Poll::Ready(Err(kind.into()));
        }
        Pin::new(&mut pipe.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let pipe = self.get_mut();
        if let Some(Fault::Error(kind)) = pipe.fault(Call::Shutdown) {
            return Poll::Ready(Err(kind.into()));
        }
        Pin::new(&mut pipe.stream).poll_shutdown(cx)
    }

    /// As TCP has it. Only the first of the pieces is taken, which is allowed and rare.
    fn is_write_vectored(&self) -> bool {
        true
    }
}
