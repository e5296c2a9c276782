//! A request and its answer, as the tap sees them.
//!
//! ```text
//!   GET /socket.io/?EIO=4&…  ──► request 7     as soon as its body is here
//!                            ◄── answer  7     or unanswered, when the client has gone
//! ```
//!
//! Shell file: speaks hyper's types. Not in any specification.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use http_body_util::BodyExt;
use hyper::http::request::Parts;

use super::http::{Response, head_as_text};
use super::options::Transport;
use super::tap::{Excerpt, Line, Side, Tap, What};

/// What is seen of one request. Empty unless somebody wants to know.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<Option<Box<Sight>>>);

#[derive(Debug)]
struct Sight {
    line: Arc<Line>,
    lane: Transport,
    request: u64,
    /// Until the request is recorded.
    head: Option<String>,
    answered: bool,
}

impl Seen {
    /// The request is one of this session's.
    pub(super) fn is_of(&self, line: Option<&Arc<Line>>, lane: Transport, parts: &Parts) {
        let Some(line) = line.filter(|line| line.is_wanted()) else { return };
        let sight = Sight {
            line: line.clone(),
            lane,
            request: line.next_request(),
            head: Some(head_as_text(
                format_args!("{} {} {:?}", parts.method, parts.uri, parts.version),
                &parts.headers,
            )),
            answered: false,
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(sight));
    }

    /// Its body is here, or it has none.
    pub(super) fn body(&self, body: impl FnOnce() -> Excerpt) {
        self.with(|sight| sight.record_request(body()));
    }

    /// It is answered. One that no session has taken is nobody's.
    pub(super) fn answered(&self, tap: &Tap, parts: &Parts, response: &Response) {
        let nobody = Some(tap.nobody()).filter(|_| self.is_empty());
        self.is_of(nobody, Transport::Polling, parts);
        self.with(|sight| {
            sight.record_request(Excerpt::default());
            sight.answered = true;
            sight.line.record(Side::Server, sight.lane, || {
                let body = response.body().clone().frame().now_or_never().flatten();
                let data = body.and_then(Result::ok).and_then(|frame| frame.into_data().ok());
                let content = data.map(|data| Excerpt::either(&data)).unwrap_or_default();
                let first = format_args!("{:?} {}", response.version(), response.status());
                What::Answer(sight.request, head_as_text(first, response.headers()), content)
            });
        });
    }

    fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    fn with(&self, see: impl FnOnce(&mut Sight)) {
        if let Some(sight) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            see(sight);
        }
    }
}

impl Sight {
    fn record_request(&mut self, body: Excerpt) {
        if let Some(head) = self.head.take() {
            let request = self.request;
            self.line.record(Side::Client, self.lane, || What::Request(request, head, body));
        }
    }
}

impl Drop for Sight {
    fn drop(&mut self) {
        if !mem::replace(&mut self.answered, true) {
            self.record_request(Excerpt::default());
            let request = self.request;
            self.line.record(Side::Client, self.lane, || What::Unanswered(request));
        }
    }
}
