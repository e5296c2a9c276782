//! Old clients and new ones, side by side: Socket.IO 2.x and today's.
//!
//! ```text
//!   client 2.x  ──► GET /socket.io/?EIO=3&transport=polling
//!   server      ──► 96:0{"sid":…}2:40                         it is in the main namespace
//!   client 2.x  ──► 22:42["echo","hello",{…}]                 the same events from here on
//!
//!   client 4.x  ──► GET /socket.io/?EIO=4&transport=polling
//!   server      ──► 0{"sid":…}
//! ```
//!
//! The handlers are written once: they never see which revision a client speaks.
//!
//! Flags: `--port`, `--node-tag` (two characters, for a server behind a balancer),
//! `--ping-interval` (milliseconds).
//!
//! Run it with `cargo run --example old_clients -- --port 3000`.

mod support;

use std::error::Error;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use sockrates::engineio::options::Options as EngineOptions;
use sockrates::engineio::sid::NodeTag;
use sockrates::socketio::{Ack, Args, Io, Options, Refused, Socket};
use support::flag;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::default();
    let engine = EngineOptions {
        allow_eio3: true,
        node_tag: NodeTag::parse(&flag("--node-tag", String::new())),
        ping_interval: Duration::from_millis(flag("--ping-interval", 25_000)),
        ..options.engine
    };
    let io = Io::new(Options { engine, ..options });
    io.of("/").on_connect(|socket: Socket| handlers(&socket));
    io.of("/admin").middleware(guard).on_connect(|socket: Socket| handlers(&socket));
    support::serve(io).await
}

/// Who may be in `/admin`. A client of 2.x writes what it has to say into the query of the
/// namespace, `io("/admin?token=…")`; here it is what `auth` is for the others.
fn guard(socket: Socket) -> Result<(), Refused> {
    #[derive(Deserialize)]
    struct Auth {
        token: String,
    }
    match serde_json::from_str(socket.auth()) {
        Ok(Auth { token }) if token == "let me in" => Ok(()),
        _ => Err(Refused::new("not authorized")),
    }
}

fn handlers(socket: &Socket) {
    socket.on("echo", |socket: Socket, args: Args| socket.emit("echo", args));
    socket.on("bin", |socket: Socket, args: Args| socket.emit("bin", args));
    socket.on("ack-me", |args: Args, ack: Ack| ack.send(args));
    socket.on("ask-me", async |socket: Socket, number: i64, ack: Ack| {
        let limit = Duration::from_secs(5);
        let answer: i64 = socket.timeout(limit).emit_with_ack("question", number).await?;
        ack.send(answer)?;
        Ok::<(), Box<dyn Error>>(())
    });
    socket.on("auth", |socket: Socket, ack: Ack| {
        let auth: Box<RawValue> = RawValue::from_string(socket.auth().to_owned())?;
        ack.send(auth)?;
        Ok::<(), Box<dyn Error>>(())
    });
    socket.on("join", |socket: Socket, room: String, ack: Ack| {
        socket.join(&room);
        ack.send(())
    });
    socket.on("bcast", |socket: Socket, (room, data): (String, Box<RawValue>)| {
        socket.namespace().to(&room).emit("bcast", data)
    });
    socket.on("kick", |socket: Socket| socket.disconnect());
}
