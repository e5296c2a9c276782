//! The census: how many there are, in all and from one address, and how many there may be.
//!
//! ```text
//!   from 192.0.2.7    ●●●●●●●●  8 of 8     the next one from there: 429
//!   from 192.0.2.8    ●●        2 of 8
//!   in all            10 of 10             the next one from anywhere: 503
//! ```
//!
//! Sessions are counted, and TCP connections; and how many come from one address within a second.
//! Without limits nothing is counted, and nothing costs anything: that is the default, since
//! behind a proxy all clients share one address.
//!
//! Shell file: owns a lock, which is held for a look into a map. Not in the specification.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

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
    /// New ones from one address within a second.
    pub per_second: Option<usize>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    /// Only addresses that have one at least.
    per_address: HashMap<IpAddr, usize>,
    /// Those that came within this second. It begins with the first of them.
    lately: HashMap<IpAddr, usize>,
    second: Option<Instant>,
}

/// Why nobody more is let in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Crowded {
    /// There are too many in all.
    All,
    /// There are too many from this address.
    Address,
    /// Too many come from this address at once.
    Rate,
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

    /// Somebody comes from `address`, who may be let in or not.
    ///
    /// # Errors
    /// When too many come from there at once.
    pub fn arrive(&self, address: IpAddr, now: Instant) -> Result<(), Crowded> {
        let Some(counters) = &self.0 else { return Ok(()) };
        let Some(limit) = counters.limits.per_second else { return Ok(()) };
        let came = counters.lock().came(neighbourhood(address), now);
        if came > limit { Err(Crowded::Rate) } else { Ok(()) }
    }

    /// Lets in one more from `address`.
    ///
    /// ```
    /// use sockrates::engineio::census::{Census, Crowded, Limits};
    ///
    /// let census = Census::new(Limits { per_address: Some(1), ..Limits::default() });
    /// let address = [192, 0, 2, 7].into();
    /// let place = census.admit(address).expect("the first one");
    /// assert_eq!(census.admit(address).unwrap_err(), Crowded::Address);
    /// drop(place);
    /// assert!(census.admit(address).is_ok());
    /// ```
    ///
    /// # Errors
    /// When there are as many as there may be.
    pub fn admit(&self, address: IpAddr) -> Result<Place, Crowded> {
        let Some(counters) = &self.0 else { return Ok(Place(None)) };
        let address = neighbourhood(address);
        let Limits { all, per_address, .. } = counters.limits;
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

/// Addresses that one client can choose from count as one: of IPv6 the first half. An IPv4 address
/// in the clothes of IPv6 is what it is.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() >> 64 << 64;
            IpAddr::V6(network.into())
        }
        short @ IpAddr::V4(_) => short,
    }
}

impl Counters {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        // Nothing that can panic happens under the lock, so there is nothing to mend.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// How many have come from this address within this second, with the one at hand.
    fn came(&mut self, address: IpAddr, now: Instant) -> usize {
        let begun = self.second.is_some_and(|from| now.saturating_duration_since(from) < SECOND);
        if !begun {
            self.second = Some(now);
            self.lately = HashMap::new();
        }
        let here = self.lately.entry(address).or_default();
        *here += 1;
        *here
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
        let limits = Limits { all: Some(3), per_address: Some(2), per_second: None };
        let census = Census::new(limits);
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

    /// Those that were turned down count: whoever hammers is let in no sooner for it.
    #[test]
    fn so_many_come_within_a_second() {
        let (census, now) =
            (Census::new(Limits { per_second: Some(2), ..Limits::default() }), Instant::now());
        let at = |address, ms| census.arrive(address, now + Duration::from_millis(ms));
        assert_eq!([at(ONE, 0), at(ONE, 10), at(OTHER, 20)], [Ok(()); 3]);
        assert_eq!([at(ONE, 30), at(ONE, 999)], [Err(Crowded::Rate); 2]);
        assert_eq!(
            [at(ONE, 1000), at(ONE, 1001), at(ONE, 1002)],
            [Ok(()), Ok(()), Err(Crowded::Rate)]
        );
    }

    #[test]
    fn addresses_that_one_client_can_choose_from_count_as_one() {
        let census = Census::new(Limits { per_address: Some(1), ..Limits::default() });
        let admit = |address: &str| census.admit(address.parse().unwrap());
        let _place = admit("2001:db8::1").unwrap();
        assert_eq!(admit("2001:db8::2:1").unwrap_err(), Crowded::Address);
        let _next_door = admit("2001:db8:0:1::1").unwrap();
        let _short = admit("192.0.2.7").unwrap();
        assert_eq!(admit("::ffff:192.0.2.7").unwrap_err(), Crowded::Address);
    }

    #[test]
    fn without_limits_nothing_is_counted() {
        let census = Census::new(Limits::default());
        let places: Vec<_> = (0..1000).map(|_| census.admit(ONE)).collect();
        assert!(census.0.is_none() && places.iter().all(Result::is_ok));
    }
}
