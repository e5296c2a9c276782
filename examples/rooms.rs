//! Rooms: telling some, and not others.
//!
//! ```text
//!   client a ──► 42["join","kitchen"]
//!   client b ──► 42["join","kitchen"]
//!   client b ──► 42["say","kitchen","Dinner is ready"]
//!   client a ◄── 42["said","Dinner is ready"]           everyone in the room but b
//! ```
//!
//! A room exists as long as somebody is in it. Each socket is in a room of its own as well, the
//! one of its id, which is how one socket is told something by another.
//!
//! Run it with `cargo run --example rooms -- --port 3000`.

mod support;

use std::error::Error;

use sockrates::socketio::{DisconnectReason, Io, Options, Socket, SocketId};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let io = Io::new(Options::default());
    io.of("/").on_connect(|socket: Socket| {
        socket.on("join", |socket: Socket, room: String| {
            socket.join(&room);
        });
        socket.on("leave", |socket: Socket, room: String| {
            socket.leave(&room);
        });
        socket.on("say", |socket: Socket, (room, text): (String, String)| {
            socket.to(&room).emit("said", text)
        });
        socket.on("whisper", |socket: Socket, (id, text): (SocketId, String)| {
            socket.to(id).emit("whispered", (socket.id(), text))
        });
        // About to leave, it is still in its rooms: the last chance to tell them.
        socket.on_disconnecting(|socket: Socket, reason: DisconnectReason| {
            for room in socket.rooms() {
                let _ = socket.to(room).emit("left", (socket.id().to_string(), reason.as_str()));
            }
        });
    });
    support::serve(io).await
}
