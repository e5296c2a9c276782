//! Engine.IO v4: one session between one client and this server.
//!
//! A *session* is what the client calls its connection. It is named by a
//! [`Sid`](sid::Sid), it outlives any single HTTP request, and it may start on
//! HTTP long-polling and move to WebSocket without losing a message. Everything
//! in this folder serves that one idea.
//!
//! | File          | Kind  | Its one job                                              |
//! |---------------|-------|----------------------------------------------------------|
//! | [`packet`]    | core  | one packet, as text or as a WebSocket frame              |
//! | [`payload`]   | core  | many packets in one HTTP body                            |
//! | [`packet3`]   | core  | the same packet, in revision 3                           |
//! | [`payload3`]  | core  | many of those in one HTTP body                           |
//! | [`jsonp`]     | core  | those bodies, for clients that read by script tags       |
//! | [`webtransport`] | core | one packet on a stream of bytes                       |
//! | [`observe`]   | core  | how somebody follows a parser through what it reads      |
//! | [`explain`]   | core  | what the pieces of all these are called                  |
//! | [`sid`]       | core  | the session identifier                                   |
//! | [`query`]     | core  | from a request to what it asks for                       |
//! | [`refusal`]   | core  | every way to turn a request down, and what to do then    |
//! | [`closed`]    | core  | what is remembered of sessions that are over             |
//! | [`options`]   | core  | every limit and interval, with its default               |
//! | [`cookie`]    | core  | the session's name, for what stands in front             |
//! | [`cors`]      | core  | which pages of other origins may use the server          |
//! | [`dialect`]   | core  | how the packets of one session are written               |
//! | [`encoding`]  | core  | answers made smaller, for clients that take them so      |
//! | [`handshake`] | core  | what each side learns of the other at the start          |
//! | `date`        | core  | a moment, as JavaScript writes it                        |
//! | [`proxies`]   | core  | who is at the other end, when proxies stand in between   |
//! | [`heartbeat`] | core  | when to ping, and when to give up                        |
//! | [`delivery`]  | core  | how what is sent may be treated on its way               |
//! | [`outbox`]    | core  | what waits to be sent                                    |
//! | [`upgrade`]   | core  | from polling to WebSocket, step by step                  |
//! | [`close`]     | core  | why a session ended                                      |
//! | [`session`]   | core  | all of the above, as one state machine                   |
//! | [`handler`]   | shell | what the layer above implements                          |
//! | [`mail`]      | shell | what a session is told, and what it tells of itself      |
//! | [`mailbox`]   | shell | how the rest of the world reaches a session              |
//! | `waiting`     | shell | those who wait until a client has taken what was sent    |
//! | [`tap`]       | shell | what goes over the wire, for whoever wants to look       |
//! | `seen`        | shell | a request and its answer, as the tap sees them           |
//! | `wakes`       | shell | many sessions that are woken, a few at a time            |
//! | [`census`]    | shell | how many there are, and how many there may be            |
//! | `detached`    | shell | requests that let go of the buffer that they came in     |
//! | `attached`    | shell | what hooks attach to a request                           |
//! | [`hooks`]     | shell | what the application decides about requests              |
//! | [`registry`]  | shell | from a sid to its session                                |
//! | [`fragments`] | core  | in how many pieces a WebSocket message may come          |
//! | `pace`        | core  | how busy a WebSocket is, and so its buffers              |
//! | [`websocket`] | shell | frames in and out, without ever blocking the session     |
//! | `wire`        | shell | the bytes under them, read in few system calls           |
//! | [`task`]      | shell | the one task that owns a session                         |
//! | [`http`]      | shell | requests and answers, on hyper                           |
//! | [`exchange`]  | shell | one request and its session                              |
//! | [`engine`]    | shell | opens sessions, leads requests to them, closes them all  |
//! | [`heads`]     | shell | how long a request head may take                         |
//! | [`patience`]  | shell | how long an answer may wait for a client that takes none |
//! | [`server`]    | shell | accept, watch the time, and stop                         |
//!
//! Nothing here knows what a namespace or a room is.

mod attached;
pub mod census;
pub mod close;
pub mod closed;
pub mod cookie;
pub mod cors;
pub(crate) mod date;
pub mod delivery;
mod detached;
pub mod dialect;
pub mod encoding;
pub mod engine;
pub mod exchange;
pub mod explain;
pub mod fragments;
pub mod handler;
pub mod handshake;
pub mod heads;
pub mod heartbeat;
pub mod hooks;
pub mod http;
pub mod jsonp;
pub mod mail;
pub mod mailbox;
pub mod observe;
pub mod options;
pub mod outbox;
mod pace;
pub mod packet;
pub mod packet3;
pub mod patience;
pub mod payload;
pub mod payload3;
pub mod proxies;
pub mod query;
pub mod refusal;
pub mod registry;
mod seen;
pub mod server;
pub mod session;
pub mod sid;
pub mod tap;
pub mod task;
pub mod upgrade;
mod waiting;
pub(crate) mod wakes;
pub mod websocket;
pub mod webtransport;
mod wire;
