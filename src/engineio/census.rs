//! The census: how many there are, in all and from one address, and how many there may be.
//!
//! ```text
//!   from 192.0.2.7    ●●●●●●●●  8 of 8     the next one from there: 429
//!   from 192.0.2.8    ●●        2 of 8
//!   in all            10 of 10             the next one from anywhere: 503
//! ```
//!
//! Sessions are counted, and TCP connections. Without limits nothing is counted, and nothing costs
//! anything: that is the default, since behind a proxy all clients share one address.
//!
//! Shell file: owns a lock, which is held for a look into a map. Not in the specification.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts what is let in.
#[derive(Clone, Debug)]
pub struct Census(Option<Arc<Counters>>);

#[derive(Debug)]
struct Counters {
    limits: Limits,
    counts: Mutex<Counts>,
}

/// How many there may be. `None` is any number.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Limits {
    /// In all.
    pub all: Option<usize>,
    /// From one address.
    pub per_address: Option<usize>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    /// Only addresses that have one at least.
    per_address: HashMap<IpAddr, usize>,
}

/// Why nobody more is let in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Crowded {
    /// There are too many in all.
    All,
    /// There are too many from this address.
    Address,
}

/// The place of one that was let in. Dropping it makes room for another.
#[derive(Debug)]
pub struct Place(Option<(Arc<Counters>, IpAddr)>);

impl Census {
    /// Nobody is there yet.
    pub fn new(limits: Limits) -> Self {
        let counted = limits != Limits::default();
        let counters = || Arc::new(Counters { limits, counts: Mutex::default() });
        Self(counted.then(counters))
    }

    /// Lets in one more from `address`.
    ///
    /// ```
    /// use sockrates::engineio::census::{Census, Crowded, Limits};
    ///
    /// let census = Census::new(Limits { all: Some(2), per_address: Some(1) });
    /// let place = census.admit([192, 0, 2, 7].into()).expect("the first one");
    /// assert_eq!(census.admit([192, 0, 2, 7].into()).unwrap_err(), Crowded::Address);
    /// drop(place);
    /// assert!(census.admit([192, 0, 2, 7].into()).is_ok());
    /// ```
    ///
    /// # Errors
    /// When there are as many as there may be.
    pub fn admit(&self, address: IpAddr) -> Result<Place, Crowded> {
        let Some(counters) = &self.0 else { return Ok(Place(None)) };
        let Limits { all, per_address } = counters.limits;
        let mut counts = counters.lock();
        if all.is_some_and(|limit| counts.all >= limit) {
            return Err(Crowded::All);
        }
        let here = counts.per_address.get(&address).copied().unwrap_or_default();
        if per_address.is_some_and(|limit| here >= limit) {
            return Err(Crowded::Address);
        }
        counts.all += 1;
        counts.per_address.insert(address, here + 1);
        drop(counts);
        Ok(Place(Some((counters.clone(), address))))
    }
}

impl Counters {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        // Nothing that can panic happens under the lock, so there is nothing to mend.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((counters, address)) = self.0.take() else { return };
        let mut counts = counters.lock();
        counts.all = counts.all.saturating_sub(1);
        if let Some(here) = counts.per_address.get_mut(&address) {
            *here = here.saturating_sub(1);
            if *here == 0 {
                counts.per_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 8));

    #[test]
    fn the_last_place_is_taken_once_and_free_again_when_it_is_left() {
        let census = Census::new(Limits { all: Some(3), per_address: Some(2) });
        let first = census.admit(ONE).unwrap();
        let second = census.admit(ONE).unwrap();
        assert_eq!(census.admit(ONE).unwrap_err(), Crowded::Address);
        let third = census.admit(OTHER).unwrap();
        assert_eq!(census.admit(OTHER).unwrap_err(), Crowded::All);

        drop(first);
        let again = census.admit(ONE).unwrap();
        drop((second, third, again));
        let counts = census.0.as_ref().unwrap().lock();
        assert_eq!((counts.all, counts.per_address.len()), (0, 0), "nothing is kept of who left");
    }

    #[test]
    fn without_limits_nothing_is_counted() {
        let census = Census::new(Limits::default());
        let places: Vec<_> = (0..1000).map(|_| census.admit(ONE)).collect();
        assert!(census.0.is_none() && places.iter().all(Result::is_ok));
    }
}
