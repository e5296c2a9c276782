//! Observing: how somebody follows a parser through what it reads.
//!
//! ```text
//!   4hello          the parser                     what its observer is told
//!   │└───┴─ data    "4": this is a message         seen(5, Type)
//!   └────── type    "hello": it has come to the end  seen(0, Data)
//! ```
//!
//! A parser says how much is *left*, and what that was which it has just stepped over. So pieces
//! can neither overlap nor leave a gap, whatever the parser does; and when it gives up, the
//! observer knows where.
//!
//! `()` is the observer who does not listen. A parser that is observed by nobody is compiled to
//! what it would be without this file.
//!
//! Core file. Who listens: whoever explains to people what is on the wire.

use std::ops::Range;

/// Follows a parser. `K` is what a piece can be.
pub trait Observer<K> {
    /// All but the last `left` bytes is understood by now. What is new of it is a `kind`; there
    /// may be nothing new.
    fn seen(&mut self, left: usize, kind: K);
}

/// Does not listen.
impl<K> Observer<K> for () {
    #[inline(always)]
    fn seen(&mut self, _left: usize, _kind: K) {}
}

/// Tells an observer of a whole what the parser of a part of it says.
#[derive(Debug)]
pub struct Part<'a, O> {
    observer: &'a mut O,
    /// How many bytes of the whole are behind the part.
    behind: usize,
}

impl<'a, O> Part<'a, O> {
    /// The part that has so many bytes behind it.
    #[inline]
    pub fn before(behind: usize, observer: &'a mut O) -> Self {
        Self { observer, behind }
    }
}

impl<K, O: Observer<K>> Observer<K> for Part<'_, O> {
    #[inline]
    fn seen(&mut self, left: usize, kind: K) {
        self.observer.seen(self.behind + left, kind);
    }
}

/// Keeps all it is told: pieces that cover what was understood, one behind the other.
///
/// ```
/// use sockrates::engineio::observe::{Observer, Pieces};
///
/// let mut pieces = Pieces::of(6);
/// pieces.seen(5, "type");
/// pieces.seen(5, "of this there is nothing");
/// pieces.seen(0, "data");
/// assert_eq!(pieces.list(), [(0..1, "type"), (1..6, "data")]);
/// assert_eq!(pieces.position(), 6);
/// ```
#[derive(Clone, Debug)]
pub struct Pieces<K> {
    length: usize,
    position: usize,
    list: Vec<(Range<usize>, K)>,
}

impl<K> Pieces<K> {
    /// Of something that has this length.
    pub fn of(length: usize) -> Self {
        Self { length, position: 0, list: Vec::new() }
    }

    /// How far the parser has come.
    pub fn position(&self) -> usize {
        self.position
    }

    /// What it has said so far.
    pub fn list(&self) -> &[(Range<usize>, K)] {
        &self.list
    }

    /// Hands over what it has said since this was asked for the last time.
    pub fn take(&mut self) -> Vec<(Range<usize>, K)> {
        std::mem::take(&mut self.list)
    }
}

impl<K> Observer<K> for Pieces<K> {
    fn seen(&mut self, left: usize, kind: K) {
        let position = self.length.saturating_sub(left);
        if position > self.position {
            self.list.push((self.position..position, kind));
            self.position = position;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever is told nonsense still has pieces that touch.
    #[test]
    fn pieces_touch_whatever_is_said() {
        let mut pieces = Pieces::of(10);
        for (left, kind) in [(8, 'a'), (9, 'b'), (99, 'c'), (3, 'd'), (3, 'e'), (0, 'f')] {
            pieces.seen(left, kind);
        }
        assert_eq!(pieces.list(), [(0..2, 'a'), (2..7, 'd'), (7..10, 'f')]);
    }

    #[test]
    fn a_part_is_told_as_of_the_whole() {
        let mut pieces = Pieces::of(10);
        Part::before(4, &mut pieces).seen(2, 'a');
        pieces.seen(4, 'b');
        assert_eq!(pieces.take(), [(0..4, 'a'), (4..6, 'b')]);
        assert_eq!(pieces.take(), []);
        assert_eq!(pieces.position(), 6);
    }
}
