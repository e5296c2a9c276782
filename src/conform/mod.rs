//! `sockrates conform` and `sockrates learn`: what a Socket.IO server does, asked from outside.
//!
//! A check is data and a conversation. It speaks by clients of its own, in bytes that may be
//! wrong ones, and knows nothing of this crate's server: so any server can be asked.
//!
//! | File        | Kind  | Its one job                                               |
//! |-------------|-------|-----------------------------------------------------------|
//! | `check`     | core  | what a check is                                           |
//! | `outcome`   | core  | what becomes of one                                       |
//! | `lang`      | core  | words in two languages                                    |
//! | `facts`     | core  | what is known of a server                                 |
//! | `reply`     | core  | an answer of HTTP                                         |
//! | `pipe`      | shell | one TCP connection                                        |
//! | `talk`      | shell | what a check talks through                                |
//! | `session`   | shell | a session on long-polling                                 |
//! | `websocket` | shell | one on WebSocket                                          |
//! | `checks`    | –     | the checks                                                |
//! | `catalogue` | core  | all of them, or a choice                                  |
//! | `clauses`   | core  | the reasons of checks, in Chinese                         |
//! | `examine`   | shell | asks them, one after the other                            |
//! | `explained` | core  | what was said, in words                                   |
//! | `report`    | core  | the outcome, for people                                   |
//! | `machine`   | core  | the outcome, for programs                                 |
//! | `lessons`   | core  | what to build next, and why                               |
//! | `options`   | shell | the command line                                          |
//! | `run`       | shell | one run of `conform`                                      |
//! | `learn`     | shell | one run of `learn`                                        |

mod catalogue;
mod check;
mod checks;
mod clauses;
mod examine;
mod explained;
mod facts;
mod lang;
pub mod learn;
mod lessons;
mod machine;
pub mod options;
mod outcome;
mod pipe;
mod reply;
mod report;
pub mod run;
mod session;
mod talk;
mod websocket;
