//! Hooks: what an application decides about requests, before the protocol does.
//!
//! ```text
//!   request ──► middleware ──► middleware ──► the checks ──► may it open a session? ──► answer
//!                  │ adds headers, refuses, answers      └── allow_request     headers ──┘
//! ```
//!
//! Middleware sees every request that the list of origins admits, the ones that become WebSockets
//! included; the other hooks see what their names say. The headers that a middleware sets stand on
//! the answer whatever it is, on errors and on a `101` as well.
//!
//! Shell file: owns the application's closures. Spec: not in it; names and order are those of the
//! reference server.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::Extensions;
use hyper::header::{HeaderMap, HeaderName};
use hyper::http::request::Parts;

use super::attached::Attached;
use super::detached::detach;
use super::handshake::Arrival;
use super::http::Response;
use super::options::Options;
use super::proxies::{self, Said, Sender};
use super::query::parameters;
use super::refusal::Refusal;
use super::seen::Seen;

/// A request, as hooks see it: everything but its body.
#[derive(Debug)]
pub struct Inquiry {
    /// Method, path, query, version and headers.
    pub parts: Parts,
    /// The other end of the TCP connection. Behind a proxy, that is the proxy.
    pub peer: SocketAddr,
    sender: Sender,
    attached: Attached,
    /// What the tap sees of it.
    pub(super) seen: Seen,
}

impl Inquiry {
    /// A request that came from `peer`. What it says of others is believed as far as the
    /// settings trust that proxy.
    pub fn new(parts: Parts, peer: SocketAddr, options: &Options) -> Self {
        let trusted = &options.trusted_proxies;
        let values = |name| {
            // A value that is no text still stands between others.
            let values = parts.headers.get_all(HeaderName::from_static(name)).iter();
            values.map(|value| value.to_str().unwrap_or_default()).collect()
        };
        let sender = if trusted.is_empty() {
            Sender { address: peer.ip(), secure: false }
        } else {
            proxies::sender(peer.ip(), &Said::read(options.proxy_header, values), trusted)
        };
        Self { parts, peer, sender, attached: Attached::default(), seen: Seen::default() }
    }

    /// Lets go of the buffer that the request came in, unless a hook keeps the request.
    pub(super) fn detach(self: &mut Arc<Self>, hooks: &Hooks) {
        if let Some(inquiry) = Arc::get_mut(self) {
            detach(&mut inquiry.parts, hooks.look_at_answered());
        }
    }

    /// The client's address: see [`Handshake::address`](super::handshake::Handshake::address).
    pub fn address(&self) -> IpAddr {
        self.sender.address
    }

    /// Whether the client came over TLS, as far as a proxy says so that is trusted.
    pub fn is_secure(&self) -> bool {
        self.sender.secure
    }

    /// Attaches a value, for the hooks that come later and, if a session is opened, for
    /// [`Handshake::extensions`](super::handshake::Handshake::extensions). There is one of each
    /// type: the last.
    ///
    /// ```
    /// use sockrates::engineio::hooks::Hooks;
    ///
    /// #[derive(Clone)]
    /// struct User(String);
    ///
    /// let hooks = Hooks::default().allow_request(async |request| {
    ///     let name = request.parameter("name").ok_or("a name is needed")?;
    ///     request.insert(User(name.into_owned()));
    ///     Ok(())
    /// });
    /// ```
    pub fn insert<T: Clone + Send + Sync + 'static>(&self, value: T) {
        self.attached.insert(value);
    }

    /// The value of this type that was attached by a hook, or by whoever has led the request here.
    pub fn get<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        self.attached.get().or_else(|| self.parts.extensions.get().cloned())
    }

    /// What is kept of it for as long as a session lives that it opens now.
    pub(super) fn arrival(&self, issued: Duration) -> Arrival {
        let mut extensions = self.parts.extensions.clone();
        self.attached.copy_to(&mut extensions);
        if extensions.is_empty() {
            // What hyper has taken out of it has left a map.
            extensions = Extensions::new();
        }
        let Sender { address, secure } = self.sender;
        Arrival { peer: self.peer, address, secure, issued, extensions }
    }

    /// The last parameter of this name in the query, decoded.
    pub fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        let query = self.parts.uri.query().unwrap_or_default();
        parameters(query).filter(|(found, _)| found == name).last().map(|(_, value)| value)
    }

    /// A header's value, if there is one and it is text.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        super::http::text(&self.parts.headers, name)
    }

    /// Whether the request is to open a session, and not to continue one.
    pub fn is_handshake(&self) -> bool {
        self.parameter("sid").is_none()
    }
}

/// What a middleware decides.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step {
    /// On to the next, with these headers for the answer.
    Next(HeaderMap),
    /// The request is refused with code 3. The words are for the log.
    Refuse(String),
    /// The request is answered, and nobody else sees it.
    Answer(Response),
}

impl Step {
    /// On to the next.
    pub fn next() -> Self {
        Self::Next(HeaderMap::new())
    }
}

type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Middleware = Box<dyn Fn(Arc<Inquiry>) -> Later<Step> + Send + Sync>;
type Allow = Box<dyn Fn(Arc<Inquiry>) -> Later<Result<(), String>> + Send + Sync>;
type Headers = Box<dyn Fn(&mut HeaderMap, &Inquiry) + Send + Sync>;
type Refused = Box<dyn Fn(&Refusal, &Inquiry) + Send + Sync>;

/// The hooks of an engine. Without any, a request costs nothing more.
///
/// ```
/// use hyper::header::{HeaderMap, HeaderValue};
/// use sockrates::engineio::hooks::{Hooks, Step};
///
/// let hooks = Hooks::default()
///     .middleware(async |_| {
///         let mut headers = HeaderMap::new();
///         headers.insert("x-served-by", HeaderValue::from_static("node 7"));
///         Step::Next(headers)
///     })
///     .allow_request(async |request| match request.parameter("token").as_deref() {
///         Some("abc") => Ok(()),
///         _ => Err("a token is needed".to_owned()),
///     });
/// ```
#[derive(Default)]
pub struct Hooks {
    pub(super) middleware: Vec<Middleware>,
    pub(super) allow: Option<Allow>,
    pub(super) initial_headers: Vec<Headers>,
    pub(super) headers: Vec<Headers>,
    pub(super) refused: Vec<Refused>,
}

impl Hooks {
    /// Adds a middleware behind the others. It sees every request for the engine's path, but
    /// preflights and those that the list of origins or the limit of a URL turn away.
    #[must_use]
    pub fn middleware<F>(
        mut self,
        middleware: impl Fn(Arc<Inquiry>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Step> + Send + 'static,
    {
        self.middleware.push(Box::new(move |request| Box::pin(middleware(request))));
        self
    }

    /// Decides who may open a session. It is asked once for a session, after the checks that need
    /// no application, and not again when the session moves to WebSocket. The words of an `Err`
    /// are the message that the client is told, with code 4; empty ones are `Forbidden`.
    #[must_use]
    pub fn allow_request<F>(
        mut self,
        allow: impl Fn(Arc<Inquiry>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.allow = Some(Box::new(move |request| Box::pin(allow(request))));
        self
    }

    /// Sets headers on the answer that opens a session: the first `GET`'s, or the `101`.
    #[must_use]
    pub fn initial_headers(
        mut self,
        set: impl Fn(&mut HeaderMap, &Inquiry) + Send + Sync + 'static,
    ) -> Self {
        self.initial_headers.push(Box::new(set));
        self
    }

    /// Sets headers on every answer of a session, each `200` and each `101`.
    #[must_use]
    pub fn headers(
        mut self,
        set: impl Fn(&mut HeaderMap, &Inquiry) + Send + Sync + 'static,
    ) -> Self {
        self.headers.push(Box::new(set));
        self
    }

    /// Is told of every request that is refused, and why.
    #[must_use]
    pub fn refused(mut self, told: impl Fn(&Refusal, &Inquiry) + Send + Sync + 'static) -> Self {
        self.refused.push(Box::new(told));
        self
    }
}

impl Hooks {
    /// Whether a request may be looked at again once it is answered.
    fn look_at_answered(&self) -> bool {
        !(self.headers.is_empty() && self.refused.is_empty())
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("middleware", &self.middleware.len())
            .field("allow_request", &self.allow.is_some())
            .field("initial_headers", &self.initial_headers.len())
            .field("headers", &self.headers.len())
            .field("refused", &self.refused.len())
            .finish()
    }
}
