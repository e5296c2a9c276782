//! The registry: from a sid to its session.
//!
//! Shell file: owns the one map that all HTTP connections share. No guard of the map leaves
//! this file, so none can be held while something waits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use dashmap::DashMap;

use super::census::Place;
use super::close::CloseReason;
use super::closed::Closed;
use super::dialect::Revision;
use super::handshake::Handshake;
use super::mailbox::Mailbox;
use super::refusal::Fate;
use super::sid::{NodeTag, Sid};
use crate::token::Drawn;

/// All sessions that are open, and what is remembered of those that were.
#[derive(Debug, Default)]
pub struct Registry {
    open: DashMap<Sid, Entry, Drawn>,
    closed: Mutex<Closed>,
}

/// A session, as requests find it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// How it is reached.
    pub mailbox: Arc<Mailbox>,
    /// How it was opened.
    pub handshake: Arc<Handshake>,
    /// The revision of the protocol that it keeps to. Every request is held to it.
    pub revision: Revision,
}

/// A session's place in the registry. Dropping it takes the session out and ends its mailbox,
/// so however its task ends, nothing stays behind.
#[derive(Debug)]
pub struct Registration {
    registry: Arc<Registry>,
    sid: Sid,
    mailbox: Arc<Mailbox>,
    /// Makes room for another session when it is dropped.
    _place: Place,
}

impl Registry {
    /// Enters a session that was let in.
    pub fn enter(self: &Arc<Self>, sid: Sid, entry: Entry, place: Place) -> Registration {
        let mailbox = entry.mailbox.clone();
        self.open.insert(sid, entry);
        Registration { registry: self.clone(), sid, mailbox, _place: place }
    }

    /// The session of this name.
    pub fn find(&self, sid: Sid) -> Option<Entry> {
        self.open.get(&sid).map(|entry| entry.value().clone())
    }

    /// What is known of a session that is not there, by the node with this tag.
    pub fn fate(&self, sid: Sid, node: Option<NodeTag>, now: Instant) -> Fate {
        match node {
            Some(ours) if sid.tag() != ours => Fate::OtherNode { theirs: sid.tag(), ours },
            _ => self.closed().fate(sid, now),
        }
    }

    /// All sessions, as they are now.
    pub fn all(&self) -> Vec<Arc<Mailbox>> {
        self.open.iter().map(|entry| entry.value().mailbox.clone()).collect()
    }

    /// How many sessions there are.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    fn closed(&self) -> MutexGuard<'_, Closed> {
        // Nothing that can panic happens under the lock, so there is nothing to mend.
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registration {
    /// The session's mailbox.
    pub fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    /// The session is over, and will be remembered for a while.
    pub fn end(self, reason: CloseReason, now: Instant) {
        self.registry.closed().remember(self.sid, reason, now);
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.registry.open.remove(&self.sid);
        self.mailbox.end();
    }
}

#[cfg(test)]
mod tests {
    use super::super::census::{Census, Limits};
    use super::super::delivery::WhenFull;
    use super::super::mailbox::SessionHandle;
    use super::super::options::Transport;
    use super::*;

    #[test]
    fn a_registration_that_is_dropped_leaves_nothing_behind() {
        let registry = Arc::new(Registry::default());
        let census = Census::new(Limits { all: Some(1), ..Limits::default() });
        let address = [127, 0, 0, 1].into();
        let (sid, now) = (Sid::new([7; 15]), Instant::now());
        let mailbox = Arc::new(Mailbox::new(10, WhenFull::Close, Transport::Polling));
        let handshake = Arc::new(Handshake::new("/", std::iter::empty(), address));
        let entry = Entry { mailbox: mailbox.clone(), handshake, revision: Revision::Four };
        let registration = registry.enter(sid, entry, census.admit(address).unwrap());
        assert!(registry.find(sid).is_some());
        assert!(census.admit(address).is_err());

        registration.end(CloseReason::PingTimeout, now);
        assert!(registry.is_empty() && registry.find(sid).is_none());
        assert!(census.admit(address).is_ok());
        assert!(SessionHandle::new(mailbox).is_closed());

        let fate = |tag| registry.fate(sid, tag, now);
        assert!(matches!(fate(None), Fate::Closed { reason: CloseReason::PingTimeout, .. }));
        assert!(matches!(fate(NodeTag::parse("b7")), Fate::OtherNode { .. }));
        assert!(matches!(fate(Some(sid.tag())), Fate::Closed { .. }));
    }
}
