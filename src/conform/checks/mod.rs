//! The checks themselves, by what they are about. Each file says at its top what the wire looks
//! like there.
//!
//! | File         | Kind  | Stage | Its checks                                    |
//! |--------------|-------|-------|-----------------------------------------------|
//! | `handshake`  | shell | 1     | the first request                             |
//! | `polling`    | shell | 2     | GET and POST                                  |
//! | `close`      | shell | 3     | ways to end a session                         |
//! | `heartbeat`  | shell | 4     | pings and pongs                               |
//! | `websocket`  | shell | 5     | frames                                        |
//! | `upgrade`    | shell | 6     | from one transport to the other               |
//! | `connect`    | shell | 7     | into a namespace                              |
//! | `namespaces` | shell | 8     | several of them                               |
//! | `events`     | shell | 9     | events                                        |
//! | `acks`       | shell | 10    | answers to them                               |
//! | `binary`     | shell | 11    | attachments                                   |
//! | `limits`     | shell | 12    | how much is too much                          |
//! | `hostile`    | shell | 12    | what harms a server that trusts its clients   |

pub mod acks;
pub mod binary;
pub mod close;
pub mod connect;
pub mod events;
pub mod handshake;
pub mod heartbeat;
pub mod hostile;
pub mod limits;
pub mod namespaces;
pub mod polling;
pub mod upgrade;
pub mod websocket;
