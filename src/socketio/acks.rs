//! Acknowledgements: answers that are awaited.
//!
//! ```text
//!   server ──► 4213["question"]      this one wants an answer, and its number is 13
//!   client ──► 4313["answer"]        here it is
//! ```
//!
//! Core file. Spec: Socket.IO v5, "Acknowledgement".

use std::collections::HashMap;

/// The answers that one socket owes, and what each is wanted for.
///
/// ```
/// use sockrates::socketio::acks::Acks;
///
/// let mut acks = Acks::default();
/// assert!(acks.expect(13, "the caller", 10));
/// assert_eq!(acks.settle(13), Some("the caller"));
/// assert_eq!(acks.settle(13), None, "a second answer finds nobody");
/// ```
#[derive(Debug)]
pub struct Acks<T> {
    /// Empty for most sockets, most of the time, and then without memory of its own.
    wanted: HashMap<u64, T>,
}

impl<T> Acks<T> {
    /// From now on the answer number `id` is wanted for `purpose`. `false`, and nothing is
    /// noted, when `max` are wanted already.
    pub fn expect(&mut self, id: u64, purpose: T, max: usize) -> bool {
        let room = self.wanted.len() < max;
        if room {
            self.wanted.insert(id, purpose);
        }
        room
    }

    /// The answer number `id` has come, or is not wanted any more. `None` when nobody asked,
    /// which is not an error: it may be late, or come twice.
    pub fn settle(&mut self, id: u64) -> Option<T> {
        let purpose = self.wanted.remove(&id);
        if self.wanted.is_empty() {
            self.wanted = HashMap::new();
        }
        purpose
    }

    /// How many are wanted.
    pub fn len(&self) -> usize {
        self.wanted.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }
}

impl<T> Default for Acks<T> {
    fn default() -> Self {
        Self { wanted: HashMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_is_as_good_as_any() {
        let mut acks = Acks::default();
        acks.expect(0, 'a', 10);
        acks.expect(1, 'b', 10);
        assert_eq!(acks.settle(0), Some('a'));
        assert_eq!(acks.settle(7), None);
        assert_eq!(acks.settle(1), Some('b'));
    }

    #[test]
    fn past_the_limit_nothing_is_noted() {
        let mut acks = Acks::default();
        assert!(acks.expect(0, (), 1));
        assert!(!acks.expect(1, (), 1));
        assert_eq!(acks.len(), 1);
        acks.settle(0);
        assert!(acks.expect(1, (), 1));
    }
}
