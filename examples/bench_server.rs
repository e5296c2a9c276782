//! The server that load generators talk to: as few events as there are things to measure.
//!
//! ```text
//!   42["echo","x"]        ──► 42["echo","x"]          text there and back
//!   451-["bin",{…}] bytes ──► 451-["bin",{…}] bytes   bytes there and back
//!   420["ack-me","x"]     ──► 430["x"]                an acknowledgement
//!   42["bcast","r","x"]   ──► 42["bcast","x"]         to everybody in the room
//! ```
//!
//! Flags: `--port`, `--threads` (1 by default: benchmarks pin the server to one core).

mod support;

use std::error::Error;
use std::thread;
use std::time::Duration;

use serde_json::value::RawValue;
use sockrates::socketio::{Ack, Args, Io, Options, Socket};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;

fn main() -> Result<(), Box<dyn Error>> {
    let io = Io::new(Options::default());
    let main = io.of("/");
    main.on_connect(|socket: Socket| {
        socket.on("echo", |socket: Socket, args: Args| socket.relay("echo", &args));
        socket.on("bin", |socket: Socket, args: Args| socket.relay("bin", &args));
        socket.on("ack-me", |args: Args, ack: Ack| ack.relay(&args));
        socket.on("join", |socket: Socket, room: String, ack: Ack| {
            socket.join(&room);
            ack.send(())
        });
        socket.on("leave", |socket: Socket, room: String, ack: Ack| {
            socket.leave(&room);
            ack.send(())
        });
        socket.on("bcast", |socket: Socket, (room, data): (String, Box<RawValue>)| {
            socket.namespace().to(&room).emit("bcast", data)
        });
    });

    // The first thread listens; each further one accepts from the same port, with a runtime of
    // its own, so that a session never changes its core.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let terminated = support::stop()?;
        let listener = support::listen().await?.into_std()?;
        let stop = CancellationToken::new();
        let others: Vec<_> = (1..support::flag("--threads", 1))
            .map(|_| Ok(worker(io.clone(), listener.try_clone()?, stop.clone())))
            .collect::<Result<_, std::io::Error>>()?;
        let signal = async {
            terminated.await;
            stop.cancel();
        };
        io.serve(TcpListener::from_std(listener)?, signal, Duration::from_secs(2)).await;
        for other in others {
            other.join().map_err(|_| "a thread has panicked")??;
        }
        Ok(())
    })
}

fn worker(
    io: Io,
    listener: std::net::TcpListener,
    stop: CancellationToken,
) -> thread::JoinHandle<std::io::Result<()>> {
    thread::spawn(move || {
        Builder::new_current_thread().enable_all().build()?.block_on(async {
            let listener = TcpListener::from_std(listener)?;
            io.serve(listener, stop.cancelled(), Duration::from_secs(2)).await;
            Ok(())
        })
    })
}
