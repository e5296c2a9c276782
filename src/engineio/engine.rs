//! The engine: opens sessions, leads requests to them, and closes them all.
//!
//! ```text
//!   request ──► cors ──► middleware ──► query ──┬─ open ──► allowed? ──► a new session, a new task
//!                                               ├─ get, post ──► the session's mailbox, and wait
//!                                               └─ upgrade ──► 101, then the mailbox
//! ```
//!
//! This file has what comes before the protocol, and the end; `sessions` has what lies between.
//!
//! Shell file: owns the registry and the tasks of all sessions. Spec: Engine.IO v4,
//! "Transports", "Handshake".

mod sessions;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::body::Body;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request as HttpRequest, StatusCode};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::census::Census;
use super::close::CloseReason;
use super::dialect::Revision;
use super::exchange;
use super::handler::Handler;
use super::hooks::{Hooks, Inquiry, Step};
use super::http::{self, Response, response};
use super::mailbox::SessionHandle;
use super::options::{Options, Transport};
use super::query::{Ask, ask};
use super::refusal::{Fate, Refusal};
use super::registry::{Entry, Registry};
use super::sid::Sid;
use super::tap::Excerpt;

/// Sessions that are told to close before others get their turn, at a shutdown.
const BATCH: usize = 256;

/// An Engine.IO server, without a port of its own. Cloning it is cheap.
#[derive(Debug)]
pub struct Engine<H>(Arc<Shared<H>>);

impl<H> Clone for Engine<H> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

#[derive(Debug)]
struct Shared<H> {
    options: Options,
    hooks: Hooks,
    handler: H,
    registry: Arc<Registry>,
    census: Census,
    tasks: TaskTracker,
    /// Cancelled when no new session is opened any more.
    stopping: CancellationToken,
    /// Cancelled when sessions that are still open are given up.
    aborting: CancellationToken,
}

impl<H: Handler> Engine<H> {
    /// A server with these settings, which tells `handler` of its sessions.
    pub fn new(options: Options, handler: H) -> Self {
        Self::with_hooks(options, Hooks::default(), handler)
    }

    /// The same, with `hooks` for what the application decides about requests.
    pub fn with_hooks(options: Options, hooks: Hooks, handler: H) -> Self {
        Self(Arc::new(Shared {
            census: Census::new(options.max_sessions),
            options: options.bounded(),
            hooks,
            handler,
            registry: Arc::default(),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            aborting: CancellationToken::new(),
        }))
    }

    /// The settings.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// What is told of new sessions.
    pub fn handler(&self) -> &H {
        &self.0.handler
    }

    /// How many sessions are open.
    pub fn sessions(&self) -> usize {
        self.0.registry.len()
    }

    /// Whether a request with this path is meant for this server.
    pub fn serves(&self, path: &str) -> bool {
        path.starts_with(&self.0.options.path)
    }

    /// Answers a request. For a `GET` that waits for packets that may take a while.
    ///
    /// The body may be of any kind. What makes a WebSocket of the connection is taken from the
    /// request's extensions, where hyper has put it; without that an upgrade is promised and then
    /// given up.
    pub fn handle<B>(
        &self,
        mut request: HttpRequest<B>,
        peer: SocketAddr,
    ) -> impl Future<Output = Response> + Send + use<B, H>
    where
        B: Body<Data: Send, Error: Send> + Send + 'static,
    {
        let on_upgrade = hyper::upgrade::on(&mut request);
        let (parts, body) = request.into_parts();
        // Not every body may be moved while it is read.
        let mut body = Box::pin(body);
        let mut inquiry = Arc::new(Inquiry::new(parts, peer, &self.0.options));
        let engine = self.clone();
        // What comes before this is no part of what a request that waits costs.
        async move {
            let mut extra = HeaderMap::new();
            let answer = engine.answer(&mut inquiry, &mut body, on_upgrade, &mut extra).await;
            let mut response = answer.unwrap_or_else(|refusal| {
                // Whoever waits for leave to send a body is not sending it.
                if !body.is_end_stream() && !inquiry.parts.headers.contains_key(header::EXPECT) {
                    engine.spawn(exchange::drain(body, engine.0.options.body_timeout));
                }
                engine.refuse(&refusal, &inquiry)
            });
            engine.add_cors_headers(&inquiry.parts.headers, &mut response);
            http::set_all(response.headers_mut(), extra);
            if let Some(tap) = &engine.0.options.tap {
                inquiry.seen.answered(tap, &inquiry.parts, &response);
            }
            response
        }
    }

    /// Adds to an answer what pages of other origins need to see it.
    pub fn add_cors_headers(&self, request: &HeaderMap, response: &mut Response) {
        let cors = &self.0.options.cors;
        if !cors.is_off() {
            let (origin, host) = http::origin_and_host(request);
            http::add_headers(response, cors.headers(origin, host));
        }
    }

    /// What comes before the protocol: who may ask at all, and what the application says to it.
    async fn answer(
        &self,
        inquiry: &mut Arc<Inquiry>,
        body: &mut (impl Body + Unpin),
        on_upgrade: OnUpgrade,
        extra: &mut HeaderMap,
    ) -> Result<Response, Refusal> {
        let Shared { options, hooks, .. } = &*self.0;
        let parts = &inquiry.parts;
        if parts.method == Method::OPTIONS {
            let requested = http::text(&parts.headers, &header::ACCESS_CONTROL_REQUEST_HEADERS);
            if let Some(headers) = options.cors.preflight(requested) {
                let mut response = response(StatusCode::NO_CONTENT, "", "");
                let zero = HeaderValue::from_static("0");
                response.headers_mut().insert(header::CONTENT_LENGTH, zero);
                http::add_headers(&mut response, headers);
                return Ok(response);
            }
        }
        if parts.uri.path_and_query().is_some_and(|url| url.as_str().len() > options.max_url) {
            return Err(Refusal::LongUrl);
        }
        if options.cors.guards() {
            let (origin, host) = http::origin_and_host(&parts.headers);
            if !options.cors.admits(origin, host) {
                return Err(Refusal::ForeignOrigin(origin.unwrap_or_default().into()));
            }
        }
        for middleware in &hooks.middleware {
            match middleware(inquiry.clone()).await {
                Step::Next(headers) => http::set_all(extra, headers),
                Step::Answer(response) => return Ok(response),
                Step::Refuse(why) => return Err(Refusal::Middleware(why.into())),
            }
        }
        let mut response = match ask(http::head(parts), options, |sid| self.find(sid))? {
            Ask::Open(opening) => self.open(opening, inquiry, on_upgrade).await?,
            Ask::Get(entry) => {
                inquiry.seen.is_of(entry.mailbox.line(), Transport::Polling, parts);
                inquiry.seen.body(Excerpt::default);
                // It may wait for long.
                inquiry.detach(hooks);
                self.get(entry, inquiry).await?
            }
            Ask::Post(entry) => self.post(entry, inquiry, body).await?,
            Ask::Upgrade(entry) => self.upgrade(entry, inquiry, on_upgrade)?,
        };
        hooks.headers.iter().for_each(|set| set(response.headers_mut(), inquiry));
        Ok(response)
    }

    /// The session of this name, with the revision that it was opened in.
    fn find(&self, sid: Sid) -> Result<(Revision, Entry), Fate> {
        let Shared { options, registry, .. } = &*self.0;
        match registry.find(sid) {
            Some(entry) => Ok((entry.revision, entry)),
            None => Err(registry.fate(sid, options.node_tag, now())),
        }
    }

    /// Runs something that is counted, and given up with the sessions at a shutdown.
    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let aborting = self.0.aborting.clone();
        self.0.tasks.spawn(aborting.run_until_cancelled_owned(future));
    }

    /// Answers a request that is refused, and tells who wants to know.
    fn refuse(&self, refusal: &Refusal, inquiry: &Inquiry) -> Response {
        let Shared { options, hooks, .. } = &*self.0;
        hooks.refused.iter().for_each(|told| told(refusal, inquiry));
        http::log_refusal(refusal, inquiry);
        http::refused(refusal, options.hints)
    }

    /// Stops: no session is opened any more, and those that are open are closed, in batches.
    /// What was sent to them before still goes out. After `grace` the rest is given up.
    /// Returns how many that were.
    pub async fn close(&self, grace: Duration) -> usize {
        let Shared { registry, tasks, stopping, aborting, .. } = &*self.0;
        stopping.cancel();
        tasks.close();
        let all_done = async {
            for (index, mailbox) in registry.all().into_iter().enumerate() {
                SessionHandle::new(mailbox).close(CloseReason::ServerShutdown);
                if index % BATCH == BATCH - 1 {
                    tokio::task::yield_now().await;
                }
            }
            tasks.wait().await;
        };
        if timeout(grace, all_done).await.is_ok() {
            return 0;
        }
        let left = tasks.len();
        registry.all().into_iter().for_each(|mailbox| mailbox.give_up());
        aborting.cancel();
        tasks.wait().await;
        left
    }
}

/// The time, as the cores take it. In tests it is tokio's clock, which can be stopped.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
