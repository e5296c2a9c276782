//! The pump: bytes of a WebSocket, passed on and seen.
//!
//! ```text
//!   client ═══► read ─► seen ─► written ═══► server      and the other way round
//! ```
//!
//! Shell file: owns both connections.

use std::io;
use std::sync::Arc;

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use sockrates::engineio::options::Transport;
use sockrates::engineio::tap::{Excerpt, Line, Side, What};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::messages::{Message, Messages};

/// Bytes that are passed on at once.
const AT_ONCE: usize = 16 << 10;

/// A line, once it is known whose it is.
pub type Known = Arc<std::sync::OnceLock<Arc<Line>>>;

/// Passes on what comes, both ways, until one side is done. `found` is told of the first thing that
/// a server says, when the session is not known yet.
pub async fn pump(
    client: Upgraded,
    server: Upgraded,
    line: Known,
    found: impl Fn(&str) -> Option<Arc<Line>>,
) {
    let (client_in, client_out) = tokio::io::split(TokioIo::new(client));
    let (server_in, server_out) = tokio::io::split(TokioIo::new(server));
    let there = pass(client_in, server_out, |message| see(&line, Side::Client, &message));
    let back = pass(server_in, client_out, |message| {
        if let (None, Message::Text(text)) = (line.get(), &message) {
            if let Some(it) = found(text) {
                let _ = line.set(it);
            }
        }
        see(&line, Side::Server, &message);
    });
    // The side that is done closes; what the other one still has to say is heard.
    let _ = tokio::join!(there, back);
    if let Some(line) = line.get() {
        line.websocket_closed();
    }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut seen: impl FnMut(Message),
) -> io::Result<()> {
    let mut messages = Messages::default();
    let mut space = vec![0; AT_ONCE];
    loop {
        let read = from.read(&mut space).await?;
        let Some(bytes @ [_, ..]) = space.get(..read) else { break };
        messages.pass(bytes).into_iter().for_each(&mut seen);
        to.write_all(bytes).await?;
    }
    to.shutdown().await
}

fn see(line: &Known, from: Side, message: &Message) {
    let Some(line) = line.get() else { return };
    line.record(from, Transport::WebSocket, || match message {
        Message::Text(text) => What::Frame(Excerpt::text(text)),
        Message::Binary(bytes) => What::Frame(Excerpt::binary(bytes)),
        Message::Close => What::WebSocketClosed,
    });
}
