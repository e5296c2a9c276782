//! The inspector: what goes over the wire, shown to people.
//!
//! ```text
//!   GET  /inspect                    the page: a ladder for each session
//!   GET  /inspect/events?session=3   what happens, as Server-Sent Events
//!   GET  /inspect/sessions           who is there
//!   GET  /inspect/recording.siolog   what is kept, to take away
//!   GET  /inspect/play               the playground: packets to try out
//!   POST /inspect/decode, encode     what bytes mean; which bytes mean it
//!   POST /inspect/scratch            a session to send raw packets into
//! ```
//!
//! It is fed by the [tap](crate::engineio::tap) of the engine, and by Server-Sent Events, so it does
//! not observe itself. Nobody sees it who may not: see [`guard`].
//!
//! | File      | Kind  | Its one job                                       |
//! |-----------|-------|---------------------------------------------------|
//! | [`guard`] | core  | who may look                                      |
//! | [`log`]   | core  | an event as a line of a recording                 |
//! | [`redact`] | core  | what is nobody's business                         |
//! | `why`     | core  | why something is on the wire                      |
//! | `feed`    | shell | a body that grows as things happen                |
//! | `scratch` | shell | sessions to try packets in                        |
//! | [`site`]  | shell | the addresses above                               |

pub mod feed;
pub mod guard;
pub mod log;
pub mod redact;
mod scratch;
pub mod site;
mod why;
