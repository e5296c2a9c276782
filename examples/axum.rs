//! Within axum: one program, one port, a web site and its real-time part.
//!
//! ```text
//!   GET /                          axum's
//!   GET /socket.io/?EIO=4&…        the server's, and WebSockets as well
//! ```
//!
//! Run it with `cargo run --example axum --features tower -- --port 3000`.

mod support;

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::map_request;
use axum::response::Html;
use axum::routing::get;
use sockrates::socketio::{Io, Peer, Socket};

const PAGE: &str = include_str!("pages/axum.html");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let io = Io::new(support::options());
    io.of("/").on_connect(|socket: Socket| {
        socket.emit("address", socket.handshake().address().to_string())
    });

    let app = Router::new()
        .route("/", get(Html(PAGE)))
        // With the whole path: `nest_service` would take the beginning off. Two routes, since the
        // second, for the client's files, does not match the first.
        .route_service("/socket.io/", io.clone())
        .route_service("/socket.io/{file}", io.clone())
        .layer(map_request(tell_peer));

    let stop = support::stop()?;
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    let server =
        axum::serve(support::listen().await?, service).with_graceful_shutdown(async move {
            stop.await;
            // axum knows nothing of WebSockets and polls that wait: they end with their sessions.
            io.close(Duration::from_secs(2)).await;
        });
    Ok(server.await?)
}

/// Says who is asking, in the words that the server understands.
async fn tell_peer(ConnectInfo(peer): ConnectInfo<SocketAddr>, mut request: Request) -> Request {
    request.extensions_mut().insert(Peer(peer));
    request
}
