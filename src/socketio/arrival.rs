//! Arrival: from a CONNECT to the door of a namespace, and past its middleware.
//!
//! ```text
//!   40/room-7,
//!       ├─ it is there                               ──► the middleware is asked
//!       ├─ it is being made                          ──► wait, and look again
//!       ├─ a pattern or a predicate allows it        ──► it is made, and the same
//!       └─ none does                                 ──► 44/room-7,{"message":"Invalid namespace"}
//! ```
//!
//! While a predicate makes up its mind the client waits for this namespace, and for nothing else.
//! The namespace is made only when the client is still there to join it.
//!
//! Shell file: part of what a client's [`connection`](super::connection) does. Spec: Socket.IO v5,
//! "Connection to a namespace".

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::FutureExt;

use super::asking::{Asking, Matcher, log_panic, search};
use super::connection::Connection;
use super::encode;
use super::link::Note;
use super::memory::Identity;
use super::namespace::Namespace;
use super::namespaces::{Door, Stay, made};
use super::socket::Socket;
use super::socket_id::SocketId;
use super::violation::Violation;

/// What a client is told that asks for a namespace which it can not have.
const INVALID: &str = "Invalid namespace";

/// What it is told where there are too many.
const TOO_MANY: &str = "Too many namespaces";

impl Connection {
    /// A client asks to join a namespace.
    pub(super) fn arrive(&mut self, asking: Asking) -> Result<(), Violation> {
        match self.shared.namespaces.enter(asking.name()) {
            Door::Nowhere => self.search(asking),
            door => self.at_the_door(asking, door),
        }
    }

    /// Asks patterns and predicates. As with handlers: one that does not really wait costs no
    /// task.
    fn search(&mut self, asking: Asking) -> Result<(), Violation> {
        let matchers = self.shared.namespaces.matchers();
        let name = asking.name();
        // No name is without a slash; what MessagePack calls one may be.
        let is_name = name.starts_with('/');
        let too_long = name.len() > self.shared.options.max_child_namespace_name;
        if matchers.is_empty() || !is_name || too_long {
            return self.allowed(asking, None);
        }
        let mut search = Box::pin(search(matchers, asking.clone()));
        if let Some(by) = search.as_mut().now_or_never() {
            return self.allowed(asking, by);
        }
        let link = self.link.clone();
        self.link.spawn(async move {
            let by = search.await;
            link.note(Note::Allowed(asking, by));
        });
        Ok(())
    }

    /// Somebody allows the namespace, or nobody does.
    pub(super) fn allowed(
        &mut self,
        asking: Asking,
        by: Option<Arc<Matcher>>,
    ) -> Result<(), Violation> {
        let door = match by {
            None => Door::Nowhere,
            // Hooks are told of a new namespace, and they may panic.
            Some(by) => catch_unwind(AssertUnwindSafe(|| {
                self.shared.namespaces.enter_child(asking.name(), by)
            }))
            .unwrap_or_else(|panic| {
                log_panic(&*panic);
                Door::Nowhere
            }),
        };
        self.at_the_door(asking, door)
    }

    fn at_the_door(&mut self, asking: Asking, door: Door) -> Result<(), Violation> {
        match door {
            Door::Open(namespace, stay) => self.begin(&asking, &namespace, stay),
            Door::Nowhere => self.turn_away(&asking, INVALID),
            Door::Full => {
                tracing::warn!("as many namespaces were asked for as there may be");
                self.turn_away(&asking, TOO_MANY)
            }
            Door::Making(making) => {
                let link = self.link.clone();
                self.link.spawn(async move {
                    made(making).await;
                    link.note(Note::Look(asking));
                });
                Ok(())
            }
        }
    }

    fn turn_away(&mut self, asking: &Asking, why: &str) -> Result<(), Violation> {
        // The reference server says this in today's words, however old the client is.
        self.send(asking.name(), encode::connect_error(asking.name(), why, None));
        self.client.refused(asking.name(), &self.shared.options)
    }

    /// There is a socket from now on, as soon as one that it takes the place of has ended.
    fn begin(
        &mut self,
        asking: &Asking,
        namespace: &Namespace,
        stay: Option<Stay>,
    ) -> Result<(), Violation> {
        let Ok(id) = SocketId::random() else { return self.turn_away(asking, INVALID) };
        match Identity::of(namespace, id, &self.link, asking.auth.as_deref()) {
            Ok(identity) => self.decide(asking, namespace, identity, stay),
            Err(leaving) => {
                let (link, asking, namespace) =
                    (self.link.clone(), asking.clone(), namespace.clone());
                self.link.spawn(async move {
                    leaving.await;
                    link.note(Note::LeftBehind { asking, namespace, id, stay });
                });
                Ok(())
            }
        }
    }

    /// Has the middleware decide about a new socket.
    pub(super) fn decide(
        &mut self,
        asking: &Asking,
        namespace: &Namespace,
        identity: Identity,
        stay: Option<Stay>,
    ) -> Result<(), Violation> {
        let (link, auth) = (self.link.clone(), asking.auth.clone());
        let socket = Socket::new(identity, namespace.clone(), link, auth, stay);
        self.seat_socket(socket.clone());
        let is_known =
            socket.recovered() && namespace.memory().is_some_and(|it| it.skips_middleware());
        let verdict = if is_known { Ok(None) } else { namespace.decide(&socket) };
        match verdict {
            Ok(Some(verdict)) => {
                let link = self.link.clone();
                self.link.spawn(async move {
                    let verdict = verdict.await;
                    link.note(Note::Decided(socket, verdict));
                });
                Ok(())
            }
            Ok(None) => self.decided(&socket, Ok(())),
            Err(refused) => self.decided(&socket, Err(refused)),
        }
    }
}
