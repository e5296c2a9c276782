//! The settings of a Socket.IO server: every wait and limit, with its cost.
//!
//! Core file. Not in the specification, but for the connect timeout; where the reference
//! server has a default, ours is the same.

use std::time::Duration;

use crate::engineio::options::{LONGEST, Options as EngineOptions};

use super::client_files::ClientFiles;
use super::packet::MAX_ATTACHMENTS;
use super::parser::Parser;
use super::recovery;

/// The settings of a Socket.IO server.
///
/// ```
/// use std::time::Duration;
/// use sockrates::socketio::Options;
///
/// let options = Options { connect_timeout: Duration::from_secs(1), ..Options::default() };
/// assert_eq!(options.engine.path, "/socket.io/");
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    /// The settings of the sessions underneath. Their path is `/socket.io/` by default.
    pub engine: EngineOptions,

    /// The files of a browser client, which pages load from this server. Default: none, since none
    /// are part of it. Official name: `serveClient`.
    pub client_files: Option<ClientFiles>,

    /// How packets are spelled. The clients have to spell them in the same way. Default:
    /// [`Parser::Json`].
    pub parser: Parser,

    /// Time a client may be in no namespace: before it joins the first one, and after it
    /// has left the last. Default: 45 s.
    pub connect_timeout: Duration,

    /// Time a client has to acknowledge an event, where the caller says nothing else.
    /// Default: 30 s.
    pub ack_timeout: Duration,

    /// Acknowledgements that one socket may owe. Default: 1,000.
    pub max_acks: usize,

    /// Attachments of one packet. Default: 10, as in the official clients.
    pub max_attachments: usize,

    /// Bytes that the attachments of one packet may have together. Default: 2,000,000.
    ///
    /// This much one client can make the server hold before a packet is whole.
    pub max_attachment_bytes: usize,

    /// Time for all attachments of a packet to arrive. Default: 10 s.
    pub attachments_timeout: Duration,

    /// Whether an event that wanted an answer and has failed is answered with
    /// `{"error":"…"}`, once no handler can answer it any more. Default: yes.
    ///
    /// What is in it: see [`failure::Kind`](super::failure::Kind).
    pub answer_failures: bool,

    /// Namespaces that one client may be in. Default: 32.
    pub max_namespaces: usize,

    /// Rooms that one socket may be in, besides its own. Default: 256.
    ///
    /// Rooms are the application's affair; but it often takes their names from clients.
    pub max_rooms: usize,

    /// Bytes of a room's name. Default: 128.
    pub max_room_name: usize,

    /// Whether a namespace that a client has asked for is forgotten when nobody is in it any
    /// more. Default: no, as in the reference server.
    ///
    /// What the application has registered on that namespace itself is forgotten with it, and so
    /// is what was remembered for clients that come back.
    pub cleanup_empty_child_namespaces: bool,

    /// Namespaces that clients can have made, over all patterns and predicates. Default: 10,000.
    pub max_child_namespaces: usize,

    /// Bytes of the name of such a namespace. Longer ones do not exist, and nobody is asked about
    /// them. Default: 256.
    pub max_child_namespace_name: usize,

    /// Refused attempts to join a namespace, after which a client is closed. Default: 100.
    pub max_refusals: usize,

    /// Handlers of one client that may be suspended at once. Default: 1,000.
    ///
    /// Past it nothing more is read from that client, and TCP slows it down.
    pub max_suspended: usize,

    /// Bytes that the suspended handlers of one client may hold on to, counted as what their
    /// events brought. Default: 16 MiB.
    pub max_suspended_bytes: usize,

    /// Events of one client that may wait for a connection handler to return. Default: 256.
    pub max_waiting: usize,

    /// Bytes that those events may have together. Default: 2,000,000.
    pub max_waiting_bytes: usize,

    /// Whether clients that were cut off may come back as who they were (official:
    /// `connectionStateRecovery`), and for how long. Default: `None`, they may not.
    pub recovery: Option<recovery::Options>,
}

impl Options {
    /// The same settings, with no time longer than a year: so `Duration::MAX` may be written for
    /// "never".
    #[must_use]
    pub fn bounded(mut self) -> Self {
        for time in
            [&mut self.connect_timeout, &mut self.ack_timeout, &mut self.attachments_timeout]
        {
            *time = (*time).min(LONGEST);
        }
        if let Some(recovery) = &mut self.recovery {
            recovery.max_disconnection = recovery.max_disconnection.min(LONGEST);
        }
        self.engine = self.engine.bounded();
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        let engine = EngineOptions { path: "/socket.io/".to_owned(), ..EngineOptions::default() };
        Self {
            max_attachment_bytes: 2 * engine.max_payload,
            engine,
            client_files: None,
            parser: Parser::default(),
            connect_timeout: Duration::from_secs(45),
            ack_timeout: Duration::from_secs(30),
            max_acks: 1000,
            max_attachments: MAX_ATTACHMENTS,
            attachments_timeout: Duration::from_secs(10),
            answer_failures: true,
            max_namespaces: 32,
            max_rooms: 256,
            max_room_name: 128,
            cleanup_empty_child_namespaces: false,
            max_child_namespaces: 10_000,
            max_child_namespace_name: 256,
            max_refusals: 100,
            max_suspended: 1000,
            max_suspended_bytes: 16 << 20,
            max_waiting: 256,
            max_waiting_bytes: 2_000_000,
            recovery: None,
        }
    }
}
