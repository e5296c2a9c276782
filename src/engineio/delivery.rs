//! Delivery: how what is sent may be treated on its way.
//!
//! ```text
//!   what waits for a client           something volatile comes      … and too much waits
//!   ┌──────────────────────┐
//!   │ (nothing)            │ ◄── taken: the transport is ready
//!   │ 42["a"] 42["b"]      │ ◄── dropped                           ◄── see `WhenFull`
//!   └──────────────────────┘
//! ```
//!
//! Core file. Not in the specification: the flags are those of the reference server, which drops
//! what is volatile in the same cases; its queue has no limit, so the rest is ours.

use smallvec::SmallVec;

use super::outbox::Load;
use super::packet::Frame;

/// How one packet is to be delivered.
///
/// ```
/// use sockrates::engineio::delivery::{Delivery, WhenFull};
///
/// let position = Delivery { volatile: true, ..Delivery::default() };
/// let tick = Delivery { when_full: Some(WhenFull::DropNewest), ..Delivery::default() };
/// assert!(position.compress && tick.compress);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Delivery {
    /// It may be dropped unless the transport can take it now: nothing waits in front of it, and
    /// a `GET` is there to bring it, or all that was written to the WebSocket has left.
    pub volatile: bool,
    /// The body of the `GET` that brings it may be compressed, if the client takes it so. Frames
    /// of a WebSocket are never compressed.
    pub compress: bool,
    /// What happens when too much waits for the client already; if not said, what
    /// [`Options::when_full`](super::options::Options::when_full) says.
    pub when_full: Option<WhenFull>,
}

impl Delivery {
    /// Delivered, or the session is closed. For packets that say how things are: a client that
    /// never hears of one would be wrong about it for as long as its session lives.
    pub const CERTAIN: Self =
        Self { volatile: false, compress: true, when_full: Some(WhenFull::Close) };
}

impl Default for Delivery {
    fn default() -> Self {
        Self { volatile: false, compress: true, when_full: None }
    }
}

/// What happens to a packet when more waits for the client than `max_buffered` allows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum WhenFull {
    /// The client is too slow: its session is closed, and sending fails.
    #[default]
    Close,
    /// The packet is dropped, and counted. Sending does not fail: that is what was asked for.
    DropNewest,
    /// Volatile packets may wait like all others, and the oldest of them are dropped to make
    /// room. If that does not make enough, it is as with [`Close`](Self::Close).
    DropOldestVolatile,
    /// Sending fails, and that is all: who sends is to wait until there is room.
    Wait,
}

/// A frame that waits, and how it may be treated.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Parcel {
    /// What is to be sent.
    pub frame: Frame,
    /// Whether it belongs to the same packet as the one in front of it, as an attachment does.
    pub follows: bool,
    /// Whether it may be dropped.
    pub volatile: bool,
    /// Whether the body that it travels in may be compressed.
    pub compress: bool,
}

/// Several of them. Most often there is one, and that takes no memory of its own.
pub type Parcels = SmallVec<[Parcel; 1]>;

impl From<Frame> for Parcel {
    fn from(frame: Frame) -> Self {
        Self { frame, follows: false, volatile: false, compress: true }
    }
}

/// Chooses the oldest volatile packets among those that wait, until they free enough.
#[derive(Debug)]
pub(super) struct Dropping {
    /// The weight that is to be freed.
    wanted: usize,
    /// What the chosen ones have.
    pub(super) freed: Load,
    /// How many they are.
    pub(super) packets: u64,
    going: bool,
}

impl Dropping {
    /// Nothing is chosen yet; packets of a weight of `wanted` are to be.
    pub(super) fn new(wanted: usize) -> Self {
        Self { wanted, freed: Load::default(), packets: 0, going: false }
    }

    /// Whether a parcel stays. To be asked of all that wait, in order: of a packet goes all or
    /// nothing, and of one whose beginning has left, nothing.
    pub(super) fn keeps(&mut self, parcel: &Parcel) -> bool {
        if !parcel.follows {
            self.going = parcel.volatile && self.freed.weight() < self.wanted;
            self.packets += u64::from(self.going);
        }
        if self.going {
            self.freed.bytes += parcel.frame.len();
            self.freed.frames += 1;
        }
        !self.going
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel(text: &str) -> Parcel {
        let (volatile, follows) = (text.contains('v'), text.contains('+'));
        Parcel { follows, volatile, ..Frame::Text(text.into()).into() }
    }

    #[track_caller]
    fn check(waiting: &str, wanted: usize, left: &str) {
        let mut parcels: Vec<_> = waiting.split(' ').map(parcel).collect();
        let mut dropping = Dropping::new(wanted);
        parcels.retain(|parcel| dropping.keeps(parcel));
        let left: Vec<_> = left.split(' ').map(parcel).collect();
        assert_eq!(parcels, left);
    }

    #[test]
    fn the_oldest_go_first_and_only_as_many_as_are_needed() {
        check("a v1 b v2 v3", 0, "a v1 b v2 v3");
        check("a v1 b v2 v3", 1, "a b v2 v3");
        check("a v1 b v2 v3", 100, "a b v3");
        check("a v1 b v2 v3", 1000, "a b");
    }

    #[test]
    fn a_packet_goes_with_all_its_attachments_or_not_at_all() {
        check("v1 v+ v+ a v2", 1, "a v2");
        check("v+ v+ a v2", 1, "v+ v+ a");
    }
}
