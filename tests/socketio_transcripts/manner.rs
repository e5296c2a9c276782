//! How something is said, and to whom: what stands in front of the verb.
//!
//! ```text
//!   a volatile emit "x"                    to itself, or to nobody
//!   a to "r1" "r2" except "r3" emit "x"    to others
//!   io timeout 5s ask "x"
//! ```

use std::time::Duration;

use sockrates::socketio::audience::Audience;
use sockrates::socketio::emitter::Emitter;
use sockrates::socketio::parent::Parent;
use sockrates::socketio::{Broadcast, Namespace, Socket};

use super::words::Words;
use crate::support::transcript;

/// What was said in front of the verb.
#[derive(Debug, Default)]
pub struct Manner {
    to: Vec<String>,
    except: Vec<String>,
    /// To all but who says it.
    broadcast: bool,
    local: bool,
    volatile: bool,
    uncompressed: bool,
    timeout: Option<Duration>,
}

impl Manner {
    /// Reads all that stands in front of the verb.
    pub fn read(words: &mut Words<'_>) -> Self {
        let mut manner = Self::default();
        loop {
            if words.takes("to") {
                manner.to.extend(words.texts());
            } else if words.takes("except") {
                manner.except.extend(words.texts());
            } else if words.takes("broadcast") {
                manner.broadcast = true;
            } else if words.takes("local") {
                manner.local = true;
            } else if words.takes("volatile") {
                manner.volatile = true;
            } else if words.takes("uncompressed") {
                manner.uncompressed = true;
            } else if words.takes("timeout") {
                manner.timeout = Some(transcript::time(&words.word()));
            } else {
                return manner;
            }
        }
    }

    /// Whether a socket says it to others.
    pub fn is_for_others(&self) -> bool {
        self.broadcast || self.local || !self.to.is_empty() || !self.except.is_empty()
    }

    /// Whether it may be dropped.
    pub fn is_volatile(&self) -> bool {
        self.volatile
    }

    /// Whom it reaches: of a socket with this id, the others.
    pub fn audience(&self, own: Option<&str>) -> Audience {
        let audience = Audience::default().to(&self.to).except(&self.except);
        own.map_or(audience.clone(), |own| audience.except(own))
    }

    pub fn emitter(&self, socket: &Socket) -> Emitter {
        let mut emitter = socket.compress(!self.uncompressed);
        if self.volatile {
            emitter = emitter.volatile();
        }
        if let Some(limit) = self.timeout {
            emitter = emitter.timeout(limit);
        }
        emitter
    }

    pub fn broadcast(&self, namespace: &Namespace) -> Broadcast {
        self.of(namespace.except(&self.except))
    }

    /// Those beside a socket.
    pub fn beside(&self, socket: &Socket) -> Broadcast {
        self.of(socket.broadcast())
    }

    fn of(&self, mut broadcast: Broadcast) -> Broadcast {
        broadcast = broadcast.to(&self.to).except(&self.except).compress(!self.uncompressed);
        if self.local {
            broadcast = broadcast.local();
        }
        if self.volatile {
            broadcast = broadcast.volatile();
        }
        if let Some(limit) = self.timeout {
            broadcast = broadcast.timeout(limit);
        }
        broadcast
    }

    pub fn of_parent(&self, parent: &Parent, mut words: Words<'_>) {
        let broadcast = parent.to(&self.to).except(&self.except);
        match &*words.word() {
            "emit" => drop(broadcast.emit(&words.text(), words.values()).expect("an event")),
            "join" => broadcast.sockets_join(words.texts()),
            other => panic!("no order: {other}"),
        }
    }
}
