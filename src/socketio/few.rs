//! A set that most often has few items.
//!
//! ```text
//!   up to eight    a list       16 bytes for each room of a socket, and no hash to be computed
//!   more           a hash set
//! ```
//!
//! Most sockets are in one room or two, and most rooms have one member: that of the socket's own
//! name. A hash set would take more memory for its first item than everything else does that a
//! server remembers about that room.
//!
//! Core file. Not in the specification.

use std::borrow::Borrow;
use std::collections::{HashSet, hash_set};
use std::hash::{BuildHasher, Hash};
use std::slice;

/// Items that are looked for one after the other.
const FEW: usize = 8;

/// A set of `T`, hashed by `H` when it has become large.
#[derive(Clone, Debug)]
pub(super) enum Set<T, H> {
    Few(Vec<T>),
    Many(HashSet<T, H>),
}

impl<T, H: Default> Default for Set<T, H> {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl<T: Eq + Hash, H: BuildHasher + Default> Set<T, H> {
    /// Puts an item in, and says whether it was not there before.
    pub(super) fn insert(&mut self, item: T) -> bool {
        match self {
            Self::Few(items) if items.contains(&item) => false,
            Self::Few(items) if items.len() < FEW => {
                items.reserve_exact(1);
                items.push(item);
                true
            }
            Self::Few(items) => {
                *self = Self::Many(items.drain(..).chain([item]).collect());
                true
            }
            Self::Many(items) => items.insert(item),
        }
    }

    /// Takes an item out, and says whether it was there.
    pub(super) fn remove<Q>(&mut self, item: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        match self {
            Self::Few(items) => match items.iter().position(|it| it.borrow() == item) {
                Some(found) => {
                    items.swap_remove(found);
                    true
                }
                None => false,
            },
            Self::Many(items) => items.remove(item),
        }
    }

    /// Whether an item is in it.
    pub(super) fn contains<Q>(&self, item: &Q) -> bool
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        match self {
            Self::Few(items) => items.iter().any(|it| it.borrow() == item),
            Self::Many(items) => items.contains(item),
        }
    }
}

impl<T, H> Set<T, H> {
    /// How many items there are.
    pub(super) fn len(&self) -> usize {
        self.iter().len()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All items, in no order.
    pub(super) fn iter(&self) -> Iter<'_, T> {
        match self {
            Self::Few(items) => Iter::Few(items.iter()),
            Self::Many(items) => Iter::Many(items.iter()),
        }
    }
}

/// The items of a set.
#[derive(Clone, Debug)]
pub(super) enum Iter<'a, T> {
    Few(slice::Iter<'a, T>),
    Many(hash_set::Iter<'a, T>),
}

impl<T> Default for Iter<'_, T> {
    fn default() -> Self {
        Self::Few([].iter())
    }
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        match self {
            Self::Few(items) => items.next(),
            Self::Many(items) => items.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Few(items) => items.size_hint(),
            Self::Many(items) => items.size_hint(),
        }
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::hash::RandomState;

    use super::*;

    /// Whatever is done to it, it says what a plain set says.
    #[test]
    fn few_or_many_it_is_a_set() {
        let (mut set, mut plain) = (Set::<u32, RandomState>::default(), BTreeSet::new());
        for step in 0..2_000_u32 {
            let item = step * 7919 % 23;
            if step % 5 < 3 {
                assert_eq!(set.insert(item), plain.insert(item));
            } else {
                assert_eq!(set.remove(&item), plain.remove(&item));
            }
            assert_eq!((set.len(), set.is_empty()), (plain.len(), plain.is_empty()));
            assert_eq!(set.iter().copied().collect::<BTreeSet<_>>(), plain);
            assert_eq!(set.contains(&item), plain.contains(&item));
        }
        assert!(matches!(set, Set::Many(_)), "{set:?}");
    }

    #[test]
    fn a_set_of_one_takes_the_memory_of_one() {
        let mut set = Set::<u64, RandomState>::default();
        set.insert(1);
        assert!(matches!(set, Set::Few(items) if items.capacity() == 1));
    }
}
