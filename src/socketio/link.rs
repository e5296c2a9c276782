//! The link of a socket to the client it belongs to.
//!
//! A client's sockets share a session. What any of them does from elsewhere, the client's own
//! task has to hear of: a note is left here, and the task is woken.
//!
//! Shell file: owns the notes and the count of suspended handlers.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;

use super::asking::{Asking, Matcher};
use super::failure::Failure;
use super::handler::Rest;
use super::namespace::{Namespace, Refused};
use super::namespaces::Stay;
use super::options::Options;
use super::socket::Socket;
use super::socket_id::SocketId;
use crate::engineio::handshake::Handshake;
use crate::engineio::mailbox::SessionHandle;

/// What all sockets of one client share.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) session: SessionHandle,
    pub(super) handshake: Arc<Handshake>,
    /// The runtime on which the session lives, for handlers that are started from elsewhere.
    runtime: Handle,
    /// `None` once the session is over: a note holds a socket, and a socket its link, so notes
    /// that nobody reads would keep each other for ever.
    notes: Mutex<Option<Vec<Note>>>,
    /// Whether there may be any, so that whoever handles a message need not look.
    noted: AtomicBool,
    /// Handlers that are suspended, and the bytes that their events have brought.
    suspended: AtomicUsize,
    suspended_bytes: AtomicUsize,
    options: Arc<Options>,
}

/// What a client's task has to hear of.
#[derive(Debug)]
pub(super) enum Note {
    /// To look again for the namespace that a client asks for.
    Look(Asking),
    /// Who allows the namespace that a client asks for, if anybody does.
    Allowed(Asking, Option<Arc<Matcher>>),
    /// The middleware has made up its mind about a socket.
    Decided(Socket, Result<(), Refused>),
    /// A client wants to be who it was in a namespace, and its old socket has left it behind. Its
    /// name, if it is a new one after all.
    LeftBehind { asking: Asking, namespace: Namespace, id: SocketId, stay: Option<Stay> },
    /// The connection handler of a socket has returned.
    Greeted(Socket),
    /// The application has disconnected a socket.
    Left(Socket),
    /// The application wants all sockets of the client disconnected, and the session closed.
    Close,
}

impl Link {
    pub(super) fn new(
        session: SessionHandle,
        handshake: Arc<Handshake>,
        options: Arc<Options>,
    ) -> Self {
        Self {
            session,
            handshake,
            runtime: Handle::current(),
            notes: Mutex::new(Some(Vec::new())),
            noted: AtomicBool::new(false),
            suspended: AtomicUsize::new(0),
            suspended_bytes: AtomicUsize::new(0),
            options,
        }
    }

    /// Leaves a note. The client's task reads it before it handles another message.
    pub(super) fn note(&self, note: Note) {
        let Some(notes) = &mut *self.notes() else { return };
        notes.push(note);
        self.noted.store(true, Ordering::Release);
        self.session.wake();
    }

    /// Takes all notes.
    pub(super) fn take_notes(&self) -> Vec<Note> {
        if !self.noted.load(Ordering::Acquire) {
            return Vec::new();
        }
        let mut notes = self.notes();
        self.noted.store(false, Ordering::Release);
        notes.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The session is over: notes are not read any more.
    pub(super) fn end(&self) {
        let unread = self.notes().take();
        // Dropped here, outside the lock.
        drop(unread);
    }

    fn notes(&self) -> MutexGuard<'_, Option<Vec<Note>>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether another handler may be started.
    pub(super) fn has_room(&self) -> bool {
        self.suspended.load(Ordering::Relaxed) < self.options.max_suspended
            && self.suspended_bytes.load(Ordering::Relaxed) < self.options.max_suspended_bytes
    }

    /// Runs the rest of a suspended handler beside the session. Its event has brought `bytes`.
    /// `then` is told how it ended.
    pub(super) fn suspend(
        self: &Arc<Self>,
        rest: Rest,
        bytes: usize,
        then: impl FnOnce(Result<(), Failure>) + Send + 'static,
    ) {
        let place = Place::take(self.clone(), bytes);
        self.spawn(async move {
            then(rest.await);
            drop(place);
        });
    }

    /// Runs something beside the session.
    pub(super) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(future);
    }
}

/// A suspended handler's place among those that a client may have.
struct Place {
    link: Arc<Link>,
    bytes: usize,
}

impl Place {
    fn take(link: Arc<Link>, bytes: usize) -> Self {
        link.suspended.fetch_add(1, Ordering::Relaxed);
        link.suspended_bytes.fetch_add(bytes, Ordering::Relaxed);
        Self { link, bytes }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Self { link, bytes } = self;
        let handlers = link.suspended.fetch_sub(1, Ordering::Relaxed);
        let bytes = link.suspended_bytes.fetch_sub(*bytes, Ordering::Relaxed);
        let options = &link.options;
        if handlers >= options.max_suspended || bytes >= options.max_suspended_bytes {
            link.session.wake();
        }
    }
}
