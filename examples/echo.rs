//! Echo: whatever a client says comes back.
//!
//! ```text
//!   client ──► 42["echo","hello",{"n":1}]
//!   server ──► 42["echo","hello",{"n":1}]
//! ```
//!
//! `Args` are the arguments as they came, bytes included, and can be sent on as they are. With
//! `String`, `(i64, bool)` or a struct of your own in their place, serde reads them for you.
//!
//! Run it with `cargo run --example echo -- --port 3000`.

mod support;

use std::error::Error;

use sockrates::socketio::{Args, Io, Options, Socket};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let io = Io::new(Options::default());
    io.of("/").on_connect(|socket: Socket| {
        socket.on("echo", |socket: Socket, args: Args| socket.emit("echo", args));
    });
    support::serve(io).await
}
