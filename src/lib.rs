//! A Socket.IO server, written to be read.
//!
//! Two protocols are stacked here, and the module tree is the stack:
//!
//! ```text
//!   chat       what is said           "join", "message", "groupList"
//!    │
//!   socketio   who hears it           namespaces, rooms, acknowledgements
//!    │
//!   engineio   how it travels         sessions, heartbeat, polling or WebSocket
//!    │
//!   hyper, tokio-tungstenite          HTTP and WebSocket bytes
//! ```
//!
//! A layer uses the layer below it and has never heard of the one above.
//!
//! Files are of two kinds, and each says in its header which it is. A **core** file holds
//! rules of the protocol: values in, values out, no socket, no clock, no task. A **shell** file
//! owns sockets, clocks and tasks, and decides nothing. To learn the protocol, read the cores;
//! to learn Tokio, read the shells.
//!
//! # A server of one's own
//!
//! ```toml
//! [dependencies]
//! sockrates = { path = "../sockrates", default-features = false, features = ["compression"] }
//! serde = { version = "1", features = ["derive"] }
//! tokio = { version = "1", features = ["macros", "net", "rt-multi-thread", "signal", "time"] }
//! tracing-subscriber = "0.3"
//! ```
//!
//! The default features are those of the program, and a library needs none of them. With
//! `compression` answers to polls travel compressed, and with `tower` a server is a service for
//! axum and its like.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use serde::{Deserialize, Serialize};
//! use sockrates::socketio::{Ack, DisconnectReason, Io, Options, Refused, Socket};
//!
//! /// What a client says to be let in: `io(url, { auth: { name: "Ada" } })`.
//! #[derive(Deserialize)]
//! struct Auth {
//!     name: String,
//! }
//!
//! #[derive(Serialize)]
//! struct Said<'a> {
//!     by: &'a str,
//!     text: &'a str,
//! }
//!
//! struct Name(String);
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let io = Io::new(Options::default());
//!     io.middleware(|socket: Socket| match socket.parse_auth::<Auth>() {
//!         Ok(auth) if !auth.name.is_empty() => {
//!             socket.data().insert(Name(auth.name));
//!             Ok(())
//!         }
//!         _ => Err(Refused::new("a name is needed")),
//!     });
//!     io.on_connect(|socket: Socket| {
//!         socket.on("join", |socket: Socket, room: String| {
//!             socket.join(&room);
//!         });
//!         socket.on("say", |socket: Socket, (room, text): (String, String), ack: Ack| {
//!             let name = socket.data().get::<Name>();
//!             let by = name.as_ref().map_or("somebody", |name| name.0.as_str());
//!             let heard = socket.to(&room).emit("said", Said { by, text: &text })?;
//!             ack.send(heard)?;
//!             Ok::<(), Box<dyn std::error::Error>>(())
//!         });
//!         socket.on_disconnect(|socket: Socket, reason: DisconnectReason| {
//!             println!("{} has left: {reason}", socket.id());
//!         });
//!     });
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     let stop = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
//!     io.serve(listener, stop, Duration::from_secs(5)).await;
//!     Ok(())
//! }
//! ```
//!
//! What goes wrong is said in lines of [tracing](https://docs.rs/tracing), which nobody sees without
//! a subscriber: `tracing_subscriber::fmt::init()` is one. A handler that was given other arguments
//! than it takes, one that has failed, and one that has panicked are warnings; an event that nobody
//! listens to is there at the level `debug`.
//!
//! Whoever knows another server finds his way from [Node.js](coming_from_node) or from
//! [socketioxide](coming_from_socketioxide). The manual begins at [`socketio`], which says what to
//! look for where.
//!
//! # The code
//!
//! A first reading, bottom to top, about two hours:
//!
//! 1. [`engineio::packet`], [`engineio::payload`]: what one message looks like
//! 2. [`engineio::heartbeat`], [`engineio::upgrade`]: what happens over time
//! 3. [`engineio::session`]: all of it put together
//! 4. [`engineio::mailbox`], [`engineio::task`], [`engineio::websocket`]: the same, with a clock
//!    and a socket
//! 5. [`socketio::packet`], [`socketio::decode`], [`socketio::placeholder`]: the second protocol
//! 6. [`socketio::client`], [`socketio::rooms`], [`socketio::audience`]: who is told
//! 7. [`socketio::handler`]: how a closure's parameters become a type
//! 8. [`chat::event`], [`chat::lobby`], [`chat::room`]: an application

#![forbid(unsafe_code)]
#![warn(missing_docs, missing_debug_implementations, unreachable_pub)]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![warn(clippy::await_holding_lock, clippy::large_futures)]

pub mod chat;
pub mod engineio;
pub mod explain;
pub mod inspect;
pub mod socketio;
pub mod token;

pub mod coming_from_node {
    #![doc = include_str!("../docs/coming-from-node.md")]
}

pub mod coming_from_socketioxide {
    #![doc = include_str!("../docs/coming-from-socketioxide.md")]
}

/// The program in the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
