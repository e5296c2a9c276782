//! Events between servers, of which clients learn nothing.
//!
//! ```text
//!   server 1: io.server_side_emit("reload", 7)  ──►  server 2: io.on_server_event("reload", …)
//!                                               ──►  server 3: …
//! ```
//!
//! Shell file: hands them to the adapter, which knows the other servers. Not in the specification:
//! officially `serverSideEmit`.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytestring::ByteString;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::adapter::AdapterError;
use super::args::Args;
use super::encode::EncodeError;
use super::namespace::Namespace;
use super::packet::{Body, MAIN_NAMESPACE};
use super::parser::{Encoded, Parser};

/// Event names that have a meaning of their own between servers: the official server refuses them.
const RESERVED: [&str; 3] = ["connect", "connection", "new_namespace"];

/// How long other servers have to answer, where nothing else is said.
const LIMIT: Duration = Duration::from_secs(5);

/// An event that another server has sent.
pub struct ServerEvent {
    /// Its name.
    pub name: ByteString,
    /// What it brings.
    pub args: Args,
    answer: Mutex<Option<Respond>>,
}

/// Brings an answer to the server that asked.
type Respond = Box<dyn FnOnce(Args) + Send>;

impl ServerEvent {
    /// One that came in this packet, from [`Adapter::server_side_emit`] of another server;
    /// `respond` is where its answer goes. `None` if the packet is no event.
    ///
    /// [`Adapter::server_side_emit`]: super::adapter::Adapter::server_side_emit
    pub fn new(packet: &Encoded, respond: Option<Box<dyn FnOnce(Args) + Send>>) -> Option<Self> {
        let (name, args) = packet.event()?;
        Some(Self { name, args, answer: Mutex::new(respond) })
    }

    /// Answers. The first answer counts; nothing happens if none is wanted.
    ///
    /// # Errors
    /// When the answer can not be encoded.
    pub fn answer<T: Serialize>(&self, data: T) -> Result<(), EncodeError> {
        let packet = Parser::Json.ack(MAIN_NAMESPACE, 0, &data)?;
        let respond = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (Some(respond), Some(Body::Ack { args, .. })) = (respond, packet.body()) {
            respond(args);
        }
        Ok(())
    }
}

impl fmt::Debug for ServerEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerEvent({:?} {})", self.name, self.args.json())
    }
}

/// What is told of the events of other servers.
pub(super) type ServerListener = dyn Fn(&ServerEvent) + Send + Sync;

impl Namespace {
    /// Sends an event to the other servers: see [`on_server_event`](Self::on_server_event). It does
    /// not come back to this one. Officially `serverSideEmit`.
    ///
    /// # Errors
    /// When the event can not be encoded, or its name is reserved.
    pub fn server_side_emit<T: Serialize>(&self, event: &str, data: T) -> Result<(), EncodeError> {
        self.adapter().server_side_emit(&encoded(event, &data)?);
        Ok(())
    }

    /// Sends an event to the other servers, and gives what each answers within five seconds.
    /// Officially `serverSideEmitWithAck`.
    ///
    /// The future fails when the event can not be encoded, when not all servers answer, or when an
    /// answer is not what was expected. A server that is alone has nobody to ask, and so all
    /// answers.
    pub fn server_side_emit_with_ack<R: DeserializeOwned>(
        &self,
        event: &str,
        data: impl Serialize,
    ) -> BoxFuture<'static, Result<Vec<R>, ServerSideError>> {
        let asked = encoded(event, &data).map(|it| self.adapter().server_side_ask(&it, LIMIT));
        Box::pin(async move {
            let answers = asked.map_err(ServerSideError::Encode)?.await?;
            let read = |args: &Args| args.parse().map_err(|_| ServerSideError::Unreadable);
            answers.iter().map(read).collect()
        })
    }

    /// Has `listener` called for every event of this name that another server sends.
    pub fn on_server_event(
        &self,
        event: &str,
        listener: impl Fn(&ServerEvent) + Send + Sync + 'static,
    ) -> &Self {
        let wanted = event.to_owned();
        self.listen_to_servers(Arc::new(move |event: &ServerEvent| {
            if *event.name == *wanted {
                listener(event);
            }
        }));
        self
    }

    /// Another server has sent an event: for adapters.
    pub fn receive_server_event(&self, event: &ServerEvent) {
        for listener in self.server_listeners() {
            if catch_unwind(AssertUnwindSafe(|| listener(event))).is_err() {
                tracing::warn!(?event, "a listener for events of other servers panicked");
            }
        }
    }
}

fn encoded<T: Serialize>(event: &str, data: &T) -> Result<Encoded, EncodeError> {
    match RESERVED.into_iter().find(|reserved| *reserved == event) {
        Some(name) => Err(EncodeError::ReservedEvent(name)),
        None => Parser::Json.event(MAIN_NAMESPACE, None, event, data),
    }
}

/// Why other servers did not all answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServerSideError {
    /// The event can not be encoded.
    Encode(EncodeError),
    /// They did not answer.
    Adapter(AdapterError),
    /// One answered something else than was expected.
    Unreadable,
}

impl From<AdapterError> for ServerSideError {
    fn from(error: AdapterError) -> Self {
        Self::Adapter(error)
    }
}

impl fmt::Display for ServerSideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encode(error) => write!(f, "{error}"),
            Self::Adapter(error) => write!(f, "{error}"),
            Self::Unreadable => write!(f, "a server answered something else than was expected"),
        }
    }
}

impl std::error::Error for ServerSideError {}
