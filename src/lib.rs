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
pub mod socketio;
pub mod token;

/// The program in the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
