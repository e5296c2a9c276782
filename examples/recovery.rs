//! Recovery: a client that was cut off comes back, and has missed nothing.
//!
//! ```text
//!   client ──► 40
//!   server ──► 40{"sid":"a","pid":"p"}           `pid` is the client's secret
//!   server ──► 42["news","one","Lk3z.1"]         an offset behind each event
//!        ~ the connection is lost ~
//!   client ──► 40{"pid":"p","offset":"Lk3z.1"}
//!   server ──► 42["news","two","Lk3z.2"]         what it has missed
//!   server ──► 40{"sid":"a","pid":"p"}           under its old name, in its old rooms
//! ```
//!
//! Run it with `cargo run --example recovery -- --port 3000`.

mod support;

use std::error::Error;

use sockrates::socketio::{Io, Options, Socket, recovery};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let recovery = Some(recovery::Options::default());
    let io = Io::new(Options { recovery, ..support::options() });
    io.on_connect(|socket: Socket| {
        // Who has been away too long is new: it gets all that a client needs to begin.
        if !socket.recovered() {
            socket.join("readers");
        }
        socket.on("publish", |socket: Socket, text: String| {
            socket.namespace().to("readers").emit("news", text)
        });
        socket.emit("hello", socket.recovered())
    });
    support::serve_with_page(io, include_str!("pages/recovery.html")).await
}
