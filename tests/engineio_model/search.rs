//! A search over the states of a session, breadth first.
//!
//! ```text
//!   0 ── Get ──► 1 ── Send ──► 1      two histories that lead to the same state
//!   └── Send ──► 2 ── Get ───► 3      are told apart no more
//! ```
//!
//! Each state is reached once, by the shortest history, and from there every move is played. So
//! what is played are the edges of a graph, while what is covered are all its paths.

use std::collections::HashMap;
use std::thread;
use std::time::Instant;

use super::moves::MOVES;
use super::walk::{Instants, Place, check_afterwards};
use super::world::Setting;

/// More units of time than any history takes.
const UNITS: u32 = 1000;

/// What a search has found.
pub struct Graph {
    /// Where the moves from each state lead. A state that was not played on from has no entry.
    moves: Vec<Vec<Next>>,
    /// How many states there are in which the session lives.
    pub states: usize,
}

#[derive(Clone, Copy)]
enum Next {
    State(usize),
    Closed,
}

/// A move that was played: the fingerprint of the state it leads to, `None` if that is the end,
/// and the place, if the state was not known.
type Found = Vec<(Option<u64>, Option<Place>)>;

impl Graph {
    /// Plays every move from every state that so many moves lead to, less one.
    pub fn search(setting: Setting, depth: usize) -> Self {
        let epoch = Instant::now();
        let names = Instants::new(epoch, UNITS);
        let start = Place::start(setting, epoch);
        let fingerprint = start.fingerprint(&start.world(epoch), &names);
        let mut known = HashMap::from([(fingerprint, 0)]);
        let mut frontier = vec![start];
        let mut moves = Vec::new();
        for _ in 0..depth {
            let found = expand(&frontier, &known, &names, epoch);
            frontier = Vec::new();
            for place in found {
                let mut nexts = Vec::with_capacity(place.len());
                for (fingerprint, place) in place {
                    let Some(fingerprint) = fingerprint else {
                        nexts.push(Next::Closed);
                        continue;
                    };
                    let free = known.len();
                    let number = *known.entry(fingerprint).or_insert(free);
                    if number == free {
                        frontier.extend(place);
                    }
                    nexts.push(Next::State(number));
                }
                moves.push(nexts);
            }
        }
        Self { moves, states: known.len() }
    }

    /// How many histories were played: each ends in a move that no other ends in, after the same
    /// state.
    pub fn played(&self) -> u64 {
        self.moves.iter().map(|moves| moves.len() as u64).sum()
    }

    /// How many histories of up to so many moves there are in all.
    pub fn covered(&self, depth: usize) -> u128 {
        let mut total = 0;
        let mut ways = vec![0_u128; self.states];
        ways[0] = 1;
        for _ in 0..depth {
            let mut next = vec![0; self.states];
            for (moves, ways) in self.moves.iter().zip(&ways) {
                for to in moves {
                    total += ways;
                    if let Next::State(number) = to {
                        next[*number] += ways;
                    }
                }
            }
            ways = next;
        }
        total
    }
}

/// Plays every move from every one of these places, half of them on a thread of their own.
fn expand(
    frontier: &[Place],
    known: &HashMap<u64, usize>,
    names: &Instants,
    epoch: Instant,
) -> Vec<Found> {
    let all = |places: &[Place]| -> Vec<Found> {
        places.iter().map(|place| moves_from(place, known, names, epoch)).collect()
    };
    let (here, there) = frontier.split_at(frontier.len() / 2);
    thread::scope(|scope| {
        let there = scope.spawn(|| all(there));
        let mut found = all(here);
        found.extend(there.join().expect("the moves of a walk that fails are printed above"));
        found
    })
}

fn moves_from(
    place: &Place,
    known: &HashMap<u64, usize>,
    names: &Instants,
    epoch: Instant,
) -> Found {
    let mut found = Vec::new();
    for happens in MOVES.into_iter().filter(|happens| place.model.allows(*happens)) {
        let mut next = place.clone();
        let mut world = place.world(epoch);
        next.step(&mut world, happens);
        if next.model.is_closed() {
            check_afterwards(&next, world);
            found.push((None, None));
        } else {
            let fingerprint = next.fingerprint(&world, names);
            let is_new = !known.contains_key(&fingerprint);
            found.push((Some(fingerprint), is_new.then_some(next)));
        }
    }
    found
}
