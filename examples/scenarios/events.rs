//! What the server does with each event of the contract.
//!
//! ```text
//!   client ──► 420["length","€"]          server ──► 430[{"kind":"string","bytes":3}]
//!   client ──► 42["burst",2]              server ──► 42["tick",0]  42["tick",1]  42["burst-end",2]
//!   client ──► 42["forbidden"]            server ──► 42["refused","forbidden event"]
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use sockrates::socketio::{Ack, AckError, Args, EmitError, Incoming, Socket, State};

use super::farewells::{self, Farewells};
use super::tree::{Spread, Tree};

/// The most that "make" makes.
const MOST: usize = 10_000_000;

/// What a client says of itself to be let in.
#[derive(Deserialize)]
pub struct Token {
    pub token: Option<String>,
}

#[derive(Serialize)]
struct Welcome {
    id: String,
    transport: &'static str,
    eio: u8,
    recovered: bool,
}

/// Whom "send" reaches, and with what; the arguments are looked at elsewhere.
#[derive(Deserialize)]
struct Spec {
    to: Vec<String>,
    except: Vec<String>,
    #[serde(rename = "self")]
    sender_too: bool,
    event: String,
}

/// The numbers that a client has sent, in that order.
#[derive(Default)]
struct Numbers(Mutex<Vec<Value>>);

/// What is to be had in "/" and in "/other".
pub fn everywhere(socket: &Socket) -> Result<(), EmitError> {
    farewells::note(socket);
    socket.on(
        "echo",
        |socket: Socket, args: Args, ack: Ack| {
            if ack.is_wanted() { ack.send(args) } else { socket.emit("echo", args) }
        },
    );
    socket.on("describe", |args: Args, ack: Ack| {
        let described: Value = Tree::all(&args)?.into_iter().map(Tree::described).collect();
        Ok::<(), Box<dyn Error>>(ack.send(described)?)
    });
    socket.on("handshake", |socket: Socket, ack: Ack| {
        let query: BTreeMap<_, _> = socket.handshake().query().collect();
        Ok::<(), Box<dyn Error>>(ack.send(json!({
            "query": query,
            "auth": socket.parse_auth::<Value>()?,
            "xProbe": socket.handshake().header("x-probe"),
            "secure": socket.handshake().is_secure(),
            "nsp": socket.namespace().name(),
        }))?)
    });
    socket.emit(
        "welcome",
        Welcome {
            id: socket.id().to_string(),
            transport: socket.transport().name(),
            eio: socket.handshake().revision().number(),
            recovered: socket.recovered(),
        },
    )
}

/// What is to be had in "/other" alone.
pub fn in_other(socket: &Socket) {
    socket.on("say", |socket: Socket, text: Box<RawValue>| {
        let said = json!({ "id": socket.id().to_string(), "text": text });
        socket.namespace().emit("said", said)
    });
}

/// What is to be had in "/" alone.
pub fn in_main(socket: &Socket) {
    measures(socket);
    questions(socket);
    order(socket);
    rooms(socket);
    ends(socket);
    socket.on("transport", |socket: Socket, ack: Ack| ack.send(socket.transport().name()));
    socket.on("unicode", |ack: Ack| ack.send(UNICODE.as_slice()));
    socket.middleware(|event: Incoming| {
        if &*event.name != "forbidden" {
            return Ok(());
        }
        event.socket.emit("refused", "forbidden event").map_err(|error| error.to_string())?;
        Err("forbidden event".to_owned())
    });
    // Nobody gets as far as this.
    socket.on("forbidden", |socket: Socket| socket.emit("refused", "heard"));
}

/// How long something is, and something of a length.
fn measures(socket: &Socket) {
    socket.on("length", |args: Args, ack: Ack| {
        let (kind, bytes) = match args.attachments().first() {
            Some(bytes) => ("binary", bytes.len()),
            None => ("string", args.parse::<String>()?.len()),
        };
        Ok::<(), Box<dyn Error>>(ack.send(json!({ "kind": kind, "bytes": bytes }))?)
    });
    socket.on("make", |(kind, count): (String, usize), ack: Ack| {
        let count = count.min(MOST);
        match kind.as_str() {
            "string" => ack.send("a".repeat(count)),
            _ => ack.send((0..=u8::MAX).cycle().take(count).collect::<Bytes>()),
        }
    });
}

/// Questions of ours, to one client and to a room.
fn questions(socket: &Socket) {
    socket.on("call-me", async |socket: Socket, args: Args| {
        let answer: Args = socket.emit_with_ack("called", args).await?;
        Ok::<(), AckError>(socket.emit("call-result", answer)?)
    });
    socket.on("call-me-slow", async |socket: Socket, limit: u64| {
        let patient = socket.timeout(Duration::from_millis(limit));
        let said = match patient.emit_with_ack::<Args>("never-answer", ()).await {
            Ok(answer) => socket.emit("call-result", answer),
            Err(AckError::TimedOut) => socket.emit("call-timeout", ()),
            Err(error) => return Err(error),
        };
        Ok(said?)
    });
    socket.on("call-room", async |socket: Socket, args: (String, Box<RawValue>), ack: Ack| {
        let (room, question) = args;
        let asked = socket.namespace().to(room).timeout(Duration::from_millis(500));
        let (answers, timed_out) = match asked.emit_with_ack::<Value>("poll-you", question).await {
            Ok(answers) => (answers, false),
            Err(partial) => (partial.answers, true),
        };
        let mut texts: Vec<_> = answers.into_iter().map(text).collect();
        texts.sort_unstable();
        ack.send(json!({ "answers": texts, "timedOut": timed_out }))
    });
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Much at once, in order.
fn order(socket: &Socket) {
    socket.on("burst", |socket: Socket, count: u32| {
        for number in 0..count {
            socket.emit("tick", number)?;
        }
        socket.emit("burst-end", count)
    });
    socket.data().insert(Numbers::default());
    socket.on("seq", |socket: Socket, number: Value| {
        if let Some(numbers) = socket.data().get::<Numbers>() {
            numbers.0.lock().unwrap_or_else(PoisonError::into_inner).push(number);
        }
    });
    socket.on("seq-report", |socket: Socket, ack: Ack| {
        let list = socket.data().get::<Numbers>().map(|numbers| {
            mem::take(&mut *numbers.0.lock().unwrap_or_else(PoisonError::into_inner))
        });
        let list = list.unwrap_or_default();
        let ordered = (0_u64..).zip(&list).all(|(wanted, found)| found.as_u64() == Some(wanted));
        ack.send(json!({ "count": list.len(), "ordered": ordered }))
    });
}

fn rooms(socket: &Socket) {
    socket.on("join", |socket: Socket, room: String, ack: Ack| {
        socket.try_join(room)?;
        Ok::<(), Box<dyn Error>>(ack.send(joined(&socket))?)
    });
    socket.on("leave", |socket: Socket, room: String, ack: Ack| {
        socket.leave(room);
        ack.send(joined(&socket))
    });
    socket.on("members", |socket: Socket, room: String, ack: Ack| {
        ack.send(socket.namespace().to(room).sockets().len())
    });
    socket.on("send", |socket: Socket, spec: Spec, args: Args, ack: Ack| {
        let Spec { to, except, sender_too, event } = spec;
        let audience = match sender_too {
            true => socket.namespace().to(to),
            false => socket.to(to),
        };
        let mut specs = Tree::all(&args)?;
        let args = match specs.first_mut().and_then(|spec| spec.take("args")) {
            Some(Tree::List(list)) => list,
            Some(Tree::Plain(Value::Array(list))) => list.into_iter().map(Tree::Plain).collect(),
            _ => Vec::new(),
        };
        audience.except(except).emit(&event, Spread(args))?;
        Ok::<(), Box<dyn Error>>(ack.send("sent")?)
    });
}

/// The rooms that a socket has joined, sorted; that of its own name is not one of them.
fn joined(socket: &Socket) -> Vec<String> {
    let own = socket.id().to_string();
    let mut rooms: Vec<_> = socket.rooms().into_iter().filter(|room| *room != own).collect();
    rooms.sort_unstable();
    rooms
}

fn ends(socket: &Socket) {
    socket.on("bye", |socket: Socket, close: bool| match close {
        true => socket.disconnect_client(),
        false => socket.disconnect(),
    });
    socket.on("last-words", |socket: Socket, text: Box<RawValue>| {
        let said = socket.emit("last-words", text);
        socket.disconnect_client();
        said
    });
    socket.on("reason-of", async |State(farewells): State<Farewells>, id: String, ack: Ack| {
        ack.send(farewells.of(&id).await)
    });
}

/// Text that has been trouble somewhere: on the wire, in JSON, in somebody's source.
const UNICODE: [&str; 15] = [
    "",
    "plain",
    "中文：管理员，聊天室",
    "👩\u{200d}👩\u{200d}👧\u{200d}👦 🇫🇷 🧑🏽",
    "rs \u{1e} inside \u{1e}",
    "ls \u{2028} ps \u{2029}",
    "nul \0 esc \u{1b} del \u{7f} c1 \u{80}\u{9f}",
    "quotes \" \\ / \u{8}\u{c}\n\r\t",
    "\u{feff}BOM",
    "\u{fffd}\u{ffff}\u{fffe}",
    "\u{e000}\u{f8ff}",
    "e\u{301} \u{202e} bidi",
    "\u{10ffff}\u{10000}",
    "4[\"x\"]",
    "{\"_placeholder\":true,\"num\":0}",
];
