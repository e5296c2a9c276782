//! `sockrates load`: clients that keep a server busy, and what it costs.
//!
//! Many clients fit into one thread, since each is only a few prepared frames and a
//! comparison: a generator of load has to cost less than any server that it measures. It knows
//! nothing of the rest of this crate, so that a mistake there is not made here again.
//!
//! | File          | Kind  | Its one job                                              |
//! |---------------|-------|----------------------------------------------------------|
//! | `frame`       | core  | WebSocket frames, there and back                         |
//! | `inbox`       | core  | from bytes, cut anywhere, to messages                    |
//! | `http`        | core  | requests and answers                                     |
//! | `script`      | core  | what a client says, and what has to come back            |
//! | `histogram`   | core  | how long many things took                                |
//! | `figures`     | core  | what a run has shown                                     |
//! | `target`      | core  | which server: one on this machine                        |
//! | `process`     | shell | what the server's process has spent, and holds           |
//! | `meter`       | shell | counts what all clients have done                        |
//! | `websocket`   | shell | one client over WebSocket                                |
//! | `polling`     | shell | one client on long-polling                               |
//! | `listen`      | shell | what came in one reading                                 |
//! | `plan`        | shell | warm up, measure, stop                                   |
//! | `echo`        | shell | there and back: events, acknowledgements, bytes          |
//! | `poll_echo`   | shell | the same on long-polling                                 |
//! | `broadcast`   | shell | one says it, all hear it                                 |
//! | `churn`       | shell | clients that come and go                                 |
//! | `idle`        | shell | clients that only stay, and the memory they take         |
//! | `contract`    | shell | whether a server does what all of them expect            |
//! | `options`     | shell | the command line                                         |
//! | `run`         | shell | all of it                                                |

mod broadcast;
mod churn;
mod contract;
mod echo;
mod figures;
pub mod frame;
mod histogram;
pub mod http;
mod idle;
pub mod inbox;
mod listen;
mod meter;
pub mod options;
mod plan;
mod poll_echo;
mod polling;
mod process;
pub mod run;
mod script;
pub mod target;
mod websocket;
