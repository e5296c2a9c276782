//! Pace: how much a connection has to do, and so the buffers that it has.
//!
//! ```text
//!   rest   128 B    a few messages in a while: most connections, most of the time
//!   talk   4 KiB    eight messages and more
//!   bulk  64 KiB    messages of 4 KiB and more
//! ```
//!
//! The buffer that frames are read with is there whether or not anything comes, and the one that
//! they are written to keeps the size of the most that it ever held. So a connection is given
//! others when it has become busy, and when it rests again.
//!
//! Core file. Not in any specification.

/// Messages after which a connection is a busy one.
const BUSY: usize = 8;

/// Bytes of messages that are large, each and together.
const LARGE: usize = 4 << 10;
const MUCH: usize = 64 << 10;

/// Bytes that were written at once, after which the buffer for it is worth to be given back.
const SWOLLEN: usize = 16 << 10;

/// The pace of one connection, and what was seen of it since that was last judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    gait: Gait,
    messages: usize,
    bytes: usize,
    swollen: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Gait {
    Rest,
    Talk,
    Bulk,
}

impl Pace {
    /// Of a connection of which nothing was heard yet.
    pub(super) const REST: Self = Self::new(Gait::Rest);

    const fn new(gait: Gait) -> Self {
        Self { gait, messages: 0, bytes: 0, swollen: false }
    }

    /// Bytes of the buffer to read frames with.
    pub(super) fn read_buffer(self) -> usize {
        match self.gait {
            Gait::Rest => 128,
            Gait::Talk => 4 << 10,
            Gait::Bulk => 64 << 10,
        }
    }

    /// A message came.
    pub(super) fn heard(&mut self, bytes: usize) {
        self.messages = self.messages.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// So many bytes have left together.
    pub(super) fn wrote(&mut self, bytes: usize) {
        self.swollen |= bytes > SWOLLEN;
    }

    /// What it should go on with, if that is not as it is. Some time has `passed` since it was
    /// last judged so, or else it can only become faster.
    pub(super) fn change(&mut self, passed: bool) -> Option<Self> {
        let gait = self.gait_seen();
        let (faster, resting) = (gait as u8 > self.gait as u8, self.gait == Gait::Rest);
        if faster || passed && gait != self.gait || self.swollen && (passed || resting) {
            return Some(Self::new(if faster || passed { gait } else { self.gait }));
        }
        if passed {
            self.judge_anew();
        }
        None
    }

    /// Forgets what was seen of it.
    pub(super) fn judge_anew(&mut self) {
        *self = Self::new(self.gait);
    }

    fn gait_seen(&self) -> Gait {
        match self.bytes.checked_div(self.messages) {
            Some(LARGE..) if self.bytes >= MUCH => Gait::Bulk,
            Some(_) if self.messages >= BUSY => Gait::Talk,
            _ => Gait::Rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(gait: Gait, messages: usize, bytes: usize) -> Pace {
        let mut pace = Pace::new(gait);
        (0..messages).for_each(|_| pace.heard(bytes));
        pace
    }

    #[track_caller]
    fn check(mut pace: Pace, passed: bool, expected: Option<usize>) {
        assert_eq!(pace.change(passed).map(Pace::read_buffer), expected);
    }

    #[test]
    fn whoever_becomes_busy_is_given_more_at_once() {
        check(after(Gait::Rest, 7, 50), false, None);
        check(after(Gait::Rest, 8, 50), false, Some(4 << 10));
        check(after(Gait::Talk, 15, 4 << 10), false, None);
        check(after(Gait::Talk, 16, 4 << 10), false, Some(64 << 10));
        check(after(Gait::Rest, 1, 64 << 10), false, Some(64 << 10));
    }

    #[test]
    fn whoever_is_busy_no_more_keeps_it_for_a_while() {
        check(after(Gait::Bulk, 100, 50), false, None);
        check(after(Gait::Bulk, 100, 50), true, Some(4 << 10));
        check(after(Gait::Talk, 7, 50), false, None);
        check(after(Gait::Talk, 7, 50), true, Some(128));
        check(after(Gait::Rest, 0, 0), true, None);
    }

    #[test]
    fn a_judgement_begins_anew_when_the_time_has_passed() {
        let mut pace = after(Gait::Rest, 7, 50);
        assert!(pace.change(true).is_none());
        pace.heard(50);
        check(pace, false, None);
    }

    /// Many clients that only listen, and are sent one large message each.
    #[test]
    fn who_rests_gives_a_large_write_buffer_back_at_once() {
        let mut pace = after(Gait::Rest, 1, 50);
        pace.wrote(16 << 10);
        check(pace, false, None);
        pace.wrote((16 << 10) + 1);
        check(pace, false, Some(128));
        let mut pace = after(Gait::Talk, 9, 50);
        pace.wrote(1 << 20);
        check(pace, false, None);
        check(pace, true, Some(4 << 10));
    }
}
