//! What the examples share: the command line, and when to stop.

#![allow(dead_code, reason = "each example uses a part of it")]

use std::error::Error;
use std::io::Write as _;
use std::time::Duration;

use sockrates::socketio::Io;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// The value behind a flag such as `--port`, or what it is without.
pub fn flag<T: std::str::FromStr>(name: &str, default: T) -> T {
    let Some(value) = std::env::args().skip_while(|arg| arg != name).nth(1) else {
        return default;
    };
    value.parse().unwrap_or_else(|_| {
        eprintln!("{name} {value}: this is not a value that the flag can have");
        std::process::exit(2);
    })
}

/// Opens the port that `--port` asks for (any free one without it), and says which it is.
pub async fn listen() -> Result<TcpListener, Box<dyn Error>> {
    let listener = TcpListener::bind(("127.0.0.1", flag("--port", 0))).await?;
    let mut out = std::io::stdout();
    writeln!(out, "listening on http://{}", listener.local_addr()?)?;
    out.flush()?;
    Ok(listener)
}

/// Serves `io` until the process is told to terminate.
pub async fn serve(io: Io) -> Result<(), Box<dyn Error>> {
    let stop = stop()?;
    io.serve(listen().await?, stop, Duration::from_secs(2)).await;
    Ok(())
}

/// Ready when the process is told to terminate. From when this is called it is not simply
/// ended, so it comes before anybody is told that the server runs.
pub fn stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
