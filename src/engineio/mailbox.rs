//! The mailbox of a session: how the rest of the world reaches it.
//!
//! ```text
//!   an application, a broadcast ── frames ───┐
//!   a GET, a POST, a WebSocket ── requests ──┼──► mailbox ──► the session's task
//!   the application, a shutdown ── close ────┘      one lock, one wake for a burst
//! ```
//!
//! Everything a session is told by others waits here until its task looks. The task is
//! woken when the first thing arrives, and not again before it has looked.
//!
//! Shell file: owns a lock and a waker. The lock is held for a few moves of a pointer and
//! never across anything that waits.

use std::future::Future;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::close::CloseReason;
use super::delivery::{Delivery, Dropping, Parcel, Parcels, WhenFull};
pub use super::mail::{Mail, Reply, Report, Request};
use super::options::Transport;
use super::outbox::{Load, SendError};
use super::packet::Frame;
use super::tap::Line;
use super::waiting::{Until, Waiting};
use super::wakes;

/// The weight of what waits in a mailbox before it should be taken, in bytes.
const PRESSING: usize = 64 << 10;

/// Parcels that room is made for at once.
const MAX_USUAL: usize = 32;

/// Requests that may wait at once. A client in good health has two under way; each further
/// one closes the session as soon as it is looked at.
const MAX_REQUESTS: usize = 64;

/// The mailbox of one session.
#[derive(Debug)]
pub struct Mailbox {
    state: Mutex<State>,
    /// Whether something waits, for who need not know what.
    mailed: AtomicBool,
    /// Whether the task is to look before it does anything else. It is asked after every frame.
    presses: AtomicBool,
    max_buffered: usize,
    when_full: WhenFull,
    /// What the session is tapped by.
    line: Option<Arc<Line>>,
}

#[derive(Debug)]
struct State {
    /// `None` once the session is over.
    mail: Option<Mail>,
    /// What waits in `mail`.
    here: Load,
    /// The session, when its task last looked.
    behind: Report,
    /// Packets that were dropped.
    dropped: u64,
    /// Those who wait until less does.
    waiting: Waiting,
    /// How many parcels there were when there were any: most often as many come again.
    usual: usize,
    /// The session's task, if it is asleep.
    sleeper: Option<Waker>,
    /// Whether the session is to be closed: then nothing is sent any more.
    closing: bool,
}

impl Mailbox {
    /// An empty mailbox, which takes frames until what waits has a weight of `max_buffered` bytes.
    pub fn new(max_buffered: usize, when_full: WhenFull, transport: Transport) -> Self {
        let state = State {
            mail: Some(Mail::default()),
            here: Load::default(),
            behind: Report::new(transport),
            dropped: 0,
            waiting: Waiting::default(),
            usual: 0,
            sleeper: None,
            closing: false,
        };
        let (mailed, presses) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { state: Mutex::new(state), mailed, presses, max_buffered, when_full, line: None }
    }

    /// The same for a session that is tapped.
    #[must_use]
    pub fn tapped(self, line: Option<Arc<Line>>) -> Self {
        Self { line, ..self }
    }

    /// What the session is tapped by.
    pub fn line(&self) -> Option<&Arc<Line>> {
        self.line.as_ref()
    }

    /// Hands in a request.
    ///
    /// # Errors
    /// Gives it back when the session is over, or has more requests than it can ever answer.
    pub fn ask(&self, request: Request) -> Result<(), Request> {
        let mut state = self.lock();
        match &mut state.mail {
            Some(mail) if mail.requests.len() < MAX_REQUESTS => mail.requests.push_back(request),
            Some(_) | None => return Err(request),
        }
        self.wake(state);
        Ok(())
    }

    /// Whether there is anything to be taken.
    pub fn has_mail(&self) -> bool {
        self.mailed.load(Ordering::Acquire)
    }

    /// Takes all that waits.
    pub fn take(&self, report: Report) -> Mail {
        let mut state = self.lock();
        self.mailed.store(false, Ordering::Release);
        state.behind = report;
        // What is taken now leaves before anything else, and is counted until it is reported.
        state.behind.ready &= state.here == Load::default();
        state.behind.load = report.load.plus(mem::take(&mut state.here));
        // Who takes the mail is awake.
        state.sleeper = None;
        let mut mail = state.mail.as_mut().map(mem::take).unwrap_or_default();
        if !mail.parcels.is_empty() {
            state.usual = mail.parcels.len().min(MAX_USUAL);
        }
        self.presses.store(state.closing, Ordering::Relaxed);
        // Some of what was in the way may have left meanwhile.
        mail.make_room = mail.make_room.min(excess(state.behind.load, self.max_buffered));
        mail
    }

    /// Whether the task is to look before it does anything else: the session is to be closed, or
    /// so much waits that it should be on its way.
    pub fn presses(&self) -> bool {
        self.presses.load(Ordering::Relaxed)
    }

    /// Has the task end where it is, and what it owns dropped.
    pub fn give_up(&self) {
        let mut state = self.lock();
        if let Some(mail) = &mut state.mail {
            mail.given_up = true;
            self.wake(state);
        }
    }

    /// Packets were dropped from the outbox.
    pub fn count_dropped(&self, packets: u64) {
        self.lock().dropped += packets;
    }

    /// Takes note of how the session is.
    pub fn report(&self, report: Report) {
        self.lock().behind = report;
    }

    /// Ready when something waits. Otherwise the task is woken when something does.
    pub fn poll(&self, cx: &mut Context<'_>, report: Report) -> Poll<()> {
        let mut state = self.lock();
        state.behind = report;
        let load = state.load();
        let due = state.waiting.due(load, report.flushed);
        let poll = Self::sleep(state, cx);
        due.tell();
        poll
    }

    fn sleep(mut state: MutexGuard<'_, State>, cx: &Context<'_>) -> Poll<()> {
        if state.mail.as_ref().is_some_and(|mail| !mail.is_empty()) {
            return Poll::Ready(());
        }
        match &mut state.sleeper {
            Some(sleeper) => sleeper.clone_from(cx.waker()),
            None => state.sleeper = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// The session is over: whatever waits is dropped, and nothing more is taken.
    pub fn end(&self) {
        let mut state = self.lock();
        let (mail, waiting) = (state.mail.take(), mem::take(&mut state.waiting));
        drop(state);
        // Replies go out of scope here, outside the lock: whoever waits for one learns that
        // the session is gone.
        drop((mail, waiting));
    }

    /// Something waits now.
    fn wake(&self, mut state: MutexGuard<'_, State>) {
        self.mailed.store(true, Ordering::Release);
        let sleeper = state.sleeper.take();
        drop(state);
        if let Some(sleeper) = sleeper {
            wakes::wake(sleeper);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic happens under the lock, so there is nothing to mend.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// All that waits.
    fn load(&self) -> Load {
        self.behind.load.plus(self.here)
    }
}

/// By how much a load is too heavy.
fn excess(load: Load, max: usize) -> usize {
    load.weight().saturating_sub(max)
}

/// A session, as the layer above holds it. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct SessionHandle(Arc<Mailbox>);

impl SessionHandle {
    /// A handle on the session behind `mailbox`.
    pub fn new(mailbox: Arc<Mailbox>) -> Self {
        Self(mailbox)
    }

    /// Sends the frames of one packet to the client, with nothing in between them.
    ///
    /// # Errors
    /// When the session is over, or so much waits for its client already that it is closed
    /// for it, or the packet refused: see [`WhenFull`]. In all cases nothing was sent.
    pub fn send(
        &self,
        frames: impl IntoIterator<Item = Frame>,
        delivery: Delivery,
    ) -> Result<(), SendError> {
        let Mailbox { when_full, max_buffered, .. } = &*self.0;
        let max_buffered = *max_buffered;
        let mut state = self.0.lock();
        let when_full = delivery.when_full.unwrap_or(*when_full);
        let may_queue = !delivery.volatile || when_full == WhenFull::DropOldestVolatile;
        let nothing_waits = state.load() == Load::default();
        let State {
            mail: Some(mail), here, behind, dropped, usual, closing: closing @ false, ..
        } = &mut *state
        else {
            return Err(SendError::Gone);
        };
        let leaves_now = behind.ready && nothing_waits;
        if !(may_queue || leaves_now) {
            *dropped += 1;
            return Ok(());
        }
        let first = mail.parcels.len();
        if first == 0 && *usual > 1 {
            mail.parcels.reserve_exact(*usual);
        }
        let Delivery { volatile, compress, .. } = delivery;
        let parcel = |(index, frame)| Parcel { frame, follows: index > 0, volatile, compress };
        mail.parcels.extend(frames.into_iter().enumerate().map(parcel));
        let load = here.plus(Load::of(mail.parcels.get(first..).unwrap_or_default()));
        let may_wait = max_buffered.saturating_add(mail.make_room);
        let mut over = excess(behind.load.plus(load), may_wait);
        if over == 0 {
            *here = load;
            if load.weight() >= PRESSING.min(max_buffered / 4) {
                self.0.presses.store(true, Ordering::Relaxed);
            }
            self.0.wake(state);
            return Ok(());
        }
        let mut newest: Parcels = mail.parcels.drain(first..).collect();
        if when_full == WhenFull::DropOldestVolatile {
            over -= mail.drop_from(behind.load, over);
            let mut dropping = Dropping::new(over);
            mail.parcels.retain(|parcel| dropping.keeps(parcel));
            newest.retain(|parcel| dropping.keeps(parcel));
            over = over.saturating_sub(dropping.freed.weight());
            *dropped += dropping.packets;
        }
        match when_full {
            WhenFull::DropOldestVolatile if over == 0 => mail.parcels.append(&mut newest),
            WhenFull::DropNewest => *dropped += 1,
            WhenFull::Wait => return Err(SendError::Full),
            WhenFull::Close | WhenFull::DropOldestVolatile => {
                mail.close = Some(CloseReason::SlowConsumer);
                *closing = true;
                self.0.presses.store(true, Ordering::Relaxed);
                self.0.wake(state);
                return Err(SendError::Full);
            }
        }
        *here = Load::of(&mail.parcels);
        self.0.wake(state);
        Ok(())
    }

    /// Waits until nothing waits for the client any more: all was handed to the operating system,
    /// or on polling to a `GET`.
    ///
    /// # Errors
    /// When the session is over first.
    pub fn drained(&self) -> impl Future<Output = Result<(), SendError>> + Send + use<> {
        self.until(Until::Drained)
    }

    /// Waits until as much as `load` finds room.
    ///
    /// # Errors
    /// At once, when there never will be so much; later, when the session is over first.
    pub fn room(
        &self,
        load: Load,
    ) -> Result<impl Future<Output = Result<(), SendError>> + Send + use<>, SendError> {
        let most = self.0.max_buffered.checked_sub(load.weight()).ok_or(SendError::Full)?;
        Ok(self.until(Until::AtMost(most)))
    }

    fn until(&self, until: Until) -> impl Future<Output = Result<(), SendError>> + Send + use<> {
        let mut state = self.0.lock();
        let told = state.mail.is_some().then(|| state.waiting.add(until));
        let (load, flushed) = (state.load(), state.behind.flushed);
        let due = state.waiting.due(load, flushed);
        drop(state);
        due.tell();
        async move { told.ok_or(SendError::Gone)?.await.map_err(|_| SendError::Gone) }
    }

    /// How packets travel at present.
    pub fn transport(&self) -> Transport {
        self.0.lock().behind.transport
    }

    /// How many packets were dropped, because they were volatile or because that was the policy.
    pub fn dropped(&self) -> u64 {
        self.0.lock().dropped
    }

    /// Closes the session, once what was sent before has gone out. The first reason counts.
    pub fn close(&self, reason: CloseReason) {
        let mut state = self.0.lock();
        if let State { mail: Some(mail), closing: closing @ false, .. } = &mut *state {
            mail.close = Some(reason);
            *closing = true;
            self.0.presses.store(true, Ordering::Relaxed);
            self.0.wake(state);
        }
    }

    /// Has [`Client::turn`](super::handler::Client::turn) called soon.
    pub fn wake(&self) {
        let mut state = self.0.lock();
        if let Some(mail) = &mut state.mail {
            mail.wake = true;
            self.0.wake(state);
        }
    }

    /// How many bytes wait for the client.
    pub fn buffered(&self) -> usize {
        let state = self.0.lock();
        state.load().bytes
    }

    /// Whether the session is over.
    pub fn is_closed(&self) -> bool {
        self.0.lock().mail.is_none()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    fn text(text: &str) -> Frame {
        Frame::Text(text.to_owned().into())
    }

    fn report(bytes: usize, frames: usize) -> Report {
        let load = Load { bytes, frames, volatile: 0 };
        Report { load, ..Report::new(Transport::WebSocket) }
    }

    fn frames(mail: Mail) -> Vec<Frame> {
        mail.parcels.into_iter().map(|parcel| parcel.frame).collect()
    }

    fn mailbox(max: usize) -> (Arc<Mailbox>, SessionHandle) {
        let mailbox = Arc::new(Mailbox::new(max, WhenFull::Close, Transport::WebSocket));
        (mailbox.clone(), SessionHandle::new(mailbox))
    }

    #[test]
    fn frames_come_out_in_the_order_in_which_they_went_in() {
        let (mailbox, session) = mailbox(1000);
        session.send([text("4a"), text("4b")], Delivery::default()).unwrap();
        session.send([text("4c")], Delivery::default()).unwrap();
        assert_eq!(frames(mailbox.take(report(0, 0))), [text("4a"), text("4b"), text("4c")]);
        assert!(mailbox.take(report(0, 0)).is_empty());
    }

    /// What waits in the session's own outbox counts, or a burst in two halves would pass.
    #[test]
    fn past_the_limit_nothing_is_sent_and_the_session_is_closed() {
        let (mailbox, session) = mailbox(10 + 2 * 64);
        session.send([text("4aaaa")], Delivery::default()).unwrap();
        assert_eq!(mailbox.take(report(0, 0)).parcels.len(), 1);
        session.send([text("4bbbb")], Delivery::default()).unwrap();
        assert_eq!(session.send([text("4")], Delivery::default()), Err(SendError::Full));
        let mail = mailbox.take(report(5, 1));
        assert_eq!(mail.close, Some(CloseReason::SlowConsumer));
        assert_eq!(frames(mail), [text("4bbbb")]);
    }

    /// A hundred thousand packets of a byte are more than a hundred thousand bytes.
    #[test]
    fn small_frames_count_for_what_they_take() {
        let (_mailbox, session) = mailbox(650);
        for _ in 0..10 {
            session.send([text("4")], Delivery::default()).unwrap();
        }
        assert_eq!(session.send([text("4")], Delivery::default()), Err(SendError::Full));
    }

    #[test]
    fn a_session_that_is_over_takes_nothing_and_says_so() {
        let (mailbox, session) = mailbox(10);
        let (reply, mut answer) = oneshot::channel();
        mailbox.ask(Request::Get(reply)).unwrap();
        mailbox.end();
        assert_eq!(session.send([text("4a")], Delivery::default()), Err(SendError::Gone));
        assert!(mailbox.ask(Request::GetLost).is_err());
        assert!(answer.try_recv().is_err(), "whoever waited is told");
        assert!(session.is_closed());
    }

    #[test]
    fn requests_beyond_the_limit_are_given_back() {
        let (mailbox, _session) = mailbox(10);
        for _ in 0..MAX_REQUESTS {
            mailbox.ask(Request::GetLost).unwrap();
        }
        assert!(mailbox.ask(Request::GetLost).is_err());
    }
}
