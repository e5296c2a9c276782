//! What is known of a server before it is asked anything else.
//!
//! Core file.

use std::time::Duration;

use serde::Deserialize;

/// The open packet's content, as the protocol document has it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Open {
    pub sid: String,
    pub upgrades: Vec<String>,
    pub ping_interval: u64,
    pub ping_timeout: u64,
    pub max_payload: u64,
}

#[derive(Clone, Debug)]
pub struct Facts {
    /// Sessions open over long-polling.
    pub polling: bool,
    /// Sessions open over WebSocket.
    pub websocket: bool,
    pub ping_interval: Duration,
    pub ping_timeout: Duration,
    pub max_payload: usize,
    /// The server has the cooperating handlers.
    pub suite: bool,
    /// What the user has for the server to be let in, as JSON.
    pub auth: Option<String>,
    /// How long a check may only wait.
    pub patience: Duration,
}

impl Default for Facts {
    /// What the reference server says, unless told otherwise.
    fn default() -> Self {
        Self {
            polling: true,
            websocket: true,
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            max_payload: 1_000_000,
            suite: false,
            auth: None,
            patience: Duration::from_secs(5),
        }
    }
}

impl Facts {
    pub fn learn(&mut self, open: &Open) {
        self.ping_interval = Duration::from_millis(open.ping_interval.clamp(1, 3_600_000));
        self.ping_timeout = Duration::from_millis(open.ping_timeout.clamp(1, 3_600_000));
        self.max_payload = usize::try_from(open.max_payload).unwrap_or(usize::MAX);
    }
}

impl Facts {
    /// Whether a packet may come at any time from this server, whatever a check waits for: one
    /// that is not made for checks has events of its own.
    pub fn is_beside(&self, packet: &str, wanted: &str) -> bool {
        let event = |it: &str| ["42", "45", "b"].iter().any(|start| it.starts_with(start));
        !self.suite && event(packet) && !event(wanted)
    }

    /// How long a session may take to be gone, that has to be. The suite's server closes whoever
    /// has joined nothing after a second anyhow, which proves nothing.
    pub fn going(&self, joined: bool) -> Duration {
        Duration::from_millis(if self.suite && !joined { 800 } else { 2500 })
    }
}
