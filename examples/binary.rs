//! Bytes: anywhere within what is sent, without a detour over text.
//!
//! ```text
//!   client ──► 451-0["upload",{"name":"cat.png","content":{"_placeholder":true,"num":0}}]
//!   client ──► (89 50 4e 47 …)                          the bytes, as a frame of their own
//!   server ──► 430[{"size":70,"sum":6160}]
//!   others ◄── 451-["picture",{"name":"cat.png",…}]     passed on, and not copied
//! ```
//!
//! In Rust, [`Bytes`] in a struct is such a place. In JavaScript it is a `Blob`, an `ArrayBuffer` or
//! a `Uint8Array` on the way out, and an `ArrayBuffer` (in Node a `Buffer`) on the way in.
//!
//! Run it with `cargo run --example binary -- --port 3000`.

mod support;

use std::error::Error;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sockrates::socketio::{Ack, Io, Socket};

#[derive(Deserialize, Serialize)]
struct Picture {
    name: String,
    content: Bytes,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut options = support::options();
    // What one message may bring, on either transport. A client that sends more is closed.
    options.engine.max_payload = 5_000_000;
    // And all bytes of one packet together.
    options.max_attachment_bytes = 5_000_000;
    let io = Io::new(options);
    io.on_connect(|socket: Socket| {
        socket.on("upload", |socket: Socket, picture: Picture, ack: Ack| {
            let sum: u64 = picture.content.iter().copied().map(u64::from).sum();
            let about = json!({ "size": picture.content.len(), "sum": sum });
            socket.broadcast().emit("picture", picture).map_err(|error| error.to_string())?;
            ack.send(about).map_err(|error| error.to_string())
        });
    });
    support::serve_with_page(io, include_str!("pages/binary.html")).await
}
