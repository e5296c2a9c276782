//! Acknowledgements: questions and answers, in both directions.
//!
//! ```text
//!   client ──► 420["add",1,2]                 the client asks, under the number 0
//!   server ──► 430[3]
//!
//!   client ──► 42["quiz"]
//!   server ──► 420["question","6 × 7?"]       the server asks, under a number of its own
//!   client ──► 430[42]
//!   server ──► 42["result",true]
//! ```
//!
//! Run it with `cargo run --example acks -- --port 3000`.

mod support;

use std::error::Error;
use std::time::Duration;

use sockrates::socketio::{Ack, AckError, Io, Options, Socket};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let io = Io::new(Options::default());
    io.of("/").on_connect(|socket: Socket| {
        // An answer at once: no task, no waiting.
        socket.on("add", |(a, b): (i64, i64), ack: Ack| ack.send(a.saturating_add(b)));

        // An answer that takes a while. Other events of this client go on meanwhile.
        socket.on("slow", async |text: String, ack: Ack| {
            tokio::time::sleep(Duration::from_millis(100)).await;
            ack.send(text.to_uppercase())
        });

        // A question of ours. It fails when the client does not answer in time, or goes away.
        socket.on("quiz", async |socket: Socket| {
            let limit = Duration::from_secs(10);
            let answer = socket.timeout(limit).emit_with_ack::<i64>("question", "6 × 7?").await;
            match answer {
                Ok(answer) => socket.emit("result", answer == 42),
                Err(AckError::TimedOut) => socket.emit("result", "too late"),
                Err(error) => socket.emit("result", error.to_string()),
            }
        });
    });
    support::serve(io).await
}
