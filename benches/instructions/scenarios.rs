//! What is counted: conversations with a server in memory, on one thread.
//!
//! ```text
//!   echo/1         42["echo",…]                   ──► 42["echo",…]         and then the next
//!   echo/16        the same, sixteen at once
//!   ack/16         420["ack-me",…]                ──► 430[…]
//!   binary/16      451-["echo",…] and 1 KiB       ──► the same
//!   broadcast/100  42["bcast",…]                  ──► 42["bcast",…]        to a hundred
//!   polling/10     POST of ten 42["echo",…]       ──► ok;   GET            ──► all ten
//! ```
//!
//! A hundred bytes of text each. The clients are in the figures with a few hundred instructions,
//! and so is tokio: see `support::lean`.

use sockrates::socketio::{Ack, Args, Io, Options, Socket};
use tokio::runtime::Runtime;

use crate::support::lean::{Lean, World, heard, heard_binary, said, said_binary};
use crate::support::{Live, http};

/// How often a conversation is held before it is counted, and while it is.
const WARM: u64 = 50;
const ROUNDS: u64 = 100;

/// The name under which valgrind finds what it has to count.
pub const COUNTED: &str = "*scenarios*count_this*";

/// The conversations, and how many messages, or deliveries of one, there are in one round.
pub const SCENARIOS: [(&str, u64); 6] = [
    ("echo/1", 1),
    ("echo/16", 16),
    ("ack/16", 16),
    ("binary/16", 16),
    ("broadcast/100", 100),
    ("polling/10", 10),
];

/// How many messages are counted.
pub fn messages(per_round: u64) -> u64 {
    per_round * ROUNDS
}

/// Holds a conversation.
pub fn play(name: &str) {
    let World { runtime, live, io: _io } = World::new(server(), false);
    let mut talk = runtime.block_on(Talk::prepare(&live, name));
    runtime.block_on(talk.rounds(WARM));
    count_this(&runtime, &mut talk);
}

#[inline(never)]
fn count_this(runtime: &Runtime, talk: &mut Talk) {
    runtime.block_on(talk.rounds(ROUNDS));
}

fn server() -> Io {
    let io = Io::new(Options::default());
    io.on_connect(|socket: Socket| {
        socket.join("all");
        socket.on("echo", |socket: Socket, args: Args| socket.relay("echo", &args));
        socket.on("ack-me", |args: Args, ack: Ack| ack.relay(&args));
        socket.on("bcast", |socket: Socket, args: Args| {
            socket.namespace().to("all").relay("bcast", &args)
        });
    });
    io
}

/// One round: the first client says something, and all hear something.
struct Talk {
    clients: Vec<Lean>,
    /// What is said, and what each hears of it, part for part.
    parts: Vec<(Vec<u8>, Heard)>,
}

/// What a client hears.
enum Heard {
    Exactly(Vec<u8>),
    /// An answer of HTTP with this body. There is a date in its head.
    UpTo(Vec<u8>),
}

impl Talk {
    async fn prepare(live: &Live, name: &str) -> Self {
        let text = "x".repeat(100);
        let bytes = [7; 1 << 10];
        let echo = format!(r#"42["echo","{text}"]"#);
        let (ask, answer) = (format!(r#"420["ack-me","{text}"]"#), format!(r#"430["{text}"]"#));
        let news = format!(r#"42["bcast","{text}"]"#);
        let head = r#"451-["echo",{"_placeholder":true,"num":0}]"#;
        let (members, says, hears) = match name {
            "echo/1" => (1, said(&echo), heard(&echo)),
            "echo/16" => (1, said(&echo).repeat(16), heard(&echo).repeat(16)),
            "ack/16" => (1, said(&ask).repeat(16), heard(&answer).repeat(16)),
            "binary/16" => {
                let says = [said(head), said_binary(&bytes)].concat();
                (1, says.repeat(16), [heard(head), heard_binary(&bytes)].concat().repeat(16))
            }
            "broadcast/100" => (100, said(&news), heard(&news)),
            "polling/10" => return Self::poll(live, &[&*echo; 10].join("\u{1e}")).await,
            other => panic!("there is no conversation {other}"),
        };
        let mut clients = Vec::new();
        for _ in 0..members {
            clients.push(Lean::joined(live).await);
        }
        Self { clients, parts: vec![(says, Heard::Exactly(hears))] }
    }

    /// All requests on one connection, as from a browser.
    async fn poll(live: &Live, body: &str) -> Self {
        let target = {
            let polling = live.polling().await;
            polling.post("40").await;
            polling.poll().await;
            polling.target()
        };
        let parts = vec![
            (http::post(&target, body), Heard::UpTo(b"ok".into())),
            (http::get(&target).into(), Heard::UpTo(body.into())),
        ];
        Self { clients: vec![Lean::on(live.wire().await)], parts }
    }

    async fn rounds(&mut self, rounds: u64) {
        for _ in 0..rounds {
            for (says, hears) in &self.parts {
                self.clients[0].says(says).await;
                for client in &mut self.clients {
                    match hears {
                        Heard::Exactly(bytes) => client.hears(bytes).await,
                        Heard::UpTo(bytes) => client.hears_up_to(bytes).await,
                    }
                }
            }
        }
    }
}
