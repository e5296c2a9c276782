//! What the examples share: the command line, a page, a client for it, and when to stop.

#![allow(dead_code, reason = "each example uses a part of it")]

use std::error::Error;
use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};
use sockrates::chat::assets::Assets;
use sockrates::chat::bundle::Kind;
use sockrates::engineio::server::Server;
use sockrates::socketio::{ClientFiles, Io, Options};
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

/// The browser client for an example's page: the official one where `--client-dir` says that it is
/// (`npm install socket.io-client` puts it into `node_modules/socket.io-client/dist`), or else ours.
pub fn client_files() -> ClientFiles {
    let folder = flag("--client-dir", "node_modules/socket.io-client/dist".to_owned());
    ClientFiles::from_folder(folder).unwrap_or_else(|_| {
        let assets = Assets::default();
        ClientFiles::own(assets.bundle(Kind::Classic), assets.bundle(Kind::Module))
    })
}

/// The usual settings, with a client for pages.
pub fn options() -> Options {
    Options { client_files: Some(client_files()), ..Options::default() }
}

/// An answer that is a page, or says that there is none.
pub fn page(path: &str, page: &'static str) -> Response<Full<Bytes>> {
    let (status, content_type, body) = match path {
        "/" => (StatusCode::OK, "text/html; charset=utf-8", page),
        _ => (StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "not found"),
    };
    let mut answer = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// Serves `io`, and `text` as the page `/`, until the process is told to terminate.
pub async fn serve_with_page(io: Io, text: &'static str) -> Result<(), Box<dyn Error>> {
    let stop = stop()?;
    let server = Server::new(&io.options().engine);
    let answering = io.clone();
    let accepting = server.accept(listen().await?, move |request, peer| {
        let io = answering.clone();
        async move {
            match request.uri().path() {
                path if io.serves(path) => io.handle(request, peer).await,
                path => page(path, text),
            }
        }
    });
    let stopping = async {
        stop.await;
        let grace = Duration::from_secs(2);
        io.close(grace).await + server.close(grace).await
    };
    tokio::join!(accepting, stopping);
    Ok(())
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
