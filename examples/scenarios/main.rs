//! The server that the scenarios of `tests/interop/scenarios.test.mjs` are played against: a bit of
//! everything that real clients ask of a server.
//!
//! ```text
//!   client ──► 42["call-me","a"]
//!   server ──► 420["called","a"]                a question of its own
//!   client ──► 430[1,2]
//!   server ──► 42["call-result",1,2]
//!
//!   client ──► 40/private,{"token":"guess"}
//!   server ──► 44/private,{"message":"not authorized","data":{"code":"E_TOKEN","got":"guess"}}
//! ```
//!
//! Clients of Socket.IO 2.x are served as well. Flags: `--port`; `--recovery`, to let clients come
//! back that were cut off.

mod events;
mod farewells;
#[path = "../support/mod.rs"]
mod support;
mod tree;

use std::error::Error;
use std::time::Duration;

use hyper::StatusCode;
use serde_json::json;
use serde_json::value::RawValue;
use sockrates::engineio::cors::Chosen;
use sockrates::engineio::http::response;
use sockrates::engineio::options::Options as EngineOptions;
use sockrates::engineio::server::Server;
use sockrates::socketio::{Io, Options, Refused, Socket, recovery};

use farewells::Farewells;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let io = Io::builder(options()).state(Farewells::default()).build();
    io.of("/").on_connect(|socket: Socket| {
        events::everywhere(&socket)?;
        events::in_main(&socket);
        Ok::<(), Box<dyn Error>>(())
    });
    io.of("/other").on_connect(|socket: Socket| {
        events::everywhere(&socket)?;
        events::in_other(&socket);
        Ok::<(), Box<dyn Error>>(())
    });
    io.of("/private").middleware(guard).on_connect(|socket: Socket| {
        farewells::note(&socket);
        let auth: Box<RawValue> = RawValue::from_string(socket.auth().to_owned())?;
        Ok::<(), Box<dyn Error>>(socket.emit("granted", auth)?)
    });
    io.of_pattern(r"^/dyn-\d+$")?.on_connect(|socket: Socket| {
        farewells::note(&socket);
        socket.emit("dyn", socket.namespace().name())
    });
    serve(io).await
}

fn options() -> Options {
    let recovery = std::env::args().any(|arg| arg == "--recovery");
    let ten_seconds = Duration::from_secs(10);
    Options {
        engine: EngineOptions {
            path: "/socket.io/".to_owned(),
            allow_eio3: true,
            ping_interval: Duration::from_secs(1),
            ping_timeout: Duration::from_secs(2),
            // A browser's client of 2.x sends credentials, so an origin has to be named.
            cors: Chosen::matching(|_| true).with_credentials().into(),
            ..EngineOptions::default()
        },
        connect_timeout: Duration::from_secs(2),
        recovery: recovery.then(|| recovery::Options {
            max_disconnection: ten_seconds,
            ..recovery::Options::default()
        }),
        ..Options::default()
    }
}

/// Lets in who knows the token. A client of 2.x has no other place for it than the query.
fn guard(socket: Socket) -> Result<(), Refused> {
    let token = match socket.handshake().revision().number() {
        3 => {
            let mut query = socket.handshake().query();
            query.find(|(name, _)| name == "token").map(|(_, token)| token.into_owned())
        }
        _ => socket.parse_auth().ok().and_then(|events::Token { token }| token),
    };
    if token.as_deref() == Some("s3cret") {
        return Ok(());
    }
    let refused = Refused::new("not authorized");
    let data = json!({ "code": "E_TOKEN", "got": token });
    Err(refused.clone().with_data(&data).unwrap_or(refused))
}

/// Serves `io`, and beside it a page for whoever wants to know whether the server is there.
async fn serve(io: Io) -> Result<(), Box<dyn Error>> {
    let server = Server::new(&io.options().engine);
    let stop = support::stop()?;
    let listener = support::listen().await?;
    let answering = io.clone();
    let accepting = server.accept(listener, move |request, peer| {
        let io = answering.clone();
        async move {
            match request.uri().path() {
                path if io.serves(path) => io.handle(request, peer).await,
                "/health" => response(StatusCode::OK, "text/plain", "ok"),
                _ => response(StatusCode::NOT_FOUND, "text/plain", "not found"),
            }
        }
    });
    let stopping = async {
        stop.await;
        let grace = Duration::from_secs(1);
        io.close(grace).await;
        server.close(grace).await;
    };
    tokio::join!(accepting, stopping);
    Ok(())
}
