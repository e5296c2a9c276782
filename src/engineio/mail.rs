//! Mail: what a session is told by others, and what it tells them of itself.
//!
//! ```text
//!   mail     frames to be sent, requests to be answered, to close, to look again
//!   report   what waits in the outbox, and whether what is sent now leaves at once
//! ```
//!
//! Shell file: requests hold the ends of channels, and WebSockets.

use std::collections::VecDeque;

use tokio::sync::oneshot;

use super::close::CloseReason;
use super::delivery::Parcels;
use super::options::Transport;
use super::outbox::Load;
use super::session::{Answer, BodyEnd};
use super::websocket::WebSocket;

/// Where the answer to a request goes.
pub type Reply = oneshot::Sender<Answer>;

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
    pub parcels: Parcels,
    /// The weight of volatile packets that the outbox is to be rid of first.
    pub make_room: usize,
    /// To be answered.
    pub requests: VecDeque<Request>,
    /// To close, and why.
    pub close: Option<CloseReason>,
    /// To be given up, as it is.
    pub given_up: bool,
    /// Something wants the layer above to have a turn.
    pub wake: bool,
}

/// What a session's task tells of it when it looks into the mailbox.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// What waits in the outbox.
    pub load: Load,
    /// How packets travel.
    pub transport: Transport,
    /// Whether what is sent now leaves at once.
    pub ready: bool,
    /// Whether all that has left the outbox was handed to the operating system.
    pub flushed: bool,
}

impl Report {
    /// Of a session that has just begun on `transport`.
    pub fn new(transport: Transport) -> Self {
        Self { load: Load::default(), transport, ready: false, flushed: true }
    }
}

impl Mail {
    /// Has the oldest volatile packets of an outbox dropped that holds so much, up to a weight of
    /// `wanted`. What of it they have.
    pub(super) fn drop_from(&mut self, outbox: Load, wanted: usize) -> usize {
        let there = wanted.min(outbox.volatile.saturating_sub(self.make_room));
        self.make_room += there;
        there
    }

    pub(super) fn is_empty(&self) -> bool {
        let Self { parcels, requests, close, given_up, wake, .. } = self;
        parcels.is_empty() && requests.is_empty() && close.is_none() && !given_up && !wake
    }
}
