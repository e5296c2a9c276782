//! Acknowledgements: questions and answers, in both directions, and those that do not come.
//!
//! ```text
//!   client ──► 420["add",1,2]                 the client asks, under the number 0
//!   server ──► 430[3]
//!
//!   client ──► 42["quiz"]
//!   server ──► 420["question","6 × 7?"]       the server asks, under a number of its own
//!   client ──► 430[42]
//!   server ──► 42["result",true]
//!
//!   client ──► 421["poll","Tea?"]             one question to everybody
//!   server ──► 431[{"yes":2,"silent":1}]
//! ```
//!
//! Run it with `cargo run --example acks_and_timeouts -- --port 3000`.

mod support;

use std::error::Error;
use std::time::Duration;

use serde_json::json;
use sockrates::socketio::{Ack, AckError, Io, Socket};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let patience = Duration::from_millis(support::flag("--patience", 10_000));
    let io = Io::new(support::options());
    io.on_connect(move |socket: Socket| {
        // An answer at once: no task, no waiting.
        socket.on("add", |(a, b): (i64, i64), ack: Ack| ack.send(a.saturating_add(b)));

        // An answer that takes a while. Other events of this client go on meanwhile.
        socket.on("slow", async |text: String, ack: Ack| {
            tokio::time::sleep(Duration::from_millis(100)).await;
            ack.send(text.to_uppercase())
        });

        // A question of ours. It fails when the client does not answer in time, or goes away.
        socket.on("quiz", move |socket: Socket| async move {
            let asked = socket.timeout(patience).emit_with_ack::<i64>("question", "6 × 7?");
            match asked.await {
                Ok(answer) => socket.emit("result", answer == 42),
                Err(AckError::TimedOut) => socket.emit("result", "too late"),
                Err(error) => socket.emit("result", error.to_string()),
            }
        });

        // A question to everybody. Who has not answered in time is counted; who leaves is not.
        socket.on("poll", move |socket: Socket, question: String, ack: Ack| async move {
            let everybody = socket.namespace().timeout(patience);
            let asked = everybody.emit_with_ack::<bool>("question", question);
            let (answers, silent) = match asked.await {
                Ok(answers) => (answers, 0),
                Err(some) => (some.answers, some.timed_out),
            };
            let yes = answers.iter().filter(|yes| **yes).count();
            ack.send(json!({ "yes": yes, "silent": silent }))
        });
    });
    support::serve_with_page(io, include_str!("pages/acks_and_timeouts.html")).await
}
