//! The model's clock: the heartbeat, and whatever else is due at some time.
//!
//! ```text
//!   Resting(4) … Resting(0) ── 2 ──► Asking(3) … Asking(0) ──► ping timeout
//! ```

use sockrates::engineio::close::CloseReason;

use super::{Life, Model, Out};
use crate::engineio_model::world::{Seen, limits};

/// How often a client is excused while the server does not read.
const EXCUSES: u8 = 3;

/// One ping at most is out, and the next one counts from its answer. In revision 3 it is the client
/// that pings.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Heart {
    Resting(u32),
    Asking { left: u32, extended: bool, excuses: u8 },
    Listening { left: u32, excuses: u8 },
}

pub(super) const LISTENING: Heart =
    Heart::Listening { left: limits::PING_INTERVAL + limits::PING_TIMEOUT, excuses: 0 };

impl Model {
    /// In how many units something is due. `None` once it is over.
    pub fn deadline(&self) -> Option<u32> {
        let heart = match self.heart {
            Heart::Resting(left) | Heart::Asking { left, .. } | Heart::Listening { left, .. } => {
                left
            }
        };
        let closing = match self.life {
            Life::Open => None,
            Life::Closing(left) => Some(left),
            Life::Closed => return None,
        };
        let candidate = self.candidate.map(|candidate| candidate.left);
        let released = self.candidate.filter(|it| it.probes > 0 && self.get.is_some());
        let released = released.map(|candidate| candidate.spin);
        let stalled = self.too_much().then(|| limits::STALL_TIMEOUT - self.unmoved);
        [closing, candidate, released, stalled].into_iter().flatten().chain([heart]).min()
    }

    /// The first other packet after a ping gives its answer the time once more.
    pub(super) fn extend(&mut self) {
        if let Heart::Asking { left, extended: extended @ false, .. } = &mut self.heart {
            *left = limits::PING_TIMEOUT;
            *extended = true;
        }
    }

    pub(super) fn pass(&mut self, units: u32) {
        let less = |left: &mut u32| *left = left.saturating_sub(units);
        match &mut self.heart {
            Heart::Resting(left) | Heart::Asking { left, .. } | Heart::Listening { left, .. } => {
                less(left);
            }
        }
        if let Life::Closing(left) = &mut self.life {
            less(left);
        }
        if let Some(candidate) = &mut self.candidate {
            less(&mut candidate.left);
            less(&mut candidate.spin);
        }
        self.unmoved = (self.unmoved + units).min(limits::STALL_TIMEOUT);
    }

    /// What is due. When several things are: the candidate, the heart, the close, the stall.
    pub(super) fn tick(&mut self, seen: &mut Vec<Seen>) {
        if self.candidate.is_some_and(|candidate| candidate.left == 0) {
            self.drop_candidate(seen);
        }
        match &mut self.heart {
            Heart::Resting(0) => {
                let left = limits::PING_TIMEOUT;
                self.heart = Heart::Asking { left, extended: false, excuses: 0 };
                // Queued like any packet, and its time runs from now.
                self.push(Out::Ping);
            }
            Heart::Asking { left: left @ 0, excuses, .. }
            | Heart::Listening { left: left @ 0, excuses } => {
                if self.reading || *excuses == EXCUSES {
                    self.end(CloseReason::PingTimeout, seen);
                } else {
                    // Ours: the silence of a client that is not listened to proves nothing.
                    *excuses += 1;
                    *left = limits::PING_TIMEOUT;
                }
            }
            Heart::Resting(_) | Heart::Asking { .. } | Heart::Listening { .. } => {}
        }
        if self.life == Life::Closing(0) {
            self.end(CloseReason::ForcedClose, seen);
        }
        if self.too_much() && self.unmoved == limits::STALL_TIMEOUT {
            self.end(CloseReason::SlowConsumer, seen);
        }
    }
}
