//! Within a server of one's own: hyper accepts, and hands over what is Socket.IO's.
//!
//! ```text
//!   GET /                          ours
//!   GET /socket.io/?EIO=4&…        Io's, which hyper then lets become a WebSocket
//! ```
//!
//! `Io::serve` does all this, with limits on how long heads, bodies and answers may take. This is
//! for programs that have a server already.
//!
//! Run it with `cargo run --example embed_in_hyper -- --port 3000`.

mod support;

use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sockrates::socketio::{Io, Socket};
use tokio::net::TcpStream;

const PAGE: &str = include_str!("pages/embed_in_hyper.html");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let io = Io::new(support::options());
    io.on_connect(|socket: Socket| {
        socket.on("echo", |socket: Socket, text: String| socket.emit("echo", text));
    });

    let stop = support::stop()?;
    let listener = support::listen().await?;
    tokio::pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(tokio::spawn(connection(io.clone(), stream))),
                Err(error) => eprintln!("accepting failed: {error}"),
            },
            () = &mut stop => break,
        }
    }
    // What was sent still goes out, and clients learn that they may come back.
    io.close(Duration::from_secs(2)).await;
    Ok(())
}

/// Serves one TCP connection, for as many requests as it brings.
async fn connection(io: Io, stream: TcpStream) {
    let Ok(peer) = stream.peer_addr() else { return };
    let service = service_fn(|request: Request<Incoming>| {
        let io = io.clone();
        async move {
            Ok::<_, Infallible>(match request.uri().path() {
                path if io.serves(path) => io.handle(request, peer).await,
                path => support::page(path, PAGE),
            })
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        // Without this, a WebSocket is promised and never comes.
        .with_upgrades();
    if let Err(error) = connection.await {
        eprintln!("{peer}: {error}");
    }
}
