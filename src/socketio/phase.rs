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

use std::sync::atomic::{AtomicU8, Ordering};

/// How far a socket has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    /// The middleware decides. It may join rooms already, which are joined in fact once the
    /// socket is connected.
    Connecting,
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
    /// Whether it is over, or about to be.
    pub(super) fn has_ended(self) -> bool {
        matches!(self, Self::Ending | Self::Ended)
    }

    /// Whether packets may go out by it.
    pub(super) fn may_send(self) -> bool {
        matches!(self, Self::Connecting | Self::Connected)
    }

    /// Whether it is on its way in.
    pub(super) fn is_arriving(self) -> bool {
        matches!(self, Self::Connecting | Self::Entering)
    }
}

/// The phase that a socket is in. It is looked at several times for every packet, so looking takes
/// no lock. What has to change together with it is changed under the socket's.
#[derive(Debug)]
pub(super) struct Stage(AtomicU8);

impl Stage {
    /// Of a socket at the door.
    pub(super) fn new() -> Self {
        Self(AtomicU8::new(Phase::Connecting as u8))
    }

    /// The phase at this moment.
    pub(super) fn phase(&self) -> Phase {
        const PHASES: [Phase; 4] =
            [Phase::Connecting, Phase::Entering, Phase::Connected, Phase::Ending];
        let now = self.0.load(Ordering::Acquire);
        PHASES.into_iter().find(|phase| *phase as u8 == now).unwrap_or(Phase::Ended)
    }

    /// It was let in. Whether it was at the door until now.
    pub(super) fn admit(&self, next: Phase) -> bool {
        self.change(Phase::Connecting, next)
    }

    /// It was put into its rooms, and welcomed. Whether it is connected now.
    pub(super) fn enter(&self) -> bool {
        self.change(Phase::Entering, Phase::Connected);
        self.phase() == Phase::Connected
    }

    /// It is about to end. What it was before; `None` if it has ended before.
    pub(super) fn end(&self) -> Option<Phase> {
        loop {
            let was = self.phase();
            if was.has_ended() {
                return None;
            }
            if self.change(was, Phase::Ending) {
                return Some(was);
            }
        }
    }

    /// It has ended.
    pub(super) fn finish(&self) {
        self.0.store(Phase::Ended as u8, Ordering::Release);
    }

    fn change(&self, from: Phase, to: Phase) -> bool {
        let (from, to) = (from as u8, to as u8);
        self.0.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_goes_one_way() {
        let stage = Stage::new();
        assert!(stage.phase().is_arriving() && stage.phase().may_send());
        assert!(stage.admit(Phase::Entering) && !stage.admit(Phase::Connected));
        assert!(stage.phase().is_arriving() && !stage.phase().may_send());
        assert!(stage.enter() && stage.enter());
        assert!(!stage.phase().is_arriving() && stage.phase().may_send());
        assert_eq!((stage.end(), stage.end()), (Some(Phase::Connected), None));
        assert!(stage.phase().has_ended() && !stage.enter() && !stage.admit(Phase::Connected));
        stage.finish();
        assert_eq!((stage.phase(), stage.end()), (Phase::Ended, None));
    }
}
