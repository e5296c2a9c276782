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
    let mut args = std::env::args().skip_while(|arg| arg != name).skip(1);
    args.next().and_then(|value| value.parse().ok()).unwrap_or(default)
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
    io.serve(listen().await?, stop(), Duration::from_secs(2)).await;
    Ok(())
}

/// Waits until the process is told to terminate.
pub async fn stop() {
    let (mut terminate, mut interrupt) =
        match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
            (Ok(terminate), Ok(interrupt)) => (terminate, interrupt),
            _ => return,
        };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
