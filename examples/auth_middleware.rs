//! Who may come in: a middleware looks at what a client says about itself, before it is connected.
//!
//! ```text
//!   client ──► 40{"token":"ada-1815"}
//!   server ──► 40{"sid":"…"}
//!   server ──► 42["welcome","Ada"]
//!
//!   client ──► 40{"token":"?"}
//!   server ──► 44{"message":"not authorized","data":{"hint":"log in first"}}
//! ```
//!
//! What it has found out stays with the socket, by its type, for all handlers.
//!
//! Run it with `cargo run --example auth_middleware -- --port 3000`.

mod support;

use std::error::Error;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use sockrates::socketio::{Ack, Io, Refused, Socket};

/// What a client says about itself: the `auth` of the official clients.
#[derive(Deserialize)]
struct Credentials {
    token: String,
}

/// What we know of it then.
struct User {
    name: &'static str,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let io = Io::new(support::options());
    io.middleware(async |socket: Socket| {
        let credentials = socket.parse_auth::<Credentials>();
        let token = credentials.map_err(|_| Refused::new("a token is needed"))?.token;
        socket.data().insert(find_user(&token).await.ok_or_else(stranger)?);
        Ok(())
    });
    io.on_connect(|socket: Socket| {
        let name = socket.data().get::<User>().map_or("nobody", |user| user.name);
        socket.on("whoami", move |ack: Ack| ack.send(name));
        socket.emit("welcome", name)
    });
    support::serve_with_page(io, include_str!("pages/auth_middleware.html")).await
}

/// A database, as far as this example has one. Others connect while it is asked.
async fn find_user(token: &str) -> Option<User> {
    tokio::time::sleep(Duration::from_millis(10)).await;
    (token == "ada-1815").then_some(User { name: "Ada" })
}

fn stranger() -> Refused {
    let refused = Refused::new("not authorized");
    refused.clone().with_data(&json!({ "hint": "log in first" })).unwrap_or(refused)
}
