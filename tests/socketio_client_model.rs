//! A client with many namespaces, explored: every history of a few moves, held to a plain model.
//!
//! ```text
//!              ┌─ Connect(0) ── Admit(0) ── Event(0) ─ …     every order of all that can happen,
//!   a client ──┼─ Event(0)     (closed)                      and after each move the client is
//!              └─ Wait ── Connect(1) ── Kick(1) ─ …          held to the model
//! ```
//!
//! `fuzz/src/client/model.rs` is the model, written from the rules and not from the code, and
//! `world.rs` beside it makes each move on both. The fuzz target `client` goes deeper with the same
//! two. `tests/breaks/run` shows what they notice.
//!
//! Histories that lead to the same state are told apart no more: each state is played on from
//! once. What is played are the edges of a graph, while what is covered are all its paths.

#[path = "../fuzz/src/client/model.rs"]
mod model;
#[path = "../fuzz/src/client/world.rs"]
mod world;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Instant;

use model::{Move, NAMESPACES};
use world::{UNIT, World};

/// How many moves the search goes from the beginning, and what it has to play at least.
const DEPTH: usize = 8;
const PLAYED: u64 = 300_000;
const COVERED: u128 = 900_000_000;

/// How long the histories are that are played to the last one, with none taken for another.
const PLAIN_DEPTH: usize = 3;

/// Every move there is.
fn moves() -> Vec<Move> {
    let each = 0..NAMESPACES.len();
    let of = |place| {
        [
            Move::Connect(place),
            Move::Admit(place),
            Move::Greet(place),
            Move::Event(place),
            Move::Question(place),
            Move::Head(place, 1),
            Move::Head(place, 2),
            Move::Unfilled(place),
            Move::Answer(place),
            Move::AnswerHead(place),
            Move::Leave(place),
            Move::Backwards(place),
            Move::Refuse(place),
            Move::Kick(place),
        ]
    };
    let all = [Move::Attachment, Move::Heavy, Move::Garbage, Move::Wait];
    each.flat_map(of).chain(all).collect()
}

/// Prints the moves of a history that fails.
struct Story<'a>(&'a [Move]);

impl Drop for Story<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("after {:?}", self.0);
        }
    }
}

/// Plays a history.
fn play(history: &[Move], epoch: Instant) -> World {
    let _story = Story(history);
    let mut world = World::start(epoch);
    history.iter().for_each(|happens| world.step(*happens));
    world
}

/// What the client is, with all it hides: two with the same fingerprint go on alike.
fn fingerprint(world: &World, times: &HashMap<String, i64>, waits: i64) -> u64 {
    const BEGIN: &str = "Instant {";
    let mut hasher = DefaultHasher::new();
    world.model.hash(&mut hasher);
    let text = format!("{:?}", world.client);
    let mut pieces = text.split(BEGIN);
    pieces.next().hash(&mut hasher);
    for piece in pieces {
        let (time, rest) = piece.split_at(piece.find('}').map_or(0, |at| at + 1));
        // How far away it is, which is all that matters.
        (times[&format!("{BEGIN}{time}")] - waits).hash(&mut hasher);
        rest.hash(&mut hasher);
    }
    hasher.finish()
}

/// What a search has found: where the moves from each state lead, `None` for the end.
struct Graph {
    edges: Vec<Vec<Option<usize>>>,
    states: usize,
}

impl Graph {
    /// Plays every move from every state that so many moves lead to, less one.
    fn search(depth: usize) -> Self {
        let epoch = Instant::now();
        let time = |unit: u32| (format!("{:?}", epoch + unit * UNIT), i64::from(unit));
        let times: HashMap<String, i64> = (0..100).map(time).collect();
        let start = fingerprint(&World::start(epoch), &times, 0);
        let mut known = HashMap::from([(start, 0)]);
        let (mut frontier, mut edges) = (vec![Vec::new()], Vec::new());
        for _ in 0..depth {
            for mut history in std::mem::take(&mut frontier) {
                let model = play(&history, epoch).model;
                let mut nexts = Vec::new();
                for happens in moves().into_iter().filter(|it| model.allows(*it)) {
                    history.push(happens);
                    let world = play(&history, epoch);
                    nexts.push((!world.model.is_closed()).then(|| {
                        let waits = history.iter().filter(|it| **it == Move::Wait).count();
                        let free = known.len();
                        let state = fingerprint(&world, &times, waits as i64);
                        let number = *known.entry(state).or_insert(free);
                        if number == free {
                            frontier.push(history.clone());
                        }
                        number
                    }));
                    history.pop();
                }
                edges.push(nexts);
            }
        }
        Self { edges, states: known.len() }
    }

    /// How many histories were played: each ends in a move that no other ends in, after the same
    /// state.
    fn played(&self) -> u64 {
        self.edges.iter().map(|edges| edges.len() as u64).sum()
    }

    /// How many histories of up to so many moves there are in all.
    fn covered(&self, depth: usize) -> u128 {
        let (mut total, mut ways) = (0, vec![0_u128; self.states]);
        ways[0] = 1;
        for _ in 0..depth {
            let mut next = vec![0; self.states];
            for (edges, ways) in self.edges.iter().zip(&ways) {
                total += ways * edges.len() as u128;
                for number in edges.iter().flatten() {
                    next[*number] += ways;
                }
            }
            ways = next;
        }
        total
    }
}

/// Trap 32. In every state, after every move: what the server hears, in which order, and why a
/// session is closed.
#[test]
fn whatever_happens_the_client_does_what_the_model_says() {
    let begun = Instant::now();
    let graph = Graph::search(DEPTH);
    let (played, covered) = (graph.played(), graph.covered(DEPTH));
    println!(
        "up to {DEPTH} moves: {} states; {played} histories played stand for {covered}; {:?}",
        graph.states,
        begun.elapsed(),
    );
    assert!(played >= PLAYED, "only {played} histories were played");
    assert!(covered >= COVERED, "they stand for {covered} only");
}

/// States are told apart by all that the client hides. To be sure: where none is taken for another
/// there are as many histories, and they pass as well.
#[test]
fn no_state_is_taken_for_another() {
    let graph = Graph::search(PLAIN_DEPTH);
    let histories = histories_after(&mut Vec::new(), PLAIN_DEPTH, Instant::now());
    println!("{histories} histories of up to {PLAIN_DEPTH} moves");
    assert_eq!(u128::from(histories), graph.covered(PLAIN_DEPTH));
    assert!(histories > graph.played(), "the search takes no state for another one");
}

/// Plays every history that goes on from here with up to so many moves, and counts them.
fn histories_after(history: &mut Vec<Move>, left: usize, epoch: Instant) -> u64 {
    let model = play(history, epoch).model;
    if left == 0 || model.is_closed() {
        return 0;
    }
    let mut histories = 0;
    for happens in moves().into_iter().filter(|it| model.allows(*it)) {
        history.push(happens);
        histories += 1 + histories_after(history, left - 1, epoch);
        history.pop();
    }
    histories
}
