//! Socket.IO v5: who hears what, on top of [`engineio`](crate::engineio).
//!
//! A *client* is one session. In each namespace that it joins it has a *socket*, with a public
//! name of its own; and sockets are put into *rooms*, to be told things together.
//!
//! # For applications
//!
//! | To                                             | there is                                  |
//! |------------------------------------------------|-------------------------------------------|
//! | open a server, stop it                         | [`Io`], [`Options`], [`Builder`]          |
//! | have it within another program                 | [`Io::handle`], and `Peer` for axum       |
//! | hear of clients that come, and turn some away  | [`Io::on_connect`], [`Io::middleware`], [`Refused`] |
//! | hear events, and answer them                   | [`Socket::on`], [`handler`], [`Ack`]      |
//! | hear of clients that go                        | [`Socket::on_disconnect`], [`DisconnectReason`] |
//! | tell one client something, or ask it           | [`Socket::emit`], [`Socket::emit_with_ack`] |
//! | tell many, or ask them                         | [`Io::to`], [`Socket::to`], [`Broadcast`] |
//! | keep something with a client, or for all       | [`Socket::data`], [`Builder::state`]      |
//! | have more than one namespace                   | [`Io::of`], [`Io::of_pattern`], [`Io::of_where`] |
//! | send much to a slow client                     | [`Socket::emit_and_wait`], [`Socket::drained`], [`WhenFull`] |
//! | let clients come back as who they were         | [`Options::recovery`]                     |
//! | know what went wrong                           | [`Io::on_error`], [`failure`]             |
//! | decide about requests, know proxies            | [`Hooks`], [`Options::engine`]            |
//!
//! # The files
//!
//! | File             | Kind  | Its one job                                            |
//! |------------------|-------|--------------------------------------------------------|
//! | [`packet`]       | core  | what can be said                                       |
//! | [`decode`]       | core  | from text to a packet, one function a field            |
//! | [`encode`]       | core  | from a packet to text, encoded once                    |
//! | [`msgpack`]      | core  | the same packets, spelled in MessagePack               |
//! | [`parser`]       | core  | which of the two spellings a server speaks             |
//! | [`assemble`]     | core  | a packet and its attachments                           |
//! | [`placeholder`]  | core  | where in the data attachments belong                   |
//! | [`explain`]      | core  | what the pieces of a packet are called, and its data   |
//! | [`args`]         | core  | the arguments of an event                              |
//! | `json`, `scan`   | core  | what is valid, and where in it things are              |
//! | `shape`, `deserialize`, `fill` | core | from arguments to types                 |
//! | `spread`, `relay`| core  | from types to arguments                                |
//! | [`joining`]      | core  | how either generation of clients joins a namespace     |
//! | [`client`]       | core  | one client and its namespaces, as one state machine    |
//! | [`violation`]    | core  | how a client can break the rules                       |
//! | [`emit`]         | core  | why a socket may not have sent something               |
//! | [`socket_id`]    | core  | the public name of a socket                            |
//! | [`flags`]        | core  | how an event is to be sent                             |
//! | [`data`]         | core  | what an application keeps with a socket                |
//! | [`state`]        | core  | what an application gives to its handlers              |
//! | [`failure`]      | core  | what went wrong with one event                         |
//! | [`acks`]         | core  | answers that are awaited                               |
//! | `few`            | core  | a set that most often has few items                    |
//! | [`rooms`]        | core  | who is where                                           |
//! | [`audience`]     | core  | whom a broadcast reaches                               |
//! | [`offset`]       | core  | how far a client has come                              |
//! | [`backlog`]      | core  | what was sent, for clients that come back              |
//! | [`recovery`]     | core  | who may come back as whom                              |
//! | `phase`          | core  | from the door of a namespace to the end of a socket    |
//! | `memory`         | shell | recovery at work                                       |
//! | [`close`]        | core  | why a socket left                                      |
//! | [`options`]      | core  | every wait and limit, with its default                 |
//! | [`handler`]      | shell | typed event handlers                                   |
//! | `parameter`      | shell | what a handler can ask for                             |
//! | [`register`]     | shell | what an application says to a socket about events      |
//! | [`listeners`]    | shell | what is registered on a socket                         |
//! | `dispatch`       | shell | the way of an event through the listeners              |
//! | [`ack`]          | shell | an answer on its way to the client                     |
//! | [`ask`]          | shell | an event that wants an answer                          |
//! | [`socket`]       | shell | what an application holds                              |
//! | [`emitter`]      | shell | one socket, and how to send to it                      |
//! | [`member`]       | shell | a socket and its rooms                                 |
//! | [`broadcast`]    | shell | one event for many sockets                             |
//! | [`answer`]       | core  | what an answer can be read as                          |
//! | [`answers`]      | shell | what many sockets say to one question                  |
//! | [`remote`]       | shell | sockets on any server, as they were                    |
//! | [`server_side`]  | shell | events between servers                                 |
//! | [`adapter`]      | shell | the border at which several servers meet               |
//! | `in_memory`      | shell | the adapter of a server that is alone                  |
//! | `verdict`        | shell | what a middleware says about a client                  |
//! | [`namespace`]    | shell | middleware, connection handlers                        |
//! | [`client_files`] | shell | the browser client that pages load from the server     |
//! | `tower`          | shell | a server as a service, for frameworks                  |
//! | `namespaces`     | shell | which there are, and who stays in them                 |
//! | [`asking`]       | shell | who may have a namespace made                          |
//! | [`parent`]       | shell | what namespaces have that are made so                  |
//! | [`parent_broadcast`] | shell | one event for all children of a parent             |
//! | `arrival`        | shell | from a CONNECT to the door of a namespace              |
//! | `link`           | shell | what a client's sockets share                          |
//! | [`connection`]   | shell | does what a client asks for                            |
//! | [`builder`]      | shell | a server with more to it than options                  |
//! | `main_namespace` | shell | what a server says in the namespace `/`                |
//! | [`server`]       | shell | namespaces on top of an engine                         |
//! | `serve`          | shell | a port for a server that is alone on it                |
//!
//! Nothing here knows what a chat is.

pub mod ack;
pub mod acks;
pub mod adapter;
pub mod answer;
pub mod answers;
pub mod args;
mod arrival;
pub mod ask;
pub mod asking;
pub mod assemble;
pub mod audience;
pub mod backlog;
pub mod broadcast;
pub mod builder;
pub mod client;
pub mod client_files;
pub mod close;
pub mod connection;
pub mod data;
pub mod decode;
mod deserialize;
mod dispatch;
pub mod emit;
pub mod emitter;
pub mod encode;
pub mod explain;
pub mod failure;
mod few;
mod fill;
pub mod flags;
pub mod handler;
mod in_memory;
pub mod joining;
mod json;
mod link;
pub mod listeners;
mod main_namespace;
pub mod member;
mod memory;
pub mod msgpack;
pub mod namespace;
mod namespaces;
pub mod offset;
pub mod options;
pub mod packet;
mod parameter;
pub mod parent;
pub mod parent_broadcast;
pub mod parser;
mod phase;
pub mod placeholder;
pub mod recovery;
pub mod register;
mod relay;
pub mod remote;
pub mod rooms;
mod scan;
mod serve;
pub mod server;
pub mod server_side;
mod shape;
pub mod socket;
pub mod socket_id;
mod spread;
pub mod state;
#[cfg(feature = "tower")]
mod tower;
mod verdict;
pub mod violation;

pub use self::ack::Ack;
pub use self::adapter::{Adapter, AdapterError, InMemory};
pub use self::answer::FromAnswer;
pub use self::answers::PartialAnswers;
pub use self::args::{Args, ArgsError};
pub use self::ask::AckError;
pub use self::audience::IntoRooms;
pub use self::broadcast::Broadcast;
pub use self::builder::Builder;
pub use self::client_files::ClientFiles;
pub use self::close::DisconnectReason;
pub use self::emit::EmitError;
pub use self::emitter::Emitter;
pub use self::failure::EventFailure;
pub use self::handler::{EventName, Incoming};
pub use self::listeners::ListenerId;
pub use self::member::JoinError;
pub use self::namespace::{Namespace, Refused};
pub use self::options::Options;
pub use self::parent::Parent;
pub use self::parent_broadcast::ParentBroadcast;
pub use self::parser::Parser;
pub use self::remote::RemoteSocket;
pub use self::rooms::RoomEvent;
pub use self::server::Io;
pub use self::server_side::ServerEvent;
pub use self::socket::Socket;
pub use self::socket_id::{SocketId, SocketIdError};
pub use self::state::State;
#[cfg(feature = "tower")]
pub use self::tower::Peer;
pub use crate::engineio::cookie::Cookie;
pub use crate::engineio::cors::{Chosen, Cors};
pub use crate::engineio::delivery::WhenFull;
pub use crate::engineio::hooks::{Hooks, Step};
pub use crate::engineio::options::Transport;
