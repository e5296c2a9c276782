//! A walk: a session, its model and the ledger, taken through the same moves.
//!
//! ```text
//!   Walk ── step ──► World   what the session did     equal, or the test fails
//!            │  └──► Model   what it should do
//!            └─────► Ledger  what must hold whatever it did
//! ```
//!
//! A session cannot be cloned, so a walk that branches is played again from its beginning. The
//! model and the ledger can, so what was checked once is not checked again.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Instant;

use sockrates::engineio::refusal::{Fate, Refusal};
use sockrates::engineio::session::{Action, Answer};

use super::invariants::Ledger;
use super::model::Model;
use super::moves::{Move, Step, UNIT};
use super::world::{Seen, Setting, World};

/// Where a walk has come to, and how.
#[derive(Clone)]
pub struct Place {
    pub setting: Setting,
    pub steps: Vec<Step>,
    pub model: Model,
    pub ledger: Ledger,
}

/// Prints the moves of a walk that fails.
struct Story<'a>(Setting, &'a [Step]);

impl Drop for Story<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let moves: Vec<_> = self.1.iter().map(|step| step.happens).collect();
            eprintln!("on {:?}, after {} moves: {moves:?}", self.0, moves.len());
        }
    }
}

impl Place {
    /// A session that was just opened.
    pub fn start(setting: Setting, epoch: Instant) -> Self {
        let (model, ledger) = (Model::open(setting), Ledger::open(setting));
        let mut place = Self { setting, steps: Vec::new(), model, ledger };
        let mut world = World::open(setting, epoch);
        for happens in setting.prelude() {
            place.step(&mut world, *happens);
        }
        place
    }

    /// A session in this place.
    pub fn world(&self, epoch: Instant) -> World {
        let mut world = World::open(self.setting, epoch);
        let mut seen = Vec::new();
        for step in &self.steps {
            world.step(*step, &mut seen);
            seen.clear();
        }
        world
    }

    /// One move on, with everything looked at.
    pub fn step(&mut self, world: &mut World, happens: Move) {
        let step = self.model.plan(happens);
        let has_turn = self.model.has_turn_after(happens);
        self.steps.push(step);
        let _story = Story(self.setting, &self.steps);
        let (mut seen, mut told) = (Vec::new(), Vec::new());
        world.step(step, &mut seen);
        self.model.step(step, &mut told);
        self.ledger.check(step, &seen, world, has_turn);
        assert_eq!(seen, told, "The session (left) does what the model (right) says");
        agree(&self.model, world);
    }

    /// What the session is, with all it hides: two walks with the same fingerprint go on alike.
    pub fn fingerprint(&self, world: &World, names: &Instants) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.model, &self.ledger).hash(&mut hasher);
        names.hash(world, &mut hasher);
        hasher.finish()
    }
}

/// What can be asked of a session is what the model has.
fn agree(model: &Model, world: &World) {
    let session = &world.session;
    assert_eq!(session.is_closing(), model.is_closing(), "It closes when it is told to");
    if model.is_closed() {
        return;
    }
    assert_eq!(session.transport(), model.transport(), "It knows its transport");
    assert_eq!(session.has_backlog(), model.has_backlog(), "It knows what it has not read");
    assert_eq!(session.buffered(), model.bytes(), "It knows how much waits");
    let units = session.deadline().map(|at| at.saturating_duration_since(world.now));
    let expected = model.deadline().map(|units| units * UNIT);
    assert_eq!(units, expected, "Its next deadline is the first of all");
}

/// What still comes finds a session that is over: requests and WebSockets are refused, and the
/// rest is nothing.
pub fn check_afterwards(place: &Place, world: World) {
    let _story = Story(place.setting, &place.steps);
    let unknown = || Answer::Refused(Refusal::UnknownSid(Fate::JustClosed));
    let seen = world.afterwards();
    let told = [
        Seen::Done(Action::Answer(9, unknown())),
        Seen::Done(Action::Answer(9, unknown())),
        Seen::Welcome(false),
    ];
    assert_eq!(seen, told, "After the end a GET, a POST and a WebSocket are refused");
}

/// The names of points in time, as `Debug` prints them.
///
/// A session shows its state by `Debug`, with times that no two walks share. What matters about a
/// time is how far away it is, and of what has long passed not even that.
pub struct Instants(HashMap<String, i64>);

impl Instants {
    /// Before so many units a time has long passed: no limit is as long.
    const LONG_AGO: i64 = -8;

    pub fn new(epoch: Instant, units: u32) -> Self {
        let name = |unit: u32| (format!("{:?}", epoch + unit * UNIT), i64::from(unit));
        Self((0..units).map(name).collect())
    }

    fn hash(&self, world: &World, hasher: &mut DefaultHasher) {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = write!(text, "{:?}", world.session);
        const BEGIN: &str = "Instant {";
        let mut pieces = text.split(BEGIN);
        pieces.next().hash(hasher);
        for piece in pieces {
            let end = piece.find('}').map_or(0, |at| at + 1);
            let (name, rest) = piece.split_at(end);
            let unit = self.0.get(&format!("{BEGIN}{name}")).expect("a time within the table");
            (unit - i64::from(world.units)).max(Self::LONG_AGO).hash(hasher);
            rest.hash(hasher);
        }
    }
}
