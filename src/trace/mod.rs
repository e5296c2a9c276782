//! `sockrates trace`: what goes between a client and any Socket.IO server, explained.
//!
//! ```text
//!   trace URL                       our client ──► proxy ──► the server
//!   trace --listen :4000 URL        your client ─► proxy ──► the server
//!                                                    └──► lines on the terminal, and the ladder at
//!                                                         http://127.0.0.1:4000/inspect
//! ```
//!
//! | File       | Kind  | Its one job                                         |
//! |------------|-------|-----------------------------------------------------|
//! | `options`  | shell | the command line                                    |
//! | `proxy`    | shell | requests and answers, passed on and seen            |
//! | `messages` | shell | WebSocket frames that pass by, put together again   |
//! | `pump`     | shell | bytes of a WebSocket, passed on and seen            |
//! | `client`   | shell | a client that says what it is told to say           |
//! | `print`    | shell | events as lines                                     |
//! | `run`      | shell | all of it                                           |

mod client;
mod messages;
pub mod options;
mod print;
mod proxy;
mod pump;
pub mod run;
