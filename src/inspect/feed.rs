//! The feed: a body that grows as things happen.
//!
//! ```text
//!   event: siolog⏎data: {"siolog":1,…}⏎⏎     the first line of a recording
//!   data: {"n":1,…}⏎⏎                        an event, and so on
//!   event: dropped⏎data: 12⏎⏎                so many were lost: the reader was too slow
//!   :⏎⏎                                      nothing, now and then: somebody is there
//! ```
//!
//! Shell file: owns a watcher and a timer. Spec: HTML, "Server-sent events".

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::log::{event_line, first_line};
use crate::engineio::tap::{Event, Tap, Watcher};

/// A connection that says nothing for longer is taken for one that rests, and closed.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// Events that go into one piece.
const TOGETHER: usize = 128;

/// The body of an answer.
#[derive(Debug)]
pub enum Body {
    /// All of it is here.
    Whole(Full<Bytes>),
    /// It goes on until the server stops.
    Feed(Box<Feed>),
}

/// What happens, for one who watches.
#[derive(Debug)]
pub struct Feed {
    kept: VecDeque<Arc<Event>>,
    watcher: Watcher,
    secrets: bool,
    text: String,
    signs: Interval,
}

impl Feed {
    /// Watches a session, or all. `None` when too many watch.
    pub fn new(tap: &Tap, session: Option<u64>, secrets: bool) -> Option<Self> {
        let (kept, watcher) = tap.watch(session)?;
        let mut signs = interval_at(Instant::now() + SIGN_OF_LIFE, SIGN_OF_LIFE);
        signs.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let text = format!("event: siolog\ndata: {}\n\n", first_line(tap.began_at()));
        Some(Self { kept: kept.into(), watcher, secrets, text, signs })
    }

    fn write(&mut self, event: &Event) {
        let line = event_line(event, self.secrets);
        // Memory takes all that is written into it.
        let _ = write!(self.text, "data: {line}\n\n");
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut ended = false;
        for _ in 0..TOGETHER {
            let event = match self.kept.pop_front() {
                Some(event) => event,
                None => match self.watcher.poll_next(cx) {
                    Poll::Ready(Some(event)) => event,
                    Poll::Ready(None) => {
                        ended = true;
                        break;
                    }
                    Poll::Pending => break,
                },
            };
            self.write(&event);
        }
        let lost = self.watcher.lost();
        if lost > 0 {
            let _ = write!(self.text, "event: dropped\ndata: {lost}\n\n");
        }
        let sign = self.signs.poll_tick(cx).is_ready();
        if self.text.is_empty() && !ended {
            if !sign {
                return Poll::Pending;
            }
            self.text.push_str(":\n\n");
        }
        let piece = std::mem::take(&mut self.text);
        Poll::Ready(Some(Bytes::from(piece)).filter(|piece| !piece.is_empty()))
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(cx),
            Self::Feed(feed) => feed.poll(cx).map(|piece| piece.map(|it| Ok(Frame::data(it)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Feed(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Feed(_) => SizeHint::default(),
        }
    }
}

impl From<Full<Bytes>> for Body {
    fn from(body: Full<Bytes>) -> Self {
        Self::Whole(body)
    }
}
