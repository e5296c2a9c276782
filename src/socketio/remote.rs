//! Remote sockets: sockets on any server, as they were when they were asked for.
//!
//! ```text
//!   io.to("r1").fetch_sockets().await   ──►  [ { id, rooms, handshake, data }, … ]
//! ```
//!
//! Shell file: reaches them by the room that each is alone in. Not in the specification: officially
//! `RemoteSocket`.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::FromAnswer;
use super::ask::AckError;
use super::audience::IntoRooms;
use super::broadcast::Broadcast;
use super::emit::EmitError;
use super::encode::EncodeError;
use super::namespace::Namespace;
use super::socket::Socket;
use super::socket_id::SocketId;

/// A socket on this server or another: what it was when it was fetched, and verbs that reach it.
#[derive(Clone, Debug)]
pub struct RemoteSocket {
    namespace: Namespace,
    id: SocketId,
    handshake: Value,
    rooms: Vec<String>,
    data: Map<String, Value>,
    timeout: Option<Duration>,
}

impl RemoteSocket {
    /// One of another server: for adapters.
    pub fn new(
        namespace: &Namespace,
        id: SocketId,
        handshake: Value,
        rooms: Vec<String>,
        data: Map<String, Value>,
    ) -> Self {
        Self { namespace: namespace.clone(), id, handshake, rooms, data, timeout: None }
    }

    /// One of this server.
    pub(super) fn of(socket: &Socket) -> Self {
        let (rooms, data) = (socket.rooms(), socket.data().shared());
        Self::new(socket.namespace(), socket.id(), handshake(socket), rooms, data)
    }

    /// Its public name.
    pub fn id(&self) -> SocketId {
        self.id
    }

    /// Its handshake, as the official server's object: `headers`, `query`, `auth` and so on.
    pub fn handshake(&self) -> &Value {
        &self.handshake
    }

    /// The rooms that it was in, its own included.
    pub fn rooms(&self) -> &[String] {
        &self.rooms
    }

    /// What was [shared](super::data::Data::share) of its data.
    pub fn data(&self) -> &Map<String, Value> {
        &self.data
    }

    /// The time that an answer has.
    #[must_use]
    pub fn timeout(self, limit: Duration) -> Self {
        Self { timeout: Some(limit), ..self }
    }

    /// Sends it an event. Whether it is still there, nobody can say.
    ///
    /// # Errors
    /// When the event can not be encoded.
    pub fn emit<T: Serialize>(&self, event: &str, data: T) -> Result<(), EncodeError> {
        self.target().emit(event, data).map(|_| ())
    }

    /// Sends it an event that wants an answer.
    ///
    /// The future fails when no answer comes in time, or when it is not what was expected.
    pub fn emit_with_ack<R: FromAnswer + Send + 'static>(
        &self,
        event: &str,
        data: impl Serialize,
    ) -> BoxFuture<'static, Result<R, AckError>> {
        let asked = self.target().ask(event, &data);
        Box::pin(async move {
            let args = asked.map_err(EmitError::from)?.first().await?;
            Ok(R::from_answer(&args)?)
        })
    }

    /// Puts it into a room, or into several.
    pub fn join(&self, rooms: impl IntoRooms) {
        self.target().sockets_join(rooms);
    }

    /// Takes it out of a room, or of several.
    pub fn leave(&self, rooms: impl IntoRooms) {
        self.target().sockets_leave(rooms);
    }

    /// Disconnects it; with `close`, all sockets of its client.
    pub fn disconnect(&self, close: bool) {
        self.target().disconnect_sockets(close);
    }

    fn target(&self) -> Broadcast {
        let mut target = self.namespace.to(self.id);
        target.flags.timeout = self.timeout;
        target
    }
}

/// A socket's handshake as the official server's object, but without the secret by which its
/// client may come back.
fn handshake(socket: &Socket) -> Value {
    let mut auth: Map<String, Value> = socket.parse_auth().unwrap_or_default();
    auth.remove("pid");
    let mut handshake = serde_json::to_value(socket.handshake()).unwrap_or_default();
    if let Value::Object(handshake) = &mut handshake {
        handshake.insert("auth".to_owned(), auth.into());
    }
    handshake
}
