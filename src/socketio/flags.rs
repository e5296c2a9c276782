//! Flags: how one event is to be sent, said in front of the verb that sends it.
//!
//! ```text
//!   socket.volatile().emit("position", …)             may be dropped
//!   io.to("r1").local().compress(false).emit(…)       on this server only, and not compressed
//!   socket.timeout(limit).emit_with_ack("question")   an answer within that time
//! ```
//!
//! A flag belongs to the value that it was asked of, and to what is made of that. So there is
//! nothing to be reset, and whoever keeps such a value can use it again.
//!
//! Core file. Not in the specification: as the reference server has them; `when_full` is ours.

use std::time::Duration;

use crate::engineio::delivery::{Delivery, WhenFull};
use crate::engineio::options::LONGEST;

/// How an event is sent.
///
/// ```
/// use sockrates::socketio::flags::Flags;
///
/// let flags = Flags { volatile: true, ..Flags::default() };
/// assert!(flags.compress && !flags.local);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Flags {
    /// It may be dropped where the transport can not take it now.
    pub volatile: bool,
    /// It may travel compressed, on polling.
    pub compress: bool,
    /// It is for clients of this server only.
    pub local: bool,
    /// How long an answer may take, if one is wanted; if not said,
    /// [`ack_timeout`](super::Options::ack_timeout).
    pub timeout: Option<Duration>,
    /// What happens when too much waits for a client already; if not said, what the
    /// [options](crate::engineio::options::Options::when_full) say.
    pub when_full: Option<WhenFull>,
}

impl Default for Flags {
    fn default() -> Self {
        Self { volatile: false, compress: true, local: false, timeout: None, when_full: None }
    }
}

impl Flags {
    /// The time that an answer has, at most a year: so `Duration::MAX` may be said for "never".
    pub(super) fn limit(&self, default: Duration) -> Duration {
        self.timeout.unwrap_or(default).min(LONGEST)
    }

    /// For what must not be dropped, whatever the policy: an answer is somebody's, who waits for it.
    pub(super) fn certain() -> Self {
        Self { when_full: Some(WhenFull::Close), ..Self::default() }
    }

    /// What of it concerns the layer below.
    pub(super) fn delivery(&self) -> Delivery {
        let Self { volatile, compress, when_full, .. } = *self;
        Delivery { volatile, compress, when_full }
    }
}

/// The verbs that set a flag. The type that has them says what setting one makes of it, in a
/// method `flagged`.
macro_rules! flag_verbs {
    ($made:ty, $this:ident, $($receiver:tt)+) => {
        /// What is sent may be dropped, as a whole packet, where the transport can not take it
        /// now: something waits in front of it, or no `GET` is there to bring it. Officially
        /// `volatile`.
        #[must_use]
        pub fn volatile($($receiver)+) -> $made {
            $this.flagged(|flags| flags.volatile = true)
        }

        /// Whether what is sent may travel compressed, on polling: yes, if not said. Officially
        /// `compress`.
        #[must_use]
        pub fn compress($($receiver)+, compress: bool) -> $made {
            $this.flagged(|flags| flags.compress = compress)
        }

        /// The time that answers have. Officially `timeout`.
        #[must_use]
        pub fn timeout($($receiver)+, limit: std::time::Duration) -> $made {
            $this.flagged(|flags| flags.timeout = Some(limit))
        }

        /// What happens when too much waits for a client already. Not in the official server, where
        /// nothing does.
        #[must_use]
        pub fn when_full($($receiver)+, policy: crate::engineio::delivery::WhenFull) -> $made {
            $this.flagged(|flags| flags.when_full = Some(policy))
        }
    };
}

pub(super) use flag_verbs;
