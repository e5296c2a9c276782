//! Parents: namespaces that are made when a client asks for them.
//!
//! ```text
//!   let rooms = io.of_pattern(r"^/room-\d+$")?;      40/room-7,  ──►  "/room-7" is made
//!   rooms.on_connect(|socket: Socket| …);                             and has this handler
//!   rooms.emit("news", 1);                           42/room-7,["news",1]  and so on, to all
//! ```
//!
//! A parent is not a namespace itself: nobody can join it. What is registered on it, its children
//! have that are made from then on; those that are there keep what they have.
//!
//! Shell file: hands what it is told to its children. Not in the specification: as the reference
//! server has it.

use std::fmt;
use std::sync::Arc;

use regex_lite::Regex;
use serde::Serialize;

use super::asking::{Answer, Asking, Matcher, Test};
use super::audience::IntoRooms;
use super::encode::EncodeError;
use super::failure::EventFailure;
use super::flags::{Flags, flag_verbs};
use super::handler::Outcome;
use super::namespace::{Decision, Namespace};
use super::namespaces::Namespaces;
use super::parent_broadcast::ParentBroadcast;
use super::server::Io;
use super::socket::Socket;

/// All namespaces whose names are like a pattern, or that a predicate allows. Cloning it is cheap.
#[derive(Clone)]
pub struct Parent {
    matcher: Arc<Matcher>,
    namespaces: Arc<Namespaces>,
}

impl Io {
    /// All namespaces whose names are like this regular expression. They are made when clients
    /// ask for them, or the application does by [`of`](Self::of). Officially `of` with a
    /// `RegExp`.
    ///
    /// The name has its slash in front. A pattern without `^` and `$` is looked for anywhere in
    /// it, as in JavaScript. It takes time in proportion to the length of the name, whatever the
    /// name is: there is neither look-around nor a reference back.
    ///
    /// ```
    /// use sockrates::socketio::{Io, Options, Socket};
    ///
    /// let io = Io::new(Options::default());
    /// let rooms = io.of_pattern(r"^/room-\d+$")?;
    /// rooms.on_connect(|socket: Socket| {
    ///     let room = socket.namespace().name().to_owned();
    ///     socket.emit("welcome", room)
    /// });
    /// # Ok::<(), sockrates::socketio::parent::PatternError>(())
    /// ```
    ///
    /// # Errors
    /// When it is no regular expression.
    pub fn of_pattern(&self, pattern: &str) -> Result<Parent, PatternError> {
        let regex = Regex::new(pattern)
            .map_err(|error| PatternError { pattern: pattern.to_owned(), error })?;
        Ok(self.parent(Test::Pattern(regex)))
    }

    /// All namespaces that `predicate` allows, which is asked whenever a client asks for one that
    /// is not there. It returns `bool`, or a `Result` of it whose error means no, or a future of
    /// either; the client waits, and nobody else does. Officially `of` with a function.
    ///
    /// Patterns and predicates are asked in the order in which they were registered, and the first
    /// that allows a namespace is its parent.
    ///
    /// ```
    /// use sockrates::socketio::asking::Asking;
    /// use sockrates::socketio::{Io, Options};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Auth {
    ///     tenant: String,
    /// }
    ///
    /// let io = Io::new(Options::default());
    /// io.of_where(|asking: Asking| {
    ///     let auth: Auth = asking.parse_auth()?;
    ///     Ok::<_, serde_json::Error>(asking.name() == format!("/tenant-{}", auth.tenant))
    /// });
    /// ```
    pub fn of_where<P, A, When>(&self, predicate: P) -> Parent
    where
        P: Fn(Asking) -> A + Send + Sync + 'static,
        A: Answer<When>,
    {
        self.parent(Test::Predicate(Box::new(move |asking| predicate(asking).answered())))
    }

    fn parent(&self, test: Test) -> Parent {
        let namespaces = self.shared().namespaces.clone();
        let matcher = namespaces.add_matcher(test);
        Parent { matcher, namespaces }
    }

    /// Calls `hook` with every namespace that is made from now on, by whomever, before anybody can
    /// join it. Officially the event `new_namespace`.
    ///
    /// If it panics, there is no such namespace.
    pub fn on_new_namespace(&self, hook: impl Fn(Namespace) + Send + Sync + 'static) -> &Self {
        self.shared().namespaces.add_hook(Arc::new(hook));
        self
    }
}

impl Parent {
    /// Calls `handler` for every socket that connects to a child that is made from now on: see
    /// [`Namespace::on_connect`].
    pub fn on_connect<H, O, When>(&self, handler: H) -> &Self
    where
        H: Fn(Socket) -> O + Send + Sync + 'static,
        O: Outcome<When>,
    {
        self.matcher.template().on_connect(handler);
        self
    }

    /// Asks `middleware` about every socket before it connects to a child that is made from now
    /// on: see [`Namespace::middleware`]. Officially `use`.
    pub fn middleware<M, O, When>(&self, middleware: M) -> &Self
    where
        M: Fn(Socket) -> O + Send + Sync + 'static,
        O: Decision<When>,
    {
        self.matcher.template().middleware(middleware);
        self
    }

    /// Calls `handler` for everything that fails on any socket of a child that is made from now
    /// on: see [`Namespace::on_error`].
    pub fn on_error<H>(&self, handler: H) -> &Self
    where
        H: Fn(&Socket, &EventFailure) + Send + Sync + 'static,
    {
        self.matcher.template().on_error(handler);
        self
    }

    /// The children that there are now, in no order. Officially `children`.
    pub fn children(&self) -> Vec<Namespace> {
        self.namespaces.children(&self.matcher)
    }

    flag_verbs!(ParentBroadcast, self, &self);

    fn flagged(&self, change: impl FnOnce(&mut Flags)) -> ParentBroadcast {
        ParentBroadcast::new(self).flagged(change)
    }

    /// Everybody in all children, on this server. Officially `local`.
    #[must_use]
    pub fn local(&self) -> ParentBroadcast {
        ParentBroadcast::new(self).local()
    }

    /// In each child those in a room, or in any of several. Officially `to` and `in`.
    #[must_use]
    pub fn to(&self, rooms: impl IntoRooms) -> ParentBroadcast {
        ParentBroadcast::new(self).to(rooms)
    }

    /// In each child everybody but those in a room, or in any of several.
    #[must_use]
    pub fn except(&self, rooms: impl IntoRooms) -> ParentBroadcast {
        ParentBroadcast::new(self).except(rooms)
    }

    /// Sends an event to everybody in all children: see [`ParentBroadcast::emit`].
    ///
    /// # Errors
    /// When the event can not be encoded.
    pub fn emit<T: Serialize>(&self, event: &str, data: T) -> Result<usize, EncodeError> {
        ParentBroadcast::new(self).emit(event, data)
    }

    /// Sends an event named `message` to everybody in all children.
    ///
    /// # Errors
    /// When the event can not be encoded.
    pub fn send<T: Serialize>(&self, data: T) -> Result<usize, EncodeError> {
        self.emit("message", data)
    }
}

impl Parent {
    /// Puts all sockets of all children into rooms: see [`ParentBroadcast::sockets_join`].
    pub fn sockets_join(&self, rooms: impl IntoRooms) {
        ParentBroadcast::new(self).sockets_join(rooms);
    }

    /// Takes all sockets of all children out of rooms: see [`ParentBroadcast::sockets_leave`].
    pub fn sockets_leave(&self, rooms: impl IntoRooms) {
        ParentBroadcast::new(self).sockets_leave(rooms);
    }

    /// Disconnects all sockets of all children: see [`ParentBroadcast::disconnect_sockets`].
    pub fn disconnect_sockets(&self, close: bool) {
        ParentBroadcast::new(self).disconnect_sockets(close);
    }
}

impl fmt::Debug for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parent({:?}, of {:?})", self.matcher, self.children())
    }
}

/// Why some text is no pattern of namespaces.
#[derive(Clone, Debug)]
pub struct PatternError {
    pattern: String,
    error: regex_lite::Error,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pattern, error } = self;
        write!(f, "{pattern:?} is no regular expression: {error}")
    }
}

impl std::error::Error for PatternError {}
