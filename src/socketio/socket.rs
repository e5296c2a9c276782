//! A socket: one client in one namespace, as an application holds it.
//!
//! ```text
//!   40/admin,{"sid":"wZX3oN0bSVIhsaknAAAI"}     a socket is born
//!   42/admin,["news",1]  ◄──────────────────    socket.emit("news", 1)
//!   42/admin,["hi"]      ──────────────────►    socket.on("hi", …)
//!   41/admin,                                   and gone
//! ```
//!
//! Shell file: owns what the application has registered on it. Spec: Socket.IO v5, "Sending
//! and receiving data", "Disconnection from a namespace".

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytestring::ByteString;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use super::ack::Ack;
use super::acks::Acks;
use super::answers::Collector;
use super::args::Args;
use super::close::DisconnectReason;
use super::data::Data;
use super::emit::EmitError;
use super::encode;
use super::failure::Failure;
use super::handler::{Outcome, Rest};
use super::link::{Link, Note};
use super::listeners::Listeners;
use super::memory::{End, Identity, Past};
use super::namespace::Namespace;
use super::namespaces::Stay;
use super::options::Options;
use super::phase::{Phase, Stage};
use super::socket_id::SocketId;
use crate::engineio::delivery::Delivery;
use crate::engineio::handshake::Handshake;
use crate::engineio::mailbox::SessionHandle;
use crate::token::Token;

/// One client in one namespace. Cloning it is cheap, and all clones are the same socket.
#[derive(Clone)]
pub struct Socket(Arc<Inner>);

struct Inner {
    id: SocketId,
    /// The secret by which its client may come back; `None` if it may not.
    pid: Option<Token>,
    /// Whether it has come back.
    recovered: bool,
    namespace: Namespace,
    link: Arc<Link>,
    auth: Option<ByteString>,
    data: Data,
    listeners: Listeners,
    stage: Stage,
    state: Mutex<State>,
}

struct State {
    /// The rooms that it is put into as soon as it is connected.
    rooms: BTreeSet<String>,
    disconnecting: Vec<DisconnectHandler>,
    disconnected: Vec<DisconnectHandler>,
    /// Why it has ended, if it was connected before.
    ended: Option<DisconnectReason>,
    acks: Acks<Purpose>,
    stay: Option<Stay>,
}

/// What an answer is wanted for. Whichever it is: dropped, it tells that no answer will come.
#[derive(Debug)]
pub(super) enum Purpose {
    /// Somebody asked this socket.
    One(oneshot::Sender<Args>),
    /// Somebody asked many.
    OneOfMany(Collector),
}

type DisconnectHandler =
    Box<dyn FnOnce(Socket, DisconnectReason) -> Result<Option<Rest>, Failure> + Send>;

impl Socket {
    pub(super) fn new(
        identity: impl Into<Identity>,
        namespace: Namespace,
        link: Arc<Link>,
        auth: Option<ByteString>,
        stay: Option<Stay>,
    ) -> Self {
        let Identity { id, pid, past } = identity.into();
        let (data, recovered) = (Data::default(), past.is_some());
        let rooms = past.map(|Past { rooms, data: kept }| {
            data.inherit(&kept);
            rooms
        });
        let state = State {
            rooms: rooms.unwrap_or_default(),
            disconnecting: Vec::new(),
            disconnected: Vec::new(),
            ended: None,
            acks: Acks::default(),
            stay,
        };
        Self(Arc::new(Inner {
            id,
            pid,
            recovered,
            namespace,
            link,
            auth,
            data,
            listeners: Listeners::default(),
            stage: Stage::new(),
            state: Mutex::new(state),
        }))
    }

    /// The public name of this socket. It is in a room of the same name.
    ///
    /// A client of 2.x does not know it: see [`joining`](super::joining).
    pub fn id(&self) -> SocketId {
        self.0.id
    }

    /// The namespace that it is in.
    pub fn namespace(&self) -> &Namespace {
        &self.0.namespace
    }

    /// What is known of the client from the request that opened its session.
    pub fn handshake(&self) -> &Handshake {
        &self.0.link.handshake
    }

    /// What the client sent to be let in, as the text of a JSON object: `{}` if nothing. A client
    /// of 2.x sends it as the query of the namespace, and so all values are strings.
    pub fn auth(&self) -> &str {
        self.0.auth.as_deref().unwrap_or("{}")
    }

    /// What the client sent to be let in, as a type of one's own.
    ///
    /// # Errors
    /// When the type expects something else.
    pub fn parse_auth<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.auth())
    }

    /// Whether its client was cut off and has come back: then it has its old name, rooms and data,
    /// and was sent what it had missed. See [`recovery`](super::recovery).
    pub fn recovered(&self) -> bool {
        self.0.recovered
    }

    /// What the application keeps with this socket.
    pub fn data(&self) -> &Data {
        &self.0.data
    }

    /// Whether it is connected: from when the client was let in until it is gone.
    pub fn is_connected(&self) -> bool {
        self.phase() == Phase::Connected
    }

    /// Has `handler` called once, when the socket is gone: it is in no room any more. If it is gone
    /// already, that is now: it may have been disconnected from elsewhere while the connection
    /// handler was running.
    pub fn on_disconnect<H, O, When>(&self, handler: H)
    where
        H: FnOnce(Socket, DisconnectReason) -> O + Send + 'static,
        O: Outcome<When>,
    {
        let mut state = self.state();
        if self.phase() != Phase::Ended {
            state.disconnected.reserve_exact(1);
            state.disconnected.push(Box::new(|socket, reason| handler(socket, reason).rest()));
            return;
        }
        let ended = state.ended;
        drop(state);
        if let Some(reason) = ended {
            let socket = self.clone();
            self.run_as("disconnect", 0, &Ack::unwanted(), || handler(socket, reason).rest());
        }
    }

    /// Has `handler` called once, when the socket is about to be gone: it is still in its
    /// rooms.
    pub fn on_disconnecting<H, O, When>(&self, handler: H)
    where
        H: FnOnce(Socket, DisconnectReason) -> O + Send + 'static,
        O: Outcome<When>,
    {
        let mut state = self.state();
        if !self.phase().has_ended() {
            state.disconnecting.reserve_exact(1);
            state.disconnecting.push(Box::new(|socket, reason| handler(socket, reason).rest()));
        }
    }

    /// Does something with the rooms that it is put into as soon as it is connected; `None` if it
    /// is, or was.
    pub(super) fn rooms_that_wait<T>(
        &self,
        with: impl FnOnce(&mut BTreeSet<String>) -> T,
    ) -> Option<T> {
        let mut state = self.state();
        (self.phase() == Phase::Connecting).then(|| with(&mut state.rooms))
    }

    /// Disconnects the socket from its namespace. The client's other sockets stay.
    ///
    /// The official client does not come back by itself after this.
    pub fn disconnect(&self) {
        self.leave_namespace();
    }

    /// Disconnects all sockets of this client, and closes its session. What was sent before
    /// still goes out.
    pub fn disconnect_client(&self) {
        self.leave_namespace();
        self.0.link.note(Note::Close);
    }

    /// Tells the client, and ends the socket.
    pub(super) fn leave_namespace(&self) {
        self.end(DisconnectReason::ServerDisconnect, || {
            // The note first: a client that has heard may come back at once.
            self.0.link.note(Note::Left(self.clone()));
            let name = self.namespace().name();
            let packet = self.options().parser.plain(name, encode::disconnect(name));
            // A session that is over needs no goodbye.
            let _ = self.0.link.session.send(packet.frames(), Delivery::CERTAIN);
        });
    }

    /// The client was let in. The rooms that wait for it; `None` if it has ended before.
    pub(super) fn connected(&self) -> Option<BTreeSet<String>> {
        let next = if self.pid().is_some() { Phase::Entering } else { Phase::Connected };
        let mut state = self.state();
        self.0.stage.admit(next).then(|| mem::take(&mut state.rooms))
    }

    /// It was put into its rooms, and welcomed: from now on it hears what is sent. Unless it has
    /// ended.
    pub(super) fn entered(&self) -> bool {
        self.0.stage.enter()
    }

    /// Ends the socket: tells the handlers, leaves the rooms, and drops what was registered.
    /// `first` is done before anything else. Nothing is, if the socket has ended before.
    pub(super) fn end(&self, reason: DisconnectReason, first: impl FnOnce()) {
        let mut state = self.state();
        let Some(was) = self.0.stage.end() else { return };
        let disconnecting = mem::take(&mut state.disconnecting);
        drop(state);

        first();
        // A socket that never got connected ends without a word.
        let tell = |event, handlers: Vec<DisconnectHandler>| {
            for handler in handlers.into_iter().filter(|_| was == Phase::Connected) {
                self.run_as(event, 0, &Ack::unwanted(), || handler(self.clone(), reason));
            }
        };
        tell("disconnecting", disconnecting);
        let rooms = self.leave_rooms();

        let mut state = self.state();
        self.0.stage.finish();
        state.ended = (was == Phase::Connected).then_some(reason);
        // Answers that are still awaited fail at once, since their senders are dropped here.
        let acks = mem::take(&mut state.acks);
        let disconnected = mem::take(&mut state.disconnected);
        let stay = state.stay.take();
        drop(state);
        drop(acks);
        let end = match was {
            Phase::Connecting => End::Refused,
            Phase::Connected if reason.is_recoverable() => End::CutOff,
            Phase::Connected | Phase::Entering | Phase::Ending | Phase::Ended => End::ForGood,
        };
        tell("disconnect", disconnected);
        // Only now may the client come back under the name that these handlers have heard.
        self.remember(rooms, end);
        self.listeners().end();
        drop(stay);
    }

    /// The client has answered.
    pub(super) fn settle(&self, id: u64, args: Args) {
        let wanted = self.state().acks.settle(id);
        match wanted {
            // Whoever asked may not wait any more.
            Some(Purpose::One(asker)) => drop(asker.send(args)),
            Some(Purpose::OneOfMany(collector)) => collector.answer(args),
            None => {}
        }
    }

    /// Notes that an answer is wanted.
    pub(super) fn expect(&self, id: u64, purpose: Purpose) -> Result<(), EmitError> {
        let mut state = self.state();
        if self.phase().has_ended() {
            return Err(EmitError::Disconnected);
        }
        if !state.acks.expect(id, purpose, self.options().max_acks) {
            return Err(EmitError::TooManyAcks);
        }
        Ok(())
    }

    /// The answer is not wanted any more.
    pub(super) fn forget(&self, id: u64) {
        let purpose = self.state().acks.settle(id);
        // Dropped here, outside the lock.
        drop(purpose);
    }

    pub(super) fn listeners(&self) -> &Listeners {
        &self.0.listeners
    }

    pub(super) fn link(&self) -> &Arc<Link> {
        &self.0.link
    }

    pub(super) fn options(&self) -> &Options {
        self.namespace().options()
    }

    /// Whether it is over, or about to be: then nothing is sent by it any more.
    pub(super) fn has_ended(&self) -> bool {
        self.phase().has_ended()
    }

    /// Whether it has ended, and its name may be another socket's.
    pub(super) fn is_over(&self) -> bool {
        self.phase() == Phase::Ended
    }

    /// Whether packets may go out by it.
    pub(super) fn may_send(&self) -> bool {
        self.phase().may_send()
    }

    /// Whether its client comes back, and has not been told yet what it has missed.
    pub(super) fn is_coming_back(&self) -> bool {
        self.recovered() && self.phase().is_arriving()
    }

    /// The secret by which its client may come back; `None` if it may not.
    pub(super) fn pid(&self) -> Option<Token> {
        self.0.pid
    }

    /// Whether it belongs to the client behind this link.
    pub(super) fn is_of(&self, link: &Arc<Link>) -> bool {
        Arc::ptr_eq(&self.0.link, link)
    }

    /// Runs something beside the session.
    pub(super) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.0.link.spawn(future);
    }

    /// Whether both are the same socket, and not only of the same name.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The session that carries it.
    pub(super) fn session(&self) -> &SessionHandle {
        &self.0.link.session
    }

    fn phase(&self) -> Phase {
        self.0.stage.phase()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Socket({} in {:?})", self.id(), self.namespace().name())
    }
}
