//! Those who wait until a client has taken what was sent to it.
//!
//! ```text
//!   weight of what waits   ████████████ ► ████████ ► ████ ► ·
//!                          room(load)   ───► goes on          when so much fits again
//!                          drained()    ───────────────────►  when nothing is left
//! ```
//!
//! Shell file: owns the ends of channels. Not in the specification.

use std::mem;

use tokio::sync::oneshot;

use super::outbox::Load;

/// What somebody waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Until {
    /// That nothing waits any more, and all of it was handed to the operating system.
    Drained,
    /// That what waits has at most this weight.
    AtMost(usize),
}

/// Those who wait. Nobody takes no memory.
#[derive(Debug, Default)]
pub(super) struct Waiting(Vec<(Until, oneshot::Sender<()>)>);

/// Those whose wait is over. To be told when no lock is held.
#[must_use]
#[derive(Debug)]
pub(super) struct Due(Vec<oneshot::Sender<()>>);

impl Waiting {
    /// One more waits. What comes over the channel is the end of it; that it closes, that there
    /// is nothing left to wait for.
    pub(super) fn add(&mut self, until: Until) -> oneshot::Receiver<()> {
        let Self(waiting) = self;
        if waiting.len() == waiting.capacity() {
            // Of those who gave up, only some are kept.
            waiting.retain(|(_, waiter)| !waiter.is_closed());
        }
        let (waiter, told) = oneshot::channel();
        waiting.push((until, waiter));
        told
    }

    /// Takes out those whose wait is over, now that so much waits. `flushed` is whether all that
    /// does not wait any more was handed to the operating system.
    pub(super) fn due(&mut self, load: Load, flushed: bool) -> Due {
        let mut due = Vec::new();
        for (until, waiter) in mem::take(&mut self.0) {
            let over = match until {
                Until::Drained => flushed && load.frames == 0,
                Until::AtMost(weight) => load.weight() <= weight,
            };
            if over {
                due.push(waiter);
            } else {
                self.0.push((until, waiter));
            }
        }
        Due(due)
    }
}

impl Due {
    /// Tells them.
    pub(super) fn tell(self) {
        for waiter in self.0 {
            // Whoever has given up is not there to be told.
            let _ = waiter.send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(until: Until, load: Load, flushed: bool, over: bool) {
        let mut waiting = Waiting::default();
        let mut told = waiting.add(until);
        waiting.due(load, flushed).tell();
        assert_eq!(told.try_recv().is_ok(), over, "{until:?}, {load:?}, {flushed}");
        assert_eq!(waiting.0.len(), usize::from(!over));
        assert_eq!(waiting.0.capacity() == 0, over, "nobody takes no memory");
    }

    #[test]
    fn drained_is_more_than_an_empty_queue_and_room_is_less() {
        let nothing = Load::default();
        let one = Load { bytes: 100, frames: 1, volatile: 0 };
        let empty = Load { frames: 1, ..nothing };
        check(Until::Drained, nothing, true, true);
        check(Until::Drained, nothing, false, false);
        check(Until::Drained, empty, true, false);
        check(Until::Drained, one, true, false);
        check(Until::AtMost(164), one, false, true);
        check(Until::AtMost(163), one, true, false);
        check(Until::AtMost(0), nothing, false, true);
    }

    #[test]
    fn of_those_who_gave_up_few_are_kept() {
        let mut waiting = Waiting::default();
        let stays = waiting.add(Until::Drained);
        for _ in 0..10_000 {
            drop(waiting.add(Until::Drained));
        }
        assert!(waiting.0.capacity() < 100, "{}", waiting.0.capacity());
        waiting.due(Load::default(), true).tell();
        assert_eq!(stays.blocking_recv(), Ok(()));
    }
}
