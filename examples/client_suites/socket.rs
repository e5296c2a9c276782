//! The server for the suite of `socket.io-client`.
//!
//! ```text
//!   client ──► 40/no,                server ──► 44/no,{"message":"Auth failed (custom namespace)"}
//!   client ──► 42["doge"]            server ──► 451-["doge",{"_placeholder":true,"num":0},"1.7"]
//!                                               <61 73 64 66 61 73 64 66>              offset
//! ```
//!
//! Clients that were cut off may come back: that is why most events have an offset behind their
//! arguments.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockrates::engineio::handshake::Handshake;
use sockrates::engineio::hooks::Hooks;
use sockrates::engineio::options::Options as EngineOptions;
use sockrates::socketio::{Ack, AckError, Args, Io, Options, Refused, Socket, recovery};

use super::{date, support};

const BYTES: Bytes = Bytes::from_static(b"asdfasdf");

pub async fn serve() -> Result<(), Box<dyn Error>> {
    let options = Options {
        engine: EngineOptions {
            ping_interval: Duration::from_secs(2),
            hints: false,
            ..Options::default().engine
        },
        recovery: Some(recovery::Options::default()),
        ..Options::default()
    };
    // So that a client can be in time for a timeout of its own, or not.
    let hooks = Hooks::default().allow_request(async |_| {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Ok(())
    });
    let io = Io::with_hooks(options, hooks);
    namespaces(&io);
    io.middleware(|socket: Socket| match parameter(&socket, "fail") {
        Some(_) => Err(Refused::new("Auth failed (main namespace)")),
        None => Ok(()),
    });
    io.on_connect(|socket: Socket| {
        words(&socket);
        dates(&socket);
        bytes(&socket);
        blobs(&socket);
        identity(&socket);
    });
    support::serve(io).await
}

fn namespaces(io: &Io) {
    for empty in ["/timeout_socket", "/valid", "/asd"] {
        io.of(empty);
    }
    io.of("/no")
        .middleware(|_: Socket| Err::<(), _>(Refused::new("Auth failed (custom namespace)")));
    io.of("/foo").on_connect(|socket: Socket| identity(&socket));
    io.of("/abc").on_connect(|socket: Socket| socket.emit("handshake", shown(&socket)));
}

fn parameter(socket: &Socket, wanted: &str) -> Option<String> {
    let mut query = socket.handshake().query();
    query.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

/// The handshake as a client is shown it: with what it has sent to be let in.
fn shown(socket: &Socket) -> impl Serialize + use<> {
    #[derive(Serialize)]
    struct Shown {
        #[serde(flatten)]
        handshake: Value,
        auth: Value,
    }
    let handshake: &Handshake = socket.handshake();
    Shown {
        handshake: serde_json::to_value(handshake).unwrap_or_default(),
        auth: socket.parse_auth().unwrap_or_default(),
    }
}

fn identity(socket: &Socket) {
    socket.on("getId", |socket: Socket, ack: Ack| ack.send(socket.id().to_string()));
    socket.on("getHandshake", |socket: Socket, ack: Ack| ack.send(shown(&socket)));
}

fn words(socket: &Socket) {
    socket.on("hi", |socket: Socket| socket.emit("hi", ()));
    socket.on("echo", |first: Value, ack: Ack| ack.send(first));
    socket.on("false", |socket: Socket| socket.emit("false", false));
    socket.on("ack", async |socket: Socket| {
        #[derive(Deserialize)]
        struct Tested {
            test: bool,
        }
        let (number, Tested { test }): (u64, Tested) = socket.emit_with_ack("ack", ()).await?;
        if number == 5 && test {
            socket.emit("got it", ())?;
        }
        Ok::<(), AckError>(())
    });
    socket.on("getUtf8", |socket: Socket| {
        for text in ["てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"]
        {
            socket.emit("takeUtf8", text)?;
        }
        Ok::<(), Box<dyn Error>>(())
    });
}

fn dates(socket: &Socket) {
    socket.on("getAckDate", |ack: Ack| ack.send(date::now()));
    socket.on("getDate", |socket: Socket| socket.emit("takeDate", date::now()));
    socket.on("getDateObj", |socket: Socket| {
        socket.emit("takeDateObj", json!({ "date": date::now() }))
    });
}

/// What is sent with bytes in the middle of it.
#[derive(Deserialize)]
struct Mixed {
    hello: String,
    message: Bytes,
    goodbye: String,
}

impl Mixed {
    fn is_right(&self) -> bool {
        (&*self.hello, &*self.goodbye) == ("lol", "gotcha") && !self.message.is_empty()
    }
}

fn bytes(socket: &Socket) {
    socket.on("doge", |socket: Socket| socket.emit("doge", BYTES));
    socket.on("getbin", |socket: Socket| socket.emit("takebin", BYTES));
    answer_bytes(socket, "buffa", "buffack");
    answer_mixed(socket, "jsonbuff", "jsonbuff-ack");
    in_order(socket, &["abuff1", "abuff2"], "abuff2-ack");
}

/// What browsers send: their `Blob`s are bytes here.
fn blobs(socket: &Socket) {
    answer_bytes(socket, "blob", "back");
    answer_mixed(socket, "jsonblob", "jsonblob-ack");
    in_order(socket, &["blob1", "blob2", "blob3"], "blob3-ack");
}

/// Text can be read as bytes as well; the suite wants to know whether bytes were sent.
fn has_bytes(args: &Args) -> bool {
    !args.attachments().is_empty()
}

fn answer_bytes(socket: &Socket, event: &str, answer: &'static str) {
    socket.on(event, move |socket: Socket, args: Args| match has_bytes(&args) {
        true => socket.emit(answer, ()),
        false => Ok(()),
    });
}

fn answer_mixed(socket: &Socket, event: &str, answer: &'static str) {
    socket.on(event, move |socket: Socket, mixed: Mixed, args: Args| {
        match has_bytes(&args) && mixed.is_right() {
            true => socket.emit(answer, ()),
            false => Ok(()),
        }
    });
}

/// Answers the last of these events, if all have come in this order: bytes, text, bytes.
fn in_order(socket: &Socket, events: &[&str], answer: &'static str) {
    let turn = Arc::new(AtomicUsize::new(0));
    let last = events.len() - 1;
    for (place, event) in events.iter().enumerate() {
        let turn = turn.clone();
        socket.on(event, move |socket: Socket, args: Args| {
            if has_bytes(&args) == (place % 2 == 0) && turn.load(Relaxed) == place {
                turn.store(place + 1, Relaxed);
            }
            if place == last && turn.load(Relaxed) > last {
                return socket.emit(answer, ());
            }
            Ok(())
        });
    }
}
