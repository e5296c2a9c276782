//! A token bucket: how fast one socket may talk.
//!
//! ```text
//!   burst 3, one a second:   ●●●  →  ○●●  →  ○○●  →  ○○○  refused
//!   a second later:                                  ○○●  one more
//! ```
//!
//! No tokens are counted. The bucket remembers one moment, the one at which it will be
//! full again: every event moves it further away, time brings it nearer.
//!
//! Core file. Not in a specification: the chat's own bound.

use std::time::{Duration, Instant};

/// How much a [`Bucket`] holds and how fast it fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Events accepted at once from a socket that was silent.
    pub burst: u32,
    /// Events a second in the long run.
    pub per_second: u32,
}

/// The tokens of one socket.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    full_at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub fn new(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// Takes a token, and says whether there was one.
    ///
    /// A rate with a zero in it limits nothing.
    pub fn take(&mut self, rate: Rate, now: Instant) -> bool {
        let Some(token) = Duration::from_secs(1).checked_div(rate.per_second) else { return true };
        if rate.burst == 0 {
            return true;
        }
        let full_at = self.full_at.max(now) + token;
        let fits = full_at - now <= token.saturating_mul(rate.burst);
        if fits {
            self.full_at = full_at;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, per_second: 2 };

    #[test]
    fn a_burst_passes_and_then_one_event_for_each_token_that_comes_back() {
        let start = Instant::now();
        let mut bucket = Bucket::new(start);
        let taken: Vec<bool> = (0..5).map(|_| bucket.take(RATE, start)).collect();
        assert_eq!(taken, [true, true, true, false, false]);

        assert!(!bucket.take(RATE, start + Duration::from_millis(499)));
        assert!(bucket.take(RATE, start + Duration::from_millis(500)));
        assert!(!bucket.take(RATE, start + Duration::from_millis(500)));
    }

    #[test]
    fn a_long_silence_fills_it_to_the_brim_and_no_further() {
        let start = Instant::now();
        let mut bucket = Bucket::new(start);
        let later = start + Duration::from_secs(3600);
        let taken = (0..10).filter(|_| bucket.take(RATE, later)).count();
        assert_eq!(taken, 3);
    }

    #[test]
    fn a_zero_turns_it_off() {
        let now = Instant::now();
        let mut bucket = Bucket::new(now);
        for rate in [Rate { burst: 0, per_second: 1 }, Rate { burst: 1, per_second: 0 }] {
            assert!((0..1000).all(|_| bucket.take(rate, now)));
        }
    }
}
