//! The table of namespaces: those that the application has made, and those that clients have
//! asked for.
//!
//! ```text
//!   io.of("/admin")                  ──►  "/admin"   there for good
//!   40/room-7,  a pattern allows it  ──►  "/room-7"  a child of that pattern
//!   its last socket leaves           ──►             forgotten, if the settings say so
//! ```
//!
//! A client that asks to join a child is given a [`Stay`] in it, under the same lock under which
//! the child is found. A child is forgotten under that lock too, and only while nobody stays. So
//! nobody can land in a namespace that was just forgotten.
//!
//! While hooks are told of a new namespace, clients wait at its door: a hook may be what puts the
//! guard there.
//!
//! Shell file: owns the lock over the table. No hook is called while it is held. Spec: Socket.IO
//! v5, "Connection to a namespace".

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::watch;

use super::asking::{Matcher, Test};
use super::builder::AdapterOf;
use super::in_memory::InMemory;
use super::namespace::{Common, Namespace};

/// All namespaces of a server.
pub(super) struct Namespaces {
    common: Arc<Common>,
    adapter: AdapterOf,
    table: RwLock<HashMap<String, Entry>>,
    /// In the order in which they were registered, which is that in which they are asked.
    matchers: RwLock<Vec<Arc<Matcher>>>,
    hooks: RwLock<Vec<Arc<Hook>>>,
}

type Hook = dyn Fn(Namespace) + Send + Sync;

struct Entry {
    namespace: Namespace,
    /// `None` for one that is there for good.
    child: Option<Arc<Child>>,
    /// While hooks are told of it. The other end is dropped when they have been.
    making: Option<watch::Receiver<()>>,
}

/// What is known of a namespace that a pattern or a predicate has allowed.
struct Child {
    of: Arc<Matcher>,
    /// How many clients are in it, or about to be. It grows under the table's lock only.
    stays: AtomicUsize,
}

impl Child {
    fn new(of: Arc<Matcher>) -> Arc<Self> {
        Arc::new(Self { of, stays: AtomicUsize::new(0) })
    }
}

/// What a client finds where it asks to join a namespace.
pub(super) enum Door {
    /// It may go on to the middleware.
    Open(Namespace, Option<Stay>),
    /// Hooks are being told of the namespace. Ask again when [`made`] is ready.
    Making(watch::Receiver<()>),
    /// There is no such namespace.
    Nowhere,
    /// There would be one, but there are as many as there may be.
    Full,
}

/// Waits until a namespace was made.
pub(super) async fn made(mut making: watch::Receiver<()>) {
    // Nothing is ever sent: the end is what is waited for.
    while making.changed().await.is_ok() {}
}

/// A client's place in a child namespace, from when it asks to join until its socket has ended.
pub(super) struct Stay {
    namespace: Namespace,
    child: Arc<Child>,
    namespaces: Arc<Namespaces>,
}

impl Drop for Stay {
    fn drop(&mut self) {
        if self.child.stays.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.namespaces.emptied(self.namespace.name(), &self.child);
        }
    }
}

impl Namespaces {
    pub(super) fn new(common: Arc<Common>, adapter: AdapterOf) -> Self {
        Self {
            common,
            adapter,
            table: RwLock::default(),
            matchers: RwLock::default(),
            hooks: RwLock::default(),
        }
    }

    /// The namespace of this name, made if it is not there: as a child if a pattern has it.
    pub(super) fn of(self: &Arc<Self>, name: &str) -> Namespace {
        if let Some(entry) = self.read().get(name) {
            return entry.namespace.clone();
        }
        let of = self.matchers().into_iter().find(|matcher| matcher.has_pattern_for(name));
        let fresh = self.fresh(name, of.as_ref());
        let mut table = self.write();
        if let Some(entry) = table.get(name) {
            let found = entry.namespace.clone();
            drop(table);
            fresh.end();
            return found;
        }
        let making = self.insert(&mut table, &fresh, of.map(Child::new));
        drop(table);
        making.tell(&fresh);
        fresh
    }

    /// What a client finds that asks for this name.
    pub(super) fn enter(self: &Arc<Self>, name: &str) -> Door {
        self.read().get(name).map_or(Door::Nowhere, |entry| self.door(entry))
    }

    /// The same, once it was allowed in: the namespace is made if it is not there.
    pub(super) fn enter_child(self: &Arc<Self>, name: &str, of: Arc<Matcher>) -> Door {
        if !self.has_place() {
            return self.read().get(name).map_or(Door::Full, |entry| self.door(entry));
        }
        let fresh = self.fresh(name, Some(&of));
        let mut table = self.write();
        // Another client, or the application, may have been faster.
        let there = table.get(name).map(|entry| self.door(entry));
        if let Some(door) = there.or_else(|| self.is_full(&table).then_some(Door::Full)) {
            drop(table);
            fresh.end();
            return door;
        }
        let child = Child::new(of);
        let making = self.insert(&mut table, &fresh, Some(child.clone()));
        let stay = self.stay(&fresh, &child);
        drop(table);
        making.tell(&fresh);
        Door::Open(fresh, Some(stay))
    }

    /// Whether there may be another child. Where there are as many as there may be, one is forgotten
    /// in which nobody is: or somebody who asks for one after the other would take all places.
    fn has_place(&self) -> bool {
        let table = self.write();
        if !self.is_full(&table) {
            return true;
        }
        let is_idle = |entry: &Entry| {
            let stays = entry.child.as_ref().map(|child| child.stays.load(Ordering::Acquire));
            entry.making.is_none() && stays == Some(0)
        };
        let idle = table.iter().find(|(_, entry)| is_idle(entry)).map(|(name, _)| name.clone());
        let found = idle.is_some();
        if let Some(name) = idle {
            forget(table, &name);
        }
        found
    }

    /// Whether there are as many children as there may be.
    fn is_full(&self, table: &HashMap<String, Entry>) -> bool {
        let children = table.values().filter(|entry| entry.child.is_some()).count();
        children >= self.common.options.max_child_namespaces
    }

    /// Closes all adapters.
    pub(super) fn close(&self) {
        let all: Vec<_> = self.read().values().map(|entry| entry.namespace.clone()).collect();
        all.iter().for_each(|namespace| namespace.adapter().close());
    }

    /// The children that there are now of a pattern or a predicate, in no order.
    pub(super) fn children(&self, of: &Arc<Matcher>) -> Vec<Namespace> {
        let table = self.read();
        let is_its = |child: &Arc<Child>| Arc::ptr_eq(&child.of, of);
        let entries = table.values().filter(|entry| entry.child.as_ref().is_some_and(is_its));
        entries.map(|entry| entry.namespace.clone()).collect()
    }

    /// Notes whom to ask. It is asked after all that are noted already.
    pub(super) fn add_matcher(&self, test: Test) -> Arc<Matcher> {
        let mut matchers = self.matchers.write().unwrap_or_else(PoisonError::into_inner);
        // The name is the one that the reference server gives it. Nobody can join it.
        let template = format!("/_{}", matchers.len());
        let (adapter, common) = (Arc::new(InMemory::default()), self.common.clone());
        let template = Namespace::new(&template, adapter, common);
        let matcher = Arc::new(Matcher::new(template, test));
        matchers.push(matcher.clone());
        matcher
    }

    /// Those who may allow a namespace, in the order in which they are asked.
    pub(super) fn matchers(&self) -> Vec<Arc<Matcher>> {
        self.matchers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn add_hook(&self, hook: Arc<Hook>) {
        self.hooks.write().unwrap_or_else(PoisonError::into_inner).push(hook);
    }

    /// A namespace that is in no table yet. A child begins with what its parent has by now.
    fn fresh(&self, name: &str, of: Option<&Arc<Matcher>>) -> Namespace {
        let adapter = (self.adapter)(name);
        match of {
            Some(matcher) => matcher.template().child(name, adapter),
            None => Namespace::new(name, adapter, self.common.clone()),
        }
    }

    fn insert(
        self: &Arc<Self>,
        table: &mut HashMap<String, Entry>,
        namespace: &Namespace,
        child: Option<Arc<Child>>,
    ) -> Making {
        let (done, making) = watch::channel(());
        let name = namespace.name().to_owned();
        let entry = Entry { namespace: namespace.clone(), child, making: Some(making) };
        table.insert(name.clone(), entry);
        Making { namespaces: self.clone(), name: Some(name), _done: done }
    }

    fn door(self: &Arc<Self>, entry: &Entry) -> Door {
        if let Some(making) = &entry.making {
            return Door::Making(making.clone());
        }
        let stay = entry.child.as_ref().map(|child| self.stay(&entry.namespace, child));
        Door::Open(entry.namespace.clone(), stay)
    }

    /// Called under the table's lock.
    fn stay(self: &Arc<Self>, namespace: &Namespace, child: &Arc<Child>) -> Stay {
        child.stays.fetch_add(1, Ordering::AcqRel);
        Stay { namespace: namespace.clone(), child: child.clone(), namespaces: self.clone() }
    }

    /// Nobody was in this child a moment ago. If that is still so, it is forgotten.
    fn emptied(&self, name: &str, child: &Arc<Child>) {
        if !self.common.options.cleanup_empty_child_namespaces {
            return;
        }
        let table = self.write();
        let is_it = |found: &Arc<Child>| Arc::ptr_eq(found, child);
        let there = table.get(name).and_then(|entry| entry.child.as_ref()).is_some_and(is_it);
        if there && child.stays.load(Ordering::Acquire) == 0 {
            forget(table, name);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<String, Entry>> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<String, Entry>> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Namespaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.read().values().map(|entry| &entry.namespace)).finish()
    }
}

impl fmt::Debug for Stay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stay({:?})", self.namespace.name())
    }
}

/// A namespace of which hooks are being told. If one of them panics there is no such namespace.
struct Making {
    namespaces: Arc<Namespaces>,
    /// `None` once all were told.
    name: Option<String>,
    _done: watch::Sender<()>,
}

impl Making {
    fn tell(mut self, namespace: &Namespace) {
        let hooks = self.namespaces.hooks.read().unwrap_or_else(PoisonError::into_inner).clone();
        for hook in hooks {
            hook(namespace.clone());
        }
        if let Some(name) = self.name.take() {
            if let Some(entry) = self.namespaces.write().get_mut(&name) {
                entry.making = None;
            }
        }
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if let Some(name) = self.name.take() {
            forget(self.namespaces.write(), &name);
        }
    }
}

/// Takes a namespace out of the table. Its adapter is closed, and all of it dropped, outside the lock.
fn forget(mut table: RwLockWriteGuard<'_, HashMap<String, Entry>>, name: &str) {
    let forgotten = table.remove(name);
    drop(table);
    if let Some(entry) = forgotten {
        entry.namespace.end();
    }
}
