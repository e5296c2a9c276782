//! The outbox: what waits to be sent to one client.
//!
//! ```text
//!   send ──► │ 42["a"] │ 42["b"] │ 2 │ ──► a WebSocket takes them one by one
//!                                     ──► a GET takes as many as fit into one body
//! ```
//!
//! Whatever the transport, there is one queue, and it stays where it is when the transport
//! changes. That is all it takes for an upgrade to keep the order.
//!
//! Core file: time is an argument. Spec: Engine.IO v4, "HTTP long-polling"; the limits are
//! not in the specification.

use std::collections::VecDeque;
use std::fmt;
use std::time::Instant;

use super::delivery::{Dropping, Parcel, Parcels};
use super::packet::Frame;

/// What a frame costs besides its bytes: its place in the queue, and the head of its buffer.
const FRAME: usize = 64;

/// How much waits for a client.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Load {
    /// Bytes of all frames.
    pub bytes: usize,
    /// How many frames.
    pub frames: usize,
    /// The weight of those among them that may be dropped.
    pub volatile: usize,
}

impl Load {
    /// What that takes in memory, roughly. A frame of one byte takes a good deal more than one.
    ///
    /// ```
    /// use sockrates::engineio::outbox::Load;
    ///
    /// assert_eq!(Load { bytes: 10, frames: 2, volatile: 0 }.weight(), 10 + 2 * 64);
    /// ```
    pub fn weight(self) -> usize {
        self.bytes.saturating_add(self.frames.saturating_mul(FRAME))
    }

    /// What some parcels add to what waits.
    pub(super) fn of(parcels: &[Parcel]) -> Self {
        parcels.iter().fold(Self::default(), |load, parcel| {
            let bytes = parcel.frame.len();
            load.plus(Self { bytes, frames: 1, volatile: may_drop(parcel) })
        })
    }

    /// Both together.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            frames: self.frames.saturating_add(other.frames),
            volatile: self.volatile.saturating_add(other.volatile),
        }
    }
}

/// The frames that wait for one client, in order.
///
/// An empty outbox occupies no memory besides itself: what it had allocated is given back
/// when the last frame leaves.
#[derive(Debug)]
pub struct Outbox {
    parcels: VecDeque<Parcel>,
    bytes: usize,
    /// The weight of those that may be dropped.
    volatile: usize,
    /// Whether a pong is among them.
    pong: bool,
    /// When a frame was last taken, or the first one was put in.
    progress_at: Instant,
}

impl Outbox {
    /// An empty outbox.
    pub fn new(now: Instant) -> Self {
        Self { parcels: VecDeque::new(), bytes: 0, volatile: 0, pong: false, progress_at: now }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.parcels.is_empty()
    }

    /// How many bytes wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a pong waits. Then no other needs to: a client that asks again and again, and takes
    /// nothing, is answered once.
    pub fn holds_pong(&self) -> bool {
        self.pong
    }

    /// How much waits.
    pub fn load(&self) -> Load {
        Load { bytes: self.bytes, frames: self.parcels.len(), volatile: self.volatile }
    }

    /// When a frame was last taken, or the first of those that wait was put in, or the client
    /// was [excused](Self::excuse).
    pub fn progress_at(&self) -> Instant {
        self.progress_at
    }

    /// Puts a frame behind the others.
    pub fn push(&mut self, parcel: impl Into<Parcel>, now: Instant) {
        let parcel = parcel.into();
        if self.parcels.is_empty() {
            self.progress_at = now;
        }
        self.bytes += parcel.frame.len();
        self.volatile += may_drop(&parcel);
        self.pong |= is_pong(&parcel.frame);
        self.parcels.push_back(parcel);
    }

    /// Puts frames into an outbox in which nothing waits.
    pub(super) fn fill(&mut self, parcels: Parcels, now: Instant) {
        let Load { bytes, volatile, .. } = Load::of(&parcels);
        let pong = parcels.iter().any(|parcel| is_pong(&parcel.frame));
        let parcels = parcels.into_vec().into();
        *self = Self { parcels, bytes, volatile, pong, progress_at: now };
    }

    /// Does not hold against the client what time has passed without progress: part of a frame
    /// has left, or too much waits only from now on.
    pub fn excuse(&mut self, now: Instant) {
        self.progress_at = now;
    }

    /// Takes the first frame.
    pub fn pop(&mut self, now: Instant) -> Option<Parcel> {
        let parcel = self.parcels.pop_front()?;
        self.bytes -= parcel.frame.len();
        self.volatile -= may_drop(&parcel);
        self.pong &= !is_pong(&parcel.frame);
        self.progress_at = now;
        if self.parcels.is_empty() {
            self.parcels = VecDeque::new();
        }
        Some(parcel)
    }

    /// Takes as many frames as make a body of at most `max` bytes, but always one if there
    /// is any: a frame that fits no body would otherwise block all behind it for ever.
    pub fn batch(&mut self, max: usize, now: Instant) -> Vec<Parcel> {
        let mut batch = Vec::new();
        let mut length = 0;
        while let Some(parcel) = self.parcels.front() {
            length += parcel.frame.len_as_text() + usize::from(!batch.is_empty());
            if length > max && !batch.is_empty() {
                break;
            }
            batch.extend(self.pop(now));
        }
        batch
    }

    /// Drops the oldest volatile packets, until what waits has lost a weight of `weight`. How many
    /// packets those were.
    pub fn make_room(&mut self, weight: usize) -> u64 {
        let mut dropping = Dropping::new(weight);
        self.parcels.retain(|parcel| dropping.keeps(parcel));
        self.bytes -= dropping.freed.bytes;
        self.volatile -= dropping.freed.weight();
        if self.parcels.is_empty() {
            self.parcels = VecDeque::new();
        }
        dropping.packets
    }

    /// Drops all frames.
    pub fn clear(&mut self) {
        self.parcels = VecDeque::new();
        self.bytes = 0;
        self.volatile = 0;
        self.pong = false;
    }
}

/// What dropping it would free.
fn may_drop(parcel: &Parcel) -> usize {
    let load = Load { bytes: parcel.frame.len(), frames: 1, ..Load::default() };
    if parcel.volatile { load.weight() } else { 0 }
}

/// Messages begin otherwise, or are bytes.
fn is_pong(frame: &Frame) -> bool {
    matches!(frame, Frame::Text(text) if &**text == "3")
}

/// Why frames were not sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SendError {
    /// The session is over.
    Gone,
    /// More was waiting for the client than `max_buffered` allows. Unless
    /// [`WhenFull::Wait`](super::delivery::WhenFull::Wait) was asked for, the session is closed.
    Full,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => write!(f, "the session is over"),
            Self::Full => write!(f, "too many bytes wait for this client"),
        }
    }
}

impl std::error::Error for SendError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(texts: &[&str]) -> (Outbox, Instant) {
        let now = Instant::now();
        let mut outbox = Outbox::new(now);
        for text in texts {
            outbox.push(Frame::Text((*text).into()), now);
        }
        (outbox, now)
    }

    #[track_caller]
    fn check(outbox: &mut Outbox, max: usize, now: Instant, expected: &str) {
        let frames: Vec<_> = outbox.batch(max, now).into_iter().map(|it| it.frame).collect();
        assert_eq!(super::super::payload::encode(&frames), expected);
    }

    /// Separators count: "4aa", a separator and "4bb" are seven bytes.
    #[test]
    fn a_body_never_exceeds_its_limit_and_the_rest_waits_in_order() {
        let (mut outbox, now) = outbox(&["4aa", "4bb", "4cc"]);
        check(&mut outbox, 6, now, "4aa");
        check(&mut outbox, 7, now, "4bb\x1e4cc");
        assert!(outbox.is_empty());
        assert_eq!(outbox.bytes(), 0);
    }

    #[test]
    fn a_frame_that_fits_no_body_is_sent_alone() {
        let (mut outbox, now) = outbox(&["4a", "4bbbbbbbbbb", "4c"]);
        check(&mut outbox, 5, now, "4a");
        check(&mut outbox, 5, now, "4bbbbbbbbbb");
        check(&mut outbox, 5, now, "4c");
    }

    /// Three bytes are four characters and the `b`.
    #[test]
    fn bytes_count_as_the_text_they_become() {
        let (mut outbox, now) = outbox(&[]);
        outbox.push(Frame::Binary(vec![1, 2, 3].into()), now);
        outbox.push(Frame::Binary(vec![4, 5, 6].into()), now);
        check(&mut outbox, 10, now, "bAQID");
        check(&mut outbox, 10, now, "bBAUG");
    }

    #[test]
    fn a_pong_is_known_to_wait_until_it_leaves() {
        let (mut outbox, now) = outbox(&["4a", "3", "43"]);
        assert!(outbox.holds_pong());
        outbox.pop(now);
        assert!(outbox.holds_pong());
        outbox.pop(now);
        assert!(!outbox.holds_pong());
        outbox.push(Frame::Text("3".into()), now);
        outbox.clear();
        assert!(!outbox.holds_pong());
    }

    #[test]
    fn why_frames_were_not_sent_is_a_sentence() {
        assert_eq!(SendError::Gone.to_string(), "the session is over");
        let full = "too many bytes wait for this client";
        assert_eq!(SendError::Full.to_string(), full);
    }

    #[test]
    fn an_outbox_that_was_emptied_holds_no_memory() {
        let (mut outbox, now) = outbox(&["4a"; 1000]);
        while outbox.pop(now).is_some() {}
        assert_eq!(outbox.parcels.capacity(), 0);
    }
}
