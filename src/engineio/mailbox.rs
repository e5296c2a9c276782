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

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::sync::oneshot;

use super::close::CloseReason;
use super::outbox::{Load, SendError};
use super::packet::Frame;
use super::session::{Answer, BodyEnd};
use super::websocket::WebSocket;

/// Where the answer to a request goes.
pub type Reply = oneshot::Sender<Answer>;

/// Requests that may wait at once. A client in good health has two under way; each further
/// one closes the session as soon as it is looked at.
const MAX_REQUESTS: usize = 64;

/// What HTTP tells a session.
#[derive(Debug)]
pub enum Request {
    /// A `GET` came.
    Get(Reply),
    /// The `GET` went away before it had its answer.
    GetLost,
    /// The head of a `POST` came.
    Post(Reply),
    /// The body of the `POST` ended.
    PostEnded(BodyEnd),
    /// A WebSocket was opened with the session's name.
    Candidate(Box<WebSocket>),
}

/// What waits for a session's task.
#[derive(Debug, Default)]
pub struct Mail {
    /// To be sent to the client.
    pub frames: Vec<Frame>,
    /// To be answered.
    pub requests: VecDeque<Request>,
    /// To close, and why.
    pub close: Option<CloseReason>,
    /// Something wants the layer above to have a turn.
    pub wake: bool,
}

/// The mailbox of one session.
#[derive(Debug)]
pub struct Mailbox {
    state: Mutex<State>,
    max_buffered: usize,
}

#[derive(Debug)]
struct State {
    /// `None` once the session is over.
    mail: Option<Mail>,
    /// Bytes of the frames in `mail`.
    here: usize,
    /// What waits in the session's outbox, when it last looked.
    behind: Load,
    /// The session's task, if it is asleep.
    sleeper: Option<Waker>,
    /// Whether the session is to be closed: then nothing is sent any more.
    closing: bool,
}

impl Mailbox {
    /// An empty mailbox, which takes frames until what waits has a weight of `max_buffered` bytes.
    pub fn new(max_buffered: usize) -> Self {
        let mail = Some(Mail::default());
        let state = State { mail, here: 0, behind: Load::default(), sleeper: None, closing: false };
        Self { state: Mutex::new(state), max_buffered }
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
        wake(state);
        Ok(())
    }

    /// Takes all that waits. `behind` is what waits in the session's outbox.
    pub fn take(&self, behind: Load) -> Mail {
        let mut state = self.lock();
        state.here = 0;
        state.behind = behind;
        // Who takes the mail is awake.
        state.sleeper = None;
        state.mail.as_mut().map(mem::take).unwrap_or_default()
    }

    /// Ready when something waits. Otherwise the task is woken when something does.
    pub fn poll(&self, cx: &mut Context<'_>, behind: Load) -> Poll<()> {
        let mut state = self.lock();
        state.behind = behind;
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
        let mail = self.lock().mail.take();
        // Replies go out of scope here, outside the lock: whoever waits for one learns that
        // the session is gone.
        drop(mail);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic happens under the lock, so there is nothing to mend.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(mut state: MutexGuard<'_, State>) {
    let sleeper = state.sleeper.take();
    drop(state);
    if let Some(sleeper) = sleeper {
        sleeper.wake();
    }
}

impl Mail {
    fn is_empty(&self) -> bool {
        self.frames.is_empty() && self.requests.is_empty() && self.close.is_none() && !self.wake
    }
}

/// A session, as the layer above holds it. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct SessionHandle(Arc<Mailbox>);

impl SessionHandle {
    /// A handle on the session behind `mailbox`.
    pub fn new(mailbox: Arc<Mailbox>) -> Self {
        Self(mailbox)
    }

    /// Sends frames to the client, with nothing in between them.
    ///
    /// # Errors
    /// When the session is over, or so much waits for its client already that it is closed
    /// for it. In both cases nothing was sent.
    pub fn send(&self, frames: impl IntoIterator<Item = Frame>) -> Result<(), SendError> {
        let mut state = self.0.lock();
        let State { mail: Some(mail), here, behind, closing: closing @ false, .. } = &mut *state
        else {
            return Err(SendError::Gone);
        };
        let before = mail.frames.len();
        mail.frames.extend(frames);
        let added: usize =
            mail.frames.get(before..).unwrap_or_default().iter().map(Frame::len).sum();
        let bytes = behind.bytes + *here + added;
        let load = Load { bytes, frames: behind.frames + mail.frames.len() };
        let full = load.weight() > self.0.max_buffered;
        if full {
            mail.frames.truncate(before);
            mail.close = Some(CloseReason::SlowConsumer);
            *closing = true;
        } else {
            *here += added;
        }
        wake(state);
        if full { Err(SendError::Full) } else { Ok(()) }
    }

    /// Closes the session, once what was sent before has gone out. The first reason counts.
    pub fn close(&self, reason: CloseReason) {
        let mut state = self.0.lock();
        if let State { mail: Some(mail), closing: closing @ false, .. } = &mut *state {
            mail.close = Some(reason);
            *closing = true;
            wake(state);
        }
    }

    /// Has [`Client::turn`](super::handler::Client::turn) called soon.
    pub fn wake(&self) {
        let mut state = self.0.lock();
        if let Some(mail) = &mut state.mail {
            mail.wake = true;
            wake(state);
        }
    }

    /// How many bytes wait for the client.
    pub fn buffered(&self) -> usize {
        let state = self.0.lock();
        state.behind.bytes + state.here
    }

    /// Whether the session is over.
    pub fn is_closed(&self) -> bool {
        self.0.lock().mail.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Frame {
        Frame::Text(text.to_owned().into())
    }

    fn mailbox(max: usize) -> (Arc<Mailbox>, SessionHandle) {
        let mailbox = Arc::new(Mailbox::new(max));
        (mailbox.clone(), SessionHandle::new(mailbox))
    }

    #[test]
    fn frames_come_out_in_the_order_in_which_they_went_in() {
        let (mailbox, session) = mailbox(1000);
        session.send([text("4a"), text("4b")]).unwrap();
        session.send([text("4c")]).unwrap();
        assert_eq!(mailbox.take(Load::default()).frames, [text("4a"), text("4b"), text("4c")]);
        assert!(mailbox.take(Load::default()).is_empty());
    }

    /// What waits in the session's own outbox counts, or a burst in two halves would pass.
    #[test]
    fn past_the_limit_nothing_is_sent_and_the_session_is_closed() {
        let (mailbox, session) = mailbox(10 + 2 * 64);
        session.send([text("4aaaa")]).unwrap();
        assert_eq!(mailbox.take(Load { bytes: 5, frames: 1 }).frames.len(), 1);
        session.send([text("4bbbb")]).unwrap();
        assert_eq!(session.send([text("4")]), Err(SendError::Full));
        let mail = mailbox.take(Load { bytes: 5, frames: 1 });
        assert_eq!(mail.frames, [text("4bbbb")]);
        assert_eq!(mail.close, Some(CloseReason::SlowConsumer));
    }

    /// A hundred thousand packets of a byte are more than a hundred thousand bytes.
    #[test]
    fn small_frames_count_for_what_they_take() {
        let (_mailbox, session) = mailbox(650);
        for _ in 0..10 {
            session.send([text("4")]).unwrap();
        }
        assert_eq!(session.send([text("4")]), Err(SendError::Full));
    }

    #[test]
    fn a_session_that_is_over_takes_nothing_and_says_so() {
        let (mailbox, session) = mailbox(10);
        let (reply, mut answer) = oneshot::channel();
        mailbox.ask(Request::Get(reply)).unwrap();
        mailbox.end();
        assert_eq!(session.send([text("4a")]), Err(SendError::Gone));
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
