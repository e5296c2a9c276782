//! The session, explored: every state that a few moves lead to, every history of fewer, and long
//! walks at random.
//!
//! ```text
//!              ┌─ Get ── Probe ── Upgrade ─ …       every order of all that can happen,
//!   a session ─┼─ Post ─ Body(Two) ─ Get ── …       and after each move the session is held
//!              └─ Close ─ Wait(Due) ─ Get ─ …       to the model and to the invariants
//! ```
//!
//! `moves` says what can happen, `world` plays the part of the session's task, `model` is the same
//! session written down plainly, `invariants` keeps the ledger of what is owed, `walk` puts them
//! together, and `search` goes everywhere. `docs/proof.md` says what each of them catches, and how
//! to see it.

mod engineio_model {
    pub mod invariants;
    pub mod model;
    pub mod moves;
    pub mod search;
    pub mod walk;
    pub mod wire;
    pub mod world;
}

use std::collections::hash_map::RandomState;
use std::env;
use std::hash::BuildHasher;
use std::time::Instant;

use engineio_model::moves::{MOVES, Move};
use engineio_model::search::Graph;
use engineio_model::walk::{Place, check_afterwards};
use engineio_model::wire::Revision;
use engineio_model::world::{Link, Setting};

/// A session is opened on either transport, by a client of either revision of the protocol.
const POLLING: Setting = Setting { link: Link::Polling, revision: Revision::Four };
const WEBSOCKET: Setting = Setting { link: Link::WebSocket, revision: Revision::Four };
const OLD_POLLING: Setting = Setting { link: Link::Polling, revision: Revision::Three };
const OLD_WEBSOCKET: Setting = Setting { link: Link::WebSocket, revision: Revision::Three };
const SETTINGS: [Setting; 4] = [POLLING, WEBSOCKET, OLD_POLLING, OLD_WEBSOCKET];

/// How many moves the search goes from the beginning, and what it has to play at least.
const DEPTHS: [(Setting, usize); 4] =
    [(POLLING, 8), (WEBSOCKET, 10), (OLD_POLLING, 6), (OLD_WEBSOCKET, 8)];
const HISTORIES: u64 = 1_000_000;

/// How long the histories are that are played to the last one, with none taken for another.
const PLAIN_DEPTH: usize = 4;

/// Threat 37. Nothing lost, doubled or reordered; every request answered once; one end, and no
/// timer after it; what waits is bounded: in every state, after every move.
#[test]
fn whatever_happens_the_session_does_what_the_model_says() {
    let begun = Instant::now();
    let (mut played, mut states) = (0, 0);
    for (setting, depth) in DEPTHS {
        let graph = Graph::search(setting, depth);
        let covered = graph.covered(depth);
        println!(
            "{setting:?}, up to {depth} moves: {} states; {} histories played stand for {covered}",
            graph.states,
            graph.played(),
        );
        played += graph.played();
        states += graph.states;
    }
    println!("{states} states, {played} histories, in {:?}", begun.elapsed());
    assert!(played >= HISTORIES, "only {played} histories were played");
}

/// States are told apart by all that the session hides. To be sure: where none is taken for
/// another there are as many histories, and they pass as well.
#[test]
fn no_state_is_taken_for_another() {
    let epoch = Instant::now();
    for setting in SETTINGS {
        let histories = histories_after(&Place::start(setting, epoch), PLAIN_DEPTH, epoch);
        let graph = Graph::search(setting, PLAIN_DEPTH);
        println!("{setting:?}: {histories} histories of up to {PLAIN_DEPTH} moves");
        assert_eq!(u128::from(histories), graph.covered(PLAIN_DEPTH));
        assert!(histories > graph.played(), "the search takes no state for another one");
    }
}

/// Plays every history that goes on from here with up to so many moves, and counts them.
fn histories_after(place: &Place, moves: usize, epoch: Instant) -> u64 {
    let mut histories = 0;
    for happens in MOVES.into_iter().filter(|happens| place.model.allows(*happens)) {
        let mut next = place.clone();
        let mut world = place.world(epoch);
        next.step(&mut world, happens);
        histories += 1;
        if next.model.is_closed() {
            check_afterwards(&next, world);
        } else if moves > 1 {
            histories += histories_after(&next, moves - 1, epoch);
        }
    }
    histories
}

/// No search is as long as this, and no walk at random hits it.
#[test]
fn a_candidate_that_only_probes_is_dropped() {
    let epoch = Instant::now();
    let mut place = Place::start(POLLING, epoch);
    let mut world = place.world(epoch);
    place.step(&mut world, Move::Candidate);
    let mut probes = 0;
    while place.model.allows(Move::Probe) {
        place.step(&mut world, Move::Probe);
        probes += 1;
    }
    assert_eq!(probes, 17, "the last one is too many");
}

/// Long histories at random. `MODEL_SEED` plays the walks of a run again, and `MODEL_WALKS` asks
/// for more of them.
#[test]
fn long_walks_at_random() {
    const MOVES_LONG: usize = 60;
    let number = |name| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seed = number("MODEL_SEED").unwrap_or_else(|| RandomState::new().hash_one(0));
    let walks = number("MODEL_WALKS").unwrap_or(2000);
    println!("MODEL_SEED={seed}");
    let mut random = Random(seed);
    let mut longest = 0;
    for _ in 0..walks {
        let epoch = Instant::now();
        let setting = SETTINGS[random.below(SETTINGS.len())];
        let mut place = Place::start(setting, epoch);
        let mut world = place.world(epoch);
        while place.steps.len() < MOVES_LONG && !place.model.is_closed() {
            let happens = random.next_move(&place);
            place.step(&mut world, happens);
        }
        longest = longest.max(place.steps.len());
        if place.model.is_closed() {
            check_afterwards(&place, world);
        }
    }
    assert_eq!(longest, MOVES_LONG, "the walks are too short to prove anything");
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        // SplitMix: every seed is a good one.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % end as u64) as usize
    }

    /// A move that can happen. Most of those that end a session are passed over, or no walk would
    /// be long.
    fn next_move(&mut self, place: &Place) -> Move {
        loop {
            let happens = MOVES[self.below(MOVES.len())];
            if !place.model.allows(happens) {
                continue;
            }
            let mut model = place.model.clone();
            model.step(model.plan(happens), &mut Vec::new());
            if !model.is_closed() || self.below(50) == 0 {
                return happens;
            }
        }
    }
}
