//! A session that changes its transport.
//!
//! ```text
//!   outbox  │ 42["a"] │ 42["b"] │      the queue stays; what takes from it changes
//!                │
//!        GET ◄───┘ └───► WebSocket     before the 5, and after it
//! ```
//!
//! [`upgrade`](crate::engineio::upgrade) says what follows what; here it is done.
//!
//! Core file: time is an argument. Spec: Engine.IO v4, "Upgrade".

use std::mem;
use std::time::Instant;

use super::action::Action;
use super::requests::{Body, RELEASE_INTERVAL};
use super::{Life, Link, Session};
use crate::engineio::packet::{Frame, Packet, Purpose};
use crate::engineio::refusal::Refusal;
use crate::engineio::upgrade::{self, Input, MAX_PROBES, Stage};

/// A WebSocket that may take over.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) stage: Stage,
    /// When its time is up.
    pub(super) until: Instant,
    /// How often it was probed.
    pub(super) probes: u8,
    /// Whether a `3probe` is still to be sent. However many probes come, one is enough.
    pub(super) owes_pong: bool,
    /// When a waiting `GET` may be released; it matters once the candidate was probed.
    pub(super) release_at: Instant,
}

impl Candidate {
    /// Whether a waiting `GET` may return empty-handed.
    pub(super) fn releases(&self, now: Instant) -> bool {
        self.stage == Stage::Probed && now >= self.release_at
    }
}

impl<R> Session<R> {
    /// A WebSocket was opened with this session's name. Whether it may stay.
    pub fn candidate(&mut self, now: Instant) -> bool {
        // A session that is about to close takes no new transport.
        matches!(self.life, Life::Open(_))
            && self.step(Input::Opened, now) == Some(upgrade::Action::StartTimer)
    }

    /// A frame came over the candidate.
    pub fn candidate_frame(&mut self, frame: &Frame, now: Instant) {
        let input = match self.dialect.decode(frame) {
            Ok(Packet::Ping(Purpose::Probe)) if self.may_probe() => Input::Probe,
            Ok(Packet::Upgrade) => Input::Upgrade,
            Ok(_) | Err(_) => Input::Other,
        };
        self.step(input, now);
    }

    /// Whether the candidate may be probed once more. However many come, only one answer waits.
    fn may_probe(&mut self) -> bool {
        let Link::Polling { candidate: Some(candidate), .. } = &mut self.link else { return false };
        candidate.probes = candidate.probes.saturating_add(1);
        candidate.probes <= MAX_PROBES
    }

    /// The candidate is gone.
    pub fn candidate_lost(&mut self, now: Instant) {
        self.step(Input::Lost, now);
    }

    /// The next frame for the candidate, which has room for it.
    pub fn next_candidate_frame(&mut self) -> Option<Frame> {
        match &mut self.link {
            Link::Polling { candidate: Some(candidate), .. } => {
                // [EIO4-UPGRADE-6] "respond with a `pong` packet with the string `probe` in the
                // payload"
                let owed = mem::replace(&mut candidate.owes_pong, false);
                owed.then(|| Packet::Pong(Purpose::Probe).to_frame())
            }
            Link::Polling { .. } | Link::WebSocket => None,
        }
    }

    fn stage(&self) -> Stage {
        match &self.link {
            Link::Polling { candidate: None, .. } => Stage::Polling,
            Link::Polling { candidate: Some(candidate), .. } => candidate.stage,
            Link::WebSocket => Stage::WebSocket,
        }
    }

    /// Takes the upgrade one step on.
    pub(super) fn step(&mut self, input: Input, now: Instant) -> Option<upgrade::Action> {
        let stage = self.stage();
        let heart = match &mut self.life {
            Life::Open(heart) | Life::Closing { heart, .. } => heart,
            Life::Closed => return None,
        };
        let (next, action) = stage.step(input)?;
        let until = now + self.limits.upgrade_timeout;
        let Link::Polling { get, candidate } = &mut self.link else { return Some(action) };
        match action {
            upgrade::Action::RefuseNewcomer => {}
            upgrade::Action::StartTimer => {
                *candidate = Some(Candidate {
                    stage: next,
                    until,
                    probes: 0,
                    owes_pong: false,
                    release_at: now,
                });
            }
            upgrade::Action::AnswerProbe => {
                if let Some(candidate) = candidate {
                    // A `GET` that is not here yet has crossed the `3probe`. Often a `POST` is
                    // right behind it, whose answer should find it.
                    if stage == Stage::Candidate && get.is_none() {
                        candidate.release_at = now + RELEASE_INTERVAL;
                    }
                    candidate.stage = next;
                    candidate.owes_pong = true;
                }
            }
            upgrade::Action::DropCandidate => {
                *candidate = None;
                self.actions.push_back(Action::DropCandidate);
            }
            upgrade::Action::Switch => {
                heart.excuse(now);
                self.switch(now);
            }
        }
        Some(action)
    }

    /// The candidate becomes the transport. Whatever waits in the outbox goes out over it.
    fn switch(&mut self, now: Instant) {
        let polling = mem::replace(&mut self.link, Link::WebSocket);
        self.actions.push_back(Action::Switch);
        // What has waited for a `GET` so far was not left lying by the WebSocket.
        self.outbox.excuse(now);
        if let Link::Polling { get: Some(reply), .. } = polling {
            // A client that kept the rules has none waiting. The reference server says the same.
            self.answer_with(reply, &[Packet::Close.to_frame()]);
        }
        if let Some(post) = self.post.take_if(|post| matches!(post.body, Body::Arriving)) {
            // Its packets would come after those of the WebSocket.
            self.refuse(post.reply, Refusal::Interrupted);
        }
    }
}
