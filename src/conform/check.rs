//! What a check is: data, and a conversation.
//!
//! ```text
//!   id       upgrade/probe                   what `--only` and reports call it
//!   stage    6, upgrade                      when it is asked, and when `learn` teaches it
//!   clause   EIO4-UPGRADE-6                  who says so
//!   grave    must                            what it means when it fails
//!   needs    plain                           whether any server can be asked
//! ```
//!
//! Core file.

use std::future::Future;
use std::pin::Pin;

use super::lang::Told;
use super::outcome::Verdict;
use super::talk::Talk;

/// One question to a server.
#[derive(Debug)]
pub struct Check {
    pub id: &'static str,
    pub stage: Stage,
    /// An id of `spec/`, a section of an RFC, or what happened to other servers.
    pub clause: &'static str,
    pub grave: Grave,
    pub needs: Needs,
    pub title: Told,
    pub run: fn(Talk) -> Conversation,
}

pub type Conversation = Pin<Box<dyn Future<Output = Verdict>>>;

/// What it means when a check fails.
///
/// | Variant  | It fails, so                                                   |
/// |----------|----------------------------------------------------------------|
/// | `Must`   | clients break, lose data or wait for ever; or it can be harmed |
/// | `Should` | the reference server does better, or somebody will stumble     |
/// | `Ours`   | it does not do what we do, and nobody says that it has to      |
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Grave {
    Must,
    Should,
    Ours,
}

impl Grave {
    pub fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Ours => "ours",
        }
    }
}

/// What a server has to do so that it can be asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Needs {
    /// Be a Socket.IO server.
    Plain,
    /// Have the handlers that `examples/protocol_suite.rs` is an example of.
    Suite,
}

/// The order in which a server is asked, and in which one is built.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Stage {
    Handshake,
    Polling,
    Close,
    Heartbeat,
    WebSocket,
    Upgrade,
    Connect,
    Namespaces,
    Events,
    Acks,
    Binary,
    Robust,
}

impl Stage {
    pub const ALL: [Self; 12] = [
        Self::Handshake,
        Self::Polling,
        Self::Close,
        Self::Heartbeat,
        Self::WebSocket,
        Self::Upgrade,
        Self::Connect,
        Self::Namespaces,
        Self::Events,
        Self::Acks,
        Self::Binary,
        Self::Robust,
    ];

    /// From one to twelve.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    pub fn name(self) -> Told {
        match self {
            Self::Handshake => Told::fixed("handshake", "握手"),
            Self::Polling => Told::fixed("long-polling", "长轮询"),
            Self::Close => Told::fixed("close", "关闭"),
            Self::Heartbeat => Told::fixed("heartbeat", "心跳"),
            Self::WebSocket => Told::fixed("WebSocket", "WebSocket"),
            Self::Upgrade => Told::fixed("upgrade", "升级"),
            Self::Connect => Told::fixed("CONNECT", "CONNECT（连接）"),
            Self::Namespaces => Told::fixed("namespaces", "命名空间"),
            Self::Events => Told::fixed("events", "事件"),
            Self::Acks => Told::fixed("acknowledgements", "应答（ack）"),
            Self::Binary => Told::fixed("binary", "二进制"),
            Self::Robust => Told::fixed("limits and hostile input", "限制与恶意输入"),
        }
    }
}

/// Writes down checks, a few lines for each.
macro_rules! checks {
    ($stage:ident $($grave:ident $needs:ident $id:literal $clause:literal $run:ident
       $en:literal $zh:literal;)*) => {
        pub const CHECKS: &[$crate::conform::check::Check] = &[$($crate::conform::check::Check {
            id: $id,
            stage: $crate::conform::check::Stage::$stage,
            clause: $clause,
            grave: $crate::conform::check::Grave::$grave,
            needs: $crate::conform::check::Needs::$needs,
            title: $crate::conform::lang::Told::fixed($en, $zh),
            run: |talk| Box::pin($run(talk)),
        }),*];
    };
}
pub(crate) use checks;
