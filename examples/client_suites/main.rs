//! The servers that the official clients' own test suites talk to.
//!
//! ```text
//!   --engine    for the suite of engine.io-client    /engine.io/, messages that are sent back
//!   --socket    for the suite of socket.io-client    /socket.io/, namespaces and recovery
//! ```
//!
//! The suites live in `socketio/socket.io`, folders `packages/engine.io-client/test` and
//! `packages/socket.io-client/test`. Bodies of errors are the reference server's here, so without
//! hints. The port is that of `--port`.

mod date;
mod engine;
mod socket;
#[path = "../support/mod.rs"]
mod support;

use std::error::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let asked = |flag: &str| std::env::args().any(|arg| arg == flag);
    match (asked("--engine"), asked("--socket")) {
        (true, false) => engine::serve().await,
        (false, true) => socket::serve().await,
        _ => {
            eprintln!(
                "--engine or --socket is wanted: the suite of engine.io-client or socket.io-client"
            );
            std::process::exit(2);
        }
    }
}
