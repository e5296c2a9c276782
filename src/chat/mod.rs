//! The chat: rooms on the left, messages on the right.
//!
//! It is the application that this server grew around, and the shortest way to see what the
//! layers below are for.
//!
//! | File         | Kind  | Its one job                                        |
//! |--------------|-------|----------------------------------------------------|
//! | [`event`]    | core  | every message, in and out                          |
//! | [`text`]     | core  | strings as JavaScript has them                     |
//! | [`list`]     | core  | the list of rooms                                  |
//! | [`likeness`] | core  | names that look the same                           |
//! | [`bucket`]   | core  | how much one socket may say                        |
//! | [`lobby`]    | core  | who is in which room, and whom to tell what        |
//! | [`bundle`]   | core  | the browser client in one file                     |
//! | [`room`]     | shell | the lobby on its sockets                           |
//! | [`assets`]   | shell | the page's files                                   |
//! | [`page`]     | shell | the web site                                       |

pub mod assets;
pub mod bucket;
pub mod bundle;
pub mod event;
pub mod likeness;
pub mod list;
pub mod lobby;
pub mod page;
pub mod room;
pub mod text;
