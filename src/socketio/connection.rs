//! A client at work: what its packets ask for is done here.
//!
//! ```text
//!   a message ──► client (core) ──► what it asks for ──► sockets, namespaces
//!   a note from a socket, a deadline ──► the same
//! ```
//!
//! Shell file: owned by the session's task, so it needs no lock. The rules are in
//! [`client`](super::client).

use std::collections::BTreeSet;
use std::mem;
use std::sync::Arc;
use std::time::Instant;

use futures_util::future::join_all;

use super::ack::Ack;
use super::asking::Asking;
use super::client::{Asked, Client};
use super::close::DisconnectReason;
use super::encode::Text;
use super::handler::start;
use super::joining;
use super::link::{Link, Note};
use super::listeners::Seen;
use super::memory::{Identity, Memory};
use super::namespace::Refused;
use super::parser::Encoded;
use super::server::Shared;
use super::socket::Socket;
use super::violation::Violation;
use crate::engineio::close::CloseReason;
use crate::engineio::delivery::Delivery;
use crate::engineio::dialect::Revision;
use crate::engineio::handler;
use crate::engineio::handshake::Handshake;
use crate::engineio::mailbox::SessionHandle;
use crate::engineio::packet::Message;
use crate::token::Token;

/// One client, with its sockets.
#[derive(Debug)]
pub struct Connection {
    pub(super) client: Client,
    pub(super) shared: Arc<Shared>,
    pub(super) link: Arc<Link>,
    seats: Vec<Seat>,
    /// Whether the session is about to be closed. Then nothing is looked at any more.
    closing: bool,
}

/// A socket of the client, and its listeners as they were when the last event came.
#[derive(Debug)]
struct Seat {
    socket: Socket,
    seen: Seen,
}

impl Connection {
    pub(super) fn new(
        shared: Arc<Shared>,
        session: SessionHandle,
        handshake: Arc<Handshake>,
        now: Instant,
    ) -> Self {
        let client = Client::new(handshake.revision(), &shared.options, now);
        let link = Arc::new(Link::new(session, handshake, shared.options.clone()));
        let mut connection = Self { client, shared, link, seats: Vec::new(), closing: false };
        let outcome = connection.opened(now);
        connection.check(outcome);
        connection
    }

    fn opened(&mut self, now: Instant) -> Result<(), Violation> {
        match self.client.opened(&self.shared.options, now)? {
            Some(asked) => self.handle(asked),
            None => Ok(()),
        }
    }

    fn handle(&mut self, asked: Asked) -> Result<(), Violation> {
        match asked {
            Asked::Connect { namespace, auth } => self.arrive(Asking::new(namespace, auth))?,
            Asked::Event { namespace, id, event } => {
                if let Some(Seat { socket, seen }) = self.seat(&namespace) {
                    if let Some(table) = socket.listeners().look(seen) {
                        socket.dispatch(table, id, event);
                    }
                }
            }
            Asked::Ack { namespace, id, args } => {
                if let Some(Seat { socket, .. }) = self.seat(&namespace) {
                    socket.settle(id, args);
                }
            }
            Asked::Disconnect { namespace } => {
                if let Some(socket) = self.take_socket(&namespace) {
                    socket.end(DisconnectReason::ClientDisconnect, || ());
                }
            }
        }
        Ok(())
    }

    /// [SIO5-CONNECT-2] "a `CONNECT` packet if the connection is successful, with the session
    /// ID in the payload" [SIO5-CONNECT-3] "or a `CONNECT_ERROR` packet if the connection is
    /// not allowed".
    pub(super) fn decided(
        &mut self,
        socket: &Socket,
        verdict: Result<(), Refused>,
    ) -> Result<(), Violation> {
        // It may have gone meanwhile, and another taken its place.
        if !self.has(socket) {
            return Ok(());
        }
        let namespace = socket.namespace();
        match verdict {
            Err(refused) => {
                self.take_socket(namespace.name());
                socket.end(DisconnectReason::ServerDisconnect, || ());
                let (name, data) = (namespace.name(), refused.data());
                let packet = joining::refusal(self.revision(), name, refused.message(), data);
                self.send(name, packet);
                self.client.refused(name, &self.shared.options)
            }
            Ok(()) => {
                // The application may have disconnected it.
                let Some(rooms) = socket.connected() else { return Ok(()) };
                self.client.admitted(namespace.name());
                // First the client is told, then the socket can be found: so no broadcast gets
                // to the client before it knows that it is connected.
                let (id, pid) = (socket.id().to_string(), socket.pid());
                let name = namespace.name();
                let welcome = |pid| joining::welcome(self.revision(), name, &id, pid);
                if let (Some(memory), Some(pid)) = (namespace.memory(), pid) {
                    let welcome =
                        namespace.options().parser.plain(name, welcome(Some(&pid.to_string())));
                    return self.enter(socket, memory, pid, rooms, &welcome);
                }
                self.send(name, welcome(None));
                socket.enter_rooms(&rooms);
                // Disconnected from elsewhere before it was added: then nobody takes it out.
                if !socket.is_connected() {
                    namespace.adapter().remove(socket.id());
                    return Ok(());
                }
                self.greet(socket)
            }
        }
    }

    /// The same where clients may come back: the socket is put into its rooms first, and hears
    /// nothing until it is told that it is connected.
    fn enter(
        &mut self,
        socket: &Socket,
        memory: &Arc<Memory>,
        pid: Token,
        rooms: BTreeSet<String>,
        welcome: &Encoded,
    ) -> Result<(), Violation> {
        memory.open(socket, pid);
        socket.enter_rooms(&rooms);
        if memory.enter(socket, pid, welcome) {
            return self.greet(socket);
        }
        socket.namespace().adapter().remove(socket.id());
        // What it has missed can not be had any more. When it comes again, it is a new one.
        if !socket.has_ended() {
            self.close();
        }
        Ok(())
    }

    /// Calls the connection handlers. Events wait until all have returned.
    fn greet(&mut self, socket: &Socket) -> Result<(), Violation> {
        let mut suspended = Vec::new();
        for handler in socket.namespace().connect_handlers() {
            match start(|| handler(socket.clone())) {
                Ok(rest) => suspended.extend(rest),
                Err(failure) => socket.fail("connect", failure, &Ack::unwanted()),
            }
        }
        if suspended.is_empty() {
            return self.greeted(socket);
        }
        let (link, socket) = (self.link.clone(), socket.clone());
        self.link.spawn(async move {
            for outcome in join_all(suspended).await {
                if let Err(failure) = outcome {
                    socket.fail("connect", failure, &Ack::unwanted());
                }
            }
            link.note(Note::Greeted(socket));
        });
        Ok(())
    }

    fn greeted(&mut self, socket: &Socket) -> Result<(), Violation> {
        if !self.has(socket) {
            return Ok(());
        }
        for asked in self.client.greeted(socket.namespace().name()) {
            self.handle(asked)?;
        }
        Ok(())
    }

    /// Reads the notes that were left.
    fn read_notes(&mut self, now: Instant) -> Result<(), Violation> {
        for note in self.link.take_notes() {
            match note {
                Note::Look(asking) => self.arrive(asking)?,
                Note::Allowed(asking, by) => self.allowed(asking, by)?,
                Note::Decided(socket, verdict) => self.decided(&socket, verdict)?,
                Note::Greeted(socket) => self.greeted(&socket)?,
                Note::LeftBehind { asking, namespace, id, stay } => {
                    let auth = asking.auth.as_deref();
                    // If it has not left by now, the client is taken for a new one.
                    let identity = Identity::of(&namespace, id, &self.link, auth)
                        .unwrap_or_else(|_| Identity::new(id));
                    self.decide(&asking, &namespace, identity, stay)?;
                }
                Note::Left(socket) if self.has(&socket) => {
                    self.take_socket(socket.namespace().name());
                    self.client.left(socket.namespace().name(), &self.shared.options, now);
                }
                Note::Left(_) => {}
                Note::Close => {
                    for Seat { socket, .. } in mem::take(&mut self.seats) {
                        socket.leave_namespace();
                    }
                    self.close();
                }
            }
        }
        Ok(())
    }

    /// Closes the session of a client that broke the rules.
    fn check(&mut self, outcome: Result<(), Violation>) {
        if let Err(violation) = outcome {
            // Text from a client goes into the log in part only, and escaped.
            let violation: String = violation.to_string().chars().take(200).collect();
            tracing::warn!(client = %self.link.handshake.address(), ?violation, "closed");
            self.close();
        }
    }

    fn close(&mut self) {
        self.closing = true;
        self.link.session.close(CloseReason::ForcedClose);
    }

    /// Ends all sockets.
    fn end(&mut self, reason: CloseReason) {
        for Seat { socket, .. } in mem::take(&mut self.seats) {
            socket.end(DisconnectReason::Session(reason), || ());
        }
        self.link.end();
    }

    fn revision(&self) -> Revision {
        self.link.handshake.revision()
    }

    pub(super) fn send(&self, namespace: &str, packet: Text) {
        let packet = self.shared.options.parser.plain(namespace, packet);
        // A session that is over needs no answer.
        let _ = self.link.session.send(packet.frames(), Delivery::CERTAIN);
    }

    /// The client has a socket more.
    pub(super) fn seat_socket(&mut self, socket: Socket) {
        // Most clients have one, and there are many clients.
        self.seats.reserve_exact(1);
        self.seats.push(Seat { socket, seen: Seen::default() });
    }

    fn seat(&mut self, namespace: &str) -> Option<&mut Seat> {
        self.seats.iter_mut().find(|seat| seat.socket.namespace().name() == namespace)
    }

    /// Whether this very socket is the client's in its namespace.
    fn has(&self, socket: &Socket) -> bool {
        self.seats.iter().any(|seat| seat.socket.is(socket))
    }

    fn take_socket(&mut self, namespace: &str) -> Option<Socket> {
        let named = |seat: &Seat| seat.socket.namespace().name() == namespace;
        let found = self.seats.iter().position(named)?;
        Some(self.seats.swap_remove(found).socket)
    }
}

impl handler::Client for Connection {
    fn message(&mut self, message: Message, now: Instant) {
        // One body of a POST may bring more messages than the one that broke the rules.
        if self.closing {
            return;
        }
        let outcome = self.read_notes(now).and_then(|()| {
            match self.client.receive(message, &self.shared.options, now)? {
                Some(asked) => self.handle(asked),
                None => Ok(()),
            }
        });
        self.check(outcome);
    }

    fn closed(mut self, reason: CloseReason) {
        self.end(reason);
    }

    fn has_room(&self) -> bool {
        self.link.has_room() && self.client.has_room(&self.shared.options)
    }

    fn turn(&mut self, now: Instant) {
        if self.closing {
            return;
        }
        let outcome = self.read_notes(now).and_then(|()| self.client.tick(now));
        self.check(outcome);
    }

    fn deadline(&self) -> Option<Instant> {
        // A session may take its time to close, and must not be woken all the while.
        if self.closing { None } else { self.client.deadline() }
    }
}

/// A session that is given up at a shutdown is not closed but dropped, and its sockets have to
/// hear of the end all the same.
impl Drop for Connection {
    fn drop(&mut self) {
        self.end(CloseReason::ServerShutdown);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::Weak;

    use bytes::Bytes;

    use super::super::args::Args;
    use super::super::namespace::Namespace;
    use super::super::server::Io;
    use super::super::socket_id::SocketId;
    use super::*;
    use crate::engineio::delivery::WhenFull;
    use crate::engineio::handler::Client as _;
    use crate::engineio::mailbox::{Mailbox, Report};
    use crate::engineio::options::Transport;

    /// A connection to the server behind `io`, and the mailbox of its session.
    fn connection(io: &Io) -> (Connection, Arc<Mailbox>) {
        let mailbox = Arc::new(Mailbox::new(1000, WhenFull::Close, Transport::WebSocket));
        let session = SessionHandle::new(mailbox.clone());
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let handshake = Arc::new(Handshake::new("/?EIO=4", [].into_iter(), address));
        (Connection::new(io.shared().clone(), session, handshake, Instant::now()), mailbox)
    }

    /// A session on polling may take half a minute to close. A deadline that stays in the past
    /// would keep its task busy for as long.
    #[tokio::test]
    async fn whoever_has_broken_the_rules_is_not_waited_for() {
        let io = Io::new(super::super::Options::default());
        let (mut connection, mailbox) = connection(&io);
        let deadline = connection.deadline().unwrap();
        connection.turn(deadline);
        assert_eq!(
            mailbox.take(Report::new(Transport::WebSocket)).close,
            Some(CloseReason::ForcedClose)
        );
        assert_eq!(connection.deadline(), None);
        connection.message(Message::Text("0".into()), deadline);
        connection.message(Message::Binary(Bytes::new()), deadline);
        connection.turn(deadline);
        let mail = mailbox.take(Report::new(Transport::WebSocket));
        assert!(mail.parcels.is_empty() && mail.close.is_none(), "{mail:?}");
    }

    /// Threat 94.
    #[tokio::test]
    async fn a_note_that_comes_too_late_keeps_nothing_alive() {
        let io = Io::new(super::super::Options::default());
        let (connection, _mailbox) = connection(&io);
        let (link, namespace): (Arc<Link>, Namespace) = (connection.link.clone(), io.of("/"));
        let id = SocketId::random().unwrap();
        let socket = Socket::new(id, namespace, link.clone(), None, None);
        link.note(Note::Greeted(socket.clone()));
        connection.closed(CloseReason::TransportClose);
        link.note(Note::Decided(socket, Ok(())));
        let gone: Weak<Link> = Arc::downgrade(&link);
        drop(link);
        assert!(gone.upgrade().is_none());
    }

    /// How often memory is asked for while `text` is handled, the answer included, once all is warm.
    fn allocations(io: &Io, text: &str) -> u64 {
        let (mut connection, mailbox) = connection(io);
        let report = Report::new(Transport::WebSocket);
        let mut handle = |text: &str| {
            // As it comes from a WebSocket: a part of a buffer that is shared already.
            let text = bytestring::ByteString::from(text);
            let (message, now) = (Message::Text(text.clone()), Instant::now());
            let counted = allocation_counter::measure(|| connection.message(message, now));
            let mail = mailbox.take(report);
            (counted.count_total, mail.parcels.len())
        };
        handle("0");
        handle(text);
        let (count, sent) = handle(text);
        assert_eq!(sent, 1, "what comes is answered");
        count
    }

    /// An event of a hundred bytes, decoded, handed to a typed handler, and sent back encoded. What
    /// is left after this list is what nobody needs.
    #[tokio::test]
    async fn one_event_there_and_back_asks_for_memory_so_often() {
        let io = Io::new(super::super::Options::default());
        io.on_connect(|socket: Socket| {
            socket.on("owned", |socket: Socket, text: String| socket.emit("echo", text));
            socket.on("raw", |socket: Socket, args: Args| socket.emit("echo", args));
            socket.on("lent", |socket: Socket, args: Args| {
                let text: &str = args.parse()?;
                Ok::<(), Box<dyn std::error::Error>>(socket.emit("echo", text)?)
            });
        });
        let text = "x".repeat(100);
        let count = |event: &str| allocations(&io, &format!(r#"2["{event}","{text}"]"#));
        // The answer's buffer. Besides, a String where one is asked for.
        assert_eq!(["lent", "owned", "raw"].map(count), [1, 2, 1]);
    }
}
