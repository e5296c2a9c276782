//! The server that load generators talk to: as few events as there are things to measure.
//!
//! ```text
//!   42["echo","x"]        ──► 42["echo","x"]          text there and back
//!   451-["bin",{…}] bytes ──► 451-["bin",{…}] bytes   bytes there and back
//!   420["ack-me","x"]     ──► 430["x"]                an acknowledgement
//!   42["bcast","r","x"]   ──► 42["bcast","x"]         to everybody in the room
//! ```
//!
//! Flags: `--port`, `--threads` (1 by default: benchmarks pin the server to one core), and what of it
//! is inspected: `--tap` 0 is nothing, 1 that it could be, 2 that one session is watched, 3 all.

mod support;

use std::error::Error;
use std::future::poll_fn;
use std::hint::black_box;
use std::thread;
use std::time::Duration;

use serde_json::value::RawValue;
use sockrates::engineio::tap::Tap;
use sockrates::inspect::log::event_line;
use sockrates::socketio::{Ack, Args, Io, Options, Socket};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

fn main() -> Result<(), Box<dyn Error>> {
    let tap = support::flag("--tap", 0);
    let mut options = Options::default();
    options.engine.tap = (tap > 0).then(Tap::new);
    let io = Io::new(options);
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
        if let (Some(tapped), 2..) = (io.options().engine.tap.clone(), tap) {
            tokio::spawn(watch(tapped, (tap == 2).then_some(1)));
        }
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

/// Does what the inspector does for one who watches. A session can be watched once it is there.
async fn watch(tap: Tap, session: Option<u64>) {
    while tap.sessions().is_empty() {
        sleep(Duration::from_millis(10)).await;
    }
    let Some((_, mut watcher)) = tap.watch(session) else { return };
    while let Some(event) = poll_fn(|cx| watcher.poll_next(cx)).await {
        black_box(event_line(&event, false));
    }
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
