//! The heartbeat: is the other side still there?
//!
//! TCP can take many minutes to notice a dead peer, so the server asks. It pings
//! every `ping_interval`; a client that stays silent for `ping_timeout` after a
//! ping is gone.
//!
//! ```text
//!        ├── ping_interval ──┤── ping_timeout ──┤
//!   open ─────────────────── 2 ──────────────── ✗  no answer: the client is gone
//!   open ─────────────────── 2 ───── 3 ── … ─── 2  answered: start over at the 3
//! ```
//!
//! Until revision 4 of the protocol the client did the pinging. It changed sides
//! because browsers slow the timers of a page that nobody is looking at. A server that
//! has old clients only listens:
//!
//! ```text
//!        ├── ping_interval + ping_timeout ──┤
//!   open ──────────── 2 (and 3 back) ────── ✗  no ping for so long: the client is gone
//! ```
//!
//! Core file: time is an argument. Spec: Engine.IO v4, "Heartbeat".

use std::time::{Duration, Instant};

/// How often a client is given the time for its answer again while the server is not reading.
pub const MAX_EXCUSES: u8 = 3;

/// Watches over one session.
///
/// ```
/// use std::time::{Duration, Instant};
/// use sockrates::engineio::heartbeat::{Beat, Heartbeat};
///
/// let (interval, timeout) = (Duration::from_secs(25), Duration::from_secs(20));
/// let open = Instant::now();
/// let mut heart = Heartbeat::new(interval, timeout, open);
///
/// assert_eq!(heart.tick(open), None);
/// assert_eq!(heart.tick(open + interval), Some(Beat::Ping));
/// assert_eq!(heart.tick(open + interval + timeout), Some(Beat::Gone));
/// ```
#[derive(Debug)]
pub struct Heartbeat {
    interval: Duration,
    timeout: Duration,
    phase: Phase,
}

/// What a heartbeat can be waiting for. It is never two things at once.
#[derive(Debug)]
enum Phase {
    Resting {
        ping_at: Instant,
    },
    Asking {
        gone_at: Instant,
        patience: Patience,
        excuses: u8,
    },
    /// For a ping of the client's, in revision 3.
    Listening {
        gone_at: Instant,
        excuses: u8,
    },
}

/// Whether the client was already given more time for the ping that is out.
#[derive(Debug, Eq, PartialEq)]
enum Patience {
    Fresh,
    Spent,
}

/// What has to be done when the deadline has passed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Beat {
    /// Send a ping.
    Ping,
    /// Close the session: the client did not answer.
    Gone,
}

impl Heartbeat {
    /// Starts to rest: the first ping is due one `interval` from `now`, not at once.
    pub fn new(interval: Duration, timeout: Duration, now: Instant) -> Self {
        Self { interval, timeout, phase: Phase::Resting { ping_at: now + interval } }
    }

    /// Listens to a client of revision 3, which pings by itself.
    pub fn listening(interval: Duration, timeout: Duration, now: Instant) -> Self {
        let gone_at = now + interval + timeout;
        Self { interval, timeout, phase: Phase::Listening { gone_at, excuses: 0 } }
    }

    /// When to [`tick`](Self::tick) next.
    pub fn deadline(&self) -> Instant {
        match self.phase {
            Phase::Resting { ping_at } => ping_at,
            Phase::Asking { gone_at, .. } | Phase::Listening { gone_at, .. } => gone_at,
        }
    }

    /// Moves on if the deadline has passed.
    pub fn tick(&mut self, now: Instant) -> Option<Beat> {
        if now < self.deadline() {
            return None;
        }
        match self.phase {
            Phase::Resting { .. } => {
                let gone_at = now + self.timeout;
                self.phase = Phase::Asking { gone_at, patience: Patience::Fresh, excuses: 0 };
                Some(Beat::Ping)
            }
            // [EIO4-HEARTBEAT-1] "If the server does not receive a `pong` packet back, then it
            // SHOULD consider that the connection is closed."
            Phase::Asking { .. } | Phase::Listening { .. } => Some(Beat::Gone),
        }
    }

    /// The client answered. One answer too many changes nothing.
    pub fn pong(&mut self, now: Instant) {
        if let Phase::Asking { .. } = self.phase {
            self.phase = Phase::Resting { ping_at: now + self.interval };
        }
    }

    /// The client pinged, as it does in revision 3.
    pub fn pinged(&mut self, now: Instant) {
        if let Phase::Listening { .. } = self.phase {
            *self = Self::listening(self.interval, self.timeout, now);
        }
    }

    /// The client said something else.
    ///
    /// Its answer may be stuck behind its own data, so it is given the time once more, but
    /// only once for each ping: traffic alone does not keep a session alive.
    pub fn heard(&mut self, now: Instant) {
        if let Phase::Asking { gone_at, patience: patience @ Patience::Fresh, .. } = &mut self.phase
        {
            *gone_at = now + self.timeout;
            *patience = Patience::Spent;
        }
    }

    /// The time for an answer begins anew: after an upgrade, since it may now come by the other
    /// transport.
    pub fn excuse(&mut self, now: Instant) {
        match &mut self.phase {
            Phase::Resting { .. } => {}
            Phase::Asking { gone_at, .. } => *gone_at = now + self.timeout,
            Phase::Listening { gone_at, .. } => *gone_at = now + self.interval + self.timeout,
        }
    }

    /// The time for an answer begins anew, since the server itself is not reading, and the
    /// client's silence proves nothing. `false` when that has been so for too long: what keeps
    /// the server from reading may never end, and the client may long be gone.
    pub fn excuse_reader(&mut self, now: Instant) -> bool {
        let (Phase::Asking { gone_at, excuses, .. } | Phase::Listening { gone_at, excuses }) =
            &mut self.phase
        else {
            return true;
        };
        if *excuses == MAX_EXCUSES {
            return false;
        }
        *excuses += 1;
        *gone_at = now + self.timeout;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(25);
    const TIMEOUT: Duration = Duration::from_secs(20);

    fn heart() -> (Heartbeat, Instant) {
        let now = Instant::now();
        (Heartbeat::new(INTERVAL, TIMEOUT, now), now)
    }

    #[test]
    fn the_first_ping_comes_after_the_interval_and_only_one_is_out() {
        let (mut heart, open) = heart();
        assert_eq!(heart.tick(open + INTERVAL - Duration::from_millis(1)), None);
        assert_eq!(heart.tick(open + INTERVAL), Some(Beat::Ping));
        assert_eq!(heart.tick(open + INTERVAL + Duration::from_secs(1)), None);
    }

    /// Not from the ping: a client that takes 5 s to answer is asked again 30 s later.
    #[test]
    fn the_interval_counts_from_the_answer() {
        let (mut heart, open) = heart();
        heart.tick(open + INTERVAL);
        let answered = open + INTERVAL + Duration::from_secs(5);
        heart.pong(answered);
        assert_eq!(heart.deadline(), answered + INTERVAL);
    }

    #[test]
    fn a_thousand_answers_nobody_asked_for_change_nothing() {
        let (mut heart, open) = heart();
        let before = heart.deadline();
        for second in 0..1000 {
            heart.pong(open + Duration::from_millis(second));
        }
        assert_eq!(heart.deadline(), before);
    }

    #[test]
    fn other_traffic_extends_the_deadline_once_for_each_ping() {
        let (mut heart, open) = heart();
        heart.tick(open + INTERVAL);
        let talking = open + INTERVAL + Duration::from_secs(10);
        heart.heard(talking);
        assert_eq!(heart.deadline(), talking + TIMEOUT);
        heart.heard(talking + Duration::from_secs(5));
        assert_eq!(heart.tick(talking + TIMEOUT), Some(Beat::Gone));
    }

    #[test]
    fn traffic_before_the_ping_does_not_count() {
        let (mut heart, open) = heart();
        heart.heard(open + Duration::from_secs(1));
        assert_eq!(heart.deadline(), open + INTERVAL);
    }

    #[test]
    fn a_server_that_does_not_read_excuses_a_client_three_times() {
        let (mut heart, open) = heart();
        heart.tick(open + INTERVAL);
        for _ in 0..3 {
            assert!(heart.excuse_reader(heart.deadline()));
        }
        assert!(!heart.excuse_reader(heart.deadline()));
        // The next ping has excuses of its own.
        heart.pong(heart.deadline());
        heart.tick(heart.deadline());
        assert!(heart.excuse_reader(heart.deadline()));
    }

    /// In revision 3 there is nothing to send: a ping starts the time anew, and what else the
    /// client says does not.
    #[test]
    fn a_server_that_listens_counts_from_the_last_ping() {
        let open = Instant::now();
        let mut heart = Heartbeat::listening(INTERVAL, TIMEOUT, open);
        let gone_at = open + INTERVAL + TIMEOUT;
        assert_eq!(heart.tick(gone_at - Duration::from_millis(1)), None);
        heart.heard(gone_at);
        heart.pong(gone_at);
        assert_eq!(heart.deadline(), gone_at);

        let pinged = open + Duration::from_secs(30);
        heart.pinged(pinged);
        assert_eq!(heart.tick(gone_at), None);
        assert_eq!(heart.tick(pinged + INTERVAL + TIMEOUT), Some(Beat::Gone));
    }

    /// An upgrade does not take the deadline away, which is what the reference server does.
    #[test]
    fn a_server_that_listens_excuses_as_well() {
        let open = Instant::now();
        let mut heart = Heartbeat::listening(INTERVAL, TIMEOUT, open);
        let later = open + Duration::from_secs(40);
        heart.excuse(later);
        assert_eq!(heart.deadline(), later + INTERVAL + TIMEOUT);
        for _ in 0..3 {
            assert!(heart.excuse_reader(heart.deadline()));
        }
        assert!(!heart.excuse_reader(heart.deadline()));
    }

    /// Where the server asks, a client that asks as well has not answered.
    #[test]
    fn a_ping_from_a_client_is_no_answer() {
        let (mut heart, open) = heart();
        heart.tick(open + INTERVAL);
        heart.pinged(open + INTERVAL + Duration::from_secs(1));
        assert_eq!(heart.tick(open + INTERVAL + TIMEOUT), Some(Beat::Gone));
    }

    #[test]
    fn before_the_ping_there_is_nothing_to_excuse() {
        let (mut heart, open) = heart();
        for _ in 0..=MAX_EXCUSES {
            assert!(heart.excuse_reader(open + Duration::from_secs(1)));
            assert_eq!(heart.deadline(), open + INTERVAL);
        }
    }

    #[test]
    fn an_excused_client_has_the_whole_time_again() {
        let (mut heart, open) = heart();
        heart.tick(open + INTERVAL);
        let later = open + INTERVAL + Duration::from_secs(15);
        heart.excuse(later);
        assert_eq!(heart.deadline(), later + TIMEOUT);
    }
}
