//! Waiting: for frames, mail, or a deadline, whatever comes first.
//!
//! ```text
//!   mail while asleep ──► look at it
//!   WebSocket         ──► write what waits, read and handle what is there, flush
//!   candidate         ──► write, read
//!   mail, deadline    ──► look
//! ```
//!
//! Shell file: asks what can be done at once, and never waits for one thing alone.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

use super::Task;
use crate::engineio::close::CloseReason;
use crate::engineio::engine::now;
use crate::engineio::handler::Client;
use crate::engineio::packet::Frame;
use crate::engineio::websocket::{Lost, WebSocket};

/// Frames of one client that are handled before what they have caused leaves, and the time after
/// which it leaves even so. Answers to what came together leave together.
const TOGETHER: usize = 32;
const TOGETHER_FOR: Duration = Duration::from_millis(1);

/// Frames after which the clock is looked at again: that costs as much as a part of a frame.
const CLOCK: usize = 4;

/// What a task was waiting for.
pub(super) enum Happened {
    /// So many frames came, and were handled.
    Read(usize),
    Lost(Lost),
    Closed(CloseReason),
    CandidateFrame(Result<Frame, Lost>),
    Drained,
    /// There is mail, or a deadline has passed: the beginning of the loop looks at both.
    Look,
}

impl<C: Client> Task<C> {
    /// Moves what can be moved, and waits for the first thing to happen.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        mut sleep: Pin<&mut Sleep>,
    ) -> Poll<Happened> {
        // Most who are woken are woken by mail: what it brings is written before anything is read,
        // and so the connection is asked once.
        if mem::take(&mut self.asleep) && self.registration.mailbox().has_mail() {
            return Poll::Ready(Happened::Look);
        }
        if let Some(mut websocket) = self.websocket.take() {
            let happened = self.poll_websocket(cx, &mut websocket);
            self.websocket = Some(websocket);
            if happened.is_ready() {
                return happened;
            }
        }
        if let Some(candidate) = &mut self.candidate {
            let fed = candidate.poll_feed(cx, || self.session.next_candidate_frame(), || ());
            if let Poll::Ready(frame) = candidate.poll_next(cx) {
                return Poll::Ready(Happened::CandidateFrame(frame));
            }
            if let (Poll::Ready(Err(lost)), _) | (_, Poll::Ready(Err(lost))) =
                (fed, candidate.poll_flush(cx))
            {
                return Poll::Ready(Happened::CandidateFrame(Err(lost)));
            }
        }
        if self.registration.mailbox().poll(cx, self.report()).is_ready() {
            return Poll::Ready(Happened::Look);
        }
        self.session.rest();
        let deadlines = self.session.deadline().into_iter().chain(self.client.deadline());
        if let Some(deadline) = deadlines.min().map(tokio::time::Instant::from_std) {
            if sleep.deadline() != deadline {
                sleep.as_mut().reset(deadline);
            }
        }
        let woken = sleep.poll(cx).map(|()| Happened::Look);
        self.asleep = woken.is_pending();
        woken
    }

    fn poll_websocket(
        &mut self,
        cx: &mut Context<'_>,
        websocket: &mut WebSocket,
    ) -> Poll<Happened> {
        let now = now();
        let mut progress = false;
        let next = || self.session.next_frame(now);
        let fed = websocket.poll_feed(cx, next, || progress = true);
        if progress {
            self.session.progressed(now);
        }
        let read = self.read(cx, websocket, now);
        // Whatever was read: a client that always has something to say must not keep what it is
        // sent from leaving.
        let flushing = websocket.poll_flush(cx);
        self.flushed = matches!((&fed, &flushing), (Poll::Ready(Ok(())), Poll::Ready(Ok(()))));
        if read.is_ready() {
            // What goes wrong with the writing shows the next time.
            return read;
        }
        if self.flushed && websocket.misfit(false).is_some() {
            return Poll::Ready(Happened::Look);
        }
        match (fed, flushing) {
            (Poll::Ready(Err(lost)), _) | (_, Poll::Ready(Err(lost))) => {
                Poll::Ready(Happened::Lost(lost))
            }
            (Poll::Ready(Ok(())), Poll::Ready(Ok(()))) if self.session.is_closing() => {
                Poll::Ready(Happened::Drained)
            }
            _ => Poll::Pending,
        }
    }

    /// Handles the frames that are there.
    fn read(&mut self, cx: &mut Context<'_>, from: &mut WebSocket, now: Instant) -> Poll<Happened> {
        let (mut frames, mut now, began) = (0, now, now);
        while self.client.has_room() && !self.session.has_backlog() {
            let frame = match from.poll_next(cx) {
                Poll::Ready(Ok(frame)) => frame,
                Poll::Ready(Err(lost)) => return Poll::Ready(Happened::Lost(lost)),
                Poll::Pending => break,
            };
            if let Err(error) = self.session.frame(&frame, now) {
                tracing::debug!(%error, "not an Engine.IO packet");
            }
            if let Some(reason) = self.act(now) {
                return Poll::Ready(Happened::Closed(reason));
            }
            frames += 1;
            if frames % CLOCK == 0 {
                now = self::now();
            }
            let enough = frames == TOGETHER || now - began >= TOGETHER_FOR;
            if enough || self.registration.mailbox().presses() {
                break;
            }
        }
        if frames == 0 { Poll::Pending } else { Poll::Ready(Happened::Read(frames)) }
    }
}
