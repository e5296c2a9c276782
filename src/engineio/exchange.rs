//! One request and its session: handed in, waited for, answered.
//!
//! ```text
//!   GET  ──► mailbox ──► … ──► the answer            the client goes away: GetLost
//!   POST ──► mailbox ──► body ──► … ──► the answer   the client goes away: PostEnded(Lost)
//! ```
//!
//! Shell file: reads request bodies, and waits. Spec: Engine.IO v4, "HTTP long-polling".

use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use bytestring::ByteString;
use http_body_util::BodyExt;
use hyper::body::Body;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::http::read_body;
use super::mailbox::{Mailbox, Request};
use super::session::{Answer, BodyEnd};

/// Bytes of a body that are taken in for nothing.
pub const DRAINED: usize = 16 << 20;

/// How the body of a `POST` is to be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Content {
    /// As text.
    Text,
    /// As bytes, which are packets of revision 3.
    Bytes,
    /// Not at all: its session takes no bytes.
    Unread,
}

/// Waits for the packets of a session. `None` when it is over.
pub async fn get(mailbox: Arc<Mailbox>) -> Option<Answer> {
    let (reply, answer) = oneshot::channel();
    mailbox.ask(Request::Get(reply)).ok()?;
    let waiting = Waiting { mailbox, lost: Some(Request::GetLost) };
    let answer = answer.await;
    waiting.over();
    answer.ok()
}

/// Brings packets to a session: at most `max` bytes, with no pause longer than `patience`. `None`
/// when the session is over. `heard` is told of the body before the session is.
pub async fn post(
    mailbox: Arc<Mailbox>,
    body: &mut (impl Body + Unpin),
    content: Content,
    max: usize,
    patience: Duration,
    heard: impl FnOnce(&BodyEnd),
) -> Option<Answer> {
    let (reply, mut answer) = oneshot::channel();
    mailbox.ask(Request::Post(reply)).ok()?;
    let lost = Request::PostEnded(BodyEnd::Lost);
    let mut waiting = Waiting { mailbox: mailbox.clone(), lost: Some(lost) };
    let reading = async {
        match content {
            Content::Unread => BodyEnd::RawBytes,
            Content::Bytes => {
                read_body(body, max, patience).await.map_or_else(|end| end, BodyEnd::Bytes)
            }
            Content::Text => match read_body(body, max, patience).await {
                Ok(body) => ByteString::try_from(body).map_or(BodyEnd::NotText, BodyEnd::Complete),
                Err(end) => end,
            },
        }
    };
    let end = tokio::select! {
        end = reading => end,
        // The session has made up its mind before the body was there.
        early = &mut answer => {
            waiting.over();
            return early.ok();
        }
    };
    waiting.lost = None;
    heard(&end);
    // A session that is over has answered already, or never will.
    match mailbox.ask(Request::PostEnded(end)) {
        Ok(()) => answer.await.ok(),
        Err(_) => answer.try_recv().ok(),
    }
}

/// Takes in what is left of a body that nobody wants, and throws it away. A connection that is
/// closed with bytes unread is reset, and a reset overtakes the answer that says what is wrong: a
/// proxy would tell its client of a bad gateway.
///
/// No longer than `patience`, and no more than [`DRAINED`] bytes.
pub async fn drain(mut body: impl Body + Unpin, patience: Duration) {
    let _ = timeout(patience, async {
        let mut drained = 0;
        while let Some(Ok(frame)) = body.frame().await {
            drained += frame.data_ref().map_or(0, Buf::remaining);
            if drained > DRAINED {
                break;
            }
        }
    })
    .await;
}

/// A request that waits for its session. If it goes away before it had its answer, that is
/// when the client closed its connection, the session is told.
struct Waiting {
    mailbox: Arc<Mailbox>,
    lost: Option<Request>,
}

impl Waiting {
    fn over(mut self) {
        self.lost = None;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(lost) = self.lost.take() {
            // A session that is over has nothing to lose.
            let _ = self.mailbox.ask(lost);
        }
    }
}
