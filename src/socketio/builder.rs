//! Builder: a server with more to it than options.
//!
//! ```text
//!   Io::builder(options).hooks(…).adapter(…).build()
//! ```
//!
//! Shell file: owns what it was given, until there is a server.

use std::fmt;
use std::sync::Arc;

use super::adapter::Adapter;
use super::data::Data;
use super::in_memory::InMemory;
use super::options::Options;
use super::server::Io;
use crate::engineio::hooks::Hooks;

/// Makes the adapter of a namespace with this name.
pub(super) type AdapterOf = Box<dyn Fn(&str) -> Arc<dyn Adapter> + Send + Sync>;

/// A server that is being put together.
///
/// ```
/// use sockrates::socketio::{Io, Options};
///
/// struct Greeting(&'static str);
///
/// let io = Io::builder(Options::default()).state(Greeting("hello")).build();
/// assert_eq!(io.state::<Greeting>().map(|it| it.0), Some("hello"));
/// ```
pub struct Builder {
    pub(super) options: Options,
    pub(super) hooks: Hooks,
    pub(super) adapter: AdapterOf,
    pub(super) state: Data,
}

impl Builder {
    pub(super) fn new(options: Options) -> Self {
        let adapter: AdapterOf = Box::new(|_| Arc::new(InMemory::default()));
        Self { options, hooks: Hooks::default(), adapter, state: Data::default() }
    }

    /// What the application decides before there is a socket: who may open a session, and which
    /// headers stand on the answers.
    #[must_use]
    pub fn hooks(self, hooks: Hooks) -> Self {
        Self { hooks, ..self }
    }

    /// What makes the adapter of each namespace, given its name. Without it, each is
    /// [`InMemory`].
    #[must_use]
    pub fn adapter(
        self,
        adapter: impl Fn(&str) -> Arc<dyn Adapter> + Send + Sync + 'static,
    ) -> Self {
        Self { adapter: Box::new(adapter), ..self }
    }

    /// A value that every handler can ask for, in place of a global one. There can be one of each
    /// type.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(self, value: T) -> Self {
        self.state.insert(value);
        self
    }

    /// The server.
    pub fn build(self) -> Io {
        Io::of_builder(self)
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { options, hooks, state, adapter: _ } = self;
        f.debug_struct("Builder")
            .field("options", options)
            .field("hooks", hooks)
            .field("state", state)
            .finish_non_exhaustive()
    }
}
