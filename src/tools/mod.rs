//! Tools for whoever wants to see the wire.
//!
//! | File     | Kind  | Its one job                                                   |
//! |----------|-------|---------------------------------------------------------------|
//! | `decode` | shell | `sockrates decode`: what something means, piece by piece      |
//! | `encode` | shell | `sockrates encode`: a packet as it travels                    |
//! | `ended`  | shell | how a tool that is over says so                               |
//! | `lang`   | shell | which language whoever sits there reads                       |
//! | `paint`  | shell | pictures on a terminal, in colours                            |

pub mod decode;
pub mod encode;
mod ended;
pub mod lang;
pub mod paint;

pub use self::ended::ended;
