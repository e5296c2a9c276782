//! What the application of a transcript says: to one socket, or to many.
//!
//! ```text
//!   a emit "hello" 1          socket.emit("hello", 1)
//!   io to "r1" ask "ready?"   io.to("r1").emit_with_ack("ready?", ()), and what comes of it
//! ```

use serde_json::Value as Json;
use sockrates::socketio::ask::AckError;
use sockrates::socketio::{Args, Broadcast, RemoteSocket, Socket};

use super::super::manner::Manner;
use super::super::words::{Words, written};
use super::Application;

impl Application {
    /// What a socket says: to its client, or to others.
    pub(super) fn speak(&self, socket: &Socket, name: String, mut words: Words<'_>) {
        let manner = Manner::read(&mut words);
        if manner.is_for_others() {
            return self.of_broadcast(manner.beside(socket), name, words);
        }
        let emitter = manner.emitter(socket);
        match &*words.word() {
            "emit" => drop(emitter.emit(&words.text(), words.values())),
            "ask" => {
                let asked = emitter.emit_with_ack::<Args>(&words.text(), words.values());
                let application = self.clone();
                tokio::spawn(async move {
                    application.note(match asked.await {
                        Ok(args) => format!("A: {name} answered{}", written(&args)),
                        Err(AckError::TimedOut) => format!("A: {name} answered nothing in time"),
                        Err(AckError::Emit(_)) => format!("A: {name} gone without an answer"),
                        Err(other) => panic!("{other}"),
                    });
                });
            }
            other => panic!("no order: {other}"),
        }
    }

    /// What concerns many.
    pub(super) fn of_broadcast(&self, broadcast: Broadcast, subject: String, mut words: Words<'_>) {
        let application = self.clone();
        match &*words.word() {
            "emit" => {
                broadcast.emit(&words.text(), words.values()).expect("an event");
            }
            "ask" => {
                let asked = broadcast.emit_with_ack::<Json>(&words.text(), words.values());
                tokio::spawn(async move {
                    let (who, answers) = match asked.await {
                        Ok(answers) => ("all", answers),
                        Err(some) => ("some", some.answers),
                    };
                    let answers: String = answers.iter().map(|it| format!(" {it}")).collect();
                    application.note(format!("A: {subject} answered by {who}{answers}"));
                });
            }
            "join" => broadcast.sockets_join(words.texts()),
            "leave" => broadcast.sockets_leave(words.texts()),
            "disconnect" => broadcast.disconnect_sockets(words.takes("close")),
            "fetch" => {
                let fetching = broadcast.fetch_sockets();
                tokio::spawn(async move {
                    let auth = |it: &RemoteSocket| it.handshake()["auth"].clone();
                    let line = |it: &RemoteSocket| {
                        format!("A: fetched \"{}\" who said {}", it.id(), auth(it))
                    };
                    fetching
                        .await
                        .expect("sockets")
                        .iter()
                        .for_each(|found| application.note(line(found)));
                });
            }
            other => panic!("no order: {other}"),
        }
    }

    pub(super) fn ask_servers(&self, event: String) {
        let (application, io) = (self.clone(), self.io.clone());
        tokio::spawn(async move {
            let answers = io.server_side_emit_with_ack::<Json>(&event, ()).await.expect("answers");
            application.note(format!("A: {} servers answered", answers.len()));
        });
    }
}
