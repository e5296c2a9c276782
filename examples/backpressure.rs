//! Back-pressure: what to do when a client takes less than it is sent.
//!
//! ```text
//!   server ──► 42["row",0] 42["row",1] …      a long table, at the pace at which it is read
//!   server ──► 42["price",17]                 only the newest matters: dropped for a slow client
//! ```
//!
//! What waits for one client has a limit, `max_buffered`. Past it a client is closed, unless the
//! server is told otherwise: for good in its options, or for one event by `when_full`.
//!
//! Run it with `cargo run --example backpressure -- --port 3000`.

mod support;

use std::error::Error;
use std::time::Duration;

use sockrates::socketio::{Ack, Io, Socket};
use tokio::time::interval;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut options = support::options();
    options.engine.max_buffered = 64 << 10;
    let io = Io::new(options);
    io.on_connect(|socket: Socket| {
        // More than fits, so it waits for room, again and again. It ends when the client goes.
        socket.on("table", async |socket: Socket, rows: u32, ack: Ack| {
            let text = "x".repeat(1000);
            for row in 0..rows {
                socket.emit_and_wait("row", (row, &text)).await?;
            }
            ack.send(rows)
        });
        // How far behind this client is, and when it is not any more.
        socket.on("catch up", async |socket: Socket, ack: Ack| {
            let behind = socket.buffered_bytes();
            socket.drained().await?;
            ack.send(behind)
        });
    });

    // Everybody hears the price, but for those who are busy with something older.
    let prices = io.clone();
    tokio::spawn(async move {
        let mut every = interval(Duration::from_millis(100));
        for price in 0_u32.. {
            every.tick().await;
            if let Err(error) = prices.volatile().emit("price", price) {
                eprintln!("{error}");
            }
        }
    });
    support::serve_with_page(io, include_str!("pages/backpressure.html")).await
}
