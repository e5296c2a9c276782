//! The chat on its sockets: what the lobby decides is done here.
//!
//! ```text
//!   join, message, disconnect ──► lobby (core) ──► whom to tell what ──► sockets
//! ```
//!
//! Shell file: owns the lock around the lobby.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::event::{GroupList, Ignored, Join, Message, ToPage};
use super::lobby::{Lobby, LobbyOptions, Telling, To};
use crate::socketio::{Ack, Args, Io, Socket};

/// Sockets above which the list of rooms is not sent for every change: with `n` people coming
/// one after the other, that would be `n²` lists of up to `n` names.
const CROWD: usize = 200;

/// In a crowd, changes within this time share one list.
const LIST_DELAY: Duration = Duration::from_millis(50);

/// Opens the chat on the main namespace of `io`.
pub fn open(io: &Io, options: LobbyOptions) {
    let chat = Chat {
        io: io.clone(),
        lobby: Arc::new(Mutex::new(Lobby::new(options))),
        list: Arc::default(),
    };
    io.of("/").on_connect(move |socket: Socket| chat.welcome(&socket));
}

#[derive(Clone)]
struct Chat {
    io: Io,
    lobby: Arc<Mutex<Lobby>>,
    /// Whether a list is about to be sent to the crowd.
    list: Arc<Mutex<bool>>,
}

impl Chat {
    fn welcome(&self, socket: &Socket) {
        let chat = self.clone();
        socket.on("join", move |socket: Socket, args: Args, ack: Ack| {
            answer(&socket, &ack, chat.join(&socket, &args));
        });
        let chat = self.clone();
        socket.on("message", move |socket: Socket, args: Args, ack: Ack| {
            answer(&socket, &ack, chat.message(&socket, &args));
        });
        let chat = self.clone();
        socket.on_disconnect(move |socket, _reason| chat.gone(&socket));
    }

    fn join(&self, socket: &Socket, args: &Args) -> Result<(), Ignored> {
        let join = Join::parse(args.raw().first().copied())?;
        let mut lobby = self.lobby();
        let joined = lobby.join(&socket.id().to_string(), join, now())?;
        socket.join(joined.room.as_str());
        self.tell(&lobby, socket, &joined.tellings);
        Ok(())
    }

    fn message(&self, socket: &Socket, args: &Args) -> Result<(), Ignored> {
        let message = Message::parse(args.raw().first().copied())?;
        let mut lobby = self.lobby();
        let tellings = lobby.message(&socket.id().to_string(), message, now())?;
        self.tell(&lobby, socket, &tellings);
        Ok(())
    }

    fn gone(&self, socket: &Socket) {
        let mut lobby = self.lobby();
        let tellings = lobby.gone(&socket.id().to_string(), now());
        self.tell(&lobby, socket, &tellings);
    }

    /// Sends what the lobby has decided, while it is still locked: else two lists of rooms
    /// could overtake each other, and the older one stay on the pages. Sending only puts
    /// packets into mailboxes, so nothing waits meanwhile.
    fn tell(&self, _lobby: &MutexGuard<'_, Lobby>, socket: &Socket, tellings: &[Telling]) {
        let crowded = self.io.sessions() > CROWD;
        for Telling { to, what } in tellings {
            if crowded && matches!(what, ToPage::GroupList(_)) {
                self.send_list_soon();
                continue;
            }
            let sent = match to {
                To::Myself => socket.emit(what.event(), what).map_err(|error| error.to_string()),
                To::EveryoneElse => told(socket.broadcast().emit(what.event(), what)),
                To::RoomElse(room) => told(socket.to(room.as_str()).emit(what.event(), what)),
            };
            if let Err(error) = sent {
                tracing::debug!(%error, socket = %socket.id(), "not told");
            }
        }
    }

    /// Sends the list to everybody, a moment from now, unless that is about to happen.
    fn send_list_soon(&self) {
        let mut pending = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *pending, true) {
            return;
        }
        let chat = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(LIST_DELAY).await;
            *chat.list.lock().unwrap_or_else(PoisonError::into_inner) = false;
            let lobby = chat.lobby();
            let list: GroupList = lobby.group_list();
            if let Err(error) = chat.io.emit("groupList", list) {
                tracing::debug!(%error, "list not sent");
            }
        });
    }

    fn lobby(&self) -> MutexGuard<'_, Lobby> {
        self.lobby.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a page learns that asks for an answer: `{}`, or why it was ignored. The tutorial's page
/// does not ask.
#[derive(Serialize)]
struct Verdict {
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

fn answer(socket: &Socket, ack: &Ack, outcome: Result<(), Ignored>) {
    let error = outcome.err().map(|ignored| ignored.to_string());
    if let Some(error) = &error {
        tracing::debug!(socket = %socket.id(), ?error, "ignored");
    }
    // A page that is gone needs no answer.
    let _ = ack.send(Verdict { error });
}

/// How many were told does not matter here.
fn told<E: std::fmt::Display>(sent: Result<usize, E>) -> Result<(), String> {
    sent.map(|_| ()).map_err(|error| error.to_string())
}

/// The time, as the lobby takes it. In tests it is tokio's clock, which can be stopped.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
