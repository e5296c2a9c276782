//! A watcher: the end of the tap where somebody looks.
//!
//! ```text
//!   session ──► queue of 1,024 ──► watcher
//!          └──► lost: 12           what did not fit
//! ```
//!
//! Shell file: owns the end of a channel. Not in any specification.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::sync::mpsc;

use super::{Event, Tap};

/// Somebody who watches. When it is dropped, he does so no more.
pub struct Watcher {
    pub(super) tap: Tap,
    pub(super) id: u64,
    pub(super) queue: mpsc::Receiver<Arc<Event>>,
    pub(super) lost: Arc<AtomicU64>,
}

impl Watcher {
    /// The next event; `None` at the end.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Arc<Event>>> {
        self.queue.poll_recv(cx)
    }

    /// How many events were lost since that was last asked.
    pub fn lost(&self) -> u64 {
        self.lost.swap(0, Ordering::Relaxed)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.tap.unwatch(self.id);
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watcher({})", self.id)
    }
}
