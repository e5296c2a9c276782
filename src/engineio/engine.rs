//! The engine: opens sessions, leads requests to them, and closes them all.
//!
//! ```text
//!   request ──► cors ──► query ──┬─ open ──► a new session, a new task
//!                                ├─ get, post ──► the session's mailbox, and wait
//!                                └─ upgrade ──► 101, then the mailbox
//! ```
//!
//! Shell file: owns the registry and the tasks of all sessions. Spec: Engine.IO v4,
//! "Transports", "Handshake".

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Method, Request as HttpRequest, StatusCode};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::close::CloseReason;
use super::cors::Header;
use super::handler::Handler;
use super::handshake::Handshake;
use super::http::{self, Response, refused, response};
use super::mailbox::{Mailbox, Request, SessionHandle};
use super::options::{Options, Transport};
use super::query::{Ask, ask};
use super::refusal::Refusal;
use super::registry::Registry;
use super::session::{Answer, BodyEnd, Session};
use super::sid::Sid;
use super::task::Task;
use super::websocket::WebSocket;

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
    handler: H,
    registry: Arc<Registry>,
    tasks: TaskTracker,
    /// Cancelled when no new session is opened any more.
    stopping: CancellationToken,
    /// Cancelled when sessions that are still open are given up.
    aborting: CancellationToken,
}

impl<H: Handler> Engine<H> {
    /// A server with these settings, which tells `handler` of its sessions.
    pub fn new(options: Options, handler: H) -> Self {
        Self(Arc::new(Shared {
            options: options.bounded(),
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
    pub async fn handle(&self, request: HttpRequest<Incoming>, peer: SocketAddr) -> Response {
        let cors = self.cors_headers(request.headers());
        let mut response = self.answer(request, peer).await;
        http::add_headers(&mut response, cors);
        response
    }

    /// Adds to an answer that is not this server's what pages of other origins need to see it.
    pub fn add_cors_headers(&self, request: &HeaderMap, response: &mut Response) {
        http::add_headers(response, self.cors_headers(request));
    }

    fn cors_headers(&self, request: &HeaderMap) -> Vec<Header> {
        let (origin, host) = http::origin_and_host(request);
        self.0.options.cors.headers(origin, host)
    }

    async fn answer(&self, mut request: HttpRequest<Incoming>, peer: SocketAddr) -> Response {
        let Shared { options, registry, .. } = &*self.0;
        if request.method() == Method::OPTIONS {
            let requested = http::text(request.headers(), &header::ACCESS_CONTROL_REQUEST_HEADERS);
            if let Some(headers) = options.cors.preflight(requested) {
                let mut response = response(StatusCode::NO_CONTENT, "", "");
                let zero = HeaderValue::from_static("0");
                response.headers_mut().insert(header::CONTENT_LENGTH, zero);
                http::add_headers(&mut response, headers);
                return response;
            }
        }
        let (origin, host) = http::origin_and_host(request.headers());
        if !options.cors.admits(origin, host) {
            return refuse(Refusal::Forbidden, peer);
        }
        let on_upgrade = hyper::upgrade::on(&mut request);
        let (parts, body) = request.into_parts();
        match ask(http::head(&parts), options, |sid| registry.knows(sid)) {
            Err(refusal) => refuse(refusal, peer),
            Ok(Ask::Open(Transport::Polling)) => self.open_on_polling(&parts, peer).await,
            Ok(Ask::Open(Transport::WebSocket)) => {
                let engine = self.clone();
                let handshake = Arc::new(http::handshake(&parts, peer.ip()));
                self.switch(&parts, on_upgrade, async move |upgraded| {
                    engine.open_on_websocket(upgraded, handshake).await;
                })
            }
            Ok(Ask::Get(sid)) => self.get(sid, peer).await,
            Ok(Ask::Post(sid)) => self.post(sid, &parts, body, peer).await,
            Ok(Ask::Upgrade(sid)) => {
                let engine = self.clone();
                self.switch(&parts, on_upgrade, async move |upgraded| {
                    engine.upgrade(upgraded, sid).await;
                })
            }
        }
    }

    async fn open_on_polling(&self, parts: &Parts, peer: SocketAddr) -> Response {
        let handshake = Arc::new(http::handshake(parts, peer.ip()));
        let Some((sid, task)) = self.open(Transport::Polling, None, handshake) else {
            return unavailable();
        };
        self.run(task);
        // The open packet is the answer to this very request.
        self.get(sid, peer).await
    }

    async fn open_on_websocket(&self, upgraded: Upgraded, handshake: Arc<Handshake>) {
        let websocket = Box::new(WebSocket::new(upgraded, self.0.options.max_payload).await);
        if let Some((_, task)) = self.open(Transport::WebSocket, Some(websocket), handshake) {
            self.run(task);
        }
    }

    /// Runs a session in a task of its own: for as long as it lives, nothing of the request that
    /// has opened it is kept.
    fn run(&self, task: Box<Task<H::Client>>) {
        self.spawn(task.run());
    }

    /// Runs something that is counted, and given up with the sessions at a shutdown.
    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let aborting = self.0.aborting.clone();
        self.0.tasks.spawn(aborting.run_until_cancelled_owned(future));
    }

    /// Opens a session. `None` when the server is stopping, or has no random bytes.
    fn open(
        &self,
        transport: Transport,
        websocket: Option<Box<WebSocket>>,
        handshake: Arc<Handshake>,
    ) -> Option<(Sid, Box<Task<H::Client>>)> {
        let Shared { options, handler, registry, stopping, .. } = &*self.0;
        let sid = Sid::random().ok().filter(|_| !stopping.is_cancelled())?;
        let now = tokio::time::Instant::now().into_std();
        let session = Session::open(sid, transport, options, now);
        let mailbox = Arc::new(Mailbox::new(options.max_buffered));
        let registration = registry.enter(sid, mailbox.clone());
        // Whoever stops the server in this very moment may have counted the sessions already.
        if stopping.is_cancelled() {
            SessionHandle::new(mailbox).close(CloseReason::ServerShutdown);
        }
        tracing::debug!(?sid, transport = transport.name(), "session opened");
        let close_timeout = options.close_timeout;
        let task = Task::new(session, registration, websocket, handler, handshake, close_timeout);
        Some((sid, task))
    }

    async fn get(&self, sid: Sid, peer: SocketAddr) -> Response {
        let Some(mailbox) = self.0.registry.find(sid) else {
            return refuse(Refusal::UnknownSid, peer);
        };
        let (reply, answer) = oneshot::channel();
        if mailbox.ask(Request::Get(reply)).is_err() {
            return refuse(Refusal::UnknownSid, peer);
        }
        let waiting = Waiting { mailbox, lost: Some(Request::GetLost) };
        let answer = answer.await;
        waiting.over();
        self.answered(answer.ok(), peer)
    }

    async fn post(&self, sid: Sid, parts: &Parts, body: Incoming, peer: SocketAddr) -> Response {
        let options = &self.0.options;
        let Some(mailbox) = self.0.registry.find(sid) else {
            return refuse(Refusal::UnknownSid, peer);
        };
        let content = |name| http::text(&parts.headers, name).unwrap_or("").trim();
        if !matches!(content(&header::CONTENT_ENCODING), "" | "identity") {
            let body = r#"{"code":3,"message":"Compressed bodies are not accepted"}"#;
            return response(StatusCode::UNSUPPORTED_MEDIA_TYPE, "application/json", body);
        }
        if body.size_hint().lower() > options.max_payload as u64 {
            return http::too_large(options.max_payload);
        }
        let (reply, mut answer) = oneshot::channel();
        if mailbox.ask(Request::Post(reply)).is_err() {
            return refuse(Refusal::UnknownSid, peer);
        }
        let lost = Request::PostEnded(BodyEnd::Lost);
        let mut waiting = Waiting { mailbox: mailbox.clone(), lost: Some(lost) };
        let end = if content(&header::CONTENT_TYPE) == "application/octet-stream" {
            BodyEnd::RawBytes
        } else {
            tokio::select! {
                end = http::read_body(body, options.max_payload, options.body_timeout) => end,
                // The session has made up its mind before the body was there.
                early = &mut answer => {
                    waiting.over();
                    return self.answered(early.ok(), peer);
                }
            }
        };
        waiting.lost = None;
        // A session that is over has dropped the reply, which is the answer below.
        let _ = mailbox.ask(Request::PostEnded(end));
        self.answered(answer.await.ok(), peer)
    }

    fn answered(&self, answer: Option<Answer>, peer: SocketAddr) -> Response {
        match answer {
            None => refuse(Refusal::UnknownSid, peer),
            Some(Answer::Refused(refusal)) => refuse(refusal, peer),
            Some(answer) => http::answered(answer, self.0.options.max_payload),
        }
    }

    /// Answers the opening handshake of a WebSocket, and sees to it once the answer is out.
    fn switch<F: Future<Output = ()> + Send + 'static>(
        &self,
        parts: &Parts,
        on_upgrade: OnUpgrade,
        then: impl FnOnce(Upgraded) -> F + Send + 'static,
    ) -> Response {
        if self.0.stopping.is_cancelled() {
            return unavailable();
        }
        let response = match http::switching_protocols(&parts.headers) {
            Ok(response) => response,
            Err(refusal) => return *refusal,
        };
        let patience = self.0.options.first_request_timeout;
        self.spawn(async move {
            if let Ok(Ok(upgraded)) = timeout(patience, on_upgrade).await {
                then(upgraded).await;
            }
        });
        response
    }

    async fn upgrade(&self, upgraded: Upgraded, sid: Sid) {
        let websocket = WebSocket::new(upgraded, self.0.options.max_payload).await;
        let request = Request::Candidate(Box::new(websocket));
        let given_back = match self.0.registry.find(sid) {
            Some(mailbox) => mailbox.ask(request).err(),
            None => Some(request),
        };
        if let Some(Request::Candidate(websocket)) = given_back {
            let goodbye = super::websocket::Goodbye::refused();
            websocket.close(Some(goodbye), self.0.options.close_timeout).await;
        }
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
        aborting.cancel();
        tasks.wait().await;
        left
    }
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

fn refuse(refusal: Refusal, peer: SocketAddr) -> Response {
    tracing::warn!(%peer, ?refusal, "request refused");
    refused(refusal)
}

/// The answer while the server stops.
fn unavailable() -> Response {
    let body = r#"{"code":3,"message":"The server is going down"}"#;
    let mut response = response(StatusCode::SERVICE_UNAVAILABLE, "application/json", body);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}
