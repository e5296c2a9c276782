//! Why sockets have left: kept for a while, and waited for.
//!
//! ```text
//!   note(&socket)             from then on, its end will be known
//!   farewells.of(&id).await   "transport close", or nothing if it does not come in time
//! ```

use std::collections::VecDeque;
use std::time::Duration;

use sockrates::socketio::{DisconnectReason, Socket};
use tokio::sync::watch;
use tokio::time::timeout;

/// How many are remembered.
const KEPT: usize = 2000;

/// How long somebody waits for one that has not left yet.
const PATIENCE: Duration = Duration::from_secs(6);

/// Who has left, and why, the latest last.
pub struct Farewells(watch::Sender<VecDeque<(String, DisconnectReason)>>);

impl Default for Farewells {
    fn default() -> Self {
        Self(watch::Sender::new(VecDeque::new()))
    }
}

impl Farewells {
    fn add(&self, id: String, reason: DisconnectReason) {
        self.0.send_modify(|list| {
            if list.len() == KEPT {
                list.pop_front();
            }
            list.push_back((id, reason));
        });
    }

    /// Why this socket has left, as soon as it has.
    pub async fn of(&self, id: &str) -> Option<&'static str> {
        let find = |list: &VecDeque<(String, DisconnectReason)>| {
            list.iter().rev().find(|(other, _)| other == id).map(|(_, reason)| reason.as_str())
        };
        let mut list = self.0.subscribe();
        let known = timeout(PATIENCE, list.wait_for(|list| find(list).is_some())).await;
        known.ok()?.ok().and_then(|list| find(&list))
    }
}

/// Remembers why this socket leaves, once it does.
pub fn note(socket: &Socket) {
    socket.on_disconnect(|socket: Socket, reason: DisconnectReason| {
        if let Some(farewells) = socket.namespace().state::<Farewells>() {
            farewells.add(socket.id().to_string(), reason);
        }
    });
}
