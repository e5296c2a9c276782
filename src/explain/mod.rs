//! What bytes on the wire mean: every piece by its name, the packets, and what is wrong.
//!
//! ```text
//!   42/chat,7["typing",true]
//!   ^                         Engine.IO packet type 4: message
//!    ^                        Socket.IO packet type 2: EVENT
//!     ^^^^^                   namespace "/chat"
//!          ^                  the comma that ends the namespace
//!           ^                 ack id 7: the sender waits for an answer with this number
//!            ^                JSON: the array begins
//!             ^^^^^^^^        the event's name: "typing"
//!                     ^       JSON: the next element follows
//!                      ^^^^   argument 1
//!                          ^  JSON: the array ends
//! ```
//!
//! There is no second parser here. The parsers by which the server lives have an
//! [observer](crate::engineio::observe), who is told how far they have come. So what is explained
//! is what the server understands, and what it refuses has its place and its reason.
//!
//! ```
//! use sockrates::explain::{Form, Input, Lang, explain};
//!
//! let found = explain(&Input::text(r#"42["hi"]"#), Form::Packet, Lang::En);
//! assert_eq!(found.summary, r#"EVENT "hi" in namespace /, wants no ack"#);
//!
//! let found = explain(&Input::text("42{}"), Form::Packet, Lang::En);
//! let wrong = found.diagnostic.expect("an event without an array");
//! assert_eq!((wrong.from, wrong.code, wrong.clause), (2, "SIO-NO-ARRAY", "SIO5-EVENT-1"));
//! ```
//!
//! | File            | Kind | Its one job                                            |
//! |-----------------|------|--------------------------------------------------------|
//! | [`input`]       | core | what is to be explained, and as what                   |
//! | [`explanation`] | core | what comes out, and its JSON                           |
//! | `reading`       | core | from the one to the other, on the parsers' own path    |
//! | `messages`      | core | Socket.IO packets, and the attachments behind them     |
//! | `frames`        | core | the same for WebSocket frames                          |
//! | `msgpack`       | core | the same for MessagePack                               |
//! | `fields`        | core | from packets as the server has them to those shown     |
//! | `notes`         | core | what somebody has most probably meant                  |
//! | `words`         | core | every sentence, in every language                      |
//! | `describe`      | core | which sentence a piece or a packet gets                |
//! | `rules`         | core | every fault: its code, its sentences, its clause       |
//! | `diagnose`      | core | from an error of a parser to its rule, and to a hint   |
//! | [`compose`]     | core | the way back: from fields to a packet                  |
//! | [`picture`]     | core | an explanation as people read it                       |
//! | `width`         | core | how wide text is on a terminal                         |
//! | [`clauses`]     | core | the sentences of the specifications                    |
//! | [`lang`]        | core | which language somebody reads                          |

pub mod clauses;
pub mod compose;
mod describe;
mod diagnose;
pub mod explanation;
mod fields;
mod frames;
pub mod input;
pub mod lang;
mod messages;
mod msgpack;
mod notes;
pub mod picture;
mod reading;
mod rules;
mod width;
mod words;

pub use self::explanation::{Diagnostic, Explanation, Kind, Packet, SocketPacket, Span};
pub use self::input::{Form, Input, Wire};
pub use self::lang::Lang;
pub use self::reading::{MAX_PIECES, explain};
