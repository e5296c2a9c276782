//! The tap: what goes over the wire, for whoever wants to look.
//!
//! ```text
//!   requests, answers ─┐                  ┌─► kept: how the newest 32 sessions began
//!   frames in and out ─┼─► line ──► tap ──┤
//!   opened, closed    ─┘   (a session)    └─► watchers, each with a queue that has an end
//! ```
//!
//! Who has no tap pays for none. With one, a session whose line nobody wants costs a look at two
//! numbers for each frame: nothing is copied, and no lock is taken. A watcher who does not keep up
//! loses events, which are counted, and holds up nobody.
//!
//! What is kept here is as it was, secrets included. Whoever shows it to others decides what they
//! may see.
//!
//! Shell file: owns locks and the ends of channels. Not in any specification.

mod event;
mod watcher;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, UNIX_EPOCH};

use tokio::sync::mpsc;
use tokio::time::Instant;

pub use self::event::{CUT, Event, Excerpt, Session, Side, What};
pub use self::watcher::Watcher;
use super::close::CloseReason;
use super::options::Transport;
use super::packet::Frame;

/// Sessions whose beginning is kept: the newest.
pub const SESSIONS: usize = 32;

/// Events of a beginning.
pub const BEGINNING: u32 = 64;

/// Events that are kept of a session that is among the newest, or is watched alone: the newest.
/// Who watches all is told of all, but nothing more is kept for him: there may be many sessions.
pub const KEPT: usize = 256;

/// Events that may wait for one watcher.
pub const QUEUE: usize = 1_024;

/// Who may watch at once.
pub const WATCHERS: usize = 8;

/// What all sessions of a server are tapped by. Cloning it is cheap.
#[derive(Clone)]
pub struct Tap(Arc<Shared>);

struct Shared {
    began: Instant,
    began_at: Duration,
    events: AtomicU64,
    requests: AtomicU64,
    state: Mutex<State>,
    /// Requests that found no session.
    nobody: Arc<Line>,
}

#[derive(Default)]
struct State {
    last: u64,
    /// Those that are open, and the newest whether they are or not.
    lines: BTreeMap<u64, Arc<Line>>,
    newest: VecDeque<u64>,
    watchers: Vec<Watching>,
    ended: bool,
}

struct Watching {
    id: u64,
    session: Option<u64>,
    queue: mpsc::Sender<Arc<Event>>,
    lost: Arc<AtomicU64>,
}

/// What one session is tapped by.
pub struct Line {
    tap: Weak<Shared>,
    session: Option<Session>,
    /// Events that are still kept because it has just begun.
    beginning: AtomicU32,
    /// Watchers that want to see it.
    watched: AtomicU32,
    /// Reasons to keep its events: it is among the newest, and who watches it alone.
    keeps: AtomicU32,
    state: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    events: VecDeque<Arc<Event>>,
    over: Option<CloseReason>,
}

/// A session, for a list of them.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its number.
    pub number: u64,
    /// Its name.
    pub sid: Arc<str>,
    /// Why it is over, if it is.
    pub over: Option<CloseReason>,
    /// Events that are kept of it.
    pub events: usize,
}

impl Default for Tap {
    fn default() -> Self {
        Self::new()
    }
}

impl Tap {
    /// A tap through which nothing has come yet.
    pub fn new() -> Self {
        Self(Arc::new_cyclic(|tap| Shared {
            began: Instant::now(),
            // A clock that goes before 1970 is not set.
            began_at: UNIX_EPOCH.elapsed().unwrap_or_default(),
            events: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            state: Mutex::default(),
            nobody: Arc::new(Line::new(tap.clone(), None)),
        }))
    }

    /// When it was opened: the time since the beginning of 1970.
    pub fn began_at(&self) -> Duration {
        self.0.began_at
    }

    /// A line for a new session, which begins on this transport.
    pub fn session(&self, sid: &str, lane: Transport) -> Arc<Line> {
        let mut state = self.0.state();
        state.last += 1;
        let number = state.last;
        let session = Session { number, sid: sid.into() };
        let line = Arc::new(Line::new(Arc::downgrade(&self.0), Some(session)));
        for watching in &state.watchers {
            line.is_watched_by(watching.session);
        }
        state.lines.insert(number, line.clone());
        state.newest.push_back(number);
        if state.newest.len() > SESSIONS {
            let oldest = state.newest.pop_front().unwrap_or_default();
            state.forget(oldest);
        }
        drop(state);
        line.record(Side::Server, lane, || What::Opened);
        line
    }

    /// The line of requests that find no session.
    pub fn nobody(&self) -> &Arc<Line> {
        &self.0.nobody
    }

    /// The sessions that are open, and the newest, from the oldest on.
    pub fn sessions(&self) -> Vec<Listed> {
        self.0.state().lines.values().filter_map(|line| line.listed()).collect()
    }

    /// What is kept of a session, or of all, in the order in which it was seen.
    pub fn kept(&self, session: Option<u64>) -> Vec<Arc<Event>> {
        self.0.state().kept(session, &self.0.nobody)
    }

    /// Watches one session, or all. What is kept comes first. `None` when there are too many who
    /// watch, or nothing comes any more.
    pub fn watch(&self, session: Option<u64>) -> Option<(Vec<Arc<Event>>, Watcher)> {
        let mut state = self.0.state();
        if state.ended || state.watchers.len() >= WATCHERS {
            return None;
        }
        let (queue, events) = mpsc::channel(QUEUE);
        let lost = Arc::new(AtomicU64::new(0));
        let id = state.watchers.iter().map(|it| it.id).max().unwrap_or_default() + 1;
        state.watchers.push(Watching { id, session, queue, lost: lost.clone() });
        for line in state.of(session, &self.0.nobody) {
            line.is_watched_by(session);
        }
        let kept = state.kept(session, &self.0.nobody);
        drop(state);
        Some((kept, Watcher { tap: self.clone(), id, queue: events, lost }))
    }

    /// Nothing comes any more: whoever watches learns that it is the end.
    pub fn end(&self) {
        let mut state = self.0.state();
        state.ended = true;
        state.watchers.clear();
    }

    fn unwatch(&self, id: u64) {
        let mut state = self.0.state();
        let Some(index) = state.watchers.iter().position(|it| it.id == id) else { return };
        let Watching { session, .. } = state.watchers.swap_remove(index);
        for line in state.of(session, &self.0.nobody) {
            take_one(&line.watched);
            if session.is_some() {
                line.keep_for_one_less();
            }
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic happens under the lock, so there is nothing to mend.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, event: &Arc<Event>) {
        let number = event.session.as_ref().map(|it| it.number);
        // That there is a session, and that there is none any more, is for everybody.
        let for_all = matches!(event.what, What::Opened | What::Closed(_));
        for watching in &self.state().watchers {
            let wanted = for_all || watching.session.is_none() || watching.session == number;
            if wanted && watching.queue.try_send(event.clone()).is_err() {
                watching.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl State {
    /// The lines of one session, or of all.
    fn of<'a>(
        &'a self,
        session: Option<u64>,
        nobody: &'a Arc<Line>,
    ) -> impl Iterator<Item = &'a Arc<Line>> {
        let lines =
            self.lines.iter().filter(move |(number, _)| session.is_none_or(|it| it == **number));
        lines.map(|(_, line)| line).chain(Some(nobody).filter(|_| session.is_none()))
    }

    /// What is kept of one session, or of all, in the order in which it was seen.
    fn kept(&self, session: Option<u64>, nobody: &Arc<Line>) -> Vec<Arc<Event>> {
        let lines = self.of(session, nobody);
        let mut events: Vec<_> =
            lines.flat_map(|line| Vec::from(line.kept().events.clone())).collect();
        events.sort_unstable_by_key(|event| event.number);
        events
    }

    /// A session is not among the newest any more.
    fn forget(&mut self, number: u64) {
        let Some(line) = self.lines.get(&number) else { return };
        line.beginning.store(0, Ordering::Relaxed);
        line.keep_for_one_less();
        let over = line.kept().over;
        if over.is_some() {
            self.lines.remove(&number);
        }
    }
}

impl Line {
    fn new(tap: Weak<Shared>, session: Option<Session>) -> Self {
        Self {
            tap,
            session,
            beginning: AtomicU32::new(BEGINNING),
            watched: AtomicU32::new(0),
            keeps: AtomicU32::new(1),
            state: Mutex::default(),
        }
    }

    /// Whether anybody wants to know what is seen.
    pub fn is_wanted(&self) -> bool {
        self.watched.load(Ordering::Relaxed) > 0 || self.beginning.load(Ordering::Relaxed) > 0
    }

    /// Records what was seen, if anybody wants to know.
    pub fn record(&self, from: Side, lane: Transport, what: impl FnOnce() -> What) {
        if self.is_wanted() {
            self.keep(from, lane, what());
        }
    }

    /// Records a frame.
    pub fn frame(&self, from: Side, frame: &Frame) {
        self.record(from, Transport::WebSocket, || What::Frame(frame.into()));
    }

    /// Records the end of a WebSocket.
    pub fn websocket_closed(&self) {
        self.record(Side::Client, Transport::WebSocket, || What::WebSocketClosed);
    }

    /// One more watches: a session, or all. It is nothing to the line if that is another session.
    fn is_watched_by(&self, session: Option<u64>) {
        let alone = session.is_some();
        if alone && session != self.session.as_ref().map(|it| it.number) {
            return;
        }
        self.watched.fetch_add(1, Ordering::Relaxed);
        self.keeps.fetch_add(u32::from(alone), Ordering::Relaxed);
    }

    /// One reason less to keep events. Without any, those that are there go.
    fn keep_for_one_less(&self) {
        if take_one(&self.keeps) == 1 {
            self.kept().events = VecDeque::new();
        }
    }

    /// A number for a request.
    pub fn next_request(&self) -> u64 {
        self.tap.upgrade().map_or(0, |tap| 1 + tap.requests.fetch_add(1, Ordering::Relaxed))
    }

    /// The session is over.
    pub fn close(&self, lane: Transport, reason: CloseReason) {
        self.keep(Side::Server, lane, What::Closed(reason));
        self.kept().over = Some(reason);
        let (Some(tap), Some(session)) = (self.tap.upgrade(), &self.session) else { return };
        let number = session.number;
        let mut state = tap.state();
        if !state.newest.contains(&number) {
            state.lines.remove(&number);
        }
    }

    fn keep(&self, from: Side, lane: Transport, what: What) {
        let Some(tap) = self.tap.upgrade() else { return };
        let number = 1 + tap.events.fetch_add(1, Ordering::Relaxed);
        let (at, session) = (tap.began.elapsed(), self.session.clone());
        let event = Arc::new(Event { number, at, session, from, lane, what });
        if self.keeps.load(Ordering::Relaxed) > 0 {
            let mut kept = self.kept();
            if kept.events.len() == KEPT {
                kept.events.pop_front();
            }
            kept.events.push_back(event.clone());
        }
        take_one(&self.beginning);
        tap.tell(&event);
    }

    fn listed(&self) -> Option<Listed> {
        let Session { number, sid } = self.session.clone()?;
        let kept = self.kept();
        Some(Listed { number, sid, over: kept.over, events: kept.events.len() })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // As above.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes one from a number, unless it is none. Gives what it was.
fn take_one(number: &AtomicU32) -> u32 {
    let less = |it: u32| Some(it.saturating_sub(1));
    number.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).unwrap_or_default()
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tap")
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({:?})", self.session)
    }
}
