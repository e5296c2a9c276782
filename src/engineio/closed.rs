//! What is remembered of sessions that are over.
//!
//! ```text
//!   GET …&sid=lv_VI97HAXpY6yYWAAAC      12 s after its ping timeout
//!   ► {"code":1,…,"hint":"This session was closed 12 s ago: ping timeout. …"}
//! ```
//!
//! An unknown session is the most frequent complaint about servers like this one, and its cause is
//! rarely where people look. So the last few thousand that were closed are remembered, each in
//! some hundred bytes.
//!
//! Core file: time is an argument. Not in the specification.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use super::close::CloseReason;
use super::refusal::Fate;
use super::sid::Sid;

/// How many are remembered: about 400 KiB at most.
pub const REMEMBERED: usize = 4096;

/// The sessions that were closed last.
///
/// ```
/// use std::time::{Duration, Instant};
/// use sockrates::engineio::close::CloseReason;
/// use sockrates::engineio::closed::Closed;
/// use sockrates::engineio::refusal::Fate;
/// use sockrates::engineio::sid::Sid;
///
/// let (mut closed, now) = (Closed::default(), Instant::now());
/// let sid = Sid::new([7; 15]);
/// closed.remember(sid, CloseReason::PingTimeout, now);
///
/// let ago = Duration::from_secs(12);
/// assert_eq!(closed.fate(sid, now + ago), Fate::Closed { ago, reason: CloseReason::PingTimeout });
/// assert_eq!(closed.fate(Sid::new([8; 15]), now), Fate::NeverIssued);
/// ```
#[derive(Debug, Default)]
pub struct Closed {
    order: VecDeque<Sid>,
    ends: HashMap<Sid, (Instant, CloseReason)>,
}

impl Closed {
    /// A session is over. The one that was remembered longest is forgotten for it.
    pub fn remember(&mut self, sid: Sid, reason: CloseReason, now: Instant) {
        if self.order.len() == REMEMBERED {
            let oldest = self.order.pop_front();
            oldest.and_then(|oldest| self.ends.remove(&oldest));
        }
        if self.ends.insert(sid, (now, reason)).is_none() {
            self.order.push_back(sid);
        }
    }

    /// What is known of a session that is not there.
    pub fn fate(&self, sid: Sid, now: Instant) -> Fate {
        match self.ends.get(&sid) {
            Some(&(at, reason)) => Fate::Closed { ago: now.saturating_duration_since(at), reason },
            None => Fate::NeverIssued,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sid(number: u64) -> Sid {
        let mut bytes = [0; 15];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        Sid::new(bytes)
    }

    #[test]
    fn so_many_are_remembered_and_the_oldest_is_forgotten() {
        let (mut closed, now) = (Closed::default(), Instant::now());
        for number in 0..=4096 {
            closed.remember(sid(number), CloseReason::ForcedClose, now);
        }
        assert_eq!(closed.fate(sid(0), now), Fate::NeverIssued);
        assert!(matches!(closed.fate(sid(1), now), Fate::Closed { .. }));
        assert_eq!((closed.order.len(), closed.ends.len()), (REMEMBERED, REMEMBERED));
    }

    #[test]
    fn one_that_is_told_twice_takes_one_place() {
        let (mut closed, now) = (Closed::default(), Instant::now());
        for _ in 0..10_000 {
            closed.remember(sid(7), CloseReason::ForcedClose, now);
        }
        assert_eq!(closed.order.len(), 1);
    }
}
