//! Phases: a socket's way from the door of its namespace to its end.
//!
//! ```text
//!   40 ──► Connecting ──► Connected ──► Ending ──► Ended
//!               │             ▲            ▲
//!               └► Entering ──┘            │        where clients may come back
//!               └──── refused, cut off ────┘
//! ```
//!
//! Core file. Not in the specification.

use std::collections::BTreeSet;
use std::mem;

/// How far a socket has come.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Phase {
    /// The middleware decides. It may join rooms already, which are joined in fact once the
    /// socket is connected.
    Connecting { rooms: BTreeSet<String> },
    /// Where clients may come back: it was let in, is put into its rooms, and hears nothing yet.
    Entering,
    /// It is told of everything, and its handlers are called.
    Connected,
    /// Its handlers are being told of the end.
    Ending,
    /// Its handlers are gone, and its name may be another socket's.
    Ended,
}

impl Phase {
    /// It was let in. The rooms that wait for it; `None` if it has ended before.
    pub(super) fn admit(&mut self, next: Self) -> Option<BTreeSet<String>> {
        let Self::Connecting { rooms } = self else { return None };
        let rooms = mem::take(rooms);
        *self = next;
        Some(rooms)
    }

    /// It was put into its rooms, and welcomed. Whether it is connected now.
    pub(super) fn enter(&mut self) -> bool {
        if *self == Self::Entering {
            *self = Self::Connected;
        }
        *self == Self::Connected
    }

    /// It is about to end. What it was before; `None` if it has ended before.
    pub(super) fn end(&mut self) -> Option<Self> {
        (!self.has_ended()).then(|| mem::replace(self, Self::Ending))
    }

    /// Whether it is over, or about to be.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self, Self::Ending | Self::Ended)
    }

    /// Whether packets may go out by it.
    pub(super) fn may_send(&self) -> bool {
        matches!(self, Self::Connecting { .. } | Self::Connected)
    }

    /// Whether it is on its way in.
    pub(super) fn is_arriving(&self) -> bool {
        matches!(self, Self::Connecting { .. } | Self::Entering)
    }
}
