//! The registry: from a sid to its session.
//!
//! Shell file: owns the one map that all HTTP connections share. No guard of the map leaves
//! this file, so none can be held while something waits.

use std::sync::Arc;

use dashmap::DashMap;

use super::mailbox::Mailbox;
use super::sid::Sid;

/// All sessions that are open.
#[derive(Debug, Default)]
pub struct Registry(DashMap<Sid, Arc<Mailbox>>);

/// A session's place in the registry. Dropping it takes the session out and ends its mailbox,
/// so however its task ends, nothing stays behind.
#[derive(Debug)]
pub struct Registration {
    registry: Arc<Registry>,
    sid: Sid,
    mailbox: Arc<Mailbox>,
}

impl Registry {
    /// Enters a session.
    pub fn enter(self: &Arc<Self>, sid: Sid, mailbox: Arc<Mailbox>) -> Registration {
        self.0.insert(sid, mailbox.clone());
        Registration { registry: self.clone(), sid, mailbox }
    }

    /// Whether there is a session of this name.
    pub fn knows(&self, sid: Sid) -> bool {
        self.0.contains_key(&sid)
    }

    /// The session of this name.
    pub fn find(&self, sid: Sid) -> Option<Arc<Mailbox>> {
        self.0.get(&sid).map(|entry| entry.value().clone())
    }

    /// All sessions, as they are now.
    pub fn all(&self) -> Vec<Arc<Mailbox>> {
        self.0.iter().map(|entry| entry.value().clone()).collect()
    }

    /// How many sessions there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Registration {
    /// The session's mailbox.
    pub fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.registry.0.remove(&self.sid);
        self.mailbox.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registration_that_is_dropped_leaves_nothing_behind() {
        let registry = Arc::new(Registry::default());
        let sid = Sid::new([7; 15]);
        let registration = registry.enter(sid, Arc::new(Mailbox::new(10)));
        let mailbox = registry.find(sid).unwrap();
        assert_eq!(registry.len(), 1);

        drop(registration);
        assert!(registry.is_empty() && !registry.knows(sid));
        assert!(super::super::mailbox::SessionHandle::new(mailbox).is_closed());
    }
}
