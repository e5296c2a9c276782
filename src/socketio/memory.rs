//! Memory: recovery at work, in one namespace.
//!
//! ```text
//!   io.emit("news", 1)   lock ─► offset ─► ["news",1,"Lk3z.7"] ─► sessions ─► backlog ─► unlock
//!   40{"pid":…}          lock ─► what was missed, 40{"sid":…,"pid":…} ─► session ─► unlock
//! ```
//!
//! An offset says that everything before it was sent before it. So from drawing its number to
//! handing the packet to all sessions nobody else may do the same, nor may anybody come back in
//! between: there is one lock around each. Nothing of the application's runs under it.
//!
//! A client that comes back is put into its rooms first, and does not hear of what is sent to
//! them: all of that is in the backlog. Under the lock it is then told what it has missed, and
//! that it is connected; from there on it hears everything. So nothing is lost and nothing comes
//! twice. With one that is new it is the same, but that it is told first that it is connected.
//!
//! Shell file: owns the lock. The rules are in [`recovery`](super::recovery).

use std::collections::BTreeSet;
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use tokio::sync::Notify;

use super::audience::Audience;
use super::close::DisconnectReason;
use super::data::Data;
use super::emit::EmitError;
use super::flags::Flags;
use super::link::Link;
use super::namespace::Namespace;
use super::offset::Offsets;
use super::options::Options;
use super::parser::Encoded;
use super::recovery::{Claim, Recovery};
use super::socket::Socket;
use super::socket_id::SocketId;
use crate::engineio::close::CloseReason;
use crate::engineio::delivery::Delivery;
use crate::engineio::dialect::Revision;
use crate::engineio::engine::now;
use crate::engineio::heartbeat::MAX_EXCUSES;
use crate::engineio::wakes::in_slices;
use crate::token::Token;

/// The longest time between two looks at what is too old.
const SWEEP: Duration = Duration::from_secs(60);

/// The longest wait for the handlers of a socket that is about to end.
const PATIENCE: Duration = Duration::from_secs(1);

/// Waits until a socket has ended.
pub(super) type Leaving = BoxFuture<'static, ()>;

/// What is remembered in one namespace.
pub(super) struct Memory {
    recovery: Mutex<Recovery<Socket, Kept>>,
    /// Whether somebody looks for what is too old.
    swept: AtomicBool,
    /// Tells that a socket has ended.
    left: Notify,
    /// How often it is looked for what is too old.
    sweep: Duration,
    skip_middleware: bool,
}

/// What is kept of a socket that is gone.
#[derive(Clone)]
struct Kept {
    id: SocketId,
    data: Arc<Data>,
}

/// Who a new socket is.
pub(super) struct Identity {
    pub(super) id: SocketId,
    /// The secret by which its client may come back; `None` if it may not.
    pub(super) pid: Option<Token>,
    pub(super) past: Option<Past>,
}

/// What a client that comes back is given back, besides its name.
pub(super) struct Past {
    pub(super) rooms: BTreeSet<String>,
    pub(super) data: Arc<Data>,
}

/// What a client shows that wants to come back, among whatever else it says to be let in.
#[derive(Deserialize)]
struct Shown {
    pid: String,
    offset: Option<String>,
}

impl From<SocketId> for Identity {
    fn from(id: SocketId) -> Self {
        Self { id, pid: None, past: None }
    }
}

impl Identity {
    /// A client joins a namespace, and is to be called `id` unless it comes back.
    ///
    /// Clients of 2.x do not: the reference server gives them names and secrets that they do not
    /// read, and offsets that they would take for arguments.
    ///
    /// # Errors
    /// When its old socket is about to end. It comes again when that has ended.
    pub(super) fn of(
        namespace: &Namespace,
        id: SocketId,
        link: &Arc<Link>,
        auth: Option<&str>,
    ) -> Result<Self, Leaving> {
        let Some(memory) = namespace.memory() else { return Ok(id.into()) };
        if link.handshake.revision() == Revision::Three {
            return Ok(id.into());
        }
        match auth.and_then(|auth| serde_json::from_str(auth).ok()) {
            Some(shown) => memory.claim(&shown, link, id),
            None => Ok(Self::new(id)),
        }
    }

    /// A client that joins for the first time.
    pub(super) fn new(id: SocketId) -> Self {
        Self { pid: Token::random().ok(), ..id.into() }
    }
}

impl Memory {
    /// A memory, if the settings want one.
    pub(super) fn new(options: &Options) -> Option<Arc<Self>> {
        let recovery = options.recovery.as_ref()?;
        // A ping goes out at most an interval after what is lost, or after the time that the pong
        // of the one before it may take; and then it is not answered for as long, or while this
        // server does not read, for some times as long.
        let engine = &options.engine;
        let pongs = engine.ping_timeout.saturating_mul(2 + u32::from(MAX_EXCUSES));
        let unnoticed = engine.ping_interval.saturating_add(pongs);
        // Where there are no random bytes, no socket gets a name either.
        let offsets = Offsets::new(Token::random().unwrap_or(Token::new([0; 15])));
        let sweep = recovery.max_disconnection.clamp(Duration::from_secs(1), SWEEP);
        let skip_middleware = recovery.skip_middleware;
        let recovery = Recovery::new(recovery, unnoticed, offsets);
        let (recovery, swept) = (Mutex::new(recovery), AtomicBool::new(false));
        Some(Arc::new(Self { recovery, swept, left: Notify::new(), sweep, skip_middleware }))
    }

    /// Whether those who come back are let in without asking.
    pub(super) fn skips_middleware(&self) -> bool {
        self.skip_middleware
    }

    /// Sends an event to an audience on this server. How many sockets it was sent to.
    pub(super) fn broadcast(
        &self,
        namespace: &Namespace,
        audience: &Audience,
        packet: &Encoded,
        flags: &Flags,
    ) -> usize {
        // Declared here, and so dropped outside the lock: one may be the last handle on its socket.
        let mut sockets = Vec::new();
        let mut reached = Vec::new();
        self.with(|recovery| {
            recovery.emit(audience, now(), |offset| {
                let numbered = packet.append(offset);
                sockets = namespace.adapter().sockets(audience);
                for socket in &sockets {
                    let packet = if socket.pid().is_some() { &numbered } else { packet };
                    if socket.pass(packet.clone(), flags).is_ok() {
                        reached.push(socket.clone());
                    }
                }
                (!flags.volatile).then_some(numbered)
            });
        });
        reached.iter().for_each(|socket| socket.tell_outgoing(packet));
        reached.len()
    }

    /// Sends an event to one socket, which has a pid.
    fn emit(&self, socket: &Socket, packet: &Encoded, flags: &Flags) -> Result<(), EmitError> {
        let mut sent = Ok(());
        let audience = Audience::default().to(socket.id());
        let send = |offset: &str| {
            let numbered = packet.append(offset);
            // Before it is back, it is told what it has missed.
            if !socket.is_coming_back() {
                sent = socket.pass(numbered.clone(), flags);
            }
            if matches!(sent, Err(EmitError::Disconnected)) && socket.is_connected() {
                // The session is over, and the socket does not know. Its client may come back.
                sent = Ok(());
            }
            (sent.is_ok() && !flags.volatile).then_some(numbered)
        };
        self.with(|recovery| recovery.emit(&audience, now(), send));
        sent
    }

    /// A client wants to be who it was. If it may, it is claimed, and nobody else can be it.
    fn claim(
        self: &Arc<Self>,
        shown: &Shown,
        link: &Arc<Link>,
        id: SocketId,
    ) -> Result<Identity, Leaving> {
        let Some(pid) = Token::parse(&shown.pid) else { return Ok(Identity::new(id)) };
        let offset = shown.offset.as_deref();
        let ask = || self.with(|recovery| recovery.claim(pid, offset, now()));
        let mut claim = ask();
        if let Claim::Present(old) = &claim {
            if old.is_of(link) {
                return Ok(Identity::new(id));
            }
            // Nobody has noticed yet that this one is dead.
            old.end(DisconnectReason::Session(CloseReason::TransportClose), || ());
            old.session().close(CloseReason::TransportClose);
            claim = ask();
        }
        match claim {
            Claim::Claimed { what: Kept { id, data }, rooms } => {
                Ok(Identity { id, pid: Some(pid), past: Some(Past { rooms, data }) })
            }
            // Its own session has noticed at the same time, and calls its handlers.
            Claim::Present(_) => Err(self.clone().leaving(pid)),
            Claim::Unknown => Ok(Identity::new(id)),
        }
    }

    /// Waits until a socket has left that is about to, but not for long.
    fn leaving(self: Arc<Self>, pid: Token) -> Leaving {
        Box::pin(async move {
            let left = async {
                loop {
                    let mut next = pin!(self.left.notified());
                    next.as_mut().enable();
                    if !self.with(|recovery| recovery.is_present(pid)) {
                        return;
                    }
                    next.await;
                }
            };
            // Whether it has or not, the client is asked for again.
            let _ = tokio::time::timeout(PATIENCE, left).await;
        })
    }

    /// The client of a socket was let in. From now on it is remembered what it does not hear.
    pub(super) fn open(self: &Arc<Self>, socket: &Socket, pid: Token) {
        if !socket.recovered() {
            self.with(|recovery| recovery.open(pid, socket.clone()));
        }
        if !self.swept.swap(true, Ordering::AcqRel) {
            socket.spawn(sweep(Arc::downgrade(self), self.sweep));
        }
    }

    /// A socket is in its rooms: its client is told what it has missed, and that it is connected;
    /// and if it is new, what was sent meanwhile. Whether it is connected: it may have ended, or
    /// have missed what is not there any more, or too much.
    pub(super) fn enter(&self, socket: &Socket, pid: Token, welcome: &Encoded) -> bool {
        self.with(|recovery| {
            let (before, after) = if socket.recovered() {
                (recovery.admit(pid, socket.clone(), now()), Some(Vec::new()))
            } else {
                let rooms = socket.rooms().into_iter().collect();
                (Some(Vec::new()), recovery.since_opened(pid, &rooms))
            };
            let send = |packet: &Encoded| {
                socket.session().send(packet.clone().frames(), Delivery::CERTAIN).is_ok()
            };
            let told = before.zip(after).is_some_and(|(before, after)| {
                before.iter().chain([welcome]).chain(&after).all(send)
            });
            let entered = told && socket.entered();
            if !entered {
                // It may have ended before it was remembered. And who can not take what it has
                // missed would not the next time.
                recovery.forget(pid);
            }
            entered
        })
    }

    /// A socket has ended.
    fn end(&self, socket: &Socket, pid: Token, rooms: BTreeSet<String>, end: End) {
        self.with(|recovery| match end {
            End::Refused => recovery.give_back(pid, now()),
            End::CutOff => {
                let data = Arc::new(Data::default());
                data.inherit(socket.data());
                let kept = Kept { id: socket.id(), data };
                recovery.save(pid, rooms, kept, now());
            }
            End::ForGood => recovery.forget(pid),
        });
        self.left.notify_waiters();
    }

    /// Does something with what is remembered. What is forgotten by that is dropped outside the
    /// lock, since an application's values may be the last of it.
    fn with<T>(&self, act: impl FnOnce(&mut Recovery<Socket, Kept>) -> T) -> T {
        let mut recovery = self.recovery.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = act(&mut recovery);
        let gone = recovery.take_gone();
        drop(recovery);
        drop(gone);
        outcome
    }
}

/// How a socket ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// It was not let in.
    Refused,
    /// Its client may come back.
    CutOff,
    /// Somebody wanted it to end.
    ForGood,
}

impl Namespace {
    /// Sends an event that wants no answer. How many sockets of this server it was sent to.
    pub(super) fn publish(&self, audience: &Audience, packet: &Encoded, flags: &Flags) -> usize {
        // First the others: what concerns this server can not fail.
        if !flags.local {
            self.adapter().publish(audience, packet, flags);
        }
        in_slices(|| match self.memory() {
            Some(memory) => memory.broadcast(self, audience, packet, flags),
            None => self.adapter().broadcast(audience, packet, flags),
        })
    }
}

impl Socket {
    /// Sends an event that wants no answer.
    pub(super) fn publish(&self, packet: Encoded, flags: &Flags) -> Result<(), EmitError> {
        match self.namespace().memory() {
            Some(memory) if self.pid().is_some() => {
                if !self.has_ended() {
                    self.tell_outgoing(&packet);
                }
                memory.emit(self, &packet, flags)
            }
            _ => self.write(packet, flags),
        }
    }

    /// Takes the socket out of its rooms, which are remembered if its client may come back.
    pub(super) fn leave_rooms(&self) -> BTreeSet<String> {
        let adapter = self.namespace().adapter();
        let remembered = self.pid().map(|_| adapter.rooms_of(self.id()));
        adapter.remove(self.id());
        remembered.into_iter().flatten().collect()
    }

    /// The socket has ended, after it has left these rooms.
    pub(super) fn remember(&self, rooms: BTreeSet<String>, end: End) {
        if let (Some(memory), Some(pid)) = (self.namespace().memory(), self.pid()) {
            memory.end(self, pid, rooms, end);
        }
    }
}

/// Looks for what is too old, as long as anything is remembered.
async fn sweep(memory: Weak<Memory>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let Some(memory) = memory.upgrade() else { return };
        let is_empty = memory.with(|recovery| {
            recovery.expire(now());
            // Under the lock: whoever comes next sees that nobody looks any more.
            let is_empty = recovery.is_empty();
            memory.swept.store(!is_empty, Ordering::Release);
            is_empty
        });
        if is_empty {
            return;
        }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory")
    }
}
