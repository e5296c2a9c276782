//! The one task that owns a session.
//!
//! ```text
//!   loop { take the mail, look at the clock
//!          let the session handle it, hand its messages up, carry out its actions
//!          wait for one thing: frames, mail, or the next deadline }
//! ```
//!
//! Whatever the transport, there is one such task for a session, and nothing else touches
//! it. So there is no lock around it, and events have an order. Every wait is for all that
//! can happen at once: a client that stops reading can not keep the deadline from passing.
//!
//! Shell file: owns the session, its WebSockets and the clock. It decides nothing.

mod wait;

use std::future::poll_fn;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::wait::Happened;
use super::close::CloseReason;
use super::engine::now;
use super::handler::{Client, Handler};
use super::handshake::Handshake;
use super::mailbox::{Mail, Reply, Report, Request, SessionHandle};
use super::options::{Options, Transport};
use super::registry::Registration;
use super::session::{Action, Session};
use super::websocket::{Goodbye, WebSocket};

/// Packets of one client that are handled before others get their turn.
const BURST: usize = 128;

/// Time in which a client that says little is found to rest.
const REST_AFTER: Duration = Duration::from_secs(10);

/// Everything that a session's task owns.
#[derive(Debug)]
pub struct Task<C> {
    session: Session<Reply>,
    client: C,
    registration: Registration,
    websocket: Option<Box<WebSocket>>,
    candidate: Option<Box<WebSocket>>,
    /// Whether all that was taken for the WebSocket has left.
    flushed: bool,
    /// What the WebSocket is told at the end, when it is not the usual for the reason.
    goodbye: Option<Option<Goodbye>>,
    close_timeout: Duration,
    /// When it was last seen to whether the WebSocket rests.
    looked_at: Instant,
    /// Whether nothing was to be done when it last looked.
    asleep: bool,
    given_up: bool,
    /// Where the client comes from, for the log.
    address: IpAddr,
    /// Those that a shutdown waits for.
    tasks: TaskTracker,
}

impl<C: Client> Task<C> {
    /// Tells `handler` of the session and gets ready to [`run`](Self::run).
    pub fn new<H: Handler<Client = C>>(
        session: Session<Reply>,
        registration: Registration,
        websocket: Option<Box<WebSocket>>,
        handler: &H,
        handshake: Arc<Handshake>,
        options: &Options,
        tasks: &TaskTracker,
    ) -> Box<Self> {
        let (address, tasks) = (handshake.address(), tasks.clone());
        let handle = SessionHandle::new(registration.mailbox().clone());
        let client = handler.opened(handle, handshake, now());
        let (candidate, goodbye, close_timeout) = (None, None, options.close_timeout);
        let task = Self {
            session,
            client,
            registration,
            websocket,
            candidate,
            flushed: false,
            goodbye,
            close_timeout,
            looked_at: now(),
            asleep: false,
            given_up: false,
            address,
            tasks,
        };
        // A future holds what is moved into it more than once, so what is moved is a pointer.
        Box::new(task)
    }

    /// Runs the session until it ends, or is given up. Its last words may be cut short as well.
    pub async fn run(mut self: Box<Self>, aborting: CancellationToken) {
        let sleep = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(sleep);
        let mut turns: usize = 0;
        let mut now = now();
        let reason = loop {
            // The clock comes before the mail: what is late is late, however busy the server was.
            self.session.tick(now, self.client.has_room());
            self.take_mail(now);
            if self.given_up {
                return;
            }
            if self.client.deadline().is_some_and(|deadline| now >= deadline) {
                self.client.turn(now);
            }
            if let Some(reason) = self.work(now) {
                break reason;
            }
            if self.session.has_backlog() && self.client.has_room() {
                tokio::task::yield_now().await;
                now = self::now();
                continue;
            }
            let happened = poll_fn(|cx| self.poll(cx, sleep.as_mut())).await;
            // The wait may have been a long one.
            now = self::now();
            match happened {
                Happened::Read(frames) => turns += frames,
                Happened::Lost(lost) => {
                    if let Some(goodbye) = &lost.goodbye {
                        tracing::warn!(client = %self.address, %goodbye, "WebSocket closed");
                    }
                    self.goodbye = Some(lost.goodbye);
                    self.session.websocket_lost(lost.reason);
                }
                Happened::CandidateFrame(Ok(frame)) => self.session.candidate_frame(&frame, now),
                Happened::CandidateFrame(Err(_)) => self.session.candidate_lost(now),
                Happened::Closed(reason) => break reason,
                Happened::Drained => self.session.drained(),
                Happened::Look => turns += 1,
            }
            // Before the mail brings a WebSocket that is taken for the one which has just gone.
            if let Some(reason) = self.act(now) {
                break reason;
            }
            self.fit(now).await;
            if turns >= BURST {
                turns = 0;
                tokio::task::yield_now().await;
                now = self::now();
            }
        };
        // The end takes more memory than the life: it gets it when it is there.
        Box::pin(aborting.run_until_cancelled(self.end(reason))).await;
    }

    /// Gives the WebSocket the buffers that suit what it does.
    async fn fit(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.looked_at) >= REST_AFTER;
        if passed {
            self.looked_at = now;
        }
        let pace = self.websocket.as_mut().and_then(|it| it.misfit(passed));
        let Some(pace) = pace else { return };
        if let Some(websocket) = self.websocket.take() {
            self.websocket = Some(Box::new(Box::pin(websocket.fitted(pace)).await));
        }
    }

    /// How the session is, for those who send.
    fn report(&self) -> Report {
        let (load, transport) = (self.session.load(), self.session.transport());
        let flushed = self.flushed || transport == Transport::Polling;
        Report { load, transport, ready: flushed && self.session.is_ready(), flushed }
    }

    fn take_mail(&mut self, now: Instant) {
        let mail = self.registration.mailbox().take(self.report());
        let asked = !mail.requests.is_empty();
        self.handle_mail(mail, now);
        if asked {
            // A request that has just come may be what a volatile packet needs.
            self.registration.mailbox().report(self.report());
        }
    }

    fn handle_mail(&mut self, mail: Mail, now: Instant) {
        if mail.make_room > 0 {
            let dropped = self.session.make_room(mail.make_room);
            self.registration.mailbox().count_dropped(dropped);
        }
        if !mail.parcels.is_empty() {
            self.session.send_all(mail.parcels, now);
        }
        for request in mail.requests {
            match request {
                Request::Get(reply) => self.session.get(reply, now),
                Request::GetLost => self.session.get_lost(),
                Request::Post(reply) => self.session.post(reply),
                Request::PostEnded(end) => self.session.post_ended(end),
                Request::Candidate(websocket) => self.welcome(websocket, now),
            }
        }
        self.given_up |= mail.given_up;
        match mail.close {
            Some(CloseReason::SlowConsumer) => self.session.abort(CloseReason::SlowConsumer),
            Some(reason) => self.session.close(reason, now),
            None => {}
        }
        if mail.wake {
            self.client.turn(now);
        }
    }

    fn welcome(&mut self, newcomer: Box<WebSocket>, now: Instant) {
        if self.session.candidate(now) {
            self.candidate = Some(newcomer);
        } else {
            self.dismiss(newcomer, Goodbye::refused());
        }
    }

    /// Closes a WebSocket that is not the session's, without making the session wait for it.
    fn dismiss(&self, websocket: Box<WebSocket>, goodbye: Goodbye) {
        self.tasks.spawn(websocket.close(Some(goodbye), self.close_timeout));
    }

    /// Lets the session work off what it was told. The reason, once it is closed.
    fn work(&mut self, now: Instant) -> Option<CloseReason> {
        let mut closed = self.act(now);
        for _ in 0..BURST {
            if closed.is_some() || !self.client.has_room() || !self.session.advance(now) {
                break;
            }
            closed = self.act(now);
            if self.registration.mailbox().presses() {
                break;
            }
        }
        // What the handlers have just sent goes out with this turn's answers.
        if self.registration.mailbox().has_mail() {
            self.take_mail(now);
        }
        self.session.settle(now);
        closed.or_else(|| self.act(now))
    }

    fn act(&mut self, now: Instant) -> Option<CloseReason> {
        while let Some(action) = self.session.next_action() {
            match action {
                Action::Answer(reply, answer) => {
                    if reply.send(answer).is_err_and(|answer| answer.is_payload()) {
                        self.session.get_lost();
                    }
                }
                Action::Deliver(message) => self.client.message(message, now),
                Action::Switch => {
                    self.websocket = self.candidate.take();
                    self.flushed = false;
                }
                Action::DropCandidate => {
                    if let Some(candidate) = self.candidate.take() {
                        self.dismiss(candidate, Goodbye::refused());
                    }
                }
                Action::Closed(reason) => return Some(reason),
            }
        }
        None
    }

    async fn end(self: Box<Self>, reason: CloseReason) {
        tracing::debug!(%reason, "session closed");
        let task = *self;
        if let Some(line) = task.registration.mailbox().line() {
            line.close(task.session.transport(), reason);
        }
        // First out of the registry, so that nothing reaches a session that is over.
        task.registration.end(reason, now());
        task.client.closed(reason);
        if let Some(websocket) = task.websocket {
            let goodbye = task.goodbye.unwrap_or_else(|| Some(Goodbye::for_reason(reason)));
            websocket.close(goodbye, task.close_timeout).await;
        }
    }
}
