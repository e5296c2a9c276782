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
//! Run it with `cargo run --example recovery -- --port 3000`. With `--msgpack`, packets are spelled in
//! MessagePack, for clients other than the page.

mod support;

use std::error::Error;

use sockrates::socketio::{Args, Io, Options, Parser, Socket, recovery};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let recovery = Some(recovery::Options::default());
    let packed = std::env::args().any(|argument| argument == "--msgpack");
    let parser = if packed { Parser::MessagePack } else { Parser::Json };
    let io = Io::new(Options { recovery, parser, ..support::options() });
    io.on_connect(|socket: Socket| {
        // Who has been away too long is new: it gets all that a client needs to begin.
        if !socket.recovered() {
            socket.join("readers");
        }
        // Whatever is published: text, numbers, bytes.
        socket.on("publish", |socket: Socket, news: Args| {
            socket.namespace().to("readers").relay("news", &news)
        });
        socket.emit("hello", socket.recovered())
    });
    support::serve_with_page(io, include_str!("pages/recovery.html")).await
}
