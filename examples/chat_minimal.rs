//! The smallest chat: what one says, all others hear.
//!
//! ```text
//!   client a ──► 42["message","Hello!"]
//!   client b ◄── 42["message","Hello!"]          and everybody else, but not a
//! ```
//!
//! Run it with `cargo run --example chat_minimal -- --port 3000`, and open the page in two tabs.

mod support;

use std::error::Error;

use sockrates::socketio::{Io, Socket};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let io = Io::new(support::options());
    io.on_connect(|socket: Socket| {
        socket
            .on("message", |socket: Socket, text: String| socket.broadcast().emit("message", text));
    });
    support::serve_with_page(io, include_str!("pages/chat_minimal.html")).await
}
