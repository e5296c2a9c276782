//! From a request to its session: opened, asked, moved.
//!
//! ```text
//!   open ──► allowed? ──► a place, a name ──► a new session, in a task of its own
//!   get, post ──► the session's mailbox, and wait
//!   upgrade ──► 101, then the mailbox
//! ```
//!
//! Shell file: reserves places, spawns tasks. Spec: Engine.IO v4, "Handshake", "Transports".

use std::sync::Arc;

use hyper::body::Body;
use hyper::header;
use hyper::upgrade::OnUpgrade;
use tokio::time::timeout;

use super::{Engine, Shared, now};
use crate::engineio::census::{Crowded, Place};
use crate::engineio::close::CloseReason;
use crate::engineio::dialect::{Dialect, Revision};
use crate::engineio::exchange::{self, Content};
use crate::engineio::handler::Handler;
use crate::engineio::handshake::Handshake;
use crate::engineio::hooks::Inquiry;
use crate::engineio::http::{self, Response};
use crate::engineio::mailbox::{Mailbox, Request, SessionHandle};
use crate::engineio::options::Transport;
use crate::engineio::query::Opening;
use crate::engineio::refusal::{Fate, Refusal};
use crate::engineio::registry::Entry;
use crate::engineio::session::{Answer, BodyEnd, Session};
use crate::engineio::sid::Sid;
use crate::engineio::tap::{Excerpt, Line};
use crate::engineio::task::Task;
use crate::engineio::websocket::{self, Goodbye, WebSocket};

/// A session that is about to be opened: it has a name and a place.
struct Newcomer {
    sid: Sid,
    place: Place,
    transport: Transport,
    dialect: Dialect,
    handshake: Arc<Handshake>,
    tapped: Tapped,
}

/// The line of a session that is about to be opened. If it never is, that is its end.
struct Tapped {
    line: Option<Arc<Line>>,
    transport: Transport,
}

impl Drop for Tapped {
    fn drop(&mut self) {
        if let Some(line) = self.line.take() {
            line.close(self.transport, CloseReason::TransportError);
        }
    }
}

impl<H: Handler> Engine<H> {
    /// Opens a session, if the application lets it, and if there is room.
    pub(super) async fn open(
        &self,
        opening: Opening,
        inquiry: &Arc<Inquiry>,
        on_upgrade: OnUpgrade,
    ) -> Result<Response, Refusal> {
        let Shared { options, hooks, census, stopping, .. } = &*self.0;
        let address = inquiry.address();
        // Before the application is asked, which may cost more than a session.
        census.arrive(address, now()).map_err(crowded)?;
        if let Some(allow) = &hooks.allow {
            allow(inquiry.clone()).await.map_err(|words| {
                Refusal::Forbidden(Some(words).filter(|words| !words.is_empty()).map(Into::into))
            })?;
        }
        let dialect = opening.dialect?;
        if stopping.is_cancelled() {
            return Err(Refusal::Stopping);
        }
        if dialect.is_script() && !http::may_script(inquiry, &options.cors) {
            return Err(Refusal::ForeignScript);
        }
        let place = census.admit(address).map_err(crowded)?;
        // Without random bytes there is no session: the system may have some in a moment.
        let sid = Sid::random(options.node_tag).map_err(|_| Refusal::Stopping)?;
        let handshake = Arc::new(http::handshake(inquiry));
        let transport = opening.transport;
        let line = options.tap.as_ref().map(|tap| tap.session(&sid.to_string(), transport));
        inquiry.seen.is_of(line.as_ref(), transport, &inquiry.parts);
        inquiry.seen.body(Excerpt::default);
        let tapped = Tapped { line: line.clone(), transport };
        let newcomer = Newcomer { sid, place, transport, dialect, handshake, tapped };
        let mut response = match transport {
            Transport::Polling => {
                let entry = self.begin(newcomer, None);
                // The open packet is the answer to this very request.
                self.get(entry, inquiry).await?
            }
            Transport::WebSocket => {
                let engine = self.clone();
                self.switch(inquiry, on_upgrade, line, async move |websocket| {
                    engine.begin(newcomer, Some(websocket));
                })?
            }
        };
        let headers = response.headers_mut();
        if let Some(cookie) = &options.cookie {
            http::append(headers, header::SET_COOKIE, &cookie.header(&sid.to_string()));
        }
        hooks.initial_headers.iter().for_each(|set| set(headers, inquiry));
        Ok(response)
    }

    /// Begins a session, and runs it in a task of its own: for as long as it lives, nothing of
    /// the request that has opened it is kept.
    fn begin(&self, newcomer: Newcomer, websocket: Option<Box<WebSocket>>) -> Entry {
        let Shared { options, handler, registry, tasks, stopping, .. } = &*self.0;
        let Newcomer { sid, place, transport, dialect, handshake, mut tapped } = newcomer;
        let revision = dialect.revision();
        let session = Session::open(sid, transport, dialect, options, now());
        let mailbox = Mailbox::new(options.max_buffered, options.when_full, transport);
        let mailbox = Arc::new(mailbox.tapped(tapped.line.take()));
        let entry = Entry { mailbox: mailbox.clone(), handshake: handshake.clone(), revision };
        let registration = registry.enter(sid, entry.clone(), place);
        // Whoever stops the server in this very moment may have counted the sessions already.
        if stopping.is_cancelled() {
            SessionHandle::new(mailbox).close(CloseReason::ServerShutdown);
        }
        tracing::debug!(?sid, transport = transport.name(), "session opened");
        let task = Task::new(session, registration, websocket, handler, handshake, options, tasks);
        tasks.spawn(task.run(self.0.aborting.clone()));
        entry
    }

    pub(super) async fn get(&self, entry: Entry, inquiry: &Inquiry) -> Result<Response, Refusal> {
        self.admit(&entry, inquiry)?;
        self.answered(exchange::get(entry.mailbox).await, inquiry)
    }

    pub(super) async fn post(
        &self,
        entry: Entry,
        inquiry: &Inquiry,
        body: &mut (impl Body + Unpin),
    ) -> Result<Response, Refusal> {
        self.admit(&entry, inquiry)?;
        inquiry.seen.is_of(entry.mailbox.line(), Transport::Polling, &inquiry.parts);
        let options = &self.0.options;
        let (limit, patience) = (options.max_payload, options.body_timeout);
        let field = |name| inquiry.header(&name).unwrap_or_default().trim();
        if !matches!(field(header::CONTENT_ENCODING), "" | "identity") {
            return Err(Refusal::Compressed);
        }
        let size = body.size_hint();
        if size.lower() > limit as u64 {
            return Err(Refusal::TooLarge { limit, size: size.exact() });
        }
        let content = match (field(header::CONTENT_TYPE), entry.revision) {
            ("application/octet-stream", Revision::Three) => Content::Bytes,
            ("application/octet-stream", Revision::Four) => Content::Unread,
            _ => Content::Text,
        };
        let heard = |end: &BodyEnd| inquiry.seen.body(|| end.into());
        let answer = exchange::post(entry.mailbox, body, content, limit, patience, heard).await;
        self.answered(answer, inquiry)
    }

    fn answered(&self, answer: Option<Answer>, inquiry: &Inquiry) -> Result<Response, Refusal> {
        let options = &self.0.options;
        let answer = answer.ok_or(Refusal::UnknownSid(Fate::JustClosed))?;
        let mut response = http::answered(answer, &inquiry.parts.headers, options)?;
        http::for_old_browsers(&inquiry.parts.headers, &mut response);
        Ok(response)
    }

    pub(super) fn upgrade(
        &self,
        entry: Entry,
        inquiry: &Inquiry,
        on_upgrade: OnUpgrade,
    ) -> Result<Response, Refusal> {
        self.admit(&entry, inquiry)?;
        // A page that has got hold of a session must not take it to a connection of its own. That
        // of a page of ours may have no origin yet: browsers name it from here on.
        let origins = (inquiry.header(&header::ORIGIN), entry.handshake.header("origin"));
        if let (Some(now), Some(then)) = origins {
            if self.0.options.cors.guards() && now != then {
                return Err(Refusal::OtherOrigin);
            }
        }
        inquiry.seen.is_of(entry.mailbox.line(), Transport::WebSocket, &inquiry.parts);
        inquiry.seen.body(Excerpt::default);
        let patience = self.0.options.close_timeout;
        let goodbye = Goodbye::refused();
        let line = entry.mailbox.line().cloned();
        self.switch(inquiry, on_upgrade, line, async move |websocket| {
            if let Err(Request::Candidate(websocket)) =
                entry.mailbox.ask(Request::Candidate(websocket))
            {
                Box::pin(websocket.close(Some(goodbye), patience)).await;
            }
        })
    }

    /// Whether a request may use this session.
    fn admit(&self, entry: &Entry, inquiry: &Inquiry) -> Result<(), Refusal> {
        let bound = self.0.options.bind_address;
        if bound && entry.handshake.address() != inquiry.address() {
            return Err(Refusal::OtherAddress);
        }
        Ok(())
    }

    /// Answers the opening handshake of a WebSocket, and sees to it once the answer is out.
    fn switch<F: Future<Output = ()> + Send + 'static>(
        &self,
        inquiry: &Inquiry,
        on_upgrade: OnUpgrade,
        line: Option<Arc<Line>>,
        then: impl FnOnce(Box<WebSocket>) -> F + Send + 'static,
    ) -> Result<Response, Refusal> {
        let Shared { options, stopping, .. } = &*self.0;
        if stopping.is_cancelled() {
            return Err(Refusal::Stopping);
        }
        let response = http::switching_protocols(&inquiry.parts.headers)?;
        let patience = options.head_timeout;
        let limits = websocket::Limits::of(options);
        self.spawn(async move {
            if let Ok(Ok(upgraded)) = timeout(patience, on_upgrade).await {
                then(Box::new(WebSocket::new(upgraded, limits).await.tapped(line))).await;
            }
        });
        Ok(response)
    }
}

fn crowded(why: Crowded) -> Refusal {
    match why {
        Crowded::All => Refusal::Full,
        Crowded::Address | Crowded::Rate => Refusal::AddressFull,
    }
}
