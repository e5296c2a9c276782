//! Typed events: serde reads what a client sends, and says what was wrong with it.
//!
//! ```text
//!   client ──► 420["move",{"piece":"rook","to":[0,7]}]
//!   server ──► 430[{"moves":1}]
//!
//!   client ──► 421["move",{"piece":"dragon","to":[0,7]}]
//!   server ──► 431[{"error":"argument 1: unknown variant `dragon`, expected `king` or `rook` …"}]
//! ```
//!
//! A handler names the types that it takes: what came, whose socket it is, the answer, and what the
//! server was given to share, in any order.
//!
//! Run it with `cargo run --example typed_events -- --port 3000`.

mod support;

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};
use sockrates::socketio::{Ack, EventFailure, Io, Socket, State};

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Piece {
    King,
    Rook,
}

/// One move. As `(Piece, (u8, u8))` it would be two arguments of the event.
#[derive(Debug, Deserialize, Serialize)]
struct Move {
    piece: Piece,
    to: (u8, u8),
}

#[derive(Serialize)]
struct Moved {
    moves: usize,
}

/// What all handlers share.
#[derive(Default)]
struct Game {
    moves: AtomicUsize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let io = Io::builder(support::options()).state(Game::default()).build();
    io.on_connect(|socket: Socket| {
        socket.on("move", |socket: Socket, this: Move, State(game): State<Game>, ack: Ack| {
            let moves = game.moves.fetch_add(1, Ordering::Relaxed) + 1;
            socket.broadcast().emit("moved", this).map_err(|error| error.to_string())?;
            ack.send(Moved { moves }).map_err(|error| error.to_string())
        });
    });
    // The client has been told already, if it wanted an answer.
    io.on_error(|socket: &Socket, failure: &EventFailure| {
        eprintln!("{}: {failure}", socket.id());
    });
    support::serve_with_page(io, include_str!("pages/typed_events.html")).await
}
