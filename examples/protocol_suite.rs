//! The server that the official protocol suites talk to.
//!
//! Two servers on one port: plain Engine.IO, which sends every message back, and Socket.IO with
//! two namespaces. Where the suites live: `socketio/engine.io-protocol` and
//! `socketio/socket.io-protocol`, folder `test-suite`.
//!
//! Flags: `--port`, `--max-payload`, `--max-fragments`, `--ping-interval`, `--ping-timeout`
//! (milliseconds). Suites of WebSocket frames want the limits high and the interval long. With
//! `--msgpack`, packets of Socket.IO are spelled in MessagePack; with `--eio3`, the older revision of
//! Engine.IO is served as well, for the suites of that one.

mod support;

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sockrates::engineio::close::CloseReason;
use sockrates::engineio::cors::Cors;
use sockrates::engineio::delivery::Delivery;
use sockrates::engineio::engine::Engine;
use sockrates::engineio::handler::{Client, Handler};
use sockrates::engineio::handshake::Handshake;
use sockrates::engineio::http;
use sockrates::engineio::mailbox::SessionHandle;
use sockrates::engineio::options::Options as EngineOptions;
use sockrates::engineio::packet::{Message, Packet};
use sockrates::engineio::server::Server;
use sockrates::socketio::{Ack, Args, Io, Options, Parser, Socket};
use support::flag;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let max_payload = flag("--max-payload", 1_000_000);
    let engine = EngineOptions {
        ping_interval: Duration::from_millis(flag("--ping-interval", 300)),
        ping_timeout: Duration::from_millis(flag("--ping-timeout", 200)),
        max_payload,
        max_buffered: (2 * max_payload).max(16 << 20),
        max_fragments: flag("--max-fragments", 100_000),
        cors: Cors::any(),
        allow_eio3: asked("--eio3"),
        ..EngineOptions::default()
    };
    let parser = if asked("--msgpack") { Parser::MessagePack } else { Parser::Json };
    let io = Io::new(Options {
        engine: EngineOptions { path: "/socket.io/".to_owned(), ..engine.clone() },
        parser,
        connect_timeout: Duration::from_secs(1),
        max_attachment_bytes: 2 * max_payload,
        ..Options::default()
    });
    io.of("/").on_connect(|socket: Socket| {
        socket.on("message", |socket: Socket, args: Args| socket.emit("message-back", args));
        socket.on("message-with-ack", |args: Args, ack: Ack| ack.send(args));
        socket.on("ask-me", async |socket: Socket, question: Args| ask(socket, question).await);
        say_auth(&socket)
    });
    io.of("/custom").on_connect(|socket: Socket| say_auth(&socket));

    let server = Server::new(&engine);
    let echo = Engine::new(engine, Echo);
    let stop = support::stop()?;
    let listener = support::listen().await?;
    let (echo_too, io_too) = (echo.clone(), io.clone());
    let accepting = server.accept(listener, move |request, peer| {
        let (echo, io) = (echo_too.clone(), io_too.clone());
        async move {
            match request.uri().path() {
                path if echo.serves(path) => echo.handle(request, peer).await,
                path if io.serves(path) => io.handle(request, peer).await,
                _ => http::response(hyper::StatusCode::NOT_FOUND, "text/plain", "not found"),
            }
        }
    });
    let stopping = async {
        stop.await;
        let grace = Duration::from_secs(1);
        tokio::join!(echo.close(grace), io.close(grace));
        server.close(grace).await;
    };
    tokio::join!(accepting, stopping);
    Ok(())
}

fn asked(flag: &str) -> bool {
    std::env::args().any(|argument| argument == flag)
}

/// Tells a client what it sent to be let in.
fn say_auth(socket: &Socket) -> Result<(), Box<dyn Error>> {
    let auth: Box<RawValue> = RawValue::from_string(socket.auth().to_owned())?;
    Ok(socket.emit("auth", auth)?)
}

/// What a client answers.
#[derive(Deserialize, Serialize)]
struct Reply {
    back: Bytes,
}

/// Asks a client what it wants to be asked, and tells it what it answered.
async fn ask(socket: Socket, question: Args) -> Result<(), Box<dyn Error + Send + Sync>> {
    let answer: (Reply, u64) = socket.emit_with_ack("question", question).await?;
    Ok(socket.emit("answered", answer)?)
}

/// Plain Engine.IO: each message is sent back as it came.
struct Echo;

struct EchoClient(SessionHandle);

impl Handler for Echo {
    type Client = EchoClient;

    fn opened(&self, session: SessionHandle, _: Arc<Handshake>, _: Instant) -> EchoClient {
        EchoClient(session)
    }
}

impl Client for EchoClient {
    fn message(&mut self, message: Message, _: Instant) {
        // A client that is gone, or reads too slowly, is dealt with by its session.
        let _ = self.0.send([Packet::Message(message).to_frame()], Delivery::default());
    }

    fn closed(self, _: CloseReason) {}
}
