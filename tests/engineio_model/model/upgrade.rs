//! The model of an upgrade: from a candidate to the session's WebSocket.
//!
//! ```text
//!   Candidate ── 2probe ──► probed ── 5 ──► the session's WebSocket
//!       └── anything else ──► polling, as if nothing had been
//! ```

use sockrates::engineio::refusal::Refusal;
use sockrates::engineio::session::Action;

use super::heart::Heart;
use super::polling::refused;
use super::{Candidate, Life, Link, Model};
use crate::engineio_model::world::{Seen, limits};

/// How often a candidate may be probed.
const PROBES: u8 = 16;

impl Model {
    /// A WebSocket comes: one at a time, and none once the session has one.
    pub(super) fn candidate(&mut self, seen: &mut Vec<Seen>) {
        let welcome =
            self.life == Life::Open && self.link == Link::Polling && self.candidate.is_none();
        if welcome {
            let left = limits::UPGRADE_TIMEOUT;
            self.candidate = Some(Candidate { left, probes: 0, owes_pong: false, spin: 0 });
        }
        seen.push(Seen::Welcome(welcome));
    }

    /// The candidate said `2probe`, and hears `3probe`. Ours: so many times and not more. Only a
    /// GET that waits at the first time is let go at once.
    pub(super) fn probe(&mut self, seen: &mut Vec<Seen>) {
        match &mut self.candidate {
            Some(candidate) if candidate.probes < PROBES => {
                if candidate.probes == 0 {
                    candidate.spin = u32::from(self.get.is_none());
                }
                candidate.probes += 1;
                candidate.owes_pong = true;
            }
            _ => self.drop_candidate(seen),
        }
    }

    /// The candidate said something else, broke, or took too long: polling goes on.
    pub(super) fn drop_candidate(&mut self, seen: &mut Vec<Seen>) {
        if self.candidate.take().is_some() {
            seen.push(Seen::Done(Action::DropCandidate));
        }
    }

    /// The candidate said `5`.
    pub(super) fn switch(&mut self, seen: &mut Vec<Seen>) {
        self.candidate = None;
        self.link = Link::WebSocket;
        self.unmoved = 0;
        seen.push(Seen::Done(Action::Switch));
        if let Some(get) = self.get.take() {
            seen.push(self.payload(get, &["1"]));
            self.answering = true;
        }
        if self.body.is_none() {
            seen.extend(self.post.take().map(|post| refused(post, Refusal::Interrupted)));
        }
        // Ours: the reference server clears the timer and never sets it again.
        match &mut self.heart {
            Heart::Resting(_) => {}
            Heart::Asking { left, .. } => *left = limits::PING_TIMEOUT,
            Heart::Listening { left, .. } => {
                *left = limits::PING_INTERVAL + limits::PING_TIMEOUT;
            }
        }
    }
}
