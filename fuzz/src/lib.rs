//! What must hold for any input, and the slow twins that say so.
//!
//! | File         | What it is                                                       |
//! |--------------|------------------------------------------------------------------|
//! | [`packet`]   | properties of Engine.IO packets                                  |
//! | [`payload`]  | properties of bodies with many packets                           |
//! | [`payload3`] | properties of those of revision 3                                |
//! | [`jsonp`]    | properties of scripts and forms                                  |
//! | [`webtransport`] | properties of packets on a stream of bytes                   |
//! | [`query`]    | properties of a request's query                                  |
//! | [`decode`]   | properties of Socket.IO packets                                  |
//! | [`msgpack`]  | properties of those packets in MessagePack                       |
//! | [`parsers`]  | properties of both spellings together                            |
//! | [`explain`]  | properties of explanations, whatever is explained                |
//! | [`assemble`] | properties of one client's messages, attachments among them      |
//! | [`client`]   | properties of a client's life in its namespaces                  |
//! | [`session`]  | properties of a session's life; below it, the model of one       |
//! | [`headers`]  | properties of headers that go out, and of what asks for them     |
//! | [`rooms`]    | properties of rooms, and of whom a broadcast reaches             |
//! | [`lobby`]    | properties of the chat                                           |
//! | [`server`]   | properties of the whole server, in memory                        |
//! | [`json`]     | JSON, read slowly                                                |
//! | [`spec`]     | Socket.IO packets, read slowly, as the specification has them    |
//! | [`script`]   | how bytes become a sequence of operations                        |
//! | [`watch`]    | bytes that tell how many of them are alive                       |
//!
//! Each of the first seventeen has a function `check`, which panics when a property does not hold.
//! A fuzz target calls it with whatever it makes up; `tests/corpora.rs` includes this folder and
//! calls it with every seed, so that what was found once stays found on a stable compiler.

#![forbid(unsafe_code)]

pub mod assemble;
pub mod client;
pub mod decode;
pub mod explain;
pub mod headers;
pub mod json;
pub mod jsonp;
pub mod lobby;
pub mod msgpack;
pub mod packet;
pub mod parsers;
pub mod payload;
pub mod payload3;
pub mod query;
pub mod rooms;
pub mod script;
pub mod server;
pub mod session;
pub mod spec;
pub mod watch;
pub mod webtransport;
